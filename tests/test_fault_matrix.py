"""No evidence, no pass and no skip: what reading makes of everything that can go wrong with each declared resource, over HTTPS or from a
damaged snapshot. Made from the declarations, so a new resource is in it by itself. What judging makes of it: `test_lost_evidence`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from fixtures.graph.clouds import CLOUDS, GLOBAL, Cloud
from fixtures.graph.credentials import Wanted, sign_in
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.limits import Gates
from fixtures.graph.snapshot import SnapshotTransport, open_snapshot
from fixtures.resources import RESOURCES
from fixtures.resources.declaring import Resource
from fixtures.store import Outcome, Reader, Store
from fixtures.tenant import Access, Tenant
from tests.emulator import Emulator, running
from tests.harness import NOW, Bench, Run

POSTURE_ALONE = True

# What each fault is: the line of the emulator's plan, and the cause it must end as. None: it passes, and costs nothing.
FAULTS = {
    "429": Cause.THROTTLED,
    "429 retry-after=0.2": Cause.THROTTLED,
    "429 retry-after=86400": Cause.THROTTLED,
    "400": Cause.UNAVAILABLE,
    "403": Cause.PERMISSION,
    "404": Cause.UNAVAILABLE,
    "500": Cause.UNAVAILABLE,
    "502": Cause.UNAVAILABLE,
    "503": Cause.UNAVAILABLE,
    "503 retry-after=86400": Cause.UNAVAILABLE,
    "504": Cause.UNAVAILABLE,
    "reset": Cause.UNAVAILABLE,
    "stall": Cause.UNAVAILABLE,
    "truncated": Cause.MALFORMED,
    "html": Cause.MALFORMED,
    "wrong-length": Cause.UNAVAILABLE,
    "loop": Cause.TRUNCATED,
    "elsewhere": Cause.TRUNCATED,
    "empty-page": None,
    "latency seconds=0.05": None,
}
# Its newest day is all that is wanted of it, and its next pages are not followed: see fixtures/resources/secure_score.py.
NOT_FOLLOWED = {"secure_scores"}
# What asks Graph for something, and what is a part of what others asked for.
ASKING = [name for name, resource in RESOURCES.items() if not resource.take]
PARTS = [name for name in RESOURCES if name not in ASKING]


class Reading:
    """Reads resources one by one, each with everything it looks at first already there."""

    def __init__(self, access: Access, folder: Path, cloud: Cloud = GLOBAL, source: str = "snapshot") -> None:
        declared = open_snapshot(folder).declared
        self._tenant = Tenant("matrix", source, cloud, declared, NOW, NOW)  # type: ignore[arg-type]
        self._access, self._folder = access, folder

    def all_of_them(self, known: dict[str, Outcome] | None = None) -> dict[str, Outcome]:
        """What reading each resource gives, where those it looks at first are as `known`."""
        store = Store(self._tenant, self._folder)
        with closing(Reader(store, self._access)) as reader:
            if known is None:
                reader.read(RESOURCES)
                return store.outcomes
            return {name: self._one(name, known, store, reader) for name in ASKING}

    def one(self, name: str, known: dict[str, Outcome]) -> Outcome:
        """The same of a single resource."""
        store = Store(self._tenant, self._folder)
        with closing(Reader(store, self._access)) as reader:
            return self._one(name, known, store, reader)

    def _one(self, name: str, known: dict[str, Outcome], store: Store, reader: Reader) -> Outcome:
        store.outcomes = {other: outcome for other, outcome in known.items() if other != name}
        reader.read([name])
        return store.outcomes[name]


@pytest.fixture(scope="module")
def emulator(demo_template: Path) -> Iterator[Emulator]:
    with running(demo_template, limits=False) as emulator:
        yield emulator


@pytest.fixture
def live(emulator: Emulator, demo_template: Path, monkeypatch: pytest.MonkeyPatch) -> Reading:
    """One that is asked as fast as a snapshot is: what is paced for Graph's sake would be waited for with every fault."""
    monkeypatch.setattr("fixtures.store.Gates", lambda live: Gates(False))
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    cloud = Cloud("matrix", emulator.authority, emulator.graph)
    authentication, _ = sign_in("environment", Wanted(emulator.tenant_id, cloud, emulator.environment))
    return Reading(Access(authentication, None, patience=0), demo_template, cloud, "live")


@pytest.fixture(scope="module")
def whole(demo_template: Path) -> dict[str, Outcome]:
    """Every resource of the demo tenant, as it is read where nothing goes wrong."""
    found = Reading(Access(None, SnapshotTransport(open_snapshot(demo_template))), demo_template).all_of_them()
    assert not [name for name, outcome in found.items() if outcome.failure]
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_what_reading_makes_of_a_fault(
    fault: str, live: Reading, emulator: Emulator, whole: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    if fault == "stall":
        monkeypatch.setattr("fixtures.graph.client.TIMEOUT", httpx.Timeout(10, read=0.1))
    with emulator.behaving(faults=[f"* {fault}"]):
        found = live.all_of_them(whole)
    for name, outcome in found.items():
        if FAULTS[fault] is None or (FAULTS[fault] is Cause.TRUNCATED and name in NOT_FOLLOWED):
            assert outcome.failure is None, (name, outcome.failure)
            assert repr(outcome.value) == repr(whole[name].value) or name in {"users", "user_registrations"}, name
        else:
            assert outcome.failure, name
            assert outcome.failure.cause is FAULTS[fault], (name, outcome.failure.reason)
            assert outcome.value is None


def test_the_token_ends_in_the_middle_of_a_run(live: Reading, emulator: Emulator, whole: dict[str, Outcome]) -> None:
    with emulator.behaving(faults=["* token-expiry after=3 times=1"]):
        found = live.all_of_them(whole)
        statuses = [seen.status for seen in emulator.reads]
        tokens = [seen for seen in emulator.requests if seen.path.endswith("/oauth2/v2.0/token")]
    assert not {name: outcome.failure.reason for name, outcome in found.items() if outcome.failure}
    assert 401 in statuses
    assert len(tokens) == 1, "those that wait for a new token share it"


def test_the_secret_ends_in_the_middle_of_a_run(live: Reading, emulator: Emulator, whole: dict[str, Outcome]) -> None:
    with emulator.behaving(faults=["* token-expiry"], wrong_secret=True):
        found = live.all_of_them(whole)
    assert {outcome.failure.cause for outcome in found.values() if outcome.failure} == {Cause.PERMISSION}
    assert all(outcome.failure for outcome in found.values())


def test_the_licence_trap(live: Reading, emulator: Emulator, whole: dict[str, Outcome]) -> None:
    """Without Directory.Read.All the registration report is refused as if there were no licence. The tenant has one."""
    from fixtures.permissions import needed

    with emulator.behaving(roles=[role for role in needed(RESOURCES) if role != "Directory.Read.All"]):
        renewed = live.all_of_them(whole)  # the token of the fixture has the role
        assert renewed["user_registrations"].failure is None
        emulator.revoke()
        failure = live.all_of_them(whole)["user_registrations"].failure
    assert failure
    assert failure.cause is Cause.PERMISSION
    assert "Directory.Read.All" in failure.reason


def _first_path(resource: Resource, whole: dict[str, Outcome], folder: Path) -> str:
    store = Store(Tenant("matrix", "snapshot", GLOBAL, open_snapshot(folder).declared, NOW, NOW), folder)
    store.outcomes = whole
    return resource.requests(store)[0].path.removeprefix("v1.0/")


def _missing(bench: Bench, path: str) -> None:
    bench.file(path).unlink()


DAMAGES: dict[str, tuple[Callable[[Bench, str], None], Cause]] = {
    "no answer was recorded": (_missing, Cause.UNAVAILABLE),
    "a refusal was recorded": (lambda bench, path: bench.refuse(path), Cause.PERMISSION),
    "throttling was recorded": (lambda bench, path: bench.refuse(path, 429, "TooManyRequests"), Cause.THROTTLED),
    "the body is cut in half": (lambda bench, path: bench.cut(path), Cause.MALFORMED),
    "a page is missing": (lambda bench, path: bench.lead_nowhere(path), Cause.TRUNCATED),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ASKING)
def test_what_reading_makes_of_a_damaged_snapshot(name: str, damage: str, bench: Bench, whole: dict[str, Outcome]) -> None:
    change, cause = DAMAGES[damage]
    change(bench, _first_path(RESOURCES[name], whole, bench.folder))
    found = Reading(Access(None, SnapshotTransport(open_snapshot(bench.folder))), bench.folder).one(name, whole)
    if cause is Cause.TRUNCATED and name in NOT_FOLLOWED:
        assert found.failure is None
    else:
        assert found.failure
        assert found.failure.cause is cause, found.failure.reason


@pytest.mark.parametrize("lost", ["snapshot_jobs", "tenant_configuration"])
@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_lost_with_what_it_is_a_part_of(name: str, lost: str, bench: Bench, whole: dict[str, Outcome]) -> None:
    failure = Unreadable(Cause.THROTTLED, f"{lost} is lost.")
    known = whole | {lost: Outcome(None, failure, whole[lost].evidence)}
    found = Reading(Access(None, SnapshotTransport(open_snapshot(bench.folder))), bench.folder).one(name, known)
    assert found.failure is failure
    assert {evidence.id for evidence in found.evidence} == {
        evidence.id for each in RESOURCES[name].after for evidence in known[each].evidence
    }


def test_a_cloud_without_secure_score(bench: Bench, run: Callable[..., Run]) -> None:
    """China has none: what is judged by its settings still is, and all that it would have scored stands as one item, not evaluated."""
    manifest = json.loads((bench.folder / "snapshot.json").read_bytes())
    manifest["tenant"]["cloud"] = "china"
    (bench.folder / "snapshot.json").write_text(json.dumps(manifest), "utf-8")
    for file in (bench.folder / "v1.0").rglob("*.json"):
        file.write_bytes(file.read_bytes().replace(GLOBAL.graph.encode(), CLOUDS["china"].graph.encode()))
    found = run(f"--tenant={bench.folder}")
    lost = {name: record.cause for name, record in found.records.items() if record.cause}
    assert lost["check_the_catalogue_of_actions_is_readable"] == Cause.NOT_IN_CLOUD
    assert lost["check_sensitivity_labels_exist"] == Cause.NOT_IN_CLOUD
    assert set(lost.values()) == {Cause.NOT_IN_CLOUD}
    assert found.records["PWAgePolicyNew"].verdict == "met"
    assert found.posture.totals["actions"] == 0
    # What devices are like is asked for the sake of actions of the catalogue, of which there is none.
    not_in_china = {name for name, resource in RESOURCES.items() if "china" not in resource.clouds} - {"device_configurations"}
    assert {unread.resource for unread in found.posture.unread} == not_in_china
