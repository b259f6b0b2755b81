"""The language of bad days: what goes wrong, where, and how often.

A line of a plan is `PATH FAULT [key=value …]`, as in `users 429 retry-after=0.5 times=2`. docs/emulator.md has all of it.
"""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from .wire import VERSIONS

# Every fault that is no status, with its own options.
KINDS: dict[str, tuple[str, ...]] = {
    "latency": ("seconds",),
    "reset": (),
    "stall": ("seconds",),
    "truncated": (),
    "html": (),
    "wrong-length": (),
    "empty-page": (),
    "loop": (),
    "elsewhere": ("url",),
    "token-expiry": (),
    "lag": ("seconds",),
}
_STATUS = re.compile(r"[45][0-9]{2}")
_COUNT = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True)
class Fault:
    """One line of a plan. It counts the requests that match its path: the first `after` pass, the next `times` suffer."""

    path: str
    kind: str
    retry_after: str | None = None
    seconds: float | None = None
    url: str | None = None
    times: int | None = None
    after: int = 0

    def __str__(self) -> str:
        given = ((name, getattr(self, name.replace("-", "_"))) for name in _OPTIONS)
        options = (f"{name}={_quoted(str(value))}" for name, value in given if value is not None and (name, value) != ("after", 0))
        return " ".join((_quoted(self.path), self.kind, *options))

    def matches(self, path: str) -> bool:
        return fnmatchcase(path.casefold(), self.path.casefold())

    def is_due(self, count: int) -> bool:
        """Whether it strikes the `count`-th request that matches."""
        return self.after < count and (self.times is None or count <= self.after + self.times)


def parse(line: str) -> Fault:
    """The fault that a line describes. Raises `ValueError` in one line that says what is wrong with it and what is possible."""
    if not line.isprintable():
        raise _wrong(line, "a line holds no control characters")
    try:
        words = shlex.split(line)
    except ValueError:
        raise _wrong(line, "a quotation is not closed, or a backslash stands at the end") from None
    if len(words) < 2:
        raise _wrong(line, "a line is PATH FAULT [key=value …]")
    path, kind, *rest = words
    if not path or path.startswith("/") or path.split("/")[0].casefold() in VERSIONS:
        raise _wrong(line, f"PATH is what follows the version, as in users or reports/* (not {path!r})")
    if kind not in KINDS and not _STATUS.fullmatch(kind):
        raise _wrong(line, f"there is no fault {kind!r}; possible are {', '.join(KINDS)} and any status from 400 to 599")
    possible = (*KINDS.get(kind, ("retry-after",)), "times", "after")
    options: dict[str, Any] = {}
    for word in rest:
        name, sign, value = word.partition("=")
        key = name.replace("-", "_")
        if not sign or name not in possible:
            raise _wrong(line, f"{kind} has no option {word!r}; possible are {', '.join(f'{option}=' for option in possible)}")
        if key in options:
            raise _wrong(line, f"{name}= is given twice")
        try:
            options[key] = _OPTIONS[name](value)
        except ValueError as problem:
            raise _wrong(line, f"{name}= wants {problem} (not {value!r})") from None
    if kind == "latency" and "seconds" not in options:
        raise _wrong(line, "latency wants seconds=")
    return Fault(path, kind, **options)


def read_plan(text: str) -> list[str]:
    """The lines of a plan's file, without the empty ones and those that begin with `#`."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _wrong(line: str, what: str) -> ValueError:
    return ValueError(f"fault {line!r}: {what}.")


def _quoted(word: str) -> str:
    return shlex.quote(word) if re.search(r"""[\s'"\\]""", word) or not word else word


def _header(value: str) -> str:
    if not value.isascii() or value != value.strip():
        raise ValueError("ASCII without a space at either end")
    return value


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise ValueError("seconds, as in 0.25")
    return seconds


def _address(value: str) -> str:
    try:
        parts = urlsplit(value)
        absolute = parts.scheme in {"http", "https"} and bool(parts.netloc)
    except ValueError:
        absolute = False
    if not absolute:
        raise ValueError("an absolute address, as in https://evil.example/v1.0/users")
    return value


def _times(value: str) -> int:
    if not _COUNT.fullmatch(value) or int(value) == 0:
        raise ValueError("a whole number from 1")
    return int(value)


def _after(value: str) -> int:
    if not _COUNT.fullmatch(value):
        raise ValueError("a whole number")
    return int(value)


_OPTIONS: dict[str, Callable[[str], object]] = {
    "retry-after": _header,
    "seconds": _seconds,
    "url": _address,
    "times": _times,
    "after": _after,
}


class Plan:
    """The faults of a run, and how often each was met."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = tuple(faults)
        self._met = [0] * len(self._faults)

    def due(self, path: str, marked: bool) -> tuple[float, Fault | None]:
        """What a request meets: seconds to wait, which add up, and the first other fault that is due. None leads to an empty page
        twice: a request that comes from one is `marked`.
        """
        due = []
        for index, fault in enumerate(self._faults):
            if fault.matches(path) and not (marked and fault.kind == "empty-page"):
                self._met[index] += 1
                if fault.is_due(self._met[index]):
                    due.append(fault)
        waits = sum(fault.seconds or 0.0 for fault in due if fault.kind == "latency")
        return waits, next((fault for fault in due if fault.kind != "latency"), None)
