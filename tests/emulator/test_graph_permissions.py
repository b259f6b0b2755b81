"""Who may read what, and what each service says to those who may not, or whose tenant has not bought it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.graph.snapshot import Declared
from fixtures.licences import PLAN_IDS
from fixtures.permissions import needed
from fixtures.resources import RESOURCES
from fixtures.resources.identity import ENTRA_ID_P2, RoleAssignments
from fixtures.resources.tenant import Person, ServicePlan, SubscribedSku
from fixtures.resources.tenant_configuration import JOBS, Job, Jobs
from tests.harness import NOW, SHARED, needs_shared

from . import CLIENT_ID, Emulator, running
from .clients import client_of, sign_in
from .directory import PERSON
from .licensing import Licences
from .permissions import Caller, accepted, refusal
from .tiny import write_tiny

USER = "users/00000000-0000-4000-8000-000000000abc"
REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"


# Microsoft's page knows no permission for an application; its own list of permissions does, and applications read with it.
_SAID_OTHERWISE = {"/directory/onPremisesSynchronization"}


@needs_shared
def test_the_table_agrees_with_microsofts() -> None:
    """Every path that both decide, for an application; a person may have what no token of a person ever holds."""
    known = json.loads((SHARED / "reference/graph-path-permissions.json").read_bytes())["paths"]
    decided = {path: schemes for path, schemes in known.items() if accepted(path) is not None}
    assert len(decided) == len(known)
    for path, schemes in decided.items():
        if path in _SAID_OTHERWISE:
            continue
        assert set(accepted(path) or ()) == set(schemes.get("Application", {}).get("accepted", ())), path
        assert set(accepted(path, person=True) or ()) >= set(schemes["DelegatedWork"]["accepted"]), path


class _Asking:
    """What the resources look at to know what to ask for."""

    declared = Declared(break_glass_accounts=("a@tiny.example", "00000000-0000-4000-8000-000000000abc"))
    as_of = NOW

    def value(self, name: str) -> Any:
        if name == JOBS.name:
            kinds = tuple(each.configuration for each in RESOURCES.values() if each.configuration)
            place = "https://graph.example/v1.0/admin/configurationManagement/configurationSnapshots('a')"
            return Jobs((Job("a", "a", "succeeded", NOW, NOW, kinds, place, ()),), NOW)
        holder = Person("00000000-0000-4000-8000-00000000000b", "holder")
        if name == "subscribed_skus":
            plans = (ServicePlan(ENTRA_ID_P2, "Success"),)
            return (SubscribedSku("00000000-0000-4000-8000-00000000000c", "Enabled", plans, consumed_units=1),)
        group, user = ("00000000-0000-4000-8000-00000000000a",), ("00000000-0000-4000-8000-00000000000d",)
        known = {"groups": group, "users": user, "synchronises": True, "people": lambda members: {holder: frozenset()}}
        known["by_way_of"] = lambda eligible: RoleAssignments(())
        if name == "users":
            known |= {"users": 9, "guests": 1, "disabled": 1}
        return type("Known", (), {key: staticmethod(each) if callable(each) else each for key, each in known.items()})


@pytest.mark.parametrize("name", RESOURCES)
def test_what_the_checks_read_is_decided_as_they_declare(name: str) -> None:
    """The least permission that a resource declares is one that reads it here, and without any of its own there is none."""
    resource = RESOURCES[name]
    for request in resource.requests(_Asking()):
        path = request.path.split("/", 1)[1]
        enough = accepted(path)
        assert enough is not None, path
        assert set(resource.permissions) <= set(enough), path
        assert refusal(path, Caller(frozenset(needed([name])), None), False) is None
        assert refusal(path, Caller(frozenset(), None), False)


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (USER, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        ("policies/authorizationPolicy", "AccessDenied", "required scopes are missing in the token"),
        ("identity/conditionalAccess/policies", "AccessDenied", "required scopes are missing in the token"),
        ("identityProtection/riskyUsers", "Forbidden", "required scopes are missing in the token"),
        ("security/secureScores", "", "Auth token does not contain valid permissions"),
        (
            "security/alerts_v2",
            "Forbidden",
            "API required roles: SecurityAlert.Read.All,SecurityAlert.ReadWrite.All, application roles: X.",
        ),
        (REGISTRATIONS, "Authentication_MSGraphPermissionMissing", "AuditLog.Read.All"),
        ("deviceManagement/managedDevices", "Forbidden", "Application must have one of the following scopes: DeviceManagement"),
        ("roleManagement/directory/roleEligibilitySchedules", "UnknownError", "PermissionScopeNotGranted"),
        ("directory/onPremisesSynchronization", "Authorization_RequestDenied", "Insufficient"),
        ("users/$count", "Authorization_RequestDenied", "Insufficient"),
        ("USERS", "Authorization_RequestDenied", "Insufficient"),
    ],
)
def test_a_refusal_is_worded_as_its_service_words_it(emulator: Emulator, path: str, code: str, message: str) -> None:
    with emulator.behaving(roles=["X"]), client_of(emulator) as client:
        answer = client.get(f"/v1.0/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, code)
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize("role", ["Organization.Read.All", "organization.readwrite.all", "Directory.Read.All"])
def test_any_one_permission_is_enough(emulator: Emulator, role: str) -> None:
    with emulator.behaving(roles=[role]), client_of(emulator) as client:
        assert client.get("/v1.0/organization").status_code == 200


def test_what_no_table_names_is_open(client: httpx.Client) -> None:
    assert accepted("never") is None
    assert client.get("/v1.0/never").status_code == 404


def test_sign_in_activity_is_the_business_of_the_reports(emulator: Emulator) -> None:
    asked = "/v1.0/users?$select=id,signInActivity"
    for roles, code in (
        (["Directory.Read.All"], "Authentication_MSGraphPermissionMissing"),
        (["User.Read.All", "AuditLog.Read.All"], "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
        (["Directory.Read.All", "AuditLog.Read.All"], None),
    ):
        with emulator.behaving(roles=roles), client_of(emulator) as client:
            answer = client.get(asked)
        assert answer.json().get("error", {}).get("code") == code


@pytest.mark.parametrize("path", [REGISTRATIONS, "auditLogs/signIns"])
def test_without_the_directory_the_reports_see_no_licence(emulator: Emulator, path: str) -> None:
    with emulator.behaving(roles=["AuditLog.Read.All"]), client_of(emulator) as client:
        answer = client.get(f"/v1.0/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")


def test_an_application_is_nobody(client: httpx.Client) -> None:
    for path in ("me", "ME/memberOf"):
        answer = client.get(f"/v1.0/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
        assert "delegated" in answer.json()["error"]["message"]


def test_a_person_is_somebody(tmp_path: Path) -> None:
    """Signed in with a code on another device, and with a permission that only people have."""
    folder = write_tiny(tmp_path)
    reader = {"id": PERSON, "userPrincipalName": "reader@tiny.example", "accountEnabled": True}
    (folder / "v1.0/users.json").write_text(json.dumps({"value": [reader]}), "utf-8")
    with running(folder, roles=["User.Read"]) as emulator, client_of(emulator) as client:
        assert client.get("/v1.0/organization").status_code == 403, "User.Read is no permission of an application"
        asked = {"client_id": CLIENT_ID, "scope": f"{emulator.graph}/.default"}
        entra = f"/{emulator.tenant_id}/oauth2/v2.0"
        device = client.post(f"{entra}/devicecode", data=asked).json()["device_code"]
        form = {**asked, "device_code": device, "grant_type": "urn:ietf:params:oauth:grant-type:device_code"}
        token = [client.post(f"{entra}/token", data=form).json() for _ in range(2)][-1]["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        assert client.get("/v1.0/organization").status_code == 200
        assert client.get("/v1.0/me?$select=userPrincipalName").json()["userPrincipalName"] == "reader@tiny.example"
        assert client.get("/v1.0/users").status_code == 403


# Licences


def sku(*plans: str, status: str = "Enabled", provisioned: str = "Success") -> dict[str, Any]:
    listed = [{"servicePlanId": PLAN_IDS.get(name, "x"), "servicePlanName": name, "provisioningStatus": provisioned} for name in plans]
    return {"skuId": "s", "capabilityStatus": status, "servicePlans": listed}


UNLICENSED = [
    (REGISTRATIONS, "AAD_PREMIUM", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
    ("auditLogs/signIns", "AAD_PREMIUM_P2", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant"),
    ("identityProtection/riskyUsers", "AAD_PREMIUM_P2", 403, "Forbidden"),
    ("identityProtection/riskDetections", "AAD_PREMIUM", 403, "Forbidden"),
    ("roleManagement/directory/roleEligibilityScheduleInstances", "AAD_PREMIUM_P2", 400, "AadPremiumLicenseRequired"),
    ("policies/roleManagementPolicyAssignments", "AAD_PREMIUM_P2", 400, "AadPremiumLicenseRequired"),
    ("identityGovernance/accessReviews/definitions", "AAD_PREMIUM_P2", 403, "NoLicense"),
    ("deviceManagement/deviceCompliancePolicies", "INTUNE_A", 400, "BadRequest"),
    ("deviceAppManagement/managedAppPolicies", "INTUNE_SMBIZ", 400, "BadRequest"),
    ("admin/sharepoint/settings", "SHAREPOINTSTANDARD", 400, "BadRequest"),
    ("security/identities/healthIssues", "ATA", 404, "ResourceNotFound"),
]


@pytest.mark.parametrize(("path", "plan", "status", "code"), UNLICENSED)
def test_what_was_not_bought(path: str, plan: str, status: int, code: str) -> None:
    others = ("EXCHANGE_S_STANDARD", "INTUNE_O365", "SHAREPOINTWAC")
    for skus in (
        [],
        [sku(*others)],
        [sku(plan, status="Suspended")],
        [sku(plan, provisioned="Disabled")],
    ):
        refused = Licences(skus).refusal(path, False)
        assert refused
        assert (refused.status, refused.code) == (status, code)
    for skus in ([sku(*others), sku(plan)], [sku(plan, status="Warning")], [sku(plan, provisioned="PendingInput")]):
        assert Licences(skus).refusal(path.upper(), False) is None
    for unreadable in (None, [{"skuId": "s"}], ["no object"]):
        assert Licences(unreadable).refusal(path, False) is None


def test_the_snapshots_own_subscriptions_decide(tmp_path: Path) -> None:
    """The tiny tenant has Entra ID P1 and no Intune; of what it lacks, a recorded answer or refusal of its own still stands."""
    folder = write_tiny(tmp_path)
    recorded = folder / "v1.0/deviceManagement"
    recorded.mkdir()
    (recorded / "deviceCompliancePolicies.json").write_text('{"value": []}', "utf-8")
    (recorded / "deviceConfigurations.403.json").write_text('{"error": {"code": "Recorded", "message": ""}}', "utf-8")
    (recorded / "roleDefinitions.json").write_text('{"value": []}', "utf-8")
    listed = {
        "file": "v1.0/deviceManagement/roleDefinitions.json",
        "url": "https://graph.microsoft.com/v1.0/deviceManagement/roleDefinitions",
    }
    (folder / "snapshot.json").write_text(json.dumps({"requests": [listed]}), "utf-8")
    roles = [*needed(), "DeviceManagementRBAC.Read.All", "IdentityRiskyUser.Read.All"]
    with running(folder, roles=roles) as emulator, client_of(emulator) as client:
        said = {
            path: (answer.status_code, answer.json().get("error", {}).get("code"))
            for path in (
                REGISTRATIONS,
                "deviceManagement/deviceCompliancePolicies",
                "deviceManagement/deviceConfigurations",
                "deviceManagement/roleDefinitions",
                "identityProtection/riskyUsers",
                "identity/conditionalAccess/policies",
                "identity/conditionalAccess/namedLocations",
            )
            for answer in [client.get(f"/v1.0/{path}")]
        }
    assert list(said.values()) == [
        (200, None),
        (400, "BadRequest"),
        (403, "Recorded"),
        (200, None),
        (403, "Forbidden"),
        (200, None),
        (404, "ResourceNotFound"),
    ]


def test_conditional_access_is_empty_where_it_was_not_bought(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    (folder / "v1.0/subscribedSkus.json").write_text(json.dumps({"value": [sku("EXCHANGE_S_STANDARD")]}), "utf-8")
    with running(folder) as emulator, client_of(emulator) as client:
        assert client.get("/v1.0/identity/conditionalAccess/namedLocations").json()["value"] == []
        assert len(client.get("/v1.0/identity/conditionalAccess/policies").json()["value"]) == 2, "what was recorded stands"


def test_a_renewed_token_has_what_was_granted_since(emulator: Emulator, client: httpx.Client) -> None:
    with emulator.behaving(roles=["X"]):
        assert client.get("/v1.0/organization").status_code == 200, "the old token still grants it"
        sign_in(client, emulator)
        assert client.get("/v1.0/organization").status_code == 403
    sign_in(client, emulator)
