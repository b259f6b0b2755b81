"""Allure results, made from the posture alone: one result an item, so they can be made again from any `posture.json`.

allure-pytest's hooks would write a container file per fixture and know nothing of verdicts, so nothing of its runtime is used but its
words (file patterns, label names, statuses). What the report turns on:

* Allure 3 knows a test by `testCaseId`; ours is the tenant and the action, so history survives a renamed check or file.
* Tenant text is hostile: every string passes `_clean`, descriptions are escaped Markdown (never `descriptionHtml`, which the Allure 2
  report would run), and file names are UUIDs.
* A file that two results attach, Allure shows with the first alone: each has its own copy.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from allure_commons.model2 import ATTACHMENT_PATTERN, TEST_CASE_PATTERN, Status
from allure_commons.types import AttachmentType, LabelType, LinkType, Severity

from fixtures.areas import BY_SLUG
from fixtures.graph.reading import Evidence
from fixtures.record import Points, Record
from fixtures.text import visible
from fixtures.verdicts import Verdict

from ..markup import HTTPS, fact
from ..posture import Posture
from .beside import CATEGORIES, STATUS, Json, category_2, config_3, environment, executor, properties
from .describing import description

RESULTS = UUID("0d9f4e5c-6c1b-5d0e-9a57-3f2f2c8f7b10")  # the namespace of our uuid5s; changing it breaks every kept history
LICENCE_STATUS = {"held": Status.PASSED, "none needed": Status.PASSED, "unknown": Status.BROKEN}
# From the points an action can earn at most, its weight in Microsoft's own eyes.
SEVERITIES = ((9.0, Severity.BLOCKER), (7.0, Severity.CRITICAL), (3.0, Severity.NORMAL), (1.0, Severity.MINOR))
FILES = {"environment.properties", "executor.json", "categories.json", "allurerc.json"}
MOST_BYTES = 50_000  # of one attachment. The posture has all of it
_UUID_FILE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-((result|container|globals)\.json|attachment(\.\w+)?)(\.tmp)?")


def write(posture: Posture, folder: Path) -> None:
    """Write the results of one run into `folder`, in place of an earlier run's; other files there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    empty(folder)
    evidence: dict[str, list[Evidence]] = {}
    for row in posture.evidence:
        evidence.setdefault(row.id, []).append(row)

    @cache
    def attached(ids: tuple[str, ...]) -> bytes | None:
        """Many results rest on the same responses."""
        rows = [_evidence(row) for name in ids for row in evidence.get(name, [])]
        return _attachment(rows) if rows else None

    for record, key, span in zip(posture.verdicts, _keys(posture.verdicts), _spans(posture), strict=True):
        deciding = _attachment(record.deciding) if record.deciding else None
        _write_result(folder, posture, record, key, span, {"evidence": attached(tuple(record.evidence)), "deciding": deciding})
    (folder / "environment.properties").write_text(properties(environment(posture)), encoding="ascii")
    _write_json(folder / "executor.json", executor(posture))
    _write_json(folder / "categories.json", [category_2(*category) for category in CATEGORIES])
    _write_json(folder / "allurerc.json", config_3(posture))


def empty(folder: Path) -> None:
    """Remove what Allure results consist of: a second run beside a first would show as retries of it."""
    for path in folder.iterdir():
        if (path.name in FILES or _UUID_FILE.fullmatch(path.name)) and not path.is_dir():
            path.unlink()


def _write_json(path: Path, value: Any) -> None:
    path.write_bytes(_encoded(value))


def _encoded(value: Any) -> bytes:
    """`value` as JSON with every string in it, keys too, fit to show. Most of it is so already: that is seen faster in the whole."""
    with suppress(UnicodeEncodeError):  # half of a surrogate pair
        body = msgspec.json.encode(value)
        if body.decode().isprintable() and b"\\u" not in body:
            return body
    return msgspec.json.encode(_clean(value))


def _write_result(
    folder: Path, posture: Posture, record: Record, key: str, span: tuple[int, int], attached: dict[str, bytes | None]
) -> None:
    """One result and its attachments."""
    case = str(uuid5(RESULTS, visible(f"{_tenant_key(posture)}\n{key}")))
    uuid = uuid5(RESULTS, visible(f"{case}\n{record.item}\n{posture.started_at.isoformat()}"))
    result = _result(posture, record, span)
    result |= {"uuid": str(uuid), "testCaseId": case, "historyId": case}
    for name, body in attached.items():
        if body:
            source = ATTACHMENT_PATTERN.format(prefix=uuid5(uuid, name), ext=AttachmentType.JSON.extension)
            result["attachments"].append({"name": f"{name}.json", "source": source, "type": AttachmentType.JSON.mime_type})
            (folder / source).write_bytes(body)
    _write_json(folder / TEST_CASE_PATTERN.format(prefix=uuid), result)


def _attachment(value: Any) -> bytes:
    body = msgspec.json.format(_encoded(value), indent=1)
    if len(body) <= MOST_BYTES:
        return body
    return msgspec.json.encode({"left out": f"{len(body)} bytes; posture.json holds what is not shown here"})


# Who is who: identity, and time


def _tenant_key(posture: Posture) -> str:
    return (posture.tenant.id or posture.tenant.name).casefold()


def _keys(records: Iterable[Record]) -> Iterator[str]:
    """What each record is known by, run after run: its action, also where only the check names it (the catalogue could not be read);
    else its node id. A second record of one action adds its node id, or Allure would take it for a retry of the first."""
    seen: Counter[str] = Counter()
    for record in records:
        key = (record.action or record.claims or record.item).casefold()
        if seen[key]:
            key = f"{key}\n{record.item}"
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}\n{seen[key]}"


def _spans(posture: Posture) -> Iterator[tuple[int, int]]:
    """Start and stop of each result, in ms: the run's time in equal shares. Reads are shared, so no item has a time of its own."""
    start = int(posture.started_at.timestamp() * 1000)
    share = max(int(posture.finished_at.timestamp() * 1000) - start, 0) / max(len(posture.verdicts), 1)
    for position in range(len(posture.verdicts)):
        yield start + int(position * share), start + int((position + 1) * share)


# One result


def _result(posture: Posture, record: Record, span: tuple[int, int]) -> Json:
    """What Allure calls a test result, without its ids and attachments."""
    details = {"message": _message(record), "known": record.verdict in {Verdict.ACCEPTED, Verdict.KNOWN}}
    return {
        "name": record.title,
        "fullName": record.item,
        "titlePath": record.item.split("::")[0].split("/"),
        "status": STATUS.get(record.verdict, Status.SKIPPED),
        "statusDetails": details,
        "stage": "finished",
        "start": span[0],
        "stop": span[1],
        "description": description(record),
        "labels": [{"name": name, "value": value} for name, value in _labels(record) if value],
        "links": [{"type": LinkType.LINK, "url": record.url, "name": "Open in the portal"}] if HTTPS.fullmatch(record.url) else [],
        # not part of the identity: testCaseId is
        "parameters": [{"name": "action", "value": record.action, "excluded": True}] if record.action else [],
        "steps": [{**step, "start": span[0], "stop": span[1]} for step in _steps(record)],
        "attachments": [],
    }


def _message(record: Record) -> str:
    """`not evaluated (permission): …`. The categories match on how it begins."""
    return f"{_word(record)}: {record.reason}"


def _word(record: Record) -> str:
    return f"{record.verdict} ({record.cause})" if record.cause else str(record.verdict)


def _labels(record: Record) -> Iterator[tuple[str, str]]:
    area = BY_SLUG[record.area].name if record.area in BY_SLUG else record.area
    yield LabelType.EPIC, area
    yield LabelType.FEATURE, record.category or record.service or "Without a category"
    yield LabelType.STORY, str(record.verdict)
    yield LabelType.SEVERITY, severity(record.points).value
    yield LabelType.PARENT_SUITE, "Microsoft 365 posture"
    yield LabelType.SUITE, area
    yield "owner", record.exception.owner if record.exception else ""
    for tag in dict.fromkeys((record.basis, record.tier.capitalize(), *record.threats)):
        yield LabelType.TAG, tag


def severity(points: Points | None) -> Severity:
    """Blocker from 9 points, critical from 7, normal from 3, minor from 1, else trivial; normal where nobody has set any points,
    as for the prerequisites, which are anything but trivial."""
    if points is None:
        return Severity.NORMAL
    return next((word for least, word in SEVERITIES if points.max >= least), Severity.TRIVIAL)


def _steps(record: Record) -> Iterator[Json]:
    """How the verdict was reached. A fact that was read has passed, whatever it says. The last step has the message of the result:
    to one that failed without it, Allure would add a step."""
    if record.licence:
        status = LICENCE_STATUS.get(record.licence.state, Status.SKIPPED)
        yield {"name": f"Licence: {record.licence.note or record.licence.state}", "status": status}
    for name, value in record.observed.items():
        yield {"name": f"Observed: {name} = {fact(value)}", "status": Status.PASSED}
    status = STATUS.get(record.verdict, Status.SKIPPED)
    yield {"name": f"Verdict: {_word(record)}", "status": status, "statusDetails": {"message": _message(record)}}


def _evidence(row: Evidence) -> Json:
    """What finds one response again, and proves that it is the same."""
    facts = {"id": row.id, "url": row.url, "status": row.status, "retrieved_at": row.retrieved_at}
    facts |= {"method": row.method, "body": row.body} if row.body else {}
    return {**facts, "sha256": row.sha256, "bytes": row.bytes, "pages": row.pages}


# Text


def _clean(value: Any) -> Any:
    """`value` with every string in it, keys too, fit to show."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key) if isinstance(key, str) else key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, (list, tuple)) else value
