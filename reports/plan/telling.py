"""What every rendering of a plan tells in the same way, before it is put into its format."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .facts import Projected, Step


class Wait(NamedTuple):
    """What a step comes after, for one reason: the numbers of those steps, why, and the days between."""

    numbers: list[int]
    because: str
    days: int


def waits(step: Step) -> list[Wait]:
    """What a step comes after; one entry for each reason."""
    found: dict[tuple[str, int], list[int]] = {}
    for after in step.depends_on:
        found.setdefault((after.because, after.days), []).append(after.number)
    return [Wait(numbers, because, days) for (because, days), numbers in found.items()]


def differs(sure: float, at_most: float) -> bool:
    """Whether two numbers of points are two for a reader, who sees two decimals."""
    return round(sure, 2) != round(at_most, 2)


def by_week(projection: Sequence[Projected]) -> list[Projected]:
    """The start, and the last entry of each week: a table that a person can read."""
    weeks: dict[tuple[int, int], Projected] = {}
    for each in projection[1:]:
        weeks[each.date.isocalendar()[:2]] = each
    return [*projection[:1], *weeks.values()]
