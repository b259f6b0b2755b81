"""`exceptions.toml`: accepted risks and third-party solutions, each with a reason, an owner and an end.

Only this file accepts. An entry whose date has passed, or whose observed value has changed, is kept in sight and accepts nothing.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import tomli_w

from fixtures.evidence import RECORDER, STORE, is_worker
from fixtures.record import Acceptance, ExceptionNote, Record
from fixtures.secure_score import catalogue
from fixtures.store import Store
from fixtures.text import one_line, visible
from fixtures.verdicts import Verdict
from reports.collecting import POSTURE
from reports.posture import Posture

State = Literal["risk-accepted", "third-party", "alternate-mitigation"]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[exception]]`. `observed` holds the facts it was granted for, by the names a check observes them under."""

    action: str
    state: State
    reason: str
    owner: str
    expires: date
    tenant: str | None = None
    observed: dict[str, Any] = {}

    def why_not(self, as_of: date, observed: dict[str, Any]) -> str | None:
        """Why the entry does not apply; None when it does."""
        if self.expires < as_of:
            return f"expired on {self.expires:%Y-%m-%d}"
        for name, granted in self.observed.items():
            if name not in observed:
                return f"was granted for {name} = {granted}, which was not observed"
            if observed[name] != granted or isinstance(observed[name], bool) != isinstance(granted, bool):
                return f"was granted for {name} = {granted}, and it is {observed[name]} now"
        return None


class Placed(Entry, frozen=True, kw_only=True):
    """An entry, with the file and line it stands in."""

    where: str


EXCEPTIONS = pytest.StashKey[dict[str, Placed]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("m365").addoption(
        "--exceptions", metavar="FILE", help="accepted risks; default: the snapshot's own, else exceptions.toml"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """A damaged file is told at once, and a sound one recorded; in a worker the controller has done so already."""
    config = session.config
    if STORE in config.stash and not is_worker(config):
        entries(config)
        if RECORDER in config.stash:
            config.stash[RECORDER].declared("exceptions.toml", _for_this_tenant(_source(config)[1], config.stash[STORE]))


def entries(config: pytest.Config) -> dict[str, Placed]:
    """The entries for this tenant, by folded action id. Raises `pytest.UsageError` with one line for a file that is damaged."""
    if EXCEPTIONS not in config.stash:
        name, text = _source(config)
        config.stash[EXCEPTIONS] = for_tenant(placed(name, text), config.stash[STORE])
    return config.stash[EXCEPTIONS]


def _source(config: pytest.Config) -> tuple[str, bytes]:
    named = config.getoption("--exceptions")
    own = config.stash[STORE].tenant.exceptions
    if not named and own is not None:
        return "the tenant's exceptions.toml", own
    path = config.invocation_params.dir / named if named else config.rootpath / "exceptions.toml"
    if not named and not path.exists():
        return path.name, b""
    try:
        return path.name, Path(path).read_bytes()
    except OSError as error:
        raise pytest.UsageError(f"exceptions cannot be read from {named}: {error.strerror}.") from None


def _for_this_tenant(text: bytes, store: Store) -> bytes:
    """The file as it is, or without the entries that are another tenant's: those are nobody's business who reads this one's snapshot.

    Also an empty one, for without any a replay would take the exceptions of the project it runs in.
    """
    rows = tomllib.loads(text.decode()).get("exception", [])
    own = [row for row in rows if "tenant" not in row or row["tenant"].casefold() in _names(store)]
    return text if len(own) == len(rows) else tomli_w.dumps({"exception": own}).encode()


def placed(name: str, text: bytes) -> list[Placed]:
    """Every entry of a file, whichever tenant it is for. Raises `pytest.UsageError` with one line for a file that is damaged."""
    try:
        found = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise pytest.UsageError(f"{name} is damaged: {one_line(str(error))}") from None
    rows = found.pop("exception", [])
    if found or not isinstance(rows, list):
        raise pytest.UsageError(
            f"{name} is damaged: only [[exception]] tables may stand in it, and there is {one_line(str(min(found, default='another')))}."
        )
    found_entries = [_entry(row, where) for row, where in zip(rows, _places(name, text.decode(), len(rows)), strict=True)]
    for entry in found_entries:
        if not entry.reason.strip() or not entry.owner.strip():
            raise pytest.UsageError(f"{entry.where}: the exception for {visible(entry.action)} has no reason or no owner.")
    return found_entries


def for_tenant(found: list[Placed], store: Store) -> dict[str, Placed]:
    """The entries for this tenant, by folded action id. Raises `pytest.UsageError` where two are for one action."""
    kept: dict[str, Placed] = {}
    for entry in found:
        if entry.tenant is not None and entry.tenant.casefold() not in _names(store):
            continue
        if earlier := kept.get(entry.action.casefold()):
            raise pytest.UsageError(f"{entry.where}: {visible(entry.action)} is excepted twice, the first time at {earlier.where}.")
        kept[entry.action.casefold()] = entry
    return kept


def _entry(row: Any, where: str) -> Placed:
    try:
        return Placed(**msgspec.structs.asdict(msgspec.convert(row, Entry)), where=where)
    except msgspec.ValidationError as error:
        raise pytest.UsageError(f"{where} is damaged: {one_line(str(error))}") from None


_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*exception[ \t]*\]\]", re.MULTILINE)


def _places(name: str, text: str, entries: int) -> list[str]:
    """File and line of each entry; the file alone where the lines that look like a beginning are not as many as there are entries."""
    lines = [text.count("\n", 0, found.start()) + 1 for found in _HEADER.finditer(text)]
    return [f"{name}:{line}" for line in lines] if len(lines) == entries else [name] * entries


def _names(store: Store) -> set[str]:
    """What an entry may call the tenant: as it names itself, and as the user named it; a path is no name."""
    tenant, read = store.tenant, store.outcomes["organization"]
    own = (tenant.id, tenant.name) if read.failure else (read.value.id, read.value.display_name)
    return {name.casefold() for name in (*own, tenant.known_as) if name}


def pytest_m365_accept(config: pytest.Config, record: Record) -> Acceptance | None:
    entry = entries(config).get((record.action or record.claims or "").casefold())
    if entry is None or entry.why_not(config.stash[STORE].as_of.date(), record.observed):
        return None
    said = {"risk-accepted": "Risk accepted", "third-party": "Resolved by a third party", "alternate-mitigation": "Mitigated otherwise"}
    return Acceptance(Verdict.ACCEPTED, f"{said[entry.state]} by {entry.owner} until {entry.expires:%Y-%m-%d}: {entry.reason}")


@pytest.hookimpl(tryfirst=True)
def pytest_m365_posture(config: pytest.Config, posture: Posture, status: int) -> None:
    """Every entry is shown with what became of it: in force, not needed, expired, outdated, or for nothing the tenant has."""
    known = entries(config)
    judged = {(record.action or record.claims or "").casefold(): record for record in posture.verdicts}
    for key, entry in known.items():
        record = judged.get(key)
        if record is None:
            status_text, in_force = _nothing_judged(config, posture, entry), False
        else:
            why_not = entry.why_not(posture.as_of.date(), record.observed)
            accepted = record.verdict is Verdict.ACCEPTED
            status_text = "in force" if accepted else why_not or f"not needed: the action is {record.verdict}"
            in_force = accepted
            record.exception = ExceptionNote(entry.state, status_text, in_force, entry.reason, entry.owner, entry.expires)
        row = {"action": entry.action, "state": entry.state, "reason": entry.reason, "owner": entry.owner}
        row |= {"expires": entry.expires.isoformat(), "status": status_text, "where": entry.where}
        posture.exceptions.append({**row, "in_force": in_force})


def _nothing_judged(config: pytest.Config, posture: Posture, entry: Entry) -> str:
    """An entry for an action that this run did not judge: one that was not selected, or one that the tenant does not have."""
    if catalogue(config).find(entry.action):
        return "its action was not selected"
    return "names no action of this tenant" if posture.selection.complete else "names no action of this run"


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Entries that accept nothing are named where they stand, so that somebody puts them right."""
    posture = config.stash.get(POSTURE, None)
    for row in posture.exceptions if posture else ():
        if not row["in_force"]:
            terminalreporter.write_line(one_line(f"{row['where']}: the exception for {row['action']} accepts nothing: {row['status']}"))
