"""Whether a posture is what its snapshot gives: each answer by its hash, each verdict by running the checks again."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fixtures.graph.manifest import Recorded
from fixtures.graph.reading import Evidence
from fixtures.graph.snapshot import Snapshot
from fixtures.text import one_line

Json = dict[str, Any]
# Of the run itself and not of what it found. How the tenant was reached cannot be told from what it answered.
_OF_THE_RUN = {"started_at", "finished_at", "selection", "tenant", "verdicts", "exceptions"}
_OF_ITS_TENANT = {"label", "source"}


def unproven(evidence: Iterable[Evidence], snapshot: Snapshot) -> list[str]:
    """The ids of those answers that a sealed snapshot does not hold, page for page, with the hash they were judged with."""
    pages: dict[str, dict[str, list[Recorded]]] = defaultdict(lambda: defaultdict(list))
    for request in snapshot.manifest.requests:
        if request.file and request.evidence:
            pages[request.evidence][request.resource or ""].append(request)
    return [row.id for row in evidence if not any(_is(row, held, snapshot) for held in pages.get(row.id, {}).values())]


def _is(row: Evidence, held: list[Recorded], snapshot: Snapshot) -> bool:
    digest = hashlib.sha256()
    read = sorted(held, key=lambda request: request.page)[: row.pages]
    for request in read:
        digest.update(snapshot.read(request.file or ""))
    return len(read) == row.pages and digest.hexdigest() == row.sha256


def differences(was: Json, now: Json) -> Iterator[str]:
    """Each difference between a posture as it was written and as a replay gives it, verdicts first. Both as JSON, of the posture's type."""
    yield from _of_verdicts(was["verdicts"], now["verdicts"])
    for key in [key for key in {**was, **now} if key not in _OF_THE_RUN]:
        if _differ(was, now, key):
            yield f"{one_line(key)}: posture.json has another than the replay."
    if _placed_nowhere(was) != _placed_nowhere(now):
        yield "exceptions: posture.json has another than the replay."
    for key in [key for key in {**was["tenant"], **now["tenant"]} if key not in _OF_ITS_TENANT]:
        if _differ(was["tenant"], now["tenant"], key):
            yield f"tenant, {one_line(key)}: posture.json has another than the replay."
    before, after = was["selection"], now["selection"]
    if before.get("complete") and not after.get("complete"):
        yield "selection: posture.json says that all checks ran, and some are not in it."
    if _differ(before, after, "selected") or _differ(before, after, "stopped"):
        yield "selection: posture.json has another than the replay."


def _of_verdicts(was: list[Json], now: list[Json]) -> Iterator[str]:
    before, after = {row["item"]: row for row in was}, {row["item"]: row for row in now}
    for item in (item for item, times in Counter(row["item"] for row in was).items() if times > 1):
        yield f"{_name(before[item])}: posture.json judges it more than once."
    for item, row in before.items():
        if item not in after:
            yield f"{_name(row)}: {_verdict(row)} in posture.json, and the replay has no such check."
            continue
        other = after[item]
        fields = [key for key in {**row, **other} if _differ(row, other, key)]
        if "verdict" in fields or "cause" in fields:
            yield f"{_name(row)}: {_verdict(row)} in posture.json, {_verdict(other)} when replayed."
        elif fields:
            yield f"{_name(row)}: another {', '.join(one_line(field) for field in fields)} than the replay gives."
    yield from (
        f"{_name(row)}: {_verdict(row)} when replayed, and not in posture.json." for item, row in after.items() if item not in before
    )
    if list(before) != list(after) and before.keys() == after.keys():
        yield "the verdicts stand in another order than the replay gives."


def _placed_nowhere(posture: Json) -> bytes:
    """What is said of the exceptions, without the file and line they stood in: a package has them in a file of its own."""
    rows = posture.get("exceptions", [])
    return msgspec.json.encode([{key: value for key, value in row.items() if key != "where"} for row in rows])


def _differ(one: Json, other: Json, key: str) -> bool:
    """By what is written: `1`, `1.0` and `true` are three."""
    return (key in one) != (key in other) or msgspec.json.encode(one.get(key)) != msgspec.json.encode(other.get(key))


def _name(row: Json) -> str:
    return one_line(row.get("action") or row.get("claims") or row["item"].rpartition("::")[2])


def _verdict(row: Json) -> str:
    cause = f" ({row['cause']})" if row.get("cause") else ""
    return one_line(f"{row.get('verdict')}{cause}")
