"""The first sheet: the answer, whose it is and when, what was left open, and where the points are."""

from __future__ import annotations

from collections import Counter

from openpyxl.chart import BarChart, DoughnutChart, Reference
from openpyxl.chart.marker import DataPoint
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict
from reports.posture import AreaSummary, Posture

from .actions import area_title, impact, is_scored, missing
from .cells import Value, fit, lines_of
from .cells import put as put_in
from .pages import bar_in_cells, colour_verdicts, dress, for_print, pale_lines, section, widen
from .styles import ACCENT, MIDDLE, SOLID

_WIDTHS = (46, 9, 10, 10, 11, 9, 11, 9, 12, 10, 11, 11, 13)
COLUMNS = len(_WIDTHS)
MOST_GAPS = 10
# Where the second block of a row begins, and the verdicts' first column in the table of areas.
_RIGHT, _COUNTS = 9, 2


def fill(sheet: Worksheet, posture: Posture) -> None:
    """One page wide. On the first page the answer and what to do first, on the second the areas."""
    widen(sheet, _WIDTHS)
    row = _head(sheet, posture)
    row = _facts(sheet, posture, row) + 1
    row = max(_ledger(sheet, posture, row), _score(sheet, posture, row)) + 1
    row = _gaps(sheet, posture, row) + 1
    sheet.row_breaks.append(Break(id=row - 1))
    _areas(sheet, posture, row)
    sheet.sheet_view.showGridLines = False
    sheet.print_title_rows = "1:1"
    for_print(sheet, posture.tenant.name, ACCENT)


def put(sheet: Worksheet, row: int, column: int, value: Value, style: str) -> None:
    """A value halfway up its row: here a row is a line."""
    put_in(sheet, row, column, value, style + MIDDLE)


def _head(sheet: Worksheet, posture: Posture) -> int:
    """Title, answer, warnings. The next free row."""
    put_in(sheet, 1, 1, f"Security posture of {posture.tenant.name}", "title")
    sheet.row_dimensions[1].height = 30
    put_in(sheet, 2, 1, _answer(posture), "answer")
    sheet.row_dimensions[2].height = 22
    row = 3
    for row, warning in enumerate(_warnings(posture), 3):
        put_in(sheet, row, 1, warning, "warning")
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=COLUMNS)
        fit(sheet, row, lines_of(warning, sum(_WIDTHS)))
    return row + 2


def _answer(posture: Posture) -> str:
    totals = posture.totals
    said = f"{totals['met']:,} of {totals['actions']:,} improvement actions are met, {totals['not met']:,} are not."
    score = posture.score
    if score and score.percentage is not None:
        said += f" Secure Score: {score.percentage:.1f} % of the points."
    return said


def _warnings(posture: Posture) -> list[str]:
    """What a reader must know before any figure."""
    said, totals, chosen = [], posture.totals, posture.selection
    if posture.tenant.source == "demo":
        said.append("This is the demo tenant. It does not exist and its figures are made up.")
    if not chosen.complete:
        how = f" ({', '.join(chosen.arguments)})" if chosen.arguments else ""
        left = totals.get("not selected", 0)
        missed = f": {left:,} of {totals['actions']:,} improvement actions were not selected" if left else ""
        said.append(f"Only part of the suite ran{how}{missed}.")
    if chosen.stopped:
        said.append(f"The run ended early: {chosen.stopped}.")
    if posture.not_evaluated:
        causes = Counter(str(record.cause or "unknown") for record in posture.not_evaluated)
        named = ", ".join(f"{cause} {number:,}" for cause, number in causes.most_common())
        open_ones = len(posture.not_evaluated)
        said.append(f"The posture is incomplete: {open_ones:,} {'check is' if open_ones == 1 else 'checks are'} not evaluated ({named}).")
    if posture.licences is None:
        said.append("The subscriptions could not be read: licences unknown.")
    return said


def _facts(sheet: Worksheet, posture: Posture, top: int) -> int:
    """Whose posture it is on the left, of which run on the right."""
    tenant, chosen = posture.tenant, posture.selection
    section(sheet, top, "Tenant and run", COLUMNS)
    source = tenant.source if tenant.label in {tenant.source, tenant.name} else f"{tenant.source} ({tenant.label})"
    whose: list[tuple[str, Value]] = [
        ("Tenant", tenant.name),
        ("Tenant id", tenant.id),
        ("Cloud", tenant.cloud),
        ("Source", source),
        ("Tool", f"{posture.tool.name} {posture.tool.version}"),
    ]
    when: list[tuple[str, Value]] = [
        ("As of (UTC)", posture.as_of),
        ("Run started (UTC)", posture.started_at),
        ("Run finished (UTC)", posture.finished_at),
        ("Selection", f"all {chosen.selected:,} checks" if chosen.complete else f"{chosen.selected:,} checks, see above"),
        ("Exit status", None if posture.exit_status is None else str(posture.exit_status)),
    ]
    for row, (left, right) in enumerate(zip(whose, when, strict=True), top + 1):
        _fact(sheet, row, 1, 2, 7, left)
        _fact(sheet, row, _RIGHT, _RIGHT + 2, COLUMNS, right)
        fit(sheet, row, 1)
    return top + len(whose) + 1


def _fact(sheet: Worksheet, row: int, at: int, first: int, last: int, said: tuple[str, Value]) -> None:
    put(sheet, row, at, said[0], "label")
    put(sheet, row, first, said[1], "moment")
    sheet.merge_cells(start_row=row, end_row=row, start_column=first, end_column=last)


def _score(sheet: Worksheet, posture: Posture, top: int) -> int:
    """The newest score, and how it stands to other tenants', beside the ledger."""
    section(sheet, top, "Secure Score", COLUMNS - _RIGHT + 1, first=_RIGHT)
    score = posture.score
    if score is None:
        put(sheet, top + 1, _RIGHT, "Secure Score could not be read.", "text")
        return top + 2
    rows: list[tuple[str, Value, str]] = [
        ("Date", score.date, "date right"),
        ("Points", score.current, "points"),
        ("Maximum", score.max, "points"),
        ("Percentage", score.percentage / 100 if score.percentage is not None else None, "percent"),
        ("Sum of the actions' points", score.of_parts, "points"),
    ]
    for compared in score.compared_with:
        rows.append((f"Average of {compared.whom}", compared.average, "points"))
        if score.current is not None:
            rows.append(("  and this tenant against it", score.current - compared.average, "change"))
    for row, (label, value, style) in enumerate(rows, top + 1):
        put(sheet, row, _RIGHT, label, "label")
        put(sheet, row, COLUMNS, value, style)
    return top + len(rows) + 1


def _ledger(sheet: Worksheet, posture: Posture, top: int) -> int:
    """One row a verdict, adding up to the tenant's catalogue: reasons for having no answer stay in the sum."""
    section(sheet, top, "Ledger of verdicts", _RIGHT - 2)
    for column, title in enumerate(("Verdict", "Actions", "Share"), 1):
        put_in(sheet, top + 1, column, title, "head" if column == 1 else "head right")
    parts = [(key, number) for key, number in posture.totals.items() if key != "actions"]
    actions = posture.totals["actions"]
    for row, (verdict, number) in enumerate(parts, top + 2):
        put(sheet, row, 1, verdict, "text")
        put(sheet, row, 2, number, "count")
        put(sheet, row, 3, number / actions if actions else None, "percent")
    last = top + 1 + len(parts)
    colour_verdicts(sheet, f"A{top + 2}:A{last}")
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


def _areas(sheet: Worksheet, posture: Posture, top: int) -> None:
    """The areas that have actions: the count of every verdict, and the points; then the same as a picture."""
    section(sheet, top, "Areas", COLUMNS)
    keys = [str(verdict) for verdict in Verdict]
    heads = ["Area", *(key.capitalize() for key in keys), "Actions", "Points", "Max", "Percentage"]
    for column, title in enumerate(heads, 1):
        put_in(sheet, top + 1, column, title, "head" if column == 1 else "head right")
    sheet.row_dimensions[top + 1].height = 30
    areas = [area for area in posture.areas if area.totals.get("actions")]
    if not areas:
        put(sheet, top + 2, 1, "No improvement action ran.", "text")
        return
    for row, area in enumerate(areas, top + 2):
        _area(sheet, row, area_title(area.slug), keys, area)
    last = top + 1 + len(areas)
    bar_in_cells(sheet, f"M{top + 2}:M{last}")
    end = _area_totals(sheet, last + 1, keys, areas, posture)
    sheet.add_chart(_bars(sheet, top + 1, last), f"A{end + 2}")


def _area(sheet: Worksheet, row: int, name: str, keys: list[str], area: AreaSummary) -> None:
    fit(sheet, row, 1)
    put(sheet, row, 1, name, "text")
    for column, key in enumerate(keys, 2):
        put(sheet, row, column, area.totals.get(key, 0), "count")
    put(sheet, row, 10, area.totals["actions"], "count")
    put(sheet, row, 11, area.points, "points")
    put(sheet, row, 12, area.max_points, "points")
    put(sheet, row, 13, area.points / area.max_points if area.max_points else None, "percent")


def _area_totals(sheet: Worksheet, row: int, keys: list[str], areas: list[AreaSummary], posture: Posture) -> int:
    """The sums; under them the points of actions that no profile describes, which are in the score and in no area's points.
    The number of the last row."""
    points, most = sum(area.points for area in areas), sum(area.max_points for area in areas)
    fit(sheet, row, 1)
    put(sheet, row, 1, "All areas", "text total")
    for column, key in enumerate([*keys, "actions"], _COUNTS):
        put(sheet, row, column, sum(area.totals.get(key, 0) for area in areas), "count total")
    put(sheet, row, 11, round(points, 2), "points total")
    put(sheet, row, 12, round(most, 2), "points total")
    put(sheet, row, 13, points / most if most else None, "percent total")
    strays = [r.microsoft.score for r in posture.of_actions() if r.microsoft and r.microsoft.score is not None and not is_scored(r)]
    if strays:
        row += 1
        put(sheet, row, 1, "Scored, with no profile that says of how many points", "text")
        put(sheet, row, 11, round(sum(strays), 2), "points")
    return row


def _bars(sheet: Worksheet, head: int, last: int) -> BarChart:
    """Actions of each area by verdict, stacked; the first area on top, as in the table."""
    chart = BarChart(barDir="bar", grouping="stacked", gapWidth=45, overlap=100)
    columns = Reference(sheet, min_col=_COUNTS, max_col=_COUNTS + len(Verdict) - 1, min_row=head, max_row=last)
    chart.add_data(columns, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=head + 1, max_row=last))
    for series, verdict in zip(chart.series, Verdict, strict=True):
        series.graphicalProperties.solidFill = SOLID[verdict]
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.y_axis.number_format = "0"
    chart.y_axis.majorGridlines = pale_lines()
    dress(chart, "Actions of each area by verdict", 34, 2.6 + 0.55 * (last - head), legend="b")
    return chart


def _gaps(sheet: Worksheet, posture: Posture, top: int) -> int:
    """The actions not met that are worth most points. The next free row."""
    section(sheet, top, "The gaps worth most", COLUMNS)
    for column in range(1, COLUMNS + 1):
        put_in(sheet, top + 1, column, None, "head")
    for column, title in ((1, "Recommended action"), (2, "Rank"), (3, "Points missing"), (4, "Score impact"), (5, "Area"), (8, "Reason")):
        put_in(sheet, top + 1, column, title, "head right" if column in {2, 3, 4} else "head")
    sheet.row_dimensions[top + 1].height = 30
    gaps = posture.gaps[:MOST_GAPS]
    if not gaps:
        put(sheet, top + 2, 1, "No action is found not met.", "text")
        return top + 3
    for row, gap in enumerate(gaps, top + 2):
        area, reason = area_title(gap.area), gap.reason
        put(sheet, row, 1, gap.title, "wrap")
        put(sheet, row, 2, gap.rank, "count")
        put(sheet, row, 3, missing(gap), "points")
        put(sheet, row, 4, impact(gap, posture), "impact")
        put(sheet, row, 5, area, "wrap")
        put(sheet, row, 8, reason, "wrap")
        sheet.merge_cells(start_row=row, end_row=row, start_column=5, end_column=7)
        sheet.merge_cells(start_row=row, end_row=row, start_column=8, end_column=COLUMNS)
        fit(sheet, row, min(max(lines_of(gap.title, 46), lines_of(area, 31), lines_of(reason, 66)), 6))
    return top + 2 + len(gaps)
