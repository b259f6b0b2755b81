"""The days of Secure Score's own history, and which of them no reader should take at face value.

A day is *missing* where Microsoft gave no row of it, *frozen* where its row is one of a long unbroken run that are the same in every
figure, and *inconsistent* where its row contradicts itself. None of it changes a verdict: those rest on the newest day alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Literal, NamedTuple, get_args

from fixtures.resources.secure_score import ScoreDay

from .posture import Day

Fault = Literal["missing", "frozen", "inconsistent"]
FAULTS: tuple[Fault, ...] = get_args(Fault)
FROZEN_FROM = 7
"""Rows that are the same: in a week Microsoft scores anew all but Teams, so that as many are more than a quiet weekend."""
# Microsoft scores once a day, and says that a change may take 24 to 48 hours to show.
_LATE = timedelta(days=2)
# Of so many missing days in a row each is listed; of more, none but the first.
_LISTED = 90
_NOISE = 0.05
"""Points: what rounding each action's to two decimals may make of their sum."""
_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """Days from `first` to `last` with one fault. `days` counts those that have it; `said` is a sentence."""

    fault: Fault
    first: date
    last: date
    days: int
    said: str


class Listed(NamedTuple):
    """A date of the history: its row, which is None for one that is missing, and in few words what is wrong with it."""

    date: date
    day: Day | None
    faults: tuple[Fault, ...]
    wrong: str


def days_of(rows: Sequence[ScoreDay]) -> list[Day]:
    """Rows of Secure Score, oldest first, as days of a posture."""
    days = []
    for number, row in enumerate(rows):
        before = rows[number - 1] if number else None
        same = before is not None and _figures(before) == _figures(row)
        days.append(Day(row.date, row.current, row.max, round(sum(row.controls.values()), 2), same))
    return days


def _figures(row: ScoreDay) -> tuple[float | None, float | None, dict[str, float]]:
    return row.current, row.max, row.controls


def adds_up(total: float, of_parts: float) -> bool:
    """Whether a total is the sum of its parts, but for rounding."""
    return round(abs(total - of_parts), 2) <= _NOISE


def is_told(history: Sequence[Day]) -> bool:
    """Whether the posture holds what frozen and inconsistent days are known by. Earlier versions did not keep it."""
    return all(day.of_parts is not None and day.repeats is not None for day in history)


def stretches(history: Sequence[Day], as_of: datetime) -> list[Stretch]:
    """What is wrong with the days of a history, in the order of their dates."""
    days = sorted(history, key=lambda day: day.date.date())
    found = [*_missing(days, as_of), *_frozen(days), *_inconsistent(days)]
    return sorted(found, key=lambda each: (each.first, each.last, FAULTS.index(each.fault)))


def _missing(days: Sequence[Day], as_of: datetime) -> Iterator[Stretch]:
    dates = [day.date.date() for day in days]
    for before, after in pairwise(dates):
        if (gap := (after - before).days - 1) > 0:
            yield Stretch("missing", before + _DAY, after - _DAY, gap, "Microsoft gave no row.")
    if dates and (late := (as_of.date() - dates[-1] - _LATE).days) > 0:
        yield Stretch("missing", dates[-1] + _DAY, dates[-1] + late * _DAY, late, "No row has come since: the newest score is old.")


def _frozen(days: Sequence[Day]) -> Iterator[Stretch]:
    run = list[Day]()
    for day in [*days, None]:
        if day is not None and run and day.repeats:
            run.append(day)
            continue
        if len(run) >= FROZEN_FROM:
            first, last = run[0].date.date(), run[-1].date.date()
            said = "Total, maximum and the points of every action stay the same. Microsoft may not have measured anew, or nothing changed."
            yield Stretch("frozen", first, last, len(run), said)
        run = [day] if day is not None else []


def _inconsistent(days: Sequence[Day]) -> Iterator[Stretch]:
    for kinds, group in groupby(days, lambda day: tuple(_contradictions(day))):
        if kinds:
            run = list(group)
            said = " ".join(_contradictions(run[0]).values())
            told = said if len(run) == 1 else f"On the first of these days: {said}"
            yield Stretch("inconsistent", run[0].date.date(), run[-1].date.date(), len(run), told)


def _contradictions(day: Day) -> dict[str, str]:
    """What a row says against itself: by what it is, in few words, a sentence with the figures."""
    found = {}
    if day.current is None:
        found["no total"] = "Its total cannot be read."
    if day.max is None:
        found["no maximum"] = "Its maximum cannot be read."
    if min(day.current or 0, day.max or 0) < 0:
        found["below zero"] = f"It has {_points(day.current)} of {_points(day.max)} points."
    if day.current is not None and day.max is not None and day.current > day.max + _NOISE:
        found["above the maximum"] = f"Its total of {_points(day.current)} is above its maximum of {_points(day.max)}."
    if day.current is not None and day.of_parts is not None and not adds_up(day.current, day.of_parts):
        found["not the sum of its actions"] = (
            f"Its total is {_points(day.current)}, and the points of its actions add up to {_points(day.of_parts)}."
        )
    return found


def _points(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def listed(history: Sequence[Day], as_of: datetime) -> list[Listed]:
    """Every day from the first on, those that are missing too, oldest first, each with what is wrong with it."""
    found = stretches(history, as_of)
    rows = [_row(day, found) for day in history]
    for gap in found:
        if gap.fault == "missing" and gap.days <= _LISTED:
            rows += [Listed(gap.first + number * _DAY, None, ("missing",), "missing") for number in range(gap.days)]
        elif gap.fault == "missing":
            rows.append(Listed(gap.first, None, ("missing",), f"missing, and all {gap.days:,} days to {gap.last}"))
    return sorted(rows, key=lambda row: row.date)


def _row(day: Day, found: Sequence[Stretch]) -> Listed:
    when = day.date.date()
    frozen = next((each for each in found if each.fault == "frozen" and each.first <= when <= each.last), None)
    wrong = list(_contradictions(day))
    faults: tuple[Fault, ...] = (*(("frozen",) if frozen else ()), *(("inconsistent",) if wrong else ()))
    said = [f"frozen: the same from {frozen.first} to {frozen.last}"] if frozen else []
    return Listed(when, day, faults, "; ".join([*said, *([f"inconsistent: {', '.join(wrong)}"] if wrong else [])]))
