"""The checks of Conditional Access, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.demo.people import HELPDESK, user_id
from fixtures.demo.settings import EXCEPTIONS_GROUP
from tests.direct.judged import (
    MET,
    NE,
    NOT,
    POLICIES,
    Case,
    Change,
    each_of,
    emptied,
    every,
    judged,
    nothing,
    policy,
    rows,
    setting,
    together,
)
from tests.harness import Bench, Run

REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
ROLES = "roleManagement/directory/roleAssignments"
DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
ALL_REGISTERED = rows(REGISTRATIONS, every(isMfaRegistered=True))
MFA_FOR_ALL = policy(2, locations=None, users={"excludeGroups": ["20000000-0000-4000-8000-000000000001"]})
BLOCK_LEGACY = policy(3, state="enabled")
GUEST_RULE = {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}

CASES: list[Case] = [
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
]


@each_of(CASES)
def test_conditional_access(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
