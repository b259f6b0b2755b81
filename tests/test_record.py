"""`--record`: what is kept of a run gives the same posture again, whatever Graph did."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import tomli_w

from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import Wanted, sign_in
from fixtures.graph.failure import Cause
from fixtures.graph.limits import Gates
from fixtures.graph.manifest import Manifest, RecordedTenant
from fixtures.graph.recorder import Recorder
from fixtures.graph.snapshot import Snapshot, SnapshotTransport, open_snapshot
from fixtures.resources import RESOURCES
from fixtures.store import Outcome, Reader, Store
from fixtures.tenant import Access, Tenant
from reports.posture import Posture
from tests.emulator import Emulator, running
from tests.harness import NOW, Bench, Run

POSTURE_ALONE = True

OF_THE_RUN = {"started_at", "finished_at"}
# Graph's answers that a replay must give again, as lines of the emulator's plan.
FAULTS: tuple[list[str], ...] = (
    ["* 400"],
    ["* 401"],
    ["* 403"],
    ["* 404"],
    ["* 429 retry-after=86400"],
    ["* 500"],
    ["* 503"],
    ["* reset"],
    ["* stall"],
    ["* truncated"],
    ["* html"],
    ["* wrong-length"],
    ["* loop"],
    ["* elsewhere"],
    ["* empty-page"],
    ["* 404 after=1"],
    ["* 503 after=1"],
    ["* reset after=1"],
    ["* truncated after=1"],
    ["* html after=1"],
    ["* token-expiry"],
    ["groups/* 429"],
    ["groups/* 404", "users reset"],
    [],
)


def facts(posture: Posture) -> Any:
    """A posture without what is about the run itself: when it ran, how the tenant was named and reached, where an exception stands."""
    whole = msgspec.to_builtins(posture)
    for row in whole["exceptions"]:
        del row["where"]
    tenant = {key: value for key, value in whole["tenant"].items() if key not in {"label", "source"}}
    return {key: value for key, value in whole.items() if key not in OF_THE_RUN} | {"tenant": tenant}


# The whole suite: its posture, again


def test_a_recording_gives_the_same_posture_and_the_same_recording(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    first = run(f"--tenant={bench.folder}", f"--record={kept / 'it.zip'}")
    expected, told = facts(first.posture), first.output
    assert str(kept / "it.zip") in told
    digest = str(open_snapshot(kept / "it.zip").manifest.sha256)
    assert digest in told
    again = run(f"--tenant={kept / 'it.zip'}", f"--record={kept / 'again'}")
    assert facts(again.posture) == expected
    assert again.posture.tenant.source == "snapshot"
    assert open_snapshot(kept / "again").manifest.sha256 == digest, "a folder and a zip of the same have one hash"
    assert {path.name for path in kept.iterdir()} == {"it.zip", "again"}


DAYS = (
    "policies/authorizationPolicy 403",
    "domains stall",
    "deviceManagement/* 429 retry-after=86400",
    "admin/sharepoint/settings html",
    "policies/adminConsentRequestPolicy truncated",
    "reports/* 404 after=1",
    "groups/* 503",
)


@pytest.fixture
def lab(demo_template: Path, tmp_path: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The demo tenant as a live one, named `lab` in a `tenants.toml`; in the environment that `run` has emptied."""
    with running(demo_template) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        table = {"id": emulator.tenant_id, "cloud": "lab", "graph": emulator.graph, "authority": emulator.authority}
        accounts = {key: list(getattr(open_snapshot(demo_template).declared, key)) for key in ("break_glass_accounts", "sync_accounts")}
        lines = [f"{key} = {json.dumps(value)}" for key, value in (table | accounts).items()]
        (tmp_path / "tenants.toml").write_text("\n".join(["[lab]", *lines]), "utf-8")
        yield emulator


def test_a_live_tenant_on_a_bad_day_is_replayed(
    lab: Emulator, run: Callable[..., Run], tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exceptions = tmp_path / "exceptions.toml"
    entry = '[[exception]]\naction = "{}"\nstate = "risk-accepted"\nreason = "{}"\nowner = "o"\nexpires = 2099-01-01\ntenant = "{}"\n'
    exceptions.write_text(
        entry.format("PWAgePolicyNew", "ours", "lab") + entry.format("PWAgePolicyNew", "of another customer", "other"), "utf-8"
    )
    monkeypatch.setattr("fixtures.graph.client.TIMEOUT", httpx.Timeout(10, read=0.5))
    with lab.behaving(faults=list(DAYS)):
        first = run(
            "--tenant=lab",
            f"--tenants={tmp_path / 'tenants.toml'}",
            "--patience=0",
            f"--record={kept / 'it.zip'}",
            f"--exceptions={exceptions}",
        )
    expected = facts(first.posture)
    assert first.posture.tenant.source == "live"
    assert {row.cause for row in first.posture.unread} >= {"permission", "unavailable", "throttled", "malformed", "truncated"}
    assert first.posture.tenant.cloud == "lab"
    assert any(row["reason"] == "ours" for row in expected["exceptions"])
    again = facts(run(f"--tenant={kept / 'it.zip'}").posture)
    assert again == expected
    snapshot = open_snapshot(kept / "it.zip")
    caller = snapshot.manifest.caller
    assert caller
    assert caller.granted
    assert caller.tenant_id == lab.tenant_id
    everything = b"".join(snapshot.read(name) for name in snapshot.names)
    assert b"of another customer" not in everything, "an exception for another tenant is nobody's business"
    assert b"eyJ" not in everything, "no token"
    assert all(secret.encode() not in everything for name, secret in lab.environment.items() if "SECRET" in name)


def test_what_was_not_recorded_is_not_evaluated(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    wider = ("--area=prerequisites", "--area=identity", "--area=multifactor-authentication", "--area=intune")
    whole = {name: record.verdict for name, record in run(f"--tenant={bench.folder}", *wider).records.items()}
    run(f"--tenant={bench.folder}", f"--record={kept / 'part'}", "--action=AdminMFAV2")
    wide = run(f"--tenant={kept / 'part'}", *wider).records
    different = {name: record for name, record in wide.items() if record.verdict != whole[name]}
    assert {(str(record.verdict), record.cause) for record in different.values()} == {("not evaluated", Cause.UNAVAILABLE)}
    assert len(different) > 5
    assert wide["AdminMFAV2"].verdict == whole["AdminMFAV2"]


def test_one_reading_does_not_answer_for_another_of_the_same_path(bench: Bench, kept: Path) -> None:
    """`users` was read without the fields `declared_accounts` asks for: accounts that are not in it were not looked for."""
    recorded = _read(_tenant(bench.folder), Access(None, SnapshotTransport(open_snapshot(bench.folder))), ["users"], kept / "it")
    assert recorded["users"].failure is None
    replayed = _read(_tenant(kept / "it"), Access(None, SnapshotTransport(open_snapshot(kept / "it"))), ["users", "declared_accounts"])
    assert replayed["users"].failure is None
    failure = replayed["declared_accounts"].failure
    assert failure
    assert failure.cause is Cause.UNAVAILABLE


def test_another_query_has_no_answer(bench: Bench, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version that asks for one field more must not take its absence for an answer."""
    _read(_tenant(bench.folder), Access(None, SnapshotTransport(open_snapshot(bench.folder))), ["domains"], kept / "it")
    resource, requests = RESOURCES["domains"], RESOURCES["domains"].requests
    more = [msgspec.structs.replace(request, query={"$select": "id,new"}) for request in requests(Store(_tenant(bench.folder), kept))]
    monkeypatch.setitem(RESOURCES, "domains", type(resource)(**{**vars(resource), "requests": lambda known: more}))
    failure = _read(_tenant(kept / "it"), Access(None, SnapshotTransport(open_snapshot(kept / "it"))), ["domains"])["domains"].failure
    assert failure
    assert failure.cause is Cause.UNAVAILABLE


# Every resource, with everything that can go wrong


def _tenant(folder: Path | Snapshot, cloud: Cloud | None = None) -> Tenant:
    snapshot = open_snapshot(folder) if isinstance(folder, Path) else folder
    of = snapshot.manifest.tenant
    known = cloud or (
        Cloud(of.cloud or "", of.authority or "", of.graph) if of.graph else Cloud("global", "", "https://graph.microsoft.com")
    )
    return Tenant("matrix", "live" if cloud else "snapshot", known, snapshot.declared, NOW, NOW)


def _read(tenant: Tenant, access: Access, names: list[str], path: Path | None = None) -> dict[str, Outcome]:
    recording = Recorder(path) if path else None
    store = Store(tenant, Path())
    with closing(Reader(store, access, recording)) as reader:
        reader.read(names)
    if recording:
        declared = {key: value for key, value in msgspec.to_builtins(tenant.declared).items() if value}
        recording.declared("tenant.toml", tomli_w.dumps(declared).encode())
        cloud = tenant.cloud
        recording.finish(Manifest(recorded_at=NOW, tenant=RecordedTenant(cloud=cloud.name, graph=cloud.graph, authority=cloud.authority)))
    return store.outcomes


@pytest.fixture(scope="module")
def emulator(demo_template: Path) -> Iterator[Emulator]:
    with running(demo_template, limits=False) as emulator:
        yield emulator


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: " ".join(faults) or "none")
def test_a_fault_is_replayed_to_the_same_reason(
    faults: list[str], emulator: Emulator, demo_template: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any("stall" in fault for fault in faults):
        monkeypatch.setattr("fixtures.graph.client.TIMEOUT", httpx.Timeout(10, read=0.3))
    monkeypatch.setattr("fixtures.store.Gates", lambda live: Gates(False))
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    cloud = Cloud("matrix", emulator.authority, emulator.graph)
    authentication, _ = sign_in("environment", Wanted(emulator.tenant_id, cloud, emulator.environment))
    with emulator.behaving(faults=faults, wrong_secret="* token-expiry" in faults):
        live = _read(_tenant(demo_template, cloud), Access(authentication, None, patience=0), list(RESOURCES), kept / "it.zip")
    assert any(outcome.failure for outcome in live.values()) == (faults not in ([], ["* empty-page"]))
    snapshot = open_snapshot(kept / "it.zip")
    again = _read(_tenant(snapshot), Access(None, SnapshotTransport(snapshot)), list(RESOURCES))
    for name, outcome in live.items():
        assert _told(again[name]) == _told(outcome), name


def _told(outcome: Outcome) -> Any:
    failure = outcome.failure and (outcome.failure.cause, outcome.failure.reason, outcome.failure.status)
    return failure, outcome.evidence, msgspec.to_builtins(outcome.value, enc_hook=vars)
