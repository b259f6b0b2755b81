"""How the workbook looks: its colours, and the named styles every sheet shares.

A style is made once for the workbook and named; style objects for every cell would cost more than all the rest.
"""

from __future__ import annotations

from typing import Literal

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side

from fixtures.verdicts import Verdict

INK, ACCENT, THEIRS, LINE, _TO_FILL_IN = "1F2933", "1F4E79", "3D5A80", "D5DCE3", "8A5A00"
SOLID = {
    Verdict.MET: "2E8B57",
    Verdict.NOT_MET: "C8372D",
    Verdict.NOT_EVALUATED: "E69F00",
    Verdict.ACCEPTED: "7768C9",
    Verdict.KNOWN: "4A90C2",
    Verdict.NOT_LICENSED: "8A939C",
    Verdict.NOT_APPLICABLE: "B4BCC4",
    Verdict.NOT_SCORED: "DCE1E6",
}
"""The colour of a verdict in a chart. A cell carries a pale one, and always the word."""
TINTS = {
    Verdict.MET: ("DFF3E5", "14532D"),
    Verdict.NOT_MET: ("FBE0DD", "8C1D13"),
    Verdict.NOT_EVALUATED: ("FFEFC7", "6B4700"),
    Verdict.ACCEPTED: ("E7E3F8", "3F3191"),
    Verdict.KNOWN: ("DCEBF7", "1B4B72"),
    Verdict.NOT_LICENSED: ("E9ECEF", "454C54"),
    Verdict.NOT_APPLICABLE: ("E9ECEF", "454C54"),
    Verdict.NOT_SCORED: ("F3F5F7", "5A636C"),
}
# `_0` leaves a digit's width free at the right edge; LibreOffice loses the indent of a cell that is aligned right.
NUMBERS = {
    "count": "#,##0_0",
    "points": "#,##0.00_0",
    "days": "#,##0_0;-#,##0_0",
    "percent": "0.0%_0",
    "impact": "0.00%_0",
    "change": "+#,##0.00_0;[Red]-#,##0.00_0;0.00_0",
}
"""The styles of numbers: aligned right, and their headers with them."""
FADED, MUTED = "7A828A", "8A939C"
TYPED_TINT = "FFFBEA"
"""Behind the cells that people fill in; their headers are of another colour, too, and each cell says what it is for."""
DATES = {"date": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm"}
MIDDLE = " middle"
"""Added to the name of a value's style: the same, halfway up its row, for a sheet whose rows are one line high."""


def with_styles(book: Workbook) -> Workbook:
    """The same workbook, with every named style of ours."""
    for style in (*_of_values("top", ""), *_of_values("center", MIDDLE), *_of_headings()):
        book.add_named_style(style)
    return book


def fill(colour: str) -> PatternFill:
    return PatternFill("solid", start_color=colour, end_color=colour)


def _font(size: float = 10, bold: bool = False, color: str = INK, name: str = "Calibri", underline: bool = False) -> Font:
    return Font(name=name, size=size, bold=bold, color=color, underline="single" if underline else None)


def _of_values(vertical: Literal["top", "center"], suffix: str) -> list[NamedStyle]:
    left, right = Alignment("left", vertical, indent=1), Alignment("right", vertical)
    wrapped = Alignment("left", vertical, indent=1, wrap_text=True)
    body, bold, over = _font(), _font(bold=True), Border(top=Side("thin", color=INK))
    totals = {name: NUMBERS[name] for name in ("count", "points", "percent")}
    return [
        *(NamedStyle(name + suffix, font=body, alignment=left, number_format=code) for name, code in DATES.items()),
        *(NamedStyle(name + suffix, font=body, alignment=right, number_format=code) for name, code in NUMBERS.items()),
        *(NamedStyle(f"{name} total{suffix}", font=bold, alignment=right, border=over, number_format=totals[name]) for name in totals),
        NamedStyle("date right" + suffix, font=body, alignment=right, number_format=DATES["date"] + "_0"),
        NamedStyle("text total" + suffix, font=bold, alignment=left, border=over),
        NamedStyle("rank" + suffix, font=body, alignment=Alignment("center", vertical), number_format="0"),
        NamedStyle("text" + suffix, font=body, alignment=left),
        NamedStyle("wrap" + suffix, font=body, alignment=wrapped),
        NamedStyle("label" + suffix, font=bold, alignment=left),
        NamedStyle("link" + suffix, font=_font(color="0B5CAD", underline=True), alignment=left),
        NamedStyle("typed" + suffix, font=body, alignment=wrapped),
        NamedStyle("typed number" + suffix, font=body, alignment=Alignment("left", vertical, indent=1)),
        NamedStyle("code" + suffix, font=_font(9, name="Consolas"), alignment=wrapped),
    ]


def _of_headings() -> list[NamedStyle]:
    middle, white = Alignment("left", "center", indent=1, wrap_text=True), _font(bold=True, color="FFFFFF")
    right = Alignment("right", "center", indent=1, wrap_text=True)
    return [
        NamedStyle("title", font=_font(20, True, ACCENT), alignment=Alignment(vertical="center")),
        NamedStyle("answer", font=_font(13), alignment=Alignment(vertical="center")),
        NamedStyle("section", font=_font(12, True, ACCENT), border=Border(bottom=Side("medium", color=ACCENT))),
        NamedStyle("warning", font=_font(bold=True, color="6B4700"), fill=fill("FFEFC7"), alignment=middle),
        NamedStyle("head", font=white, fill=fill(ACCENT), alignment=middle),
        NamedStyle("head right", font=white, fill=fill(ACCENT), alignment=right),
        NamedStyle("typed head", font=white, fill=fill(_TO_FILL_IN), alignment=middle),
        NamedStyle("their head", font=white, fill=fill(THEIRS), alignment=middle),
        NamedStyle("their head right", font=white, fill=fill(THEIRS), alignment=right),
    ]
