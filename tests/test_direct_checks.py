"""Each direct check both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.demo.people import BREAK_GLASS, GLOBAL, HELPDESK, SYNC_ACCOUNT, user_id
from fixtures.demo.settings import EXCEPTIONS_GROUP
from tests.harness import Bench, Run

POLICIES, SHAREPOINT = "identity/conditionalAccess/policies", "admin/sharepoint/settings"
REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
COMPLIANCE, ROLES = "deviceManagement/deviceCompliancePolicies", "roleManagement/directory/roleAssignments"
DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
Change = Callable[[Bench], None]


def policy(number: int, **changes: Any) -> Change:
    """Change one Conditional Access policy: its top level, and the parts of its conditions."""

    def change(bench: Bench) -> None:
        def apply(body: Any) -> None:
            found = body["value"][number - 1]
            for key, value in changes.items():
                place = found["conditions"] if key in found["conditions"] else found
                place[key] = {**place[key], **value} if isinstance(value, dict) and isinstance(place.get(key), dict) else value

        bench.change(POLICIES, apply)

    return change


def setting(path: str, **values: Any) -> Change:
    return lambda bench: bench.change(path, lambda body: {**body, **values})


def rows(path: str, change: Callable[[list[Any]], Any]) -> Change:
    """Change the items of a collection, on each of its pages."""

    def apply(bench: Bench) -> None:
        pages = [path, *(f"{path}.page{n}" for n in range(2, 9) if bench.file(f"{path}.page{n}").exists())]
        for page in pages:
            body = bench.read(page)
            body["value"] = change(body["value"]) or body["value"]
            bench.write(page, body)

    return apply


def every(**values: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda items: [{**item, **values} for item in items]


def people(changes: dict[str, dict[str, Any]]) -> Change:
    return rows("users", lambda items: [{**item, **changes.get(item["userPrincipalName"], {})} for item in items])


def together(*changes: Change) -> Change:
    def apply(bench: Bench) -> None:
        for change in changes:
            change(bench)

    return apply


def nothing(bench: Bench) -> None:
    """The demo tenant as it is."""


ALL_REGISTERED = rows(REGISTRATIONS, every(isMfaRegistered=True))
MFA_FOR_ALL = policy(2, locations=None, users={"excludeGroups": ["20000000-0000-4000-8000-000000000001"]})
BLOCK_LEGACY = policy(3, state="enabled")

UNSAID = rows("organization", lambda items: [{k: v for k, v in i.items() if k != "onPremisesSyncEnabled"} for i in items])


def emptied(path: str) -> Change:
    return rows(path, lambda items: items.clear())


GUEST_RULE = {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}

MET, NOT, NA, NE = "met", "not met", "not applicable", "not evaluated"
CASES: list[tuple[str, str, Change]] = [
    ("AdminMFAV2", NOT, nothing),
    ("AdminMFAV2", NOT, MFA_FOR_ALL),  # two are not registered
    ("AdminMFAV2", NOT, ALL_REGISTERED),  # the helpdesk is not covered
    ("AdminMFAV2", MET, together(MFA_FOR_ALL, ALL_REGISTERED)),
    ("AdminMFAV2", MET, together(setting(DEFAULTS, isEnabled=True), ALL_REGISTERED)),
    ("AdminMFAV2", NOT, together(ALL_REGISTERED, MFA_FOR_ALL, policy(2, state="enabledForReportingButNotEnforced"))),
    ("AdminMFAV2", NE, together(MFA_FOR_ALL, emptied(REGISTRATIONS))),
    ("AdminMFAV2", NOT, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, users={"excludeUsers": [user_id(7)]}))),
    ("AdminMFAV2", NOT, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, users={"excludeRoles": [HELPDESK.upper()]}))),
    ("AdminMFAV2", NE, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, users={"excludeUsers": user_id(3)}))),
    ("AdminMFAV2", NE, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, users={"excludeGroups": {}}))),
    ("AdminMFAV2", NE, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, grantControls={"termsOfUse": "tou"}))),
    ("AdminMFAV2", NE, together(MFA_FOR_ALL, ALL_REGISTERED, emptied(ROLES))),  # nobody to judge is no pass
    ("AdminMFAV2", NE, rows(REGISTRATIONS, every(isMfaRegistered=None))),
    ("MFARegistrationV2", NOT, nothing),
    ("MFARegistrationV2", NOT, ALL_REGISTERED),
    ("MFARegistrationV2", NOT, MFA_FOR_ALL),
    ("MFARegistrationV2", MET, together(MFA_FOR_ALL, ALL_REGISTERED)),
    ("MFARegistrationV2", NOT, together(policy(2, locations=None), ALL_REGISTERED)),  # the group of exceptions
    (
        "MFARegistrationV2",
        MET,
        together(policy(2, locations=None), ALL_REGISTERED, emptied(f"groups/{EXCEPTIONS_GROUP}/transitiveMembers")),
    ),
    ("MFARegistrationV2", NOT, together(MFA_FOR_ALL, ALL_REGISTERED, policy(2, users=GUEST_RULE))),
    ("MFARegistrationV2", NE, together(MFA_FOR_ALL, emptied(REGISTRATIONS))),
    ("BlockLegacyAuthentication", NOT, nothing),
    ("BlockLegacyAuthentication", MET, BLOCK_LEGACY),
    ("BlockLegacyAuthentication", MET, setting(DEFAULTS, isEnabled=True)),
    ("BlockLegacyAuthentication", NOT, together(BLOCK_LEGACY, policy(3, clientAppTypes=["other"]))),
    ("BlockLegacyAuthentication", NOT, together(BLOCK_LEGACY, policy(3, users={"excludeUsers": [user_id(50)]}))),
    ("BlockLegacyAuthentication", NOT, together(BLOCK_LEGACY, policy(3, signInRiskLevels=["high"]))),
    ("BlockLegacyAuthentication", NE, rows(POLICIES, lambda items: [{"displayName": "no conditions", "state": "enabled"}])),
    ("BlockLegacyAuthentication", NE, setting(DEFAULTS, isEnabled=None)),
    ("OneAdmin", MET, nothing),
    ("OneAdmin", NOT, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] != GLOBAL or i["principalId"] == user_id(1)])),
    ("OneAdmin", NE, emptied(ROLES)),
    ("OneAdmin", NOT, rows(ROLES, lambda items: [{**i, "principal": None} for i in items])),
    ("OneAdmin", NOT, rows(ROLES, lambda items: [items[0], {**items[0], "principal": {**items[0]["principal"], "userType": None}}])),
    ("RoleOverlap", NOT, rows(ROLES, lambda items: [{**i, "principal": None} for i in items])),
    ("OneAdmin", NOT, rows(ROLES, every(directoryScopeId="/administrativeUnits/x"))),
    ("RoleOverlap", MET, nothing),
    ("RoleOverlap", NOT, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] == GLOBAL])),
    ("IntegratedApps", NOT, nothing),
    ("IntegratedApps", MET, setting("policies/authorizationPolicy", defaultUserRolePermissions={"permissionGrantPoliciesAssigned": []})),
    (
        "IntegratedApps",
        MET,
        setting(
            "policies/authorizationPolicy",
            defaultUserRolePermissions={"permissionGrantPoliciesAssigned": ["managePermissionGrantsForSelf.microsoft-user-default-low"]},
        ),
    ),
    (
        "IntegratedApps",
        NE,
        setting(
            "policies/authorizationPolicy",
            defaultUserRolePermissions={"permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.our-own"]},
        ),
    ),
    ("IntegratedApps", NE, setting("policies/authorizationPolicy", defaultUserRolePermissions={})),
    ("aad_third_party_apps", MET, setting("policies/authorizationPolicy", defaultUserRolePermissions={"allowedToCreateApps": False})),
    ("aad_third_party_apps", NE, setting("policies/authorizationPolicy", defaultUserRolePermissions={"allowedToCreateApps": None})),
    ("aad_admin_consent_workflow", MET, nothing),
    ("aad_admin_consent_workflow", NOT, setting("policies/adminConsentRequestPolicy", isEnabled=False)),
    ("aad_admin_consent_workflow", NOT, setting("policies/adminConsentRequestPolicy", reviewers=[])),
    ("PWAgePolicyNew", MET, nothing),
    ("PWAgePolicyNew", NOT, rows("domains", every(passwordValidityPeriodInDays=90))),
    ("PWAgePolicyNew", NE, rows("domains", every(passwordValidityPeriodInDays=None))),
    ("PWAgePolicyNew", NE, emptied("domains")),
    ("PWAgePolicyNew", NA, rows("domains", every(authenticationType="Federated"))),
    ("SelfServicePasswordReset", MET, nothing),
    ("SelfServicePasswordReset", NOT, rows(REGISTRATIONS, lambda items: items.__setitem__(0, {**items[0], "isSsprEnabled": False}))),
    ("SelfServicePasswordReset", NE, emptied(REGISTRATIONS)),
    ("spo_legacy_auth", NOT, nothing),
    ("spo_legacy_auth", MET, setting(SHAREPOINT, isLegacyAuthProtocolsEnabled=False)),
    ("spo_legacy_auth", NE, setting(SHAREPOINT, isLegacyAuthProtocolsEnabled=None)),
    ("spo_external_users_sharing", NOT, nothing),
    ("spo_external_users_sharing", MET, setting(SHAREPOINT, isResharingByExternalUsersEnabled=False)),
    ("spo_external_users_sharing", NE, setting(SHAREPOINT, isResharingByExternalUsersEnabled="no")),
    ("spo_external_sharing_managed", NOT, nothing),
    (
        "spo_external_sharing_managed",
        MET,
        setting(SHAREPOINT, sharingDomainRestrictionMode="allowList", sharingAllowedDomainList=["a.example"]),
    ),
    (
        "spo_external_sharing_managed",
        NOT,
        setting(SHAREPOINT, sharingDomainRestrictionMode="blockList", sharingAllowedDomainList=["a.example"]),
    ),
    ("spo_external_sharing_managed", NE, setting(SHAREPOINT, sharingDomainRestrictionMode="unknownFutureValue")),
    ("spo_idle_session_timeout", MET, nothing),
    ("spo_idle_session_timeout", NOT, setting(SHAREPOINT, idleSessionSignOut={"isEnabled": False})),
    ("spo_idle_session_timeout", NE, setting(SHAREPOINT, idleSessionSignOut=None)),
    ("spo_idle_session_timeout", NE, setting(SHAREPOINT, idleSessionSignOut={"isEnabled": True, "signOutAfterInSeconds": 0})),
    ("spo_block_onedrive_sync_unmanaged_devices", MET, nothing),
    ("spo_block_onedrive_sync_unmanaged_devices", NOT, setting(SHAREPOINT, isUnmanagedSyncAppForTenantRestricted=False)),
    ("spo_block_onedrive_sync_unmanaged_devices", NOT, setting(SHAREPOINT, allowedDomainGuidsForSyncApp=[])),
    ("intune_conection_from_jail_broken_rooted_devices", NOT, nothing),  # the Android policy reaches nobody
    (
        "intune_conection_from_jail_broken_rooted_devices",
        MET,
        rows(COMPLIANCE, lambda items: [{**i, "assignments": items[0]["assignments"]} for i in items]),
    ),
    ("intune_conection_from_jail_broken_rooted_devices", NE, rows(COMPLIANCE, every(assignments=None))),
    ("intune_conection_from_jail_broken_rooted_devices", NE, rows(COMPLIANCE, every(**{"@odata.type": None}))),
    (
        "intune_conection_from_jail_broken_rooted_devices",
        NOT,
        rows(
            COMPLIANCE,
            lambda items: [{**i, "assignments": items[0]["assignments"], "securityBlockJailbrokenDevices": False} for i in items],
        ),
    ),
    ("intune_conection_from_jail_broken_rooted_devices", NOT, emptied(COMPLIANCE)),
    ("intune_mobile_email_profiles_requirement", MET, nothing),
    ("intune_mobile_email_profiles_requirement", NOT, rows(COMPLIANCE, every(managedEmailProfileRequired=False))),
    ("intune_mobile_email_profiles_requirement", NOT, emptied(COMPLIANCE)),
    ("intune_mobile_email_profiles_requirement", NE, rows(COMPLIANCE, every(managedEmailProfileRequired=None))),
    ("check_sensitivity_labels_exist", MET, nothing),
    ("check_sensitivity_labels_exist", NOT, emptied("security/dataSecurityAndGovernance/sensitivityLabels")),
    ("check_an_emergency_access_account_is_ready", MET, nothing),
    ("check_an_emergency_access_account_is_ready", NOT, people({name: {"accountEnabled": False} for name in BREAK_GLASS})),
    ("check_an_emergency_access_account_is_ready", NOT, people({BREAK_GLASS[0]: {"assignedLicenses": [{"skuId": "x"}]}})),
    ("check_an_emergency_access_account_is_ready", NE, people({BREAK_GLASS[0]: {"assignedLicenses": None}})),
    ("check_an_emergency_access_account_is_ready", NOT, policy(2, users={"excludeGroups": [], "includeUsers": ["all"]})),
    ("check_an_emergency_access_account_is_ready", NOT, together(policy(2, users={"excludeGroups": []}), policy(2, state="Enabled "))),
    (
        "check_the_directory_sync_account_is_excluded_from_mfa",
        NE,
        UNSAID,
    ),
    ("check_directory_synchronisation_is_fresh", NE, rows("organization", every(onPremisesLastSyncDateTime="2099-01-01T00:00:00Z"))),
    ("check_an_emergency_access_account_is_ready", NOT, people({BREAK_GLASS[0]: {"onPremisesSyncEnabled": True}})),
    (
        "check_an_emergency_access_account_is_ready",
        NOT,
        rows("users", lambda items: [i for i in items if i["userPrincipalName"] not in BREAK_GLASS]),
    ),
    (
        "check_an_emergency_access_account_is_ready",
        NOT,
        policy(6, users={"excludeUsers": [], "excludeRoles": []}),
    ),  # a policy on one app reaches it
    ("check_an_emergency_access_account_is_ready", NOT, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] != GLOBAL])),
    ("check_the_directory_sync_account_is_excluded_from_mfa", MET, nothing),
    ("check_the_directory_sync_account_is_excluded_from_mfa", NOT, policy(4, users={"excludeUsers": []})),
    (
        "check_the_directory_sync_account_is_excluded_from_mfa",
        NOT,
        rows("users", lambda items: [i for i in items if i["userPrincipalName"] != SYNC_ACCOUNT]),
    ),
    ("check_the_directory_sync_account_is_excluded_from_mfa", NA, rows("organization", every(onPremisesSyncEnabled=None))),
    ("check_directory_synchronisation_is_fresh", MET, nothing),
    ("check_directory_synchronisation_is_fresh", NOT, rows("organization", every(onPremisesLastSyncDateTime="2026-11-18T00:00:00Z"))),
    ("check_directory_synchronisation_is_fresh", NOT, rows("organization", every(onPremisesLastSyncDateTime=None))),
    ("check_directory_synchronisation_is_fresh", NA, rows("organization", every(onPremisesSyncEnabled=None))),
    ("check_the_score_is_not_older_than_48_hours", MET, nothing),
    ("check_the_score_is_not_older_than_48_hours", NOT, rows("security/secureScores", lambda items: items[3:])),
    ("check_the_reader_may_read_what_the_checks_need", MET, nothing),
    ("check_the_reader_may_read_what_the_checks_need", NE, lambda bench: bench.file("security/secureScores").unlink()),
    ("check_the_reader_may_read_what_the_checks_need", NOT, lambda bench: bench.refuse("security/secureScores")),
    ("check_the_catalogue_of_actions_is_readable", MET, nothing),
    ("check_the_catalogue_of_actions_is_readable", NOT, lambda bench: _no_profiles(bench)),
    ("check_the_catalogue_of_actions_is_readable", NE, lambda bench: bench.cut("security/secureScoreControlProfiles")),
]


def _no_profiles(bench: Bench) -> None:
    bench.write("security/secureScoreControlProfiles", {"value": []})


@pytest.mark.parametrize(("name", "verdict", "change"), CASES, ids=[f"{n}-{name}-{verdict}" for n, (name, verdict, _) in enumerate(CASES)])
def test_direct_check(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    change(bench)
    found = run(
        f"--tenant={bench.folder}", "-k", f"{name if name.startswith('check_') else _function_of(name)}", "--exceptions", _none(bench)
    )
    record = found.records[name]
    assert record.verdict == verdict, record.reason
    assert record.reason
    assert not record.reason.startswith("assert")
    assert "\nassert" not in record.reason
    assert record.evidence
    if verdict in {MET, NOT}:
        assert record.observed


def _function_of(action: str) -> str:
    import importlib
    import pkgutil

    import checks

    for module in pkgutil.iter_modules(checks.__path__):
        for name, check in vars(importlib.import_module(f"checks.{module.name}")).items():
            if any(mark.kwargs.get("id") == action for mark in getattr(check, "pytestmark", ())):
                return name
    raise LookupError(action)


def _none(bench: Bench) -> str:
    """No exceptions: a check is looked at, not what is accepted of it."""
    path = bench.folder.parent / "none.toml"
    path.write_text("", "utf-8")
    return str(path)


def test_every_direct_check_is_met_and_not_met_somewhere_here() -> None:
    import importlib
    import pkgutil

    import checks

    direct = set()
    for module in pkgutil.iter_modules(checks.__path__):
        for name, check in vars(importlib.import_module(f"checks.{module.name}")).items():
            if name.startswith("check_") and name != "check_scored_by_microsoft":
                marks = [mark for mark in getattr(check, "pytestmark", ()) if mark.name == "action"]
                direct.add(marks[0].kwargs["id"] if marks else name)
    for verdict in (MET, NOT):
        assert direct == {name for name, wanted, _ in CASES if wanted == verdict} | (direct & _JUDGED_ELSEWHERE.get(verdict, set()))


# Not met in the demo tenant as it is, and accepted there: `test_exceptions` looks at it.
_JUDGED_ELSEWHERE = {NOT: {"aad_third_party_apps"}}
