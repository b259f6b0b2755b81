"""The days of Secure Score's history: which are missing, frozen or inconsistent, and that no other day is called so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.demo.builder import write_demo
from fixtures.resources.secure_score import ScoreDay, _Scores
from reports import posture as postures
from reports.history import FROZEN_FROM, adds_up, days_of, is_told, listed, stretches
from reports.posture import Day
from tests.harness import Bench, Run

POSTURE_ALONE = True
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SCORES = "security/secureScores"


def day(number: int, current: float | None = 10.0, most: float | None = 20.0, **more: Any) -> Day:
    """The day so many after the first. By default nothing is wrong with it."""
    return Day(START + number * DAY, current, most, **{"of_parts": current, "repeats": False, **more})


def wrong(days: list[Day], as_of: datetime | None = None) -> list[tuple[str, int, int, int]]:
    """Each stretch by its fault, its first and last day as numbers, and how many days have it."""
    found = stretches(days, as_of or max(each.date for each in days))
    return [(each.fault, (each.first - START.date()).days, (each.last - START.date()).days, each.days) for each in found]


_FIGURES = st.sampled_from(
    [
        (10.0, 20.0, {"a": 10.0}),
        (10.0, 20.0, {"a": 4.0, "b": 6.0}),
        (9.0, 20.0, {"a": 10.0}),
        (30.0, 20.0, {"a": 30.0}),
    ]
)
_HISTORIES = st.lists(st.tuples(st.integers(1, 3), _FIGURES, st.integers(1, 10)), min_size=1, max_size=8)


def rows_of(drawn: list[tuple[int, tuple[float, float, dict[str, float]], int]]) -> list[ScoreDay]:
    """Runs of rows: how many days after the one before the first of them is, its figures, and on how many days they stand."""
    rows, when = list[ScoreDay](), START
    for gap, (current, most, controls), times in drawn:
        when += (gap - 1) * DAY
        for _ in range(times):
            rows.append(ScoreDay(when, current, most, controls))
            when += DAY
    return rows


@given(_HISTORIES, st.integers(0, 9))
def test_every_day_is_listed_once_and_has_the_faults_that_its_row_shows(drawn: Any, later: int) -> None:
    rows = rows_of(drawn)
    as_of = rows[-1].date + later * DAY + timedelta(hours=9)
    by_date = {row.date.date(): row for row in rows}
    last = max(rows[-1].date.date(), as_of.date() - 2 * DAY)
    shown = listed(days_of(rows), as_of)
    assert [each.date for each in shown] == [START.date() + (drawn[0][0] - 1 + n) * DAY for n in range(len(shown))]
    assert shown[-1].date == last

    runs = [list(run) for _, run in groupby(rows, lambda row: (row.current, row.max, row.controls))]
    frozen = {row.date.date() for run in runs if len(run) >= FROZEN_FROM for row in run}
    for each in shown:
        row = by_date.get(each.date)
        assert ("missing" in each.faults) == (row is None) == (each.day is None)
        assert ("frozen" in each.faults) == (each.date in frozen)
        contradicts = row is not None and (row.current != sum(row.controls.values()) or (row.current or 0) > (row.max or 0))
        assert ("inconsistent" in each.faults) == contradicts
        assert bool(each.wrong) == bool(each.faults)
        assert all(fault in each.wrong for fault in each.faults)


@given(_HISTORIES, st.integers(0, 9))
def test_the_stretches_hold_the_days_that_are_listed_with_their_faults(drawn: Any, later: int) -> None:
    days = days_of(rows_of(drawn))
    as_of = days[-1].date + later * DAY
    found = stretches(days, as_of)
    assert found == sorted(found, key=lambda each: (each.first, each.last))
    for fault in ("missing", "frozen", "inconsistent"):
        of_fault = [each for each in found if each.fault == fault]
        marked = [each.date for each in listed(days, as_of) if fault in each.faults]
        assert sum(each.days for each in of_fault) == len(marked)
        assert all(any(each.first <= when <= each.last for each in of_fault) for when in marked)


def test_where_nothing_is_wrong_nothing_is_said() -> None:
    days = [day(number, 10.0 + number, 100.0) for number in range(90)]
    assert wrong(days) == []
    assert [each.wrong for each in listed(days, days[-1].date)] == [""] * 90
    assert stretches([], START) == []
    assert listed([], START) == []


def test_missing_days_are_named_between_rows_and_after_the_newest() -> None:
    days = [day(0), day(1), day(3), day(7)]
    assert wrong(days) == [("missing", 2, 2, 1), ("missing", 4, 6, 3)]
    # Microsoft scores once a day, and takes up to two.
    assert wrong([day(0)], START + 2 * DAY + timedelta(hours=23)) == []
    assert wrong([day(0)], START + 5 * DAY) == [("missing", 1, 3, 3)]


@pytest.mark.parametrize(("same", "frozen"), [(FROZEN_FROM - 1, False), (FROZEN_FROM, True), (FROZEN_FROM + 5, True)])
def test_a_week_of_the_same_figures_is_frozen_and_less_is_not(same: int, frozen: bool) -> None:
    days = [day(0, 9.0), *(day(1 + number, repeats=number > 0) for number in range(same)), day(1 + same, 11.0)]
    assert wrong(days) == ([("frozen", 1, same, same)] if frozen else [])


def test_one_figure_of_one_action_is_enough_to_thaw() -> None:
    figures = [{"a": 4.0, "b": 6.0}] * 4 + [{"a": 5.0, "b": 5.0}] + [{"a": 4.0, "b": 6.0}] * 4
    assert wrong(days_of([ScoreDay(START + n * DAY, 10.0, 20.0, each) for n, each in enumerate(figures)])) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"of_parts": 10.06}, "add up to 10.06"),
        ({"of_parts": 9.5}, "add up to 9.5"),
        ({"of_parts": 10.05}, ""),
        ({"most": 9.0, "of_parts": 10.0}, "above its maximum of 9"),
        ({"most": 10.0}, ""),
        ({"current": None, "of_parts": 3.0}, "total cannot be read"),
        ({"most": None}, "maximum cannot be read"),
        ({"current": -1.0, "of_parts": -1.0}, "-1 of 20"),
        ({"most": 0.0, "current": 0.0, "of_parts": 0.0}, ""),
    ],
)
def test_a_row_that_contradicts_itself_says_how(changed: dict[str, Any], said: str) -> None:
    found = stretches([day(0), day(1, **{"current": 10.0, **changed})], START + DAY)
    assert [each.fault for each in found] == (["inconsistent"] if said else [])
    assert not said or said in found[0].said
    assert not said or (found[0].first, found[0].days) == ((START + DAY).date(), 1)


def test_days_with_the_same_contradiction_are_told_together() -> None:
    days = [day(0), *(day(number, of_parts=12.0 + number) for number in (1, 2, 3)), day(4, None), day(5)]
    assert wrong(days) == [("inconsistent", 1, 3, 3), ("inconsistent", 4, 4, 1)]
    assert "On the first of these days: " in stretches(days, days[-1].date)[0].said


def test_rounding_is_no_contradiction() -> None:
    assert adds_up(10.0, 10.04)
    assert not adds_up(10.0, 9.9)


def test_what_an_earlier_version_did_not_keep_is_neither_found_nor_denied() -> None:
    days = [Day(START + number * DAY, 10.0, 20.0) for number in (*range(9), 11)]
    assert wrong(days) == [("missing", 9, 10, 2)]
    assert not is_told(days)
    assert is_told([day(0)])


def test_dates_that_cannot_be_are_told_in_a_line_and_not_in_millions() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    days = [Day(first, 1.0, 2.0, 1.0, False), Day(last, 1.0, 2.0, 1.0, True)]
    (gap,) = stretches(days, last)
    assert (gap.first, gap.days) == (date(1, 1, 2), (last - first).days - 1)
    assert [each.date for each in listed(days, last)] == [date(1, 1, 1), date(1, 1, 2), date(9999, 12, 31)]
    assert listed(days, last)[1].wrong == "missing, and all 3,652,057 days to 9999-12-30"
    assert [each.fault for each in stretches(days[:1], last)] == ["missing"]


def test_a_run_keeps_what_is_wrong_with_the_days(bench: Bench, run: Callable[..., Run]) -> None:
    def damage(body: Any) -> None:
        rows = body["value"]
        rows[2]["currentScore"] -= 6
        rows[3]["controlScores"][0]["score"] = None
        rows[4] |= {"currentScore": None}
        del rows[6]

    bench.change(SCORES, damage)
    posture = run(f"--tenant={bench.folder}", "--action", "exo_mailboxaudit").posture
    assert len(posture.history) == 9
    assert is_told(posture.history)
    faults = {(posture.as_of.date() - each.date).days: each.faults for each in listed(posture.history, posture.as_of) if each.faults}
    assert faults == {2: ("inconsistent",), 3: ("inconsistent",), 4: ("inconsistent",), 6: ("missing",)}
    assert posture.score
    assert posture.history[-1].of_parts == posture.score.of_parts


def test_the_demo_tenant_has_a_day_of_each_kind(tmp_path: Path) -> None:
    write_demo(tmp_path, START)
    scores = _Scores()
    scores.add((tmp_path / "v1.0" / f"{SCORES}.json").read_bytes())
    assert {each.fault for each in stretches(days_of(scores.result().history), START)} == {"missing", "frozen", "inconsistent"}


def test_a_posture_of_an_earlier_version_still_reads(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    raw = json.loads(msgspec.json.encode(run(f"--tenant={bench.folder}", "--action", "exo_mailboxaudit").posture))
    for each in raw["history"]:
        del each["of_parts"], each["repeats"]
    path = tmp_path / "posture.json"
    path.write_text(json.dumps(raw), "utf-8")
    assert {(each.of_parts, each.repeats) for each in postures.read(path).history} == {(None, None)}
