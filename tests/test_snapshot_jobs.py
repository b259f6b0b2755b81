"""A run that makes a snapshot job, over HTTPS against the emulator: what is asked, what comes of every fault, and that nothing is left."""

from __future__ import annotations

import gc
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixtures.graph import snapshot_jobs
from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import Wanted, sign_in
from fixtures.graph.failure import Cause
from fixtures.graph.snapshot import Declared
from fixtures.permissions import granted_for
from fixtures.resources import RESOURCES
from fixtures.resources.tenant_configuration import part
from fixtures.store import Outcome, Reader, Store
from fixtures.tenant import Access, Tenant
from tests.emulator import Emulator, running
from tests.emulator.snapshot_jobs import Exporting
from tests.emulator.tiny import write_tiny

RULES, POLICIES = "microsoft.exchange.transportrule", "microsoft.exchange.sharingpolicy"
ROOT = "admin/configurationManagement"
ROOT_FOLDER = Path(__file__).resolve().parents[1]
CREATE, LISTED = f"{ROOT}/configurationSnapshots/createSnapshot", f"{ROOT}/configurationSnapshotJobs"
ROLES = tuple(granted_for("create"))
NAMES = ("some_rules", "some_policies")


def _many(objects: list[bytes]) -> int:
    return len(objects)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The tiny tenant, with an export of two rules and a policy that is a week and a day old."""
    folder = write_tiny(tmp_path_factory.mktemp("tiny"))
    place = folder / "v1.0" / "admin" / "configurationManagement"
    (place / "configurationSnapshots").mkdir(parents=True)
    old = f"{datetime.now(UTC) - timedelta(days=8):%Y-%m-%dT%H:%M:%SZ}"
    location = "https://graph.microsoft.com/v1.0/admin/configurationManagement/configurationSnapshots('weekly')"
    job: dict[str, Any] = {"id": "weekly", "displayName": "Weekly", "status": "succeeded", "createdDateTime": old, "completedDateTime": old}
    job |= {"resources": [RULES, POLICIES], "resourceLocation": location, "errorDetails": []}
    kinds = enumerate((RULES, RULES, POLICIES))
    items = [{"displayName": kind, "resourceType": kind, "properties": {"Name": f"{kind} {number}"}} for number, kind in kinds]
    (place / "configurationSnapshotJobs.json").write_text(json.dumps({"value": [job]}), "utf-8")
    (place / "configurationSnapshots" / "weekly.json").write_text(json.dumps({"resources": items}), "utf-8")
    with running(folder, roles=ROLES) as emulator:
        yield emulator


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, emulator: Emulator) -> Iterator[None]:
    """Two resources of our own, and no waiting; whatever happened, no job may be left."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    declared = {name: part(name, kind, _many) for name, kind in zip(NAMES, (RULES, POLICIES), strict=True)}
    others = {name: each for name, each in RESOURCES.items() if not each.configuration}
    for name in [name for name in RESOURCES if name not in others]:
        monkeypatch.delitem(RESOURCES, name)
    for name, resource in declared.items():
        monkeypatch.setitem(RESOURCES, name, resource)
    monkeypatch.setattr(snapshot_jobs, "_FIRST", 0.01)
    monkeypatch.setattr(snapshot_jobs, "_LEAST_OFTEN", 0.05)
    yield
    assert emulator.jobs.left == []


def read(
    emulator: Emulator, folder: Path, names: Sequence[str] = NAMES, chosen: Any = "create", cloud: str = "lab"
) -> tuple[Store, list[str]]:
    """What a run reads, and what it said while it waited."""
    place = Cloud(cloud, emulator.authority, emulator.graph)
    authentication, _ = sign_in("environment", Wanted(emulator.tenant_id, place, emulator.environment))
    now = datetime.now(UTC)
    store = Store(Tenant("lab", "live", place, Declared(tenant_configuration=chosen), now, now), folder)
    notes: list[str] = []
    with closing(Reader(store, Access(authentication, None, patience=0))) as reader:
        reader.read(names, lambda done, total, note: notes.append(note))
    return store, [note for note in notes if note]


def failure(store: Store, name: str = NAMES[0]) -> tuple[Cause, str]:
    found: Outcome = store.outcomes[name]
    assert found.failure, found
    return found.failure.cause, found.failure.reason


def asked(emulator: Emulator) -> list[str]:
    return [
        f"{seen.method} {seen.path.split('configurationManagement/')[1]}" for seen in emulator.requests if "configurationM" in seen.path
    ]


def test_a_job_is_made_read_and_deleted(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=2)):
        store, notes = read(emulator, tmp_path)
        said = asked(emulator)
    assert [store.value(name) for name in NAMES] == [2, 1]
    plain = [re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{id}", line) for line in said]
    job, jobs, export = "configurationSnapshotJobs/{id}", "GET configurationSnapshotJobs", "GET configurationSnapshots/{id}"
    assert plain == ["POST configurationSnapshots/createSnapshot", *[f"GET {job}"] * 3, jobs, export, f"DELETE {job}"]
    assert re.fullmatch(r'waiting for the snapshot job "M365 posture \d{14} [0-9a-f]{4}" \(running, 0 s\)', notes[0])
    assert re.fullmatch(r'The run created the snapshot job "[^"]+" in the tenant \(2 types\), and deleted it\.', store.written[0])
    assert {evidence.id for evidence in store.outcomes[NAMES[0]].evidence} == {
        f"v1.0/{LISTED}",
        next(evidence.id for evidence in store.outcomes["tenant_configuration"].evidence),
    }


def test_exactly_the_types_that_are_read_are_exported(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=0)):
        before = emulator.jobs.exported
        store, _ = read(emulator, tmp_path, NAMES[1:])
    assert emulator.jobs.exported - before == 1
    assert store.value(NAMES[1]) == 1
    assert "(1 types)" in store.written[0]


def test_nothing_is_written_where_nothing_of_it_is_read(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving():
        store, _ = read(emulator, tmp_path, ["organization"])
        assert not asked(emulator)
    assert not store.written


@pytest.mark.parametrize("chosen", ["off", "existing"])
def test_only_a_user_who_chose_so_lets_a_run_write(emulator: Emulator, tmp_path: Path, chosen: str) -> None:
    with emulator.behaving():
        store, _ = read(emulator, tmp_path, chosen=chosen)
        assert not [line for line in asked(emulator) if not line.startswith("GET ")]
    assert failure(store)[0] is Cause.STALE
    assert not store.written


def test_an_export_that_has_ended_is_unavailable(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.resources.tenant_configuration.STALE", timedelta(days=30))
    with emulator.behaving():
        store, _ = read(emulator, tmp_path, chosen="existing")
    assert failure(store)[0] is Cause.UNAVAILABLE


def test_both_payload_shapes(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=0, shape="configurationItems")):
        store, _ = read(emulator, tmp_path)
    assert [store.value(name) for name in NAMES] == [2, 1]


def test_a_job_that_succeeds_in_part_loses_the_type_it_names(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=0, fails={RULES: f"{RULES}: access denied"})):
        store, _ = read(emulator, tmp_path)
    assert failure(store) == (Cause.TRUNCATED, failure(store)[1])
    assert "access denied" in failure(store)[1]
    assert store.value(NAMES[1]) == 1


def test_a_job_that_fails_says_why_and_is_deleted(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=1, fails={"*": "The service principal has no role."})):
        store, _ = read(emulator, tmp_path)
    assert failure(store)[0] is Cause.UNAVAILABLE
    assert "The service principal has no role." in failure(store)[1]
    assert store.written[0].endswith("and deleted it.")


@pytest.mark.parametrize(
    ("exporting", "said"),
    [
        (Exporting(jobs=12), "a tenant may have 12 jobs"),
        (Exporting(exported=20_000), "20,000 resources a month"),
    ],
)
def test_a_job_that_is_refused_says_what_to_do(emulator: Emulator, tmp_path: Path, exporting: Exporting, said: str) -> None:
    with emulator.behaving(exporting=exporting):
        store, _ = read(emulator, tmp_path)
    assert failure(store)[0] is Cause.UNAVAILABLE
    assert said in failure(store)[1]
    assert not store.written


def test_the_reading_permission_is_not_enough_to_make_one(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(roles=tuple(granted_for("existing"))):
        store, _ = read(emulator, tmp_path)
    assert failure(store)[0] is Cause.PERMISSION
    assert "ConfigurationMonitoring.ReadWrite.All" in failure(store)[1]


def test_a_job_that_takes_too_long_is_given_up(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot_jobs, "LONGEST", 0.2)
    with emulator.behaving(exporting=Exporting(polls=10_000)):
        store, _ = read(emulator, tmp_path)
    assert failure(store)[0] is Cause.UNAVAILABLE
    assert "was given up" in failure(store)[1]


@pytest.mark.parametrize("fault", ["500", "reset", "truncated"])
def test_a_job_that_may_have_been_made_is_looked_for_and_never_made_twice(emulator: Emulator, tmp_path: Path, fault: str) -> None:
    with emulator.behaving(faults=[f"{CREATE} {fault}"], exporting=Exporting(polls=0)):
        store, _ = read(emulator, tmp_path)
        assert sum(line.startswith("POST ") for line in asked(emulator)) == 1
    if fault == "truncated":  # it was made, and only the answer that said so is lost
        assert store.value(NAMES[0]) == 2
        assert store.written
    else:
        assert failure(store)[0] is Cause.UNAVAILABLE
        assert not store.written


def test_a_throttled_request_is_repeated_for_nothing_was_made(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulator.behaving(faults=[f"{CREATE} 429 retry-after=0.01 times=2"], exporting=Exporting(polls=0)):
        store, _ = read(emulator, tmp_path)
    assert store.value(NAMES[0]) == 2


@pytest.mark.parametrize("status", ["403", "404", "429", "500", "truncated"])
def test_what_reading_the_jobs_meets_is_told_and_the_job_deleted(emulator: Emulator, tmp_path: Path, status: str) -> None:
    with emulator.behaving(faults=[f"{LISTED} {status}"], exporting=Exporting(polls=0)):
        store, _ = read(emulator, tmp_path)
    assert failure(store)[0] in {Cause.PERMISSION, Cause.UNAVAILABLE, Cause.THROTTLED, Cause.MALFORMED}
    assert store.written[0].endswith("and deleted it.")


def test_a_job_that_cannot_be_deleted_is_named(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(exporting=Exporting(polls=0)):
        emulator.jobs.refuses_to_delete = True
        try:
            store, _ = read(emulator, tmp_path)
        finally:
            emulator.jobs.refuses_to_delete = False
            emulator.jobs.forget()
    assert store.written[0].endswith("could not delete it: delete it by hand.")
    assert store.value(NAMES[0]) == 2


@pytest.mark.parametrize("after", ["POST", "GET"])
def test_an_interrupted_run_leaves_no_job(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, after: str
) -> None:
    """A signal that nobody takes for Ctrl-C, while the job is being made and while it is waited for; it is deleted before all else."""
    interrupted: list[str] = []

    async def stop(*_: Any) -> None:
        interrupted.append(after)
        raise KeyboardInterrupt

    monkeypatch.setattr(snapshot_jobs.SnapshotJob, "_until_done" if after == "POST" else "_now", stop)
    left: list[list[str]] = []
    close = Reader.close

    def look(reader: Reader) -> None:
        left.append(list(emulator.jobs.left))
        close(reader)

    monkeypatch.setattr(Reader, "close", look)
    slow = f"{LISTED}/* latency seconds=0.3"
    with emulator.behaving(faults=[slow], exporting=Exporting(polls=50)), pytest.raises(KeyboardInterrupt):
        read(emulator, tmp_path)
    assert interrupted
    assert left == [[]]
    gc.collect()
    assert not [record for record in caplog.records if record.name == "asyncio"]


def test_a_cloud_without_it_is_not_asked(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving():
        store, _ = read(emulator, tmp_path, cloud="china")
        assert not asked(emulator)
    assert failure(store)[0] is Cause.NOT_IN_CLOUD


@pytest.mark.skipif(os.name == "nt", reason="a process of Windows is not sent Ctrl-C by number")
@pytest.mark.parametrize(("told", "background"), [(signal.SIGINT, False), (signal.SIGTERM, False), (signal.SIGTERM, True)])
def test_a_process_that_is_told_to_stop_leaves_no_job(demo_template: Path, tmp_path: Path, told: signal.Signals, background: bool) -> None:
    """The whole suite in a process of its own, stopped while it waits for its job."""
    with running(demo_template, roles=ROLES, exporting=Exporting(polls=10_000)) as emulator:
        table = {"id": emulator.tenant_id, "cloud": "lab", "graph": emulator.graph, "authority": emulator.authority}
        lines = [f"{name} = {json.dumps(value)}" for name, value in (table | {"tenant_configuration": "create"}).items()]
        (tmp_path / "tenants.toml").write_text("\n".join(["[lab]", *lines]), "utf-8")
        options = ("--tenant=lab", f"--tenants={tmp_path / 'tenants.toml'}", f"--reports={tmp_path / 'reports'}", "--area=teams")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "PYTEST_")) and name != "CI"}
        # a shell starts what it sends to the background with Ctrl-C ignored
        kept = f"import signal, sys, pytest; signal.signal(signal.SIGINT, signal.{'SIG_IGN' if background else 'default_int_handler'}); "
        line = [sys.executable, "-c", kept + "sys.exit(pytest.main())", *options, "-p", "no:cacheprovider"]
        with subprocess.Popen(line, cwd=ROOT_FOLDER, env=clean | emulator.environment, stdout=subprocess.PIPE, text=True) as process:
            deadline = time.monotonic() + 60
            while (
                process.poll() is None
                and time.monotonic() < deadline
                and sum("configurationSnapshotJobs/" in line for line in asked(emulator)) < 2
            ):
                time.sleep(0.05)
            assert emulator.jobs.left, process.communicate()
            process.send_signal(told)
            output, _ = process.communicate(timeout=60)
        assert emulator.jobs.left == []
        assert process.returncode == 2, output
        assert "waiting for the snapshot job" in output
        posture = json.loads((tmp_path / "reports" / "posture.json").read_text("utf-8"))
        assert {verdict["verdict"] for verdict in posture["verdicts"]} == {"not evaluated"}
        assert [told.endswith("and deleted it.") for told in posture["written"]] == [True]
