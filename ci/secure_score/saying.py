"""What an entry of `exceptions.toml` says in Secure Score: whether it is in force, which state it stands for, and the comment."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from ci.exceptions import Entry
from fixtures.record import Record
from fixtures.resources.secure_score import StateUpdate
from fixtures.text import one_line
from fixtures.tool import TOOL
from fixtures.verdicts import Verdict

from .states import Present, State

_STATES = {"risk-accepted": State.IGNORED, "third-party": State.THIRD_PARTY, "alternate-mitigation": State.THIRD_PARTY}
_SAID = {"risk-accepted": "risk accepted", "third-party": "resolved by a third party", "alternate-mitigation": "mitigated otherwise"}
# Every comment of ours begins so, with the state it was written for: a person who changes the state leaves one that is not ours.
_MARK = re.compile(rf"{TOOL} \[(\w+)\]: ")
_LONGEST = 480
# From so many characters on a comment that only breaks off is the same one: how many Secure Score keeps is written nowhere.
_KEPT_AT_LEAST = 60


class Standing(NamedTuple):
    """Whether an entry is in force, and if not, why; None where that is not known."""

    in_force: bool | None
    why: str = ""


class Saying(NamedTuple):
    """What an action's control state should be."""

    state: State
    comment: str
    why: str


def standing(entry: Entry, today: date, record: Record | None) -> Standing:
    """`record` is what a run found out of the action: without one, only a date can be told."""
    if entry.expires < today:
        return Standing(False, f"expired on {entry.expires:%Y-%m-%d}")
    if entry.observed and (record is None or record.verdict is Verdict.NOT_EVALUATED):
        told = "was granted for observed facts: name the posture.json of a run with --posture"
        return Standing(None, told if record is None else "was granted for observed facts, and the action was not evaluated")
    if record is None or record.verdict is Verdict.NOT_EVALUATED:
        return Standing(True)
    if why := entry.why_not(today, record.observed):
        return Standing(False, why)
    if record.verdict in {Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.KNOWN}:
        return Standing(True)
    return Standing(False, f"not needed: the action is {record.verdict}")


def excepted(entry: Entry) -> Saying:
    """For an entry in force: its reason, owner and end, on one line."""
    state, told = _STATES[entry.state], f"{_SAID[entry.state]} by {entry.owner} until {entry.expires:%Y-%m-%d}"
    return Saying(state, _comment(state, f"{told}: {entry.reason}"), one_line(told))


def nothing_excepted(why: str) -> Saying:
    return Saying(State.DEFAULT, _comment(State.DEFAULT, f"no exception is in force: {why}"), one_line(why))


def _comment(state: State, text: str) -> str:
    line = one_line(f"{TOOL} [{state}]: {text}")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def is_ours(update: StateUpdate | None) -> bool:
    """Whether this tool wrote a state: it says so itself, and the state is still the one that it was written for."""
    mark = _MARK.match(update.comment or "") if update else None
    return bool(mark and update and mark[1].casefold() == update.state.casefold())


def shows(present: Present, saying: Saying) -> bool:
    """Whether Secure Score says this by now: the state and the comment, which it may have shortened."""
    comment = " ".join((present.update.comment or "").split()) if present.update else ""
    cut = comment.rstrip("…. ")
    return present.state == saying.state and (comment == saying.comment or (len(cut) >= _KEPT_AT_LEAST and saying.comment.startswith(cut)))
