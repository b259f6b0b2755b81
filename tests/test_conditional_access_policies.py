"""What single policies and conditions are worth to the proof: everything that leaves a hole, and what the hole is told as."""

from __future__ import annotations

from typing import Any

import pytest

from fixtures.conditional_access.cases import People, Someone
from fixtures.conditional_access.grants import FREQUENCY, MFA, NOT_PERSISTENT, PASSWORD_CHANGE, PHISHING_RESISTANT, RISK_REMEDIATION
from fixtures.conditional_access.locations import named_locations
from fixtures.conditional_access.policy import parse
from fixtures.conditional_access.proof import Enforced, Holes, Question
from fixtures.conditional_access.signins import AZURE_MANAGEMENT, LEGACY, SECURITY_INFO

APP = "aaaaaaaa-0000-4000-8000-000000000001"
EXCHANGE = "00000002-0000-0ff1-ce00-000000000000"
STRENGTH = "00000000-0000-0000-0000-00000000000"
ANNA, BO = Someone("anna", "anna@x", True, frozenset({"admin"})), Someone("bo", "bo@x", True)
GUEST = Someone("guest", "g@y", False)
MEMBERS = {"g1": ["anna"], "g2": ["bo", "guest"], "g3": list[str]()}
LOCATIONS = named_locations(
    [
        {"id": "hq", "displayName": "Headquarters", "isTrusted": True, "ipRanges": [{"cidrAddress": "198.51.100.0/24"}]},
        {"id": "depot", "displayName": "Depot", "isTrusted": False, "ipRanges": [{"cidrAddress": "203.0.113.0/24"}]},
        {"id": "v4", "displayName": "All of IPv4", "ipRanges": [{"cidrAddress": "0.0.0.0/0"}]},
        {"id": "v6", "displayName": "All of IPv6", "ipRanges": [{"cidrAddress": "::/0"}]},
        {"id": "nordic", "displayName": "Nordic", "countriesAndRegions": ["SE", "FI"]},
        {"id": "rest", "displayName": "Rest", "countriesAndRegions": ["DE"], "includeUnknownCountriesAndRegions": True},
        {"id": "gps", "displayName": "By GPS", "countriesAndRegions": ["SE"], "countryLookupMethod": "authenticatorAppGps"},
        {"id": "broken", "displayName": "Broken", "ipRanges": [{"cidrAddress": "nonsense"}]},
    ]
)


def policy(grant: Any = ("mfa",), operator: str = "OR", **changes: Any) -> dict[str, Any]:
    """A policy for everyone, every app and every client, with changes to its conditions."""
    users = {"includeUsers": ["All"], **changes.pop("users", {})}
    conditions = {"users": users, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]}
    controls = {"operator": operator, "builtInControls": list(grant)} if grant is not None else None
    top = {"displayName": "P", "state": "enabled", "grantControls": changes.pop("grant_controls", controls)}
    return {**top, **changes.pop("top", {}), "conditions": {**conditions, **changes}}


def holes(*raw: dict[str, Any], aims: frozenset[str] = frozenset({MFA}), among: Any = None, **within: frozenset[str]) -> Holes:
    policies = [parse(one) for one in raw]
    people = People(policies, MEMBERS, roles_known=False)
    if among is None:
        people.add_everybody_else()
    people.add((ANNA, BO, GUEST) if among is None else among)
    return Enforced(policies, LOCATIONS, people).holes(Question(aims, {name.replace("_", " "): names for name, names in within.items()}))


LEAVES_A_HOLE = [
    {"top": {"state": "disabled"}},
    {"top": {"state": "enabledForReportingButNotEnforced"}},
    {"top": {"state": None}},
    {"top": {"state": "Enabled "}},
    {"top": {"partialEnablementStrategy": {"percentage": 10}}},
    {"top": {"somethingNew": {"a": 1}}},
    {"grant_controls": None},
    {"grant_controls": None, "top": {"sessionControls": {"signInFrequency": {"isEnabled": True, "value": 1, "type": "hours"}}}},
    {"grant": ("mfa", "compliantDevice")},
    {"grant": ("compliantDevice",)},
    {"grant": ("compliantDevice", "domainJoinedDevice"), "operator": "AND"},
    {"grant": ("unknownFutureValue",)},
    {"grant": ("mfa", "unknownFutureValue")},
    {"grant": ("passwordChange",)},
    {"grant": ()},
    {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": ["t"]}},
    {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": ["f"]}},
    {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "newControls": ["x"]}},
    {"grant_controls": {"operator": "OR", "authenticationStrength": {"id": "own", "requirementsSatisfied": "none"}}},
    {"grant_controls": {"authenticationStrength": {"requirementsSatisfied": "mfa", "allowedCombinations": ["password"]}}},
    {"grant_controls": {"authenticationStrength": {"requirementsSatisfied": "mfa", "allowedCombinations": ["fido2", "sms"]}}},
    {"signInRiskLevels": ["high"]},
    {"signInRiskLevels": ["low", "medium", "high"]},
    {"userRiskLevels": ["low", "medium", "high"]},
    {"insiderRiskLevels": "elevated"},
    {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
    {"locations": {"includeLocations": ["All"], "excludeLocations": ["depot"]}},
    {"locations": {"includeLocations": ["All"], "excludeLocations": ["All"]}},
    {"locations": {"includeLocations": ["All"], "excludeLocations": ["nobody-knows"]}},
    {"locations": {"includeLocations": ["AllTrusted"]}},
    {"locations": {"includeLocations": ["v4"]}},
    {"locations": {"includeLocations": ["nordic", "rest"]}},
    {"locations": {"includeLocations": ["broken"]}},
    {"locations": {"includeLocations": [], "excludeLocations": []}},
    {"locations": {"includeLocations": ["All"], "newLocations": ["x"]}},
    {"platforms": {"includePlatforms": ["android"]}},
    {"platforms": {"includePlatforms": ["android", "iOS", "windows", "windowsPhone", "macOS", "linux"]}},
    {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
    {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["chromeOS"]}},
    {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["all"]}},
    {"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
    {"devices": {"deviceFilter": {"mode": "include", "rule": "device.isCompliant -ne True"}}},
    {"devices": {"deviceFilter": {"mode": "new", "rule": "x"}}},
    {"devices": {"excludeDevices": ["Compliant"]}},
    {"clientApplications": {"includeServicePrincipals": ["x"]}},
    {"servicePrincipalRiskLevels": ["high"]},
    {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}},
    {"authenticationFlows": {"transferMethods": "deviceCodeFlow,authenticationTransfer"}},
    {"aConditionOfNextYear": {"include": ["x"]}},
    {"applications": {"includeApplications": ["Office365"]}},
    {"applications": {"includeApplications": ["None"]}},
    {"applications": {"includeApplications": ["AllOfSomeKind"]}},
    {"applications": {"includeApplications": ["All"], "excludeApplications": [APP]}},
    {"applications": {"includeApplications": ["All"], "excludeApplications": ["AllOfSomeKind"]}},
    {"applications": {"includeApplications": ["All"], "applicationFilter": {"mode": "include", "rule": "x"}}},
    {"applications": {"includeApplications": ["All"], "applicationFilter": {"mode": "exclude"}}},
    {"applications": {"includeApplications": [], "includeUserActions": [SECURITY_INFO]}},
    {"applications": {"includeApplications": [], "includeAuthenticationContextClassReferences": ["c1"]}},
    {"applications": {"includeApplications": ["All"], "globalSecureAccess": {}, "newTargets": ["x"]}},
    {"clientAppTypes": ["browser"]},
    {"clientAppTypes": ["browser", "mobileAppsAndDesktopClients", "easSupported"]},
    {"clientAppTypes": []},
    {"clientAppTypes": None},
    {"users": {"includeUsers": ["anna", "bo", "guest"]}},
    {"users": {"includeUsers": [""]}},
    {"users": {"includeUsers": [], "includeGroups": ["g1", "g2"]}},
    {"users": {"includeUsers": [], "includeRoles": ["admin"]}},
    {"users": {"includeUsers": ["GuestsOrExternalUsers"]}},
    {"users": {"excludeUsers": ["bo"]}},
    {"users": {"excludeUsers": ["BO"]}},
    {"users": {"excludeUsers": ["All"]}},
    {"users": {"excludeGroups": ["g2"]}},
    {"users": {"excludeRoles": ["admin"]}},
    {"users": {"excludeRoles": ["ADMIN"]}},
    {"users": {"excludeRoles": ["a role nobody holds now"]}},
    {"users": {"excludeUsers": ["GuestsOrExternalUsers"]}},
    {"users": {"excludeUsers": ["guestsOrExternalUsers"]}},
    {"users": {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "serviceProvider"}}},
    {"users": {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "unknownFutureValue"}}},
    {"users": {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "none", "externalTenants": {"membershipKind": "new"}}}},
    {"users": {"excludeAgents": ["x"]}},
]  # fmt: skip


@pytest.mark.parametrize("changes", LEAVES_A_HOLE, ids=str)
def test_what_leaves_a_hole_is_not_met(changes: dict[str, Any]) -> None:
    found = holes(policy(**changes))
    assert found
    assert found.describe()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"operator": "AND", "grant": ("mfa", "compliantDevice")},
        {"operator": "AND", "grant": ("mfa", "unknownFutureValue")},
        {"grant": ("block",)},
        {"grant_controls": {"operator": "OR", "builtInControls": ["block"], "authenticationStrength": {"allowedCombinations": ["sms"]}}},
        {"grant_controls": {"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": f"{STRENGTH}4"}}},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "authenticationStrength": {"id": f"{STRENGTH}2"}}},
        {"grant_controls": {"authenticationStrength": {"id": "own", "requirementsSatisfied": "mfa"}}},
        {"grant_controls": {"authenticationStrength": {"id": "own", "allowedCombinations": ["password,sms", "fido2"]}}},
        {"locations": {"includeLocations": ["All"], "excludeLocations": []}},
        {"locations": {"includeLocations": ["v4", "v6"]}},
        {"locations": {"includeLocations": ["v4", "v6"], "excludeLocations": []}},
        {"platforms": {"includePlatforms": ["all"], "excludePlatforms": []}},
        {"locations": None, "devices": None, "signInRiskLevels": []},
        {"authenticationFlows": {"transferMethods": "none"}},
        {"authenticationFlows": None},
        {"devices": {"deviceFilter": None}},
        {"clientAppTypes": ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]},
        {"users": {"excludeGroups": ["g3"]}},
        {"users": {"excludeUsers": ["None"]}},
    ],
    ids=str,
)
def test_what_leaves_none_is_met(changes: dict[str, Any]) -> None:
    assert not holes(policy(**changes))


ANY_BUT = "device.extensionAttribute1 -eq 'saw'"
TOGETHER = {
    "who": (policy(users={"excludeUsers": ["bo"]}), policy(users={"includeUsers": ["bo"]})),
    "clients": (policy(clientAppTypes=["browser", "mobileAppsAndDesktopClients"]), policy(("block",), clientAppTypes=list(LEGACY))),
    "platforms": (
        policy(platforms={"includePlatforms": ["iOS"]}),
        policy(platforms={"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}),
    ),
    "trusted": (
        policy(locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
        policy(locations={"includeLocations": ["AllTrusted"]}),
    ),
    "a country and the rest": (
        policy(locations={"includeLocations": ["nordic"]}),
        policy(("block",), locations={"includeLocations": ["All"], "excludeLocations": ["nordic"]}),
    ),
    "a device filter and its opposite": (
        policy(devices={"deviceFilter": {"mode": "include", "rule": ANY_BUT}}),
        policy(("block",), devices={"deviceFilter": {"mode": "exclude", "rule": ANY_BUT.replace(" -eq", "  -EQ")}}),
    ),
    "apps": (
        policy(applications={"includeApplications": ["All"], "excludeApplications": ["Office365", APP]}),
        policy(applications={"includeApplications": [APP, "Office365"]}),
    ),
    "an app of a group": (
        policy(applications={"includeApplications": ["All"], "excludeApplications": [EXCHANGE]}),
        policy(applications={"includeApplications": ["Office365"]}),
    ),
    "risk": (policy(("block",), signInRiskLevels=["high"]), policy(signInRiskLevels=["none", "low", "medium"])),
    "flows": (
        policy(("block",), authenticationFlows={"transferMethods": "deviceCodeFlow"}),
        policy(),
    ),
    "a compliant device, or else": (policy(("compliantDevice",)), policy(("mfa", "domainJoinedDevice")), policy(("mfa", "termsOfUse"))),
}  # fmt: skip
# What one of each pair, narrowed a little, lets through.
APART = {
    "who": (policy(users={"excludeUsers": ["bo"]}), policy(users={"includeUsers": ["anna"]})),
    "trusted": (
        policy(locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
        policy(locations={"includeLocations": ["hq"]}),
    ),
    "an app that may be of a group or not": (
        policy(applications={"includeApplications": ["All"], "excludeApplications": [APP]}),
        policy(applications={"includeApplications": ["Office365"]}),
    ),
    "two facts are not opposites for being worded so": (
        policy(devices={"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq True"}}),
        policy(devices={"deviceFilter": {"mode": "include", "rule": "device.isCompliant -eq False"}}),
    ),
    "alternatives that can all be had": (policy(("compliantDevice", "mfa")), policy(("domainJoinedDevice", "mfa"))),
    "roles that different policies exclude": (policy(users={"excludeRoles": ["r1"]}), policy(users={"excludeRoles": ["r2"]})),
    "a role and a group that meet in one person": (policy(users={"excludeRoles": ["r1"]}), policy(users={"excludeGroups": ["g1"]})),
    "roles that meet in one person": (policy(users={"excludeRoles": ["admin"]}), policy(users={"excludeGroups": ["g1"]})),
    "a group of apps and one of its apps": (
        policy(applications={"includeApplications": ["All"], "excludeApplications": ["Office365"]}),
        policy(applications={"includeApplications": [EXCHANGE]}),
    ),
}


@pytest.mark.parametrize("name", [name for name in TOGETHER if name != "a compliant device, or else"])
def test_policies_are_taken_together(name: str) -> None:
    assert not holes(*TOGETHER[name])
    if name != "flows":
        assert all(holes(one) for one in TOGETHER[name])


@pytest.mark.parametrize("name", [*APART, "a compliant device, or else"])
def test_what_only_seems_to_be_covered_together_is_not(name: str) -> None:
    assert holes(*(TOGETHER | APART)[name])


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            policy(users={"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}},
                   locations={"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}),
            ["guests", "'P' excludes guests."],
        ),
        (
            policy(locations={"includeLocations": ["All"], "excludeLocations": ["hq"]}),
            ["from 'Headquarters'", "any other user", "'P' does not reach"],
        ),
        (policy(clientAppTypes=["browser", "mobileAppsAndDesktopClients"]), ["with Exchange ActiveSync or with a legacy protocol"]),
        (policy(("mfa", "compliantDevice")), ["with a device marked as compliant", "'P' lets in with a device marked as compliant"]),
        (policy(users={"excludeGroups": ["g2"]}), ["bo@x, g@y", "'P' excludes a group they are in."]),
        (policy(users={"excludeUsers": ["bo"]}), ["bo@x", "'P' excludes them by name."]),
        (policy(users={"excludeRoles": ["admin"]}), ["with a role that policies exclude, anna@x", "a role they hold or may activate"]),
        (policy(top={"state": "disabled"}), ["any other user", "'P' is not enabled."]),
        (policy(aConditionOfNextYear=["x"]), ["'P' is narrowed by aConditionOfNextYear, which is not understood."]),
        (policy(applications={"includeApplications": ["All"], "excludeApplications": [AZURE_MANAGEMENT]}), ["to Azure management"]),
        (policy(platforms={"includePlatforms": ["all"], "excludePlatforms": ["linux"]}), ["on Linux"]),
        (policy(signInRiskLevels=["low", "medium", "high"]), ["at no sign-in risk"]),
        (policy(users={"includeUsers": [], "includeRoles": ["admin"]}), ["bo@x", "'P' is not for them."]),
    ],
)  # fmt: skip
def test_a_hole_is_told_so_that_a_person_can_find_it(raw: dict[str, Any], said: list[str]) -> None:
    told = holes(raw).describe()
    assert all(part in told for part in said), told


def test_nothing_is_said_of_what_may_be_anything() -> None:
    assert holes(policy(users={"excludeUsers": ["bo"]}), among=[BO]).describe() == (
        "No policy asks for multifactor authentication for bo@x. 'P' excludes them by name."
    )


@pytest.mark.parametrize(
    ("aims", "within", "enough", "not_enough"),
    [
        (
            frozenset[str](),
            {"client": LEGACY},
            policy(("block",), clientAppTypes=list(LEGACY)),
            policy(("mfa",), clientAppTypes=list(LEGACY)),
        ),
        (frozenset({MFA}), {"sign_in_risk": {"high"}}, policy(signInRiskLevels=["high"]), policy(signInRiskLevels=["medium"])),
        (
            frozenset({PASSWORD_CHANGE, RISK_REMEDIATION}),
            {"user_risk": {"high"}},
            policy(("mfa", "passwordChange"), "AND", userRiskLevels=["high"]),
            policy(("mfa",), userRiskLevels=["high"]),
        ),
        (
            frozenset({PHISHING_RESISTANT}),
            {},
            policy(grant_controls={"authenticationStrength": {"allowedCombinations": ["fido2", "windowsHelloForBusiness"]}}),
            policy(grant_controls={"authenticationStrength": {"id": f"{STRENGTH}3", "allowedCombinations": ["fido2", "deviceBasedPush"]}}),
        ),
        (
            frozenset({FREQUENCY}),
            {},
            policy(grant_controls=None, top={"sessionControls": {"signInFrequency": {"isEnabled": True, "value": 24, "type": "hours"}}}),
            policy(grant_controls=None, top={"sessionControls": {"signInFrequency": {"isEnabled": True, "value": 2, "type": "days"}}}),
        ),
        (
            frozenset({NOT_PERSISTENT}),
            {},
            policy(grant_controls=None, top={"sessionControls": {"persistentBrowser": {"isEnabled": True, "mode": "never"}}}),
            policy(grant_controls=None, top={"sessionControls": {"persistentBrowser": {"isEnabled": False, "mode": "never"}}}),
        ),
        (frozenset({MFA}), {"target": {SECURITY_INFO}}, policy(applications={"includeUserActions": [SECURITY_INFO]}), policy()),
        (
            frozenset[str](),
            {"flow": {"devicecodeflow"}},
            policy(("block",), authenticationFlows={"transferMethods": "deviceCodeFlow"}),
            policy(("block",), authenticationFlows={"transferMethods": "authenticationTransfer"}),
        ),
        (
            frozenset[str](),
            {"target": {AZURE_MANAGEMENT}},
            policy(("block",), applications={"includeApplications": [AZURE_MANAGEMENT]}),
            policy(("block",), applications={"includeApplications": [APP]}),
        ),
    ],
)
def test_one_kind_of_question_serves_every_check(aims: frozenset[str], within: Any, enough: Any, not_enough: Any) -> None:
    wanted = {name: frozenset(names) for name, names in within.items()}
    wanted = {"sign-in risk" if name == "sign_in_risk" else name: names for name, names in wanted.items()}
    found = [_asked(Question(aims, {name.replace("_", " "): names for name, names in wanted.items()}), one) for one in (enough, not_enough)]
    assert not found[0]
    assert found[1]


def _asked(question: Question, raw: dict[str, Any]) -> Holes:
    people = People([parse(raw)], MEMBERS, roles_known=False)
    people.add_everybody_else()
    return Enforced([parse(raw)], LOCATIONS, people).holes(question)


def test_roles_that_may_be_activated_are_tried_in_every_combination() -> None:
    many = Someone("eve", "eve@x", True, eligible=frozenset({"r1", "r2"}))
    spares, fills = (
        policy(users={"excludeRoles": ["r1"]}),
        policy(users={"includeUsers": [], "includeRoles": ["r1"], "excludeRoles": ["r2"]}),
    )
    assert holes(spares, fills, among=[many]), "with both roles neither applies"
    assert not holes(spares, policy(users={"includeUsers": [], "includeRoles": ["r1"]}), among=[many])
    twelve = Someone("eve", "eve@x", True, eligible=frozenset(f"r{number}" for number in range(12)))
    named = policy(users={"excludeRoles": [f"r{number}" for number in range(12)]})
    assert holes(named, among=[twelve])
    assert not holes(named, policy(), among=[twelve])


@pytest.mark.parametrize(
    "changes",
    [
        {"users": {"excludeUsers": "bo"}},
        {"users": {"excludeUsers": {}}},
        {"users": {"excludeGroups": [7]}},
        {"users": {"excludeGuestsOrExternalUsers": "all"}},
        {"clientAppTypes": "all"},
        {"insiderRiskLevels": ["elevated"]},
        {"grant_controls": []},
        {"grant_controls": {"operator": "OR", "builtInControls": "mfa"}},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": "tou"}},
        {"grant_controls": {"operator": "OR", "authenticationStrength": "strong"}},
    ],
    ids=str,
)
def test_what_has_not_the_shape_of_a_policy_is_damaged(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a policy has"):
        parse(policy(**changes))


def test_a_policy_without_what_decides_is_malformed() -> None:
    with pytest.raises(ValueError, match="conditions"):
        parse({"displayName": "x", "state": "enabled"})
