"""The action plan: what stands in it, in which order, and how it asks for what people are to fill in."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec
import pytest
from openpyxl import Workbook

from fixtures.graph.failure import Cause
from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.plan import plan_of as work_of
from reports.posture import Posture, Unread, missing_points
from reports.workbook import book_of
from reports.workbook.carrying import Carried
from reports.workbook.plan import STATUSES, plan_of
from reports.workbook.reconciliation import differing, groups
from reports.workbook.typed import ID, PLAN, TYPED, Entry, key_of
from tests.workbooks import action, conditions, demo_posture, full_book, headers, reread, rows, small, some, texts

NEEDS_ACTION = {Verdict.NOT_MET, Verdict.KNOWN, Verdict.NOT_EVALUATED}


@pytest.fixture(scope="module")
def book() -> Workbook:
    return full_book()


def entry(name: str, *typed: str | int | date | None, title: str = "t") -> tuple[str, Entry]:
    return key_of(name), Entry(name, title, (*typed, *(None for _ in TYPED[len(typed) :])))


def test_everything_that_needs_action_is_a_step_and_nothing_else(book: Workbook) -> None:
    found = {row[ID].value for row in rows(book[PLAN])}
    open_ones = [record for record in demo_posture().verdicts if record.verdict in NEEDS_ACTION]
    assert found == {record.action or record.item.rpartition("::")[2] for record in open_ones}


def test_steps_are_numbered_in_the_order_of_the_work(book: Workbook) -> None:
    found = rows(book[PLAN])
    assert [row["No."].value for row in found] == list(range(1, len(found) + 1))
    gaps = {step.title: step for step in work_of(demo_posture()).steps}
    ordered = [gaps[str(row["Recommended action"].value)].number for row in found if row["Kind"].value == "Gap"]
    assert ordered == sorted(ordered)
    for row in found:
        step = gaps[str(row["Recommended action"].value)]
        assert row["Suggested day"].value == datetime.combine(step.made, time())
        assert str(row["Why then"].value).startswith(step.why)


def test_a_step_says_what_is_at_stake_what_it_costs_and_what_to_do(book: Workbook) -> None:
    for record in demo_posture().gaps[:20]:
        row = action(book, str(record.action), PLAN)
        scored = record.microsoft is not None and record.microsoft.score is not None
        assert row["Points at stake"].value == (pytest.approx(missing_points(record)) if scored else None)
        assert row["User impact"].value == (record.user_impact.capitalize() or None)
        assert row["Cost"].value == (record.implementation_cost.capitalize() or None)
        assert row["What to do"].value
        assert row["Link"].value == record.url
        assert row["Verdict"].value == "not met"


def test_prerequisites_come_first_then_gaps_then_what_is_not_known(tmp_path: Path) -> None:
    posture = small()
    unknown = some(posture, Verdict.MET)
    unknown.verdict, unknown.cause, unknown.reason, unknown.rank = (
        Verdict.NOT_EVALUATED,
        Cause.PERMISSION,
        "Directory.Read.All is missing.",
        1,
    )
    first, second = [record for record in posture.verdicts if record.area == "prerequisites"][:2]
    first.verdict, second.verdict = Verdict.NOT_EVALUATED, Verdict.NOT_MET
    known = some(posture, Verdict.NOT_MET)
    known.verdict = Verdict.KNOWN
    found = rows(reread(posture, tmp_path)[PLAN])
    kinds = [str(row["Kind"].value) for row in found]
    assert kinds == sorted(kinds, key=["Prerequisite", "Gap", "Not evaluated"].index)
    assert [row["Verdict"].value for row in found[:2]] == ["not met", "not evaluated"]
    assert found[0][ID].value == second.item.rpartition("::")[2]
    assert found[-1][ID].value == unknown.action
    assert str(found[-1]["What to do"].value).startswith(
        "Find out first, it is not known whether anything is to be done: Directory.Read.All"
    )
    assert known.action in {row[ID].value for row in found if row["Verdict"].value == "known"}


def test_what_no_licence_allows_is_no_step_and_stands_with_the_licences(book: Workbook) -> None:
    beyond = [record for record in demo_posture().of_actions() if record.verdict is Verdict.NOT_LICENSED]
    assert beyond
    steps, said = {row[ID].value for row in rows(book[PLAN])}, texts(book["Licences"])
    for record in beyond:
        assert record.action not in steps
        assert record.action in said


def test_a_subscription_says_how_many_actions_it_brings(book: Workbook) -> None:
    records = list(demo_posture().of_actions())
    for row in rows(book["Licences"]):
        brought = [r for r in records if r.licence and r.licence.state == "held" and row["SKU"].value in r.licence.brought_by]
        counts = row["Counts"].value == "Yes"
        assert row["Actions it brings"].value == (len(brought) if counts else None)
        assert row["Of them not met"].value == (sum(r.verdict is Verdict.NOT_MET for r in brought) if counts else None)


def test_what_is_to_be_filled_in_is_asked_for_and_checked(book: Workbook) -> None:
    sheet = book[PLAN]
    titles = headers(sheet)
    asked = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    found = {title: asked[f"{letter}2:{letter}{sheet.max_row}"] for title, letter in zip(TYPED, "DEFG", strict=True)}
    assert [titles.index(title) for title in TYPED] == [3, 4, 5, 6]
    assert found["Status"].type == "list"
    assert found["Status"].formula1 == f'"{",".join(STATUSES)}"'
    assert (found["Due date"].type, found["Due date"].operator, found["Due date"].formula1) == ("date", "greaterThanOrEqual", "36526")
    assert all(rule.showInputMessage and rule.prompt and rule.allow_blank for rule in found.values())
    assert sheet.freeze_panes == "D2"
    assert sheet.auto_filter.ref == sheet.dimensions
    assert sheet.column_dimensions["E"].number_format == "yyyy-mm-dd"


def test_late_and_done_are_seen_at_once(book: Workbook) -> None:
    late, *rest = conditions(book, PLAN, "E")
    assert late == 'AND(ISNUMBER($E2),$E2<TODAY(),NOT(OR($F2="Done",$F2="Declined")))'
    assert rest == ['$F2="Done"', "TRUE"]
    assert conditions(book, PLAN, "F")[0] == '$F2="Done"'
    (rule,) = (r for area in book[PLAN].conditional_formatting for r in area.rules if r.formula == [late])
    assert rule.dxf is not None
    assert rule.dxf.numFmt is not None
    assert rule.dxf.numFmt.formatCode == 'yyyy-mm-dd" late"', "the colour is not the only sign"


def test_the_plan_prints_to_what_there_is_to_do(book: Workbook) -> None:
    sheet = book[PLAN]
    assert re.fullmatch(rf"'{PLAN}'!\$A\$1:\$O\${sheet.max_row}", str(sheet.print_area))
    assert headers(sheet)[14] == "What to do"
    assert sheet.print_title_rows == "$1:$1"


def standing(posture: Posture, **entries: Entry) -> tuple[dict[str, str], dict[str, str]]:
    """The kinds of the steps and the verdicts of what is closed, by id, for those that have entries."""
    plan = plan_of(posture, entries)
    return {s.action: s.kind for s in plan.steps if s.entry}, {e.entry.action: e.now for e in plan.ended}


@pytest.mark.parametrize("verdict", sorted(Verdict))
def test_entries_follow_the_verdict_of_their_action(verdict: Verdict) -> None:
    posture = small()
    record = some(posture, Verdict.MET)
    record.verdict = verdict
    steps, ended = standing(posture, **dict([entry(str(record.action), "someone")]))
    assert set(steps) == ({record.action} if verdict in NEEDS_ACTION else set())
    assert ended == ({} if verdict in NEEDS_ACTION else {record.action: verdict.value})


def test_what_this_run_did_not_look_at_stays_in_the_plan_and_only_what_is_gone_leaves_it() -> None:
    posture = small()
    entries = dict([entry("gone", "someone", title="Was here")])
    assert standing(posture, **entries) == ({}, {"gone": "no longer in the catalogue"})
    posture.unread = [Unread("secure_scores", "unavailable", "Graph did not answer.", "SecurityEvents.Read.All", [])]
    assert standing(posture, **entries) == ({"gone": "Not in this run"}, {})
    posture.unread, posture.selection = [], msgspec.structs.replace(posture.selection, complete=False)
    assert standing(posture, **entries) == ({"gone": "Not in this run"}, {})
    last = plan_of(posture, entries).steps[-1]
    assert (last.title, last.number) == ("Was here", len(plan_of(posture, entries).steps))


def test_the_summary_counts_the_plan(tmp_path: Path) -> None:
    posture = small()
    gaps = [str(record.action) for record in posture.gaps]
    day = posture.as_of.date()
    typed: list[tuple[str | date | None, ...]] = [
        ("a", date(2020, 1, 1), "In progress"),
        ("b", date(2020, 1, 1), "done"),
        (None, day, "Blocked"),
        ("d", "2020", None),
    ]
    entries = dict(entry(name, *values) for name, values in zip(gaps, typed, strict=False))
    plan = plan_of(posture, entries)
    sheet = book_of(posture, Carried(entries, ("One line.",)))["Summary"]
    counted = {str(sheet.cell(row, 1).value): sheet.cell(row, 2).value for row in range(1, sheet.max_row)}
    assert counted["Steps that need action"] == len(plan.steps)
    assert counted["With an owner"] == 3
    assert counted[f"Late on {day}"] == 1
    assert counted["Said to be done, and not found met"] == 1
    assert "One line." in texts(sheet)


def test_every_action_is_reconciled_once_and_what_differs_is_listed(book: Workbook) -> None:
    posture = demo_posture()
    found = groups(posture)
    assert sum(len(records) for _, records in found) == len(list(posture.of_actions()))
    listed = rows(book["Reconciliation"])
    assert [row[ID].value for row in listed] == [record.action for record in differing(posture)]
    for row in listed:
        record = next(r for r in posture.of_actions() if r.action == row[ID].value)
        said = {record.microsoft.agreement if record.microsoft else "", record.second_opinion.agreement if record.second_opinion else ""}
        assert row["Agreement"].value in said & {"disagree", "awaiting refresh"}
    counted = {name: len(records) for name, records in found}
    direct = [r for r in posture.of_actions() if r.basis == "direct" and r.microsoft and r.microsoft.agreement == "disagree"]
    assert counted["judged by both: disagree"] == len(direct) > 0


@pytest.mark.parametrize(
    ("verdict", "score", "change"), [(Verdict.MET, 2.0, 3.0), (Verdict.NOT_MET, 5.0, -5.0), (Verdict.ACCEPTED, 5.0, -5.0)]
)
def test_a_difference_is_worth_what_the_score_would_change_by(verdict: Verdict, score: float, change: float, tmp_path: Path) -> None:
    posture = small()
    raw = msgspec.to_builtins(some(posture, Verdict.NOT_MET))
    raw |= {"verdict": verdict.value, "points": {"earned": score, "max": 5.0}}
    raw["microsoft"] |= {"score": score, "agreement": "disagree"}
    posture.verdicts = [msgspec.convert(raw, Record)]
    (row,) = rows(reread(posture, tmp_path)["Reconciliation"])
    assert row["Change if ours holds"].value == change


def test_closed_since_is_the_first_run_that_found_it_so() -> None:
    posture = small()
    name = str(some(posture, Verdict.MET).action)
    key, held = entry(name, "someone")
    first = plan_of(posture, {key: held}).ended[0]
    assert first.since == posture.as_of
    again = plan_of(posture, {key: Entry(held.action, held.title, held.typed, datetime(2026, 1, 2, tzinfo=UTC))}).ended[0]
    assert again.since == datetime(2026, 1, 2, tzinfo=UTC)


def test_a_posture_of_a_day_that_no_plan_can_start_on_has_its_workbook(tmp_path: Path) -> None:
    posture = small()
    posture.as_of = datetime(1999, 5, 5, tzinfo=UTC)
    assert rows(reread(posture, tmp_path)[PLAN])
