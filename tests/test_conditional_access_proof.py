"""The proof over Conditional Access policies against a brute force over every sign-in of small universes, and over random spaces."""

from __future__ import annotations

import ipaddress
from itertools import product
from typing import Any, NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fixtures.conditional_access.cases import People, Someone
from fixtures.conditional_access.grants import MFA
from fixtures.conditional_access.locations import named_locations
from fixtures.conditional_access.policy import parse
from fixtures.conditional_access.proof import Enforced, Question
from fixtures.conditional_access.space import meets, uncovered, widened

FULL = {"a": 0b111, "b": 0b11, "c": 0b1111, "d": 0b11, "e": 0b11}
BOXES = st.lists(st.fixed_dictionaries({}, optional={name: st.integers(1, full) for name, full in FULL.items()}), max_size=12)


def _points(box: dict[str, int]) -> set[tuple[int, ...]]:
    return set(product(*([bit for bit in range(8) if box.get(name, full) >> bit & 1] for name, full in FULL.items())))


@given(BOXES, st.permutations(list(FULL)))
def test_a_hole_is_found_exactly_where_there_is_one(boxes: list[dict[str, int]], order: list[str]) -> None:
    rest = _points(FULL).difference(*(_points(box) for box in boxes))
    used: set[int] = set()
    hole = uncovered(dict(enumerate(boxes)), FULL, used)
    assert (hole is None) == (not rest)
    if hole is None:
        assert not _points(FULL).difference(*(_points(boxes[key]) for key in used)), "those that were used suffice"
    else:
        assert _points(hole) <= rest
        wide = widened(boxes, FULL, hole, order)
        assert _points(hole) <= _points(wide) <= rest
        for name, full in FULL.items():
            for bit in range(full.bit_length()):
                if not wide[name] >> bit & 1:
                    wider = {**wide, name: wide[name] | 1 << bit}
                    assert any(meets(box, wider) for box in boxes), "it goes wider"


# A small world: whoever signs in, from an address, with everything a policy can look at.
APP, EXCHANGE, OTHER = (
    "aaaaaaaa-0000-4000-8000-000000000001",
    "00000002-0000-0ff1-ce00-000000000000",
    "bbbbbbbb-0000-4000-8000-000000000002",
)
RULE, ROLE = "device.trustType -eq 'ServerAD'", "role-1"
HOME, AWAY = "10.1.0.1", "192.0.2.1"
LOCATIONS = {
    "office": ("ip", ["10.0.0.0/8"], True),
    "branch": ("ip", ["10.1.0.0/16", "2001:db8::/32"], False),
    "lab": ("ip", ["10.1.0.0/24"], True),
}
ADDRESSES = (AWAY, HOME, "10.1.9.9", "10.9.9.9", "2001:db8::1")


class Human(NamedTuple):
    id: str
    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    guest: str | None = None
    home: str = ""
    eligible: tuple[str, ...] = ()


HUMANS = (
    Human("anna", ("g1",), (ROLE,)),
    Human("bo", ("g1", "g2")),
    Human("cleo", ("g2",), eligible=(ROLE,)),
    Human("any other user"),
    Human("guests", guest="b2bCollaborationGuest"),
    Human("guests of the tenant t1", guest="b2bCollaborationGuest", home="t1"),
    Human("internal guests", guest="internalGuest"),
)
# Every dimension that policies may look at here, with the values that a brute force tries.
VALUES: dict[str, tuple[Any, ...]] = {
    "app": (OTHER, APP, EXCHANGE),
    "client": ("browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"),
    "platform": ("windows", "macOS", "something"),
    "address": ADDRESSES,
    "mfa_trusted": (False, True),
    "rule": (False, True),
    "risk": ("none", "low", "medium", "high"),
    "flow": ("usual", "deviceCodeFlow"),
    "compliant": (False, True),
    "terms": (False, True),
}


def _some(values: list[str], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), unique=True, min_size=least, max_size=3)


GUESTS = st.none() | st.fixed_dictionaries(
    {"guestOrExternalUserTypes": st.sampled_from(["internalGuest", "b2bCollaborationGuest", "internalGuest,b2bCollaborationGuest"])},
    optional={"externalTenants": st.sampled_from([{"membershipKind": "all"}, {"membershipKind": "enumerated", "members": ["T1"]}])},
)
USERS = st.fixed_dictionaries(
    {
        "includeUsers": st.just(["All"]) | st.sampled_from([["All"], ["anna"], ["None"], ["GuestsOrExternalUsers"]]),
        "includeGroups": _some(["g1", "g2"]),
        "excludeUsers": st.just([]) | _some(["bo", "GuestsOrExternalUsers"]),
        "excludeGroups": st.just([]) | _some(["g1", "g2"]),
        "includeRoles": st.just([]) | st.just([ROLE]),
        "excludeRoles": st.just([]) | st.just([ROLE]),
        "includeGuestsOrExternalUsers": GUESTS,
        "excludeGuestsOrExternalUsers": st.none() | GUESTS,
    }
)
PLACES = ["office", "branch", "lab", "AllTrusted"]
CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "app": st.fixed_dictionaries(
        {"includeApplications": st.sampled_from([["All"], [APP], ["Office365"], [APP, EXCHANGE], ["None"]])},
        optional={"excludeApplications": _some([APP, EXCHANGE, "Office365"])},
    ),
    "client": _some(["all", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other"], 1),
    "platform": st.fixed_dictionaries(
        {"includePlatforms": st.sampled_from([["all"], ["windows"], ["windows", "macOS"]]), "excludePlatforms": _some(["windows", "macOS"])}
    ),
    "address": st.fixed_dictionaries({"includeLocations": st.just(["All"]) | _some(PLACES, 1), "excludeLocations": _some(PLACES)}),
    "rule": st.fixed_dictionaries(
        {"deviceFilter": st.fixed_dictionaries({"mode": st.sampled_from(["include", "exclude"]), "rule": st.just(RULE)})}
    ),
    "risk": _some(["low", "medium", "high", "none"]),
    "flow": st.sampled_from([{"transferMethods": "deviceCodeFlow"}, {"transferMethods": "none"}]),
}
KEYS = {
    "app": "applications",
    "client": "clientAppTypes",
    "platform": "platforms",
    "address": "locations",
    "rule": "devices",
    "risk": "signInRiskLevels",
}
GRANTS = st.sampled_from(
    [
        {"operator": "OR", "builtInControls": ["mfa"]},
        {"operator": "OR", "builtInControls": ["block"]},
        {"operator": "OR", "builtInControls": ["mfa", "compliantDevice"]},
        {"operator": "AND", "builtInControls": ["mfa", "compliantDevice"]},
        {"operator": "OR", "builtInControls": ["compliantDevice"]},
        {"operator": "AND", "builtInControls": ["compliantDevice"], "termsOfUse": ["t"]},
        {"operator": "OR", "builtInControls": ["mfa"], "termsOfUse": ["t"]},
    ]
)


@st.composite
def _worlds(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[str]]:
    looked_at = draw(st.lists(st.sampled_from(list(CONDITIONS)), unique=True, max_size=3))
    policies = []
    for _ in range(draw(st.integers(1, 4))):
        conditions: dict[str, Any] = {"applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"], "users": draw(USERS)}
        for name in looked_at:
            if draw(st.booleans()):
                conditions[KEYS.get(name, "authenticationFlows")] = draw(CONDITIONS[name])
        policies.append({"displayName": "P", "state": "enabled", "conditions": conditions, "grantControls": draw(GRANTS)})
    return policies, looked_at


def _applies(policy: dict[str, Any], human: Human, roles: set[str], at: dict[str, Any]) -> bool:
    """Whether Microsoft's rules say so: included and not excluded, and every condition met."""
    conditions = policy["conditions"]
    users = conditions["users"]

    def named(side: str) -> bool:
        listed, guests = users[f"{side}Users"], users[f"{side}GuestsOrExternalUsers"]
        if "All" in listed or human.id in listed or ("GuestsOrExternalUsers" in listed and human.guest):
            return True
        if set(human.groups) & set(users[f"{side}Groups"]) or roles & set(users[f"{side}Roles"]):
            return True
        if not guests or human.guest not in guests["guestOrExternalUserTypes"].split(","):
            return False
        tenants = guests.get("externalTenants") or {"membershipKind": "all"}
        return tenants["membershipKind"] == "all" or human.home.upper() in tenants["members"]

    def app(side: str) -> bool:
        listed = conditions["applications"].get(f"{side}Applications", [])
        return "All" in listed or at["app"] in listed or ("Office365" in listed and at["app"] == EXCHANGE)

    def place(listed: list[str]) -> bool:
        inside = {id for id, (_, ranges, _) in LOCATIONS.items() if any(_within(at["address"], network) for network in ranges)}
        trusted = at["mfa_trusted"] or any(LOCATIONS[id][2] for id in inside)
        return "All" in listed or bool(inside & set(listed)) or ("AllTrusted" in listed and trusted)

    if not named("include") or named("exclude") or not app("include") or app("exclude"):
        return False
    if "all" not in conditions["clientAppTypes"] and at["client"] not in conditions["clientAppTypes"]:
        return False
    if platforms := conditions.get("platforms"):
        included = "all" in platforms["includePlatforms"] or at["platform"] in platforms["includePlatforms"]
        if not included or at["platform"] in platforms["excludePlatforms"]:
            return False
    locations = conditions.get("locations")
    if locations and (not place(locations["includeLocations"]) or place(locations["excludeLocations"])):
        return False
    if (devices := conditions.get("devices")) and at["rule"] != (devices["deviceFilter"]["mode"] == "include"):
        return False
    if (levels := conditions.get("signInRiskLevels")) and at["risk"] not in levels:
        return False
    flow = (conditions.get("authenticationFlows") or {}).get("transferMethods", "none")
    return bool(flow == "none" or at["flow"] == flow)


def _within(address: str, network: str) -> bool:
    one, other = ipaddress.ip_address(address), ipaddress.ip_network(network)
    return one.version == other.version and one in other


def _lets_in(policy: dict[str, Any], at: dict[str, Any]) -> bool:
    """Whether one can satisfy its controls without multifactor authentication."""
    controls = policy["grantControls"]
    ways = [{"mfa": False, "block": False, "compliantDevice": at["compliant"]}[name] for name in controls["builtInControls"]]
    ways += [at["terms"] for _ in controls.get("termsOfUse", ())]
    return all(ways) if controls["operator"] == "AND" else any(ways)


def _brute(policies: list[dict[str, Any]], looked_at: list[str]) -> set[str]:
    """Everyone who can sign in somehow without multifactor authentication."""
    varied = {*looked_at, "compliant", "terms"} | ({"mfa_trusted"} if "address" in looked_at else set())
    spaces = [values if name in varied else values[:1] for name, values in VALUES.items()]
    found = set()
    for values in product(*spaces):
        at = dict(zip(VALUES, values, strict=True))
        for human in HUMANS:
            for roles in ({*human.roles}, {*human.roles, *human.eligible}):
                if human.id not in found and all(_lets_in(p, at) for p in policies if _applies(p, human, roles, at)):
                    found.add(human.id)
    return found


NAMED = named_locations(
    {"id": id, "ipRanges": [{"cidrAddress": network} for network in ranges], "isTrusted": trusted}
    for id, (_, ranges, trusted) in LOCATIONS.items()
)


@given(_worlds())
@settings(max_examples=200)
@example(([{"displayName": "P", "state": "enabled", "grantControls": {"operator": "OR", "builtInControls": ["mfa"]},
    "conditions": {"applications": {"includeApplications": ["All"]}, "clientAppTypes": ["all"], "users": {
        "includeUsers": ["All"], "includeGroups": [], "excludeUsers": [], "excludeGroups": [], "includeRoles": [], "excludeRoles": [],
        "includeGuestsOrExternalUsers": None, "excludeGuestsOrExternalUsers": None}}}], []))  # fmt: skip
def test_whoever_is_left_out_is_named_and_nobody_else(world: tuple[list[dict[str, Any]], list[str]]) -> None:
    raw, looked_at = world
    policies = [parse(policy) for policy in raw]
    people = People(policies, {"g1": ["anna", "bo"], "g2": ["bo", "cleo"]}, roles_known=True)
    people.add(Someone(h.id, h.id, True, frozenset(h.roles), frozenset(h.eligible)) for h in HUMANS[:3])
    people.add_everybody_else()
    found = set(Enforced(policies, NAMED, people).holes(Question(frozenset({MFA}))).people)
    told_apart = {name for alike in people.alike.values() for name in alike.names}
    assert found & {h.id for h in HUMANS} == _brute(raw, looked_at) & told_apart
