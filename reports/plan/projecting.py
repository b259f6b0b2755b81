"""The score by date, and what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from ..posture import Posture
from .facts import Projected, Step
from .ordering import EFFORT
from .showing import LONGEST


def projection(posture: Posture, start: date, steps: Sequence[Step]) -> tuple[Projected, ...]:
    """One entry a day on which points show, after one for the start. It never falls, and is never above the tenant's own maximum."""
    score = posture.score
    if score is None or score.current is None:
        return ()
    most = max(score.current, score.max) if score.max is not None else float("inf")
    sure, full = Fraction(score.current), Fraction(score.current)
    found = {start: Projected(start, score.current, score.current)}
    for step in sorted((step for step in steps if step.points), key=lambda step: step.by):
        sure, full = sure + Fraction(step.counted), full + Fraction(step.points)
        found[step.by] = Projected(step.by, min(float(sure), most), min(float(full), most))
    return tuple(found.values())


def assumptions(posture: Posture, steps: Sequence[Step], pace: Fraction) -> tuple[str, ...]:
    """What the dates and figures take for granted, each a sentence or two."""
    days = {name: float(effort) for name, effort in EFFORT.items()}
    said = [
        "Each step is made on its day and done in full; its points are counted on the last day by which they may show.",
        "Only points that an action can still earn by this tenant's own profile count. Prerequisites, and what is not evaluated, not "
        "licensed, accepted or not scored, bring none.",
        "Nothing else changes: nobody undoes a setting, no device or person is added, and Microsoft adds and reweighs no action.",
        f"Work goes on from Monday to Friday, {_worth(pace)} on each of them. By its implementation cost a step takes "
        f"{days['low']:g} working days (low), {days['moderate']:g} (moderate), {days['high']:g} (high), or {days['unknown']:g} where "
        f"Microsoft does not tell. Holidays are not known.",
        f"Points show within 24 to 48 hours, within a week for Entra ID and devices, and within {LONGEST} days for what depends on people "
        "and for Teams.",
    ]
    unknown = [step for step in steps if step.action and not step.scored]
    if unknown:
        said.append(f"{_of(unknown)} no points that are known: none are counted.")
    partly = [step for step in steps if step.points > step.counted]
    if partly:
        said.append(
            f"{_of(partly)} a licence for some people only. Their points are counted in proportion to the seats in use; “at most” counts "
            "them all, for a setting may bring all of them or take more seats."
        )
    if posture.licences is None:
        said.append("The subscriptions could not be read, so it is not known whether the licences allow every step.")
    return tuple(said)


def _worth(pace: Fraction) -> str:
    return "a working day's worth" if pace == 1 else f"{float(pace):g} working days' worth"


def _of(steps: Sequence[Step]) -> str:
    return "One step has" if len(steps) == 1 else f"{len(steps)} steps have"
