"""What the sections show, put together from the posture: shares, areas, causes, scores, changes. Nothing is judged or counted anew."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from fixtures.areas import BY_SLUG
from fixtures.record import Record
from fixtures.verdicts import Verdict

from ..posture import AreaSummary, Movement, Posture, Unread, in_order, missing_points
from . import words
from .text import day, number

# An accepted risk that ends within so many days is said to.
_SOON = 30
_UNAPPLIED = ("not licensed", "not applicable", "not scored")


class Tile(NamedTuple):
    """A figure on the first screen. `shows` are the verdicts it stands for; none where there are no records to show."""

    name: str
    actions: int
    css: str
    shows: tuple[str, ...]


class Share(NamedTuple):
    """One verdict of the ledger."""

    word: words.Word
    actions: int
    percent: float


class Group(NamedTuple):
    """One area's records, under its name."""

    slug: str
    name: str
    records: list[Record]


class CauseGroup(NamedTuple):
    """What could not be evaluated for one cause."""

    cause: str
    cure: str
    records: list[Record]
    unread: list[Unread]


class Bar(NamedTuple):
    """A score among others; `percent` is the length of its bar."""

    name: str
    points: float
    percent: float
    own: bool


class Accepted(NamedTuple):
    """An exception, with the title of its action; `left` says how long it still holds, where that is a question."""

    action: str
    title: str
    state: str
    status: str
    in_force: bool
    reason: str
    owner: str
    expires: str
    left: str


def tiles(totals: dict[str, int]) -> list[Tile]:
    """The verdicts in a handful of figures that add up to the catalogue."""
    rows = [
        ("met", "met", ("met",)),
        ("not met", "not-met", ("not met",)),
        ("accepted or known" if totals.get("known") else "accepted", "accepted", ("accepted", "known")),
        ("not evaluated", "not-evaluated", ("not evaluated",)),
        ("not licensed, applicable or scored", "other", _UNAPPLIED),
    ]
    found = []
    for name, css, shows in rows:
        count = sum(totals.get(verdict, 0) for verdict in shows)
        found.append(Tile(name, count, f"t-{css}", shows if count else ()))
    left_out = totals.get(words.NOT_SELECTED, 0)
    return [*found, Tile("left out of this run", left_out, "t-other", ())] if left_out else found


def ledger(totals: dict[str, int]) -> list[Share]:
    """Every verdict and what was left out, with its share of the catalogue."""
    whole = totals["actions"] or 1
    return [Share(word, totals.get(word.name, 0), round(100 * totals.get(word.name, 0) / whole, 2)) for word in words.WORDS]


def causes(posture: Posture) -> list[CauseGroup]:
    """What could not be evaluated, by cause; reads that failed and cost no verdict are told too."""
    found = []
    for cause, cure in words.CURES.items():
        records = [record for record in posture.not_evaluated if (record.cause or "not run") == cause]
        unread = [row for row in posture.unread if row.cause == cause]
        if records or unread:
            found.append(CauseGroup(cause, cure, in_order(records), unread))
    return found


def groups(records: list[Record]) -> list[Group]:
    """The records by area, in the order of the work; an area this version does not know comes last, under its own name."""
    slugs = list(dict.fromkeys(record.area for record in records))
    names = {slug: BY_SLUG[slug].name if slug in BY_SLUG else slug for slug in slugs}
    return [Group(slug, names[slug], [record for record in records if record.area == slug]) for slug in slugs]


def needs_action(record: Record) -> tuple[int, float, int, str]:
    """Sorts by what needs someone's hands first: by verdict, then the points to be had, then rank."""
    place = words.NEEDS_ACTION.index(record.verdict) if record.verdict in words.NEEDS_ACTION else 0
    missing = missing_points(record) if record.verdict is not Verdict.MET else 0.0
    return place, -missing, record.rank or 100_000, record.item


def rose(move: Movement) -> bool:
    return move.after >= move.before


def averages(posture: Posture) -> list[tuple[str, float | None]]:
    """What Microsoft gives as the average of others: all tenants, those of the same size, of the same industry. It has sent −1 for none."""
    compared = posture.score.compared_with if posture.score else []
    return [(each.whom, each.average if each.average >= 0 else None) for each in compared]


def bars(posture: Posture) -> list[Bar]:
    """The tenant's score among the averages Microsoft gives, the tenant's own first."""
    score = posture.score
    if score is None or score.current is None:
        return []
    rows = [(posture.tenant.name, score.current, True)]
    rows += [(name, average, False) for name, average in averages(posture) if average is not None]
    whole = max([score.max or 0.0, *(points for _, points, _ in rows)]) or 1.0
    return [Bar(name, points, round(100 * points / whole, 2), own) for name, points, own in rows]


def licence_claims(area: AreaSummary) -> tuple[str, str] | None:
    """What the article said and what holds today, where they differ."""
    then, today = area.licence_in_article, area.licence_needed_today
    return (then, today) if then and today and today.casefold() not in {"the same", then.casefold()} else None


def since_baseline(posture: Posture) -> str:
    """What changed, in one sentence; nothing where the run was compared with no baseline."""
    before = posture.baseline
    if before is None:
        return ""
    told = [words.EFFECTS[effect].counted(count) for effect, count in posture.effects.items()]
    score = posture.score.percentage if posture.score else None
    moved = f" The score was {number(before.percentage)} % then." if before.percentage is not None and score is not None else ""
    return f"Since the baseline of {day(before.as_of)}: {', '.join(told) or 'no verdict is different'}.{moved}"


def accepted(rows: Iterable[dict[str, Any]], titles: dict[str, str], today: date) -> list[Accepted]:
    """The declared exceptions: those that no longer hold first, then by the day they end."""
    found = [_accepted(row, titles, today) for row in rows]
    return sorted(found, key=lambda row: (row.in_force, row.expires, row.action))


def _accepted(row: dict[str, Any], titles: dict[str, str], today: date) -> Accepted:
    expires, action = row["expires"], row["action"]
    until = expires if isinstance(expires, date) else date.fromisoformat(str(expires)[:10])
    days = (until - today).days
    left = f"{number(days)} {'day' if days == 1 else 'days'} left" if row["in_force"] and days >= 0 else ""
    if left and days <= _SOON:
        left = f"ends soon: {left}"
    title = titles.get(action.casefold()) or action
    texts = [str(row[name]) for name in ("state", "status", "reason", "owner")]
    return Accepted(action, title, texts[0], texts[1], bool(row["in_force"]), texts[2], texts[3], until.isoformat(), left)
