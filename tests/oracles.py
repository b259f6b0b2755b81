"""Verdicts of other tools on known input, laid into a small tenant so that our checks can be asked about the same.

A case says what it is about and leaves out the rest. Here the rest is as the claim wants it: who holds a role and who is registered
where policies are the question, and policies without a hole where registration is. Whom a policy leaves out is an administrator, so
that it matters to each claim.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from fixtures.demo.people import EXCHANGE, GLOBAL, HELPDESK, USER_ADMIN
from tests.harness import SHARED

ORACLE = SHARED / "oracle"
POLICIES = "identity/conditionalAccess/policies"
MEMBER, GUEST, ADMINISTRATOR, GUEST_ADMINISTRATOR = (f"90000000-0000-4000-8000-00000000000{n}" for n in range(1, 5))
PILOT = "91000000-0000-4000-8000-000000000001"
_ROLES = {
    "Global Administrator": GLOBAL,
    "User Administrator": USER_ADMIN,
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Application Administrator": "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
    "Hybrid Identity Administrator": "8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2",
}


class Case(NamedTuple):
    """One case for one action. `graph` has bodies by path, as the oracle gives them; `spared` are the ids it declares as exceptions, by
    kind; `roles` those that it says somebody holds, by who holds them.
    """

    id: str
    action: str
    expected: str
    graph: dict[str, Any]
    spared: dict[str, list[str]]
    roles: dict[str, list[str]]

    @property
    def policies(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.graph.get(f"/{POLICIES}", {}).get("value", [])
        return found


def cases() -> list[Case]:
    """Every case of the oracles that gives a verdict on an action; of one that speaks to two actions, one for each."""
    found = []
    for tool in ("prowler", "scubagear"):
        for raw in json.loads((ORACLE / f"{tool}.json").read_bytes()):
            context = raw.get("context") or {}
            spared = context.get("scuba_config", {}).get("Aad", {}).get(raw.get("policy"), {}).get("CapExclusions", {})
            held = [(a["PrincipalId"], r["RoleTemplateId"]) for r in context.get("privileged_roles", ()) for a in r["Assignments"]]
            roles = {id: [role for holder, role in held if holder == id] for id, _ in held}
            name = f"{tool}/{raw['id'].rpartition('/')[2]}"
            found += [Case(name, action, raw["expected"], raw["graph"], spared, roles) for action in raw["secure_score"]]
    return found


def complete(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy with the keys that Graph always sends, which the oracles leave out."""
    conditions, grant = policy["conditions"], policy.get("grantControls")
    users: dict[str, Any] = {f"{side}{kind}": [] for side in ("include", "exclude") for kind in ("Users", "Groups", "Roles")}
    guests = {f"{side}GuestsOrExternalUsers": None for side in ("include", "exclude")}
    empty = dict.fromkeys(("platforms", "locations", "devices", "clientApplications", "authenticationFlows", "insiderRiskLevels"))
    return {
        "id": "92000000-0000-4000-8000-000000000001",
        "sessionControls": None,
        **policy,
        "conditions": {
            "userRiskLevels": [],
            "signInRiskLevels": [],
            "servicePrincipalRiskLevels": [],
            **empty,
            **conditions,
            "users": {**users, **guests, **conditions["users"]},
        },
        "grantControls": grant and {"operator": "OR", "builtInControls": [], "customAuthenticationFactors": [], "termsOfUse": [], **grant},
    }


def lay(case: Case, folder: Path) -> None:
    """A tenant in `folder` that is as the case says, and otherwise gives no reason for another verdict."""
    for path, body in _tenant(case).items():
        file = folder / "v1.0" / f"{path}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(body), "utf-8")
    spared = [*case.spared.get("Users", ()), *(member_of(group) for group in case.spared.get("Groups", ()))]
    (folder / "tenant.toml").write_text(f"break_glass_accounts = {json.dumps(spared)}\n", "utf-8")


def lay_policies(policies: Iterable[Mapping[str, Any]], folder: Path) -> None:
    (folder / "v1.0" / f"{POLICIES}.json").write_text(json.dumps({"value": list(policies)}), "utf-8")


def member_of(group: str) -> str:
    """Who is in a group that a policy names: there is one in each, whom nothing else is about."""
    return f"member-of-{group}"


def _tenant(case: Case) -> dict[str, Any]:
    graph = {path: body["value"] if isinstance(body, dict) and "value" in body else body for path, body in case.graph.items()}
    policies = [complete(policy) for policy in graph.get(f"/{POLICIES}", _without_a_hole())]
    named = [user for policy in policies for user in policy["conditions"]["users"]["excludeUsers"]]
    groups = {group for policy in policies for group in policy["conditions"]["users"]["excludeGroups"]} | set(case.spared.get("Groups", ()))
    apart = [*named, *case.spared.get("Users", ()), *(member_of(group) for group in sorted(groups))]
    directory = _people(apart)
    if "/users" in graph:
        directory = {row["id"]: _person(row["id"], **_given(row)) for row in graph["/users"]}
    excluded = [role for policy in policies for role in policy["conditions"]["users"]["excludeRoles"]]
    usual = {ADMINISTRATOR: [GLOBAL, EXCHANGE, *excluded], GUEST_ADMINISTRATOR: [HELPDESK], **{id: [HELPDESK] for id in apart}}
    roles = dict(_held(graph)) or usual | case.roles
    directory |= {id: _person(id) for id in roles if id not in directory}
    for id, user in graph.get("derived:privileged_users", {}).items():
        directory[id]["onPremisesSyncEnabled"] = True if user.get("onPremisesImmutableId") else None
    return {
        **_settings(graph),
        POLICIES: _page(policies),
        "identity/conditionalAccess/namedLocations": _page([]),
        "roleManagement/directory/roleAssignments": _page(_assignments(roles, directory)),
        "roleManagement/directory/roleEligibilityScheduleInstances": _page([]),
        "identityGovernance/privilegedAccess/group/eligibilityScheduleInstances": _page([]),
        "users": _page(list(directory.values())),
        "reports/authenticationMethods/userRegistrationDetails": _page(list(_registrations(graph, directory))),
        **{f"groups/{group}/transitiveMembers": _page([directory[member_of(group)]]) for group in groups},
        f"groups/{PILOT}/transitiveMembers": _page([directory[MEMBER], directory[ADMINISTRATOR]] if MEMBER in directory else []),
    }


def _page(rows: list[Any]) -> dict[str, Any]:
    return {"value": rows}


def _without_a_hole() -> list[dict[str, Any]]:
    conditions = {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]}
    return [{"displayName": "Everyone", "state": "enabled", "conditions": conditions, "grantControls": {"builtInControls": ["mfa"]}}]


def _person(id: str, **values: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": id,
        "displayName": id,
        "userPrincipalName": f"{id}@oracle.example",
        "userType": "Member",
        "accountEnabled": True,
        "createdDateTime": "2024-05-01T08:00:00Z",
        "onPremisesSyncEnabled": None,
        "assignedLicenses": [],
        "assignedPlans": [],
        **values,
    }


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says of a user; Prowler's of whom nothing is said are members."""
    return {key: value for key, value in row.items() if value is not None and key not in {"id", "employeeHireDate"}}


def _people(more: Iterable[str]) -> dict[str, dict[str, Any]]:
    guests = {id: _person(id, userType="Guest") for id in (GUEST, GUEST_ADMINISTRATOR)}
    return {id: _person(id) for id in (MEMBER, ADMINISTRATOR, *more)} | guests


def _held(graph: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for role in graph.get("/directoryRoles?$expand=members", ()):
        yield from ((member["id"], [_ROLES[role["displayName"]]]) for member in role["members"])
    for id, roles in graph.get("derived:users[].directoryRoleTemplateIds", {}).items():
        yield from [(id, [role for role in roles if "-" in role and role != "user-id-role"])] if set(roles) - {"user-id-role"} else []
    for id, user in graph.get("derived:privileged_users", {}).items():
        yield id, [_ROLES[role] for role in user["roles"]]


def _assignments(roles: Mapping[str, list[str]], directory: Mapping[str, Any]) -> list[dict[str, Any]]:
    common = {"directoryScopeId": "/"}
    return [
        {**common, "id": f"{id}-{role}", "roleDefinitionId": role, "principalId": id, "principal": directory[id]}
        for id, held in roles.items()
        for role in held
    ]


def _registrations(graph: Mapping[str, Any], directory: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Who is registered: as the case says, and else everyone. What Prowler calls capable is registered here, as nothing is said of that."""
    given = {row["id"]: row["isMfaCapable"] for row in graph.get("/reports/authenticationMethods/userRegistrationDetails", ())}
    for id, user in directory.items():
        if user["accountEnabled"]:  # the report leaves out disabled users
            names = {"id": id, "userPrincipalName": user["userPrincipalName"], "userType": user["userType"].lower()}
            yield {**names, "isMfaRegistered": given.get(id, True), "isSsprEnabled": True}


def _settings(graph: Mapping[str, Any]) -> dict[str, Any]:
    consent = next((v["value"] == "true" for setting in graph.get("/groupSettings", ()) for v in setting["values"]), None)
    requests = graph.get("/policies/adminConsentRequestPolicy", {"isEnabled": consent} if consent is not None else {})
    plan = {"servicePlanId": "eec0eb4f-6444-4f95-aba0-50c24d67f998", "servicePlanName": "AAD_PREMIUM_P2", "provisioningStatus": "Success"}
    sku = {"skuId": "84a661c4-e949-4bd2-a560-ed7766fcaf2b", "capabilityStatus": "Enabled", "consumedUnits": 999, "servicePlans": [plan]}
    organization = graph.get("/organization", [{"id": "93000000-0000-4000-8000-000000000001", "onPremisesSyncEnabled": None}])
    return {
        "organization": _page(organization),
        "subscribedSkus": _page([sku]),
        "domains": _page(graph.get("/domains", [])),
        "groups": _page([{**group, "groupTypes": ["Unified"]} for group in graph.get("/groups", ())]),
        "policies/identitySecurityDefaultsEnforcementPolicy": {"isEnabled": False},
        "policies/adminConsentRequestPolicy": {"reviewers": [{"query": f"/users/{ADMINISTRATOR}"}], **requests},
        "policies/authorizationPolicy": _authorization(graph.get("/policies/authorizationPolicy", {})),
        "directory/onPremisesSynchronization": _page([{"features": {"passwordSyncEnabled": organization[0]["onPremisesSyncEnabled"]}}]),
    }


def _authorization(policy: Any) -> dict[str, Any]:
    """There is one authorization policy; of a list, which Graph's beta sends, the first. Its consent policies stand elsewhere in beta."""
    found = policy[0] if isinstance(policy, list) else policy
    role = found.get("defaultUserRolePermissions", {})
    if "permissionGrantPolicyIdsAssignedToDefaultUserRole" in found:
        role = {**role, "permissionGrantPoliciesAssigned": found["permissionGrantPolicyIdsAssignedToDefaultUserRole"]}
    return {**found, "defaultUserRolePermissions": role}
