"""Every kind of credential, against the emulated sign-in: who it makes the caller, what a failure says, and what nobody may see."""

from __future__ import annotations

import asyncio
import os
import re
import ssl
import subprocess
import sys
import threading
import webbrowser
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt
import msgspec
import pytest
import tomli_w
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from hypothesis import given
from hypothesis import strategies as st
from kiota_abstractions.request_information import RequestInformation

from fixtures.graph.client import GraphClient
from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import KINDS, CredentialError, Wanted, sign_in
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.refused import told
from fixtures.graph.tokens import Bearer, Caller, TokenSource
from fixtures.text import one_line
from tests.emulator import CLIENT_ID, CLIENT_SECRET, Emulator, running
from tests.emulator import tool as tools
from tests.emulator.directory import AZURE_CLI, AZURE_POWERSHELL, MANAGED_IDENTITY
from tests.emulator.keys import Key
from tests.emulator.services import GITHUB_TOKEN, IDENTITY_HEADER, PIPELINES_TOKEN
from tests.emulator.tiny import BREAK_GLASS, DOMAIN, TENANT_ID, write_tiny
from tests.harness import ROOT, Run

OTHER = "11111111-1111-4111-8111-111111111111"
USAGE_ERROR, FINISHED = 4, {0, 1, 10, 11}
PERSON = f"reader@{DOMAIN}"
# Who calls, by the kind of credential: the application, and the person where there is one.
CALLERS = {
    **dict.fromkeys(("environment", "secret", "certificate", "workload-identity", "github", "azure-pipelines"), (CLIENT_ID, None)),
    "managed-identity": (MANAGED_IDENTITY, None),
    "azure-cli": (AZURE_CLI, PERSON),
    "azure-powershell": (AZURE_POWERSHELL, PERSON),
    "azure-developer-cli": (AZURE_CLI, PERSON),
    "browser": (CLIENT_ID, PERSON),
    "device-code": (CLIENT_ID, PERSON),
}
UNATTENDED = [kind for kind in KINDS if kind not in {"browser", "device-code"}]
# What must be found nowhere: the secrets a run was given, and anything that is a token.
SECRETS = (CLIENT_SECRET, GITHUB_TOKEN, PIPELINES_TOKEN, IDENTITY_HEADER, "PRIVATE KEY")
TOKEN = re.compile(rb"eyJ[\w-]+\.eyJ")
THEIRS = ("AZURE", "ACTIONS_", "SYSTEM_", "IDENTITY_", "IMDS_", "MSI_", "M365_", "BROWSER")


class Place(NamedTuple):
    """An emulator, and the process's own environment, in which nothing of the machine's own credentials is left."""

    emulator: Emulator
    environment: pytest.MonkeyPatch

    def enter(self, kind: str, changes: Mapping[str, str | None] | None = None) -> None:
        """Put what `kind` needs into the environment, with `changes`; None takes a variable out."""
        for name, value in {**self.emulator.environment_for(kind), "NO_PROXY": "localhost", **(changes or {})}.items():
            if value is None:
                self.environment.delenv(name, raising=False)
            else:
                self.environment.setenv(name, value)

    def wanted(self, tenant: str = TENANT_ID) -> Wanted:
        return Wanted(tenant, Cloud("emulated", self.emulator.authority, self.emulator.graph), os.environ)

    def sign_in(self, kind: str) -> tuple[Bearer, Caller]:
        self.enter(kind)
        return sign_in(kind, self.wanted())


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One whose tenant was read once: pytester forgets what an inner run imports first, and half of it would be imported twice."""
    with running(write_tiny(tmp_path_factory.mktemp("tiny"))) as emulator, pytest.MonkeyPatch.context() as environment:
        bearer, _ = Place(emulator, environment).sign_in("secret")
        assert read(bearer, emulator, "domains") == [200]
        yield emulator


@pytest.fixture
def opened() -> list[str]:
    """The pages a browser was opened on."""
    return []


@pytest.fixture
def place(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, opened: list[str]) -> Iterator[Place]:
    for name in [name for name in os.environ if name.startswith(THEIRS)]:
        monkeypatch.delenv(name)
    context = ssl.create_default_context(cafile=str(emulator.ca_file))

    def open_page(url: str) -> bool:
        opened.append(url)
        threading.Thread(target=tools.follow, args=(url, context)).start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between two polls, and between two tries
    with emulator.behaving():
        yield Place(emulator, monkeypatch)


Audit = Callable[..., Run]


@pytest.fixture
def audit(place: Place, run: Callable[..., Run], tmp_path: Path) -> Audit:
    """Runs the checks with one kind of credential; whatever comes of it, no secret is in it."""

    def go(
        kind: str, *arguments: str, behaviour: Mapping[str, Any] | None = None, env: Mapping[str, str | None] | None = None, **entry: str
    ) -> Run:
        with place.emulator.behaving(**(behaviour or {})):
            place.enter(kind, env)
            done = run("--tenant=emulated", f"--tenants={tenants(place.emulator, tmp_path, kind, **entry)}", "-q", *arguments)
        assert not leaks(done.output.encode())
        assert not [file.name for file in done.folder.rglob("*") if file.is_file() and any(map(leaks, contents(file)))]
        return done

    return go


def tenants(emulator: Emulator, folder: Path, kind: str, **entry: str) -> Path:
    file = folder / "tenants.toml"
    usual = {"id": emulator.tenant_id, "cloud": "emulated", "graph": emulator.graph, "authority": emulator.authority}
    table = {**usual, "credential": kind, "break_glass_accounts": [BREAK_GLASS], **entry}
    file.write_text(tomli_w.dumps({"emulated": table}), "utf-8")
    return file


def contents(file: Path) -> Iterator[bytes]:
    yield file.read_bytes()
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from map(archive.read, archive.namelist())


def leaks(data: bytes) -> bool:
    return bool(TOKEN.search(data)) or any(secret.encode() in data for secret in SECRETS)


def told_of(done: Run) -> list[str]:
    """The lines it said, but for what asks a person to sign in."""
    return [line for line in re.sub(r"To sign in, .* code \w+\.", "", done.output).splitlines() if line.strip()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenant", [TENANT_ID, DOMAIN])
def test_each_kind_says_who_calls(place: Place, kind: str, tenant: str) -> None:
    place.enter(kind)
    with place.emulator.behaving(roles=["Policy.Read.All", "Domain.Read.All"]):
        _, caller = sign_in(kind, place.wanted(tenant))
    app, name = CALLERS[kind]
    assert caller == Caller(TENANT_ID, app, frozenset({"Policy.Read.All", "Domain.Read.All"}), name)


@pytest.mark.parametrize("kind", UNATTENDED)
def test_a_run_with_each_kind(audit: Audit, kind: str) -> None:
    done = audit(kind, "--area=exchange-online", "--area=prerequisites")
    assert done.status in FINISHED, done.output
    assert done.records["exo_mailboxaudit"].verdict == "met"
    app, name = CALLERS[kind]
    who = done.records["check_the_reader_may_read_what_the_checks_need"]
    assert who.verdict == "met"
    assert who.observed["who it is, by its token"] == (f"{name}, by application {app}" if name else f"application {app}")


# The kind, how the sign-in behaves, what changes in the environment and in tenants.toml, and what the one line says.
FAILURES: dict[str, tuple[str, dict[str, Any], dict[str, str | None], dict[str, str], tuple[str, ...]]] = {
    "wrong secret": ("secret", {"wrong_secret": True}, {}, {}, ("AADSTS7000215", "client secret value, not the client secret ID")),
    "expired secret": ("secret", {"secret_expired": True}, {}, {}, ("AADSTS7000222", "are expired", "https://aka.ms/NewClientSecret")),
    "no certificates": ("secret", {}, {"SSL_CERT_FILE": "nowhere"}, {}, ("SSL_CERT_FILE: 'nowhere' holds no certificates",)),
    "no secret": ("secret", {}, {"AZURE_CLIENT_SECRET": None}, {}, ("AZURE_CLIENT_SECRET is not set",)),
    "disabled": ("environment", {"app_disabled": True}, {}, {}, ("AADSTS7000112", "Enable the enterprise application")),
    "unknown tenant": ("secret", {}, {}, {"id": OTHER}, (OTHER, "knows no such tenant", "Check its id or domain")),
    "unknown domain": ("secret", {}, {}, {"id": "elsewhere.example"}, ("elsewhere.example", "knows no such tenant")),
    "unknown tenant, federated": ("github", {}, {}, {"id": OTHER}, ("AADSTS90002", "correct tenant ID")),
    "unknown application": ("secret", {}, {}, {"client_id": OTHER}, ("AADSTS700016", OTHER, "the wrong tenant")),
    "wrong subject": ("workload-identity", {"assertion": {"sub": "system:other"}}, {}, {}, ("AADSTS700213", "system:other", "Subject")),
    "wrong case": (
        "github",
        {"assertion": {"sub": "repo:Contoso/posture:environment:audit"}},
        {},
        {},
        ("AADSTS7002138", "case-sensitive", "repo:Contoso/"),
    ),
    "wrong issuer": ("azure-pipelines", {"assertion": {"iss": "https://other"}}, {}, {}, ("AADSTS700211", "https://other")),
    "wrong audience": ("github", {"assertion": {"aud": "api://other"}}, {}, {}, ("AADSTS700212", "api://other")),
    "old assertion": ("workload-identity", {"assertion": {"exp": 1}}, {}, {}, ("AADSTS700024", "Check the clock")),
    "no assertion": ("workload-identity", {}, {}, {"token_file": "nowhere"}, ("nowhere", "must name a file that holds the issuer's token")),
    "job without permission": ("github", {}, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"}, {}, ("id-token: write",)),
    "no job": ("github", {}, {"ACTIONS_ID_TOKEN_REQUEST_URL": None}, {}, ("ACTIONS_ID_TOKEN_REQUEST_URL is not set",)),
    "step without token": (
        "azure-pipelines",
        {},
        {"SYSTEM_ACCESSTOKEN": "another"},
        {},
        ("not authorized", "Map SYSTEM_ACCESSTOKEN"),
    ),
    "other connection": (
        "azure-pipelines",
        {},
        {},
        {"service_connection": OTHER},
        ("does not exist", "connection's id"),
    ),
    "no identity": ("managed-identity", {"machine_has_identity": False}, {}, {}, ("No User Assigned", "was given an identity")),
    "other identity": ("managed-identity", {}, {}, {"client_id": OTHER}, ("No User Assigned", "client_id")),
    "no machine": (
        "managed-identity",
        {},
        {"IDENTITY_ENDPOINT": None, "AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"},
        {},
        ("no response from the IMDS endpoint", "choose another credential"),
    ),
    "az not logged in": ("azure-cli", {"logged_in": False}, {}, {}, ("az login", TENANT_ID)),
    "az missing": ("azure-cli", {}, {"PATH": "nowhere"}, {}, ("not found on path", "needs Azure CLI")),
    "az elsewhere": ("azure-cli", {}, {}, {"id": OTHER}, ("AADSTS90002", OTHER)),
    "pwsh not logged in": ("azure-powershell", {"logged_in": False}, {}, {}, (f"Connect-AzAccount -Tenant {TENANT_ID}",)),
    "pwsh missing": ("azure-powershell", {}, {"PATH": "nowhere"}, {}, ("PowerShell is not installed", "needs PowerShell 7")),
    "azd not logged in": ("azure-developer-cli", {"logged_in": False}, {}, {}, ("azd auth login",)),
    "another tenant's": (
        "azure-cli",
        {"token_tenant": OTHER},
        {},
        {},
        (f"{OTHER}, not to {TENANT_ID}", "nothing was read"),
    ),
    "another's secret": ("secret", {"token_tenant": OTHER}, {}, {}, (f"belongs to tenant {OTHER}, not to {TENANT_ID}",)),
    "declined code": ("device-code", {"person": "declines"}, {}, {}, ("AADSTS65004", "accept")),
    "code too late": ("device-code", {"person": "late"}, {}, {}, ("AADSTS70020", "in time")),
    "code blocked": ("device-code", {"blocked": True}, {}, {}, ("AADSTS53003", "Conditional Access", "use a credential that it allows")),
    "no public client": ("device-code", {"public_client": False}, {}, {}, ("AADSTS7000218", "Allow public client flows")),
    "declined page": ("browser", {"person": "declines"}, {}, {}, ("AADSTS65004", "accept")),
    "page blocked": ("browser", {"blocked": True}, {}, {}, ("AADSTS53003",)),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_says_what_is_wrong_and_what_to_do(place: Place, failure: str) -> None:
    kind, behaviour, env, entry, said = FAILURES[failure]
    changes = {"tenant" if key == "id" else key: value for key, value in entry.items()}
    with place.emulator.behaving(**behaviour):
        place.enter(kind, env)
        wanted = msgspec.structs.replace(place.wanted(), **changes)
        with pytest.raises(CredentialError) as raised:
            sign_in(kind, wanted)
    line = str(raised.value)
    assert all(part in line for part in said), line
    assert len(line.splitlines()) == 1
    assert not leaks(line.encode())


@pytest.mark.parametrize(
    "failure", ["wrong secret", "no certificates", "unknown domain", "az not logged in", "another tenant's", "declined code"]
)
def test_a_run_that_cannot_sign_in_is_one_line(audit: Audit, place: Place, failure: str) -> None:
    kind, behaviour, env, entry, said = FAILURES[failure]
    done = audit(kind, "--area=exchange-online", behaviour=behaviour, env=env, **entry)
    assert done.status == USAGE_ERROR, done.output
    (line,) = told_of(done)
    assert all(part in line for part in said), line
    assert not place.emulator.reads
    assert not done.folder.exists()


@pytest.mark.parametrize(
    ("password", "given", "said"),
    [
        (None, None, "AADSTS700027"),
        (None, "of-nothing-at-all", "not encrypted"),
        ("right-password", None, "not given"),
        ("right-password", "wrong-password", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    ],
)
def test_a_certificate_that_is_none_of_the_applications(
    audit: Audit, tmp_path: Path, password: str | None, given: str | None, said: str
) -> None:
    (tmp_path / "other.pem").write_bytes(Key().pem(password))
    done = audit("certificate", env={"AZURE_CLIENT_CERTIFICATE_PASSWORD": given}, certificate="other.pem")
    assert done.status == USAGE_ERROR, done.output
    (line,) = told_of(done)
    assert said in line
    assert "-password" not in line


@pytest.mark.parametrize("kind", ["workload-identity", "azure-cli"])
def test_the_most_talkative_run_tells_no_secret(audit: Audit, tmp_path: Path, kind: str) -> None:
    log = tmp_path / "log"
    loud = ("-vv", "-l", "--full-trace", "--tb=long", "-rA", f"--log-file={log}", "--log-file-level=DEBUG", "--log-level=DEBUG")
    done = audit(kind, "--area=prerequisites", *loud)
    assert done.status in FINISHED, done.output
    assert b"HTTP Request: GET" in log.read_bytes()
    assert not [line for line in log.read_bytes().splitlines() if leaks(line)]


def test_a_defect_of_ours_tells_no_secret_either(audit: Audit, place: Place) -> None:
    def broken(wanted: Wanted) -> None:
        raise LookupError(f"broken for {wanted.tenant}")

    place.environment.setitem(KINDS, "secret", broken)
    done = audit("secret", "-l", "--full-trace", "--tb=long")
    assert "broken for" in done.output
    assert done.status not in FINISHED


class Malformed(NamedTuple):
    """A tool's answer that azure-identity cannot read, and repeats."""

    kind: str
    command: str
    answer: str


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell")
@pytest.mark.parametrize(
    "malformed",
    [
        Malformed("azure-cli", "az", '{"accessToken":"TOKEN"}'),
        Malformed("azure-powershell", "pwsh", "TOKEN"),
        Malformed("azure-developer-cli", "azd", '{"token":"TOKEN"}'),
    ],
    ids=lambda malformed: malformed.kind,
)
def test_what_a_tool_says_wrongly_is_told_without_the_token(audit: Audit, tmp_path: Path, malformed: Malformed) -> None:
    token = jwt.encode({"aud": "somebody"}, "a key of nobody's, and long enough", "HS256")
    file = tmp_path / malformed.command
    file.write_text(f"#!/bin/sh\necho '{malformed.answer.replace('TOKEN', token)}'\n", "utf-8")
    file.chmod(0o700)
    done = audit(malformed.kind, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.status == USAGE_ERROR
    (line,) = told_of(done)
    assert "nexpected output from" in line
    assert "…" in line
    assert "eyJ" not in line


@given(st.lists(st.sampled_from(["eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln", "the-one~secret", "AADSTS1: ", "ERROR: ", "{tenant}"]) | st.text()))
def test_whatever_goes_wrong_is_one_line_without_secrets(said: list[str]) -> None:
    error, env = ClientAuthenticationError("\n".join(said)), {"AZURE_CLIENT_SECRET": "the-one~secret"}
    for kind in KINDS:
        line = told(kind, TENANT_ID, "https://localhost", error, env)
        assert one_line(line).startswith(f"no token for tenant {TENANT_ID}: ")
        assert len(line.splitlines()) == 1
        assert "the-one~secret" not in line
        assert "eyJ" not in line


def test_an_environment_is_not_shown(place: Place) -> None:
    place.enter("secret")
    assert CLIENT_SECRET not in repr(place.wanted())


def token_of(request: RequestInformation) -> str:
    (sent,) = request.headers.get("Authorization")
    return str(sent).removeprefix("Bearer ")


def asked_for(emulator: Emulator, path: str = f"/{TENANT_ID}/oauth2/v2.0/token") -> int:
    return len([seen for seen in emulator.requests if seen.path == path])


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_kept_until_it_is_refused(place: Place, kind: str) -> None:
    bearer, _ = place.sign_in(kind)

    async def three() -> list[str]:
        request, found = RequestInformation(), []
        request.url = f"{place.emulator.graph}/v1.0/domains"
        for refused in (False, False, True):
            if refused:
                await bearer.renew(request)
            await bearer.authenticate_request(request)
            found.append(token_of(request))
        return found

    first, second, third = asyncio.run(three())
    assert first == second
    assert third != first, "a cache of azure-identity, or of msal, answered"


def read(bearer: Bearer, emulator: Emulator, *paths: str) -> list[Any]:
    """The status of each path, or the failure, when all are read at once."""

    async def go() -> list[Any]:
        client = GraphClient(Cloud("emulated", emulator.authority, emulator.graph), bearer)
        try:
            answers = (client.get(f"{emulator.graph}/v1.0/{path}", path) for path in paths)
            found = await asyncio.gather(*answers, return_exceptions=True)
            return [one if isinstance(one, BaseException) else one.status for one in found]
        finally:
            await client.aclose()

    return asyncio.run(go())


PATHS = ("domains", "organization", "users", "policies/authorizationPolicy", "subscribedSkus")


@pytest.mark.parametrize("kind", ["secret", "github", "device-code", "azure-cli"])
def test_requests_that_are_challenged_together_share_one_new_token(place: Place, kind: str) -> None:
    bearer, _ = place.sign_in(kind)
    place.emulator.revoke()
    place.emulator.requests.clear()
    assert read(bearer, place.emulator, *PATHS) == [200] * 5
    assert asked_for(place.emulator, "/login/az" if kind == "azure-cli" else f"/{TENANT_ID}/oauth2/v2.0/token") == 1
    statuses = [seen.status for seen in place.emulator.reads]
    assert statuses.count(200) == 5
    assert 1 <= statuses.count(401) <= 5


@pytest.mark.parametrize("kind", ["browser", "device-code"])
def test_a_person_is_not_asked_again_in_the_middle_of_a_run(
    place: Place, opened: list[str], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    bearer, _ = place.sign_in(kind)
    asked = (len(opened), capsys.readouterr().out.count("To sign in"))
    with place.emulator.behaving(blocked=True):
        place.emulator.revoke()
        (failure,) = read(bearer, place.emulator, "domains")
    assert isinstance(failure, Unreadable)
    assert failure.cause is Cause.PERMISSION
    assert asked == ((1, 0) if kind == "browser" else (0, 1))
    assert (len(opened), capsys.readouterr().out) == (asked[0], "")


def test_a_github_that_is_gone_in_the_middle_of_a_run(place: Place) -> None:
    bearer, _ = place.sign_in("github")
    place.emulator.revoke()

    def unreachable(*_: object, **__: object) -> None:
        raise httpx.ConnectError("gone")

    place.environment.setattr("fixtures.graph.credentials.httpx.get", unreachable)
    (failure,) = read(bearer, place.emulator, "domains")
    assert isinstance(failure, Unreadable)
    assert "No token for /v1.0/domains" in failure.reason


@pytest.mark.parametrize("error", [FileNotFoundError("the token's file"), ValueError("no JSON")])
def test_a_token_that_cannot_be_renewed_is_azure_identitys_own_error(error: Exception) -> None:
    class Broken:
        def get_token(self, *_: str, **__: object) -> AccessToken:
            raise error

    source = TokenSource(Broken(), Cloud("emulated", "https://localhost", "https://localhost"), AccessToken("first", 0))
    with pytest.raises(ClientAuthenticationError, match=type(error).__name__):
        asyncio.run(source.get_authorization_token("https://localhost/v1.0/users"))


@pytest.mark.parametrize("challenge", ["", "x", "bm90IGpzb24=", "W10=", "eyJhIjoxfQ"])
def test_a_challenge_that_is_none_still_brings_another_token(place: Place, challenge: str) -> None:
    bearer, _ = place.sign_in("secret")

    async def go() -> tuple[str, str]:
        request = RequestInformation()
        request.url = f"{place.emulator.graph}/v1.0/domains"
        await bearer.authenticate_request(request)
        first = token_of(request)
        await bearer.authenticate_request(request, {"claims": challenge})
        return first, token_of(request)

    first, second = asyncio.run(go())
    assert (first == second) is (challenge == "")


@pytest.mark.parametrize("kind", ["browser", "device-code"])
@pytest.mark.skipif(os.name == "nt", reason="BROWSER is a command of the shell")
def test_a_person_signs_in_to_a_process(emulator: Emulator, tmp_path: Path, kind: str) -> None:
    """The browser is the one that BROWSER names; the code is told through a pipe, at once, and typed on the page."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((*THEIRS, "PYTEST_", "PYTHON", "CI"))}
    line = [sys.executable, "-m", "pytest", "--preflight", "--tenant=emulated", f"--tenants={tenants(emulator, tmp_path, kind)}", "-q"]
    with emulator.behaving(person="away" if kind == "device-code" else "at home"):
        environment = {**inherited, **emulator.environment_for(kind), "NO_PROXY": "localhost"}
        process = subprocess.Popen([*line, "-p", "no:cacheprovider"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        late = threading.Timer(30, process.kill)
        late.start()
        try:
            assert process.stdout
            if kind == "device-code":
                prompt = process.stdout.readline()
                assert prompt, "nothing was told in time"
                page, code = re.findall(r"https://\S+|[0-9A-F]{8}(?=\.)", prompt)
                context = ssl.create_default_context(cafile=str(emulator.ca_file))
                assert httpx.post(page, data={"otc": code}, verify=context, trust_env=False).status_code == 200
            output, _ = process.communicate()
        finally:
            late.cancel()
            process.kill()
    assert process.returncode == 0, output
    assert f"{PERSON} {CLIENT_ID}" in output
    assert not leaks(output.encode())


def test_only_what_was_asked_for_is_chosen(place: Place) -> None:
    place.enter("secret", {"AZURE_CLIENT_SECRET": None})
    with pytest.raises(CredentialError, match="no credentials"):
        sign_in("environment", place.wanted())
    assert not place.emulator.requests


def test_every_kind_is_described() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    assert set(CALLERS) == set(KINDS)
    assert not [kind for kind in KINDS if f"`{kind}`" not in text]
