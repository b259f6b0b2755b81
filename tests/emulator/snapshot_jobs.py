"""The life of a snapshot job of tenant configuration management: made, running, done, read, and deleted or ended after a week.

What it exports is what the snapshot of the tenant holds of it. https://learn.microsoft.com/graph/api/resources/configurationsnapshotjob
Which words Graph refuses with when there are too many jobs, or too much was exported, Microsoft does not say: those here are made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import msgspec

from .answers import Answer, Answers, Asked
from .odata import Refused, projected

ROOT = "admin/configurationmanagement"
CREATE = f"{ROOT}/configurationsnapshots/createsnapshot"
_JOBS = f"{ROOT}/configurationsnapshotjobs"
_SNAPSHOT = re.compile(rf"{ROOT}/configurationsnapshots(?:/|\(')(?P<id>[\w-]+)(?:'\))?")
_JOB = re.compile(rf"{_JOBS}(?:/|\(')(?P<id>[\w-]+)(?:'\))?")
_NAME = re.compile(r"[A-Za-z0-9 ]{8,32}")
_KIND = re.compile(r"microsoft\.(exchange|teams|entra|intune|securityandcompliance)\.\w+")
_NEVER = "0001-01-01T00:00:00Z"
MOST_JOBS, MOST_RESOURCES, KEPT = 12, 20_000, timedelta(days=7)
# What Graph leaves out of a job unless it is selected.
_ONLY_SELECTED = ("createdBy", "errorDetails", "resources")


@dataclass
class Exporting:
    """How jobs fare: asked `polls` times they are still under way; `fails` says for a type (or for all, as `*`) what went wrong with it;
    so many `jobs` are there before, and so many resources `exported` this month; `shape` is the name of the list of what was exported."""

    polls: int = 2
    fails: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0
    exported: int = 0
    shape: str = "resources"


@dataclass
class _Made:
    row: dict[str, Any]
    kinds: list[str]
    polls: int


def is_job(path: str) -> bool:
    """Whether a path (without its version) is one snapshot job."""
    return bool(_JOB.fullmatch(path.casefold()))


class SnapshotJobs:
    """The jobs that were made since the emulator started, beside those that were recorded."""

    def __init__(self, answers: Answers, base: str, recorded_at: datetime | None) -> None:
        self._answers, self._base, self._recorded_at = answers, base, recorded_at
        self._made: dict[str, _Made] = {}
        self._gone: set[str] = set()
        self.exported = 0
        self.exporting = Exporting()
        self.refuses_to_delete = False

    @property
    def left(self) -> list[str]:
        """The names of the jobs that were made here and are still there."""
        return [each.row["displayName"] for each in self._made.values()]

    def forget(self) -> None:
        self._made.clear()
        self._gone.clear()

    def create(self, body: bytes) -> Answer:
        """Raises `Refused`."""
        name, description, kinds = _wanted(body)
        if len(self._made) + self.exporting.jobs + len(list(self._recorded())) >= MOST_JOBS:
            raise Refused(400, "BadRequest", f"The maximum number of {MOST_JOBS} snapshot jobs of this tenant is reached.")
        if self.exporting.exported + self.exported >= MOST_RESOURCES:
            raise Refused(400, "BadRequest", f"The monthly quota of {MOST_RESOURCES} snapshot resources of this tenant is spent.")
        if any(each.row["displayName"] == name for each in self._made.values()):
            raise Refused(409, "Conflict", "A snapshot job with this displayName already exists.")
        key = str(uuid4())
        row = {
            "id": key,
            "displayName": name,
            "description": description,
            "tenantId": "",
            "status": "notStarted",
            "resources": kinds,
            "createdBy": {"application": {"displayName": "emulated"}},
            "createdDateTime": _iso(datetime.now(UTC)),
            "completedDateTime": _NEVER,
            "resourceLocation": "",
            "errorDetails": [],
        }
        self._made[key] = _Made(row, kinds, self.exporting.polls)
        return Answer(201, msgspec.json.encode(_shown(row, None)))

    def delete(self, path: str) -> None:
        """Raises `Refused` where there is none."""
        if self.refuses_to_delete:
            raise Refused(403, "Forbidden", "The job may not be deleted.")
        key = _key(_JOB, path)
        if self._made.pop(key, None) is None:
            if key in self._gone or not any(row["id"] == key for row in self._recorded()):
                raise _missing(key)
            self._gone.add(key)

    def answer(self, asked: Asked) -> Answer | None:
        """What is read of jobs and of what they exported; None where the path is another."""
        path = asked.path.casefold()
        if path == _JOBS:
            return self._list(asked)
        if _JOB.fullmatch(path):
            return self._job(asked)
        if found := _SNAPSHOT.fullmatch(path):
            return self._snapshot(asked, found["id"])
        return None

    def _list(self, asked: Asked) -> Answer:
        recorded = self._answers.answer(asked)
        if recorded.status not in {200, 404}:
            return recorded
        rows = [row for row in _rows(recorded) if row.get("id") not in self._gone]
        made = [_shown(self._asked_for(each), _selected(asked)) for each in self._made.values()]
        body = {"@odata.context": f"{self._base}/v1.0/$metadata#{asked.path}"}
        try:
            body |= {key: value for key, value in msgspec.json.decode(recorded.body).items() if key.startswith("@")}
        except (msgspec.MsgspecError, UnicodeDecodeError, AttributeError):
            return recorded
        return Answer(200, msgspec.json.encode({**(body if recorded.status == 200 else {}), "value": [*made, *rows]}))

    def _job(self, asked: Asked) -> Answer:
        made = self._made.get(_key(_JOB, asked.path))
        return Answer(200, msgspec.json.encode(_shown(self._asked_for(made), _selected(asked)))) if made else self._answers.answer(asked)

    def _asked_for(self, made: _Made) -> dict[str, Any]:
        """A job, one step further than when it was last asked for."""
        row = made.row
        if row["status"] in {"notStarted", "running"}:
            made.polls -= 1
            row["status"] = "running"
            if made.polls < 0:
                self._finish(made)
        return row

    def _finish(self, made: _Made) -> None:
        fails = self.exporting.fails
        failed = [kind for kind in made.kinds if kind in fails or "*" in fails]
        row = made.row
        row["status"] = "succeeded" if not failed else "failed" if len(failed) == len(made.kinds) else "partiallySuccessful"
        row["errorDetails"] = list(dict.fromkeys(fails.get(kind, fails.get("*", "")) for kind in failed))
        row["completedDateTime"] = _iso(datetime.now(UTC))
        if row["status"] != "failed":
            row["resourceLocation"] = f"{self._base}/v1.0/admin/configurationManagement/configurationSnapshots('{row['id']}')"
            self.exported += len(self._exported(made))

    def _snapshot(self, asked: Asked, key: str) -> Answer:
        made = self._made.get(key)
        if made is None:
            row = next((each for each in self._recorded() if key in str(each.get("resourceLocation"))), None)
            if row and _is_over(row, self._recorded_at or datetime.now(UTC)):
                raise _missing(key)
            return self._answers.answer(asked)
        if not made.row["resourceLocation"]:
            raise _missing(key)
        body = {"id": key, "displayName": made.row["displayName"], "description": "", "parameters": []}
        return Answer(200, msgspec.json.encode({**body, self.exporting.shape: self._exported(made)}))

    def _exported(self, made: _Made) -> list[dict[str, Any]]:
        fails = self.exporting.fails
        wanted = {kind.casefold() for kind in made.kinds if kind not in fails and "*" not in fails}
        return [item for item in self._items() if str(item.get("resourceType")).casefold() in wanted]

    def _items(self) -> Iterator[dict[str, Any]]:
        """All that the recorded jobs exported: it is what the tenant is set to."""
        for row in self._recorded():
            found = _SNAPSHOT.search(str(row.get("resourceLocation")).casefold())
            if found:
                path = f"admin/configurationManagement/configurationSnapshots/{found['id']}"
                answer = self._answers.answer(Asked("v1.0", path, "", f"/v1.0/{path}"))
                yield from msgspec.json.decode(answer.body, type=dict[str, Any]).get("resources") or ()

    def _recorded(self) -> Iterator[dict[str, Any]]:
        path = "admin/configurationManagement/configurationSnapshotJobs"
        try:
            found = self._answers.answer(Asked("v1.0", path, "", f"/v1.0/{path}"))
        except Refused:
            return
        yield from (row for row in _rows(found) if row.get("id") not in self._gone)


def _wanted(body: bytes) -> tuple[str, str, list[str]]:
    try:
        sent = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refused(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set.") from None
    name, description, kinds = sent.get("displayName"), sent.get("description", ""), sent.get("resources")
    named = isinstance(name, str) and bool(_NAME.fullmatch(name)) and isinstance(description, str) and len(description) <= 128
    if not named or not isinstance(kinds, list) or not kinds or not all(isinstance(kind, str) and _KIND.fullmatch(kind) for kind in kinds):
        raise Refused(400, "BadRequest", "One or more validation errors occurred.")
    return str(name), description, kinds


def _shown(row: dict[str, Any], select: frozenset[str] | None) -> dict[str, Any]:
    return projected(row, select) if select else {name: value for name, value in row.items() if name not in _ONLY_SELECTED}


def _selected(asked: Asked) -> frozenset[str] | None:
    said = parse_qs(asked.query).get("$select")
    return frozenset(name.strip().casefold() for name in said[0].split(",")) if said else None


def _rows(answer: Answer) -> list[dict[str, Any]]:
    try:
        rows = msgspec.json.decode(answer.body).get("value") if answer.status == 200 else None
    except (msgspec.MsgspecError, UnicodeDecodeError, AttributeError):
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _is_over(row: dict[str, Any], now: datetime) -> bool:
    """Whether what a job exported is kept no longer: at the moment the tenant was recorded, for it stays what it was then."""
    try:
        return now - datetime.fromisoformat(str(row.get("createdDateTime"))) > KEPT
    except (ValueError, TypeError):
        return False


def _key(pattern: re.Pattern[str], path: str) -> str:
    found = pattern.fullmatch(path.casefold())
    return found["id"] if found else ""


def _missing(key: str) -> Refused:
    return Refused(404, "ResourceNotFound", f"Resource '{key}' is not found.")


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
