"""A tiny tenant, written as a snapshot: enough that every kind of check has something to conclude, and little else.

Three administrators, one licence, one policy for everybody and one that blocks legacy protocols, and a catalogue of six
actions on two pages. SharePoint, Intune and sensitivity labels were not recorded: their paths are 404s.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TENANT_ID = "c0ffee00-1a2b-4c3d-8e4f-5a6b7c8d9e0f"
DOMAIN = "tiny.example"
BREAK_GLASS = f"emergency@{DOMAIN}"
_GRAPH = "https://graph.microsoft.com/v1.0"
_GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
_PEOPLE = {"ada": _GLOBAL_ADMINISTRATOR, "emergency": _GLOBAL_ADMINISTRATOR, "ben": _READER}
# Each action's points: earned, and most.
_ACTIONS = {
    "AdminMFAV2": (10, 10),
    "BlockLegacyAuthentication": (8, 8),
    "IntegratedApps": (0, 4),
    "PWAgePolicyNew": (8, 8),
    "exo_mailboxaudit": (5, 5),
    "mdo_safelinks": (0, 9),
}
PROFILES = "security/secureScoreControlProfiles"


def write_tiny(folder: Path) -> Path:
    """The snapshot of a tenant whose newest score is of today, written into `folder`."""
    actions = list(_ACTIONS)
    rows = {
        "organization": [{"id": TENANT_ID, "displayName": "Tiny", "verifiedDomains": [{"name": DOMAIN, "isDefault": True}]}],
        "subscribedSkus": [_sku()],
        "security/secureScores": [_score()],
        PROFILES: [_profile(name) for name in actions[:3]],
        f"{PROFILES}.page2": [_profile(name) for name in actions[3:]],
        "identity/conditionalAccess/policies": [_policy("MFA for everyone", "mfa"), _policy("No legacy protocols", "block", _LEGACY)],
        "roleManagement/directory/roleAssignments": [_assignment(name, role) for name, role in _PEOPLE.items()],
        "roleManagement/directory/roleDefinitions": [
            {"id": _GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator"},
            {"id": _READER, "displayName": "Global Reader"},
        ],
        "reports/authenticationMethods/userRegistrationDetails": [_registration(name) for name in _PEOPLE],
        "domains": [{"id": DOMAIN, "authenticationType": "Managed", "isVerified": True, "passwordValidityPeriodInDays": 2147483647}],
        "users": [_account("emergency")],
    }
    next_links = {PROFILES: f"{_GRAPH}/{PROFILES}?$skiptoken=the%20next%20page"}
    objects = {
        "policies/identitySecurityDefaultsEnforcementPolicy": {"isEnabled": False},
        "policies/authorizationPolicy": {
            "defaultUserRolePermissions": {
                "allowedToCreateApps": False,
                "permissionGrantPoliciesAssigned": ["managePermissionGrantsForSelf.microsoft-user-default-low"],
            }
        },
        "policies/adminConsentRequestPolicy": {"isEnabled": True, "reviewers": [{"query": f"/users/{_id('ada')}"}]},
    }
    for path, value in rows.items():
        _write(folder, path, {"value": value, **({"@odata.nextLink": next_links[path]} if path in next_links else {})})
    for path, body in objects.items():
        _write(folder, path, body)
    return folder


_LEGACY = ("exchangeActiveSync", "other")


def _write(folder: Path, path: str, body: object) -> None:
    file = folder / "v1.0" / f"{path}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(body), "utf-8")


def _id(name: str) -> str:
    return f"00000000-0000-4000-8000-{name.encode().hex():0>12.12}"


def _sku() -> dict[str, Any]:
    plans = {"AAD_PREMIUM": "41781fb2-bc02-4b7c-bd55-b576c07bb09d", "EXCHANGE_S_STANDARD": "9aaf7827-d63c-4b61-89c3-182f06f82e5c"}
    return {
        "skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
        "skuPartNumber": "TINY",
        "capabilityStatus": "Enabled",
        "consumedUnits": 3,
        "servicePlans": [
            {"servicePlanId": plan_id, "servicePlanName": name, "provisioningStatus": "Success"} for name, plan_id in plans.items()
        ],
    }


def _score() -> dict[str, Any]:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    controls = [
        {
            "controlName": name,
            "score": score,
            "scoreInPercentage": 100 * score / most,
            "lastSynced": now,
            "implementationStatus": "As it is.",
        }
        for name, (score, most) in _ACTIONS.items()
    ]
    earned, most = (sum(points[part] for points in _ACTIONS.values()) for part in (0, 1))
    return {"id": "newest", "createdDateTime": now, "currentScore": earned, "maxScore": most, "controlScores": controls}


def _profile(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"About {name}",
        "maxScore": _ACTIONS[name][1],
        "rank": list(_ACTIONS).index(name) + 1,
        "service": "AzureAD",
    }


def _policy(name: str, control: str, clients: Iterable[str] = ("all",)) -> dict[str, Any]:
    return {
        "id": name.casefold().replace(" ", "-"),
        "displayName": name,
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"], "excludeUsers": [_id("emergency")]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": list(clients),
        },
        "grantControls": {"operator": "OR", "builtInControls": [control]},
    }


def _assignment(name: str, role: str) -> dict[str, Any]:
    principal = {
        "@odata.type": "#microsoft.graph.user",
        "id": _id(name),
        "userPrincipalName": f"{name}@{DOMAIN}",
        "userType": "Member",
    }
    return {"id": f"{name}-{role}", "roleDefinitionId": role, "principalId": _id(name), "directoryScopeId": "/", "principal": principal}


def _registration(name: str) -> dict[str, Any]:
    return {
        "id": _id(name),
        "userPrincipalName": f"{name}@{DOMAIN}",
        "userType": "member",
        "isMfaRegistered": True,
        "isSsprEnabled": True,
    }


def _account(name: str) -> dict[str, Any]:
    return {
        "id": _id(name),
        "userPrincipalName": f"{name}@{DOMAIN}",
        "accountEnabled": True,
        "onPremisesSyncEnabled": None,
        "assignedLicenses": [],
    }
