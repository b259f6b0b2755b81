"""`--baseline FILE`: a posture of an earlier run to compare with. What was not met there is known, and only what got worse fails.

`--write-baseline FILE` keeps this run's posture to compare with: only one that is whole, and in which everything was evaluated.
"""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fixtures.evidence import STORE, is_worker, only_looks
from fixtures.record import Acceptance, Record
from fixtures.resources.tenant import Organization
from fixtures.text import one_line, visible
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.collecting import POSTURE
from reports.posture import Compared, Posture

from .changes import by_key, changes, key_of, known_since

BASELINE = pytest.StashKey[Posture | None]()
_KNOWN = pytest.StashKey[dict[str, Record]]()
# What `--write-baseline` came to, as one line for the terminal.
WRITTEN = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("m365")
    group.addoption("--baseline", metavar="FILE", help="a posture.json of an earlier run: what was not met there is known")
    group.addoption("--write-baseline", metavar="FILE", help="keep this run's posture as a baseline, if it is whole and all is evaluated")


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """A file that is no baseline, or another tenant's, ends the run before anything is judged."""
    config = session.config
    if STORE not in config.stash or only_looks(config):
        return
    config.stash[BASELINE] = _load(config)
    if not is_worker(config) and (path := _target(config)):
        _may_be_written(path)


def _may_be_written(path: Path) -> None:
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--write-baseline: there is no folder {one_line(str(path.parent))}.")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise pytest.UsageError(f"--write-baseline: nothing can be written to {one_line(str(path.parent))}: {error.strerror}.") from None


def _load(config: pytest.Config) -> Posture | None:
    named = config.getoption("--baseline")
    if not named:
        return None
    try:
        found = postures.read(config.invocation_params.dir / Path(named).expanduser())
    except ValueError as error:
        raise pytest.UsageError(f"--baseline: {one_line(str(error))}") from None
    if found.selection.stopped or not found.selection.complete:
        why = found.selection.stopped or "it ran a selection of the checks"
        raise pytest.UsageError(
            f"--baseline: {visible(named)} is a part of a posture ({one_line(why)}): coverage cannot be compared with it."
        )
    _is_of_this_tenant(found, config)
    return found


def _is_of_this_tenant(found: Posture, config: pytest.Config) -> None:
    store = config.stash[STORE]
    read = store.outcomes["organization"]
    organization: Organization | None = None if read.failure else read.value
    own = (organization.id if organization else None) or store.tenant.id
    if not own or not found.tenant.id:
        raise pytest.UsageError("--baseline: whether it is of this tenant cannot be told, for one of the two has no tenant id.")
    if own.casefold() != found.tenant.id.casefold() or store.tenant.cloud.name != found.tenant.cloud:
        raise pytest.UsageError(f"--baseline: it is of tenant {visible(found.tenant.id)}, and this is {visible(own)}.")


def baseline(config: pytest.Config) -> Posture | None:
    return config.stash.get(BASELINE, None)


@pytest.hookimpl(trylast=True)  # what is accepted is not merely known
def pytest_m365_accept(config: pytest.Config, record: Record) -> Acceptance | None:
    before = baseline(config)
    if before is None:
        return None
    if _KNOWN not in config.stash:
        config.stash[_KNOWN] = by_key(before)
    old = config.stash[_KNOWN].get(key_of(record))
    if old is None or old.verdict in {Verdict.NOT_LICENSED, Verdict.NOT_SCORED}:
        word = "Microsoft has added it since" if old is None else f"it was {old.verdict} then"
        return Acceptance(Verdict.KNOWN, f"New: not judged in the baseline of {before.as_of:%Y-%m-%d}, {word}.", _today(config))
    since = known_since(old, before.as_of.date())
    return Acceptance(Verdict.KNOWN, f"Known since {since:%Y-%m-%d}.", since) if since else None


def _today(config: pytest.Config) -> date:
    return config.stash[STORE].as_of.date()


def pytest_m365_posture(config: pytest.Config, posture: Posture, status: int) -> None:
    before = baseline(config)
    if before is not None:
        posture.baseline = Compared(before.as_of, before.tool, before.score.percentage if before.score else None)
        posture.changes = changes(before, posture)


def _target(config: pytest.Config) -> Path | None:
    named = config.getoption("--write-baseline")
    return config.invocation_params.dir / Path(named).expanduser() if named else None


def why_no_baseline(posture: Posture) -> str | None:
    """Why a posture is none to compare with later; None where it is one."""
    lacking = [record for record in posture.verdicts if record.verdict is Verdict.NOT_EVALUATED]
    if posture.selection.stopped:
        return f"the run stopped early: {posture.selection.stopped}"
    if not posture.selection.complete:
        return "not all checks ran"
    return f"{len(lacking)} not evaluated" if lacking else None


def may_keep(config: pytest.Config, posture: Posture) -> bool:
    """False where a baseline was asked for and this posture is none: no pipeline may take that for done."""
    why = why_no_baseline(posture) if _target(config) else None
    if why:
        config.stash[WRITTEN] = f"not written: {one_line(why)}"
    return why is None


@pytest.hookimpl(trylast=True)  # when every deliverable is there: a run that dies on the way leaves no baseline
def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    posture, path = config.stash.get(POSTURE, None), _target(config)
    if posture is None or path is None or WRITTEN in config.stash:
        return
    if session.exitstatus not in {0, 1}:
        config.stash[WRITTEN] = "not written: the run did not come to its end"
        return
    try:
        postures.write(posture, path)
        config.stash[WRITTEN] = str(path)
    except OSError as error:
        config.stash[WRITTEN] = f"not written: {error.strerror or 'it cannot be'}"
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if WRITTEN in config.stash:
        terminalreporter.write_line(f"{'baseline':<10} {one_line(config.stash[WRITTEN])}")
