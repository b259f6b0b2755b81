"""The sheets behind the answer: other checks, exceptions, licences, evidence, and how the score came to where it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from openpyxl.chart import LineChart, Reference
from openpyxl.chart.axis import DateAxis
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.graph.reading import Evidence
from fixtures.record import Record
from reports.posture import AreaSummary, Day, Licence, Movement, Posture, Unread, in_order

from .actions import area_title, digests_of, short_hashes
from .cells import Column, T, fit, lines_of, put, table
from .pages import as_table, dress, for_print, pale_lines, rule_rows, section
from .styles import ACCENT
from .text import facts


def _single(sheet: Worksheet, posture: Posture, columns: Sequence[Column[T]], rows: Sequence[T], nothing: str, frozen: str = "B2") -> int:
    """A sheet that is one table, or says in a sentence why it is empty. The number of its last row."""
    last = table(sheet, columns, rows, most_lines=30)
    as_table(sheet, columns, last, frozen)
    if not rows:
        put(sheet, 2, 1, nothing, "text")
    for_print(sheet, posture.tenant.name, "8A939C")
    return max(last, 2)


def fill_checks(sheet: Worksheet, posture: Posture) -> None:
    """Every record that does not stand for an action, so that each record of the posture is in the workbook once."""
    standing = {record.item for record in posture.of_actions()}
    others = [record for record in in_order(posture.verdicts) if record.item not in standing]
    digests = digests_of(posture)
    columns: list[Column[Record]] = [
        Column("Check", 46, "wrap", lambda r: r.title),
        Column("Area", 20, "wrap", lambda r: area_title(r.area)),
        Column("Verdict", 13, "text", lambda r: r.verdict.value),
        Column("Cause", 12, "text", lambda r: r.cause.value if r.cause else None),
        Column("Basis", 8, "text", lambda r: r.basis),
        Column("Reason", 40, "wrap", lambda r: r.reason),
        Column("Observed", 40, "wrap", lambda r: facts(r.observed)),
        Column("Permissions", 30, "code", lambda r: "\n".join(r.permissions)),
        Column("Evidence ids", 70, "code", lambda r: "\n".join(r.evidence)),
        Column("Evidence SHA-256", 18, "code", lambda r: short_hashes(r, digests)),
        Column("Action it also judges", 24, "wrap", lambda r: r.action),
        Column("Item", 60, "code", lambda r: r.item),
    ]
    last = _single(sheet, posture, columns, others, "No check without an action ran.")
    sheet.print_area = f"A1:J{last}"


def fill_exceptions(sheet: Worksheet, posture: Posture) -> None:
    titles = {record.action.casefold(): record.title for record in posture.verdicts if record.action}
    columns: list[Column[dict[str, Any]]] = [
        Column("Action id", 32, "wrap", lambda e: _text(e.get("action"))),
        Column("Recommended action", 46, "wrap", lambda e: titles.get(str(e.get("action")).casefold())),
        Column("State", 20, "text", lambda e: _text(e.get("state"))),
        Column("In force", 9, "text", lambda e: "Yes" if e.get("in_force") else "No"),
        Column("Status", 36, "wrap", lambda e: _text(e.get("status"))),
        Column("Reason", 60, "wrap", lambda e: _text(e.get("reason"))),
        Column("Owner", 24, "wrap", lambda e: _text(e.get("owner"))),
        Column("Expires", 12, "date", lambda e: _day(e.get("expires"))),
    ]
    _single(sheet, posture, columns, posture.exceptions, "exceptions.toml accepts nothing for this tenant.")


def _text(value: object) -> str | None:
    """A value of exceptions.toml in words: in a posture its rows are free tables."""
    return None if value is None else str(value)


def _day(value: object) -> date | str | None:
    """A date written as ISO text; what is none stays what it is."""
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return str(value)


_LICENCES: list[Column[Licence]] = [
    Column("SKU", 36, "wrap", lambda s: s.sku),
    Column("Status", 14, "text", lambda s: s.capability_status),
    Column("Seats", 9, "count", lambda s: s.enabled),
    Column("Used", 9, "count", lambda s: s.consumed),
    Column("Counts", 9, "text", lambda s: "Yes" if s.counts else "No"),
    Column("Areas it brings", 46, "wrap", lambda s: "\n".join(map(area_title, s.areas)) or "none"),
    Column("Service plans", 70, "wrap", lambda s: ", ".join(s.service_plans)),
]
_NEEDED: list[tuple[int, Column[AreaSummary]]] = [
    (1, Column("Area", 0, "wrap", lambda a: a.name)),
    (2, Column("In the article", 0, "wrap", lambda a: a.licence_in_article)),
    (6, Column("Needed today", 0, "wrap", lambda a: a.licence_needed_today)),
    (7, Column("This tenant", 0, "wrap", lambda a: a.licence)),
]


def fill_licences(sheet: Worksheet, posture: Posture) -> None:
    """The subscriptions, and under them what each area's licence was in the article this suite follows, and is now."""
    unread = posture.licences is None
    nothing = "The subscriptions could not be read: licences unknown." if unread else "The tenant holds no subscription."
    last = _single(sheet, posture, _LICENCES, posture.licences or [], nothing, frozen="A2")
    areas = [area for area in posture.areas if area.licence or area.licence_in_article or area.licence_needed_today]
    if areas:
        section(sheet, last + 2, "What each area needs: the article and today", len(_LICENCES))
        _needs(sheet, areas, last + 3)


def _needs(sheet: Worksheet, areas: Sequence[AreaSummary], top: int) -> None:
    """The second table shares the columns of the first; what the article said is as wide as four of them."""
    widths = {1: 36.0, 2: 41.0, 6: 46.0, 7: 70.0}
    for position in range(1, 8):
        put(sheet, top, position, None, "head")
    for row in range(top, top + len(areas) + 1):
        sheet.merge_cells(start_row=row, end_row=row, start_column=2, end_column=5)
    for position, column in _NEEDED:
        put(sheet, top, position, column.title, "head")
        for row, area in enumerate(areas, top + 1):
            put(sheet, row, position, column.value(area), column.style)
    sheet.row_dimensions[top].height = 22
    rule_rows(sheet, f"A{top + 1}:G{top + len(areas)}")
    for row, area in enumerate(areas, top + 1):
        fit(sheet, row, max(lines_of(str(column.value(area)), widths[position]) for position, column in _NEEDED))


def fill_evidence(sheet: Worksheet, posture: Posture) -> None:
    """Where to find each response again and how to prove it is the same; under it, what could not be read."""
    columns: list[Column[Evidence]] = [
        Column("Evidence id", 46, "code", lambda e: e.id),
        Column("URL", 58, "code", lambda e: e.url),
        Column("Status", 8, "count", lambda e: e.status),
        Column("Retrieved at (UTC)", 17, "moment", lambda e: e.retrieved_at),
        Column("Items", 9, "count", lambda e: e.items),
        Column("Pages", 8, "count", lambda e: e.pages),
        Column("Bytes", 12, "count", lambda e: e.bytes),
        Column("SHA-256", 37, "code", lambda e: e.sha256),
        Column("Permission", 34, "code", lambda e: e.permission),
        Column("Request id", 38, "code", lambda e: e.request_id),
        Column("Sent with POST", 60, "code", lambda e: e.body),
    ]
    last = _single(sheet, posture, columns, posture.evidence, "Nothing was read.")
    if posture.unread:
        section(sheet, last + 2, "Could not be read", len(columns))
        end = table(sheet, _UNREAD, posture.unread, top=last + 3)
        rule_rows(sheet, f"A{last + 4}:E{end}")


_UNREAD: list[Column[Unread]] = [
    Column("Resource", 46, "wrap", lambda u: u.resource),
    Column("Reason", 58, "wrap", lambda u: u.reason),
    Column("Checks", 8, "count", lambda u: len(u.items)),
    Column("Cause", 17, "text", lambda u: u.cause),
    Column("Permission", 9, "text", lambda u: u.permission),
]


def fill_history(sheet: Worksheet, posture: Posture) -> None:
    columns: list[Column[Day]] = [
        Column("Date", 12, "date", lambda d: d.date),
        Column("Points", 12, "points", lambda d: d.current),
        Column("Max", 12, "points", lambda d: d.max),
        Column("Percentage", 12, "percent", lambda d: d.current / d.max if d.current is not None and d.max else None),
    ]
    last = _single(sheet, posture, columns, posture.history, "No day of Secure Score could be read.")
    if posture.history:
        sheet.add_chart(_trend(sheet, last), "F2")


def _trend(sheet: Worksheet, last: int) -> LineChart:
    """The percentage over the days, which a new maximum does not distort as it does the points."""
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=4, min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
    line = chart.series[0]
    line.smooth = False
    line.graphicalProperties.line.solidFill = ACCENT
    line.graphicalProperties.line.width = 28_000
    chart.x_axis = DateAxis(crossAx=100, baseTimeUnit="days", majorUnit=max(last // 10, 1), majorTimeUnit="days", tickLblPos="low")
    chart.y_axis.majorGridlines = pale_lines()
    chart.y_axis.crossAx = chart.x_axis.axId
    chart.x_axis.number_format, chart.y_axis.number_format = "d mmm", "0%"
    chart.x_axis.delete = chart.y_axis.delete = False
    dress(chart, "Secure Score, percentage of the maximum", 22, 11, legend=None)
    return chart


def fill_movements(sheet: Worksheet, posture: Posture) -> None:
    columns: list[Column[Movement]] = [
        Column("Date", 12, "date", lambda m: m.date),
        Column("Action id", 40, "wrap", lambda m: m.action),
        Column("Recommended action", 70, "wrap", lambda m: m.title),
        Column("Before", 10, "points", lambda m: m.before),
        Column("After", 10, "points", lambda m: m.after),
        Column("Change", 10, "change", lambda m: round(m.after - m.before, 4)),
    ]
    _single(sheet, posture, columns, posture.movements, "No action's points changed in the days that could be read.")
