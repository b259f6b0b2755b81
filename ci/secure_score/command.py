"""`python -m ci report-to-secure-score`: shows how Secure Score differs from `exceptions.toml`, and with --apply writes the difference."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from fixtures.graph.credentials import CredentialError
from fixtures.graph.failure import Unreadable
from fixtures.graph.patience import DEFAULT
from fixtures.graph.snapshot import SnapshotError
from fixtures.tenant import slug_of
from fixtures.text import one_line, visible

from .gathering import Gathering, Refused, Wanted
from .log import Log, LogError
from .plan import DIFFERS, WRITES, Kind, Step, plan

ROOT = Path(__file__).resolve().parents[2]
ALL_DONE, DIFFERENT, INCOMPLETE, USAGE = 0, 1, 10, 4
PERMISSION = "SecurityEvents.ReadWrite.All"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {one_line(message)}\n")


def _parser() -> argparse.ArgumentParser:
    made = _Parser(prog="python -m ci report-to-secure-score", description=__doc__)
    add = made.add_argument
    add("--tenant", help="a name in tenants.toml, or a tenant id or domain; default: AZURE_TENANT_ID. A live one only")
    add("--tenants", type=Path, metavar="FILE", help="another file than tenants.toml")
    add("--exceptions", type=Path, default=ROOT / "exceptions.toml", metavar="FILE", help="default: exceptions.toml")
    add("--posture", type=Path, metavar="FILE", help="the posture.json of a run: it says which observed facts still hold")
    add("--apply", action="store_true", help="write the difference; without it nothing is written")
    add("--yes", action="store_true", help="with --apply: write without asking")
    add("--reset", action="store_true", help="also set to Default what a person set and no entry in force covers")
    add("--overwrite", action="store_true", help="also replace what a person set by what an entry in force wants")
    add("--log", type=Path, metavar="FILE", help="default: secure-score-log.jsonl beside the tenant's deliverables")
    add("--patience", type=float, default=DEFAULT, metavar="SECONDS", help=f"how long to wait for Graph in all; default: {DEFAULT:g}")
    return made


def main(arguments: list[str]) -> int:
    """The exit status: 0 where nothing differs any more, 1 where something does, 10 where something could not be written, verified or
    read, and 4 where it was asked for something it cannot do.
    """
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that a console has no letters for must not end a run between two writes
    try:
        wanted = _wanted(options)
        with asyncio.Runner() as runner:
            gathering = Gathering(wanted, ROOT, runner)
            try:
                return _report(gathering, wanted, runner, apply=options.apply, ask=not options.yes)
            finally:
                gathering.close()
    except (Refused, SnapshotError, CredentialError, pytest.UsageError, LogError) as error:
        return _fail(str(error), USAGE)
    except Unreadable as error:
        return _fail(f"{error.reason} Nothing was written.", INCOMPLETE)
    except KeyboardInterrupt:
        return _fail("interrupted: nothing was written.", INCOMPLETE)


def _wanted(options: argparse.Namespace) -> Wanted:
    """What is wrong with the options by themselves is told before anybody signs in. Raises `Refused`."""
    tenant = options.tenant or os.environ.get("AZURE_TENANT_ID")
    if not tenant:
        raise Refused("no tenant: name one with --tenant.")
    if options.yes and not options.apply:
        raise Refused("--yes answers what --apply asks, and needs it.")
    if options.apply and not options.yes and not (sys.stdin and sys.stdin.isatty()):
        raise Refused("--apply asks before it writes, and there is no terminal to ask on: --yes is the answer.")
    if not 0 <= options.patience <= 86_400:
        raise Refused("--patience: a number of seconds from 0 to 86400 is wanted.")
    kept = options.log or ROOT / "reports" / "out" / slug_of(tenant) / "secure-score-log.jsonl"
    own = {"tenants": options.tenants, "exceptions": options.exceptions, "posture": options.posture, "log": kept}
    paths = {name: path and path.expanduser() for name, path in own.items()}
    return Wanted(tenant=tenant, patience=options.patience, reset=options.reset, overwrite=options.overwrite, **paths)


def _report(gathering: Gathering, wanted: Wanted, runner: asyncio.Runner, *, apply: bool, ask: bool) -> int:
    facts = gathering.facts()
    steps = plan(facts)
    name = f"{gathering.tenant.label} ({gathering.tenant_id})"
    _tell(f"{name}: {len(facts.states)} actions in Secure Score, {len(facts.entries)} entries of {wanted.exceptions.name}.")
    if facts.history.unreadable:
        _tell(f"{facts.history.unreadable} lines of {wanted.log} cannot be read, and were left out.")
    width = max((len(step.action) for step in steps), default=0)
    for step in steps:
        _tell(f"{step.kind:<9}{step.action:<{min(width, 60)}}  {step}")
    writes = [step for step in steps if step.kind in WRITES]
    may_not = writes and _may_not_write(gathering)
    if not apply:
        _tell(f"This was a dry run: nothing was written. {_counted(steps)}" + (" --apply writes them." if writes else ""))
        if may_not:
            _tell(may_not)
        return DIFFERENT if any(step.kind in DIFFERS for step in steps) else ALL_DONE
    if may_not:
        return _fail(f"{may_not} Nothing was written.", INCOMPLETE)
    if writes and ask and not _agreed(len(writes), name):
        _tell("Nothing was written.")
        return DIFFERENT
    return _apply(gathering, wanted, runner, steps)


def _apply(gathering: Gathering, wanted: Wanted, runner: asyncio.Runner, steps: Sequence[Step]) -> int:
    todo = [step for step in steps if step.kind in {*WRITES, Kind.WAIT}]
    done: Counter[str] = Counter()
    if todo:
        from .applying import Done, apply  # not loaded by a dry run

        with Log(wanted.log, gathering.tenant_id) as log:
            try:
                done.update(runner.run(apply(todo, gathering, log, _tell)))
            except LogError as error:
                return _fail(f"{error} The last write may be missing in it, and nothing more was written.", INCOMPLETE)
            except KeyboardInterrupt:
                return _fail(f"interrupted. {wanted.log} says what was written; the same command goes on from there.", INCOMPLETE)
        told = ", ".join(f"{number} {word}" for word, number in done.items())
        _tell(f"{told}. The log is {wanted.log}.")
        if set(done) != {Done.WRITTEN}:
            return INCOMPLETE
    left = [step for step in steps if step.kind in {Kind.LEFT, Kind.UNKNOWN}]
    if not todo or left:
        _tell(_counted(steps) if not todo else f"{len(left)} still differ, and were left.")
    return DIFFERENT if left else ALL_DONE


def _may_not_write(gathering: Gathering) -> str:
    """Why the caller cannot write, as far as his token says; empty where he can, or where it does not say."""
    caller = gathering.tenant.caller
    if caller.granted is None or PERMISSION.casefold() in {permission.casefold() for permission in caller.granted}:
        return ""
    return f"Writing needs {PERMISSION}, which {caller.title} was not granted: no other command and no run of the checks needs it."


_MEANS = {
    Kind.SET: "to set",
    Kind.RESET: "to reset",
    Kind.WAIT: "written and not visible yet",
    Kind.LEFT: "left as a person set them",
    Kind.UNKNOWN: "not known",
    Kind.AGREES: "as they should be",
    Kind.KEPT: "reviewed",
}


def _counted(steps: Sequence[Step]) -> str:
    found = Counter(step.kind for step in steps)
    return (", ".join(f"{found[kind]} {means}" for kind, means in _MEANS.items() if found[kind]) or "Nothing to report") + "."


def _agreed(number: int, name: str) -> bool:
    try:
        return input(one_line(f"Write {number} of these to the Secure Score of {name}? Type yes: ") + " ").strip().casefold() == "yes"
    except (EOFError, KeyboardInterrupt):
        _tell("")
        return False


def _tell(line: str) -> None:
    """A line of ours stays one, whatever a name in it holds; its columns stay too."""
    print(visible(line).replace("\n", " "), flush=True)


def _fail(why: str, status: int) -> int:
    sys.stderr.write(f"{one_line(why)}\n")
    return status
