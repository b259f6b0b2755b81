"""What a plan is made of, gathered: the entries, the tenant they are for, its control states, what a run observed. Reads only."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from ci.exceptions import Placed, for_tenant, placed
from fixtures.graph.client import GraphClient
from fixtures.graph.limits import Gates
from fixtures.graph.patience import Patience
from fixtures.graph.reading import Request, read
from fixtures.record import Record
from fixtures.resources.secure_score import CONTROL_PROFILES
from fixtures.resources.tenant import ORGANIZATION, Organization
from fixtures.store import Outcome, Store
from fixtures.tenant import Access, Tenant, find_tenant
from reports import posture as postures

from . import log
from .plan import Facts, is_id
from .states import Present, States

_PROFILES = "v1.0/security/secureScoreControlProfiles"
# What was observed longer ago says nothing of today.
_NEWEST = timedelta(days=7)


class Refused(Exception):
    """The command cannot do what it was asked for, in one line that says why and what to do."""


class Wanted(msgspec.Struct, frozen=True):
    """What the caller named. `tenants` None: the project's own tenants.toml."""

    tenant: str
    exceptions: Path
    tenants: Path | None
    posture: Path | None
    log: Path
    patience: float
    reset: bool
    overwrite: bool


class Gathering:
    """A live tenant that is read. One event loop for all of it, for a connection belongs to one."""

    def __init__(self, wanted: Wanted, root: Path, runner: asyncio.Runner) -> None:
        """Signs in. Raises `Refused`, `SnapshotError` or `CredentialError`."""
        self._wanted, self._runner = wanted, runner
        if wanted.tenant == "demo":
            raise Refused("the demo tenant does not exist: there is nobody to report to.")
        self._text = _text(wanted.exceptions)
        self.tenant, self.access = _live(wanted, root)
        self.patience = Patience(wanted.patience)
        self._client = GraphClient(self.tenant.cloud, self.access.authentication, patience=self.patience)
        self._gates = Gates(live=True)
        self.tenant_id = ""

    def facts(self) -> Facts:
        """Raises `Refused`, `pytest.UsageError` for a damaged file, `LogError`, and `Unreadable` where the states could not be read."""
        wanted, store = self._wanted, Store(self.tenant, Path())
        every = placed(wanted.exceptions.name, self._text)
        store.outcomes["organization"] = self._runner.run(self._organization(store))
        self.tenant_id = _id_of(self.tenant, store.outcomes["organization"])
        own = for_tenant(every, store)
        others = [entry for entry in every if entry not in own.values()]
        if store.outcomes["organization"].failure:
            _refuse_unknown(others)
        return Facts(
            entries=own,
            elsewhere={entry.action.casefold(): entry for entry in sorted(others, key=lambda entry: not is_id(entry.tenant))},
            records=_records(wanted.posture, self.tenant_id),
            history=log.read(wanted.log, self.tenant_id),
            states=self._runner.run(self._states(_PROFILES)),
            now=datetime.now(UTC),
            reset=wanted.reset,
            overwrite=wanted.overwrite,
        )

    async def look(self, action: str) -> Present:
        """How one action stands now. Raises `Unreadable`."""
        (present,) = (await self._states(f"{_PROFILES}/{quote(action, safe='')}")).values()
        return present

    async def _organization(self, store: Store) -> Outcome:
        (request,) = ORGANIZATION.requests(store)
        reading = await read(self._client, self._gates, ORGANIZATION.name, request, ORGANIZATION.permissions, ORGANIZATION.fold(store))
        return Outcome(reading.value, reading.failure, reading.evidence)

    async def _states(self, path: str) -> dict[str, Present]:
        reading = await read(self._client, self._gates, "control_states", Request(path), CONTROL_PROFILES.permissions, States())
        if reading.failure or reading.value is None:
            raise reading.failure or AssertionError("a reading is a value or a failure")
        return reading.value

    def close(self) -> None:
        self._runner.run(self._client.aclose())


def _live(wanted: Wanted, root: Path) -> tuple[Tenant, Access]:
    tenant, access = find_tenant(wanted.tenant, wanted.tenants or root / "tenants.toml", wanted.tenants is not None, Path.cwd())
    if tenant.source != "live":
        raise Refused(f"{wanted.tenant} is a snapshot: what was recorded cannot be told anything.")
    if not tenant.cloud.offers(CONTROL_PROFILES.clouds):
        raise Refused(f"Microsoft does not offer Secure Score in the cloud {tenant.cloud.name}.")
    return tenant, access


def _text(path: Path) -> bytes:
    """A file that is not there excepts nothing, and everything would be reset: it must be, if it is empty."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Refused(f"exceptions cannot be read from {path}: {error.strerror}. --exceptions names another file.") from None


def _id_of(tenant: Tenant, outcome: Outcome) -> str:
    """The id of the tenant that answers, which must be the one that was asked for: nothing is written anywhere else."""
    organization: Organization | None = None if outcome.failure else outcome.value
    found = tenant.id or (organization.id if organization else None)
    if not found:
        raise Refused(f"whether it is {tenant.wanted} that answers cannot be told, by the token or by Graph: nothing was written.")
    if organization:
        names = {organization.id.casefold(), *(domain.name.casefold() for domain in organization.verified_domains)}
        if found.casefold() != organization.id.casefold() or (tenant.wanted or "").casefold() not in names:
            raise Refused(f"the credential reads tenant {organization.id}, which is not {tenant.wanted}: nothing was written.")
    return found


def _refuse_unknown(others: Iterable[Placed]) -> None:
    """Without the organization nobody knows what it is called."""
    for entry in others:
        if not is_id(entry.tenant):
            told = "whether that is this one could not be read: grant Organization.Read.All, or put its id there"
            raise Refused(f"{entry.where} is for the tenant {entry.tenant!r}, and {told}.")


def _records(path: Path | None, tenant_id: str) -> dict[str, Record]:
    """What a run found out, by folded action id."""
    if path is None:
        return {}
    try:
        found = postures.read(path)
    except ValueError as error:
        raise Refused(f"--posture: {error}") from None
    if (found.tenant.id or "").casefold() != tenant_id.casefold():
        raise Refused(f"--posture: it is of tenant {found.tenant.id}, and this is {tenant_id}.")
    age = datetime.now(UTC) - found.as_of
    if age > _NEWEST:
        raise Refused(f"--posture: it is {age.days} days old, and says nothing of today after {_NEWEST.days}: run the checks again.")
    return {key.casefold(): record for record in found.verdicts if (key := record.action or record.claims)}
