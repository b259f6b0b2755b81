"""The charts that need drawing: the score over time, as it was and as the plan has it. SVG lines that scale, with their words in HTML
so that they do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from ..history import Stretch
from ..plan.facts import Projected
from ..posture import Day, Movement
from .text import day, number

# The drawing is stretched to the room there is: 1000 by 100 are proportions, not pixels.
_WIDTH, _HEIGHT = 1000.0, 100.0
_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2500, 5000)


class Mark(NamedTuple):
    """A place in the drawing in percent of its width and height from the top left, and what is to be said there."""

    left: float
    top: float
    text: str


class Band(NamedTuple):
    """A stretch of the time shown, in percent of the width, and what is to be said of it."""

    left: float
    width: float
    text: str


class Line(NamedTuple):
    """What the template draws. `segments` are unbroken runs of days: a day without a score is a gap and no zero, which `bridges` spans."""

    segments: list[str]
    bridges: list[str]
    grid: list[Mark]
    dates: list[Mark]
    falls: list[Mark]
    last: Mark
    others: list[Mark]
    bands: list[Band]
    words: str


def line(
    history: Sequence[Day], movements: Sequence[Movement], others: Sequence[tuple[str, float]], wrong: Sequence[Stretch] = ()
) -> Line | None:
    """The score over the days of `history`, the averages of `others` beside it, and what is `wrong` with them behind it. None for fewer
    than two days: that is no line."""
    days = [(each.date.date(), each.current) for each in history if each.current is not None]
    if len(days) < 2:
        return None
    values = [value for _, value in days] + [value for _, value in others]
    scale = _scale(days[0][0], days[-1][0], values)
    segments = _segments(days, scale)
    return Line(
        segments=[" ".join(points * (2 if len(points) == 1 else 1)) for points in segments],
        bridges=[f"{before[-1]} {after[0]}" for before, after in pairwise(segments)],
        grid=scale.grid(),
        dates=scale.dates(),
        falls=_falls(days, movements, scale),
        last=Mark(100, scale.top(days[-1][1]), number(days[-1][1])),
        others=[Mark(0, scale.top(value), f"{name}: {number(value)}") for name, value in others],
        bands=[_band(each, scale) for each in wrong],
        words=_words(days),
    )


def rising(projection: Sequence[Projected]) -> Line | None:
    """The score that a plan leads to, which stays as it is until the next points show; as a bridge, what it may be at most. None for
    fewer than two days."""
    if len(projection) < 2:
        return None
    values = [points for each in projection for points in (each.score, each.at_most)]
    scale = _scale(projection[0].date, projection[-1].date, values)
    first, last = projection[0], projection[-1]
    return Line(
        segments=[_stairs([(each.date, each.score) for each in projection], scale)],
        bridges=[_stairs([(each.date, each.at_most) for each in projection], scale)] if last.at_most > last.score else [],
        grid=scale.grid(),
        dates=scale.dates(),
        falls=[],
        last=Mark(100, scale.top(last.score), number(last.score)),
        others=[],
        bands=[],
        words=f"From {number(first.score)} points on {day(first.date)} to {number(last.score)} by {day(last.date)}.",
    )


class _Scale(NamedTuple):
    first: date
    last: date
    low: float
    high: float
    step: float

    def left(self, when: date) -> float:
        return round(100 * (when - self.first).days / ((self.last - self.first).days or 1), 2)

    def top(self, value: float) -> float:
        return round(100 * (self.high - value) / (self.high - self.low), 2)

    def point(self, when: date, value: float) -> str:
        return f"{self.left(when) * _WIDTH / 100:.1f},{self.top(value) * _HEIGHT / 100:.2f}"

    def grid(self) -> list[Mark]:
        values = [self.low + self.step * number for number in range(round((self.high - self.low) / self.step) + 1)]
        return [Mark(0, self.top(value), number(value)) for value in values]

    def dates(self) -> list[Mark]:
        middle = self.first + (self.last - self.first) / 2
        return [Mark(self.left(when), 100, f"{when.day} {when:%b %Y}") for when in (self.first, middle, self.last)]


def _scale(first: date, last: date, values: Sequence[float]) -> _Scale:
    """Round bounds with about four steps between them; not from zero, which would flatten what the chart is there to show."""
    low, high = min(values), max(values)
    wanted = max(high - low, 1.0) / 4
    step = float(next((step for step in _STEPS if step >= wanted), _STEPS[-1] * round(wanted / _STEPS[-1] + 0.5)))
    bottom = low // step * step
    top = -(-high // step) * step
    return _Scale(first, last, max(bottom, 0.0), top if top > bottom else bottom + step, step)


def _segments(days: Sequence[tuple[date, float]], scale: _Scale) -> list[list[str]]:
    """The points of the days that follow each other."""
    found: list[list[str]] = []
    before: date | None = None
    for when, value in days:
        if before is None or (when - before).days > 1:
            found.append([])
        found[-1].append(scale.point(when, value))
        before = when
    return found


def _stairs(days: Sequence[tuple[date, float]], scale: _Scale) -> str:
    """A line that stays level up to a day, and rises on it."""
    points = [scale.point(*days[0])]
    for (_, before), (when, value) in pairwise(days):
        points += [scale.point(when, before), scale.point(when, value)]
    return " ".join(points)


def _band(stretch: Stretch, scale: _Scale) -> Band:
    """The whole of its days, as far as the drawing goes."""
    whole = (scale.last - scale.first).days or 1
    left = max(((stretch.first - scale.first).days - 0.5) / whole * 100, 0.0)
    right = min(((stretch.last - scale.first).days + 0.5) / whole * 100, 100.0)
    return Band(round(left, 2), round(max(right - left, 0.0), 2), stretch.fault)


def _falls(days: list[tuple[date, float]], movements: Sequence[Movement], scale: _Scale) -> list[Mark]:
    """Where an action lost points: the places a reader looks for."""
    on = dict(days)
    fell: dict[date, list[str]] = {}
    for move in movements:
        if move.after < move.before and move.date.date() in on:
            fell.setdefault(move.date.date(), []).append(move.title)
    return [Mark(scale.left(when), scale.top(on[when]), f"{day(when)}: {'; '.join(titles)}") for when, titles in sorted(fell.items())]


def _words(days: list[tuple[date, float]]) -> str:
    (first, start), (last, end) = days[0], days[-1]
    lowest, highest = min(days, key=lambda each: each[1]), max(days, key=lambda each: each[1])
    change = end - start
    moved = "did not change" if abs(change) < 0.005 else f"{'rose' if change > 0 else 'fell'} by {number(abs(change))} points"
    return (
        f"The score {moved}, from {number(start)} on {day(first)} to {number(end)} on {day(last)}. "
        f"Lowest: {number(lowest[1])} on {day(lowest[0])}. Highest: {number(highest[1])} on {day(highest[0])}."
    )
