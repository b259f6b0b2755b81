"""The emulator's bad days: each fault as a client sees it, on HTTP/1.1 and on HTTP/2."""

from __future__ import annotations

import errno
import json
import socket
import ssl
import time
from collections.abc import Iterator

import h2.exceptions
import httpx
import pytest

from . import Emulator, running
from .clients import client_of, sign_in
from .plan import KINDS
from .tiny import PROFILES, write_tiny

# How a client that is cut off in the middle of a body learns of it: on HTTP/2 httpx lets h2's own error through.
CUT_OFF = (httpx.RemoteProtocolError, h2.exceptions.ProtocolError)
ERROR = {"error": {"code": "Request_ResourceNotFound", "message": "It was deleted."}}
A_DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = write_tiny(tmp_path_factory.mktemp("tiny"))
    (folder / "v1.0" / "gone.404.json").write_text(json.dumps(ERROR), "utf-8")
    (folder / "v1.0" / "list.json").write_text("[1, 2, 3]", "utf-8")
    (folder / "v1.0" / "large.json").write_text(json.dumps({"value": ["x" * 1000] * 1000}), "utf-8")
    (folder / "beta").mkdir()
    (folder / "beta" / "domains.json").write_text('{"value": ["of the beta"]}', "utf-8")
    with running(folder) as emulator:
        yield emulator


@pytest.fixture(params=[False, True], ids=["http1", "http2"])
def client(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with client_of(emulator, request.param) as client:
        assert client.get("/v1.0/domains").http_version == ("HTTP/2" if request.param else "HTTP/1.1")
        yield client


def statuses(client: httpx.Client, path: str, times: int) -> list[int]:
    return [client.get(f"/v1.0/{path}").status_code for _ in range(times)]


@pytest.mark.parametrize("asked", ["7", "0.25", "300", A_DATE, None])
def test_a_429_says_verbatim_when_to_come_back(client: httpx.Client, emulator: Emulator, asked: str | None) -> None:
    with emulator.behaving(faults=["users 429" + (f" retry-after='{asked}'" if asked else "")]):
        answer = client.get("/v1.0/users")
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, asked)
    assert answer.json()["error"]["code"] == "TooManyRequests"
    assert answer.headers["request-id"]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 403, 418, 599])
def test_any_status_of_failure_is_answered_in_graphs_shape(client: httpx.Client, emulator: Emulator, status: int) -> None:
    with emulator.behaving(faults=[f"users {status}"]):
        answer = client.get("/v1.0/users")
        assert client.get("/v1.0/domains").status_code == 200
    assert answer.status_code == status
    assert answer.json()["error"]["innerError"]["request-id"] == answer.headers["request-id"]


def test_latencies_add_up_and_add_to_what_else_goes_wrong(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["* latency seconds=0.15", "users 503", "users latency seconds=0.2"]):
        began = time.monotonic()
        assert client.get("/v1.0/users").status_code == 503
        users, began = time.monotonic() - began, time.monotonic()
        assert client.get("/v1.0/domains").status_code == 200
        domains = time.monotonic() - began
    assert users >= 0.35
    assert 0.15 <= domains < users


def test_a_reset_breaks_the_connection_off_before_any_answer(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["users reset times=1"]):
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            client.get("/v1.0/users")
        assert client.get("/v1.0/users").status_code == 200
        assert [seen.status for seen in emulator.reads] == [0, 200]


def test_a_reset_is_a_reset_and_no_goodbye(emulator: Emulator) -> None:
    port = httpx.URL(emulator.graph).port
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    with (
        emulator.behaving(faults=["* reset"]),
        socket.create_connection(("127.0.0.1", port or 0)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as secure,
    ):
        secure.sendall(b"GET /v1.0/users HTTP/1.1\r\nhost: localhost\r\n\r\n")
        # Not read: Python's own TLS keeps to itself that the connection was reset. The kernel does not.
        until = time.monotonic() + 5
        while not (error := secure.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) and time.monotonic() < until:
            time.sleep(0.01)
    assert error == errno.ECONNRESET


@pytest.mark.parametrize("path", ["domains", "large"])
def test_a_stalled_body_is_half_and_then_silence(client: httpx.Client, emulator: Emulator, path: str) -> None:
    whole = client.get(f"/v1.0/{path}").content
    patience = httpx.Timeout(5, read=0.4)
    with emulator.behaving(faults=[f"{path} stall"]), client.stream("GET", f"/v1.0/{path}", timeout=patience) as answer:
        assert (answer.status_code, answer.headers["content-length"]) == (200, str(len(whole)))
        arrived: list[bytes] = []
        with pytest.raises(httpx.ReadTimeout):
            arrived.extend(answer.iter_raw())
    assert b"".join(arrived) == whole[: len(whole) // 2]


def test_a_stall_may_end(client: httpx.Client, emulator: Emulator) -> None:
    usual = client.get("/v1.0/domains").content
    with emulator.behaving(faults=["domains stall seconds=0.3"]):
        began = time.monotonic()
        assert client.get("/v1.0/domains").content == usual
    assert time.monotonic() - began >= 0.3


def test_a_truncated_body_is_valid_http_and_no_json(client: httpx.Client, emulator: Emulator) -> None:
    usual = client.get("/v1.0/domains").content
    with emulator.behaving(faults=["domains truncated"]):
        answer = client.get("/v1.0/domains")
    assert answer.status_code == 200
    assert answer.content == usual[: len(usual) // 2]
    assert answer.headers["content-length"] == str(len(answer.content))
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_sign_in_page_comes_instead_of_json(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["domains html"]):
        answer = client.get("/v1.0/domains")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Sign in" in answer.text


def test_a_body_is_shorter_than_was_promised(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["domains wrong-length times=1"]):
        with pytest.raises(CUT_OFF):
            client.get("/v1.0/domains")
        assert client.get("/v1.0/domains").status_code == 200


def test_an_empty_page_leads_to_the_first(client: httpx.Client, emulator: Emulator) -> None:
    usual = [client.get(f"/v1.0/{PROFILES}?$top=3").json()]
    usual.append(client.get(usual[0]["@odata.nextLink"]).json())
    with emulator.behaving(faults=[f"{PROFILES} empty-page"]):
        pages = [client.get(f"/v1.0/{PROFILES}?$top=3").json()]
        while link := pages[-1].get("@odata.nextLink"):
            pages.append(client.get(link).json())
    assert pages[0]["value"] == []
    assert pages[1] == usual[0]
    assert [row for page in pages for row in page["value"]] == usual[0]["value"] + usual[1]["value"]
    assert [len(page["value"]) for page in pages] == [0, 3, 0, 3]


@pytest.mark.parametrize("query", ["", "?$top=3&$select=id%2CuserPrincipalName"])
def test_a_page_leads_back_to_itself(client: httpx.Client, emulator: Emulator, query: str) -> None:
    asked = f"{emulator.graph}/v1.0/{PROFILES}{query}"
    usual = client.get(asked).json()
    with emulator.behaving(faults=[f"{PROFILES} loop"]):
        answer = client.get(asked).json()
        assert client.get(answer["@odata.nextLink"]).json() == answer
    assert answer == {**usual, "@odata.nextLink": asked}


def test_a_page_leads_to_another_host(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["domains elsewhere after=1", "domains elsewhere url=https://other.example/v1.0/domains?a=b#c"]):
        links = [client.get("/v1.0/domains").json()["@odata.nextLink"] for _ in range(2)]
    assert links == [
        "https://other.example/v1.0/domains?a=b#c",
        "https://graph.microsoft.com.evil.example/v1.0/domains?$skiptoken=elsewhere",
    ]


@pytest.mark.parametrize("fault", ["empty-page", "loop", "elsewhere"])
def test_a_link_is_added_to_an_object_and_to_nothing_else(client: httpx.Client, emulator: Emulator, fault: str) -> None:
    policy = client.get("/v1.0/policies/authorizationPolicy").json()
    with emulator.behaving(faults=[f"* {fault}"]):
        linked = client.get("/v1.0/policies/authorizationPolicy").json()
        assert linked.pop("@odata.nextLink").startswith("https://")
        assert linked == policy
        assert client.get("/v1.0/list").json() == [1, 2, 3]
        gone = client.get("/v1.0/gone")
        assert (gone.status_code, gone.json()) == (404, ERROR)


def test_a_token_ends_in_the_middle_of_a_run(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["users token-expiry after=1 times=1"]):
        assert statuses(client, "users", 3) == [200, 401, 401]
        answer = client.get("/v1.0/domains")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
        sign_in(client, emulator)
        assert statuses(client, "users", 2) == [200, 200]


def test_the_sign_in_has_no_bad_days(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["* reset"]):
        sign_in(client, emulator)


@pytest.mark.parametrize("address", ["v1.0/policies/authorizationPolicy", "v1.0//policies//authorizationpolicy", "beta/POLICIES/other"])
def test_a_path_is_a_glob_without_regard_to_case_version_and_slashes(client: httpx.Client, emulator: Emulator, address: str) -> None:
    with emulator.behaving(faults=["Policies/* 503"]):
        assert client.get(f"/{address}").status_code == 503
        assert client.get("/beta/domains").status_code == 200


def test_the_first_line_that_is_due_applies(client: httpx.Client, emulator: Emulator) -> None:
    plan = ["users 429 times=2", "users 503 after=1 times=3", "* 500 after=5"]
    with emulator.behaving(faults=plan):
        assert statuses(client, "users", 7) == [429, 429, 503, 503, 200, 500, 500]
        assert statuses(client, "domains", 1) == [500]
    with emulator.behaving(faults=plan):
        assert statuses(client, "users", 1) == [429], "every block begins to count anew"
    assert statuses(client, "users", 1) == [200]


def test_the_older_words_are_the_same_plan(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(flaky={"domains": [503, 429]}, deny={"domains": 403, "policies/": 404}, faults=["domains 502 times=1"]):
        assert statuses(client, "domains", 3) == [502, 429, 403]
        assert statuses(client, "policies/authorizationPolicy", 1) == [404]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "lag"])  # which only writes feel
def test_every_fault_is_felt(client: httpx.Client, emulator: Emulator, kind: str) -> None:
    def outcome() -> object:
        began = time.monotonic()
        try:
            answer = client.get("/v1.0/domains", timeout=httpx.Timeout(5, read=0.8))
        except (httpx.TransportError, *CUT_OFF) as error:
            return type(error)
        return answer.status_code, answer.content, time.monotonic() - began > 0.3

    usual = outcome()
    with emulator.behaving(faults=[f"domains {kind}" + (" seconds=0.3" if kind == "latency" else "")]):
        assert outcome() != usual


def test_a_request_notes_when_it_came(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(faults=["users latency seconds=0.3"]):
        began = time.monotonic()
        client.get("/v1.0/users")
        (seen,) = emulator.reads
    assert began <= seen.at < began + 0.3
    assert (seen.method, seen.path, seen.query, seen.status) == ("GET", "/v1.0/users", "", 200)
