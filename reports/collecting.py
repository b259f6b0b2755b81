"""Collects the record of every item in the controller, and makes the posture of them when the run ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from fixtures.areas import AREAS
from fixtures.evidence import STORE, is_active, is_worker
from fixtures.judging import record_of
from fixtures.licences import AREA_LICENCES, Licences
from fixtures.record import Record
from fixtures.secure_score import Catalogue, catalogue, licences_of
from fixtures.store import Store
from fixtures.tenant import slug_of
from fixtures.tool import TOOL, tool_version
from fixtures.verdicts import Verdict

from . import posture as p
from .history import days_of


class _Collected(msgspec.Struct):
    """What a worker tells of its collection: the items in their order, and how many were deselected."""

    records: list[Record]
    deselected: int


class Collector:
    """Every item's record as far as it is known. Lives where pytest was started."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._records: dict[str, Record] = {}
        self.deselected = 0
        self.broken_collection = False
        self.stopped: str | None = None

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        self.deselected += len(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.broken_collection = self.broken_collection or report.failed

    @pytest.hookimpl(tryfirst=True)  # before xdist tells the controller that this worker has collected
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if STORE not in self._config.stash:
            return
        records = [record_of(item) for item in session.items]
        if is_worker(self._config):
            name = self._config.workerinput["workerid"]  # type: ignore[attr-defined]
            body = msgspec.json.encode(_Collected(records, self.deselected))
            (self._config.stash[STORE].shared / f"items-{name}").write_bytes(body)
        else:
            self._records.update({record.item: record for record in records})

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        if STORE in self._config.stash and not self._records:
            body = (self._config.stash[STORE].shared / f"items-{node.gateway.id}").read_bytes()
            collected = msgspec.json.decode(body, type=_Collected)
            self._records.update({record.item: record for record in collected.records})
            self.deselected = collected.deselected

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        raw = getattr(report, "m365", None)
        if raw is not None:
            record = msgspec.json.decode(raw, type=Record)
            self._records[record.item] = record
        elif str(report.when) == "???" and report.nodeid in self._records:
            self._records[report.nodeid].reason = "The worker that ran it was lost."

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Ctrl-C is one; what xdist raises to stop at a failure is a subclass of it, and another thing."""
        if excinfo.type is KeyboardInterrupt:
            self.stopped = "interrupted by the user"

    @property
    def any(self) -> bool:
        return bool(self._records)

    def posture(self, session: pytest.Session) -> p.Posture:
        """The posture of what ran. Items that did not run are in it, not evaluated."""
        config, store = self._config, self._config.stash[STORE]
        found, licences = catalogue(config), licences_of(config)
        records = p.in_order(self._records.values())
        totals = p.count(records, len(found.actions))
        stopped = self.stopped or _stopped(session)
        if self.broken_collection:
            stopped = "a check file could not be collected, so not all checks are here"
        whole = not self.deselected and not totals["not selected"] and not stopped and not _arguments(config)
        return p.Posture(
            schema=p.SCHEMA,
            tool=p.Tool(TOOL, tool_version()),
            started_at=store.tenant.started_at,
            finished_at=datetime.now(UTC),
            as_of=store.as_of,
            selection=p.Selection(whole, _arguments(config), len(records), stopped),
            tenant=_tenant(store),
            score=_score(store),
            licences=_licences(licences),
            totals=totals,
            areas=_areas(records, licences),
            verdicts=records,
            evidence=_evidence(store),
            unread=_unread(store, records),
            history=_history(store),
            movements=_movements(store, found),
            written=list(store.written),
        )


COLLECTOR = pytest.StashKey[Collector]()
# The posture of this run, once there is one.
POSTURE = pytest.StashKey[p.Posture]()


def pytest_configure(config: pytest.Config) -> None:
    if is_active(config):
        config.stash[COLLECTOR] = Collector(config)
        config.pluginmanager.register(config.stash[COLLECTOR], "m365-collector")


def _arguments(config: pytest.Config) -> list[str]:
    """What narrowed the run, as the user said it; nothing else of his command line."""
    option = config.option
    said = [f"-k {option.keyword}"] if option.keyword else []
    said += [f"-m {option.markexpr}"] if option.markexpr else []
    said += [f"--area {area}" for area in config.getoption("--area") or []]
    said += [f"--action {action}" for action in config.getoption("--action") or []]
    said += ["--last-failed"] if getattr(option, "lf", False) else []
    for name in ("ignore", "ignore_glob", "deselect"):
        said += [f"--{name.replace('_', '-')} {value}" for value in getattr(option, name, None) or []]
    return said + [arg for arg in config.args if "::" in arg or arg.endswith(".py")]


def _stopped(session: pytest.Session) -> str | None:
    xdist = session.config.pluginmanager.get_plugin("dsession")
    reason = session.shouldfail or session.shouldstop or getattr(xdist, "shouldstop", False)
    return str(reason) if reason else None


def _tenant(store: Store) -> p.TenantFacts:
    tenant, read = store.tenant, store.outcomes["organization"]
    organization = None if read.failure else read.value
    name = (organization.display_name if organization else None) or tenant.name or slug_of(tenant.known_as or tenant.label)
    known_as = tenant.label if tenant.source != "snapshot" else slug_of(tenant.label)  # a path of this machine is no name
    return p.TenantFacts((organization.id if organization else None) or tenant.id, name, tenant.cloud.name, tenant.source, known_as)


def _score(store: Store) -> p.Score | None:
    read = store.outcomes["secure_scores"]
    if read.failure:
        return None
    newest = read.value.newest
    current, most = newest.current, newest.max
    percentage = round(100 * current / most, 2) if current is not None and most else None
    parts = round(sum(control.score or 0.0 for control in read.value.controls), 2)
    return p.Score(newest.date, current, most, percentage, parts, list(read.value.comparisons))


def _licences(licences: Licences) -> list[p.Licence] | None:
    if licences.skus is None:
        return None
    rows = []
    for sku in licences.skus:
        alone = Licences((sku,))
        brings = [slug for slug, needed in AREA_LICENCES.items() if needed.gate and alone.decide(needed.gate).state == "held"]
        plans = [f"{plan.service_plan_name} ({plan.provisioning_status})" for plan in sku.service_plans]
        seats = sku.prepaid_units.enabled if sku.prepaid_units else None
        counts = sku.sku_part_number in licences.held
        rows.append(p.Licence(sku.sku_part_number, sku.capability_status, seats, sku.consumed_units, plans, counts, brings))
    return rows


def _areas(records: list[Record], licences: Licences) -> list[p.AreaSummary]:
    rows = []
    for area in AREAS:
        of_area = [record for record in records if record.area == area.slug]
        if not of_area:
            continue
        needed = AREA_LICENCES.get(area.slug)
        scored = [
            record.points
            for record in of_area
            if record.action and record.points and record.microsoft and record.microsoft.score is not None
        ]
        rows.append(
            p.AreaSummary(
                slug=area.slug,
                name=area.name,
                totals=p.count(of_area),
                points=round(sum(points.earned for points in scored), 2),
                max_points=round(sum(points.max for points in scored), 2),
                licence=licences.decide(needed.gate).note if needed else "",
                licence_needed_today=needed.today if needed else "",
                licence_in_article=needed.article if needed else "",
            )
        )
    return rows


def _evidence(store: Store) -> list[Any]:
    by_id = {item.id: item for outcome in store.outcomes.values() for item in outcome.evidence}
    return [by_id[key] for key in sorted(by_id)]


def _unread(store: Store, records: list[Record]) -> list[p.Unread]:
    from fixtures.resources import RESOURCES

    rows = []
    for name, outcome in store.outcomes.items():
        if outcome.failure:
            cost = [r.item for r in records if r.verdict is Verdict.NOT_EVALUATED and r.reason == outcome.failure.reason]
            permission = " or ".join(RESOURCES[name].permissions)
            rows.append(p.Unread(name, str(outcome.failure.cause), outcome.failure.reason, permission, cost))
    return sorted(rows, key=lambda row: row.resource)


def _history(store: Store) -> list[p.Day]:
    read = store.outcomes["secure_scores"]
    return [] if read.failure else days_of(read.value.history)


def _movements(store: Store, found: Catalogue) -> list[p.Movement]:
    """Every change of an action's points between two days that follow each other in the history; the newest first."""
    read = store.outcomes["secure_scores"]
    if read.failure:
        return []
    moves = []
    for before, after in zip(read.value.history, read.value.history[1:], strict=False):
        for name, points in after.controls.items():
            if name in before.controls and abs(points - before.controls[name]) > 0.005:
                action = found.find(name)
                moves.append(p.Movement(name, action.title if action else name, after.date, before.controls[name], points))
    return sorted(moves, key=lambda move: (-move.date.timestamp(), move.action))
