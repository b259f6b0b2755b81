"""What people typed into the action plan of an earlier workbook, read back exactly: by action id, whatever was moved or sorted."""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import BadZipFile

from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .cells import Value
from .text import as_read, shown

PLAN, CLOSED = "Action plan", "Carried over, closed"
"""The two sheets that hold entries. An action moves from one to the other and back, and its entries with it."""
ID, TITLE, SINCE = "Action id", "Recommended action", "Closed since"
TYPED = ("Owner", "Due date", "Status", "Notes")
"""The columns that people fill in."""
TENANT_ID = "Tenant id"
"""The custom property of a workbook that says whose it is."""
_MOST_WHOLE = 2**53
# What a damaged or hostile file makes openpyxl, zipfile and the XML parsers raise.
_DAMAGE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, SyntaxError, RuntimeError, EOFError, OSError, AssertionError,
    MemoryError, BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What was typed for one action: the values of the columns `TYPED`, in their order. `since`: when it was first found closed."""

    action: str
    title: str
    typed: tuple[Value, ...]
    since: Value = None

    @property
    def owner(self) -> Value:
        return self.typed[0]

    @property
    def due(self) -> Value:
        return self.typed[1]

    def has_status(self, *statuses: str) -> bool:
        """Whether the status is one of these, in whichever case it was typed."""
        return str(self.typed[2]).casefold() in {status.casefold() for status in statuses}

    @property
    def empty(self) -> bool:
        return all(value is None for value in self.typed)


@dataclass
class Plan:
    """The entries of one workbook by key. `beyond` says in words what of it another workbook has no place for."""

    tenant: str | None = None
    entries: dict[str, Entry] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)

    def lacks(self, what: str) -> None:
        if what not in self.beyond:
            self.beyond.append(what)

    def add(self, entry: Entry) -> None:
        """Keep an entry, the first of two: rows that were copied count once."""
        held = self.entries.setdefault(key_of(entry.action), entry)
        if held.typed != entry.typed:
            self.lacks("two rows of one action that differ")


def key_of(action: str) -> str:
    """An action id as a workbook shows it, without case."""
    return shown(action).casefold()


class _Unfit(Exception):
    """A workbook, and not one of ours."""


def read(path: Path, ours: Mapping[str, Collection[str]]) -> Plan:
    """The plan of the workbook at `path`; `ours` are the sheets we write, each with the titles of its columns.

    Raises `OSError` if the file cannot be read at all, `ValueError` with one clause where it is no workbook or has no plan.
    """
    body = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about what openpyxl would not write again: it writes nothing here
            return _plan(_Source(body), ours)
    except _Unfit as error:
        raise ValueError(str(error)) from None
    except _DAMAGE as error:
        raise ValueError(f"it cannot be read as a workbook, as if damaged or locked with a password ({type(error).__name__})") from None


class _Reader(ExcelReader):
    """openpyxl's reader, with the shared strings as they stand in the file: its own takes `x005F_` out of them."""

    def read_strings(self) -> None:
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is not None:
            tag, text = f"{{{SHEET_MAIN_NS}}}si", cast(Any, Text)
            with self.archive.open(part.PartName[1:]) as source:
                self.shared_strings = [text.from_tree(node).content for _, node in iterparse(source) if node.tag == tag]


class _Source:
    """A workbook's bytes, and its cells as they are asked for."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.book = self._open(computed=False)
        self.parts = [name.casefold() for name in self.book._archive.namelist()]

    def _open(self, *, computed: bool) -> Any:
        reader = _Reader(BytesIO(self._body), read_only=True, data_only=computed, keep_links=False)
        reader.read()
        return reader.wb

    def rows(self, sheet: str, book: Any = None) -> Iterator[tuple[int, tuple[Any, ...]]]:
        """The rows that hold anything, with their numbers; what the sheet says of its own size is not believed."""
        cells = (book or self.book)[sheet]
        cells.reset_dimensions()
        return ((number, row) for number, row in enumerate(cells.iter_rows(), 1) if any(cell.value is not None for cell in row))

    @cached_property
    def computed(self) -> dict[tuple[str, int, int], Any]:
        """The last value of every cell of the two sheets, by sheet, row and column."""
        book = self._open(computed=True)
        sheets = [name for name in (PLAN, CLOSED) if name in book.sheetnames]
        return {(name, at, col): cell.value for name in sheets for at, row in self.rows(name, book) for col, cell in enumerate(row)}


def _plan(source: _Source, ours: Mapping[str, Collection[str]]) -> Plan:
    names = source.book.sheetnames
    if PLAN not in names:
        raise _Unfit(f'it has no sheet "{PLAN}"')
    said = [prop.value for prop in source.book.custom_doc_props.props if prop.name == TENANT_ID]
    plan = Plan(as_read(str(said[0])) if said and said[0] else None)
    for name in (PLAN, CLOSED):
        if name in names:
            _read_sheet(source, name, frozenset(ours[name]), plan)
    if set(names) - set(ours):
        plan.lacks("sheets of your own")
    if any("comment" in part or part.startswith("xl/media/") for part in source.parts):
        plan.lacks("comments or pictures")
    return plan


def _read_sheet(source: _Source, name: str, ours: frozenset[str], plan: Plan) -> None:
    """Every row under the header, wherever the columns stand now."""
    places: dict[str, int] = {}
    for number, row in source.rows(name):
        if not places:
            places = _header(row)
            if not places:
                plan.lacks("rows above the header")
            elif places.keys() - ours:
                plan.lacks("columns of your own")
            continue
        values = [_value(source, plan, (name, number, column), cell) for column, cell in enumerate(row)]
        _read_row(values, places, ours, plan)
    if not places:
        raise _Unfit(f'its sheet "{name}" has not the columns {", ".join((ID, *TYPED))}')


def _header(row: tuple[Any, ...]) -> dict[str, int]:
    """Where each title stands, the first of two; nothing, where this is no header."""
    places: dict[str, int] = {}
    for column, cell in enumerate(row):
        if isinstance(cell.value, str):
            places.setdefault(as_read(cell.value).strip(), column)
    return places if {ID, *TYPED} <= places.keys() else {}


def _read_row(values: list[Value], places: dict[str, int], ours: frozenset[str], plan: Plan) -> None:
    def at(title: str) -> Value:
        column = places.get(title, len(values))
        return values[column] if column < len(values) else None

    if any(value is not None and column not in _known(places, ours) for column, value in enumerate(values)):
        plan.lacks("columns of your own")
    action, title, typed = at(ID), at(TITLE), tuple(map(at, TYPED))
    entry = Entry(_text(action), _text(title), typed, at(SINCE))
    if action is None and not (title is None and entry.empty):
        plan.lacks("rows without an action id")
    elif not entry.empty:
        plan.add(entry)


def _known(places: dict[str, int], ours: frozenset[str]) -> set[int]:
    return {column for title, column in places.items() if title in ours}


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _value(source: _Source, plan: Plan, place: tuple[str, int, int], cell: Any) -> Value:
    """A cell's value as one that can be written again. Of a formula its last value; without one, the formula as text."""
    value = cell.value
    if cell.data_type == "f":
        plan.lacks("formulas")
        last = source.computed.get(place)
        value = getattr(value, "text", value) if last is None else last
    if value is None or (isinstance(value, int) and abs(value) <= _MOST_WHOLE):
        return value
    if isinstance(value, datetime):
        return (value + timedelta(milliseconds=500)).replace(microsecond=0)
    if isinstance(value, date):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.15g}")  # what Excel holds of a number
    return as_read(str(value)) or None
