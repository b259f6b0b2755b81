"""An earlier workbook on its way out: its entries go into the new one, and it goes only once all of them are there.

What cannot be read, or holds more than another workbook has a place for, is kept beside the new one under another name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from reports.posture import Posture

from .text import shown
from .typed import Entry, Plan, read


@dataclass
class Earlier:
    """A workbook that lies at `path`. `plan` is None where it could not be read, `why` what keeps it from being removed, in clauses.

    `named`: the user named it; it stays where it is whatever comes of it. `home` is where it was before it was moved aside.
    """

    path: Path
    plan: Plan | None
    why: list[str] = field(default_factory=list)
    named: bool = False
    home: Path | None = None
    seen: tuple[int, int] = (0, 0)

    def move_aside(self) -> None:
        """Give it the name of an earlier one. Raises `OSError` where another program holds on to it."""
        self.home, self.path = self.path, self.path.replace(_free(self.path))

    def put_back(self) -> None:
        """Give it back the name it had, unless something else has that by now."""
        if self.home and not self.home.exists():
            self.path, self.home = self.path.replace(self.home), None


@dataclass(frozen=True)
class Carried:
    """The entries by key that go into the new workbook, and one line for each earlier workbook that stays beside it."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    kept: tuple[str, ...] = ()


def look(path: Path, ours: Mapping[str, Collection[str]]) -> Earlier:
    """Read the workbook at `path` for what was typed, and touch nothing."""
    earlier = Earlier(path, None, seen=_seen(path))
    try:
        earlier.plan = read(path, ours)
    except OSError as error:
        earlier.why.append(f"nothing was carried over, it cannot be read ({error.strerror})")
    except ValueError as error:
        earlier.why.append(f"nothing was carried over, {error}")
    if earlier.plan and earlier.plan.beyond:
        earlier.why.append(f"it has what is not carried over: {', '.join(earlier.plan.beyond)}")
    if _is_open(path):
        earlier.why.append("it seems to be open in another program, and only what was saved is carried over")
    return earlier


def set_aside(path: Path, ours: Mapping[str, Collection[str]]) -> Earlier | None:
    """Read the workbook at `path`, then move it out of the way. Where there is none, the newest that a run which died left aside.

    Raises `OSError` where it cannot be moved; then it is still where it was.
    """
    if path.exists():
        earlier = look(path, ours)
        earlier.move_aside()
        return earlier
    left = sorted(path.parent.glob(f"{path.stem}.earlier-*{path.suffix}"), key=lambda found: (found.stat().st_mtime, found.name))
    return look(left[-1], ours) if left else None


def carried(earlier: Iterable[Earlier], posture: Posture) -> Carried:
    """The entries of all of them, the first one's before the next one's; none of another tenant's."""
    entries: dict[str, Entry] = {}
    found = list(earlier)
    for each in found:
        if each.plan and of_another_tenant(each.plan, posture):
            each.why = ["nothing was carried over, it is of another tenant"]
            each.plan = None
        for key, entry in each.plan.entries.items() if each.plan else ():
            if entries.setdefault(key, entry).typed != entry.typed:
                each.why.append("it differs from what was carried over")
        each.why = list(dict.fromkeys(each.why))
    return Carried(entries, tuple(_line(each) for each in found if each.why and not each.named))


def of_another_tenant(plan: Plan, posture: Posture) -> bool:
    """Whether both say whose they are, and it is not the same tenant."""
    return bool(plan.tenant and posture.tenant.id) and plan.tenant != shown(posture.tenant.id or "")


def settle(earlier: Iterable[Earlier]) -> list[str]:
    """After the new workbook is written: remove the earlier ones that are in it whole. One line for each that stays."""
    for each in earlier:
        if each.named or each.why:
            continue
        if _seen(each.path) != each.seen:
            each.why.append("it was changed after it was read")
            continue
        try:
            each.path.unlink()
        except OSError as error:
            each.why.append(f"it cannot be removed ({error.strerror})")
    return [_line(each) for each in earlier if each.why and not each.named]


def _line(earlier: Earlier) -> str:
    return f"The earlier workbook is kept as {earlier.path.name}: {'; '.join(earlier.why)}."


def _free(path: Path) -> Path:
    """A name beside `path` that nothing has yet."""
    stem, number = f"{path.stem}.earlier-{datetime.now(UTC):%Y-%m-%d}", 1
    while (free := path.with_name(f"{stem}{f'-{number}' if number > 1 else ''}{path.suffix}")).exists():
        number += 1
    return free


def _seen(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


def _is_open(path: Path) -> bool:
    """Whether Excel's or LibreOffice's mark of an open file lies beside it."""
    return any(path.with_name(mark).exists() for mark in (f"~${path.name}", f".~lock.{path.name}#"))
