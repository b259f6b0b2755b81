"""Strings on their way into a cell: what Excel reads of them, and Microsoft's markup as lines."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from reports.workbook.cells import put
from reports.workbook.styles import with_styles
from reports.workbook.text import LONGEST, MOST_NAMES, clean, fact, facts, link, plain, shown
from tests.workbooks import ANY_TEXT, PIECES


def as_excel_reads(text: str) -> str:
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


@given(st.one_of(ANY_TEXT, st.lists(PIECES, max_size=12).map("".join)))
def test_excel_reads_what_was_meant(text: str) -> None:
    read = as_excel_reads(clean(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]", read)
    if not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]", text):
        assert read == re.sub("\r\n?", "\n", text)


@given(st.one_of(ANY_TEXT, st.lists(PIECES, max_size=12).map("".join)))
def test_what_a_cell_shows_is_shown_again_as_it_is(text: str) -> None:
    assert shown(shown(text)) == shown(text) == as_excel_reads(clean(text))


@pytest.mark.parametrize("piece", ["a", "é", "😀", "_x0041_", "\x00", "a😀", "\r\n"])
def test_a_cell_is_never_longer_than_excel_holds(piece: str) -> None:
    shown = clean(piece * 32_768)
    assert len(shown.encode("utf-16-le")) // 2 <= LONGEST
    assert shown.endswith("…")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<ol><li>Open <b>Settings &gt; Apps</b>.</li><li>Turn it on.</li></ol>", "1. Open Settings > Apps.\n2. Turn it on."),
        ("<p>First.</p><ul><li>a<li>b</ul>After", "First.\n- a\n- b\nAfter"),
        ("<ol><li>a<ul><li>x</li></ul></li><li>b</li></ol>", "1. a\n- x\n2. b"),
        ("one<br/>two\n three&nbsp;four", "one\ntwo three four"),
        ("if 1 < 2 &amp; 3 &lt;b&gt;", "if 1 < 2 & 3 <b>"),
        ("a<script>alert(1)</script>b<!-- c -->d<style>e", "abd"),
        ("</ol></li><li>loose", "- loose"),
        ('see <a href="javascript:x">here</a>', "see here"),
        ("", ""),
    ],
)
def test_markup_becomes_lines(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_markup_that_never_ends_costs_no_more_than_its_length() -> None:
    assert len(plain("<a " * 100_000)) <= 300_000
    assert plain("<script>" * 50_000) == plain("<!--" * 50_000) == ""


@given(st.text(max_size=200))
def test_any_markup_becomes_text(markup: str) -> None:
    assert "\n\n" not in plain(markup)


def test_facts_read_as_names_and_values() -> None:
    observed = {"on": True, "off": False, "names": ["a", "b"], "nobody": [], "ratio": 0.5, "count": 3, "unknown": None, "by": {"x": 1}}
    assert facts(observed) == "on: yes; off: no; names: a, b; nobody: none; ratio: 0.5; count: 3; unknown: none; by: x 1"
    assert fact([str(number) for number in range(MOST_NAMES + 4_321)]).endswith(", 99 and 4,321 more")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://",
        "https://a b",
        'https://a"b',
        "https://a.example/\u202e",
        "HTTPS://a.example",
        "//a.example",
        "https://a.example\n",
        "https://x/" + "a" * 2_100,
    ],
)
def test_what_is_no_plain_address_is_no_link(address: str) -> None:
    assert link(address) is None


def test_days_without_a_time_are_written_as_days() -> None:
    book = with_styles(Workbook())
    put(book.worksheets[0], 1, 1, date(2026, 5, 4), "date")
    put(book.worksheets[0], 2, 1, float("nan"), "points")
    assert book.worksheets[0].cell(1, 1).number_format == "yyyy-mm-dd"
    assert book.worksheets[0].cell(2, 1).value is None
