"""Nothing of a tenant's can make the workbook do anything: no formula, no link but https, no command, whatever the text."""

from __future__ import annotations

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.writer.excel import ExcelWriter

from fixtures.record import Microsofts
from fixtures.verdicts import Verdict
from reports import workbook
from reports.workbook.cells import put
from reports.workbook.styles import with_styles
from reports.workbook.text import clean
from tests.workbooks import ANY_TEXT, PIECES, RIGHT_TO_LEFT, action, cells, full_book, reread, rows, small, some, texts

HOSTILE = [
    '=HYPERLINK("http://evil.example","click")',
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tcmd",
    "#N/A",
    "#REF!",
    "<script>alert(1)</script>",
    "{=1}",
    "'quoted",
]


@pytest.fixture(scope="module")
def book() -> Workbook:
    return full_book()


def test_no_cell_is_a_formula_or_an_error(book: Workbook) -> None:
    assert not [cell.coordinate for cell in cells(book) if cell.data_type in {"f", "e"}]


def test_hostile_text_stays_the_text_it_is(tmp_path: Path) -> None:
    posture = small()
    records = list(posture.of_actions())[: len(HOSTILE)]
    for record, text in zip(records, HOSTILE, strict=True):
        record.title = record.reason = record.category = text
        record.observed = {text: [text, text]}
    book = reread(posture, tmp_path)
    for record, text in zip(records, HOSTILE, strict=True):
        row = action(book, str(record.action))
        for title in ("Recommended action", "Reason", "Category"):
            assert row[title].value == text
            assert row[title].data_type == "s"
            assert row[title].quotePrefix == text.startswith(("=", "+", "-", "@", "\t"))
        assert row["Observed"].value == f"{text}: {text}, {text}"
    assert not [cell.coordinate for cell in cells(book) if cell.data_type in {"f", "e"}]


def test_a_hostile_tenant_name_commands_nothing(tmp_path: Path) -> None:
    posture = small()
    name = f"=A&B &G\x1b[31m{RIGHT_TO_LEFT}gnp\ud800"
    posture.tenant = msgspec.structs.replace(posture.tenant, name=name, label=name)
    book = reread(posture, tmp_path)
    shown = "=A&B &G[U+001B][31m[U+202E]gnp[U+D800]"
    assert shown in texts(book["Summary"])
    assert book.properties.title == f"Security posture of {shown}"
    foot = book["Summary"].oddFooter
    assert foot is not None
    assert foot.left.text == shown.replace("&", "&&")


def test_only_https_is_a_link(tmp_path: Path) -> None:
    posture = small()
    urls = ["javascript:alert(1)", "http://a.example/", "https://ok.example/a?b=c#d", "https://a@evil.example/", "file:///etc/passwd", "=1"]
    records = list(posture.of_actions())[: len(urls)]
    for record, url in zip(records, urls, strict=True):
        record.url = url
    path = tmp_path / "workbook.xlsx"
    workbook.write(posture, path)
    book = load_workbook(path)
    linked = [cell for cell in cells(book) if cell.hyperlink]
    assert len(linked) > 10
    assert all(str(cell.hyperlink and cell.hyperlink.target).startswith("https://") for cell in linked)
    found = [action(book, str(record.action))["Link"] for record in records]
    assert [cell.value for cell in found] == urls
    assert [bool(cell.hyperlink) for cell in found] == [False, False, True, False, False, False]
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".rels")]
    outside = [target for part in parts for target in re.findall(r'Target="([^"]*)"[^>]*TargetMode="External"', part)]
    assert len(outside) == len(linked)
    assert all(target.startswith("https://") for target in outside)


def test_a_date_before_excels_calendar_stays_text(tmp_path: Path) -> None:
    posture = small()
    record = some(posture, Verdict.MET)
    record.microsoft = Microsofts(score=1, last_synced=datetime(1, 1, 1, tzinfo=UTC), state=None, agreement="agree")
    posture.exceptions = [{"action": "a", "expires": "1800-01-01"}, {"action": "b", "expires": "never"}, {}]
    book = reread(posture, tmp_path)
    assert action(book, str(record.action))["Last synced"].value == "0001-01-01 00:00:00"
    assert [row["Expires"].value for row in rows(book["Exceptions"])] == ["1800-01-01", "never", None]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    posture = small()
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(b"the old one")

    def half(_: ExcelWriter) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(ExcelWriter, "save", half)
    with pytest.raises(OSError, match="disk full"):
        workbook.write(posture, path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("workbook.xlsx", b"the old one")]


@settings(max_examples=15)
@given(st.lists(st.one_of(ANY_TEXT, st.lists(PIECES, max_size=8).map("".join)), min_size=30, max_size=90))
@example(["=1+1", "_x0041_", "\ud800", "\ufffe", "\x00", "#N/A", "\r\n", "", " ", "_x0041_x0042_", "=" * 40_000, "😀" * 20_000])
def test_any_text_gives_a_workbook_that_loads_and_a_cell_that_is_text(said: list[str]) -> None:
    book = with_styles(Workbook())
    sheet = book.worksheets[0]
    for row, text in enumerate(said, 1):
        put(sheet, row, 1, text, "wrap")
    file = BytesIO()
    book.save(file)
    back = load_workbook(file).worksheets[0]
    for row, text in enumerate(said, 1):
        cell = back.cell(row, 1)
        assert cell.value == (clean(text) or None)
        assert cell.value is None or cell.data_type == "s"
