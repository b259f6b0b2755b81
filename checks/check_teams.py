"""Teams: who may join, start and present in meetings.

A claim is about every meeting policy that somebody has, and about the organization's own (Global), which whoever has no other gets.
Microsoft's score counts the users of today.
"""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.resources.teams_meetings import (
    ADMITTED,
    ANONYMOUS_JOIN,
    ANONYMOUS_START,
    EXTERNAL_CONTROL,
    PHONES_BYPASS_LOBBY,
    PRESENTERS,
    MeetingAssignments,
    MeetingPolicy,
    weighed,
)


@configured_action("meeting_restrictanonymousjoin_v1")
def check_nobody_joins_anonymously(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """Nobody joins a meeting without having signed in, whoever organises it.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(ANONYMOUS_JOIN, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@configured_action("meeting_anonymousstartmeeting_v1")
def check_nobody_starts_a_meeting_anonymously(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """No meeting begins with only people in it who have not signed in, whoever organises it.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(ANONYMOUS_START, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@configured_action("meeting_autoadmitusers_v1")
def check_only_invited_people_skip_the_lobby(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """Only people who were invited, or the organisers alone, enter a meeting past the lobby.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(ADMITTED, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@configured_action("meeting_designatedpresenter_v1")
def check_not_everyone_presents(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """By default only organisers, or people of the organization, present in a meeting.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(PRESENTERS, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@configured_action("meeting_externalrequestcontrol_v1")
def check_outsiders_do_not_take_control(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """Nobody from outside takes or gives control of a shared screen, whoever organises the meeting.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(EXTERNAL_CONTROL, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@configured_action("meeting_pstnusersbypasslobby_v1")
def check_callers_wait_in_the_lobby(
    teams_meeting_policies: tuple[MeetingPolicy, ...], teams_meeting_assignments: MeetingAssignments, observed: Observed
) -> None:
    """Whoever dials in by phone waits in the lobby, whoever organises the meeting.

    Every meeting policy that somebody has says so, and the Global one; policies that nobody has are named and do not count.
    """
    found = weighed(PHONES_BYPASS_LOBBY, teams_meeting_policies, teams_meeting_assignments)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()
