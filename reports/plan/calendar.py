"""Working days, Monday to Friday, and how far somebody who works through a list has come on them."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

WEEK = 5
FIRST, LAST = date(2000, 1, 1), date(2999, 12, 31)


def working_day(first: date, number: int) -> date:
    """The working day that is `number` after `first`, which is one."""
    weeks, day = divmod(first.weekday() + number, WEEK)
    return first + timedelta(days=7 * weeks + day - first.weekday())


def on_or_after(day: date) -> date:
    """The next working day, or `day` itself."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= WEEK else day


def _between(first: date, later: date) -> int:
    """How many working days `later` is after `first`; both are working days."""
    weeks = ((later - timedelta(days=later.weekday())) - (first - timedelta(days=first.weekday()))).days // 7
    return WEEK * weeks + later.weekday() - first.weekday()


class Clock:
    """Where the work stands. `pace` is how many working days' worth is done on each of them."""

    def __init__(self, start: date, pace: Fraction) -> None:
        self._first, self._pace, self._done = on_or_after(start), pace, Fraction(0)

    @property
    def today(self) -> date:
        """The working day on which what comes next is begun."""
        return working_day(self._first, floor(self._done))

    def take(self, effort: Fraction) -> date:
        """Work through `effort` (working days, more than none): the day it is done."""
        self._done += effort / self._pace
        return working_day(self._first, ceil(self._done) - 1)

    def wait_until(self, day: date) -> None:
        """Begin nothing more before `day`."""
        self._done = max(self._done, Fraction(_between(self._first, on_or_after(day))))
