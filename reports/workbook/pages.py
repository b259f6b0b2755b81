"""A sheet as a whole: filter and frozen panes, colours by value, print set-up, and how a chart is dressed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from openpyxl.chart._chart import ChartBase
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties, RegularTextRun
from openpyxl.formatting.rule import DataBar, FormatObject, Rule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict

from .cells import Column, T, put
from .styles import INK, LINE, TINTS
from .text import clean, cut

_UNDER = Border(bottom=Side("thin", color=LINE))


def widen(sheet: Worksheet, widths: Iterable[float]) -> None:
    for position, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(position)].width = width


def as_table(sheet: Worksheet, columns: Sequence[Column[T]], last: int, frozen: str) -> None:
    """Widths, a filter over the header, frozen panes, lines between the rows and coloured verdicts, for a sheet that is one table."""
    end, bottom = get_column_letter(len(columns)), max(last, 2)
    widen(sheet, (column.width for column in columns))
    sheet.auto_filter.ref = f"A1:{end}{last}"
    sheet.freeze_panes = frozen
    sheet.print_title_rows = "1:1"
    titles = [column.title for column in columns]
    if "Verdict" not in titles:
        rule_rows(sheet, f"A2:{end}{bottom}")
        return
    at = 1 + titles.index("Verdict")
    before, verdict, after = (get_column_letter(number) for number in (at - 1, at, at + 1))
    colour_verdicts(sheet, f"{verdict}2:{verdict}{bottom}")
    # Not over the verdicts: LibreOffice heeds one set of rules for a cell.
    rule_rows(sheet, f"A2:{before}{bottom} {after}2:{end}{bottom}")


def rule_rows(sheet: Worksheet, cells: str) -> None:
    """A thin line under each row, empty cells too, in one rule: a style for each empty cell would cost as much as a value."""
    sheet.conditional_formatting.add(cells, Rule(type="expression", formula=["TRUE"], dxf=DifferentialStyle(border=_UNDER)))
    sheet.sheet_view.showGridLines = False


def section(sheet: Worksheet, row: int, title: str, columns: int, first: int = 1) -> None:
    """A heading with a line under it, over so many columns."""
    for column in range(first, first + columns):
        put(sheet, row, column, title if column == first else None, "section")
    sheet.row_dimensions[row].height = 20


def colour_verdicts(sheet: Worksheet, cells: str) -> None:
    """Colour the cells that hold a verdict's word, by the word: a filter, a sort or an edit keeps it right."""
    for verdict, (tint, ink) in TINTS.items():
        strong = verdict in {Verdict.NOT_MET, Verdict.NOT_EVALUATED}
        look = DifferentialStyle(font=Font(color=ink, bold=strong), fill=PatternFill(bgColor=tint), border=_UNDER)
        sheet.conditional_formatting.add(cells, Rule(type="cellIs", operator="equal", formula=[f'"{verdict}"'], dxf=look))


def bar_in_cells(sheet: Worksheet, cells: str) -> None:
    """A bar behind each fraction, as long as it is of one."""
    ends = [FormatObject(type="num", val=0), FormatObject(type="num", val=1)]
    sheet.conditional_formatting.add(cells, Rule(type="dataBar", dataBar=DataBar(cfvo=ends, color="9CC3E6")))


def for_print(sheet: Worksheet, tenant: str, colour: str) -> None:
    """Landscape A4, one page wide, with the tenant and the page at the foot. In a footer `&` is a command: it is doubled."""
    sheet.sheet_properties.tabColor = colour
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    fit_pages(sheet, True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.3, 0.3
    named = " ".join(cut(clean(tenant), 80).split()).replace("&", "&&")
    foot = sheet.oddFooter
    assert foot is not None
    for part, text in ((foot.left, named), (foot.center, "&A"), (foot.right, "page &P of &N")):
        part.text = text
        part.size = 8


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
