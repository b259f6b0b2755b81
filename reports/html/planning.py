"""The plan as the report shows it: the steps, dates and figures of `reports.plan`, in its phases, and the score that they lead to."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from ..plan import Plan, Step, plan_of
from ..plan.facts import Level, Phase, Projected
from ..plan.ordering import EFFORT
from ..plan.telling import by_week, differs
from ..posture import Posture
from . import charts

_IN_WORDS = {Fraction(1, 4): "¼", Fraction(1, 2): "½"}


class Planned(NamedTuple):
    """A plan with what its section needs. `awaited` are the numbers of the steps that others come after; `both` says whether the score
    may rise by more than is sure."""

    plan: Plan
    phases: list[tuple[Phase, list[Step]]]
    actions: int
    awaited: frozenset[int]
    weeks: list[Projected]
    both: bool
    chart: charts.Line | None


def planned(posture: Posture) -> Planned | None:
    """The plan of a posture; None where its date is none to plan from."""
    try:
        plan = plan_of(posture)
    except ValueError:
        return None
    weeks = by_week(plan.projection)
    return Planned(
        plan=plan,
        phases=[(phase, steps) for phase in Phase if (steps := plan.of_phase(phase)) or (phase is Phase.PREREQUISITES and plan.in_place)],
        actions=sum(step.action is not None for step in plan.steps),
        awaited=frozenset(after.number for step in plan.steps for after in step.depends_on),
        weeks=weeks,
        both=any(differs(each.score, each.at_most) for each in weeks),
        chart=charts.rising(weeks),
    )


def effort(cost: Level) -> str:
    """How long a step of this cost takes: `¼ day`."""
    days = EFFORT[cost]
    return f"{_IN_WORDS.get(days, f'{float(days):g}')} day{'s' if days > 1 else ''}"


def to_show(step: Step) -> str:
    """How long its points take to show; nothing where it brings none."""
    first, last = step.shows.first, step.shows.last
    return f"{first}–{last} days" if last else ""


def points(step: Step) -> float | None:
    """What a step can still earn; None where that cannot be told."""
    return step.points if step.scored or step.action is None else None
