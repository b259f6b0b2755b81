"""The grid of the summary: its columns, and its cells, halfway up a row that is one line high."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from .cells import Value
from .cells import put as put_in
from .styles import MIDDLE

WIDTHS = (46, 9, 10, 10, 11, 9, 11, 9, 12, 10, 11, 11, 13)
COLUMNS = len(WIDTHS)
RIGHT = 9
"""Where the second block of a row begins."""


def put(sheet: Worksheet, row: int, column: int, value: Value, style: str) -> None:
    put_in(sheet, row, column, value, style + MIDDLE)
