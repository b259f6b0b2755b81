"""A bench whose tenant chose exports of its configuration, and what one holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from fixtures.resources import RESOURCES
from tests.direct.judged import Change
from tests.harness import NOW, Bench

# A type of tenant configuration management, and the properties of one object in the service's own spelling.
Object = tuple[str, Any]
_ROOT = "admin/configurationManagement"
JOBS = f"{_ROOT}/configurationSnapshotJobs"
SNAPSHOT_ID = "70000000-0000-4000-8000-000000000001"
SNAPSHOT = f"{_ROOT}/configurationSnapshots/{SNAPSHOT_ID}"
LEFT_OUT = object()
_NAMES = {"Name", "Identity", "IsSingleInstance", "Ensure"}


def exported(objects: Iterable[Object], **job: Any) -> Change:
    """The newest snapshot job of the tenant exported exactly `objects`, of every type that is read. `job`: properties of the job."""
    found = list(objects)

    def apply(bench: Bench) -> None:
        kinds = dict.fromkeys([*(each.configuration for each in RESOURCES.values() if each.configuration), *(kind for kind, _ in found)])
        made = {
            "id": "60000000-0000-4000-8000-000000000001",
            "displayName": "Weekly export",
            "status": "succeeded",
            "createdDateTime": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "completedDateTime": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
            "resources": list(kinds),
            "resourceLocation": f"https://graph.microsoft.com/v1.0/{_ROOT}/configurationSnapshots('{SNAPSHOT_ID}')",
            "errorDetails": [],
        }
        bodies = {
            JOBS: {"value": [{**made, **job}]},
            SNAPSHOT: {"resources": [{"displayName": f"{n}", "resourceType": k, "properties": p} for n, (k, p) in enumerate(found)]},
        }
        for path, body in bodies.items():
            bench.file(path).parent.mkdir(parents=True, exist_ok=True)
            bench.write(path, body)
        choose(bench)

    return apply


def faults(objects: Sequence[Object]) -> dict[str, Change]:
    """What can be wrong with an export, whatever it would say: no check concludes anything from one of these."""

    def cut(bench: Bench) -> None:
        exported(objects)(bench)
        bench.cut(SNAPSHOT)

    def refused(bench: Bench) -> None:
        exported(objects)(bench)
        bench.refuse(JOBS)

    def gone(bench: Bench) -> None:
        exported(objects)(bench)
        bench.file(SNAPSHOT).unlink()

    def jobless(bench: Bench) -> None:
        exported(objects)(bench)
        bench.write(JOBS, {"value": []})

    old = f"{NOW - timedelta(days=3):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "no job": jobless,
        "a job of other types": exported(objects, resources=["microsoft.exchange.mailcontact"]),
        "a job that runs": exported(objects, status="running", completedDateTime="0001-01-01T00:00:00Z"),
        "a job that failed": exported(objects, status="failed", errorDetails=["Access denied"]),
        "a job in part": exported(objects, status="partiallySuccessful", errorDetails=["Access denied"]),
        "an old job": exported(objects, createdDateTime=old, completedDateTime=old),
        "no permission": refused,
        "an export that is gone": gone,
        "an export cut off": cut,
        "objects that are none": exported([(kind, []) for kind, _ in objects]),
        "settings of another type": exported([(kind, {name: {"is": value} for name, value in each.items()}) for kind, each in objects]),
        "objects without a setting": exported([(kind, {k: each[k] for k in _NAMES & each.keys()}) for kind, each in objects]),
    }


def choose(bench: Bench) -> None:
    """The tenant's people say that its settings are read from the exports it has."""
    declared = bench.folder / "tenant.toml"
    lines = [line for line in declared.read_text("utf-8").splitlines() if not line.startswith("tenant_configuration")]
    declared.write_text("\n".join(['tenant_configuration = "existing"', *lines, ""]), "utf-8")


def altered(objects: Sequence[Object], kind: str, name: str | None = None, **values: Any) -> list[Object]:
    """`objects`, where those of the type (by its last part) and, if given, of this name have other values; `LEFT_OUT` removes one."""
    found = [(each, _with(properties, values) if _is(each, properties, kind, name) else properties) for each, properties in objects]
    assert found != list(objects), f"there is no {kind} called {name}, or it is so already"
    return found


def without(objects: Sequence[Object], kind: str, name: str | None = None) -> list[Object]:
    found = [(each, properties) for each, properties in objects if not _is(each, properties, kind, name)]
    assert len(found) < len(objects), f"there is no {kind} called {name}"
    return found


def _is(each: str, properties: dict[str, Any], kind: str, name: str | None) -> bool:
    return each.rpartition(".")[2] == kind and name in (None, properties.get("Name"), properties.get("Identity"))


def _with(properties: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**properties, **values}.items() if value is not LEFT_OUT}
