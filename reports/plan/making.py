"""The plan of a posture: a pure function of it, a start and a pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction

from fixtures.areas import plain_id
from fixtures.record import Record
from fixtures.text import one_line
from fixtures.verdicts import Verdict

from ..posture import Posture, missing_points
from . import calendar
from .facts import After, Phase, Plan, Step
from .licensing import counted, is_scored, more_seats, openings
from .ordering import FIRST_OF_ALL, Draft, check_of, drafts_of, level, scheduled
from .projecting import assumptions, projection
from .showing import shows

GAPS = (Verdict.NOT_MET, Verdict.KNOWN)
SLOWEST, FASTEST = Fraction(1, 20), Fraction(50)
_PREREQUISITES = {
    "check_an_emergency_access_account_is_ready": "The way back in, should a policy shut everybody out.",
    "check_the_directory_sync_account_is_excluded_from_mfa": "No policy may stop the account that synchronises the directory.",
    "check_the_reader_may_read_what_the_checks_need": "What cannot be read cannot be planned: run again once it can, and plan anew.",
}


def plan_of(posture: Posture, start: date | None = None, pace: Fraction = Fraction(1)) -> Plan:
    """The plan: prerequisites that are not known to hold, and every gap, once each.

    `start` is the posture's own day by default, `pace` how many working days' worth is done on each of them.
    Raises `ValueError` with one line where either is none to plan with.
    """
    first = start or posture.as_of.date()
    if not calendar.FIRST <= first <= calendar.LAST:
        raise ValueError(f"a plan cannot start on {first}: name a day from {calendar.FIRST} to {calendar.LAST} with --start.")
    if not SLOWEST <= pace <= FASTEST:
        raise ValueError(f"a pace of {float(pace):g} is none to plan with: give one from {float(SLOWEST):g} to {float(FASTEST):g}.")
    steps = _steps(scheduled(drafts_of(_to_do(posture)), first, pace), posture)
    score = posture.score
    return Plan(
        tenant=one_line(posture.tenant.name),
        as_of=posture.as_of,
        score_date=score.date if score else None,
        start=first,
        pace=float(pace),
        now=score.current if score else None,
        max=score.max if score else None,
        steps=steps,
        projection=projection(posture, first, steps),
        assumptions=assumptions(posture, steps, pace),
        openings=openings(posture),
        more_seats=more_seats(steps, posture),
        left_out=_left_out(posture),
        in_place=tuple(one_line(r.claim or r.title) for r in posture.verdicts if r.area == "prerequisites" and r.verdict is Verdict.MET),
        cautions=tuple(_cautions(posture)),
    )


def _to_do(posture: Posture) -> list[Record]:
    """Gaps of actions, each action once; what else is not met; and prerequisites that are not met or not known."""
    wanted = (*GAPS, Verdict.NOT_EVALUATED)
    others = [record for record in posture.verdicts if not record.action]
    return [
        *(record for record in posture.of_actions() if record.verdict in GAPS),
        *(record for record in others if record.verdict in (wanted if record.area == "prerequisites" else GAPS)),
    ]


def _steps(drafts: Sequence[tuple[Draft, date]], posture: Posture) -> tuple[Step, ...]:
    numbers = {draft.item: number for number, (draft, _) in enumerate(drafts, 1)}
    return tuple(_step(draft, made, numbers, posture) for draft, made in drafts)


def _step(draft: Draft, made: date, numbers: dict[str, int], posture: Posture) -> Step:
    record, time = draft.record, shows(draft.record, draft.phase)
    return Step(
        number=numbers[draft.item],
        phase=draft.phase,
        item=draft.item,
        action=record.action,
        title=one_line(record.title),
        area=record.area,
        verdict=record.verdict,
        reason=one_line(record.reason),
        url=record.url,
        rank=record.rank,
        user_impact=level(record.user_impact),
        cost=draft.cost,
        points=missing_points(record) if record.action else 0.0,
        counted=counted(record, posture) if record.action else 0.0,
        scored=is_scored(record),
        why=" ".join(_why(draft, numbers)),
        depends_on=tuple(sorted((After(numbers[n.item], n.because, n.days) for n in draft.needs), key=lambda after: after.number)),
        made=made,
        shows=time,
        by=made + timedelta(days=time.last),
    )


def _why(draft: Draft, numbers: dict[str, int]) -> Iterator[str]:
    """Why a step stands where it does, but for what it comes after."""
    record = draft.record
    if draft.phase is Phase.PREREQUISITES:
        yield _PREREQUISITES.get(check_of(record), "Before anything is changed.")
        if record.verdict is Verdict.NOT_EVALUATED:
            yield "Whether it holds is not known: find out first."
        return
    if draft.moved is not None:
        yield f"Step {numbers[draft.moved]} needs it."
    elif draft.phase is Phase.CLOUD_APPS:
        yield "It collects first."
    elif draft.phase is Phase.MULTIFACTOR and plain_id(record.action or "") in FIRST_OF_ALL:
        yield "Microsoft's first recommendation."
    if not record.action:
        yield "No improvement action, and no points: a gap beside them."
    else:
        yield f"Rank {record.rank}." if record.rank is not None else "Microsoft gives it no rank."
    if record.action and is_scored(record) and not missing_points(record):
        known = "what was read shows that it is not" if record.basis == "direct" else "nothing shows that it is"
        yield f"Microsoft's score counts it as done; {known}."
    if record.licence is not None and record.licence.state in ("absent", "not active"):
        yield "No active licence for it was found: get that clear first."


def _left_out(posture: Posture) -> dict[str, int]:
    """How many of the tenant's actions are no step, by verdict; they and the steps that are actions add up to the catalogue."""
    gaps = {verdict.value for verdict in GAPS}
    return {name: count for name, count in posture.totals.items() if count and name not in gaps and name != "actions"}


def _cautions(posture: Posture) -> Iterator[str]:
    selection, unknown = posture.selection, posture.totals.get(Verdict.NOT_EVALUATED.value, 0)
    if posture.tenant.source == "demo":
        yield "This is the demo tenant. It does not exist."
    if not selection.complete:
        yield "Only part of the suite ran: what it left out is not planned here."
    if posture.exit_status == 3:
        yield "The tool itself failed in this run: run again before you rely on the plan."
    if selection.stopped:
        yield f"The run ended early: {one_line(selection.stopped)}"
    if unknown:
        said = "One action" if unknown == 1 else f"{unknown:,} actions"
        yield f"{said} could not be evaluated. What is not known is no step of the plan: find out why, and run again."
    if posture.licences is None:
        yield "The subscriptions could not be read: which licences the tenant holds is not known."
    if posture.score is None or posture.score.current is None:
        yield "The Secure Score could not be read: nothing is projected."
