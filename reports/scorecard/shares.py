"""What a page for outsiders may say of an area's points: a band, and only where no single action can be told from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fixtures.record import Record
from fixtures.verdicts import Verdict

# The fewest judged actions with points that an area's band may stand for.
LEAST = 5


class Band(NamedTuple):
    """A range of shares, from `low` up to and without `high`. `step` is its place, from 1, the lowest."""

    step: int
    low: float
    high: float
    name: str


# The lowest is half of the scale: that an area is near nothing is nobody's business. 2 is beyond what a share can be.
BANDS = (Band(1, 0.0, 0.5, "under 50\u00a0%"), Band(2, 0.5, 0.75, "50 to 75\u00a0%"), Band(3, 0.75, 2.0, "75\u00a0% or more"))


class Worth(NamedTuple):
    """The points of one action: those that count as earned, and all there are."""

    earned: float
    max: float


def worth(record: Record) -> Worth | None:
    """What a judged action brings to its area, in points; None where Microsoft does not score it for this tenant.

    Where Microsoft's points and the verdict differ, the lower counts: full points are earned only by an action that is met.
    """
    if record.points is None or record.points.max <= 0 or record.microsoft is None or record.microsoft.score is None:
        return None
    earned, most = min(max(record.points.earned, 0.0), record.points.max), record.points.max
    return Worth(0.0 if earned >= most and record.verdict is not Verdict.MET else earned, most)


def band(actions: Sequence[Worth]) -> Band | None:
    """The band of an area's share; None where it could give away that one of the actions, or one of two, is not met.

    The rule looks at what can be earned and never at what is, so that its silence says nothing either. Where each action is worth
    less than a quarter, any two may be met whatever the band: they alone are in the lowest, and adding others one by one cannot step
    over the middle, which is a quarter wide, before it ends in the highest. It takes five to be worth less than a quarter each.
    """
    whole = sum(each.max for each in actions)
    if len(actions) < LEAST or 4 * max(each.max for each in actions) >= whole:
        return None
    share = sum(each.earned for each in actions) / whole
    return next(each for each in BANDS if each.low <= share < each.high)
