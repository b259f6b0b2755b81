"""What people typed is carried over exactly, by action id, and never lost: into the next workbook, or beside it."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from reports import workbook
from reports.workbook import book_of
from reports.workbook.carrying import Carried
from reports.workbook.cells import Value
from reports.workbook.text import shown
from reports.workbook.typed import CLOSED, ID, PLAN, TYPED, Entry, key_of
from tests.workbooks import ANY_TEXT, PIECES, beside, cells, entries_in, plan_in, rows, tiny, tiny_body, typed_into

DAY = datetime(2027, 1, 31)
BLANK = (None,) * len(TYPED)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook of three actions: `a` and `c` are not met, `b` is."""
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(tiny_body("a", "b", "c"))
    return path


VALUES: st.SearchStrategy[Value] = st.one_of(
    ANY_TEXT,
    st.lists(PIECES, max_size=8).map("".join),
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: float(f"{number:.15g}")).filter(lambda number: abs(number) < 2**53),
    st.dates(date(1900, 3, 1)).map(lambda day: datetime(day.year, day.month, day.day)),
    st.datetimes(datetime(1900, 3, 1)).map(lambda when: when.replace(microsecond=0)),
)


def same(value: Value) -> Value:
    """A value as it may be expected back: text as a cell shows it, whole numbers as such."""
    if isinstance(value, str):
        return shown(value) or None
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


@settings(max_examples=5)
@given(st.lists(st.tuples(ANY_TEXT, ANY_TEXT, st.tuples(*[VALUES] * len(TYPED))), min_size=8, max_size=24), ANY_TEXT)
def test_whatever_was_typed_is_carried_over_as_it_is_and_no_cell_is_a_formula(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str, tuple[Value, ...]]], name: str
) -> None:
    path = tmp_path_factory.mktemp("carried") / "workbook.xlsx"
    posture = tiny(*(f"{text}{at}" for at, (text, _, _) in enumerate(said)))
    posture.tenant = msgspec.structs.replace(posture.tenant, id=name, name=name, label=name)
    for record, (_, text, _) in zip(posture.verdicts, said, strict=True):
        record.title = record.reason = record.remediation = record.url = record.user_impact = text
    pairs = [(str(record.action), typed) for record, (_, _, typed) in zip(posture.verdicts, said, strict=True)]
    entries = {key_of(action): Entry(action, "", typed) for action, typed in pairs}
    wanted = {key: tuple(map(same, entry.typed)) for key, entry in entries.items()}
    wanted = {key: typed for key, typed in wanted.items() if typed != BLANK}
    book_of(posture, Carried(entries)).save(path)
    for _ in range(2):
        found = plan_in(path)
        assert {key: entry.typed for key, entry in found.entries.items()} == wanted
        assert not found.beyond
        workbook.write(posture, path)
        assert not beside(path), "all of it was carried over, so nothing else is kept"
    assert not [cell.coordinate for cell in cells(load_workbook(path)) if cell.data_type in {"f", "e"}]


def test_what_was_typed_stays_with_its_action_when_rows_and_columns_are_moved(path: Path) -> None:
    typed_into(path, {"a": ("Someone", DAY, "Planned", "first\nsecond"), "c": ("Another", None, None, None)})

    def sort(book: Workbook) -> None:
        sheet = book[PLAN]
        held = [[cell.value for cell in row] for row in sheet.iter_rows()]
        held = [held[0], *reversed(held[1:])]
        for number, row in enumerate(held, 1):
            for column, value in enumerate(reversed(row), 1):
                sheet.cell(number, column).value = value

    typed_into(path, {}, sort)
    assert workbook.write(tiny("c", "b", "a"), path) == ["2 entries of the action plan carried over into the workbook."]
    assert entries_in(path) == {"a": ("Someone", DAY, "Planned", "first\nsecond"), "c": ("Another", None, None, None)}
    assert not beside(path)


def test_entries_go_where_their_action_goes_and_come_back_with_it(path: Path) -> None:
    typed_into(path, {"a": ("Someone", DAY, "Done", "was easy")})
    workbook.write(tiny("c", "a"), path)  # now met
    (closed,) = rows(load_workbook(path)[CLOSED])
    assert [closed[title].value for title in ("Now", *TYPED)] == ["met", "Someone", DAY, "Done", "was easy"]
    workbook.write(tiny("c"), path)  # gone
    (closed,) = rows(load_workbook(path)[CLOSED])
    assert closed["Now"].value == "no longer in the catalogue"
    assert closed["Recommended action"].value
    part = tiny("c")
    part.selection = msgspec.structs.replace(part.selection, complete=False)
    workbook.write(part, path)  # not looked at
    assert [row["Kind"].value for row in rows(load_workbook(path)[PLAN])] == ["Gap", "Not in this run"]
    workbook.write(tiny("a", "c"), path)  # back again
    (step,) = [row for row in rows(load_workbook(path)[PLAN]) if row[ID].value == "a"]
    assert [step[title].value for title in TYPED] == ["Someone", DAY, "Done", "was easy"]
    assert not beside(path)


def test_hostile_text_that_was_typed_stays_text(path: Path) -> None:
    hostile = ("=HYPERLINK(1)", "+1", "@SUM(A1)", "-cmd|' /C calc'!A0")
    typed_into(path, {"a": hostile})
    workbook.write(tiny("a"), path)
    assert entries_in(path)["a"] == hostile
    assert not [cell for cell in cells(load_workbook(path)) if cell.data_type == "f"]


def test_shared_strings_are_read_as_excel_writes_them(path: Path) -> None:
    """Excel keeps texts in a table of their own, and escapes in it what openpyxl would lose."""
    typed_into(path, {"a": ("first", "second", "third", "fourth")})
    texts = {"first": "_x005F_x0041_", "second": "x005F_", "third": "a_x000D_&#10;b", "fourth": "_x0041_"}
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    sheet = next(name for name, body in parts.items() if b">first<" in body)
    types = parts["[Content_Types].xml"].decode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    if kind not in types:
        types = types.replace("</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>')
    body = parts[sheet].decode()
    for number, text in enumerate(texts):
        body = body.replace(f't="inlineStr"><is><t>{text}</t></is>', f't="s"><v>{number}</v>')
    items = "".join(f"<si><t>{text}</t></si>" for text in texts.values())
    table = f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>'
    parts |= {sheet: body.encode(), "[Content_Types].xml": types.encode(), "xl/sharedStrings.xml": table.encode()}
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, part)
    workbook.write(tiny("a"), path)
    assert entries_in(path)["a"] == ("_x0041_", "x005F_", "a\nb", "A")
    assert not beside(path)
