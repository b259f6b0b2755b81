"""The checks of Conditional Access, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fixtures.demo.people import BREAK_GLASS, EXCHANGE, GLOBAL, HELPDESK, SECURITY, SHAREPOINT, USER_ADMIN, user_id
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
    people,
    policy,
    rows,
    setting,
    together,
)
from tests.direct.quick import concluded, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True

REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
ROLES = "roleManagement/directory/roleAssignments"
DEFAULTS = "policies/identitySecurityDefaultsEnforcementPolicy"
ALL_REGISTERED = rows(REGISTRATIONS, every(isMfaRegistered=True))
MFA_FOR_ALL = policy(2, locations=None, users={"excludeGroups": ["20000000-0000-4000-8000-000000000001"]})
BLOCK_LEGACY = policy(3, state="enabled")
GUEST_RULE = {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}

STRENGTH = "00000000-0000-0000-0000-00000000000"
RESISTANT = {"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": f"{STRENGTH}4", "displayName": "Phishing-resistant"}}
SESSION = {
    "signInFrequency": {"value": 12, "type": "hours", "isEnabled": True},
    "persistentBrowser": {"mode": "never", "isEnabled": True},
}
ROLES_HELD = [GLOBAL, EXCHANGE, SHAREPOINT, SECURITY, USER_ADMIN, HELPDESK]
WITHOUT_EXCHANGE = {"includeRoles": [role for role in ROLES_HELD if role != EXCHANGE]}  # one may activate it, and has another as well
REGISTERING = {"includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"]}
RISK_HANDLED = policy(5, signInRiskLevels=["medium", "high"])
MFA_FOR_ALL_WITHOUT_RISK = together(MFA_FOR_ALL, policy(5, state="disabled"))
EVERYBODY_LICENSED = rows("subscribedSkus", lambda items: [{**i, "consumedUnits": 462} for i in items])


def for_administrators(**changes: Any) -> Change:
    """The first policy, for every role that somebody holds or may activate."""
    return policy(1, users={"includeRoles": ROLES_HELD}, **changes)


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
    # Risk, for the forty who hold the licence.
    ("SigninRiskPolicy", NOT, nothing),  # of high risk only
    ("SigninRiskPolicy", MET, policy(5, signInRiskLevels=["medium", "high"])),
    ("SigninRiskPolicy", NOT, MFA_FOR_ALL_WITHOUT_RISK),  # nothing looks at risk
    ("SigninRiskPolicy", NOT, together(RISK_HANDLED, policy(5, users={"excludeUsers": [user_id(30)]}))),
    ("SigninRiskPolicy", MET, together(RISK_HANDLED, policy(5, users={"excludeUsers": [user_id(50)]}))),  # who holds no licence for it
    ("SigninRiskPolicy", NOT, together(RISK_HANDLED, EVERYBODY_LICENSED)),
    ("SigninRiskPolicy", MET, together(RISK_HANDLED, EVERYBODY_LICENSED, policy(5, users={"includeUsers": ["All"], "includeGroups": []}))),
    ("SigninRiskPolicy", NOT, together(RISK_HANDLED, policy(5, grantControls={"builtInControls": ["compliantDevice"]}))),
    ("SigninRiskPolicy", NE, together(RISK_HANDLED, people({name: {"assignedLicenses": None} for name in BREAK_GLASS}))),
    ("UserRiskPolicy", MET, nothing),
    ("UserRiskPolicy", NOT, policy(10, userRiskLevels=["medium"])),
    ("UserRiskPolicy", NOT, policy(10, grantControls={"builtInControls": ["mfa"]})),
    ("UserRiskPolicy", NOT, policy(10, state="disabled")),
    ("UserRiskPolicy", NOT, EVERYBODY_LICENSED),
    ("UserRiskPolicy", MET, policy(10, grantControls={"builtInControls": ["block"]})),
    # Administrators, those who may become one among them.
    ("aad_phishing_MFA_strength", NOT, nothing),
    ("aad_phishing_MFA_strength", MET, for_administrators(grantControls=RESISTANT)),
    ("aad_phishing_MFA_strength", NOT, for_administrators(grantControls={**RESISTANT, "operator": "OR", "builtInControls": ["mfa"]})),
    ("aad_phishing_MFA_strength", NOT, for_administrators(grantControls={"authenticationStrength": {"id": f"{STRENGTH}2"}})),
    ("aad_phishing_MFA_strength", NOT, together(for_administrators(grantControls=RESISTANT), policy(1, users=WITHOUT_EXCHANGE))),
    ("aad_phishing_MFA_strength", MET, together(for_administrators(grantControls=RESISTANT), policy(1, users={"excludeUsers": ["gone"]}))),
    ("aad_sign_in_freq_session_timeout", NOT, nothing),
    ("aad_sign_in_freq_session_timeout", MET, for_administrators(sessionControls=SESSION)),
    ("aad_sign_in_freq_session_timeout", NOT, for_administrators(sessionControls={"signInFrequency": SESSION["signInFrequency"]})),
    (
        "aad_sign_in_freq_session_timeout",
        NOT,
        together(for_administrators(sessionControls={"persistentBrowser": SESSION["persistentBrowser"]}), policy(7, state="disabled")),
    ),
    ("aad_sign_in_freq_session_timeout", NOT, together(for_administrators(sessionControls=SESSION), policy(1, clientAppTypes=["browser"]))),
    ("aad_limited_administrative_roles", MET, nothing),
    ("aad_limited_administrative_roles", NOT, policy(6, users={"excludeUsers": [user_id(50)]})),
    ("aad_limited_administrative_roles", MET, policy(6, users={"excludeUsers": [user_id(10)]})),  # who may activate a role
    ("aad_limited_administrative_roles", NOT, policy(6, users=GUEST_RULE)),
    ("aad_limited_administrative_roles", NOT, policy(6, state="disabled")),
    ("aad_limited_administrative_roles", NOT, policy(6, locations={"includeLocations": ["AllTrusted"]})),
    ("check_device_code_flow_is_blocked", MET, nothing),
    ("check_device_code_flow_is_blocked", NOT, policy(11, authenticationFlows={"transferMethods": "authenticationTransfer"})),
    ("check_device_code_flow_is_blocked", NOT, policy(11, users={"excludeUsers": [user_id(50)]})),
    ("check_device_code_flow_is_blocked", NOT, policy(11, authenticationFlows={"transferMethods": "deviceCodeFlow", "new": ["x"]})),
    ("check_security_information_is_not_registered_with_a_password_alone", NOT, nothing),
    ("check_security_information_is_not_registered_with_a_password_alone", MET, together(MFA_FOR_ALL, policy(2, applications=REGISTERING))),
    (
        "check_security_information_is_not_registered_with_a_password_alone",
        NOT,
        together(MFA_FOR_ALL, policy(2, applications=REGISTERING, platforms={"includePlatforms": ["iOS"]})),
    ),
]


@each_of(CASES)
def test_conditional_access(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_conditional_access_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
