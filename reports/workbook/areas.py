"""The areas on the summary: the count of every verdict, and the points; then the same as a picture."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict
from reports.posture import AreaSummary, Posture

from .actions import area_title, is_scored
from .cells import fit
from .cells import put as put_in
from .pages import bar_in_cells, dress, labels, pale_lines, section
from .styles import SOLID
from .summing import COLUMNS, put

_COUNTS = 2  # the verdicts' first column


def fill_areas(sheet: Worksheet, posture: Posture, top: int) -> None:
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
        if verdict in {Verdict.MET, Verdict.NOT_MET}:
            labels(series, "0;;", "FFFFFF")
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.y_axis.number_format = "0"
    chart.y_axis.majorGridlines = pale_lines()
    dress(chart, "Actions of each area by verdict", 34, 2.6 + 0.55 * (last - head), legend="b")
    return chart
