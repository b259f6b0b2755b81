"""The emulated sign-in on the wire: what its tokens say, whom it gives them to, and what it says to everybody else."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import CLIENT_ID, CLIENT_SECRET, Behaviour, Emulator
from .clients import client_of
from .directory import PERSON, Caller, Directory
from .keys import Key, encoded
from .tiny import DOMAIN, TENANT_ID
from .tokens import Tokens

ANOTHER = "11111111-1111-4111-8111-111111111111"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
CAPABLE = '{"access_token": {"xms_cc": {"values": ["CP1"]}}}'
LISTENS = "http://localhost:8400"
VERIFIER = "a" * 43


@pytest.fixture
def client(emulator: Emulator) -> Iterator[httpx.Client]:
    with client_of(emulator) as client:
        yield client


def ask(client: httpx.Client, grant_type: str, endpoint: str = "token", **form: str) -> httpx.Response:
    usual = {"client_id": CLIENT_ID, "scope": f"{client.base_url}/.default".replace("//.", "/.")}
    return client.post(f"/{TENANT_ID}/oauth2/v2.0/{endpoint}", data={"grant_type": grant_type, **usual, **form})


def code_of(answer: httpx.Response) -> int:
    """Entra's number, which its sentence begins with, too."""
    (code,) = answer.json()["error_codes"]
    assert answer.json()["error_description"].startswith(f"AADSTS{code}: ")
    assert answer.status_code in {400, 401}
    return int(code)


def secret_token(client: httpx.Client, **form: str) -> str:
    token: str = ask(client, "client_credentials", client_secret=CLIENT_SECRET, **form).json()["access_token"]
    return token


def test_a_token_is_verified_with_the_published_key(client: httpx.Client, emulator: Emulator) -> None:
    token = secret_token(client, claims=CAPABLE)
    (key,) = client.get(client.get(f"/{DOMAIN}/v2.0/.well-known/openid-configuration").json()["jwks_uri"]).json()["keys"]
    assert key["kid"] == jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(token, jwt.PyJWK(key), ["RS256"], audience=emulator.graph, issuer=f"https://sts.windows.net/{TENANT_ID}/")
    assert claims["exp"] - claims["iat"] == 3599
    assert {name: claims[name] for name in ("appid", "appidacr", "idtyp", "tid", "ver", "xms_cc")} == {
        "appid": CLIENT_ID,
        "appidacr": "1",
        "idtyp": "app",
        "tid": TENANT_ID,
        "ver": "1.0",
        "xms_cc": ["CP1"],
    }
    assert "Policy.Read.All" in claims["roles"]
    assert not {"scp", "upn"} & set(claims)


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(Directory("https://localhost:1", TENANT_ID, [DOMAIN], Behaviour(roles=["A.Read", "B.Read"])))


@pytest.mark.parametrize("person", [False, True])
def test_permissions_are_those_of_an_application_or_of_a_person(tokens: Tokens, person: bool) -> None:
    token = tokens.issue(Caller(is_person=person))
    assert tokens.refusal(token) is None
    assert tokens.permissions(token) == {"A.Read", "B.Read"}


def test_why_a_token_is_refused() -> None:
    directory = Directory("https://localhost:1", TENANT_ID, [DOMAIN], Behaviour())
    tokens = Tokens(directory)
    good = tokens.issue(Caller())
    claims = directory.key.verify(good)
    unsigned = jwt.encode(claims, None, "none")  # type: ignore[arg-type]
    refused = {
        "CompactToken parsing failed": ["", "opaque", "a.b", "a.b.c", unsigned],
        "Invalid signature": [Key().sign(claims), good[: good.rindex(".") + 1] + "AAAA"],
        "the token is expired": [directory.key.sign({**claims, "exp": int(time.time())})],
        "Invalid audience": [directory.key.sign({**claims, "aud": "https://graph.microsoft.com"}), tokens.id_token(CLIENT_ID, "")],
        "TokenIssuedBeforeRevocationTimestamp": [directory.key.sign({**claims, "uti": "of another"})],
    }
    for said, bad in refused.items():
        assert [said in (tokens.refusal(token) or "") for token in bad] == [True] * len(bad), said
    assert tokens.refusal(good) is None
    tokens.revoke()
    assert "TokenIssuedBeforeRevocationTimestamp" in (tokens.refusal(good) or "")
    assert tokens.refusal(tokens.issue(Caller())) is None


@given(st.text() | st.binary().map(encoded) | st.lists(st.binary().map(encoded), min_size=3, max_size=3).map(".".join))
def test_whatever_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    assert tokens.refusal(text)
    assert "claims=" not in tokens.challenge(text)


@given(st.data())
def test_a_token_that_was_changed_is_refused(tokens: Tokens, data: st.DataObject) -> None:
    token = tokens.issue(Caller())
    at = data.draw(st.integers(0, token.rindex(".") - 1))
    letter = data.draw(st.sampled_from("ABCXYZabcxyz019-_.").filter(lambda letter: letter != token[at]))
    assert tokens.refusal(f"{token[:at]}{letter}{token[at + 1 :]}")


@pytest.mark.parametrize("capable", [True, False])
def test_a_revoked_token_is_challenged_where_the_client_knows_what_to_do(client: httpx.Client, emulator: Emulator, capable: bool) -> None:
    form = {"claims": CAPABLE} if capable else {}
    client.headers["authorization"] = f"Bearer {secret_token(client, **form)}"
    assert client.get("/v1.0/domains").status_code == 200
    emulator.revoke()
    answer = client.get("/v1.0/domains")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    challenge = answer.headers["www-authenticate"]
    claims = re.search(r'error="insufficient_claims", claims="([^"]+)"', challenge)
    assert bool(claims) is capable
    assert f'authorization_uri="{emulator.authority}/common/oauth2/authorize"' in challenge
    if claims:
        wanted = json.loads(base64.b64decode(claims[1]))["access_token"]["nbf"]
        assert wanted["essential"]
        assert abs(int(wanted["value"]) - time.time()) < 10
        client.headers["authorization"] = f"Bearer {secret_token(client, claims=json.dumps({'access_token': {'nbf': wanted}}))}"
        assert client.get("/v1.0/domains").status_code == 200


def test_a_token_ends_when_it_says(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(token_lifetime=0):
        client.headers["authorization"] = f"Bearer {secret_token(client)}"
        answer = client.get("/v1.0/domains")
    assert answer.json()["error"]["message"] == "Lifetime validation failed, the token is expired."


@pytest.mark.parametrize(
    ("behaviour", "form", "code"),
    [
        ({"secret_expired": True}, {}, 7000222),
        ({"wrong_secret": True}, {}, 7000215),
        ({"app_disabled": True}, {}, 7000112),
        ({}, {"client_id": ANOTHER}, 700016),
        ({}, {"scope": "https://vault.azure.net/.default"}, 500011),
        ({}, {"scope": "openid"}, 500011),
        ({}, {"grant_type": "password"}, 70003),
        ({}, {"client_secret": ""}, 7000216),
        ({}, {"client_assertion_type": ASSERTION}, 50027),
    ],
)
def test_an_application_is_refused_as_entra_does(
    client: httpx.Client, emulator: Emulator, behaviour: Mapping[str, bool], form: Mapping[str, str], code: int
) -> None:
    usual = {"grant_type": "client_credentials", "client_secret": CLIENT_SECRET}
    with emulator.behaving(**behaviour):
        assert code_of(ask(client, **{**usual, **form})) == code


def assertion_of(kind: str, emulator: Emulator, **claims: object) -> str:
    with emulator.behaving(assertion=claims):
        return Path(emulator.environment_for(kind)["AZURE_FEDERATED_TOKEN_FILE"]).read_text("utf-8")


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://oidc.cluster.contoso.com"}, 700211),
        ({"sub": "system:serviceaccount:posture:writer"}, 700213),
        ({"sub": "system:serviceaccount:Posture:reader"}, 7002138),
        ({"aud": "api://another"}, 700212),
        ({"exp": 1}, 700024),
        ({"exp": "soon"}, 50027),
    ],
)
def test_a_federation_holds_for_one_issuer_subject_and_audience(
    client: httpx.Client, emulator: Emulator, claims: Mapping[str, object], code: int
) -> None:
    told = ask(
        client,
        "client_credentials",
        client_assertion_type=ASSERTION,
        client_assertion=assertion_of("workload-identity", emulator, **claims),
    )
    assert code_of(told) == code


def test_a_federation_is_not_signed_by_just_anybody(client: httpx.Client, emulator: Emulator) -> None:
    claims = jwt.decode(assertion_of("workload-identity", emulator), options={"verify_signature": False})
    form = {"client_assertion_type": ASSERTION}
    assert code_of(ask(client, "client_credentials", client_assertion=Key().sign(claims), **form)) == 50013


@pytest.mark.parametrize("header", ["x5t", "x5t#S256"])
@pytest.mark.parametrize(
    ("changes", "registered", "code"),
    [
        ({}, True, None),
        ({}, False, 700027),
        ({"aud": "https://elsewhere"}, True, 700023),
        ({"iss": ANOTHER}, True, 700021),
        ({"exp": 1}, True, 700024),
    ],
)
def test_a_certificate_is_the_registered_one(
    client: httpx.Client, emulator: Emulator, header: str, changes: Mapping[str, object], registered: bool, code: int | None
) -> None:
    pem = Path(emulator.environment_for("certificate")["AZURE_CLIENT_CERTIFICATE_PATH"]).read_bytes() if registered else Key().pem()
    now = int(time.time())
    token_endpoint = f"{emulator.authority}/{TENANT_ID}/oauth2/v2.0/token"
    claims = {"aud": token_endpoint, "iss": CLIENT_ID, "sub": CLIENT_ID, "iat": now, "nbf": now, "exp": now + 60, **changes}
    thumbprint = thumbprint_of(pem, header)
    assertion = jwt.encode(claims, pem, "PS256" if header == "x5t#S256" else "RS256", headers={header: thumbprint})
    told = ask(client, "client_credentials", client_assertion_type=ASSERTION, client_assertion=assertion)
    assert (code_of(told) if told.is_error else None) == code
    if not code:
        assert jwt.decode(told.json()["access_token"], options={"verify_signature": False})["appidacr"] == "2"
    else:
        forged = jwt.encode(claims, Key().pem(), "RS256", headers={header: thumbprint})
        assert ask(client, "client_credentials", client_assertion_type=ASSERTION, client_assertion=forged).is_error


def thumbprint_of(pem: bytes, header: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    algorithm = hashes.SHA256() if header == "x5t#S256" else hashes.SHA1()
    return encoded(x509.load_pem_x509_certificate(pem).fingerprint(algorithm))


def test_a_known_thumbprint_is_no_proof(client: httpx.Client, emulator: Emulator) -> None:
    pem = Path(emulator.environment_for("certificate")["AZURE_CLIENT_CERTIFICATE_PATH"]).read_bytes()
    claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "iat": time.time(), "exp": time.time() + 60}
    forged = jwt.encode(claims, Key().pem(), "RS256", headers={"x5t": thumbprint_of(pem, "x5t")})
    told = ask(client, "client_credentials", client_assertion_type=ASSERTION, client_assertion=forged)
    assert code_of(told) == 700027
    assert "to verify the signature failed" in told.json()["error_description"]


def begin_device(client: httpx.Client) -> dict[str, str]:
    told: dict[str, str] = ask(client, "", "devicecode").json()
    assert told["user_code"] in told["message"]
    return told


def test_a_device_waits_until_the_person_has_signed_in(client: httpx.Client) -> None:
    device = begin_device(client)["device_code"]
    assert code_of(ask(client, DEVICE, device_code=device)) == 70016
    told = ask(client, DEVICE, device_code=device).json()
    claims = jwt.decode(told["access_token"], options={"verify_signature": False})
    assert (claims["idtyp"], claims["upn"], claims["oid"], claims["appidacr"]) == ("user", f"reader@{DOMAIN}", PERSON, "0")
    assert "Policy.Read.All" in claims["scp"].split()
    assert "roles" not in claims
    assert code_of(ask(client, DEVICE, device_code=device)) == 70000, "a code is good for one sign-in"


def test_a_person_may_take_as_long_as_the_page(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(person="away"):
        told = begin_device(client)
        assert [code_of(ask(client, DEVICE, device_code=told["device_code"])) for _ in range(3)] == [70016] * 3
        assert "name=otc" in client.get(told["verification_uri"]).text
        assert client.post(told["verification_uri"], data={"otc": "another"}).status_code == 400
        assert client.post(told["verification_uri"], data={"otc": told["user_code"].lower()}).status_code == 200
        assert ask(client, DEVICE, device_code=told["device_code"]).status_code == 200


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [({"person": "declines"}, 65004), ({"person": "late"}, 70020), ({"blocked": True}, 53003), ({"public_client": False}, 7000218)],
)
def test_a_device_is_refused(client: httpx.Client, emulator: Emulator, behaviour: Mapping[str, object], code: int) -> None:
    device = begin_device(client)["device_code"]
    ask(client, DEVICE, device_code=device)
    with emulator.behaving(**behaviour):
        assert code_of(ask(client, DEVICE, device_code=device)) == code


def authorize(client: httpx.Client, **changes: str) -> httpx.Response:
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": LISTENS,
        "scope": f"{client.base_url}/.default offline_access openid profile".replace("//.", "/."),
        "state": "it",
        "nonce": "once",
        "code_challenge": encoded(sha256(VERIFIER.encode()).digest()),
        "code_challenge_method": "S256",
    }
    return client.get(f"/{TENANT_ID}/oauth2/v2.0/authorize", params=query | changes)


def redirected(answer: httpx.Response) -> dict[str, list[str]]:
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{LISTENS}?")
    return parse_qs(urlsplit(answer.headers["location"]).query)


def test_a_browser_brings_a_code_and_the_code_a_token(client: httpx.Client) -> None:
    told = redirected(authorize(client))
    assert told["state"] == ["it"]
    form = {"code": told["code"][0], "redirect_uri": LISTENS, "code_verifier": VERIFIER}
    assert code_of(ask(client, "authorization_code", **{**form, "code_verifier": "b" * 43})) == 501481
    assert code_of(ask(client, "authorization_code", **{**form, "redirect_uri": f"{LISTENS}/"})) == 70000
    answer = ask(client, "authorization_code", **form).json()
    identity = jwt.decode(answer["id_token"], options={"verify_signature": False})
    assert (identity["nonce"], identity["aud"], identity["preferred_username"]) == ("once", CLIENT_ID, f"reader@{DOMAIN}")
    assert json.loads(base64.urlsafe_b64decode(answer["client_info"] + "==")) == {"uid": PERSON, "utid": TENANT_ID}
    assert code_of(ask(client, "authorization_code", **form)) == 54005
    again = ask(client, "refresh_token", refresh_token=answer["refresh_token"])
    assert again.json()["access_token"] != answer["access_token"]
    assert code_of(ask(client, "refresh_token", refresh_token="another")) == 70000


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_id": ANOTHER}, 700016),
        ({"redirect_uri": "https://elsewhere"}, 50011),
        ({"redirect_uri": "http://localhost.evil.example:8400"}, 50011),
        ({"code_challenge_method": "plain"}, 70000),
        ({"scope": "https://elsewhere/.default"}, 500011),
    ],
)
def test_a_page_that_is_asked_for_wrongly_redirects_nowhere(client: httpx.Client, changes: Mapping[str, str], code: int) -> None:
    answer = authorize(client, **changes)
    assert answer.status_code == 400
    assert f"AADSTS{code}: " in answer.text
    assert "location" not in answer.headers


def test_a_person_may_decline(client: httpx.Client, emulator: Emulator) -> None:
    with emulator.behaving(person="declines"):
        told = redirected(authorize(client))
        page = authorize(client, response_mode="form_post").text
    assert told["error"] == ["access_denied"]
    assert "code" not in told
    assert f'action="{LISTENS}"' in page
    assert 'value="access_denied"' in page
