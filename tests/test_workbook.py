"""The workbook, read back: what a reader of it would see, and that nothing of a tenant's can make it do anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports import workbook
from reports.posture import Movement, Posture, Unread
from reports.workbook.cells import put
from reports.workbook.styles import with_styles
from reports.workbook.text import LONGEST, MOST_NAMES, clean, fact, facts, link, plain

ROOT = Path(__file__).parent.parent
SHEETS = [
    "Summary",
    "Improvement actions",
    "Checks without an action",
    "Exceptions",
    "Licences",
    "Evidence",
    "History days",
    "Movements",
]
EXPORT = [
    "Rank", "Recommended action", "Score impact", "Points achieved", "Status", "Regressed", "Have license?", "Category", "Product",
    "Last synced", "Microsoft update", "Notes",
]  # fmt: skip
OURS = [
    "Action id", "Area", "Verdict", "Cause", "Basis", "Reason", "Expected", "Observed", "Points max", "Points missing", "User impact",
    "Implementation cost", "What to do", "Link", "Licence", "Microsoft state", "Set by", "Set on", "Agreement", "Exception",
    "Evidence ids", "Evidence SHA-256",
]  # fmt: skip
RIGHT_TO_LEFT = "\u202e"
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
def demo(tmp_path_factory: pytest.TempPathFactory) -> Posture:
    """The posture of the demo tenant. Tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder}", "-q", "-p", "no:cacheprovider"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (folder / "posture.json").exists(), done.stdout + done.stderr
    return postures.read(folder / "posture.json")


@pytest.fixture(scope="module")
def written(demo: Posture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("written") / "workbook.xlsx"
    workbook.write(demo, path)
    return path


@pytest.fixture(scope="module")
def book(written: Path) -> Workbook:
    return load_workbook(written)


def copy_of(posture: Posture) -> Posture:
    return msgspec.convert(msgspec.to_builtins(posture), Posture)


def reread(posture: Posture, folder: Path) -> Workbook:
    path = folder / "workbook.xlsx"
    workbook.write(posture, path)
    return load_workbook(path)


def cells(book: Workbook) -> Iterator[Cell]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell, Cell) and cell.value is not None:
                    yield cell


def headers(sheet: Worksheet) -> list[object]:
    return [cell.value for cell in sheet[1]]


def rows(sheet: Worksheet) -> list[dict[str, Cell]]:
    """The rows under the header, up to the first that is empty, by column title."""
    titles = [str(title) for title in headers(sheet)]
    found = []
    for row in sheet.iter_rows(min_row=2):
        if all(cell.value is None for cell in row):
            break
        found.append({title: cell for title, cell in zip(titles, row, strict=True) if isinstance(cell, Cell)})
    return found


def actions(book: Workbook) -> list[dict[str, Cell]]:
    return rows(book["Improvement actions"])


def action(book: Workbook, name: str) -> dict[str, Cell]:
    return next(row for row in actions(book) if row["Action id"].value == name)


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def some(posture: Posture, verdict: Verdict) -> Record:
    return next(record for record in posture.of_actions() if record.verdict is verdict)


def test_the_sheets_stand_in_the_order_they_are_read(book: Workbook) -> None:
    assert book.sheetnames == SHEETS


def test_the_columns_of_secure_scores_export_come_first_and_in_its_words(book: Workbook) -> None:
    assert headers(book["Improvement actions"]) == EXPORT + OURS


def test_headers_are_text_and_none_stands_twice(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        found = headers(sheet)
        assert all(isinstance(title, str) and title for title in found), sheet.title
        assert len(set(found)) == len(found), sheet.title


def test_every_action_of_the_catalogue_has_one_row_in_rank_order(demo: Posture, book: Workbook) -> None:
    found = [(row["Rank"].value, row["Action id"].value) for row in actions(book)]
    assert len(found) == demo.totals["actions"] == len({name for _, name in found})
    assert {name for _, name in found} == {record.action for record in demo.of_actions()}
    assert found == sorted(found, key=lambda row: (row[0] or 100_000, str(row[1]).casefold()))


def test_every_record_of_the_posture_stands_in_one_row(demo: Posture, book: Workbook) -> None:
    assert len(actions(book)) + len(rows(book["Checks without an action"])) == len(demo.verdicts)


def test_a_second_check_of_an_action_stands_with_the_other_checks(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    gap = some(posture, Verdict.NOT_MET)
    second = msgspec.convert(msgspec.to_builtins(gap), Record)
    second.item, second.verdict = "checks/check_other.py::check_again", Verdict.MET
    posture.verdicts.append(second)
    book = reread(posture, tmp_path)
    other = next(row for row in rows(book["Checks without an action"]) if row["Item"].value == second.item)
    assert other["Action it also judges"].value == gap.action
    assert action(book, str(gap.action))["Verdict"].value == "not met"


def test_the_ledger_is_the_totals_of_the_posture(demo: Posture, book: Workbook) -> None:
    sheet = book["Summary"]
    top = next(row for row in range(1, sheet.max_row) if sheet.cell(row, 1).value == "Verdict")
    ledger = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(top + 1, top + 1 + len(demo.totals))}
    size = ledger.pop("Improvement actions in the catalogue")
    assert {**ledger, "actions": size} == demo.totals
    assert sum(int(str(number)) for number in ledger.values()) == size
    shares = [sheet.cell(row, 3).value for row in range(top + 1, top + len(demo.totals))]
    assert sum(float(str(share)) for share in shares) == pytest.approx(1)


def test_verdicts_counted_in_the_rows_are_those_of_the_ledger(demo: Posture, book: Workbook) -> None:
    found = Counter(row["Verdict"].value for row in actions(book))
    assert all(found[str(verdict)] == demo.totals[str(verdict)] for verdict in Verdict)


def test_the_areas_add_up(demo: Posture, book: Workbook) -> None:
    sheet = book["Summary"]
    row = next(row for row in range(1, sheet.max_row) if sheet.cell(row, 1).value == "All areas")
    assert sheet.cell(row, 10).value == demo.totals["actions"]
    assert [sheet.cell(row, 2 + at).value for at in range(len(Verdict))] == [demo.totals[str(verdict)] for verdict in Verdict]
    assert demo.score
    points = float(str(sheet.cell(row, 11).value)) + float(str(sheet.cell(row + 1, 11).value or 0))
    assert points == pytest.approx(demo.score.of_parts)


def test_score_impacts_are_what_the_tenant_lacks(demo: Posture, book: Workbook) -> None:
    assert demo.score
    assert demo.score.max
    scored = [r.points for r in demo.of_actions() if r.points and r.microsoft and r.microsoft.score is not None]
    lacking = sum(points.max - points.earned for points in scored)
    impacts = [row["Score impact"] for row in actions(book)]
    assert sum(float(str(cell.value)) for cell in impacts if cell.value is not None) == pytest.approx(lacking / demo.score.max)
    assert {cell.number_format for cell in impacts if cell.value is not None} == {"0.00%_0"}


def test_an_action_microsoft_does_not_score_has_no_points_to_miss(demo: Posture, book: Workbook) -> None:
    row = action(book, str(some(demo, Verdict.NOT_SCORED).action))
    assert [row[title].value for title in ("Score impact", "Points achieved", "Status", "Points missing")] == [None] * 4


def test_dates_are_dates_and_numbers_are_numbers(demo: Posture, book: Workbook) -> None:
    wanted: dict[str, dict[str, tuple[type, ...]]] = {
        "Improvement actions": {"Rank": (int,), "Score impact": (int, float), "Points achieved": (int, float), "Last synced": (datetime,),
                                "Set on": (datetime,), "Points max": (int, float)},
        "Evidence": {"Status": (int,), "Retrieved at (UTC)": (datetime,), "Items": (int,), "Pages": (int,), "Bytes": (int,)},
        "History days": {"Date": (datetime,), "Points": (int, float), "Max": (int, float), "Percentage": (int, float)},
        "Movements": {"Date": (datetime,), "Before": (int, float), "After": (int, float), "Change": (int, float)},
        "Licences": {"Seats": (int,), "Used": (int,)},
        "Exceptions": {"Expires": (datetime,)},
    }  # fmt: skip
    for title, columns in wanted.items():
        found = rows(book[title])
        for column, types in columns.items():
            values = [row[column].value for row in found if row[column].value is not None]
            assert values, (title, column)
            assert all(isinstance(value, types) for value in values), (title, column)
    synced = {r.action: r.microsoft.last_synced for r in demo.of_actions() if r.microsoft and r.microsoft.last_synced}
    for row in actions(book):
        when = synced.get(str(row["Action id"].value))
        assert row["Last synced"].value == (when.astimezone(UTC).replace(tzinfo=None, microsecond=0) if when else None)


def test_percentages_are_fractions_shown_as_percentages(demo: Posture, book: Workbook) -> None:
    assert demo.score
    assert demo.score.percentage
    sheet = book["Summary"]
    at = next(cell for row in sheet.iter_rows() for cell in row if cell.value == "Percentage" and cell.column == 9)
    shown = sheet.cell(at.row, 13)
    assert shown.value == pytest.approx(demo.score.percentage / 100)
    assert "%" in shown.number_format
    assert rows(book["History days"])[-1]["Percentage"].value == pytest.approx(demo.score.percentage / 100, abs=1e-4)


def test_no_cell_is_a_formula_or_an_error(book: Workbook) -> None:
    assert not [cell.coordinate for cell in cells(book) if cell.data_type in {"f", "e"}]


def test_evidence_is_named_with_the_beginning_of_its_hash(demo: Posture, book: Workbook) -> None:
    digests = {evidence.id: evidence.sha256 for evidence in demo.evidence}
    for row in actions(book):
        ids = str(row["Evidence ids"].value or "").split()
        assert str(row["Evidence SHA-256"].value or "").split() == [digests[name][:12] for name in ids]
    full = {row["Evidence id"].value: row["SHA-256"].value for row in rows(book["Evidence"])}
    assert full == digests


def test_regressed_is_yes_where_the_last_movement_lost_points(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    lost, regained, still = [str(record.action) for record in posture.of_actions()][:3]
    day = [datetime(2026, 1, number, tzinfo=UTC) for number in (1, 2)]
    posture.movements = [
        Movement(lost.upper(), "t", day[1], 2, 1),
        Movement(lost, "t", day[0], 0, 2),
        Movement(regained, "t", day[0], 2, 1),
        Movement(regained, "t", day[1], 1, 2),
    ]
    book = reread(posture, tmp_path)
    assert [action(book, name)["Regressed"].value for name in (lost, regained, still)] == ["Yes", "No", "No"]
    assert rows(book["Movements"])[0]["Change"].value == -1


@pytest.mark.parametrize(
    ("state", "earned", "status"),
    [
        (None, 0.0, "To address"),
        (None, 5.0, "Completed"),
        ("Ignored", 0.0, "Risk accepted"),
        ("ignored", 5.0, "Completed"),
        ("thirdParty", 5.0, "Resolved through third party"),
        ("Reviewed", 2.0, "To address"),
    ],
)
def test_status_is_the_portals(demo: Posture, tmp_path: Path, state: str | None, earned: float, status: str) -> None:
    posture = copy_of(demo)
    record = some(posture, Verdict.NOT_MET)
    record.points = Points(earned=earned, max=5.0)
    record.microsoft = Microsofts(score=earned, last_synced=None, state=state, agreement="agree")
    assert action(reread(posture, tmp_path), str(record.action))["Status"].value == status


@pytest.mark.parametrize(
    ("state", "shown"),
    [("held", "Yes"), ("none needed", "Yes"), ("absent", "No"), ("not active", "No"), ("unknown", "Unknown"), (None, "Unknown")],
)
def test_have_license_follows_the_licence_decision(demo: Posture, tmp_path: Path, state: str | None, shown: str) -> None:
    posture = copy_of(demo)
    record = some(posture, Verdict.MET)
    raw = {**msgspec.to_builtins(record), "licence": {"state": state} if state else None}
    posture.verdicts = [msgspec.convert(raw, Record)]
    assert actions(reread(posture, tmp_path))[0]["Have license?"].value == shown


def test_hostile_text_stays_the_text_it_is(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
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


def test_a_hostile_tenant_name_commands_nothing(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    name = f"=A&B &G\x1b[31m{RIGHT_TO_LEFT}gnp\ud800"
    posture.tenant = msgspec.structs.replace(posture.tenant, name=name, label=name)
    book = reread(posture, tmp_path)
    shown = "=A&B &G[U+001B][31m[U+202E]gnp[U+D800]"
    assert shown in texts(book["Summary"])
    assert book.properties.title == f"Security posture of {shown}"
    foot = book["Summary"].oddFooter
    assert foot is not None
    assert foot.left.text == shown.replace("&", "&&")


def test_only_https_is_a_link(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    urls = ["javascript:alert(1)", "http://a.example/", "https://ok.example/a?b=c#d", "https://a@evil.example/", "file:///etc/passwd", "=1"]
    records = list(posture.of_actions())[: len(urls)]
    for record, url in zip(records, urls, strict=True):
        record.url = url
    path = tmp_path / "workbook.xlsx"
    workbook.write(posture, path)
    book = load_workbook(path)
    linked = [cell for cell in cells(book) if cell.hyperlink]
    assert len(linked) > 100
    assert all(str(cell.hyperlink and cell.hyperlink.target).startswith("https://") for cell in linked)
    found = [action(book, str(record.action))["Link"] for record in records]
    assert [cell.value for cell in found] == urls
    assert [bool(cell.hyperlink) for cell in found] == [False, False, True, False, False, False]
    with zipfile.ZipFile(path) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.endswith(".rels")]
    outside = [target for part in parts for target in re.findall(r'Target="([^"]*)"[^>]*TargetMode="External"', part)]
    assert len(outside) == len(linked)
    assert all(target.startswith("https://") for target in outside)


def test_tables_have_filters_and_frozen_headers(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        assert re.fullmatch(r"A1:[A-Z]+\d+", sheet.auto_filter.ref or ""), sheet.title
        assert sheet.freeze_panes, sheet.title
    sheet = book["Improvement actions"]
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == sheet.dimensions


def test_the_verdict_is_coloured_by_its_word(book: Workbook) -> None:
    rules = {str(area.sqref): area.rules for area in book["Improvement actions"].conditional_formatting}
    (coloured,) = (found for cells_of, found in rules.items() if re.fullmatch(r"O2:O\d+", cells_of))
    assert {rule.formula[0] for rule in coloured} == {f'"{verdict}"' for verdict in Verdict}


def test_charts_are_native_and_show_their_axes(written: Path) -> None:
    with zipfile.ZipFile(written) as package:
        charts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    kinds = sorted(kind for text in charts for kind in ("barChart", "doughnutChart", "lineChart") if f"<{kind}>" in text)
    assert kinds == ["barChart", "doughnutChart", "lineChart"]
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


def test_a_partial_run_says_so_before_any_figure(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    posture.selection = postures.Selection(False, ["--area teams"], 6, "stopping after 1 failures")
    posture.totals = {**posture.totals, "not selected": 250}
    posture.verdicts[0].verdict = Verdict.NOT_EVALUATED
    posture.licences = None
    said = " ".join(texts(reread(posture, tmp_path)["Summary"])[:8])
    assert "Only part of the suite ran (--area teams): 250 of 258 improvement actions were not selected." in said
    assert "The run ended early: stopping after 1 failures." in said
    assert "The posture is incomplete: 1 check is not evaluated" in said
    assert "licences unknown" in said


def test_what_could_not_be_read_stands_under_the_evidence(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    posture.unread = [Unread("domains", "permission", "Graph refused it.", "Domain.Read.All", ["a", "b"])]
    said = texts(reread(posture, tmp_path)["Evidence"])
    assert {"Could not be read", "domains", "permission", "Graph refused it.", "Domain.Read.All", "2"} <= set(said)


def test_the_article_stands_against_today_for_each_area(demo: Posture, book: Workbook) -> None:
    said = texts(book["Licences"])
    for area in demo.areas:
        for text in (area.licence_in_article, area.licence_needed_today):
            assert not text or text in said


def test_a_posture_of_nothing_is_written_too(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    posture.score, posture.licences, posture.exit_status = None, None, None
    posture.verdicts, posture.areas, posture.evidence, posture.history, posture.movements, posture.exceptions = [], [], [], [], [], []
    posture.totals = postures.count([])
    book = reread(posture, tmp_path)
    assert book.sheetnames == SHEETS
    assert "Secure Score could not be read." in texts(book["Summary"])
    assert "The subscriptions could not be read: licences unknown." in texts(book["Licences"])
    for sheet in book.worksheets[1:]:
        assert sheet.cell(2, 1).value or sheet.title == "Improvement actions", sheet.title


def test_numbers_that_are_missing_stay_empty(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    assert posture.score
    assert posture.licences
    posture.score = msgspec.structs.replace(posture.score, current=None, max=None, percentage=None, compared_with=[])
    posture.history = [postures.Day(day.date, None, None) for day in posture.history[:2]]
    posture.licences = [msgspec.structs.replace(posture.licences[0], enabled=None, consumed=None)]
    book = reread(posture, tmp_path)
    assert rows(book["History days"])[0]["Percentage"].value is None
    assert rows(book["Licences"])[0]["Seats"].value is None
    assert {row["Score impact"].value for row in actions(book)} == {None}


def test_a_date_before_excels_calendar_stays_text(demo: Posture, tmp_path: Path) -> None:
    posture = copy_of(demo)
    record = some(posture, Verdict.MET)
    record.microsoft = Microsofts(score=1, last_synced=datetime(1, 1, 1, tzinfo=UTC), state=None, agreement="agree")
    posture.exceptions = [{"action": "a", "expires": "1800-01-01"}, {"action": "b", "expires": "never"}, {}]
    book = reread(posture, tmp_path)
    assert action(book, str(record.action))["Last synced"].value == "0001-01-01 00:00:00"
    assert [row["Expires"].value for row in rows(book["Exceptions"])] == ["1800-01-01", "never", None]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(demo: Posture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "workbook.xlsx"
    path.write_bytes(b"the old one")

    def half(self: Workbook, filename: Path) -> None:
        filename.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(Workbook, "save", half)
    with pytest.raises(OSError, match="disk full"):
        workbook.write(demo, path)
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("workbook.xlsx", b"the old one")]


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = st.sampled_from(
    [
        *"=+-@\t\r\n_ A",
        "_x0041_",
        "_x005F_",
        "_X000d_",
        "\x00",
        "\x1b",
        "\ufffe",
        "\uffff",
        "\ud83d",
        "😀",
        RIGHT_TO_LEFT,
        "#N/A",
        "#DIV/0!",
        "<b>",
        "&amp;",
        "]]>",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(ANY_TEXT, st.lists(PIECES, max_size=8).map("".join)), min_size=1, max_size=12))
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


def as_excel_reads(text: str) -> str:
    return re.sub("_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


@given(st.one_of(ANY_TEXT, st.lists(PIECES, max_size=12).map("".join)))
def test_excel_reads_what_was_meant(text: str) -> None:
    read = as_excel_reads(clean(text))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]", read)
    if not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]", text):
        assert read == re.sub("\r\n?", "\n", text)


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


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_libreoffice_prints_it(written: Path, tmp_path: Path) -> None:
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(written)]
    subprocess.run(command, capture_output=True, timeout=120, check=True)
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", (tmp_path / "workbook.pdf").read_bytes()))
    assert len(SHEETS) <= pages < 120
