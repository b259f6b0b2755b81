"""What cannot be carried over, or could not be read, is kept beside the new workbook under another name, and one line says so."""

from __future__ import annotations

import os
import random
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from reports import workbook
from reports.workbook.cells import Value
from reports.workbook.typed import ID, PLAN, read
from tests.workbooks import OURS, beside, cells, entries_in, headers, tiny, tiny_body, typed_into

DAY = datetime(2027, 1, 31)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook of three actions: `a` and `c` are not met, `b` is."""
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(tiny_body("a", "b", "c"))
    return path


def put(place: str, value: Value, sheet: str = PLAN) -> Callable[[Workbook], None]:
    def change(book: Workbook) -> None:
        book[sheet][place] = value

    return change


def comment(book: Workbook) -> None:
    book[PLAN]["D2"].comment = Comment("ask again", "someone")


def second_row(book: Workbook) -> None:
    sheet = book[PLAN]
    at = 1 + headers(sheet).index(ID)
    sheet.cell(9, at).value, sheet.cell(9, 4).value = "a", "someone else"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(put("Z1", "Ticket"), "columns of your own", id="a title"),
        pytest.param(put("Z2", "4711"), "columns of your own", id="a value"),
        (put("D9", "nobody"), "rows without an action id"),
        (put("A1", "x", "Notes of mine"), "sheets of your own"),
        (put("G2", "=1+1"), "formulas"),
        (second_row, "two rows of one action that differ"),
        (comment, "comments or pictures"),
        (lambda book: book[PLAN].insert_rows(1) or put("A1", "Our plan")(book), "rows above the header"),
    ],
)
def test_what_another_workbook_has_no_place_for_is_kept_beside_it(change: Callable[[Workbook], None], said: str, path: Path) -> None:
    def all_of_it(book: Workbook) -> None:
        if said == "sheets of your own":
            book.create_sheet("Notes of mine")
        change(book)

    typed_into(path, {"a": ("Someone", DAY, None, "typed")}, all_of_it)
    lines = workbook.write(tiny("a", "b"), path)
    (kept,) = beside(path)
    assert kept.startswith("workbook.earlier-")
    assert lines[-1] == f"The earlier workbook is kept as {kept}: it has what is not carried over: {said}."
    assert entries_in(path)["a"][:2] == ("Someone", DAY)
    assert lines[-1] in [cell.value for cell in cells(load_workbook(path))], "the summary says so, too"
    workbook.write(tiny("a", "b"), path)
    assert beside(path) == [kept], "it is kept once, and never replaced"


def test_a_formula_is_carried_over_as_its_last_value(path: Path) -> None:
    def compute(book: Workbook) -> None:
        book[PLAN]["E2"], book[PLAN]["E2"].number_format = "=DATE(2027,1,31)", "yyyy-mm-dd"

    typed_into(path, {}, compute)
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    with zipfile.ZipFile(path, "w") as package:
        for name, part in parts.items():
            package.writestr(name, re.sub(rb"(<f>DATE[^<]*</f>)<v ?/?>(</v>)?", rb"\1<v>46418</v>", part))
    workbook.write(tiny("a"), path)
    assert entries_in(path)["a"] == (None, DAY, None, None)


@pytest.mark.parametrize("body", [b"", b"no zip", b"PK\x03\x04", "a folder", "another book", "no columns"])
def test_what_cannot_be_read_is_kept_as_it_is(body: bytes | str, path: Path) -> None:
    if body == "a folder":
        path.unlink()
        path.mkdir()
        (path / "mine").write_text("kept", "utf-8")
    elif isinstance(body, bytes):
        path.write_bytes(body)
    else:
        other = Workbook()
        if body == "no columns":
            other.create_sheet(PLAN)
        other.save(path)
    before = path.read_bytes() if path.is_file() else None
    (line,) = workbook.write(tiny("a"), path)
    (kept,) = beside(path)
    assert line.startswith(f"The earlier workbook is kept as {kept}: nothing was carried over, ")
    assert before is None or path.with_name(kept).read_bytes() == before
    assert before is not None or (path.with_name(kept) / "mine").read_text("utf-8") == "kept"
    assert len(line.splitlines()) == 1


def read_or_refused(path: Path) -> None:
    try:
        read(path, OURS)
    except ValueError as error:
        said = str(error)
    else:
        said = "read"
    assert len(said.splitlines()) == 1


def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(path: Path) -> None:
    typed_into(path, {"a": ("Someone", DAY, "Done", "typed")})
    whole, chance = path.read_bytes(), random.Random(4711)
    for _ in range(30):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 3, 30, 300))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged[: chance.choice((len(damaged), chance.randrange(len(damaged))))])
        read_or_refused(path)


def test_damage_inside_the_package_is_read_or_refused(path: Path) -> None:
    with zipfile.ZipFile(path) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    chance = random.Random(4712)
    for _ in range(30):
        name = chance.choice([part for part in parts if part.endswith((".xml", ".rels"))])
        body = bytearray(parts[name])
        for _ in range(chance.choice((1, 5, 50))):
            at = chance.randrange(len(body))
            body[at : at + chance.randrange(3)] = bytes(chance.randrange(32, 127) for _ in range(chance.randrange(3))) or b"<"
        with zipfile.ZipFile(path, "w") as package:
            for each, part in parts.items():
                if each != name or chance.random() > 0.1:
                    package.writestr(each, bytes(body) if each == name else part)
        read_or_refused(path)


def test_another_tenants_plan_is_not_taken_for_this_ones(path: Path) -> None:
    typed_into(path, {"a": ("Someone", None, None, None)})
    other = tiny("a")
    other.tenant = msgspec.structs.replace(other.tenant, id="another")
    (line,) = workbook.write(other, path)
    (kept,) = beside(path)
    assert line == f"The earlier workbook is kept as {kept}: nothing was carried over, it is of another tenant."
    assert entries_in(path) == {}
    assert entries_in(path.with_name(kept)) == {"a": ("Someone", None, None, None)}


@pytest.mark.parametrize("mark", ["~$workbook.xlsx", ".~lock.workbook.xlsx#"])
def test_a_workbook_that_is_open_is_carried_over_as_saved_and_kept(mark: str, path: Path) -> None:
    typed_into(path, {"a": ("Someone", None, None, None)})
    path.with_name(mark).write_bytes(b"")
    carried, kept = workbook.write(tiny("a"), path)
    assert carried.startswith("1 entry ")
    assert "open in another program" in kept
    assert len(beside(path)) == 2


def test_one_that_was_changed_while_the_run_was_on_is_kept(path: Path) -> None:
    typed_into(path, {"a": ("Someone", None, None, None)})
    earlier = workbook.take_aside(path)
    assert earlier is not None
    os.utime(earlier.path, (1, 1))
    lines = workbook.write(tiny("a"), path, [earlier])
    assert lines[-1] == f"The earlier workbook is kept as {earlier.path.name}: it was changed after it was read."


def test_one_that_was_saved_under_its_name_while_the_run_was_on_is_carried_over_too(path: Path) -> None:
    typed_into(path, {"a": ("Someone", None, None, None)})
    earlier = workbook.take_aside(path)
    assert earlier is not None
    path.write_bytes(earlier.path.read_bytes())
    typed_into(path, {"a": ("Someone", DAY, None, None)})
    lines = workbook.write(tiny("a"), path, [earlier])
    assert entries_in(path) == {"a": ("Someone", DAY, None, None)}
    assert beside(path) == [earlier.path.name]
    assert lines[-1].endswith("it differs from what was carried over.")


def test_a_workbook_that_cannot_be_removed_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, missing_ok: bool = False) -> None:
        if "earlier" in self.name:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "unlink", refuse)
    (line,) = workbook.write(tiny("a"), path)
    assert line.endswith("it cannot be removed (Permission denied).")


def test_one_that_cannot_be_moved_stays_and_nothing_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()

    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        workbook.write(tiny("a"), path)
    assert path.read_bytes() == before
    assert not beside(path)


def test_what_a_run_that_died_left_aside_is_found_by_whatever_writes_next(path: Path) -> None:
    typed_into(path, {"a": ("Someone", DAY, None, None)})
    assert workbook.take_aside(path) is not None
    assert not path.exists()
    workbook.write(tiny("a"), path)
    assert entries_in(path) == {"a": ("Someone", DAY, None, None)}
    assert not beside(path)
