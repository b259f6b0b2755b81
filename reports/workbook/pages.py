"""A sheet as a whole: filter and frozen panes, colours by value, print set-up, and how a chart is dressed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from openpyxl.chart._chart import ChartBase
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.numbers import NumberFormat
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict
from reports.posture import Posture

from .cells import Column, T, put, table
from .styles import ACCENT, INK, LINE, TINTS
from .text import clean, cut

_UNDER = Border(bottom=Side("thin", color=LINE))
_OWN_FORMAT = 1_000  # the one number format that a rule brings, clear of those that openpyxl numbers


def widen(sheet: Worksheet, widths: Iterable[float]) -> None:
    for position, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(position)].width = width


def as_table(
    sheet: Worksheet,
    columns: Sequence[Column[T]],
    last: int,
    frozen: str,
    own: Mapping[str, Sequence[Rule]] | None = None,
    first: Sequence[Callable[[], Rule]] = (),
) -> None:
    """Widths, a filter over the header, frozen panes, and a line under each row, for a sheet that is one table.

    `own` are the rules of single columns by title (a verdict's colours by default), `first` those that go before the line elsewhere.
    The ranges do not overlap: LibreOffice heeds one set of rules for a cell.
    """
    end, bottom = get_column_letter(len(columns)), max(last, 2)
    widen(sheet, (column.width for column in columns))
    sheet.auto_filter.ref = f"A1:{end}{last}"
    sheet.freeze_panes = frozen
    sheet.print_title_rows = "1:1"
    sheet.sheet_view.showGridLines = False
    rules = dict(own or {})
    if any(column.title == "Verdict" for column in columns):
        rules["Verdict"] = verdict_rules()
    rest = []
    for title, group in groupby(enumerate(columns, 1), lambda place: place[1].title if place[1].title in rules else None):
        letters = [get_column_letter(position) for position, _ in group]
        cells = f"{letters[0]}2:{letters[-1]}{bottom}"
        if title is None:
            rest.append(cells)
        else:
            paint(sheet, cells, rules[title])
    paint(sheet, " ".join(rest), [*(rule() for rule in first), always()])


def single(
    sheet: Worksheet,
    posture: Posture,
    columns: Sequence[Column[T]],
    rows: Sequence[T],
    nothing: str,
    frozen: str = "B2",
    own: Mapping[str, Sequence[Rule]] | None = None,
    most_lines: int = 30,
) -> int:
    """A sheet that is one table, or says in a sentence why it is empty. The number of its last row."""
    last = table(sheet, columns, rows, most_lines=most_lines)
    as_table(sheet, columns, last, frozen, own)
    if not rows:
        put(sheet, 2, 1, nothing, "text")
    for_print(sheet, posture, "8A939C")
    return max(last, 2)


def paint(sheet: Worksheet, cells: str, rules: Iterable[Rule]) -> None:
    """Formats by value: a filter, a sort or an edit keeps them right. The first rule that holds comes first."""
    for rule in rules:
        sheet.conditional_formatting.add(cells, rule)


def where(formula: str, *, tint: str | None = None, ink: str | None = None, bold: bool = False, shown: str | None = None) -> Rule:
    """Where `formula` holds: a fill, a colour of the text, and a number format that can add a word to it."""
    return Rule(
        type="expression",
        formula=[formula],
        dxf=DifferentialStyle(
            font=Font(color=ink, bold=bold or None) if ink else None,
            fill=PatternFill(bgColor=tint) if tint else None,
            border=_UNDER,
            numFmt=NumberFormat(numFmtId=_OWN_FORMAT, formatCode=shown) if shown else None,
        ),
    )


def always(tint: str | None = None) -> Rule:
    """A thin line under each row, empty cells too, in one rule: a style for each empty cell would cost as much as a value."""
    return where("TRUE", tint=tint)


def rule_rows(sheet: Worksheet, cells: str) -> None:
    """Lines for a table under the first."""
    paint(sheet, cells, [always()])


def verdict_rules() -> list[Rule]:
    """The colour of a verdict, where a cell holds its word."""
    return [
        Rule(
            type="cellIs",
            operator="equal",
            formula=[f'"{verdict}"'],
            dxf=DifferentialStyle(
                font=Font(color=ink, bold=verdict in {Verdict.NOT_MET, Verdict.NOT_EVALUATED}),
                fill=PatternFill(bgColor=tint),
                border=_UNDER,
            ),
        )
        for verdict, (tint, ink) in TINTS.items()
    ]


def section(sheet: Worksheet, row: int, title: str, columns: int, first: int = 1) -> None:
    """A heading with a line under it, over so many columns."""
    for column in range(first, first + columns):
        put(sheet, row, column, title if column == first else None, "section")
    sheet.row_dimensions[row].height = 20


def bar_in_cells(sheet: Worksheet, cells: str) -> None:
    """A bar behind each fraction, as long as it is of one."""
    ends = [FormatObject(type="num", val=0), FormatObject(type="num", val=1)]
    sheet.conditional_formatting.add(cells, Rule(type="dataBar", dataBar=DataBar(cfvo=ends, color="9CC3E6")))


def for_print(sheet: Worksheet, posture: Posture, colour: str, head: bool = True) -> None:
    """Landscape A4, one page wide, its name and day at the head, the tenant and the page at the foot.

    In both `&` is a command: it is doubled.
    """
    sheet.sheet_properties.tabColor = colour
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    fit_pages(sheet, True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.75 if head else 0.5, 0.6, 0.3, 0.3
    named = " ".join(cut(clean(posture.tenant.name), 80).split()).replace("&", "&&")
    foot, over = sheet.oddFooter, sheet.oddHeader
    assert foot is not None
    assert over is not None
    for part, text in ((foot.left, named), (foot.center, "&A"), (foot.right, "page &P of &N")):
        part.text = text
        part.size = 8
    if head:
        over.left.text, over.left.size, over.left.font, over.left.color = "&A", 14, "Calibri,Bold", ACCENT
        over.right.text, over.right.size = f"as of {posture.as_of:%Y-%m-%d %H:%M} UTC", 8


def fit_pages(sheet: Worksheet, fits: bool) -> None:
    properties = sheet.sheet_properties.pageSetUpPr
    assert properties is not None
    properties.fitToPage = fits


def dress(chart: ChartBase, title: str, width: int, height: float, legend: str | None) -> None:
    """Title, size in centimetres, no frame. Excel lays title and legend over the plot unless it is told not to."""
    look = CharacterProperties(sz=1200, b=True, solidFill=INK)
    text = Paragraph(pPr=ParagraphProperties(defRPr=look), r=[RegularTextRun(rPr=look, t=title)])
    chart.title = Title(tx=Text(rich=RichText(p=[text])), overlay=False)
    chart.width, chart.height = width, height
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    if legend is None or chart.legend is None:
        chart.legend = None
    else:
        chart.legend.position = legend
        chart.legend.overlay = False


def pale_lines() -> ChartLines:
    """Gridlines that stay behind the bars and lines."""
    return ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=LINE)))


def labels(series: Any, shown: str, ink: str = INK) -> None:
    """The figure at each bar, in the number format `shown`: no bar says its length by colour alone."""
    look = CharacterProperties(sz=900, solidFill=ink)
    written = RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])
    series.dLbls = DataLabelList(numFmt=shown, showVal=True, txPr=written)
    for other in ("showSerName", "showCatName", "showLegendKey", "showPercent"):
        setattr(series.dLbls, other, False)
