"""The one chart that needs drawing: the score over time, as an SVG line that scales, with its words in HTML so that they do not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

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


class Line(NamedTuple):
    """What the template draws. `segments` are unbroken runs of days: a day without a score is a gap and no zero."""

    segments: list[str]
    grid: list[Mark]
    dates: list[Mark]
    falls: list[Mark]
    last: Mark
    others: list[Mark]
    words: str


def line(history: Sequence[Day], movements: Sequence[Movement], others: Sequence[tuple[str, float]]) -> Line | None:
    """The score over the days of `history`, the averages of `others` beside it. None for fewer than two days: that is no line."""
    days = [(each.date, each.current) for each in history if each.current is not None]
    if len(days) < 2:
        return None
    values = [value for _, value in days] + [value for _, value in others]
    low, high, step = _scale(min(values), max(values))
    scale = _Scale(days[0][0], days[-1][0], low, high)
    count = round((high - low) / step)
    return Line(
        segments=_segments(history, scale),
        grid=[Mark(0, scale.top(low + step * i), number(low + step * i)) for i in range(count + 1)],
        dates=_dates(days, scale),
        falls=_falls(days, movements, scale),
        last=Mark(100, scale.top(days[-1][1]), number(days[-1][1])),
        others=[Mark(0, scale.top(value), f"{name}: {number(value)}") for name, value in others],
        words=_words(days),
    )


class _Scale(NamedTuple):
    first: datetime
    last: datetime
    low: float
    high: float

    def left(self, when: datetime) -> float:
        whole = (self.last - self.first).total_seconds() or 1.0
        return round(100 * (when - self.first).total_seconds() / whole, 2)

    def top(self, value: float) -> float:
        return round(100 * (self.high - value) / (self.high - self.low), 2)


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """Round bounds with about four steps between them; not from zero, which would flatten what the chart is there to show."""
    wanted = max(high - low, 1.0) / 4
    step = float(next((step for step in _STEPS if step >= wanted), _STEPS[-1] * round(wanted / _STEPS[-1] + 0.5)))
    bottom = low // step * step
    top = -(-high // step) * step
    return max(bottom, 0.0), top if top > bottom else bottom + step, step


def _segments(history: Sequence[Day], scale: _Scale) -> list[str]:
    found: list[list[str]] = [[]]
    for each in history:
        if each.current is None:
            found.append([])
        else:
            x, y = scale.left(each.date) * _WIDTH / 100, scale.top(each.current) * _HEIGHT / 100
            found[-1].append(f"{x:.1f},{y:.2f}")
    return [" ".join(points) for points in found if len(points) > 1]


def _dates(days: list[tuple[datetime, float]], scale: _Scale) -> list[Mark]:
    middle = days[len(days) // 2][0]
    return [Mark(scale.left(when), 100, f"{when.day} {when:%b %Y}") for when in (days[0][0], middle, days[-1][0])]


def _falls(days: list[tuple[datetime, float]], movements: Sequence[Movement], scale: _Scale) -> list[Mark]:
    """Where an action lost points: the places a reader looks for."""
    on = dict(days)
    fell: dict[datetime, list[str]] = {}
    for move in movements:
        if move.after < move.before and move.date in on:
            fell.setdefault(move.date, []).append(move.title)
    return [Mark(scale.left(when), scale.top(on[when]), f"{day(when)}: {'; '.join(titles)}") for when, titles in sorted(fell.items())]


def _words(days: list[tuple[datetime, float]]) -> str:
    (first, start), (last, end) = days[0], days[-1]
    lowest, highest = min(days, key=lambda each: each[1]), max(days, key=lambda each: each[1])
    change = end - start
    moved = "did not change" if abs(change) < 0.005 else f"{'rose' if change > 0 else 'fell'} by {number(abs(change))} points"
    return (
        f"The score {moved}, from {number(start)} on {day(first)} to {number(end)} on {day(last)}. "
        f"Lowest: {number(lowest[1])} on {day(lowest[0])}. Highest: {number(highest[1])} on {day(highest[0])}."
    )
