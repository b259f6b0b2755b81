"""The posture: everything one run found out. Every deliverable and the gate read it and nothing else.

Written as `posture.json`; its JSON Schema is `reports/posture.schema.json` (`python -m reports schema`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from fixtures.areas import AREAS
from fixtures.graph.reading import Evidence
from fixtures.record import ExceptionNote, Record
from fixtures.resources.secure_score import Comparison
from fixtures.verdicts import Verdict

SCHEMA = 1


class Tool(msgspec.Struct, frozen=True):
    """What judged: another version may judge the same evidence differently."""

    name: str
    version: str


class TenantFacts(msgspec.Struct, frozen=True):
    """Whose posture it is. `label` is how the run named the tenant."""

    id: str | None
    name: str
    cloud: str
    source: Literal["live", "snapshot", "demo"]
    label: str


class Selection(msgspec.Struct, frozen=True):
    """What of the suite ran. `complete` says that nothing was left out by choice; `stopped` why it ended early, if it did."""

    complete: bool
    arguments: list[str] = []
    selected: int = 0
    stopped: str | None = None


class Day(msgspec.Struct, frozen=True):
    """One day of Secure Score, in points. `of_parts` is the sum of the actions' points, `repeats` whether every figure is as in the row
    before; both None in postures of versions that did not keep them.
    """

    date: datetime
    current: float | None
    max: float | None
    of_parts: float | None = None
    repeats: bool | None = None


class Movement(msgspec.Struct, frozen=True):
    """A change of one action's points between two days of the history."""

    action: str
    title: str
    date: datetime
    before: float
    after: float


class Score(msgspec.Struct, frozen=True):
    """The newest Secure Score. `percentage` is of `max`; `of_parts` the sum of the actions' points, which may differ."""

    date: datetime
    current: float | None
    max: float | None
    percentage: float | None
    of_parts: float
    compared_with: list[Comparison]


class Licence(msgspec.Struct, frozen=True):
    """One subscription. `areas` are the slugs of the areas it brings, where it counts."""

    sku: str
    capability_status: str
    enabled: int | None
    consumed: int | None
    service_plans: list[str]
    counts: bool
    areas: list[str]


class AreaSummary(msgspec.Struct, frozen=True):
    """One area: how many of its actions have which verdict, its points, and what licence it needs, then and now."""

    slug: str
    name: str
    totals: dict[str, int]
    points: float
    max_points: float
    licence: str = ""
    licence_needed_today: str = ""
    licence_in_article: str = ""


class Unread(msgspec.Struct, frozen=True):
    """A resource that could not be read, and what that cost."""

    resource: str
    cause: str
    reason: str
    permission: str
    items: list[str]


# What a difference from the baseline does at the gate, and what it came of.
Effect = Literal["regression", "lost coverage", "not evaluated", "new", "accepted", "improvement", "other"]
EFFECTS: tuple[Effect, ...] = get_args(Effect)  # the worst first
Because = Literal[
    "posture changed",
    "licence changed",
    "scope changed",
    "tool changed",
    "exception granted",
    "exception expired",
    "exception outdated",
    "exception withdrawn",
    "evidence lost",
    "evidence regained",
]


class Change(msgspec.Struct, frozen=True):
    """One difference from the baseline. A verdict is None where the posture has no such item; `reason` is of the newer one."""

    key: str
    action: str | None
    title: str
    area: str
    before: Verdict | None
    after: Verdict | None
    effect: Effect
    because: Because
    reason: str = ""


class Compared(msgspec.Struct, frozen=True):
    """The baseline a run was compared with: whose file it is by its moment and tool, and its score then."""

    as_of: datetime
    tool: Tool
    percentage: float | None = None


class Posture(msgspec.Struct):
    """Everything one run found out. Times are UTC; `totals` counts the tenant's actions, each once; `written` says what the run wrote
    to the tenant, where its user chose that it may."""

    schema: int
    tool: Tool
    started_at: datetime
    finished_at: datetime
    as_of: datetime
    selection: Selection
    tenant: TenantFacts
    score: Score | None
    licences: list[Licence] | None
    totals: dict[str, int]
    areas: list[AreaSummary]
    verdicts: list[Record]
    evidence: list[Evidence]
    unread: list[Unread] = []
    history: list[Day] = []
    movements: list[Movement] = []
    exceptions: list[dict[str, Any]] = []
    baseline: Compared | None = None
    changes: list[Change] = []
    fail_on: list[str] = []
    exit_status: int | None = None
    written: list[str] = []

    def of_actions(self) -> Iterable[Record]:
        """The records that stand for the tenant's actions: one each, prerequisites and the like left out."""
        return _one_an_action(self.verdicts)

    @property
    def changed(self) -> list[Change]:
        """The differences from the baseline, the worst first, then as they were found."""
        return sorted(self.changes, key=lambda change: EFFECTS.index(change.effect))

    @property
    def effects(self) -> dict[Effect, int]:
        """How many differences of each effect there are, the worst first; none of which there is none."""
        counts = Counter(change.effect for change in self.changes)
        return {effect: counts[effect] for effect in EFFECTS if counts[effect]}

    @property
    def gaps(self) -> list[Record]:
        """Actions not met, those worth most points first, then by rank."""
        found = [record for record in self.of_actions() if record.verdict is Verdict.NOT_MET]
        return sorted(found, key=lambda r: (-missing_points(r), r.rank or 100_000, r.action or ""))

    @property
    def not_evaluated(self) -> list[Record]:
        """Everything without a verdict, prerequisites included."""
        return [record for record in self.verdicts if record.verdict is Verdict.NOT_EVALUATED]


# What is worst about an action stands for it, should more than one check judge it.
_WORST_FIRST = (
    Verdict.NOT_EVALUATED,
    Verdict.NOT_MET,
    Verdict.KNOWN,
    Verdict.ACCEPTED,
    Verdict.MET,
    Verdict.NOT_LICENSED,
    Verdict.NOT_APPLICABLE,
    Verdict.NOT_SCORED,
)


def _one_an_action(records: Iterable[Record]) -> list[Record]:
    chosen: dict[str, Record] = {}
    for record in records:
        if record.action:
            key = record.action.casefold()
            held = chosen.get(key)
            if held is None or _WORST_FIRST.index(record.verdict) < _WORST_FIRST.index(held.verdict):
                chosen[key] = record
    return list(chosen.values())


def count(records: Iterable[Record], actions: int | None = None) -> dict[str, int]:
    """The one counting function: one key a verdict, `not selected`, and `actions`, to which the others add up.

    `actions` is the size of the catalogue (by default, what the records hold): it never shrinks with the selection.
    """
    chosen = _one_an_action(records)
    totals = {str(verdict): 0 for verdict in Verdict}
    for record in chosen:
        totals[str(record.verdict)] += 1
    size = max(actions if actions is not None else 0, len(chosen))
    return {**totals, "not selected": size - len(chosen), "actions": size}


def missing_points(record: Record) -> float:
    """Points an action could still earn; none where no profile says, or where Microsoft does not score it for this tenant."""
    scored = record.microsoft is not None and record.microsoft.score is not None
    return max(record.points.max - record.points.earned, 0.0) if record.points and scored else 0.0


def in_order(records: Iterable[Record]) -> list[Record]:
    """The order of every deliverable: areas in the order of the work, then rank, then id."""
    positions = {area.slug: position for position, area in enumerate(AREAS)}
    return sorted(
        records,
        key=lambda r: (positions.get(r.area, len(positions)), 0 if r.action else 1, r.rank or 100_000, (r.action or "").casefold(), r.item),
    )


def write(posture: Posture, path: Path) -> None:
    """Write `posture.json`: whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(posture), indent=1)
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(text)
    unfinished.replace(path)


def read(path: Path) -> Posture:
    """A posture from its file. Raises `ValueError` with one line where it is none, or of a version not known here."""
    try:
        raw = msgspec.json.decode(path.read_bytes())
        if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
            version = raw.get("schema") if isinstance(raw, dict) else None
            raise ValueError(f"{path}: schema {version} is not known here; this version reads schema {SCHEMA}.")
        return msgspec.convert(raw, Posture)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a posture: {error}") from None


def schema() -> bytes:
    """The JSON Schema of `posture.json`."""
    definition = _on_one_line(msgspec.json.schema(Posture))
    return msgspec.json.format(msgspec.json.encode({"$schema": "https://json-schema.org/draft/2020-12/schema", **definition}), indent=2)


def _on_one_line(node: Any) -> Any:
    """Descriptions come from docstrings, which Python 3.13 began to dedent: the same schema whatever wrote it."""
    if isinstance(node, dict):
        return {key: " ".join(value.split()) if key == "description" else _on_one_line(value) for key, value in node.items()}
    return [_on_one_line(value) for value in node] if isinstance(node, list) else node


__all__ = ["ExceptionNote", "Posture", "count", "in_order", "missing_points", "read", "schema", "write"]
