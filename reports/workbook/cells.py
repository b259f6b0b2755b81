"""Cells and tables: the one place where a value enters a sheet."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.worksheet import Worksheet

from .styles import NUMBERS
from .text import clean, link

T = TypeVar("T")
Value = str | int | float | date | datetime | None

_FORMULA_LIKE = ("=", "+", "-", "@", "\t")
# Excel's calendar begins in 1900 and has a day in it that never was; .NET writes year 1 for "never".
_FIRST_DAY = date(1900, 3, 1)
_LINE_HEIGHT = 13.2
_TALLEST = 409.0
# Text of ten points against the digits of eleven in which a width is measured; words break before the edge. As drawn by LibreOffice.
_NARROWER = 1.2


def put(sheet: Worksheet, row: int, column: int, value: Value, style: str) -> None:
    """Write one value: text that is text whatever it begins with, real numbers, real dates in UTC. None leaves the cell empty."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    _dress(cell, sheet, style)
    if isinstance(value, date):
        value = _dated(value)
    if isinstance(value, str):
        if style == "link":
            _put_link(cell, value)
        _put_text(cell, clean(value))
    elif not isinstance(value, float) or math.isfinite(value):
        cell.value = value


def _dress(cell: Cell, sheet: Worksheet, style: str) -> None:
    """`cell.style = style`, without searching the workbook's styles by name for each of thousands of cells."""
    book = sheet.parent
    assert isinstance(book, Workbook)
    known = _STYLES.setdefault(book, {})
    if style not in known:
        cell.style = style
        known[style] = copy(getattr(cell, "_style"))  # noqa: B009  not in openpyxl's types
    setattr(cell, "_style", copy(known[style]))  # noqa: B010


_STYLES: WeakKeyDictionary[Workbook, dict[str, Any]] = WeakKeyDictionary()


def _put_link(cell: Cell, text: str) -> None:
    """The link before the text: openpyxl writes the address into a cell that is empty still, formula and all."""
    address = link(text)
    if address:
        cell.hyperlink = Hyperlink(ref=cell.coordinate, target=address)
    else:
        cell.style = "text"


def _put_text(cell: Cell, text: str) -> None:
    """The type after the text: openpyxl makes a formula of `=…` and an error of `#N/A`. The prefix keeps it text when edited."""
    if text:
        cell.value = text
        cell.data_type = "s"
        if text.startswith(_FORMULA_LIKE):
            cell.quotePrefix = True


def _dated(when: date) -> date | str:
    """A day, or a time in UTC without its zone, to the second: what Excel can hold. What its calendar has not stays text."""
    if isinstance(when, datetime):
        when = (when.astimezone(UTC) if when.tzinfo else when).replace(tzinfo=None, microsecond=0)
        return when if when.date() >= _FIRST_DAY else when.isoformat(" ")
    return when if when >= _FIRST_DAY else when.isoformat()


@dataclass(frozen=True)
class Column(Generic[T]):
    """One column of a table: its header, its width in characters, the style of its cells, and how a value comes out of a row."""

    title: str
    width: float
    style: str
    value: Callable[[T], Value]
    head: str = "head"


def table(sheet: Worksheet, columns: Sequence[Column[T]], rows: Iterable[T], top: int = 1, most_lines: int = 12) -> int:
    """Write a table whose header stands in row `top`; the number of its last row. A row is as high as its longest wrapped cell,
    up to `most_lines`: no program but Excel sizes rows by itself."""
    for position, column in enumerate(columns, 1):
        put(sheet, top, position, column.title, f"{column.head} right" if column.style in NUMBERS else column.head)
    sheet.row_dimensions[top].height = 32
    last = top
    for last, row in enumerate(rows, top + 1):
        lines = 1
        for position, column in enumerate(columns, 1):
            value = column.value(row)
            if value is None or value == "":
                continue
            put(sheet, last, position, value, column.style)
            if column.style in {"wrap", "code"}:
                lines = max(lines, lines_of(str(value), column.width, 0.95 if column.style == "code" else _NARROWER))
        fit(sheet, last, min(lines, most_lines))
    return last


def lines_of(text: str, width: float, characters: float = _NARROWER) -> int:
    """Lines a text takes in a wrapped cell of so many digits, each as wide as so many `characters`. Two digits go for the indent."""
    room = max((width - 2) * characters, 1.0)
    return sum(max(1, math.ceil(_breadth(line) / room)) for line in text.split("\n", 200))


def _breadth(line: str) -> int:
    return len(line) if line.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in line)


def fit(sheet: Worksheet, row: int, lines: int) -> None:
    """Set a row's height for so many lines."""
    sheet.row_dimensions[row].height = min(lines * _LINE_HEIGHT + 3, _TALLEST)
