"""Other tools as witnesses: on what they judged, our checks give the same verdict, or it is said here why ours is right.

What they passed must not stay met once it is damaged: see `test_what_passed_does_not_survive_damage`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from fixtures.conditional_access.cases import People, Someone
from fixtures.conditional_access.grants import MFA
from fixtures.conditional_access.locations import named_locations
from fixtures.conditional_access.policy import parse
from fixtures.conditional_access.proof import Enforced, Question
from fixtures.conditional_access.signins import AZURE_MANAGEMENT
from fixtures.resources import RESOURCES
from tests import oracles
from tests.direct.quick import conclusion, conclusion_over, looked_at
from tests.harness import SHARED, needs_shared
from tests.oracles import ADMINISTRATOR, MEMBER, PILOT, Case

pytestmark = needs_shared

ORACLE = oracles.cases() if SHARED.exists() else []
# NONE: the other tool has no finding, so ours must not have one.
MEANING = {"PASS": {"met"}, "FAIL": {"not met"}, "NONE": {"met", "not applicable", "not evaluated"}}
# Why our verdict is another one, by the case's name and, where it matters, the action: the verdict, and the reason.
GUESTS_LEFT_OUT = "not met", "guests are left out, and of a tenant's declarations only break-glass and sync accounts may be"
APP_LEFT_OUT = "not met", "an app is left out, and no declaration makes up for sign-ins that need no proof"
HIGH_ONLY = "not met", "Microsoft advises MFA from medium sign-in risk on, and the policy looks at high risk alone"
FIDO = "met", "a passkey is two factors: the action asks for MFA, and the case for one policy of a certain form"
OURS: dict[str, tuple[str, str]] = {
    "test_admincenter_group_none_visibility": ("not evaluated", "visibility is null, which is not said to mean public"),
    "test_entra_identity_protection_user_risk_policy_enabled SigninRiskPolicy": (
        "not met",
        "the policy asks for high user risk as well, so that a risky sign-in of any other user goes through",
    ),
    "test_password_hash_sync_disabled_two_org": ("not applicable", "nothing is synchronised, so there are no hashes to synchronise"),
    "test_entra_empty_policy": ("not evaluated", "no policy was read, and what is not read is no finding"),
    "test_naive_future_hire_member_user_not_checked": ("not met", "the account is enabled and signs in, whenever its owner is hired"),
    "test_GuestUserTypeExclusionConditions_Correct": GUESTS_LEFT_OUT,
    "test_GuestUserTypeExclusionConditions_Correct_V3": GUESTS_LEFT_OUT,
    "test_GuestUserTypeExclusionConditions_Correct_V5": GUESTS_LEFT_OUT,
    "test_AppExclusionConditions_Correct_V2": APP_LEFT_OUT,
    "test_AppExclusionConditions_Correct_V4": APP_LEFT_OUT,
    "test_AppExclusionConditions_Correct_V6": APP_LEFT_OUT,
    "test_NoExclusionsExemptUsers_Correct_V2": HIGH_ONLY,
    "test_UserExclusionConditions_Correct_V2 SigninRiskPolicy": HIGH_ONLY,
    "test_MultiGroupExclusionsConditions_Correct_V2": HIGH_ONLY,
    "test_Conditions_Correct": HIGH_ONLY,
    "test_PhishingResistantExtraMFA_Incorrect": ("met", "every sign-in is blocked; the case is about the strength beside it"),
    "test_ConditionalAccessPolicies_Incorrect_Covered_Roles": ("met", "the policy includes all users, whatever roles it names besides"),
    "test_IsGeneralMFA_Fido2_Incorrect": FIDO,
    "test_PasswordValidityPeriodInDays_AllNullRootDomains_Correct": (
        "not evaluated",
        "a root domain without a validity is 90 days by Microsoft's page of it, and never by others",
    ),
    "test_PrivilegedUsers_Incorrect_V2": ("met", "the action asks for more than one Global Administrator, and nine are more than one"),
}
# As the documentation quotes them.
FIGURES = {"cases": 140, "verdicts": 159, "agreements": 137, "disagreements": 22}


def _ours(case: Case) -> tuple[str, str] | None:
    name = case.id.rpartition("::")[2]
    return OURS.get(f"{name} {case.action}") or OURS.get(name)


def _judge(case: Case, folder: Path) -> tuple[str, str]:
    oracles.lay(case, folder)
    return conclusion(case.action, folder)


each_case = pytest.mark.parametrize("case", ORACLE, ids=lambda case: f"{case.id.rpartition('::')[2]}-{case.action}")


@each_case
def test_a_verdict_of_another_tool(case: Case, tmp_path: Path) -> None:
    verdict, reason = _judge(case, tmp_path)
    if ours := _ours(case):
        assert verdict == ours[0], reason
        assert verdict not in MEANING[case.expected], "the verdicts agree: there is nothing to explain"
    else:
        assert verdict in MEANING[case.expected], reason


def test_the_figures() -> None:
    found = Counter("disagreements" if _ours(case) else "agreements" for case in ORACLE)
    assert {"cases": len({case.id for case in ORACLE}), "verdicts": len(ORACLE), **found} == FIGURES
    assert {name.partition(" ")[0] for name in OURS} <= {case.id.rpartition("::")[2] for case in ORACLE}


Damage = Callable[[dict[str, Any]], Any]


def _condition(**values: Any) -> Damage:
    return lambda policy: policy["conditions"].update(values)


def _users(**values: Any) -> Damage:
    def change(policy: dict[str, Any]) -> None:
        users = policy["conditions"]["users"]
        users.update({key: [*users[key], *value] if key.startswith("excludeU") else value for key, value in values.items()})

    return change


def _applications(**values: Any) -> Damage:
    return lambda policy: policy["conditions"]["applications"].update(values)


def _grant(**values: Any) -> Damage:
    return lambda policy: policy["grantControls"].update(values)


APP = "88cc92be-d474-4d95-a57d-7b3ef701f510"
GUEST_KINDS = ("b2bCollaborationGuest", "b2bCollaborationMember", "internalGuest")
RULE = {"rule": 'device.trustType -eq "ServerAD"'}
DAMAGES: dict[str, Damage] = {
    **{f"state {state}": lambda policy, state=state: policy.update(state=state) for state in ("disabled", "new", None)},  # type: ignore[misc]
    "report only": lambda policy: policy.update(state="enabledForReportingButNotEnforced"),
    "for one user": _users(includeUsers=[MEMBER], includeRoles=[]),
    "for a group": _users(includeUsers=[], includeRoles=[], includeGroups=[PILOT]),
    "for guests": _users(includeUsers=["GuestsOrExternalUsers"], includeRoles=[]),
    "for one role": _users(includeUsers=[], includeRoles=["729827e3-9c14-49f7-bb1b-9608f156bbb8"]),
    "for nobody": _users(includeUsers=["None"], includeRoles=[]),
    "without a user": _users(excludeUsers=[ADMINISTRATOR, MEMBER]),
    "without all users": _users(excludeUsers=["All"]),
    "without a group": _users(excludeGroups=[PILOT]),
    "without a role": lambda policy: policy["conditions"]["users"].update(excludeRoles=["62e90394-69f5-4237-9190-012177145e10"]),
    "without guests": _users(excludeUsers=["GuestsOrExternalUsers"]),
    **{f"without {kind}": _users(excludeGuestsOrExternalUsers={"guestOrExternalUserTypes": kind}) for kind in GUEST_KINDS},
    "for people not understood": _users(includeDepartments=["Sales"]),
    "for one app": _applications(includeApplications=[APP]),
    "for Office 365": _applications(includeApplications=["Office365"]),
    "for no app": _applications(includeApplications=["None"]),
    "for a user action": _applications(includeApplications=[], includeUserActions=["urn:user:registerdevice"]),
    "for a context": _applications(includeApplications=[], includeAuthenticationContextClassReferences=["c1"]),
    "without an app": _applications(excludeApplications=[APP]),
    "without Office 365": _applications(excludeApplications=["Office365"]),
    "for apps by a filter": _applications(applicationFilter={"mode": "include", "rule": 'CustomSecurityAttribute.A_B -eq "x"'}),
    "for apps not understood": _applications(includeGlobalSecureAccess=["x"]),
    "for browsers": _condition(clientAppTypes=["browser"]),
    "for other clients": _condition(clientAppTypes=["other"]),
    "for no client": _condition(clientAppTypes=[]),
    "on one platform": _condition(platforms={"includePlatforms": ["windows"], "excludePlatforms": []}),
    "but on one platform": _condition(platforms={"includePlatforms": ["all"], "excludePlatforms": ["linux"]}),
    "at trusted locations": _condition(locations={"includeLocations": ["AllTrusted"], "excludeLocations": []}),
    "but at trusted locations": _condition(locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
    "at a location nobody knows": _condition(locations={"includeLocations": [APP], "excludeLocations": []}),
    "on some devices": _condition(devices={"deviceFilter": {"mode": "include", **RULE}}),
    "but on some devices": _condition(devices={"deviceFilter": {"mode": "exclude", **RULE}}),
    "on devices not understood": _condition(devices={"includeDeviceStates": ["Compliant"]}),
    "at low user risk": _condition(userRiskLevels=["low"]),
    "at low sign-in risk": _condition(signInRiskLevels=["low"]),
    "at an insider risk": _condition(insiderRiskLevels="elevated"),
    "in a flow": _condition(authenticationFlows={"transferMethods": "authenticationTransfer"}),
    "for workload identities": _condition(clientApplications={"includeServicePrincipals": ["All"]}),
    "at a service principal's risk": _condition(servicePrincipalRiskLevels=["high"]),
    "at an agent's risk": _condition(agentIdRiskLevels="high"),
    "under an unknown condition": _condition(moonPhases=["full"]),
    "under an unknown key": lambda policy: policy.update(rollout={"percentage": 10}),
    "or something weaker": _grant(operator="OR", builtInControls=["mfa", "compliantDevice"]),
    "by a device alone": _grant(operator="OR", builtInControls=["compliantDevice"], authenticationStrength=None),
    "by an unknown control": _grant(operator="OR", builtInControls=["magic"], authenticationStrength=None),
    "by nothing": lambda policy: policy.update(grantControls=None, sessionControls=None),
    "by a control beside it": _grant(operator="OR", builtInControls=["mfa"], somethingElse=["x"], authenticationStrength=None),
}
# What is no damage to a claim.
HARMLESS = {
    "aad_sign_in_freq_session_timeout": {"or something weaker", "by a device alone", "by an unknown control", "by a control beside it"},
}
# Many cases differ in what is declared alone: each policy once for each claim.
PASSED = {f"{case.action} {case.policies}": case for case in ORACLE if case.expected == "PASS" and not _ours(case) and case.policies}


@pytest.mark.parametrize("case", PASSED.values(), ids=lambda case: f"{case.id.rpartition('::')[2]}-{case.action}")
def test_what_passed_does_not_survive_damage(case: Case, tmp_path: Path) -> None:
    """Each policy narrowed by each condition, without each kind of principal, and under conditions that nobody knows."""
    oracles.lay(case, tmp_path)
    whole = looked_at(case.action, tmp_path)
    assert conclusion_over(case.action, whole)[0] == "met"
    unharmed = {name: outcome for name, outcome in whole.outcomes.items() if not _rests_on_policies(name)}
    survived = []
    for name, damage in DAMAGES.items():
        policies = [oracles.complete(deepcopy(policy)) for policy in case.policies]
        for policy in policies:
            damage(policy)
        oracles.lay_policies(policies, tmp_path)
        damaged = looked_at(case.action, tmp_path, unharmed)
        if name not in HARMLESS.get(case.action, ()) and conclusion_over(case.action, damaged)[0] == "met":
            survived.append(name)
    assert not survived


def _rests_on_policies(resource: str) -> bool:
    return resource == "conditional_access" or any(map(_rests_on_policies, RESOURCES[resource].after))


UNIONS = json.loads((oracles.ORACLE / "caoptics.json").read_bytes()) if SHARED.exists() else []
# The subjects of the sets, by what they are called here.
SUBJECTS = {"any member": "any other user", "any guest": "guests", "excluded user 259fcf40": "left out"}
LEFT_OUT = Someone("259fcf40-ff7c-4625-9b78-cd11793f161f", "left out", internal=True)
# The apps of the sets by what stands for them here; no policy of theirs tells the first from the last, nor one platform from `unknown`.
APPS = {"Office365": "office365", APP: AZURE_MANAGEMENT, "other-app": AZURE_MANAGEMENT}
SAME_AS_UNKNOWN = "linux"


@pytest.mark.parametrize("union", UNIONS, ids=lambda union: union["id"].rpartition("/")[2])
def test_the_exact_gap_of_a_union_of_policies(union: dict[str, Any]) -> None:
    """Point by point: where the brute force of the oracle found a gap there is one, and nowhere else."""
    policies = [parse(oracles.complete(policy)) for policy in union["policies"]]
    people = People(policies, {}, roles_known=True)
    people.add([LEFT_OUT])
    people.add_everybody_else()
    enforced = Enforced(policies, named_locations([]), people)
    told_apart = {name for alike in people.alike.values() for name in alike.names}
    for expected in union["expected"]:
        subject = SUBJECTS[expected["subject"]]
        subject = subject if subject in told_apart else SUBJECTS["any member"]  # where policies make no difference between them
        box, gap = expected["gap_box"], 0
        for app, client, platform, location, _ in _points(union):
            place = next(id for id in union["expected"][-1]["gap_box"]["location"] if id != "elsewhere")
            asked = {
                "target": {APPS[app]},
                "client": {client.casefold()},
                "platform": {(SAME_AS_UNKNOWN if platform == "unknown" else platform).casefold()},
                f"location {place}": {"yes" if location == place else "no"},
            }
            holes = enforced.holes(Question(frozenset({MFA}), {name: frozenset(some) for name, some in asked.items()}))
            open_here = subject in holes.people
            gap += open_here
            inside = app in box["app"] and client in box["clientAppType"] and platform in box["platform"] and location in box["location"]
            assert open_here == inside or not expected["gap_is_exactly_this_box"]
        assert (bool(gap), gap) == (not expected["covered"], expected["gap_points"])


def _points(union: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Every point of the set, which is where nothing is covered: all that its last subject has."""
    everything = union["expected"][-1]
    assert everything["gap_points"] == everything["points"]
    return product(*everything["gap_box"].values())
