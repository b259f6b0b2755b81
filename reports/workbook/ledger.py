"""Blocks of the summary that count: the ledger of verdicts, the score beside others', and how ours and Microsoft's verdicts agree."""

from __future__ import annotations

from openpyxl.chart import DoughnutChart, Reference
from openpyxl.chart.marker import DataPoint
from openpyxl.worksheet.worksheet import Worksheet

from reports.posture import Posture, missing_points

from .cells import Value, fit, merge
from .cells import put as put_in
from .history import Compared
from .pages import dress, paint, section, verdict_rules
from .reconciliation import groups
from .styles import SOLID
from .summing import COLUMNS, RIGHT, put


def fill_score(sheet: Worksheet, posture: Posture, top: int) -> tuple[int, Compared | None]:
    """The newest score, and how it stands to other tenants'. The next free row, and where that comparison stands."""
    section(sheet, top, "Secure Score", COLUMNS - RIGHT + 1, first=RIGHT)
    score = posture.score
    if score is None:
        put(sheet, top + 1, RIGHT, "Secure Score could not be read.", "text")
        return top + 2, None
    rows: list[tuple[str, Value, str]] = [
        ("Date", score.date, "date right"),
        ("Maximum", score.max, "points"),
        ("Percentage", score.percentage / 100 if score.percentage is not None else None, "percent"),
        ("Sum of the actions' points", score.of_parts, "points"),
    ]
    for row, (label, value, style) in enumerate(rows, top + 1):
        put(sheet, row, RIGHT, label, "label")
        put(sheet, row, COLUMNS, value, style)
    return _compared(sheet, posture, top + len(rows) + 1)


def _heads(sheet: Worksheet, row: int, label: str, *figures: str) -> None:
    """The header of a table on the right: a label over three columns, and two figures."""
    for column in range(RIGHT, COLUMNS - len(figures) + 1):
        put_in(sheet, row, column, label if column == RIGHT else None, "head")
    merge(sheet, row, RIGHT, COLUMNS - len(figures))
    for column, title in enumerate(figures, COLUMNS - len(figures) + 1):
        put_in(sheet, row, column, title, "head right")


def _compared(sheet: Worksheet, posture: Posture, top: int) -> tuple[int, Compared | None]:
    score = posture.score
    assert score is not None
    _heads(sheet, top, "Points of", "Points", "Against it")
    put(sheet, top + 1, RIGHT, "This tenant", "label")
    put(sheet, top + 1, COLUMNS - 1, score.current, "points")
    for row, other in enumerate(score.compared_with, top + 2):
        put(sheet, row, RIGHT, f"Average of {other.whom}", "text")
        put(sheet, row, COLUMNS - 1, other.average, "points")
        put(sheet, row, COLUMNS, score.current - other.average if score.current is not None else None, "change")
    last = top + 1 + len(score.compared_with)
    known = score.current is not None and score.compared_with
    return last + 1, Compared(sheet, RIGHT, COLUMNS - 1, top + 1, last) if known else None


def fill_ledger(sheet: Worksheet, posture: Posture, top: int) -> int:
    """One row a verdict, adding up to the tenant's catalogue: reasons for having no answer stay in the sum."""
    section(sheet, top, "Ledger of verdicts", RIGHT - 2)
    for column, title in enumerate(("Verdict", "Actions", "Share"), 1):
        put_in(sheet, top + 1, column, title, "head" if column == 1 else "head right")
    parts = [(key, number) for key, number in posture.totals.items() if key != "actions"]
    actions = posture.totals["actions"]
    for row, (verdict, number) in enumerate(parts, top + 2):
        put(sheet, row, 1, verdict, "text")
        put(sheet, row, 2, number, "count")
        put(sheet, row, 3, number / actions if actions else None, "percent")
    last = top + 1 + len(parts)
    paint(sheet, f"A{top + 2}:A{last}", verdict_rules())
    put(sheet, last + 1, 1, "Improvement actions in the catalogue", "text total")
    put(sheet, last + 1, 2, actions, "count total")
    put(sheet, last + 1, 3, 1.0 if actions else None, "percent total")
    for row in range(top + 1, last + 2):
        fit(sheet, row, 1)
    if actions:
        sheet.add_chart(_doughnut(sheet, top + 2, [key for key, _ in parts]), f"D{top + 1}")
    return last + 2


def _doughnut(sheet: Worksheet, first: int, keys: list[str]) -> DoughnutChart:
    chart = DoughnutChart()
    last = first + len(keys) - 1
    chart.add_data(Reference(sheet, min_col=2, min_row=first, max_row=last))
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
    chart.holeSize = 58
    for position, key in enumerate(keys):
        point = DataPoint(idx=position)
        point.graphicalProperties.solidFill = _solid(key)
        point.graphicalProperties.line.solidFill = "FFFFFF"
        chart.series[0].dPt.append(point)
    dress(chart, "Actions by verdict", 9, 6.1, legend="r")
    return chart


def _solid(key: str) -> str:
    return next((colour for verdict, colour in SOLID.items() if verdict.value == key), "F3F5F7")


def fill_agreement(sheet: Worksheet, posture: Posture, top: int) -> int:
    """Every action that ran, by who judged it and how the two verdicts stand. The next free row."""
    section(sheet, top, "Our verdicts and Microsoft's", COLUMNS - RIGHT + 1, first=RIGHT)
    _heads(sheet, top + 1, "How they stand", "Actions", "Points missing")
    found = groups(posture)
    for row, (label, records) in enumerate(found, top + 2):
        put(sheet, row, RIGHT, label, "text")
        put(sheet, row, COLUMNS - 1, len(records), "count")
        put(sheet, row, COLUMNS, round(sum(map(missing_points, records)), 2), "points")
        fit(sheet, row, 1)
    return top + 2 + len(found)
