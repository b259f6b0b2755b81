"""What is decided to be written, over many tenants, and by which address and comment."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.exceptions import Placed
from ci.secure_score.log import History
from ci.secure_score.plan import DIFFERS, WRITES, Facts, Kind, plan
from ci.secure_score.saying import excepted, is_ours, shows, standing
from ci.secure_score.states import Present, State, States
from ci.secure_score.writing import address
from fixtures.graph.failure import Unreadable
from fixtures.resources.secure_score import StateUpdate
from fixtures.text import one_line
from fixtures.verdicts import Verdict
from tests.report_back.told import NOW, PERSON, record

ACTIONS = ("a", "b", "scid_1", "9.scid_2")
DATES = st.sampled_from([NOW.date() - timedelta(days=1), NOW.date(), NOW.date() + timedelta(days=1)])


@st.composite
def entries(draw: st.DrawFn, action: str) -> Placed:
    state: Any = draw(st.sampled_from(["risk-accepted", "third-party", "alternate-mitigation"]))
    observed = draw(st.sampled_from([{}, {"n": 1}]))
    reason = draw(st.text(min_size=1, max_size=600))
    return Placed(action=action, state=state, reason=reason, owner="IT", expires=draw(DATES), observed=observed, where="f:1")


@st.composite
def updates(draw: st.DrawFn) -> StateUpdate | None:
    """Untouched, a person's, or ours; also one of ours with a state that somebody changed."""
    if draw(st.booleans()):
        return None
    state = draw(st.sampled_from([*State, "IGNORED", "thirdParty", "Planned"]))
    if draw(st.booleans()):
        return StateUpdate(state, draw(st.sampled_from([None, PERSON])), NOW, draw(st.none() | st.text(max_size=20)))
    return StateUpdate(state, "app", NOW, excepted(draw(entries("x"))).comment)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    made = {action: draw(entries(action)) for action in draw(st.sets(st.sampled_from([*ACTIONS, "absent"])))}
    present = {action: Present(action, "", draw(updates())) for action in ACTIONS}
    verdict = draw(st.sampled_from(Verdict))
    records = {name: record(verdict, {"n": draw(st.sampled_from([1, 2]))}) for name in draw(st.sets(st.sampled_from(ACTIONS)))}
    return Facts(made, {}, present, records, History(), NOW, draw(st.booleans()), draw(st.booleans()))


@given(facts())
def test_nothing_is_written_that_may_not_be(given: Facts) -> None:
    for step in plan(given):
        if step.kind not in WRITES:
            continue
        assert not step.present.is_device
        assert step.saying
        entry = given.entries.get(step.action)
        if step.saying.state != State.DEFAULT:
            assert entry
            assert standing(entry, NOW.date(), given.records.get(step.action)).in_force
            assert step.present.update is None or is_ours(step.present.update) or given.overwrite
        else:
            assert is_ours(step.present.update) or (given.reset and step.present.state != State.REVIEWED)
        assert step.saying.comment == one_line(step.saying.comment)
        assert len(step.saying.comment) <= 480


@given(facts())
def test_what_was_written_needs_no_second_write(given: Facts) -> None:
    steps = plan(given)
    after = {
        name: msgspec.structs.replace(present, update=StateUpdate(step.saying.state, "app", NOW, step.saying.comment))
        if (step := next((each for each in steps if each.action == name and each.kind in WRITES), None)) and step.saying
        else present
        for name, present in given.states.items()
    }
    again = plan(msgspec.structs.replace(given, states=after))
    assert not [step for step in again if step.kind in WRITES]
    untouched = [step for step in steps if step.kind in DIFFERS - WRITES]
    assert [step for step in again if step.kind in DIFFERS] == untouched


@given(st.text() | st.from_regex(r"[\w.%/?#-]{1,30}", fullmatch=True))
def test_an_address_is_one_actions_and_no_others(action: str) -> None:
    try:
        url = address("https://graph.example", action)
    except ValueError:
        return
    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("graph.example", "", "")
    assert parts.path == f"/v1.0/security/secureScoreControlProfiles/{action}"
    assert parts.path.count("/") == 4
    assert ".." not in parts.path
    assert "scid_" not in action.casefold()[:5]


@pytest.mark.parametrize("action", ["", ".", "..", "a/b", "a%2Fb", "a b", "scid_1", "SCID_1", "12.scid_1", "a?b", "a#b", "é", "a" * 201])
def test_an_id_that_could_lead_elsewhere_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        address("https://graph.example", action)


def test_a_review_is_no_exception_and_stays() -> None:
    reviewed = Present("a", "", StateUpdate("reviewed", PERSON, NOW, "All of it."))
    (step,) = plan(Facts({}, {}, {"a": reviewed}, now=NOW, reset=True, overwrite=True))
    assert (step.kind, step.kind in DIFFERS) == (Kind.KEPT, False)
    wanted = Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1")
    (step,) = plan(Facts({"a": wanted}, {}, {"a": reviewed}, now=NOW))
    assert step.kind is Kind.LEFT


@pytest.mark.parametrize(
    ("verdict", "observed", "facts", "expected"),
    [
        (Verdict.NOT_MET, {}, {}, True),
        (Verdict.ACCEPTED, {"n": 1}, {"n": 1}, True),
        (Verdict.NOT_MET, {"n": 1}, {"n": 2}, False),
        (Verdict.MET, {}, {}, False),
        (Verdict.NOT_LICENSED, {}, {}, False),
        (Verdict.NOT_EVALUATED, {}, {}, True),
        (Verdict.NOT_EVALUATED, {"n": 1}, {"n": 1}, None),
    ],
)
def test_when_an_entry_is_in_force(verdict: Verdict, observed: dict[str, Any], facts: dict[str, Any], expected: bool | None) -> None:
    made = Placed("a", "risk-accepted", "r", "o", date(2026, 11, 27), None, observed, where="f:1")
    assert standing(made, NOW.date(), record(verdict, facts)).in_force is expected
    assert standing(made, date(2026, 11, 28), record(verdict, facts)).in_force is False
    assert standing(made, NOW.date(), None).in_force is (None if observed else True)


def test_a_comment_that_secure_score_shortened_is_the_same() -> None:
    saying = excepted(Placed("a", "risk-accepted", "r " * 200, "o", date(2027, 1, 1), where="f:1"))

    def said(comment: str, state: str = "Ignored") -> bool:
        return shows(Present("a", "", StateUpdate(state, "app", NOW, comment)), saying)

    assert said(saying.comment)
    assert said(saying.comment[:200])
    assert said(f"{saying.comment[:200]}…")
    assert not said(saying.comment[:30])
    assert not said(saying.comment.replace("2027", "2028"))
    assert not said(saying.comment, "ThirdParty")


def test_states_as_they_come() -> None:
    fold = States()
    rows = [
        {"id": "a", "controlStateUpdates": None},
        {"id": "b", "controlStateUpdates": [{"state": "thirdParty", "updatedBy": PERSON, "updatedDateTime": "2026-01-01T00:00:00Z"}]},
        {"id": "c", "controlStateUpdates": "Ignored"},
        {"id": "d", "controlStateUpdates": [{"state": "Default", "updatedBy": PERSON}]},
        {"id": "e"},
        {"id": "E", "controlStateUpdates": [{"state": "Ignored"}]},
    ]
    fold.add(json.dumps({"value": rows}).encode())
    found = fold.result()
    assert (found["a"].update, found["a"].problem, found["a"].state) == (None, None, "Default")
    assert (found["b"].state, found["d"].state) == ("ThirdParty", "Default")
    assert found["c"].problem
    assert found["d"].update, "a person set it to Default"
    assert found["e"].problem
    for wrong in (b"[]", b'{"value": [1]}', b'{"value": [{}]}', b'{"id": 1}'):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            States().add(wrong)
    with pytest.raises(Unreadable):
        States().result()
