"""The log of what was written: one JSON object a line, appended before and after each write. A later run continues from it."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import msgspec

from fixtures.resources.secure_score import StateUpdate
from fixtures.text import one_line

Event = Literal["writing", "accepted", "refused", "unknown", "verified", "not yet visible", "changed meanwhile"]
# What Graph took shows within a day or two: https://learn.microsoft.com/defender-xdr/microsoft-secure-score
PATIENCE = timedelta(hours=48)


class LogError(Exception):
    """The log cannot be read or written, in one line."""


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One event. `before` is what the action said when it was planned, `seen` what it said when it was read back."""

    at: datetime
    tenant: str
    action: str
    event: Event
    state: str
    comment: str
    before: StateUpdate | None = None
    seen: StateUpdate | None = None
    status: int | None = None
    request_id: str | None = None
    said: str = ""


class History:
    """What earlier runs left of one tenant, by folded action id. `unreadable` counts lines that are none."""

    def __init__(self, lines: Iterable[Line] = (), unreadable: int = 0) -> None:
        self.unreadable = unreadable
        self._accepted: dict[str, Line] = {}
        self._verified: dict[str, Line] = {}
        for line in lines:
            key = line.action.casefold()
            if line.event == "accepted":
                self._accepted[key] = line
            elif line.event == "verified":
                self._accepted.pop(key, None)
                self._verified[key] = line

    def waits(self, action: str, state: str, comment: str, now: StateUpdate | None, at: datetime) -> datetime | None:
        """When Graph took this very write, where it may still come into sight: nothing else has happened to the action since."""
        line = self._accepted.get(action.casefold())
        same = line is not None and (line.state, line.comment, line.before) == (state, comment, now)
        return line.at if line and same and at - line.at < PATIENCE else None

    def is_another(self, action: str, update: StateUpdate | None) -> bool:
        """Whether somebody else than the one whose write was read back here wrote this."""
        line = self._verified.get(action.casefold())
        by = line.seen.by if line and line.seen else None
        return bool(by and update and update.by and by.casefold() != update.by.casefold())


def read(path: Path, tenant: str) -> History:
    """The history of `tenant`. A line that was cut short is left out. Raises `LogError`."""
    lines, unreadable = [], 0
    try:
        raws = path.read_bytes().splitlines() if path.exists() else []
    except OSError as error:
        raise _error(path, error) from None
    for raw in raws:
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            unreadable += bool(raw.strip())
            continue
        if line.tenant.casefold() == tenant.casefold():
            lines.append(line)
    return History(lines, unreadable)


class Log:
    """Appends, and has each line on the disk before it returns. Its owner alone can read it: it says who set what."""

    def __init__(self, path: Path, tenant: str) -> None:
        """Raises `LogError` where nothing can be appended."""
        self._path, self._tenant = path, tenant
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            size = os.fstat(self._file).st_size
            if size and os.lseek(self._file, -1, os.SEEK_END) >= 0 and os.read(self._file, 1) != b"\n":
                os.write(self._file, b"\n")  # after a run that died in the middle of a line
        except OSError as error:
            raise _error(path, error) from None

    def __enter__(self) -> Log:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        os.close(self._file)

    def append(self, event: Event, action: str, state: str, comment: str, **more: Any) -> None:
        """Raises `LogError`: then nothing may be written to the tenant."""
        said = msgspec.to_builtins(Line(datetime.now(UTC), self._tenant, action, event, state, comment, **more))
        line = f"{json.dumps(said)}\n".encode("ascii")  # what a tenant said can do nothing to a terminal that shows it
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(self._file)
        except OSError as error:
            raise _error(self._path, error) from None


def _error(path: Path, error: OSError) -> LogError:
    return LogError(one_line(f"the log {path} cannot be used: {error.strerror}."))
