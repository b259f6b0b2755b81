"""What is different between two postures: every difference in one class, none in two, and none where they say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.changes import by_key, changes, key_of, known_since
from ci.exit_status import exit_status, reasons
from fixtures.graph.reading import Evidence
from fixtures.record import ExceptionNote, Record
from fixtures.verdicts import Verdict
from reports import posture as p
from reports.posture import Because, Effect, Posture

THEN, NOW = datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)
NOT_MET = {Verdict.NOT_MET, Verdict.KNOWN}
JUDGED = {Verdict.MET, Verdict.ACCEPTED, *NOT_MET}
SKIPPED = {Verdict.NOT_LICENSED, Verdict.NOT_APPLICABLE, Verdict.NOT_SCORED}


def record(name: str, verdict: Verdict, **values: Any) -> Record:
    given_ = {"action": name, "title": name, "area": "identity", "claim": "It is so.", "basis": "direct", "evidence": ["v1.0/things"]}
    return Record(**{"item": f"checks/check_identity.py::check_{name}", **given_, "verdict": verdict, **values})


def posture(*records: Record, version: str = "1", sha256: str = "a", as_of: datetime = NOW, **values: Any) -> Posture:
    return Posture(
        schema=p.SCHEMA,
        tool=p.Tool("m365-posture", version),
        started_at=as_of,
        finished_at=as_of,
        as_of=as_of,
        selection=values.pop("selection", p.Selection(True)),
        tenant=p.TenantFacts("t", "Tenant", "global", "live", "tenant"),
        score=values.pop("score", None),
        licences=None,
        totals=p.count(records),
        areas=[],
        verdicts=list(records),
        evidence=[Evidence("v1.0/things", "https://graph/v1.0/things", 200, as_of, sha256, 1, 1, 1, "Things.Read.All")],
        **values,
    )


RECORDS = st.builds(
    record,
    st.sampled_from(["One", "Two", "Three", "Four", "Five"]),
    st.sampled_from(list(Verdict)),
    basis=st.sampled_from(["direct", "scored"]),
    evidence=st.sampled_from([[], ["v1.0/things"]]),
    exception=st.sampled_from(
        [None, *(ExceptionNote("risk-accepted", status, False, "", "CISO", date(2027, 1, 1)) for status in ("expired on 2026-01-01", "x"))]
    ),
)
POSTURES = st.builds(
    lambda records, version, sha256: posture(*{key_of(r): r for r in records}.values(), version=version, sha256=sha256),
    st.lists(RECORDS, max_size=6),
    st.sampled_from(["1", "2"]),
    st.sampled_from(["a", "b"]),
)


@given(POSTURES, POSTURES)
def test_every_difference_is_in_one_class_and_nothing_else_is(before: Posture, after: Posture) -> None:
    found = changes(before, after)
    keys = [change.key for change in found]
    assert len(keys) == len(set(keys))
    old, new = by_key(before), by_key(after)
    for key in {*old, *new}:
        was, now = (records[key].verdict if key in records else None for records in (old, new))
        same = was is now or {was, now} <= NOT_MET
        assert (key in keys) is not same
    for change in found:
        assert change.effect in get_args(Effect)
        assert change.because in get_args(Because)
        _is_right(change)


def _is_right(change: p.Change) -> None:
    """The effect by another road: the words of the claim rather than the order of the code."""
    got_worse = change.after in NOT_MET and change.before in {
        *(Verdict.MET, Verdict.ACCEPTED, Verdict.NOT_EVALUATED, Verdict.NOT_APPLICABLE),
    }
    assert (change.effect == "regression") is got_worse
    is_new = change.after in NOT_MET and change.before in {None, Verdict.NOT_LICENSED, Verdict.NOT_SCORED}
    assert (change.effect == "new") is is_new
    lost = change.before in JUDGED and (change.after is None or change.after in SKIPPED)
    assert (change.effect == "lost coverage") is lost
    assert (change.effect == "not evaluated") is (change.after is Verdict.NOT_EVALUATED)
    assert (change.effect == "improvement") is (change.after is Verdict.MET and change.before in {*NOT_MET, Verdict.ACCEPTED})
    assert (change.because in {"evidence lost", "evidence regained"}) is (
        None not in {change.before, change.after} and Verdict.NOT_EVALUATED in {change.before, change.after}
    )


@given(POSTURES)
def test_equal_postures_give_none(one: Posture) -> None:
    other = msgspec.json.decode(msgspec.json.encode(one), type=Posture)
    assert changes(one, other) == []


@given(POSTURES, POSTURES)
def test_a_gate_that_compares_is_never_greener_than_what_got_worse(before: Posture, after: Posture) -> None:
    after.changes = changes(before, after)
    worse = any(change.effect in {"regression", "lost coverage"} for change in after.changes)
    status = exit_status(after, ["regression", "lost-coverage"])
    assert (status in {1, 11}) is worse
    assert (status in {10, 11}) is any(r.verdict is Verdict.NOT_EVALUATED for r in after.verdicts)


BECAUSE = [
    (record("A", Verdict.MET), record("A", Verdict.NOT_MET), "1", "a", "b", "posture changed"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_MET), "2", "a", "b", "posture changed"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_MET), "2", "a", "a", "tool changed"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_MET), "1", "a", "a", "posture changed"),
    (record("A", Verdict.MET, basis="scored"), record("A", Verdict.NOT_MET), "2", "a", "b", "tool changed"),
    (record("A", Verdict.MET, basis="scored"), record("A", Verdict.NOT_MET), "1", "a", "b", "licence changed"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_LICENSED), "1", "a", "b", "licence changed"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_SCORED), "1", "a", "b", "scope changed"),
    (record("A", Verdict.NOT_MET), record("A", Verdict.ACCEPTED), "1", "a", "b", "exception granted"),
    (record("A", Verdict.ACCEPTED), record("A", Verdict.NOT_MET), "1", "a", "b", "exception withdrawn"),
    (record("A", Verdict.MET), record("A", Verdict.NOT_EVALUATED), "2", "a", "a", "evidence lost"),
    (record("A", Verdict.NOT_EVALUATED), record("A", Verdict.MET), "2", "a", "a", "evidence regained"),
]


@pytest.mark.parametrize(("old", "new", "version", "had", "has", "because"), BECAUSE, ids=range(len(BECAUSE)))
def test_what_a_difference_came_of(old: Record, new: Record, version: str, had: str, has: str, because: str) -> None:
    (change,) = changes(posture(old, sha256=had), posture(new, version=version, sha256=has))
    assert change.because == because


@pytest.mark.parametrize(
    ("status", "because"), [("expired on 2026-01-01", "exception expired"), ("was granted for 3", "exception outdated")]
)
def test_an_exception_that_no_longer_holds(status: str, because: str) -> None:
    note = ExceptionNote("risk-accepted", status, False, "", "CISO", date(2027, 1, 1))
    (change,) = changes(posture(record("A", Verdict.ACCEPTED)), posture(record("A", Verdict.NOT_MET, exception=note)))
    assert (change.effect, change.because) == ("regression", because)


def test_a_check_that_is_renamed_keeps_its_history() -> None:
    old, new = record("A", Verdict.NOT_MET), record("A", Verdict.NOT_MET, item="checks/check_identity.py::check_by_another_name")
    assert changes(posture(old), posture(new)) == []


def test_what_is_not_met_is_known_since_it_was_first_seen() -> None:
    first = THEN.date() - timedelta(days=30)
    assert known_since(record("A", Verdict.KNOWN, known_since=first), THEN.date()) == first
    assert known_since(record("A", Verdict.NOT_MET), THEN.date()) == THEN.date()
    assert known_since(record("A", Verdict.MET), THEN.date()) is None


def _score(percentage: float | None) -> p.Score:
    return p.Score(NOW, percentage, 100, percentage, 0, [])


@pytest.mark.parametrize(
    ("words", "found", "counts"),
    [
        (["any"], posture(record("A", Verdict.KNOWN)), True),
        (["any"], posture(record("A", Verdict.ACCEPTED)), False),
        (["area:identity"], posture(record("A", Verdict.NOT_MET)), True),
        (["area:teams"], posture(record("A", Verdict.NOT_MET)), False),
        (["score<50"], posture(score=_score(49.9)), True),
        (["score<50"], posture(score=_score(50)), False),
        (["score<50"], posture(score=_score(None)), True),
        (["score<50"], posture(), True),
    ],
    ids=range(8),
)
def test_what_counts(words: list[str], found: Posture, counts: bool) -> None:
    assert bool(reasons(found, words)) is counts
