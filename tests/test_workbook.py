"""The workbook, read back: what a reader of it would see."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from openpyxl import Workbook

from fixtures.record import Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.history import FAULTS, listed
from reports.posture import Movement, Posture, Unread
from reports.workbook import SHEETS
from reports.workbook.actions import COLUMNS
from reports.workbook.actions import rows as action_rows
from tests.workbooks import action, actions, demo_posture, full_book, headers, reread, rows, small, some, texts

EXPORT = [
    "Rank", "Recommended action", "Score impact", "Points achieved", "Status", "Regressed", "Have license?", "Category", "Product",
    "Last synced", "Microsoft update", "Notes",
]  # fmt: skip
OURS = [
    "Action id", "Area", "Verdict", "Cause", "Basis", "Reason", "Expected", "Observed", "Points max", "Points missing", "User impact",
    "Implementation cost", "What to do", "Link", "Licence", "Microsoft state", "Set by", "Set on", "Agreement", "Exception",
    "Evidence ids", "Evidence SHA-256",
]  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Posture:
    return demo_posture()


@pytest.fixture(scope="module")
def book() -> Workbook:
    return full_book()


def test_the_columns_of_secure_scores_export_come_first_and_in_its_words(book: Workbook) -> None:
    assert headers(book["Improvement actions"]) == EXPORT + OURS


def test_every_action_of_the_catalogue_has_one_row_in_rank_order(demo: Posture, book: Workbook) -> None:
    found = [(row["Rank"].value, row["Action id"].value) for row in actions(book)]
    assert len(found) == demo.totals["actions"] == len({name for _, name in found})
    assert {name for _, name in found} == {record.action for record in demo.of_actions()}
    assert found == sorted(found, key=lambda row: (row[0] or 100_000, str(row[1]).casefold()))


def test_every_record_of_the_posture_stands_in_one_row(demo: Posture, book: Workbook) -> None:
    assert len(actions(book)) + len(rows(book["Checks without an action"])) == len(demo.verdicts)


def test_a_second_check_of_an_action_stands_with_the_other_checks(tmp_path: Path) -> None:
    posture = small()
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


def test_evidence_is_named_with_the_beginning_of_its_hash(demo: Posture, book: Workbook) -> None:
    digests = {evidence.id: evidence.sha256 for evidence in demo.evidence}
    for row in actions(book):
        ids = str(row["Evidence ids"].value or "").split()
        assert str(row["Evidence SHA-256"].value or "").split() == [digests[name][:12] for name in ids]
    full = {row["Evidence id"].value: row["SHA-256"].value for row in rows(book["Evidence"])}
    assert full == digests


def test_regressed_is_yes_where_the_last_movement_lost_points(tmp_path: Path) -> None:
    posture = small()
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


def column(posture: Posture, record: Record, title: str) -> object:
    """What a column of the actions says of a record."""
    (row,) = [row for row in action_rows(posture) if row.record is record]
    return next(column for column in COLUMNS if column.title == title).value(row)


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
def test_status_is_the_portals(state: str | None, earned: float, status: str) -> None:
    posture = small()
    record = some(posture, Verdict.NOT_MET)
    record.points = Points(earned=earned, max=5.0)
    record.microsoft = Microsofts(score=earned, last_synced=None, state=state, agreement="agree")
    assert column(posture, record, "Status") == status


@pytest.mark.parametrize(
    ("state", "shown"),
    [("held", "Yes"), ("none needed", "Yes"), ("absent", "No"), ("not active", "No"), ("unknown", "Unknown"), (None, "Unknown")],
)
def test_have_license_follows_the_licence_decision(state: str | None, shown: str) -> None:
    posture = small()
    record = some(posture, Verdict.MET)
    raw = {**msgspec.to_builtins(record), "licence": {"state": state} if state else None}
    posture.verdicts = [msgspec.convert(raw, Record)]
    assert column(posture, posture.verdicts[0], "Have license?") == shown


def test_a_partial_run_says_so_before_any_figure(tmp_path: Path) -> None:
    posture = small()
    posture.selection = postures.Selection(False, ["--area teams"], 6, "stopping after 1 failures")
    posture.totals = {**posture.totals, "not selected": 250}
    posture.verdicts[0].verdict = Verdict.NOT_EVALUATED
    posture.licences = None
    said = " ".join(texts(reread(posture, tmp_path)["Summary"])[:8])
    assert f"Only part of the suite ran (--area teams): 250 of {posture.totals['actions']} improvement actions were not selected." in said
    assert "The run ended early: stopping after 1 failures." in said
    assert "The posture is incomplete: 1 check is not evaluated" in said
    assert "licences unknown" in said


def test_what_could_not_be_read_stands_under_the_evidence(tmp_path: Path) -> None:
    posture = small()
    posture.unread = [Unread("domains", "permission", "Graph refused it.", "Domain.Read.All", ["a", "b"])]
    said = texts(reread(posture, tmp_path)["Evidence"])
    assert {"Could not be read", "domains", "permission", "Graph refused it.", "Domain.Read.All", "2"} <= set(said)


def test_the_article_stands_against_today_for_each_area(demo: Posture, book: Workbook) -> None:
    said = texts(book["Licences"])
    for area in demo.areas:
        for text in (area.licence_in_article, area.licence_needed_today):
            assert not text or text in said


def test_a_posture_of_nothing_is_written_too(tmp_path: Path) -> None:
    posture = small()
    posture.score, posture.licences, posture.exit_status = None, None, None
    posture.verdicts, posture.areas, posture.evidence, posture.history, posture.movements, posture.exceptions = [], [], [], [], [], []
    posture.totals = postures.count([])
    book = reread(posture, tmp_path)
    assert tuple(book.sheetnames) == SHEETS
    assert "Secure Score could not be read." in texts(book["Summary"])
    assert "The subscriptions could not be read: licences unknown." in texts(book["Licences"])
    for sheet in book.worksheets[1:]:
        assert sheet.cell(2, 1).value or sheet.title == "Improvement actions", sheet.title


def test_the_days_of_the_history_say_what_is_wrong_with_them(demo: Posture, book: Workbook) -> None:
    found, wanted = rows(book["History days"]), listed(demo.history, demo.as_of)
    assert [str(row["Date"].value)[:10] for row in found] == [each.date.isoformat() for each in wanted]
    assert {fault for each in wanted for fault in each.faults} == set(FAULTS)
    for row, each in zip(found, wanted, strict=True):
        assert (row["What is wrong with the day"].value or "") == each.wrong
        assert row["Points"].value == (each.day.current if each.day else None)
        assert row["Sum of the actions' points"].value == (each.day.of_parts if each.day else None)


def test_numbers_that_are_missing_stay_empty(tmp_path: Path) -> None:
    posture = small()
    assert posture.score
    assert posture.licences
    posture.score = msgspec.structs.replace(posture.score, current=None, max=None, percentage=None, compared_with=[])
    posture.history = [postures.Day(day.date, None, None) for day in posture.history[:2]]
    posture.licences = [msgspec.structs.replace(posture.licences[0], enabled=None, consumed=None)]
    book = reread(posture, tmp_path)
    assert rows(book["History days"])[0]["Percentage"].value is None
    assert rows(book["Licences"])[0]["Seats"].value is None
    assert {row["Score impact"].value for row in actions(book)} == {None}
