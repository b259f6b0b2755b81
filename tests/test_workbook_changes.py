"""What is different from the baseline, in the workbook: in one line on its first sheet, and each change on a sheet of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.verdicts import Verdict
from reports.posture import Change, Compared, Posture
from tests.workbooks import reread, rows, small

THEN = datetime(2026, 5, 4, 12, tzinfo=UTC)
BETTER = Change("oneadmin", "OneAdmin", "=1+1", "identity", Verdict.NOT_MET, Verdict.MET, "improvement", "posture changed")
WORSE = Change("userriskpolicy", "UserRiskPolicy", "Risk", "identity", Verdict.MET, Verdict.NOT_MET, "regression", "tool changed", "Open.")
GONE = Change("check_x", None, "A check", "identity", Verdict.MET, None, "lost coverage", "scope changed")


def compared(*changes: Change) -> Posture:
    posture = small()
    posture.baseline, posture.changes = Compared(THEN, posture.tool), list(changes)
    return posture


def test_every_change_is_there_the_worst_first(tmp_path: Path) -> None:
    book = reread(compared(BETTER, WORSE, GONE), tmp_path)
    assert book.sheetnames[:2] == ["Summary", "Changes"]
    found = [[cell.value for cell in row.values()] for row in rows(book["Changes"])]
    assert [row[0] for row in found] == ["regression", "lost coverage", "improvement"]
    assert found[0][2:5] == ["met", "not met", "tool changed"]
    assert found[1][3] == "not there"
    assert found[2][1] == "=1+1"
    assert book["Changes"].cell(4, 2).data_type == "s"


@pytest.mark.parametrize(
    ("changes", "told"), [([BETTER, WORSE, GONE], "1 regression, 1 lost coverage, 1 improvement."), ([], "nothing changed.")]
)
def test_the_first_sheet_says_it_in_one_line(changes: list[Change], told: str, tmp_path: Path) -> None:
    book = reread(compared(*changes), tmp_path)
    assert book["Summary"]["A3"].value == f"Since the baseline of 2026-05-04: {told}"


def test_without_a_baseline_it_says_so(tmp_path: Path) -> None:
    assert reread(small(), tmp_path)["Changes"]["A2"].value == "This run was compared with no baseline."
