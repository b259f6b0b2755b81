"""The difference between `exceptions.toml` and the control states, action by action, and what may be done about it.

A state that a person set is never replaced unless the caller says so with the option that the step names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from ci.exceptions import Placed
from fixtures.record import Record
from fixtures.text import one_line

from .log import History
from .saying import Saying, excepted, is_ours, nothing_excepted, shows, standing
from .states import Present, State

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def is_id(tenant: str | None) -> bool:
    """Whether a tenant is named by its id, which no other has."""
    return bool(_GUID.fullmatch(tenant or ""))


class Kind(StrEnum):
    """What a step is; the values are the words that are shown."""

    SET = "set"
    RESET = "reset"
    WAIT = "wait"
    LEFT = "left"
    UNKNOWN = "unknown"
    AGREES = "agrees"
    KEPT = "kept"
    DEVICE = "device"
    ABSENT = "absent"


WRITES = frozenset({Kind.SET, Kind.RESET})
# What is still another than it should be, whatever may be done about it.
DIFFERS = frozenset({*WRITES, Kind.WAIT, Kind.LEFT, Kind.UNKNOWN})


class Step(msgspec.Struct, frozen=True):
    """One action. `action` is its id as the tenant writes it; `saying` what its state should be, where that is known."""

    kind: Kind
    action: str
    present: Present
    why: str
    saying: Saying | None = None

    def __str__(self) -> str:
        to = f" -> {self.saying.state}" if self.saying and self.kind in {*WRITES, Kind.WAIT} else ""
        state = "" if self.kind in {Kind.ABSENT, Kind.DEVICE} else f"{self.present}{to}. "
        return one_line(f"{state}{self.why}")


class Facts(msgspec.Struct, frozen=True):
    """What a plan is made of: the entries for this tenant, those for others, the states, and what is known of each action besides.

    All by folded action id. `reset` and `overwrite` are what the caller allows.
    """

    entries: Mapping[str, Placed]
    elsewhere: Mapping[str, Placed]
    states: Mapping[str, Present]
    records: Mapping[str, Record] = {}
    history: History = History()
    now: datetime = msgspec.field(default_factory=lambda: datetime.now(UTC))
    reset: bool = False
    overwrite: bool = False


def plan(facts: Facts) -> list[Step]:
    """A step for every action that has an entry or a state of its own, in the order of their ids."""
    steps = (_step(key, facts) for key in sorted({*facts.entries, *facts.states}))
    return [step for step in steps if step]


def _step(key: str, facts: Facts) -> Step | None:
    present, entry = facts.states.get(key), facts.entries.get(key)
    if present is None:
        assert entry
        return Step(Kind.ABSENT, entry.action, Present(entry.action), f"{entry.where}: Secure Score has no such action here.")
    if present.is_device:
        told = "a device control, which Secure Score lets nobody set: make an exception in Defender Vulnerability Management."
        return Step(Kind.DEVICE, present.id, present, f"{entry.where}: {told}") if entry else None
    if present.problem:
        return Step(Kind.UNKNOWN, present.id, present, f"Its state is not known: {present.problem}.")
    if entry is None:
        return _unexcepted(present, nothing_excepted("exceptions.toml has none for it"), facts)
    stands = standing(entry, facts.now.date(), facts.records.get(key))
    if stands.in_force is None:
        return Step(Kind.UNKNOWN, present.id, present, f"{entry.where}: it {stands.why}.")
    if not stands.in_force:
        return _unexcepted(present, nothing_excepted(stands.why), facts, entry.where)
    return _excepted(present, excepted(entry), facts, entry.where)


def _excepted(present: Present, saying: Saying, facts: Facts, where: str) -> Step:
    told = f"{where}: {saying.why}."
    if shows(present, saying):
        return Step(Kind.AGREES, present.id, present, told, saying)
    ours = _is_ours(present, facts)
    if present.state == saying.state and not ours:
        return Step(Kind.AGREES, present.id, present, f"{told} A person had set it so, and the comment stays.", saying)
    if present.update is None or ours or facts.overwrite:
        return _writing(Kind.SET, present, saying, facts, told)
    return Step(
        Kind.LEFT, present.id, present, f"{told} Wanted: {saying.state}. A person set it otherwise: --overwrite replaces it.", saying
    )


def _unexcepted(present: Present, saying: Saying, facts: Facts, where: str = "") -> Step | None:
    """Nothing is excepted: a state that says so goes, where it was ours."""
    if present.state == State.DEFAULT:
        return None
    if present.state == State.REVIEWED and not _is_ours(present, facts):
        return Step(Kind.KEPT, present.id, present, "Somebody reviewed it, and of reviews exceptions.toml says nothing.", saying)
    told = f"{where}: {saying.why}." if where else f"No exception: {saying.why}."
    other = facts.elsewhere.get(present.id.casefold())
    if not facts.reset and other and not is_id(other.tenant):
        told = f"{other.where} excepts it for the tenant {other.tenant!r}, by which this one is not known: --reset sets it to Default."
        return Step(Kind.LEFT, present.id, present, told, saying)
    if facts.reset or _is_ours(present, facts):
        return _writing(Kind.RESET, present, saying, facts, told)
    return Step(Kind.LEFT, present.id, present, f"{told} A person set it: --reset sets it to Default.", saying)


def _writing(kind: Kind, present: Present, saying: Saying, facts: Facts, told: str) -> Step:
    """A write, unless an earlier run did it and Graph has not shown it yet."""
    since = facts.history.waits(present.id, saying.state, saying.comment, present.update, facts.now)
    if since:
        told = f"{told} Graph took it on {since:%Y-%m-%d at %H:%M} UTC and does not show it yet."
    return Step(Kind.WAIT if since else kind, present.id, present, told, saying)


def _is_ours(present: Present, facts: Facts) -> bool:
    return is_ours(present.update) and not facts.history.is_another(present.id, present.update)
