"""What the proof over Conditional Access policies may claim: never more than a brute force over all sign-ins confirms."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.resources.conditional_access import CLIENTS, LEGACY, ConditionalAccess, parse
from fixtures.resources.identity import GroupMembers, Holder, RoleAssignments
from fixtures.resources.tenant import Person

ANNA, BO, GUEST = Person("anna", "anna@x", internal=True), Person("bo", "bo@x", internal=True), Person("guest", "g@y")
EVERYBODY = (ANNA, BO, GUEST)
ROLES = RoleAssignments((Holder(ANNA, "admin", True),))
MEMBERS = GroupMembers({"g1": (ANNA,), "g2": (BO, GUEST), "g3": ()})
NOBODY_EXEMPT: frozenset[str] = frozenset()


def policy(grant: Any = ("mfa",), operator: str = "OR", **changes: Any) -> dict[str, Any]:
    """A policy for everyone, every app and every client, with changes to its conditions."""
    users = {"includeUsers": ["All"], **changes.pop("users", {})}
    conditions = {"users": users, "applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"]}
    controls = {"operator": operator, "builtInControls": list(grant)} if grant is not None else None
    top = {"displayName": "P", "state": "enabled", "grantControls": changes.pop("grant_controls", controls)}
    return {**top, **changes.pop("top", {}), "conditions": {**conditions, **changes}}


def gaps(*policies: dict[str, Any], wanted: Any = ("mfa", "block"), clients: Any = tuple(CLIENTS)) -> bool:
    access = ConditionalAccess(tuple(parse(p) for p in policies))
    return bool(access.not_everyone_covered(wanted, NOBODY_EXEMPT, ROLES, MEMBERS, clients))


def test_one_plain_policy_covers_everyone() -> None:
    assert not gaps(policy())


@pytest.mark.parametrize(
    "changes",
    [
        {"top": {"state": "disabled"}},
        {"top": {"state": "enabledForReportingButNotEnforced"}},
        {"top": {"state": None}},
        {"top": {"partialEnablementStrategy": {"percentage": 10}}},
        {"top": {"somethingNew": {"a": 1}}},
        {"grant_controls": None},
        {"grant": ("mfa", "compliantDevice")},
        {"grant": ("compliantDevice",)},
        {"grant": ("unknownFutureValue",)},
        {"grant": ()},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": ["t"]}},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "customAuthenticationFactors": ["f"]}},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "newControls": ["x"]}},
        {"grant_controls": {"operator": "OR", "authenticationStrength": {"id": "own", "requirementsSatisfied": "none"}}},
        {"signInRiskLevels": ["high"]},
        {"userRiskLevels": ["low", "medium", "high"]},
        {"locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]}},
        {"locations": {"includeLocations": ["some"]}},
        {"platforms": {"includePlatforms": ["android"]}},
        {"platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]}},
        {"devices": {"deviceFilter": {"mode": "exclude", "rule": "device.isCompliant -eq True"}}},
        {"clientApplications": {"includeServicePrincipals": ["x"]}},
        {"authenticationFlows": {"transferMethods": "deviceCodeFlow"}},
        {"aConditionOfNextYear": {"include": ["x"]}},
        {"applications": {"includeApplications": ["Office365"]}},
        {"applications": {"includeApplications": ["All"], "excludeApplications": ["a"]}},
        {"applications": {"includeApplications": ["All"], "applicationFilter": {"mode": "include"}}},
        {"applications": {"includeApplications": [], "includeUserActions": ["urn:user:registersecurityinfo"]}},
        {"applications": {"includeApplications": ["All"], "includeAuthenticationContextClassReferences": ["c1"]}},
        {"clientAppTypes": ["browser"]},
        {"clientAppTypes": []},
        {"clientAppTypes": None},
        {"users": {"includeUsers": ["anna"]}},
        {"users": {"includeUsers": [], "includeGroups": ["g1", "g2"]}},
        {"users": {"includeUsers": [], "includeRoles": ["admin"]}},
        {"users": {"excludeUsers": ["bo"]}},
        {"users": {"excludeGroups": ["g2"]}},
        {"users": {"excludeRoles": ["admin"]}},
        {"users": {"excludeRoles": ["a role nobody holds now"]}},
        {"users": {"excludeUsers": ["GuestsOrExternalUsers"]}},
        {"users": {"excludeGuestsOrExternalUsers": {"guestOrExternalUserTypes": "b2bCollaborationGuest"}}},
        {"users": {"excludeAgents": ["x"]}},
        {"users": {"excludeUsers": ["BO"]}},
        {"users": {"excludeUsers": ["guestsOrExternalUsers"]}},
        {"users": {"excludeRoles": ["ADMIN"]}},
        {"top": {"state": "Enabled "}},
        {"grant_controls": {"authenticationStrength": {"requirementsSatisfied": "mfa", "allowedCombinations": ["password"]}}},
    ],
)  # fmt: skip
def test_what_leaves_a_hole_is_not_met(changes: dict[str, Any]) -> None:
    assert gaps(policy(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"operator": "AND", "grant": ("mfa", "compliantDevice")},
        {"grant": ("block",)},
        {
            "grant_controls": {
                "operator": "OR",
                "builtInControls": [],
                "authenticationStrength": {"id": "00000000-0000-0000-0000-000000000004"},
            }
        },
        {
            "grant_controls": {
                "operator": "OR",
                "builtInControls": [],
                "authenticationStrength": {"id": "own", "requirementsSatisfied": "mfa"},
            }
        },
        {"locations": {"includeLocations": ["All"], "excludeLocations": []}},
        {"platforms": {"includePlatforms": ["all"], "excludePlatforms": []}},
        {"locations": None, "devices": None, "signInRiskLevels": []},
        {"clientAppTypes": ["browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]},
        {"users": {"excludeGroups": ["g3"]}},
    ],
)
def test_what_leaves_none_is_met(changes: dict[str, Any]) -> None:
    assert not gaps(policy(**changes))


def test_policies_are_taken_together() -> None:
    for_others = policy(users={"excludeUsers": ["bo"]})
    for_bo = policy(users={"includeUsers": ["bo"]})
    modern, legacy = policy(clientAppTypes=["browser", "mobileAppsAndDesktopClients"]), policy(("block",), clientAppTypes=list(LEGACY))
    assert not gaps(for_others, for_bo)
    assert not gaps(modern, legacy)
    assert gaps(modern)
    assert gaps(modern, legacy, wanted=("block",))
    assert not gaps(modern, legacy, wanted=("block",), clients=LEGACY)


def test_only_the_declared_accounts_may_be_left_out() -> None:
    access = ConditionalAccess((parse(policy(users={"excludeUsers": ["bo"]})),))
    assert not access.not_everyone_covered(("mfa",), frozenset({"bo"}), ROLES, MEMBERS)
    found = access.not_everyone_covered(("mfa",), frozenset({"anna"}), ROLES, MEMBERS)
    assert "bo" in found.describe().casefold()
    assert "'P' excludes 1 users." in found.describe()


def test_administrators_are_looked_at_one_by_one() -> None:
    access = ConditionalAccess((parse(policy(users={"includeUsers": [], "includeRoles": ["admin"]})),))
    assert not access.not_covered(("mfa",), {ANNA: frozenset({"admin"})}, MEMBERS)
    # Held for part of the directory only, a role is none that a policy sees.
    found = access.not_covered(("mfa",), {ANNA: frozenset({"admin"}), BO: frozenset()}, MEMBERS)
    assert found.people == ("bo@x",)


def test_roles_that_different_policies_exclude_may_meet_in_one_person() -> None:
    spares_r1, spares_r2 = policy(users={"excludeRoles": ["r1"]}), policy(users={"excludeRoles": ["r2"]})
    assert gaps(spares_r1, spares_r2)
    assert gaps(spares_r1, policy(users={"excludeGroups": ["g1"]}))
    assert not gaps(spares_r1, policy())


@pytest.mark.parametrize(
    "changes",
    [
        {"users": {"excludeUsers": "bo"}},
        {"users": {"excludeUsers": {}}},
        {"users": {"excludeGroups": [7]}},
        {"clientAppTypes": "all"},
        {"grant_controls": {"operator": "OR", "builtInControls": "mfa"}},
        {"grant_controls": {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": "tou"}},
    ],
)
def test_what_has_not_the_shape_of_a_policy_is_damaged(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="list of names"):
        parse(policy(**changes))


def test_a_policy_without_what_decides_is_malformed() -> None:
    with pytest.raises(ValueError, match="conditions"):
        parse({"displayName": "x", "state": "enabled"})


_SOME = st.lists(st.sampled_from(["anna", "bo", "guest", "All", "None"]), max_size=2)
_GROUPS = st.lists(st.sampled_from(["g1", "g2", "g3"]), max_size=2)
_POLICIES = st.builds(
    policy,
    grant=st.lists(st.sampled_from(["mfa", "block", "compliantDevice"]), max_size=2).map(tuple),
    operator=st.sampled_from(["AND", "OR"]),
    top=st.sampled_from([{}, {}, {"state": "disabled"}]),
    clientAppTypes=st.lists(st.sampled_from(["all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"]), max_size=3),
    platforms=st.sampled_from([None, None, {"includePlatforms": ["all"]}, {"includePlatforms": ["iOS"]}]),
    users=st.fixed_dictionaries({
        "includeUsers": _SOME, "excludeUsers": _SOME, "includeGroups": _GROUPS, "excludeGroups": _GROUPS,
        "includeRoles": st.lists(st.just("admin"), max_size=1), "excludeRoles": st.lists(st.just("admin"), max_size=1),
    }),
)  # fmt: skip


def _protected(policies: list[dict[str, Any]], person: Person, client: str, platform: str) -> bool:
    """By the letter of each policy: whether this one sign-in is blocked or asked for MFA by at least one of them."""
    for raw in policies:
        conditions, users = raw["conditions"], raw["conditions"]["users"]
        roles = {"admin"} if person is ANNA else set()
        groups = {group for group, people in MEMBERS.groups.items() if person in people}

        def names(kind: str, users: Any = users, roles: set[str] = roles, groups: set[str] = groups, person: Person = person) -> bool:
            return bool(
                {"All", person.id} & set(users[f"{kind}Users"])
                or groups & set(users[f"{kind}Groups"])
                or roles & set(users[f"{kind}Roles"])
            )

        types = {item.casefold() for item in conditions["clientAppTypes"]}
        wanted_platforms = (conditions.get("platforms") or {"includePlatforms": ["all"]})["includePlatforms"]
        applies = (
            raw["state"] == "enabled"
            and names("include")
            and not names("exclude")
            and ("all" in types or client in types)
            and (wanted_platforms == ["all"] or platform in wanted_platforms)
        )
        controls = raw["grantControls"]["builtInControls"]
        strong = [control in {"mfa", "block"} for control in controls]
        enough = bool(controls) and (any(strong) if raw["grantControls"]["operator"] == "AND" else all(strong))
        if applies and enough:
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(st.lists(_POLICIES, max_size=4))
def test_nothing_is_called_covered_that_brute_force_finds_open(policies: list[dict[str, Any]]) -> None:
    open_sign_ins = [sign_in for sign_in in product(EVERYBODY, CLIENTS, ["iOS", "windows"]) if not _protected(policies, *sign_in)]
    if open_sign_ins:
        assert gaps(*policies)
        access = ConditionalAccess(tuple(parse(p) for p in policies))
        people = {ANNA: frozenset({"admin"}), BO: frozenset[str](), GUEST: frozenset[str]()}
        named = access.not_covered(("mfa", "block"), people, MEMBERS).people
        assert {person.name for person, _, _ in open_sign_ins} <= set(named)
