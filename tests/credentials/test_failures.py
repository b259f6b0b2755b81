"""A sign-in that fails says in one line what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from fixtures.graph.credentials import CredentialError, sign_in
from tests.emulator.keys import Key
from tests.emulator.tiny import TENANT_ID

from .place import (
    OTHER,
    USAGE_ERROR,
    Audit,
    Place,
    leaks,
    told_of,
)

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
