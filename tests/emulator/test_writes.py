"""What the emulator lets itself be told: the state of an action of Secure Score, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from fixtures.permissions import needed

from . import CLIENT_ID, Emulator
from .clients import client_of
from .tiny import PROFILES

WRITER = "SecurityEvents.ReadWrite.All"
ACTION = f"/v1.0/{PROFILES}/mdo_safelinks"
BODY = {"state": "Ignored", "comment": "Because.", "vendorInformation": {"provider": "SecureScore", "vendor": "Microsoft"}}
REPRESENTATION = {"Prefer": "return=representation"}


@pytest.fixture
def writer(emulator: Emulator) -> Iterator[httpx.Client]:
    with emulator.behaving(roles=[*needed(), WRITER]), client_of(emulator) as client:
        yield client
    emulator.forget_writes()


def update(profile: Any) -> Any:
    return profile["controlStateUpdates"][-1]


def listed(client: httpx.Client) -> dict[str, Any]:
    first = client.get(f"/v1.0/{PROFILES}").json()
    second = client.get(first["@odata.nextLink"]).json()
    return {row["id"]: row for row in first["value"] + second["value"]}


def test_what_was_written_is_read(writer: httpx.Client) -> None:
    before = writer.get(f"/v1.0/{PROFILES}").content
    answer = writer.patch(ACTION, json=BODY)
    assert (answer.status_code, answer.content) == (204, b"")
    written = update(writer.get(ACTION).json())
    assert (written["state"], written["comment"], written["updatedBy"]) == ("Ignored", "Because.", CLIENT_ID)
    assert update(listed(writer)["mdo_safelinks"]) == written
    assert writer.get(f"/v1.0/{PROFILES}").content == before, "another page is what was recorded, byte by byte"
    assert update(writer.get(f"/v1.0/{PROFILES}?$filter=id eq 'mdo_safelinks'").json()["value"][0]) == written


def test_who_prefers_it_is_shown_the_profile(writer: httpx.Client) -> None:
    answer = writer.patch(ACTION, json=BODY, headers=REPRESENTATION)
    assert answer.status_code == 200
    assert (answer.json()["id"], update(answer.json())["state"]) == ("mdo_safelinks", "Ignored")
    left = {name: value for name, value in BODY.items() if name != "state"} | {"comment": "Still."}
    answer = writer.patch(ACTION.upper().replace("V1.0", "v1.0"), json=left, headers=REPRESENTATION)
    assert (update(answer.json())["state"], update(answer.json())["comment"]) == ("Ignored", "Still.")
    assert len(answer.json()["controlStateUpdates"]) == 2


@pytest.mark.parametrize(
    "body",
    [
        {**BODY, "vendorInformation": None},
        {**BODY, "vendorInformation": {"provider": "SecureScore"}},
        {**BODY, "vendorInformation": {"provider": "", "vendor": "Microsoft"}},
        {"state": "Ignored"},
        {**BODY, "state": "ignore"},
        [],
        {},
    ],
)
def test_what_graph_does_not_take(writer: httpx.Client, body: Any) -> None:
    assert writer.patch(ACTION, json=body).status_code == 400
    assert writer.patch(ACTION, content=b'{"state').status_code == 400
    assert "controlStateUpdates" not in writer.get(ACTION).json()


def test_device_controls_are_refused(demo_template: Any) -> None:
    from . import running

    with running(demo_template, roles=[WRITER]) as emulator, client_of(emulator) as client:
        ids = [row["id"] for row in client.get(f"/v1.0/{PROFILES}").json()["value"]]
        device = next(name for name in ids if name.startswith("scid_"))
        assert client.patch(f"/v1.0/{PROFILES}/{device}", json=BODY).status_code == 400
        other = next(name for name in ids if not name.startswith("scid_"))
        assert client.patch(f"/beta/{PROFILES}/{other}", json=BODY).status_code == 404, "beta has none in this snapshot"
        assert client.patch(f"/v1.0/{PROFILES}/{other}", json=BODY).status_code == 204


def test_who_may_only_read_is_refused(emulator: Emulator, client: httpx.Client) -> None:
    answer = client.patch(ACTION, json=BODY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "")
    assert "does not contain valid permissions" in answer.json()["error"]["message"]
    assert "controlStateUpdates" not in client.get(ACTION).json()


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_it_stays_read_only_otherwise(writer: httpx.Client, method: str) -> None:
    assert writer.request(method, ACTION, json=BODY).status_code == 405
    for path in (f"/v1.0/{PROFILES}", "/v1.0/security/secureScores", f"{ACTION}/more", "/v1.0/organization"):
        assert writer.patch(path, json=BODY).status_code == 405
    assert writer.patch(f"/v1.0/{PROFILES}/nope", json=BODY).status_code == 404


def test_a_write_may_lag(emulator: Emulator, writer: httpx.Client) -> None:
    with emulator.behaving(roles=[WRITER], faults=[f"{PROFILES}/* lag seconds=0.3"]):
        answer = writer.patch(ACTION, json=BODY, headers=REPRESENTATION)
        assert update(answer.json())["state"] == "Ignored"
        assert "controlStateUpdates" not in writer.get(ACTION).json()
        time.sleep(0.35)
        assert update(writer.get(ACTION).json())["state"] == "Ignored"
    with emulator.behaving(roles=[WRITER], faults=["* lag"]):
        assert writer.patch(ACTION, json={**BODY, "state": "Default"}).status_code == 204
        assert update(writer.get(ACTION).json())["state"] == "Ignored"


def test_a_batch_may_hold_it(writer: httpx.Client) -> None:
    step = {"id": "1", "method": "PATCH", "url": f"/{PROFILES}/mdo_safelinks", "headers": {"Content-Type": "application/json"}}
    steps = [{**step, "body": BODY}, {**step, "id": "2", "body": {}}]
    answers = writer.post("/v1.0/$batch", json={"requests": steps}).json()["responses"]
    assert [answer["status"] for answer in answers] == [204, 400]
    assert update(writer.get(ACTION).json())["state"] == "Ignored"
