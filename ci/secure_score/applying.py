"""Carries out a plan: one action after the other, looked at before it is written and read back after, with lines in the log around each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import httpx
from azure.core.exceptions import AzureError

from fixtures.graph.failure import Unreadable, failure_of
from fixtures.graph.patience import Patience, pause
from fixtures.text import one_line

from .gathering import Gathering
from .log import Event, Log
from .plan import WRITES, Kind, Step
from .saying import Saying, shows
from .states import Present
from .writing import Writer, Written

# Seconds before each look: right after a write, and for what did not show by then, when all is written.
_AT_ONCE, _AT_THE_END = (0.0, 1.0), (2.0, 4.0, 8.0, 16.0)
# Seconds to wait in all for what was written to show: Graph may take hours, and nobody waits for that.
_LONGEST_LOOK = 30.0
_ROLE = "SecurityEvents.ReadWrite.All and, where a person signed in, a role such as Security Administrator"


class Done(StrEnum):
    """What became of one step; the values are the words that are shown."""

    WRITTEN = "written"
    NOT_YET = "not yet visible"
    FAILED = "not written"


class _Attempt(NamedTuple):
    """One write: whether Graph took it; else why not, whether it may have, and after how many seconds another try is of use."""

    taken: bool = False
    why: str = ""
    unknown: bool = False
    again: float | None = None


class Applying:
    """One run over a plan. `look` reads how an action stands now (or raises `Unreadable`); `tell` is called with a line for each step.

    `patience` is for a Graph that fails, `sight` for one that takes its time to show what it took.
    """

    def __init__(
        self,
        look: Callable[[str], Awaitable[Present]],
        writer: Writer,
        log: Log,
        patience: Patience,
        sight: Patience,
        tell: Callable[[str], None],
    ) -> None:
        self._look, self._writer, self._log, self._tell = look, writer, log, tell
        self._patience, self._sight = patience, sight
        self.done: dict[str, Done] = {}

    async def run(self, steps: Sequence[Step]) -> None:
        """Every step that writes or waits. Raises `LogError` where the log cannot be written, and then writes nothing more."""
        waiting = [step for step in steps if step.kind is Kind.WAIT]
        for step in steps:
            if step.kind in WRITES and await self._write(step) and not await self._is_seen(step, _AT_ONCE):
                waiting.append(step)
        for seconds in _AT_THE_END:
            may_wait = bool(waiting) and await self._sight.wait(seconds)
            waiting = [step for step in waiting if not await self._is_seen(step)]
            if not may_wait:
                break
        for step in waiting:
            self._note("not yet visible", step)
            self._end(step, Done.NOT_YET, "Graph took it, and it could not be seen yet. Run this again later: it looks before it writes.")

    async def _write(self, step: Step) -> bool:
        """Whether Graph took it, and it is to be seen yet.

        What may pass is tried again. Before each try the action is looked at: what shows already is not written twice, and nothing is
        written over what somebody set since the plan was made.
        """
        tries = 0
        while True:
            try:
                now = await self._look(step.action)
            except Unreadable as error:
                return self._failed(step, f"how it stands could not be read. {error.reason}")
            if shows(now, _saying(step)):
                return not self._seen(step, now)
            if now.problem or now.update != step.present.update:
                self._note("changed meanwhile", step, seen=now.update)
                return self._failed(step, f"it changed since this was planned ({now.problem or now}), and was left. Run this again.")
            tries += 1
            attempt = await self._attempt(step, tries)
            if attempt.taken:
                return True
            if attempt.again is None or not await self._patience.wait(attempt.again):
                if attempt.unknown and await self._is_seen(step):
                    return False
                return self._failed(step, attempt.why)

    async def _attempt(self, step: Step, tries: int) -> _Attempt:
        saying, began = _saying(step), self._patience.now()
        answered: dict[str, Any] = {}
        self._note("writing", step)
        try:
            written = await self._writer.set_state(step.action, saying.state, saying.comment, self._patience.longest_answer)
        except ValueError as error:
            attempt = _Attempt(why=str(error))
        except AzureError as error:
            attempt = _Attempt(why=f"there is no token ({type(error).__name__}).")
        except (httpx.HTTPError, TimeoutError) as error:
            attempt = _Attempt(why=f"no answer came ({type(error).__name__}).", unknown=True, again=pause(None, None, tries))
        else:
            attempt = _judged(written, step.action, tries)
            answered = {"status": written.status, "request_id": written.request_id}
        event: Event = "accepted" if attempt.taken else "unknown" if attempt.unknown else "refused"
        self._note(event, step, said=attempt.why, **answered)
        self._patience.spend(began, self._patience.now())
        return attempt

    async def _is_seen(self, step: Step, pauses: Sequence[float] = (0.0,)) -> bool:
        """Whether what was written can be read by now."""
        for seconds in pauses:
            if seconds and not await self._sight.wait(seconds):
                return False
            try:
                now = await self._look(step.action)
            except Unreadable:
                continue
            if shows(now, _saying(step)):
                return self._seen(step, now)
        return False

    def _seen(self, step: Step, now: Present) -> bool:
        self._note("verified", step, seen=now.update)
        return self._end(step, Done.WRITTEN, f"{now}.")

    def _failed(self, step: Step, why: str) -> bool:
        return not self._end(step, Done.FAILED, why)

    def _end(self, step: Step, done: Done, why: str) -> bool:
        self.done[step.action] = done
        self._tell(one_line(f"{done}: {step.action}: {why}"))
        return True

    def _note(self, event: Event, step: Step, **more: Any) -> None:
        saying = _saying(step)
        self._log.append(event, step.action, saying.state, saying.comment, before=step.present.update, **more)


async def apply(steps: Sequence[Step], gathering: Gathering, log: Log, tell: Callable[[str], None]) -> list[Done]:
    """Carry out what of a plan writes or waits: what became of each step. Raises `LogError`."""
    authentication = gathering.access.authentication
    assert authentication, "a live tenant has a credential"
    writer = Writer(gathering.tenant.cloud, authentication)
    patience, sight = gathering.patience, Patience(min(gathering.patience.left, _LONGEST_LOOK))
    try:
        applying = Applying(gathering.look, writer, log, patience, sight, tell)
        await applying.run(steps)
        return list(applying.done.values())
    finally:
        await writer.aclose()


def _saying(step: Step) -> Saying:
    assert step.saying, "a step that writes says what"
    return step.saying


def _judged(written: Written, action: str, tries: int) -> _Attempt:
    """Graph's answer: taken, refused, or perhaps both."""
    if written.status in {200, 204}:
        return _Attempt(taken=True)
    why = failure_of(written.status, written.body, action, ()).reason
    if written.status == 403:
        why = f"Graph refused it (403): writing needs {_ROLE}."
    unknown = not 400 <= written.status < 500
    return _Attempt(False, why, unknown, pause(written.status, written.retry_after, tries))
