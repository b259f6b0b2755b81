"""Cells and tables: the one place where a value enters a sheet."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from .styles import NUMBERS
from .text import clean, link

T = TypeVar("T")
_Cells = dict[tuple[int, int], Cell]
_Styles = dict[str, Any]
Value = str | int | float | date | datetime | None

TYPED = "typed"
"""The style of a cell that people fill in."""
_FORMULA_LIKE = ("=", "+", "-", "@", "\t")
# Excel's calendar begins in 1900 and has a day in it that never was; .NET writes year 1 for "never".
_FIRST_DAY = date(1900, 3, 1)
_LINE_HEIGHT = 13.2
_TALLEST = 409.0
# Text of ten points against the digits of eleven in which a width is measured; words break before the edge. As drawn by LibreOffice.
_NARROWER = 1.2


def put(sheet: Worksheet, row: int, column: int, value: Value, style: str) -> None:
    """Write one value: text that is text whatever it begins with, real numbers, real dates in UTC. None leaves the cell empty."""
    _write(sheet, _cells(sheet), _styles(sheet), row, column, value, style)


def _write(sheet: Worksheet, cells: _Cells, styles: _Styles, row: int, column: int, value: Value, style: str) -> None:
    address = None
    if style == "link":
        address = link(value) if isinstance(value, str) else None
        style = "link" if address else "text"
    elif style == TYPED:
        style = _typed_as(value)
    cells[row, column] = cell = Cell(sheet, row, column, style_array=styles[style])
    if isinstance(value, date):
        value = _dated(value)
    if isinstance(value, str):
        _put_text(cell, clean(value))
    elif value is not None and (not isinstance(value, float) or math.isfinite(value)):
        cell.value = value
    if address:
        cell.hyperlink = Hyperlink(ref=cell.coordinate, target=address)


def _typed_as(value: Value) -> str:
    """The style of a value that someone typed: as what he typed it, whatever the column is for."""
    if isinstance(value, datetime):
        return "date" if value.time() == time() else "moment"
    if isinstance(value, date):
        return "date"
    return TYPED if isinstance(value, str) else "typed number"


def _put_text(cell: Cell, text: str) -> None:
    """Past openpyxl's guess at what a text is, which makes a formula of `=…` and an error of `#N/A`; `clean` has done its other work.
    The prefix keeps it text when it is edited."""
    if text:
        setattr(cell, "_value", text)  # noqa: B010  not in openpyxl's types
        cell.data_type = "s"
        if text.startswith(_FORMULA_LIKE):
            cell.quotePrefix = True


def _cells(sheet: Worksheet) -> _Cells:
    """Where openpyxl keeps them. `Worksheet.cell` and `Cell.style` look each of thousands of cells and styles up by name."""
    cells: _Cells = getattr(sheet, "_cells")  # noqa: B009
    return cells


def dress_column(sheet: Worksheet, letter: str, style: str) -> None:
    """The style of the cells in a column that hold nothing yet: how it looks when something is typed into them."""
    setattr(sheet.column_dimensions[letter], "_style", copy(_styles(sheet)[style]))  # noqa: B010


def _styles(sheet: Worksheet) -> _Styles:
    """The workbook's named styles by name, as what a new cell takes a copy of."""
    book = sheet.parent
    assert isinstance(book, Workbook)
    if book not in _KNOWN:
        _KNOWN[book] = {style.name: style.as_tuple() for style in getattr(book, "_named_styles")}  # noqa: B009
    return _KNOWN[book]


_KNOWN: WeakKeyDictionary[Workbook, _Styles] = WeakKeyDictionary()


def _dated(when: date) -> date | str:
    """A day, or a time in UTC without its zone, to the second: what Excel can hold. What its calendar has not stays text."""
    if isinstance(when, datetime):
        when = (when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None, microsecond=0)
        return when if when.date() >= _FIRST_DAY else when.isoformat(" ")
    return when if when >= _FIRST_DAY else when.isoformat()


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table: its header, its width in characters, the style of its cells, and how a value comes out of a row;
    `grows`, whether its text may make a row higher."""

    title: str
    width: float
    style: str
    value: Callable[[T], Value]
    head: str = "head"
    grows: bool = True


def table(sheet: Worksheet, columns: Sequence[Column[T]], rows: Iterable[T], top: int = 1, most_lines: int = 12) -> int:
    """Write a table whose header stands in row `top`; the number of its last row. A row is as high as its longest wrapped cell,
    up to `most_lines`: no program but Excel sizes rows by itself."""
    for position, column in enumerate(columns, 1):
        put(sheet, top, position, column.title, f"{column.head} right" if column.style in NUMBERS else column.head)
    sheet.row_dimensions[top].height = 32
    last, cells, styles = top, _cells(sheet), _styles(sheet)
    for last, row in enumerate(rows, top + 1):
        lines = 1
        for position, column in enumerate(columns, 1):
            value = column.value(row)
            if value is None or value == "":
                continue
            _write(sheet, cells, styles, last, position, value, column.style)
            if column.grows and column.style in {"wrap", "code", TYPED}:
                lines = max(lines, lines_of(str(value), column.width, 0.95 if column.style == "code" else _NARROWER))
        fit(sheet, last, min(lines, most_lines))
    return last


def merge(sheet: Worksheet, row: int, first: int, last: int) -> None:
    """One cell of several in a row. `Worksheet.merge_cells` would draw their borders anew, at the price of a page of cells."""
    sheet.merged_cells.add(f"{get_column_letter(first)}{row}:{get_column_letter(last)}{row}")


def lines_of(text: str, width: float, characters: float = _NARROWER) -> int:
    """Lines a text takes in a wrapped cell of so many digits, each as wide as so many `characters`. Two digits go for the indent."""
    room = max((width - 2) * characters, 1.0)
    return sum(max(1, math.ceil(_breadth(line) / room)) for line in text.split("\n", 200))


def _breadth(line: str) -> int:
    return len(line) if line.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def fit(sheet: Worksheet, row: int, lines: int) -> None:
    """Set a row's height for so many lines."""
    sheet.row_dimensions[row].height = min(lines * _LINE_HEIGHT + 3, _TALLEST)
