"""The plan as Markdown, for a wiki, a ticket or a meeting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..html.text import day, number
from ..markup import on_github
from ..standards.names import web_address
from .facts import Opening, Phase, Plan, Projected, Step
from .showing import TIMES
from .telling import Wait, by_week, differs, waits

__all__ = ["by_week", "render"]

TITLE, REASON = 120, 300  # characters; a text is cut there
NAMED = 12  # actions that another licence would open, by name
_UNSAFE = str.maketrans({"(": "%28", ")": "%29", "<": "%3C", ">": "%3E", "|": "%7C", "$": "%24", "*": "%2A", "_": "%5F", "~": "%7E"})


def render(plan: Plan) -> str:
    """The whole plan."""
    parts = (_head, _times, _steps, _projection, _assumptions, _openings, _left_out)
    return "\n".join(line for part in parts for line in part(plan)) + "\n"


def _head(plan: Plan) -> Iterator[str]:
    yield f"# Security plan for {on_github(plan.tenant, TITLE)}\n"
    for caution in plan.cautions:
        yield f"> {on_github(caution, REASON)}\n"
    if not plan.steps:
        yield f"There is nothing to do: no gap was found as of {day(plan.as_of)}.\n"
        return
    actions = sum(step.action is not None for step in plan.steps)
    yield (
        f"**{_number_of(len(plan.steps), 'step')} from {day(plan.start)} to {day(plan.steps[-1].made)}, {actions} of them improvement "
        f"actions.{_rise(plan)}**\n"
    )
    yield f"Made of what was found on {day(plan.as_of)}. Begin with: {', then '.join(_named(step) for step in plan.steps[:2])}.\n"
    yield "Tell people before a step that they notice: `python -m reports announcement` writes the message.\n"


def _named(step: Step) -> str:
    return on_github(step.title, TITLE)


def _rise(plan: Plan) -> str:
    if not plan.projection or plan.now is None:
        return ""
    last = plan.projection[-1]
    most = f"; at most to {number(last.at_most)}" if differs(last.score, last.at_most) else ""
    return f" The score goes from {_of_max(plan, plan.now)} to {_of_max(plan, last.score)} by {day(last.date)}{most}."


def _of_max(plan: Plan, points: float) -> str:
    percent, of = plan.percentage(points), f" of {number(plan.max)}" if plan.max is not None else ""
    return f"{number(points)}{of} points" + (f" ({percent:.1f} %)" if percent is not None else "")


def _times(plan: Plan) -> Iterator[str]:
    if plan.steps:
        yield "## How long it takes\n"
        yield from _table(("Time", "What takes it"), TIMES)
        yield "“Shows by” in the tables below is the last day by which the points of a step should stand in Secure Score.\n"


def _steps(plan: Plan) -> Iterator[str]:
    for phase in Phase:
        steps = plan.of_phase(phase)
        if steps or (phase is Phase.PREREQUISITES and plan.in_place):
            yield f"## {phase.value}. {phase.title}\n"
            yield f"{phase.about}\n"
        if phase is Phase.PREREQUISITES:
            yield from _in_place(plan)
        if phase is Phase.PREREQUISITES and steps:
            rows = ((str(s.number), s.made.isoformat(), _title(s), on_github(f"{s.why} {s.reason}", REASON)) for s in steps)
            yield from _table(("No.", "On", "Step", "Why, and what was found"), rows)
        elif steps:
            heads = ("No.", "On", "Action", "Points", "Users notice", "Cost", "Why here", "Shows by")
            yield from _table(heads, map(_row, steps), numbers=(0, 3))


def _in_place(plan: Plan) -> Iterator[str]:
    yield from (f"- In place: {on_github(said, REASON)}" for said in plan.in_place)
    if plan.in_place:
        yield ""


def _row(step: Step) -> tuple[str, ...]:
    return (
        str(step.number),
        step.made.isoformat(),
        _title(step),
        _points(step),
        step.user_impact,
        step.cost,
        on_github(" ".join([step.why, *map(_after, waits(step))]), REASON),
        step.by.isoformat() if step.points else "",
    )


def _points(step: Step) -> str:
    """What can still be earned; where less of it counts for sure, that as well."""
    if not step.scored or step.action is None:
        return "not known" if step.action else "none"
    return number(step.points) + (f" ({number(step.counted)} counted)" if differs(step.counted, step.points) else "")


def _title(step: Step) -> str:
    title, link = _named(step), web_address(step.url)
    named = f" `{_code(step.action)}`" if step.action else ""
    return (f"[{title}]({link.translate(_UNSAFE)})" if link else title) + named


def _code(action: str) -> str:
    """An id between back-quotes: they, and what ends a cell, are the only signs that mean something there."""
    return on_github(action, TITLE).replace("\\", "").replace("`", "'").replace("|", "/").replace("$", "")


def _after(wait: Wait) -> str:
    after = f"{wait.days} days after" if wait.days else "After"
    return f"{after} {' and '.join(map(str, wait.numbers))}: {wait.because}."


def _projection(plan: Plan) -> Iterator[str]:
    if not plan.projection:
        return
    yield "## The score by date\n"
    both = any(differs(each.score, each.at_most) for each in plan.projection)
    heads = ("By", "Score", "Percent", *(("At most",) if both else ()))
    rows = (_projected(plan, each, both) for each in by_week(plan.projection))
    yield from _table(heads, rows, numbers=(1, 2, 3))


def _projected(plan: Plan, each: Projected, both: bool) -> tuple[str, ...]:
    percent = plan.percentage(each.score)
    shown = f"{percent:.1f} %" if percent is not None else "not known"
    return (each.date.isoformat(), number(each.score), shown, *((number(each.at_most),) if both else ()))


def _assumptions(plan: Plan) -> Iterator[str]:
    if plan.steps:
        yield "### What this takes for granted\n"
        yield from (f"- {said}" for said in plan.assumptions)
        yield ""


def _openings(plan: Plan) -> Iterator[str]:
    if plan.openings or plan.more_seats:
        yield "## What the next licence would open\n"
    if plan.openings:
        rows = (_opening(each) for each in plan.openings)
        yield from _table(("Any of these plans", "Sold with", "Actions", "Points", "Which"), rows, numbers=(2, 3))
        yield "None of these points are in the projection.\n"
    for seats in plan.more_seats:
        held = on_github(", ".join(seats.skus), TITLE)
        yield (
            f"- **More seats of {held}:** {seats.covered:,} of {seats.of:,} seats in use have it. "
            f"{_number_of(len(seats.steps), 'step')} of this plan rest on it, with {number(seats.points)} points that are not counted."
        )
    if plan.more_seats:
        yield ""


def _opening(each: Opening) -> tuple[str, ...]:
    named = "; ".join(on_github(closed.title, TITLE) for closed in each.actions[:NAMED])
    more = f" and {len(each.actions) - NAMED} more" if len(each.actions) > NAMED else ""
    unknown = sum(closed.points is None for closed in each.actions)
    points = number(each.points) + (f", and {unknown} not scored today" if unknown else "")
    return on_github(each.plans, REASON), on_github(each.products, REASON) or "not known", str(len(each.actions)), points, named + more


def _left_out(plan: Plan) -> Iterator[str]:
    if plan.left_out:
        said = ", ".join(f"{count:,} {name}" for name, count in plan.left_out.items())
        yield "## Not in the plan\n"
        yield f"Of the tenant's actions: {said}."


def _number_of(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('--:' if at in numbers else '---' for at in range(len(heads)))}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""
