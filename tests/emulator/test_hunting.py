"""Advanced hunting of the emulator: one action by POST, with Graph's refusals, and no other POST."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fixtures.graph.client import Answer
from fixtures.graph.manifest import Manifest
from fixtures.graph.recorder import Recorder
from tests.harness import NOW

from . import Emulator, running
from .clients import client_of
from .hunting import DEVICE_SETTINGS, MOST_ROWS
from .tiny import write_tiny

PATH = "/v1.0/security/runHuntingQuery"
QUERY = {"Query": f"{DEVICE_SETTINGS} | count"}


@pytest.fixture(scope="module")
def emulator(demo_template: Path) -> Iterator[Emulator]:
    with running(demo_template) as emulator:
        yield emulator


def said(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_what_was_recorded_is_answered_byte_for_byte(client: httpx.Client, demo_template: Path) -> None:
    recorded = (demo_template / f"{PATH[1:]}.json").read_bytes()
    for body in (QUERY, {"query": QUERY["Query"]}, {**QUERY, "Timespan": "P1D"}):
        answer = client.post(PATH, json=body)
        assert (answer.status_code, answer.content) == (200, recorded)
    assert client.post(PATH.upper().replace("V1.0", "v1.0"), json=QUERY).status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "Unable to read JSON"),
        (b"KQL", "Unable to read JSON"),
        (b"[]", "Unable to read JSON"),
        (b"\xff", "Unable to read JSON"),
        (b"{}", "Query parameter is missing"),
        (b'{"Query": null}', "Query parameter is missing"),
        (b'{"Query": " "}', "Query parameter is missing"),
        (b'{"Query": "EmailEvents | count"}', "Failed to resolve table or column expression named 'EmailEvents'"),
        (b'{"Query": "| | |"}', "Failed to resolve table or column expression named '| | |'"),
    ],
)
def test_a_query_that_is_none_is_refused(client: httpx.Client, body: bytes, message: str) -> None:
    status, code, told = said(client.post(PATH, content=body, headers={"content-type": "application/json"}))
    assert (status, code) == (400, "BadRequest")
    assert message in told


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", PATH),
        ("PATCH", PATH),
        ("POST", "/v1.0/users"),
        ("POST", f"{PATH}/more"),
        ("POST", "/v1.0/security/secureScores"),
        ("DELETE", PATH),
    ],
)
def test_no_other_method_and_no_other_address(client: httpx.Client, method: str, path: str) -> None:
    assert client.request(method, path, json=QUERY).status_code == 405


def test_it_needs_its_permission(emulator: Emulator) -> None:
    with emulator.behaving(roles=["SecurityEvents.Read.All"]), client_of(emulator) as client:
        status, code, message = said(client.post(PATH, json=QUERY))
        assert client.post(PATH, json=QUERY, headers={"authorization": ""}).status_code == 401
    assert (status, code) == (403, "Forbidden")
    assert "ThreatHunting.Read.All" in message


def test_without_the_plan_the_table_is_not_known(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    (folder / f"{PATH[1:]}.json").write_text('{"results": []}', "utf-8")
    with running(folder) as emulator, client_of(emulator) as client:
        assert said(client.post(PATH, json=QUERY)) == (
            400,
            "BadRequest",
            f"Failed to resolve table or column expression named '{DEVICE_SETTINGS}'",
        )


def test_a_result_is_cut_off_where_graph_cuts_it(demo_template: Path, tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    (folder / "v1.0/subscribedSkus.json").unlink()  # then nobody knows what the tenant holds
    file = folder / f"{PATH[1:]}.json"
    for rows, left in ((MOST_ROWS, MOST_ROWS), (MOST_ROWS + 1, MOST_ROWS)):
        file.write_text(json.dumps({"schema": [], "results": [{"n": n} for n in range(rows)]}), "utf-8")
        with running(folder) as emulator, client_of(emulator) as client:
            found = client.post(PATH, json=QUERY).json()
        assert (len(found["results"]), found["schema"]) == (left, [])
    file.write_bytes(b'{"results": [')
    with running(folder) as emulator, client_of(emulator) as client:
        assert client.post(PATH, json=QUERY).content == b'{"results": ['
    file.unlink()
    with running(folder) as emulator, client_of(emulator) as client:
        assert client.post(PATH, json=QUERY).status_code == 404


def test_a_recording_answers_what_was_sent_then(tmp_path: Path) -> None:
    recording = Recorder(tmp_path / "it")
    bodies = {json.dumps({"Query": f"{DEVICE_SETTINGS} | take {n}"}).encode(): f'{{"results": [{n}]}}'.encode() for n in (1, 2)}
    for n, (asked, body) in enumerate(bodies.items()):
        answer = Answer(f"https://graph.microsoft.com{PATH}", 200, body, NOW, asked=asked)
        recording.answered(f"reading_{n}", f"{PATH[1:]}@reading_{n}", 1, answer)
    recording.finish(Manifest(recorded_at=NOW))
    with running(tmp_path / "it") as emulator, client_of(emulator) as client:
        for asked, body in bodies.items():
            assert client.post(PATH, content=asked).content == body
        assert client.post(PATH, json=QUERY).status_code == 404


def test_a_batch_may_hold_it(client: httpx.Client) -> None:
    step: dict[str, Any] = {"method": "POST", "url": "/security/runHuntingQuery", "headers": {"Content-Type": "application/json"}}
    steps = [
        {**step, "id": "1", "body": QUERY},
        {**step, "id": "2", "body": {}},
        {"id": "3", "method": "POST", "url": "/users", "body": {}},
    ]
    answers = {answer["id"]: answer for answer in client.post("/v1.0/$batch", json={"requests": steps}).json()["responses"]}
    assert {name: answer["status"] for name, answer in answers.items()} == {"1": 200, "2": 400, "3": 405}
    assert answers["1"]["body"]["results"]


def test_bad_days_befall_it(client: httpx.Client, emulator: Emulator, demo_template: Path) -> None:
    recorded = json.loads((demo_template / f"{PATH[1:]}.json").read_bytes())
    with emulator.behaving(faults=["security/runHuntingQuery 503 times=1 retry-after=7"]):
        refused = client.post(PATH, json=QUERY)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "7")
        assert client.post(PATH, json=QUERY).status_code == 200
    with emulator.behaving(faults=["* empty-page"]):
        assert client.post(PATH, json=QUERY).json() == recorded
    with emulator.behaving(faults=["* loop"]):
        assert client.post(PATH, json=QUERY).json().pop("@odata.nextLink") == f"{emulator.graph}{PATH}"


def test_it_has_a_limit_of_its_own(emulator: Emulator) -> None:
    with emulator.behaving(limits=True, roles=["Nothing"]), client_of(emulator) as client:
        statuses = [client.post(PATH, json=QUERY).status_code for _ in range(46)]
    assert statuses == [403] * 45 + [429]
    with emulator.behaving(limits=True), client_of(emulator) as client:
        assert client.post(PATH, json=QUERY).status_code == 200
