"""The order of the steps, and the day of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import groupby

import msgspec

from fixtures.areas import plain_id
from fixtures.record import Record

from ..posture import missing_points
from .calendar import Clock
from .facts import Level, Phase
from .needs import CAN_LOCK_OUT, fits, others_of

EFFORT: dict[Level, Fraction] = {"low": Fraction(1, 4), "moderate": Fraction(1), "high": Fraction(5), "unknown": Fraction(1, 2)}
"""Working days of a step, by its implementation cost: to decide, prepare, make and watch it. The setting itself takes minutes."""
CLOUD_APPS_FIRST = timedelta(days=2)
_LAST_RANK = 100_000
_PREREQUISITES = (
    "check_an_emergency_access_account_is_ready",
    "check_the_directory_sync_account_is_excluded_from_mfa",
    "check_the_reader_may_read_what_the_checks_need",
)
FIRST_OF_ALL = ("adminmfav2", "mfaregistrationv2")


class Needed(msgspec.Struct, frozen=True):
    """Another item that has to be done before, why, and how many days before."""

    item: str
    because: str
    days: int = 0


class Draft(msgspec.Struct):
    """A step that has no place yet. `moved` is the item for whose sake it stands in an earlier phase than its own."""

    record: Record
    phase: Phase
    needs: list[Needed]
    moved: str | None = None

    @property
    def item(self) -> str:
        return self.record.item

    @property
    def cost(self) -> Level:
        return level(self.record.implementation_cost)


def level(said: str) -> Level:
    """Microsoft's word on cost or impact, of which it has several for one thing."""
    found: dict[str, Level] = {"low": "low", "moderate": "moderate", "medium": "moderate", "high": "high"}
    return found.get(said.strip().casefold(), "unknown")


def check_of(record: Record) -> str:
    """The name of the check behind an item."""
    return record.item.rpartition("::")[2]


def drafts_of(records: Sequence[Record]) -> list[Draft]:
    """The records as steps, each with its phase and what it needs of the others."""
    drafts = [Draft(record, _phase(record), []) for record in records]
    by_id = [(plain_id(draft.record.action), draft) for draft in drafts if draft.record.action]
    matching = cache(lambda pattern: [draft for id, draft in by_id if fits(id, (pattern,))])
    safety = [draft for draft in drafts if draft.phase is Phase.PREREQUISITES and check_of(draft.record) in _PREREQUISITES[:2]]
    for own, draft in by_id:
        if own in CAN_LOCK_OUT:
            draft.needs += [Needed(each.item, "a mistake must not keep everybody out") for each in safety]
        for pattern, need in others_of(own):
            draft.needs += [Needed(other.item, need.because, need.days) for other in matching(pattern)]
    by_item = {draft.item: draft for draft in drafts}
    for draft in drafts:
        _move_up(draft, by_item)
    return drafts


def _phase(record: Record) -> Phase:
    if record.area == "prerequisites":
        return Phase.PREREQUISITES
    if record.area == "multifactor-authentication":
        return Phase.MULTIFACTOR
    cloud_apps = record.area == "cloud-app-security" and not plain_id(record.action or "").startswith("mda_")
    return Phase.CLOUD_APPS if cloud_apps else Phase.BY_RANK


def _move_up(draft: Draft, by_item: dict[str, Draft]) -> None:
    """What a step needs is made in its phase or earlier. The table of needs has no circle, and so this ends."""
    for need in draft.needs:
        other = by_item[need.item]
        if other.phase > draft.phase:
            other.phase, other.moved = draft.phase, draft.item
        _move_up(other, by_item)


def _order(draft: Draft) -> tuple[int, int, int, float, str]:
    """By phase; in it, what is named above first, then by rank, then what is worth most."""
    record = draft.record
    named = {Phase.PREREQUISITES: (_PREREQUISITES, check_of(record)), Phase.MULTIFACTOR: (FIRST_OF_ALL, plain_id(record.action or ""))}
    names, own = named.get(draft.phase, ((), ""))
    first = names.index(own) if own in names else len(names)
    rank = _LAST_RANK if record.rank is None else record.rank
    return draft.phase, first, rank, -missing_points(record), (record.action or record.item).casefold() + record.item


def scheduled(drafts: Sequence[Draft], start: date, pace: Fraction) -> list[tuple[Draft, date]]:
    """The steps in the order in which they are made, each with its day: of what can be made, always the next by phase and rank."""
    clock, made = Clock(start, pace), dict[str, date]()
    ordered, done = sorted(drafts, key=_order), list[tuple[Draft, date]]()
    for _, group in groupby(ordered, key=lambda draft: draft.phase):
        if done and done[-1][0].phase is Phase.CLOUD_APPS:
            clock.wait_until(done[-1][1] + CLOUD_APPS_FIRST)
        waiting = list(group)
        while waiting:
            chosen = _next(waiting, made, clock)
            waiting.remove(chosen)
            made[chosen.item] = clock.take(EFFORT[chosen.cost])
            done.append((chosen, made[chosen.item]))
    return done


def _next(waiting: Sequence[Draft], made: dict[str, date], clock: Clock) -> Draft:
    """The first that can be begun today; where there is none, the first of those that can be begun next, on whose day the clock is then."""
    free = list[tuple[Draft, date]]()
    for draft in waiting:
        day = _free_from(draft, made)
        if day is not None and day <= clock.today:
            return draft
        free += [(draft, day)] if day is not None else []
    clock.wait_until(min(day for _, day in free))
    return next(draft for draft, day in free if day <= clock.today)


def _free_from(draft: Draft, made: dict[str, date]) -> date | None:
    """The day from which a step can be begun; None while something it needs is still to be made."""
    if any(need.item not in made for need in draft.needs):
        return None
    return max((made[need.item] + timedelta(days=need.days) for need in draft.needs), default=date.min)
