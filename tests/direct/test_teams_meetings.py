"""The checks of Teams meetings: every policy that somebody has, and the Global one; who has which is not always said."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.demo.teams_and_purview import objects, teams_user_configurations
from fixtures.resources.teams_meetings import ADMITTED, TEAMS_MEETING_ASSIGNMENTS, MeetingAssignments, MeetingPolicy, weighed
from tests.direct.configured import LEFT_OUT, Object, altered, exported, faults, without
from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, judged, together
from tests.direct.quick import concluded, conclusion, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True
PEOPLE, KIND = "admin/teams/userConfigurations", "meetingpolicy"
DEMO = objects()
USERS = teams_user_configurations()
INVITED, RECRUITING, BOARD = (
    "Tag:Invited people only",
    "Tag:Recruiting and customer care",
    "<img src=x onerror=\"document.title='owned'\"> Board",
)
# Each action: its setting, what is wanted, and what is not.
SETTINGS: dict[str, tuple[str, Any, Any]] = {
    "meeting_restrictanonymousjoin_v1": ("AllowAnonymousUsersToJoinMeeting", False, True),
    "meeting_anonymousstartmeeting_v1": ("AllowAnonymousUsersToStartMeeting", False, True),
    "meeting_autoadmitusers_v1": ("AutoAdmittedUsers", "InvitedUsers", "EveryoneInCompany"),
    "meeting_designatedpresenter_v1": ("DesignatedPresenterRoleMode", "EveryoneInCompanyUserOverride", "EveryoneUserOverride"),
    "meeting_externalrequestcontrol_v1": ("AllowExternalParticipantGiveRequestControl", False, True),
    "meeting_pstnusersbypasslobby_v1": ("AllowPSTNUsersToBypassLobby", False, True),
}
RIGHT = {setting: wanted for setting, wanted, _ in SETTINGS.values()}


def listed(*pages: Sequence[dict[str, Any]]) -> Change:
    """Teams lists these users, page by page."""

    def apply(bench: Bench) -> None:
        bench.file(PEOPLE).parent.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(pages, 1):
            body: dict[str, Any] = {"value": list(page)}
            if number < len(pages):
                body["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0/{PEOPLE}?$skiptoken=page{number + 1}"
            bench.write(PEOPLE if number == 1 else f"{PEOPLE}.page{number}", body)

    return apply


def tenant(found: Sequence[Object] = DEMO, users: Sequence[dict[str, Any]] = USERS) -> Change:
    return together(exported(found), listed(users[:200], users[200:400], users[400:]))


def held(*, by: str | None, **values: Any) -> Change:
    """Every policy that somebody has is right, but for these values of the one called `by`; those that nobody has are as they were."""
    found = DEMO
    for name in ("Global", INVITED, RECRUITING, f"Tag:{BOARD}"):
        changed = {**RIGHT, **(values if name == by else {})}
        if any(properties.get(k) != v for _, properties in found if properties.get("Identity") == name for k, v in changed.items()):
            found = altered(found, KIND, name, **changed)
    return tenant(found)


def user(number: int, *policies: str | None, kind: str = "TeamsMeetingPolicy") -> dict[str, Any]:
    assigned = [{"policyType": kind, "policyAssignment": {"displayName": name, "assignmentType": "direct"}} for name in policies]
    return {"id": str(number), "userPrincipalName": f"user{number}@fjordline.example", "effectivePolicyAssignments": assigned}


def with_users(*more: dict[str, Any], found: Sequence[Object] | None = None) -> Change:
    """All policies that somebody of the demo tenant has are right; and these users are there besides."""

    def apply(bench: Bench) -> None:
        held(by=None)(bench)
        if found is not None:
            exported(found)(bench)
        listed(USERS, more)(bench)

    return apply


JOIN = "meeting_restrictanonymousjoin_v1"
ALL_RIGHT = [(kind, {**each, **RIGHT} if kind.endswith(KIND) else each) for kind, each in DEMO]
UNTOLD = {**user(900), "effectivePolicyAssignments": None}
CASES: list[Case] = [
    *((name, MET, held(by=None)) for name in SETTINGS),
    *((name, NOT, held(by="Global", **{setting: wrong})) for name, (setting, _, wrong) in SETTINGS.items()),
    *((name, NOT, held(by=RECRUITING, **{setting: wrong})) for name, (setting, _, wrong) in SETTINGS.items()),
    *((name, NE, held(by=INVITED, **{setting: LEFT_OUT})) for name, (setting, _, _) in SETTINGS.items()),
    *((name, NE, held(by="Global", **{setting: None})) for name, (setting, _, _) in SETTINGS.items()),
    *((name, NE, held(by="Global", **{setting: "unknownFutureValue"})) for name, (setting, _, _) in SETTINGS.items()),
    (JOIN, NOT, tenant()),
    *(
        ("meeting_autoadmitusers_v1", verdict, held(by="Global", AutoAdmittedUsers=word))
        for word, verdict in [
            ("OrganizerOnly", MET),
            ("invitedusers", MET),
            ("Everyone", NOT),
            ("EveryoneInSameAndFederatedCompany", NOT),
            ("EveryoneInCompanyExcludingGuests", NOT),
            ("", NE),
            (True, NE),
        ]
    ),
    ("meeting_designatedpresenter_v1", MET, held(by="Global", DesignatedPresenterRoleMode="OrganizerOnlyUserOverride")),
    # Whoever joins the company tomorrow has the Global one
    (JOIN, NOT, together(held(by="Global", AllowAnonymousUsersToJoinMeeting=True), listed([user(1, "Invited people only")]))),
    # A policy of Microsoft's harms once somebody has it
    (JOIN, NOT, with_users(user(900, "AllOn"))),
    (JOIN, NOT, with_users(user(900, "tag:allon"))),
    (JOIN, MET, with_users(user(900, "AllOn", kind="TeamsCallingPolicy"))),
    (JOIN, MET, with_users(user(900, "Global"), user(901))),
    # Of somebody it is not said which policy he has
    (JOIN, NE, with_users(UNTOLD)),
    (JOIN, NE, with_users({"id": "900"})),
    (JOIN, NE, with_users(user(900, "AllOn", "Global"))),
    (JOIN, NE, with_users(user(900, ""))),
    (JOIN, MET, with_users(UNTOLD, found=ALL_RIGHT)),
    # The export lacks a policy
    (JOIN, NE, with_users(user(900, "Made yesterday"))),
    (JOIN, NE, with_users(found=without(ALL_RIGHT, KIND, "Global"))),
    (JOIN, NE, with_users(found=without(ALL_RIGHT, KIND))),
    # Who has which cannot be read
    (JOIN, NE, together(tenant(), listed([]))),
    (JOIN, NE, together(tenant(), lambda bench: bench.refuse(PEOPLE))),
    (JOIN, NE, together(tenant(), lambda bench: bench.cut(PEOPLE))),
    (JOIN, NE, together(tenant(), lambda bench: bench.lead_nowhere(PEOPLE))),
    (JOIN, NE, with_users({**user(900), "effectivePolicyAssignments": [{"policyType": "TeamsMeetingPolicy"}]})),
]


@each_of(CASES)
def test_teams_meetings(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_teams_meetings_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


@pytest.mark.parametrize("fault", faults(DEMO))
def test_nothing_is_concluded_from_a_damaged_export(fault: str, bench: Bench) -> None:
    together(listed(USERS), faults(DEMO)[fault])(bench)
    assert {name: concluded(name, bench) for name in SETTINGS} == dict.fromkeys(SETTINGS, NE)


def test_a_gap_names_the_policy_and_how_many_have_it(bench: Bench) -> None:
    tenant()(bench)
    reason = conclusion("meeting_autoadmitusers_v1", bench.folder)[1]
    assert "'Global' (EveryoneInCompany; 303 of 462 users)" in reason
    assert f"'{BOARD}' (Everyone; 3 of 462 users: anders.haug.1@fjordline.example" in reason
    assert "Invited people only" not in reason


def test_of_many_who_have_a_policy_the_first_are_named(bench: Bench) -> None:
    held(by=INVITED, AutoAdmittedUsers="Everyone")(bench)
    assert "144 of 462 users" in (reason := conclusion("meeting_autoadmitusers_v1", bench.folder)[1])
    assert "and 141 more" in reason


VALUES = st.sampled_from(["InvitedUsers", "OrganizerOnly", "Everyone", None, "aNewWord"])
NAMED = ("Global", "One", "Two")
POLICIES = st.dictionaries(st.sampled_from(NAMED), VALUES, min_size=1).map(dict)
# What Graph says of each user: a policy he was given, none, or nothing at all. One may have been made after the export.
GIVEN = st.lists(st.sampled_from([*NAMED, "Three", "", None]), min_size=1, max_size=4)


@given(POLICIES, GIVEN)
def test_it_is_as_if_every_user_had_been_asked(policies: dict[str, str | None], given_: list[str | None]) -> None:
    """Met where everybody's policy is right whatever is not said, not met where somebody's is wrong whatever is not said."""
    right = {"InvitedUsers": True, "OrganizerOnly": True, "Everyone": False}
    missing = {name for name in given_ if name and name not in policies} | {"Global"} - policies.keys()
    open_ = [*(name for name, value in policies.items() if value not in right), *missing]
    untold = given_.count(None)
    worlds = set()
    for answers in product((True, False), repeat=len(open_)):
        holds = {name: right[value] for name, value in policies.items() if value in right} | dict(zip(open_, answers, strict=True))
        for guesses in product(holds, repeat=untold):
            had = [*(name or "Global" for name in given_ if name is not None), *guesses]
            worlds.add(all(holds[name] for name in {*had, "Global"}))
    found = weighed(ADMITTED, _policies(policies), _folded(given_))
    assert found.gaps if worlds == {False} else not found.gaps
    assert bool(found.open) == (len(worlds) == 2) or found.gaps


def _policies(values: dict[str, str | None]) -> tuple[MeetingPolicy, ...]:
    return tuple(msgspec.convert({"Identity": name, "AutoAdmittedUsers": value}, MeetingPolicy) for name, value in values.items())


def _folded(given_: list[str | None]) -> MeetingAssignments:
    fold = TEAMS_MEETING_ASSIGNMENTS.fold(None)  # type: ignore[arg-type]  # it looks at nothing that is known
    for number, name in enumerate(given_):  # a page each
        row = {"id": str(number)} if name is None else user(number, *filter(None, [name]))
        assert fold.add(json.dumps({"value": [row]}).encode()) == 1
    found: MeetingAssignments = fold.result()
    assert found.users == len(given_)
    assert found.unknown + found.on_global + sum(each.count for each in found.holders.values()) == found.users
    return found
