"""How the workbook is laid out, on the screen and on paper, and that LibreOffice opens and prints it."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from fixtures.verdicts import Verdict
from reports.workbook import SHEETS
from tests.workbooks import conditions, converted, demo_posture, full_body, full_book, headers, rows


@pytest.fixture(scope="module")
def book() -> Workbook:
    return full_book()


def test_the_sheets_stand_in_the_order_they_are_read(book: Workbook) -> None:
    assert tuple(book.sheetnames) == SHEETS


def test_headers_are_text_and_none_stands_twice(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        found = headers(sheet)
        assert all(isinstance(title, str) and title for title in found), sheet.title
        assert len(set(found)) == len(found), sheet.title


def test_tables_have_filters_and_frozen_headers(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        assert re.fullmatch(r"A1:[A-Z]+\d+", sheet.auto_filter.ref or ""), sheet.title
        assert sheet.freeze_panes, sheet.title
    sheet = book["Improvement actions"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == sheet.dimensions


def test_the_verdict_is_coloured_by_its_word(book: Workbook) -> None:
    assert set(conditions(book, "Improvement actions", "O")) == {f'"{verdict}"' for verdict in Verdict}


def test_charts_are_native_and_show_their_axes() -> None:
    with zipfile.ZipFile(BytesIO(full_body())) as package:
        charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    kinds = sorted(kind for text in charts for kind in ("barChart", "doughnutChart", "lineChart") if f"<{kind}>" in text)
    assert kinds == ["barChart"] * 3 + ["doughnutChart"] + ["lineChart"] * 2
    for text in charts:
        axes = re.findall(r"<(?:cat|val|date)Ax>.*?</(?:cat|val|date)Ax>", text, re.DOTALL)
        assert len(axes) == (0 if "<doughnutChart>" in text else 2)
        assert all('<delete val="0"' in axis for axis in axes)


def test_sheets_are_set_up_for_print(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape", sheet.title
        assert sheet.print_title_rows == "$1:$1", sheet.title
        fits = bool(sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage)
        assert fits == (sheet.title != "Improvement actions")
        if fits:
            assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0), sheet.title


def test_wrapped_rows_have_their_height(book: Workbook) -> None:
    sheet = book["Improvement actions"]
    heights = [sheet.row_dimensions[row].height for row in range(2, sheet.max_row + 1)]
    assert all(height and height <= 409 for height in heights)
    assert len(set(heights)) > 2


def test_no_two_sets_of_rules_meet_in_a_cell(book: Workbook) -> None:
    """LibreOffice heeds one set for a cell."""
    for sheet in book.worksheets:
        ranges = [part for area in sheet.conditional_formatting for part in area.sqref.ranges]
        for at, one in enumerate(ranges):
            assert not [str(other) for other in ranges[at + 1 :] if not one.isdisjoint(other)], (sheet.title, str(one))


def test_what_is_wrong_with_an_exception_is_said_in_words_too(book: Workbook) -> None:
    found = rows(book["Exceptions"])
    left = [(row["Expires"].value, row["Days left"].value) for row in found]
    assert all(isinstance(expires, datetime) for expires, _ in left)
    as_of = demo_posture().as_of.date()
    assert [days for _, days in left] == [(expires.date() - as_of).days for expires, _ in left if isinstance(expires, datetime)]
    force = [str(row["In force"].value) for row in found]
    assert force == sorted(force), "those without force first"
    assert conditions(book, "Exceptions", "I")[:2] == ["AND(ISNUMBER($I2),$I2<0)", "AND(ISNUMBER($I2),$I2<=30)"]


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_libreoffice_prints_it(tmp_path: Path) -> None:
    (tmp_path / "workbook.xlsx").write_bytes(full_body())
    body = converted(tmp_path / "workbook.xlsx", "pdf", tmp_path / "out").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", body))
    assert len(SHEETS) <= pages < 90
