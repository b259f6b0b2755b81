"""How the score came to where it is: its days, its charts, and the movements behind them."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart._chart import ChartBase
from openpyxl.chart.axis import DateAxis
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict
from reports.history import Listed, listed
from reports.posture import Movement, Posture

from .actions import area_title
from .cells import Column, table
from .pages import always, dress, labels, pale_lines, rule_rows, section, single, where
from .styles import ACCENT, MUTED, SOLID, TINTS

_CHARTS_AT = (2, 22, 43)
"""The rows where the charts begin: two on a page, and the page ends between them and the third."""
_PAGE_ENDS = 42


@dataclass(frozen=True)
class Compared:
    """Where the summary keeps the tenant's points above the averages of others: labels in one column, points in another."""

    sheet: Worksheet
    labels: int
    points: int
    first: int
    last: int


def fill(sheet: Worksheet, posture: Posture, compared: Compared | None) -> None:
    """A row a day, those of which Microsoft gave none too: there the lines of the charts are broken."""
    amber = TINTS[Verdict.NOT_EVALUATED]
    own = {_WRONG: [where(f"LEN(${get_column_letter(len(_DAYS))}2)>0", tint=amber[0], ink=amber[1]), always()]}
    last = single(sheet, posture, _DAYS, listed(posture.history, posture.as_of), "No day of Secure Score could be read.", own=own)
    charts: list[ChartBase] = []
    if posture.history:
        charts += [_percentage(sheet, last), _points(sheet, last)]
    if compared:
        charts.append(_comparison(compared))
    for row, chart in zip(_CHARTS_AT, charts, strict=False):
        sheet.add_chart(chart, f"{_CHARTS_IN}{row}")
    sheet.row_breaks.append(Break(id=_PAGE_ENDS))
    sheet.print_area = f"A1:{_CHARTS_END}{max(last, 1 + len(charts) * 20)}"


def _current(row: Listed) -> float | None:
    return row.day.current if row.day else None


def _max(row: Listed) -> float | None:
    return row.day.max if row.day else None


def _share(row: Listed) -> float | None:
    current, most = _current(row), _max(row)
    return current / most if current is not None and most else None


_WRONG = "What is wrong with the day"
_DAYS: list[Column[Listed]] = [
    Column("Date", 13, "date", lambda row: row.date),
    Column("Points", 12, "points", _current),
    Column("Max", 12, "points", _max),
    Column("Percentage", 12, "percent", _share),
    Column("Sum of the actions' points", 14, "points", lambda row: row.day.of_parts if row.day else None),
    Column(_WRONG, 46, "text", lambda row: row.wrong),
]
_CHARTS_IN, _CHARTS_END = "H", "V"


def _percentage(sheet: Worksheet, last: int) -> LineChart:
    """The percentage over the days, which a new maximum does not distort as it does the points."""
    chart = _over_days(sheet, last, (4, 4), "0%")
    dress(chart, "Secure Score, percentage of the maximum", 24, 11, legend=None)
    return chart


def _points(sheet: Worksheet, last: int) -> LineChart:
    """The points and the maximum, which moves when Microsoft adds an action or the tenant a licence."""
    chart = _over_days(sheet, last, (2, 3), "#,##0")
    chart.y_axis.scaling.min = 0
    chart.series[1].graphicalProperties.line.solidFill = MUTED
    chart.series[1].graphicalProperties.line.dashStyle = "dash"
    dress(chart, "Points, and the maximum", 24, 11, legend="b")
    return chart


def _over_days(sheet: Worksheet, last: int, columns: tuple[int, int], shown: str) -> LineChart:
    chart = LineChart()
    chart.add_data(Reference(sheet, min_col=columns[0], max_col=columns[1], min_row=1, max_row=last), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=last))
    for line in chart.series:
        line.smooth = False
        line.graphicalProperties.line.solidFill = ACCENT
        line.graphicalProperties.line.width = 28_000
    chart.x_axis = DateAxis(crossAx=100, baseTimeUnit="days", majorUnit=max(last // 10, 1), majorTimeUnit="days", tickLblPos="low")
    chart.y_axis.majorGridlines = pale_lines()
    chart.y_axis.crossAx = chart.x_axis.axId
    chart.x_axis.number_format, chart.y_axis.number_format = "d mmm", shown
    chart.x_axis.delete = chart.y_axis.delete = False
    return chart


def _comparison(compared: Compared) -> BarChart:
    """The tenant beside the averages of others, as they are in the newest score."""
    chart = _bars(
        Reference(compared.sheet, min_col=compared.points, min_row=compared.first, max_row=compared.last),
        Reference(compared.sheet, min_col=compared.labels, min_row=compared.first, max_row=compared.last),
        titles=False,
    )
    chart.series[0].graphicalProperties.solidFill = ACCENT
    labels(chart.series[0], "#,##0.00")
    chart.y_axis.scaling.min = 0
    dress(chart, "Points, this tenant against others", 24, 4 + 1.4 * (compared.last - compared.first + 1), legend=None)
    return chart


def _bars(data: Reference, categories: Reference, *, titles: bool) -> BarChart:
    """Bars from left to right, the first row on top."""
    chart = BarChart(barDir="bar", gapWidth=50)
    chart.add_data(data, titles_from_data=titles)
    chart.set_categories(categories)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.tickLblPos = "low"
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.crosses = "max"
    chart.y_axis.number_format = "#,##0"
    chart.y_axis.majorGridlines = pale_lines()
    return chart


@dataclass(frozen=True)
class _AreaMoves:
    """What the movements of one area come to."""

    title: str
    gained: float
    lost: float


def fill_movements(sheet: Worksheet, posture: Posture) -> None:
    columns: list[Column[Movement]] = [
        Column("Date", 13, "date", lambda m: m.date),
        Column("Action id", 40, "wrap", lambda m: m.action),
        Column("Recommended action", 70, "wrap", lambda m: m.title),
        Column("Before", 10, "points", lambda m: m.before),
        Column("After", 10, "points", lambda m: m.after),
        Column("Change", 10, "change", lambda m: round(m.after - m.before, 4)),
    ]
    last = single(sheet, posture, columns, posture.movements, "No action's points changed in the days that could be read.")
    areas = _by_area(posture)
    if areas:
        section(sheet, last + 2, "Gained and lost in these days, by area", len(columns))
        end = table(sheet, _AREAS, areas, top=last + 3)
        rule_rows(sheet, f"A{last + 4}:F{end}")
        sheet.row_breaks.append(Break(id=end + 1))  # a chart is not divided
        sheet.add_chart(_gained_and_lost(sheet, last + 3, end), f"A{end + 2}")


def _nothing(row: _AreaMoves) -> None:
    """Empty cells of a table that shares the columns of another."""


_AREAS: list[Column[_AreaMoves]] = [
    Column("", 0, "text", _nothing),
    Column("Area", 0, "text", lambda a: a.title),
    Column("", 0, "text", _nothing),
    Column("Gained", 0, "change", lambda a: a.gained or None),
    Column("Lost", 0, "change", lambda a: a.lost or None),
    Column("Together", 0, "change", lambda a: round(a.gained + a.lost, 4)),
]


def _by_area(posture: Posture) -> list[_AreaMoves]:
    """Areas whose actions moved, those that lost most first. An action that did not run belongs to none that is known."""
    areas = {(record.action or "").casefold(): area_title(record.area) for record in posture.of_actions()}
    moves: dict[str, list[float]] = {}
    for move in posture.movements:
        moves.setdefault(areas.get(move.action.casefold(), "Actions not in this run"), []).append(move.after - move.before)
    found = [
        _AreaMoves(title, round(sum(c for c in changes if c > 0), 4), round(sum(c for c in changes if c < 0), 4))
        for title, changes in moves.items()
    ]
    return sorted(found, key=lambda area: (area.lost, -area.gained, area.title))


def _gained_and_lost(sheet: Worksheet, head: int, last: int) -> BarChart:
    chart = _bars(
        Reference(sheet, min_col=4, max_col=5, min_row=head, max_row=last),
        Reference(sheet, min_col=2, min_row=head + 1, max_row=last),
        titles=True,
    )
    chart.overlap = 100
    for series, verdict in zip(chart.series, (Verdict.MET, Verdict.NOT_MET), strict=True):
        series.graphicalProperties.solidFill = SOLID[verdict]
        labels(series, '+0.00;-0.00;""')
    dress(chart, "Points gained and lost, by area", 28, 3.5 + 0.75 * (last - head), legend="b")
    return chart
