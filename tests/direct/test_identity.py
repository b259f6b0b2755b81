"""The checks of roles, consent and passwords, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.demo.people import GLOBAL, user_id
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, emptied, every, judged, nothing, rows, setting, together
from tests.direct.quick import concluded, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True

REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
ROLES = "roleManagement/directory/roleAssignments"
NOBODY_MORE = emptied("roleManagement/directory/roleEligibilityScheduleInstances")
ELIGIBLE = "roleManagement/directory/roleEligibilityScheduleInstances"

CASES: list[Case] = [
    ("OneAdmin", MET, nothing),
    (
        "OneAdmin",
        NOT,
        together(
            NOBODY_MORE, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] != GLOBAL or i["principalId"] == user_id(1)])
        ),
    ),
    ("OneAdmin", NE, emptied(ROLES)),
    ("OneAdmin", NOT, together(NOBODY_MORE, rows(ROLES, lambda items: [{**i, "principal": None} for i in items]))),
    (
        "OneAdmin",
        NOT,
        together(
            NOBODY_MORE, rows(ROLES, lambda items: [items[0], {**items[0], "principal": {**items[0]["principal"], "userType": None}}])
        ),
    ),
    ("RoleOverlap", NOT, together(NOBODY_MORE, rows(ROLES, lambda items: [{**i, "principal": None} for i in items]))),
    ("OneAdmin", NOT, together(NOBODY_MORE, rows(ROLES, every(directoryScopeId="/administrativeUnits/x")))),
    ("RoleOverlap", MET, nothing),
    ("OneAdmin", MET, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] != GLOBAL or i["principalId"] == user_id(1)])),
    ("OneAdmin", NE, rows(ELIGIBLE, lambda items: [{**i, "roleDefinitionId": None} for i in items])),
    ("RoleOverlap", NOT, together(NOBODY_MORE, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] == GLOBAL]))),
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
    # A subdomain has what its root has, and nothing of its own.
    (
        "PWAgePolicyNew",
        NOT,
        rows("domains", lambda items: [{**i, "passwordValidityPeriodInDays": 90 if i["isRoot"] else None} for i in items]),
    ),
    ("PWAgePolicyNew", NE, rows("domains", lambda items: items[1:])),
    ("PWAgePolicyNew", NE, rows("domains", lambda items: [{**items[0], "isVerified": False}, *items[1:]])),
    ("PWAgePolicyNew", NE, rows("domains", lambda items: [{**items[0], "isRoot": None}, *items[1:]])),
    ("PWAgePolicyNew", NE, rows("domains", lambda items: [*items, {**items[1], "id": "nofjordline.example"}])),
    ("PWAgePolicyNew", NA, rows("domains", every(authenticationType="Federated"))),
    ("SelfServicePasswordReset", MET, nothing),
    ("SelfServicePasswordReset", NOT, rows(REGISTRATIONS, lambda items: items.__setitem__(0, {**items[0], "isSsprEnabled": False}))),
    ("SelfServicePasswordReset", NE, emptied(REGISTRATIONS)),
]


@each_of(CASES)
def test_identity(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_identity_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
