"""What a plan is. Every renderer shows this and judges nothing anew."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum
from typing import Literal

import msgspec

from fixtures.verdicts import Verdict


class Phase(IntEnum):
    """The phases in their order. A step belongs to one, and no step is made before all of an earlier phase are."""

    PREREQUISITES = 1
    CLOUD_APPS = 2
    MULTIFACTOR = 3
    BY_RANK = 4

    @property
    def title(self) -> str:
        return _TITLES[self]

    @property
    def about(self) -> str:
        """Why the phase stands where it does."""
        return _ABOUT[self]


_TITLES = {
    Phase.PREREQUISITES: "Prerequisites",
    Phase.CLOUD_APPS: "Defender for Cloud Apps (formerly Cloud App Security)",
    Phase.MULTIFACTOR: "Multifactor authentication",
    Phase.BY_RANK: "Everything else, by Microsoft's rank",
}
_ABOUT = {
    Phase.PREREQUISITES: "So that nobody is locked out and everything can be read. They earn no points.",
    Phase.CLOUD_APPS: "24 to 48 hours before the rest: it collects for a day or two before it can see and score anything. Settings of "
    "connected apps (GitHub, Salesforce and the like) come later, by their rank.",
    Phase.MULTIFACTOR: "Microsoft's first recommendation.",
    Phase.BY_RANK: "What the licences allow, rank 1 first; where one action needs another, that one comes before it.",
}


class Shows(msgspec.Struct, frozen=True):
    """How long after a step its points show: from `first` to `last` days, and why."""

    first: int
    last: int
    words: str


Level = Literal["low", "moderate", "high", "unknown"]


class After(msgspec.Struct, frozen=True):
    """That a step needs another: its number, why, and how many days apart they are at least."""

    number: int
    because: str
    days: int = 0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `item` is the record it is about, and unique; `action` is None for what is no improvement action.

    `points` is what the tenant's own profile says can still be earned, `counted` the part of it the projection counts for sure;
    `scored` is False where no points can be told. `made` is the day to make it, `by` the day its points show at the latest.
    """

    number: int
    phase: Phase
    item: str
    action: str | None
    title: str
    area: str
    verdict: Verdict
    reason: str
    url: str
    rank: int | None
    user_impact: Level
    cost: Level
    points: float
    counted: float
    scored: bool
    why: str
    depends_on: tuple[After, ...]
    made: date
    shows: Shows
    by: date


class Projected(msgspec.Struct, frozen=True):
    """The score on the evening of a day: `score` for sure under the assumptions, `at_most` where licences for some count for all."""

    date: date
    score: float
    at_most: float


class Closed(msgspec.Struct, frozen=True):
    """An action that no licence of the tenant's allows. `points` is None where Microsoft scores it for this tenant nowhere."""

    action: str
    title: str
    points: float | None


class Opening(msgspec.Struct, frozen=True):
    """What one more licence would open: `plans` as the licence decision names them, any of `products` brings them."""

    plans: str
    products: str
    actions: tuple[Closed, ...]

    @property
    def points(self) -> float:
        return sum(each.points or 0.0 for each in self.actions)


class MoreSeats(msgspec.Struct, frozen=True):
    """Licences that are held for some people only: steps (by number), and the points that are not counted for sure for that."""

    skus: tuple[str, ...]
    covered: int
    of: int
    steps: tuple[int, ...]
    points: float


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one posture. `now` and `max` are points, None where the score could not be read; then nothing is projected.

    `cautions` are what a reader has to know before all else, `left_out` how many actions have which verdict and are no step.
    """

    tenant: str
    as_of: datetime
    score_date: datetime | None
    start: date
    pace: float
    now: float | None
    max: float | None
    steps: tuple[Step, ...]
    projection: tuple[Projected, ...]
    assumptions: tuple[str, ...]
    openings: tuple[Opening, ...]
    more_seats: tuple[MoreSeats, ...]
    left_out: dict[str, int]
    in_place: tuple[str, ...]
    cautions: tuple[str, ...]

    def of_phase(self, phase: Phase) -> list[Step]:
        return [step for step in self.steps if step.phase is phase]

    def percentage(self, points: float | None) -> float | None:
        """Of the most the tenant can have today; None where either is not known."""
        return points / self.max * 100 if points is not None and self.max else None
