"""How what is decided is carried out, with a Graph that a test plays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ci.exceptions import Placed
from ci.secure_score.applying import Applying, Done
from ci.secure_score.log import Log, LogError, read
from ci.secure_score.plan import Facts, Kind, Step, plan
from ci.secure_score.saying import excepted
from ci.secure_score.states import Present, State
from ci.secure_score.writing import Written
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.patience import Patience
from fixtures.resources.secure_score import StateUpdate
from tests.report_back.told import NOW, PERSON


class Graph:
    """One action in Secure Score. `answers` are what each write is answered with: a status, or an error; `took` whether it was taken."""

    def __init__(self, answers: Sequence[int | Exception], took: Sequence[bool], update: StateUpdate | None = None) -> None:
        self.update, self._answers, self._took = update, list(answers), list(took)
        self.writes = 0

    async def look(self, action: str) -> Present:
        return Present(action, "", self.update)

    async def set_state(self, action: str, state: State, comment: str, longest: float | None = None) -> Written:
        self.writes += 1
        if self._took.pop(0):
            self.update = StateUpdate(state, "app", NOW, comment)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Written(answer, b"", None, None)


def carried_out(graph: Graph, tmp_path: Path, planned: StateUpdate | None = None) -> tuple[dict[str, Done], list[str]]:
    saying = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1"))
    step = Step(Kind.SET, "a", Present("a", "", planned), "why", saying)
    lines: list[str] = []

    async def slept(seconds: float) -> None:
        pass

    with Log(tmp_path / "log.jsonl", "t") as log:
        patience, sight = (Patience(100.0, sleep=slept) for _ in range(2))
        applying = Applying(graph.look, graph, log, patience, sight, lines.append)  # type: ignore[arg-type]
        asyncio.run(applying.run([step]))
    return applying.done, lines


def test_a_write_whose_outcome_is_not_known_is_looked_for(tmp_path: Path) -> None:
    graph = Graph([500], [True])
    assert carried_out(graph, tmp_path)[0] == {"a": Done.WRITTEN}
    assert graph.writes == 1
    lost = Graph([TimeoutError(), 204], [False, True])
    assert carried_out(lost, tmp_path)[0] == {"a": Done.WRITTEN}
    assert lost.writes == 2


def test_a_graph_that_stays_broken_is_one_line(tmp_path: Path) -> None:
    done, lines = carried_out(Graph([502] * 9, [False] * 9), tmp_path)
    assert done == {"a": Done.FAILED}
    assert lines == ["not written: a: Graph answered 502 for a."]


def test_what_changed_since_the_plan_is_left(tmp_path: Path) -> None:
    graph = Graph([], [], StateUpdate("Reviewed", PERSON, NOW, None))
    done, lines = carried_out(graph, tmp_path)
    assert (done, graph.writes) == ({"a": Done.FAILED}, 0)
    assert f"Reviewed, set by {PERSON} on 2026-11-27" in lines[0]


def test_a_state_that_fell_back_is_not_verified(tmp_path: Path) -> None:
    """Graph answers 204 and keeps another state: https://github.com/microsoftgraph/microsoft-graph-docs/issues/3100."""
    done, _ = carried_out(Graph([204], [False]), tmp_path)
    assert done == {"a": Done.NOT_YET}


def test_without_a_log_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    graph = Graph([204], [True])
    monkeypatch.setattr("ci.secure_score.log.os.write", full)
    with pytest.raises(LogError, match="No space left"):
        carried_out(graph, tmp_path)
    assert graph.writes == 0


def test_a_log_is_its_tenants_and_holds_for_two_days(tmp_path: Path) -> None:
    carried_out(Graph([204], [False]), tmp_path)
    saying = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1"))
    now = datetime.now(UTC)
    found = read(tmp_path / "log.jsonl", "T")
    assert found.waits("A", saying.state, saying.comment, None, now)
    assert not found.waits("A", saying.state, saying.comment, None, now + timedelta(hours=49))
    assert not found.waits("A", saying.state, saying.comment, StateUpdate("Default", PERSON, NOW, None), now)
    assert not found.waits("b", saying.state, saying.comment, None, now)
    assert not read(tmp_path / "log.jsonl", "other").waits("a", saying.state, saying.comment, None, now)
    assert read(tmp_path / "none.jsonl", "t").unreadable == 0


def test_who_saved_our_comment_again_is_another(tmp_path: Path) -> None:
    carried_out(Graph([204], [True]), tmp_path)
    found = read(tmp_path / "log.jsonl", "t")
    comment = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1")).comment
    ours, theirs = (StateUpdate("Ignored", by, NOW, comment) for by in ("APP", PERSON))
    assert not found.is_another("a", ours)
    assert found.is_another("A", theirs)
    (step,) = plan(Facts({}, {}, {"a": Present("a", "", theirs)}, history=found, now=NOW))
    assert step.kind is Kind.LEFT
    (step,) = plan(Facts({}, {}, {"a": Present("a", "", ours)}, history=found, now=NOW))
    assert step.kind is Kind.RESET


def test_an_action_that_cannot_be_looked_at_is_not_written(tmp_path: Path) -> None:
    class Blind(Graph):
        async def look(self, action: str) -> Present:
            raise Unreadable(Cause.UNAVAILABLE, "It is dark.")

    graph = Blind([204], [True])
    done, lines = carried_out(graph, tmp_path)
    assert (done, graph.writes) == ({"a": Done.FAILED}, 0)
    assert "It is dark." in lines[0]
