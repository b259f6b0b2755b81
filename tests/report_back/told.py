"""What the tests of reporting back share: exceptions, the states of a small tenant, and what the command told of a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from fixtures.permissions import needed
from fixtures.record import Record
from fixtures.verdicts import Verdict
from tests.emulator import Emulator
from tests.emulator.clients import client_of
from tests.emulator.tiny import PROFILES

DONE, DIFFERENT, INCOMPLETE, USAGE = 0, 1, 10, 4
WRITER = [*needed(), "SecurityEvents.ReadWrite.All"]
PERSON, MANY = "admin@tiny.example", f"{PROFILES}/*"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def entry(action: str, state: str = "risk-accepted", expires: str = "2999-01-01", extra: str = "", reason: str = "Because.") -> str:
    return f'[[exception]]\naction = "{action}"\nstate = "{state}"\nreason = "{reason}"\nowner = "IT"\nexpires = {expires}\n{extra}\n'


BOTH = entry("IntegratedApps") + entry("mdo_safelinks", "third-party")


def profile(name: str, state: str = "Default", by: str | None = None, comment: str | None = None) -> dict[str, Any]:
    at = "2026-02-01T10:00:00.1234567Z" if by else None
    update = {"assignedTo": None, "comment": comment, "state": state, "updatedBy": by, "updatedDateTime": at}
    return {"id": name, "title": f"About {name}", "maxScore": 5, "service": "X", "controlStateUpdates": [update]}


class Told(NamedTuple):
    """What the command printed, its status, and what it sent that could change anything."""

    status: int
    output: str
    errors: str
    writes: list[tuple[str, int]]

    def line(self, action: str) -> str:
        """The last line about an action."""
        return [line for line in self.output.splitlines() if action in line][-1]


Report = Callable[..., Told]
APPLY = ("--apply", "--yes")


def states(emulator: Emulator) -> dict[str, dict[str, Any]]:
    """The latest update of each action, as the tenant shows it."""
    with client_of(emulator) as client:
        page = client.get(f"/v1.0/{PROFILES}").json()
        rows = page["value"] + client.get(page["@odata.nextLink"]).json()["value"]
    return {row["id"]: row["controlStateUpdates"][-1] for row in rows}


def logged(folder: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    return [(line["action"], line["event"]) for line in lines]


def record(verdict: Verdict, observed: dict[str, Any]) -> Record:
    return Record(
        item="i", action="IntegratedApps", title="t", area="identity", claim="c", basis="direct", verdict=verdict, observed=observed
    )
