"""JSON batching: what is taken, what is refused, and that each request of a batch is a request like any other."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from . import Emulator
from .clients import client_of


def step(number: int, url: str, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": url, **more}


def ask(client: httpx.Client, *steps: dict[str, Any], version: str = "v1.0") -> dict[str, dict[str, Any]]:
    answer = client.post(f"/{version}/$batch", json={"requests": steps})
    assert answer.status_code == 200, answer.text
    return {answer["id"]: answer for answer in answer.json()["responses"]}


def test_each_request_is_answered_for_itself(client: httpx.Client) -> None:
    answers = ask(
        client,
        step(1, "/organization"),
        step(2, "users?$filter=userPrincipalName eq 'EMERGENCY@tiny.example'&$select=id"),
        step(3, "/users/nobody@tiny.example"),
        step(4, "/users/$count", headers={"ConsistencyLevel": "eventual"}),
        step(5, "/users", method="POST", headers={"Content-Type": "application/json"}, body={"displayName": "x"}),
        step(6, "/me"),
    )
    assert {name: answer["status"] for name, answer in answers.items()} == {"1": 200, "2": 200, "3": 404, "4": 200, "5": 405, "6": 400}
    assert answers["1"]["body"] == client.get("/v1.0/organization").json()
    assert [set(row) for row in answers["2"]["body"]["value"]] == [{"id"}]
    assert answers["3"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert base64.b64decode(answers["4"]["body"]) == b"1"
    assert answers["1"]["headers"]["Content-Type"].startswith("application/json")
    assert answers["1"]["headers"]["Request-Id"] != answers["2"]["headers"]["Request-Id"]


def test_what_depends_on_a_failure_fails(client: httpx.Client) -> None:
    answers = ask(
        client,
        step(1, "/never"),
        step(2, "/organization", dependsOn=["1"]),
        step(3, "/organization", dependsOn=["2"]),
        step(4, "/organization"),
        step(5, "/organization", dependsOn=["4"]),
    )
    assert [answer["status"] for answer in answers.values()] == [404, 424, 424, 200, 200]
    assert answers["2"]["body"]["error"]["code"] == "FailedDependency"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"requests": [step(n, "/organization") for n in range(21)]}, "20"),
        ({"requests": [step(1, "/organization"), step(1, "/domains")]}, "not unique"),
        ({"requests": [step(1, "/organization", dependsOn=["2"]), step(2, "/domains")]}, "does not stand before it"),
        ({"requests": [{"id": "1", "url": "/organization"}]}, "Invalid batch payload"),
        ({"requests": []}, "Invalid batch payload"),
        ([], "Invalid batch payload"),
        ("{", "Invalid batch payload"),
    ],
    ids=["twenty-one", "twice", "after", "no method", "none", "list", "broken"],
)
def test_what_is_no_batch(client: httpx.Client, body: Any, said: str) -> None:
    answer = client.post("/v1.0/$batch", content=body if isinstance(body, str) else json.dumps(body))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")
    assert said in answer.json()["error"]["message"]


def test_twenty_are_taken_in_either_version(client: httpx.Client) -> None:
    assert {answer["status"] for answer in ask(client, *[step(n, "/organization") for n in range(20)]).values()} == {200}
    assert ask(client, step(1, "/organization"), version="beta")["1"]["status"] == 404, "nothing was recorded of the beta"


def test_permissions_faults_and_limits_hold_inside(emulator: Emulator) -> None:
    faults = ["domains 503 retry-after=7"]
    with emulator.behaving(roles=["Organization.Read.All", "Policy.Read.All"], faults=faults, limits=True), client_of(emulator) as client:
        answers = ask(
            client,
            step(1, "/organization"),
            step(2, "/users"),
            step(3, "/domains"),
            step(4, "/identity/conditionalAccess/policies"),
            step(5, "/identity/conditionalAccess/policies", dependsOn=["4"]),
            step(6, "/organization", headers={"Authorization": "Bearer of.another.kind"}),
        )
        assert emulator.throttled["conditional access and identity protection"] == 1
    assert [answer["status"] for answer in answers.values()] == [200, 403, 503, 200, 429, 401]
    assert answers["3"]["headers"]["Retry-After"] == "7"


def test_a_batch_needs_a_token_and_a_post(client: httpx.Client) -> None:
    assert client.post("/v1.0/$batch", json={}, headers={"authorization": ""}).status_code == 401
    assert client.get("/v1.0/$batch").status_code == 404
