"""The one POST: that it is the only one and reads, that whoever looks at the evidence can ask the same again, and what is made of
an answer whose numbers cannot be.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.graph.client import READING_ACTIONS, Answer, GraphClient
from fixtures.graph.clouds import GLOBAL, Cloud
from fixtures.graph.credentials import Wanted, sign_in
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.limits import Gates
from fixtures.graph.manifest import Manifest
from fixtures.graph.patience import Patience
from fixtures.graph.reading import Reading, Request, read
from fixtures.graph.recorder import Recorder
from fixtures.graph.redaction import Redactor
from fixtures.graph.snapshot import Declared, SnapshotTransport, open_snapshot
from fixtures.resources import RESOURCES
from fixtures.resources.declaring import Single
from fixtures.resources.hunting import MOST_NAMES, MOST_ROWS, QUERY, DeviceConfigurations
from fixtures.store import Outcome, Reader, Store
from fixtures.tenant import Access, Tenant
from tests.emulator import Emulator, running
from tests.harness import NOW, Bench, Run

GRAPH = "https://graph.microsoft.com"
PATH = "v1.0/security/runHuntingQuery"
BODY = {"Query": "T | count"}
HUNTED = Request(PATH, body=BODY, variant="hunted")


class Sent(httpx.AsyncBaseTransport):
    """Answers with these statuses, one after the other, and keeps what was asked."""

    def __init__(self, *statuses: int, body: Any = None) -> None:
        self._statuses, self._body = list(statuses) or [200], {"results": []} if body is None else body
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(request)
        status = self._statuses[min(len(self.asked), len(self._statuses)) - 1]
        return httpx.Response(status, json=self._body, request=request)


async def _at_once(seconds: float) -> None:
    """No time passes in a test."""


def reading(transport: httpx.AsyncBaseTransport, request: Request = HUNTED, record: Recorder | None = None) -> Reading[Any]:
    async def once() -> Reading[Any]:
        client = GraphClient(GLOBAL, transport=transport, patience=Patience(300, sleep=_at_once))
        return await read(client, Gates(False), "hunted", request, ("ThreatHunting.Read.All",), Single(dict), record)

    return asyncio.run(once())


# What is sent


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (f"{GRAPH}/v1.0/users", b"{}"),
        (f"{GRAPH}/v1.0/$batch", b"{}"),
        (f"{GRAPH}/beta/security/runHuntingQuery", b"{}"),
        (f"{GRAPH}/{PATH}/more", b"{}"),
        (f"{GRAPH}/{PATH}/../../users", b"{}"),
        (f"{GRAPH}/{PATH.lower()}", b"{}"),
        (f"{GRAPH}/{PATH}", b""),
    ],
)
def test_no_other_address_is_sent_a_post(url: str, body: bytes) -> None:
    transport = Sent()
    with pytest.raises(ValueError, match="nothing was sent"):
        asyncio.run(GraphClient(GLOBAL, transport=transport).post(url, "hunted", body))
    assert not transport.asked


def test_no_post_leaves_this_clouds_graph() -> None:
    transport = Sent()
    with pytest.raises(Unreadable):
        asyncio.run(GraphClient(GLOBAL, transport=transport).post(f"https://evil.example/{PATH}", "hunted", b"{}"))
    assert not transport.asked


def test_the_query_is_sent_as_json_and_sent_again_as_it_was() -> None:
    transport = Sent(503, 429, 200)
    found = reading(transport)
    assert found.failure is None
    assert [request.method for request in transport.asked] == ["POST"] * 3
    assert {str(request.url) for request in transport.asked} == {f"{GRAPH}/{PATH}"}
    assert {request.content for request in transport.asked} == {HUNTED.sent}
    assert json.loads(HUNTED.sent) == BODY
    assert {request.headers["content-type"] for request in transport.asked} == {"application/json; charset=utf-8"}


def test_the_evidence_says_what_was_sent() -> None:
    (evidence,) = reading(Sent()).evidence
    assert (evidence.id, evidence.url, evidence.method) == (f"{PATH}@hunted", f"{GRAPH}/{PATH}", "POST")
    assert json.loads(evidence.body or "") == BODY
    transport = Sent()
    (plain,) = reading(transport, Request("v1.0/domains")).evidence
    assert (plain.method, plain.body, transport.asked[0].method, transport.asked[0].content) == ("GET", None, "GET", b"")


@pytest.mark.parametrize("link", [f"{GRAPH}/{PATH}", f"{GRAPH}/{PATH}?$skiptoken=2", "https://evil.example/x"])
def test_an_answer_that_goes_on_is_cut_off_and_not_followed(link: str) -> None:
    transport = Sent(body={"results": [], "@odata.nextLink": link})
    found = reading(transport)
    assert found.failure
    assert found.failure.cause is Cause.TRUNCATED
    assert len(transport.asked) == 1


@pytest.fixture(scope="module")
def emulator(demo_template: Path) -> Iterator[Emulator]:
    with running(demo_template) as emulator:
        yield emulator


def outcomes(access: Access, folder: Path, names: list[str], cloud: Cloud = GLOBAL, record: Recorder | None = None) -> dict[str, Outcome]:
    source = "snapshot" if access.transport else "live"
    tenant = Tenant("lab", source, cloud, open_snapshot(folder).declared, NOW, NOW)  # type: ignore[arg-type]
    store = Store(tenant, folder)
    with closing(Reader(store, access, record)) as reader:
        reader.read(names)
    return store.outcomes


def from_snapshot(folder: Path, record: Recorder | None = None) -> Outcome:
    access = Access(None, SnapshotTransport(open_snapshot(folder)))
    return outcomes(access, folder, ["device_configurations"], record=record)["device_configurations"]


def test_all_that_is_read_over_https_is_one_post_and_else_get(
    emulator: Emulator, demo_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("fixtures.store.Gates", lambda live: Gates(False))
    cloud = Cloud("lab", emulator.authority, emulator.graph)
    authentication, _ = sign_in("environment", Wanted(emulator.tenant_id, cloud, emulator.environment))
    with emulator.behaving(limits=False):
        found = outcomes(Access(authentication, None), demo_template, list(RESOURCES), cloud)
        asked = [(seen.method, seen.path) for seen in emulator.reads]
    assert not {name: outcome.failure for name, outcome in found.items() if outcome.failure}
    assert [path for method, path in asked if method != "GET"] == [f"/{PATH}"]
    assert {f"/{PATH}"} == READING_ACTIONS
    assert found["device_configurations"].value == from_snapshot(demo_template).value


# What is kept of it


def recorded(bench: Bench, folder: Path) -> Path:
    recording = Recorder(folder)
    assert from_snapshot(bench.folder, recording).failure is None
    recording.finish(Manifest(recorded_at=NOW))
    return folder


def test_a_recording_says_what_was_sent_and_answers_it(bench: Bench, kept: Path) -> None:
    folder = recorded(bench, kept / "it")
    (entry,) = open_snapshot(folder).manifest.requests
    assert (entry.method, entry.file) == ("POST", f"{PATH}@device_configurations.json")
    assert json.loads(entry.body or "") == {"Query": QUERY}
    again, before = from_snapshot(folder), from_snapshot(bench.folder)
    assert again.value == before.value
    assert again.evidence[0].body == before.evidence[0].body


def test_a_recording_has_no_answer_to_another_query(bench: Bench, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = recorded(bench, kept / "it")
    resource = RESOURCES["device_configurations"]
    (request,) = resource.requests(Store(Tenant("lab", "snapshot", GLOBAL, open_snapshot(folder).declared, NOW, NOW), folder))
    for body in ({"Query": f"{QUERY} "}, {"Query": QUERY, "Timespan": "P1D"}, {}):
        other = msgspec.structs.replace(request, body=body)
        monkeypatch.setitem(RESOURCES, resource.name, type(resource)(**{**vars(resource), "requests": lambda _, other=other: [other]}))
        failure = from_snapshot(folder).failure
        assert failure
        assert failure.cause is Cause.UNAVAILABLE


def test_that_no_answer_came_is_replayed_for_the_same_query_alone(kept: Path) -> None:
    class Broken(Sent):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route")

    recording = Recorder(kept / "it")
    before = reading(Broken(), record=recording)
    recording.finish(Manifest(recorded_at=NOW))
    snapshot = open_snapshot(kept / "it")
    assert json.loads(snapshot.manifest.requests[0].body or "") == BODY
    again = reading(SnapshotTransport(snapshot))
    assert before.failure
    assert again.failure
    assert again.failure.reason == before.failure.reason
    other = reading(SnapshotTransport(snapshot), msgspec.structs.replace(HUNTED, body={"Query": "U"})).failure
    assert other
    assert "no answer for this path" in other.reason


@pytest.mark.parametrize("name", [PATH, f"{PATH}@device_configurations"])
def test_a_snapshot_made_by_hand_has_one_file_for_it(name: str, bench: Bench) -> None:
    bench.file("security/runHuntingQuery").rename(bench.folder / f"{name}.json")
    assert from_snapshot(bench.folder).failure is None


def test_redaction_takes_the_devices_and_keeps_the_numbers(bench: Bench, kept: Path) -> None:
    redactor = Redactor(b"a key of this test")
    plain = from_snapshot(bench.folder).value
    recording = Recorder(kept / "it", redactor)
    assert from_snapshot(bench.folder, recording).value == plain
    recording.finish(Manifest(recorded_at=NOW))
    redacted: DeviceConfigurations = from_snapshot(kept / "it").value
    assert redacted.settings.keys() == plain.settings.keys()
    for name, setting in plain.settings.items():
        names = tuple(redactor.text(device) for device in setting.names)
        assert redacted.settings[name] == msgspec.structs.replace(setting, names=names)
    text = (kept / "it" / f"{PATH}@device_configurations.json").read_text("utf-8")
    assert not [word for word in ("fjl", "fjordline", "shop-", "owned", "calc") if word in text.casefold()]


def test_a_device_is_the_same_in_every_file() -> None:
    redactor = Redactor(b"a key of this test")
    hunted = {"results": [{"NotCompliantNames": '["PC-1.contoso.example", "pc-2"]', "ConfigurationId": "scid-1", "DeviceName": "pc-2"}]}
    (row,) = json.loads(redactor.body(f"{PATH}.json", json.dumps(hunted).encode()))["results"]
    elsewhere = json.loads(
        redactor.body("v1.0/devices.json", b'{"value": [{"displayName": "pc-1.contoso.example"}, {"displayName": "PC-2"}]}')
    )
    assert json.loads(row["NotCompliantNames"]) == [device["displayName"] for device in elsewhere["value"]]
    assert row["ConfigurationId"] == "scid-1"
    assert "pc-2" not in json.dumps(row)
    for text in ("pc-2", '["pc-2"', '{"pc-2": 1}', '["pc-2", 1]'):
        body = redactor.body(f"{PATH}.json", json.dumps({"results": [{"NotCompliantNames": text}]}).encode())
        assert b"pc-2" not in body


def test_every_deliverable_lets_the_query_be_asked_again(bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", "--action=scid_2012")
    (evidence,) = (item for item in found.posture.evidence if item.method == "POST")
    assert json.loads(evidence.body or "") == {"Query": QUERY}
    page = (found.folder / "report.html").read_text("utf-8")
    assert f"make_list_if(Device, Applies == true and Complies == false, {MOST_NAMES})" in page
    assert page.count("make_list_if") == 1, "once, whatever the number of actions that rest on it"
    cells = [cell.value for row in openpyxl.load_workbook(found.folder / "workbook.xlsx")["Evidence"].rows for cell in row]
    assert evidence.body in cells
    attached = [path for path in (found.folder / "allure-results").iterdir() if b"make_list_if" in path.read_bytes()]
    assert attached


# What is made of the answer

ROW: dict[str, Any] = {
    "ConfigurationId": "scid-2012",
    "AssessedDevices": 410,
    "ApplicableDevices": 400,
    "CompliantDevices": 397,
    "NotCompliantDevices": 2,
    "UnknownDevices": 1,
    "NotCompliantNames": '["a", "b"]',
    "LastAssessed": "2026-11-20T07:00:00.1234567Z",
    "FleetDevices": 454,
    "FleetConfigurations": 1,
}


def folded(*rows: dict[str, Any]) -> Reading[Any]:
    async def once() -> Reading[Any]:
        client = GraphClient(GLOBAL, transport=Sent(body={"schema": [], "results": rows}))
        fold = RESOURCES["device_configurations"].fold(Store(Tenant("x", "demo", GLOBAL, Declared(), NOW, NOW), Path()))
        return await read(client, Gates(False), "hunted", HUNTED, ("ThreatHunting.Read.All",), fold)

    return asyncio.run(once())


@pytest.mark.parametrize(
    "wrong",
    [
        {"CompliantDevices": 399},
        {"CompliantDevices": 396},
        {"ApplicableDevices": 401},
        {"ApplicableDevices": 398},
        {"AssessedDevices": 399},
        {"AssessedDevices": 0},
        {"CompliantDevices": -1},
        {"CompliantDevices": 397.5},
        {"CompliantDevices": 397.0},
        {"CompliantDevices": "397"},
        {"CompliantDevices": True},
        {"CompliantDevices": None},
        {"UnknownDevices": 12},
        {"NotCompliantNames": '["a", "b", "c"]'},
        {"NotCompliantNames": "a, b"},
        {"NotCompliantNames": ["a"]},
        {"NotCompliantNames": None},
        {"LastAssessed": None},
        {"LastAssessed": "yesterday"},
        {"FleetDevices": 409},
        {"ConfigurationId": ""},
        {"ConfigurationId": None},
        *({name: ...} for name in ROW),
    ],
    ids=str,
)
def test_numbers_that_cannot_be_are_no_evidence(wrong: dict[str, Any]) -> None:
    assert folded(ROW).failure is None
    failure = folded({name: value for name, value in (ROW | wrong).items() if value is not ...}).failure
    assert failure
    assert failure.cause is Cause.MALFORMED
    assert "scid-2012" not in failure.reason


@pytest.mark.parametrize(
    ("rows", "cause"),
    [
        ([ROW, ROW], Cause.MALFORMED),
        ([ROW | {"FleetConfigurations": 2}, ROW | {"ConfigurationId": "scid_2012", "FleetConfigurations": 2}], Cause.MALFORMED),
        ([ROW, ROW | {"ConfigurationId": "scid-1"}], Cause.MALFORMED),
        ([ROW | {"FleetConfigurations": 2}], Cause.TRUNCATED),
        ([ROW | {"ConfigurationId": f"scid-{n}", "FleetConfigurations": MOST_ROWS} for n in range(MOST_ROWS)], Cause.TRUNCATED),
    ],
    ids=["twice", "twice in two spellings", "more than there are", "less than there are", "as many as Graph gives"],
)
def test_rows_that_are_not_all_there_are_no_evidence(rows: list[dict[str, Any]], cause: Cause) -> None:
    failure = folded(*rows).failure
    assert failure
    assert failure.cause is cause


_NUMBER = st.integers(-1, 4)


@given(st.tuples(_NUMBER, _NUMBER, _NUMBER, _NUMBER, _NUMBER))
def test_what_is_met_is_met_by_every_device(numbers: tuple[int, ...]) -> None:
    """Whatever the numbers: with none that fails and none unknown, all that it applies to comply, or there is no evidence."""
    names = ("AssessedDevices", "ApplicableDevices", "CompliantDevices", "NotCompliantDevices", "UnknownDevices")
    found = folded(ROW | dict(zip(names, numbers, strict=True)) | {"NotCompliantNames": "[]"})
    if found.value is not None:
        setting = found.value.of("scid_2012")
        assert setting.compliant + setting.not_compliant <= setting.applicable <= setting.assessed
        if not setting.not_compliant and not setting.unknown:
            assert setting.compliant == setting.applicable


def test_the_body_of_an_answer_is_the_answers() -> None:
    async def once() -> Answer:
        return await GraphClient(GLOBAL, transport=Sent()).post(f"{GRAPH}/{PATH}", "hunted", HUNTED.sent)

    answer = asyncio.run(once())
    assert (json.loads(answer.body), answer.asked) == ({"results": []}, HUNTED.sent)
