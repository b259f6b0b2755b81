"""The sheet of licences: what each subscription brings, what is out of reach, and what the article said of each area."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.posture import AreaSummary, Licence, Posture

from .actions import area_title, ranked
from .cells import Column, T, fit, lines_of, merge, put
from .pages import rule_rows, section, single

_WIDTHS = {1: 32.0, 2: 14.0, 3: 9.0, 4: 9.0, 5: 9.0, 6: 46.0, 7: 10.0, 8: 10.0, 9: 64.0}


@dataclass(frozen=True)
class _Sku:
    """A subscription, with how many of the tenant's actions its service plans allow, and how many of those are not met."""

    licence: Licence
    actions: int | None
    gaps: int | None


_SKUS: list[Column[_Sku]] = [
    Column("SKU", _WIDTHS[1], "wrap", lambda s: s.licence.sku),
    Column("Status", _WIDTHS[2], "text", lambda s: s.licence.capability_status),
    Column("Seats", _WIDTHS[3], "count", lambda s: s.licence.enabled),
    Column("Used", _WIDTHS[4], "count", lambda s: s.licence.consumed),
    Column("Counts", _WIDTHS[5], "text", lambda s: "Yes" if s.licence.counts else "No"),
    Column("Areas it brings", _WIDTHS[6], "wrap", lambda s: "\n".join(map(area_title, s.licence.areas)) or "none"),
    Column("Actions it brings", _WIDTHS[7], "count", lambda s: s.actions),
    Column("Of them not met", _WIDTHS[8], "count", lambda s: s.gaps),
    Column("Service plans", _WIDTHS[9], "wrap", lambda s: ", ".join(plan.removesuffix(" (Success)") for plan in s.licence.service_plans)),
]


def fill(sheet: Worksheet, posture: Posture) -> None:
    """The subscriptions; under them what no licence of the tenant's allows, and what each area's licence was and is."""
    nothing = "The subscriptions could not be read: licences unknown." if posture.licences is None else "The tenant holds no subscription."
    row = single(sheet, posture, _SKUS, _skus(posture), nothing, frozen="A2") + 2
    beyond = [record for record in ranked(posture) if record.verdict is Verdict.NOT_LICENSED]
    if beyond:
        section(sheet, row, "What no licence of the tenant allows", len(_SKUS))
        row = _under(sheet, row + 1, _BEYOND, beyond) + 2
    areas = [area for area in posture.areas if area.licence or area.licence_in_article or area.licence_needed_today]
    if areas:
        section(sheet, row, "What each area needs: the article and today", len(_SKUS))
        _under(sheet, row + 1, _NEEDED, areas)


def _skus(posture: Posture) -> list[_Sku]:
    """Which actions a subscription brings is known of those that count; each action by what its own licence decision rests on."""
    brought, gaps = Counter[str](), Counter[str]()
    for record in posture.of_actions():
        for sku in set(record.licence.brought_by) if record.licence and record.licence.state == "held" else ():
            brought[sku] += 1
            gaps[sku] += record.verdict is Verdict.NOT_MET
    return [_Sku(each, brought[each.sku], gaps[each.sku]) if each.counts else _Sku(each, None, None) for each in posture.licences or []]


# The tables below share the columns of the first: each of theirs begins at one of these, and is as wide as those up to the next.
_Placed = tuple[int, Column[T]]
_BEYOND: list[_Placed[Record]] = [
    (1, Column("Action id", 0, "wrap", lambda r: r.action)),
    (2, Column("Recommended action", 0, "wrap", lambda r: r.title)),
    (6, Column("Area", 0, "wrap", lambda r: area_title(r.area))),
    (7, Column("Rank", 0, "rank", lambda r: r.rank)),
    (8, Column("Points", 0, "points", lambda r: r.points.max if r.points else None)),
    (9, Column("Licence", 0, "wrap", lambda r: r.licence.note if r.licence else None)),
]
_NEEDED: list[_Placed[AreaSummary]] = [
    (1, Column("Area", 0, "wrap", lambda a: a.name)),
    (2, Column("In the article", 0, "wrap", lambda a: a.licence_in_article)),
    (6, Column("Needed today", 0, "wrap", lambda a: a.licence_needed_today)),
    (9, Column("This tenant", 0, "wrap", lambda a: a.licence)),
]


def _under(sheet: Worksheet, top: int, columns: Sequence[_Placed[T]], rows: Sequence[T]) -> int:
    """A table under the first, with its header in row `top`. The number of its last row."""
    starts = [position for position, _ in columns] + [len(_WIDTHS) + 1]
    spans = [(first, following - 1) for first, following in pairwise(starts)]
    for position in _WIDTHS:
        put(sheet, top, position, None, "head")
    last = top + len(rows)
    for (first, end), (_, column) in zip(spans, columns, strict=True):
        put(sheet, top, first, column.title, "head right" if column.style == "points" else "head")
        for row, each in enumerate(rows, top + 1):
            put(sheet, row, first, column.value(each), column.style)
        if end > first:
            for row in range(top, last + 1):
                merge(sheet, row, first, end)
    sheet.row_dimensions[top].height = 22
    rule_rows(sheet, f"A{top + 1}:I{last}")
    wide = [sum(_WIDTHS[position] for position in range(first, end + 1)) for first, end in spans]
    for row, each in enumerate(rows, top + 1):
        said = ((str(column.value(each) or ""), width) for (_, column), width in zip(columns, wide, strict=True))
        fit(sheet, row, max(lines_of(text, width) for text, width in said))
    return last
