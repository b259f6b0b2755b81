"""The emulator itself: what it must do as Graph and Entra do it, for the tests that rest on it to mean anything."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import CredentialError, Wanted, sign_in
from fixtures.graph.tokens import caller_of

from . import CLIENT_ID, CLIENT_SECRET, Emulator, running
from .clients import client_of
from .tiny import DOMAIN, PROFILES, TENANT_ID, write_tiny

NEVER_RECORDED = "11111111-1111-4111-8111-111111111111"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny(tmp_path_factory.mktemp("tiny"))
    extras = {
        "v1.0/gone.404": {"error": {"code": "Request_ResourceNotFound", "message": "It was deleted."}},
        "v1.0/circle": {"value": [], "@odata.nextLink": "https://graph.microsoft.com/v1.0/circle"},
        "v1.0/astray": {"value": [], "@odata.nextLink": "https://graph.microsoft.com.tiny.example/v1.0/astray"},
        "v1.0/private": {"value": [], "@odata.nextLink": "https://graph.tiny.example:8443/v1.0/private"},
        "v1.0/beyond": {"value": [], "@odata.nextLink": "https://graph.tiny.example:84430/v1.0/beyond"},
        "v1.0/named@one_resource": {"value": ["under the name of a resource"]},
        "v1.0/twice@all_of_it": {"value": ["all"]},
        "v1.0/twice@some_of_it": {"value": ["some"]},
        "snapshot": {
            "format": 1,
            "tenant": {"cloud": "lab", "graph": "https://graph.tiny.example:8443"},
            "requests": [
                {"file": "v1.0/twice@some_of_it.json", "url": "https://graph.microsoft.com/v1.0/twice?$top=1&$select=id"},
                {"file": "v1.0/twice@all_of_it.json"},
            ],
        },
        "beta/domains": {"value": ["of the beta"]},
    }
    for name, body in extras.items():
        (folder / f"{name}.json").parent.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(body), "utf-8")
    return folder


@pytest.fixture(scope="module")
def emulator(snapshot: Path) -> Iterator[Emulator]:
    with running(snapshot) as emulator:
        yield emulator


def ask_token(client: httpx.Client, emulator: Emulator, tenant: str = TENANT_ID, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": f"{emulator.graph}/.default",
    }
    return client.post(f"{emulator.authority}/{tenant}/oauth2/v2.0/token", data=form | changes)


@pytest.fixture
def client(emulator: Emulator) -> Iterator[httpx.Client]:
    with client_of(emulator) as client:
        yield client


@pytest.mark.parametrize(
    ("tenant", "changes", "status", "error", "code"),
    [
        (TENANT_ID, {"client_secret": "another"}, 401, "invalid_client", 7000215),
        (NEVER_RECORDED, {}, 400, "invalid_request", 90002),
        (TENANT_ID, {"client_id": NEVER_RECORDED}, 400, "unauthorized_client", 700016),
        (TENANT_ID, {"scope": "https://tiny.example/.default"}, 400, "invalid_resource", 500011),
        (TENANT_ID, {"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
    ],
    ids=["secret", "tenant", "application", "resource", "grant"],
)
def test_a_token_is_refused_as_entra_does(
    client: httpx.Client, emulator: Emulator, tenant: str, changes: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = ask_token(client, emulator, tenant, **changes)
    assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [code])
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")


def test_a_renewed_secret_refuses_the_old_one(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(wrong_secret=True):
        assert ask_token(client, emulator).json()["error_codes"] == [7000215]
    assert ask_token(client, emulator).status_code == 200


def test_the_token_says_who_calls_and_what_is_granted(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(roles=["Policy.Read.All"]):
        caller = caller_of(ask_token(client, emulator).json()["access_token"])
    assert (caller.tenant_id, caller.app_id, caller.granted) == (TENANT_ID, CLIENT_ID, frozenset({"Policy.Read.All"}))
    with emulator.behaving(roles=[], token_tenant=NEVER_RECORDED):
        caller = caller_of(ask_token(client, emulator).json()["access_token"])
    assert (caller.tenant_id, caller.granted) == (NEVER_RECORDED, None)


@pytest.mark.parametrize("kind", ["certificate", "workload-identity", "secret"])
@pytest.mark.parametrize("tenant", [TENANT_ID, DOMAIN])
def test_azure_identity_signs_in(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, kind: str, tenant: str) -> None:
    for name, value in {**emulator.environment, "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)
    cloud = Cloud("lab", emulator.authority, emulator.graph)
    _, caller = sign_in("environment", Wanted(tenant, cloud, emulator.environment_for(kind)))
    assert (caller.tenant_id, caller.app_id) == (TENANT_ID, CLIENT_ID)


def test_azure_identity_is_told_of_an_unknown_tenant(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**emulator.environment, "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(CredentialError, match=NEVER_RECORDED):
        sign_in("environment", Wanted(NEVER_RECORDED, Cloud("lab", emulator.authority, emulator.graph), os.environ))


@pytest.mark.parametrize("authorization", ["", "Basic YTpi", "Bearer not.issued.here"])
def test_graph_wants_a_token_of_its_own(client: httpx.Client, authorization: str) -> None:
    answer = client.get("/v1.0/organization", headers={"authorization": authorization})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


def test_a_body_is_answered_byte_for_byte(client: httpx.Client, snapshot: Path) -> None:
    answer = client.get("/v1.0//organization")
    assert answer.content == (snapshot / "v1.0/organization.json").read_bytes()
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["request-id"] != client.get("/v1.0/organization").headers["request-id"]
    assert client.get("/beta/domains").json() == {"value": ["of the beta"]}
    assert client.get("/v1.0/twice", params={"$select": "id", "$top": "1"}).json() == {"value": ["some"]}
    assert client.get("/v1.0/twice").json() == {"value": ["all"]}
    assert client.get("/v1.0/named").json() == {"value": ["under the name of a resource"]}


def test_pages_lead_to_each_other_on_the_emulator(client: httpx.Client, emulator: Emulator, snapshot: Path) -> None:
    for _ in range(2):
        link = client.get(f"/v1.0/{PROFILES}").json()["@odata.nextLink"]
        assert link == f"{emulator.graph}/v1.0/{PROFILES}?$skiptoken=the%20next%20page"
        assert client.get(link).content == (snapshot / f"v1.0/{PROFILES}.page2.json").read_bytes()
        assert client.get("/v1.0/circle").json()["@odata.nextLink"] == f"{emulator.graph}/v1.0/circle"
        assert client.get("/v1.0/private").json()["@odata.nextLink"] == f"{emulator.graph}/v1.0/private"
        assert client.get("/v1.0/astray").json()["@odata.nextLink"].startswith("https://graph.microsoft.com.tiny.example/")
        assert client.get("/v1.0/beyond").json()["@odata.nextLink"].startswith("https://graph.tiny.example:84430/")


def test_failures_have_graphs_shape(client: httpx.Client) -> None:
    answers = {path: client.get(path) for path in ("/v1.0/gone", "/v1.0/never", "/v9/organization")}
    codes = {path: (answer.status_code, answer.json()["error"]["code"]) for path, answer in answers.items()}
    assert codes == {
        "/v1.0/gone": (404, "Request_ResourceNotFound"),
        "/v1.0/never": (404, "ResourceNotFound"),
        "/v9/organization": (400, "BadRequest"),
    }
    assert client.delete("/v1.0/organization").status_code == 405


def test_what_a_test_asks_for_goes_wrong(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(deny={"policies/": 403}, flaky={"domains": [503, 429]}):
        refused = client.get("/v1.0/policies/authorizationPolicy")
        tries = [client.get("/v1.0/domains") for _ in range(3)]
        client.get("/v1.0/domains", params={"$top": "1"})
        log = [(seen.method, seen.path, seen.query, seen.status) for seen in emulator.requests]
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in tries] == [(503, "1"), (429, "1"), (200, None)]
    assert log[0] == ("GET", "/v1.0/policies/authorizationPolicy", "", 403)
    assert log[-1] == ("GET", "/v1.0/domains", "%24top=1", 200)
    assert len(log) == 5


def test_a_zip_is_served_like_its_folder(snapshot: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tiny.zip", "w") as archive:
        for file in snapshot.rglob("*.json"):
            archive.write(file, file.relative_to(snapshot))
    with running(tmp_path / "tiny.zip") as emulator, client_of(emulator) as client:
        assert emulator.tenant_id == TENANT_ID
        assert client.get("/v1.0/domains").content == (snapshot / "v1.0/domains.json").read_bytes()
