"""What redaction makes of a response, a name, an address and a text: whatever is the tenant's own is gone, and the rest is as it was."""

from __future__ import annotations

import base64
import importlib
import ipaddress
import json
import pkgutil
import re
import tomllib
from typing import Any
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fixtures.resources
from fixtures.demo.builder import build_demo
from fixtures.graph.failure import failure_of
from fixtures.graph.names import file_name
from fixtures.graph.redaction import Redactor
from fixtures.graph.redaction_vocabulary import ANNOTATIONS, KEYS
from tests.harness import NOW
from tests.redacting import GUID, KEY, MARK, PLACES, REDACTOR, assert_absent, forms, redact_file, strings


@pytest.mark.parametrize("place", PLACES)
def test_no_disguise_brings_a_text_through(place: str) -> None:
    """What a decoded marker becomes is nobody's text; what stands in it encoded is gone with it."""
    for position, form in enumerate(forms(MARK)):
        plain = json.dumps(PLACES[place]).replace("TEXT", json.dumps(form)[1:-1])
        bodies = {"plain": plain.encode(), "escaped": re.sub(MARK, "".join(f"\\\\u{ord(c):04x}" for c in MARK), plain).encode()}
        bodies["cut"] = bodies["plain"][: len(bodies["plain"]) * 2 // 3]
        for how, body in bodies.items():
            assert_absent(
                {MARK, MARK[:7], base64.b64encode(MARK.encode()).decode()[:10]}, {f"{position} {how}": REDACTOR.body(place, body)}
            )


@pytest.mark.parametrize(
    "body",
    [
        f'{{"displayName": "first {MARK}", "displayName": "last"}}',
        f'{{"value": [], "value": "{MARK}"}}',
        f'"{MARK}"',
        f'[["{MARK}"]]',
        f'{{"{MARK}": 1, "{MARK.upper()}": 2}}',
        f"<html><title>{MARK}</title>",
        f'{{"value": ["{MARK}", {MARK}]}}',
        f'{{"value": ["{MARK}"]}} {MARK}',
        f'{{"{MARK}": "\\x{MARK}", "a": "{MARK}\udcff"}}',
        MARK,
        f"\ufeff{{'{MARK}'}}",
    ],
)
def test_no_trick_of_the_format_brings_a_text_through(body: str) -> None:
    data = body.encode("utf-8", "surrogateescape")
    for encoded in (data, body.encode("utf-16", "surrogatepass"), b"\x1f\x8b" + data):
        assert_absent({MARK}, {"body": REDACTOR.body("v1.0/users.json", encoded).replace(b"\x00", b"")})


@pytest.mark.parametrize(
    ("name", "redacted"),
    [
        ("v1.0/users.json", "v1.0/users.json"),
        ("v1.0/users@declared_accounts.page2.404.json", "v1.0/users@declared_accounts.page2.404.json"),
        (f"v1.0/groups/{GUID}{'c' * 12}/transitiveMembers.page12.json", "v1.0/groups/*/transitiveMembers.page12.json"),
        (file_name(f"v1.0/users/{MARK}@{MARK}.com"), "v1.0/users/*.json"),
        (f"v1.0/users/{MARK}@contoso.json", "v1.0/users/*.json"),
        (file_name(f"v1.0/users/{MARK}/{'x' * 300}"), "*.json"),
        (file_name(f"v1.0/groups(name='{MARK}')/members", status=403), "v1.0/groups(*)/members.403.json"),
        ("snapshot.json", "snapshot.json"),
        ("tenant.toml", "tenant.toml"),
    ],
)
def test_a_file_keeps_its_place_and_loses_its_names(name: str, redacted: str) -> None:
    found = REDACTOR.name(name)
    assert re.fullmatch(re.escape(redacted).replace(r"\*", ".+"), found)
    assert_absent({MARK, GUID}, {found: b""})
    assert Redactor(KEY).name(name) == found


@pytest.mark.parametrize(
    ("url", "redacted"),
    [
        ("https://graph.microsoft.com/v1.0/users?$select=id,displayName&$top=999", None),
        ("https://localhost:8443/v1.0/organization", None),
        ("https://graph.microsoft.us/v1.0/reports/authenticationMethods/userRegistrationDetails", None),
        (f"https://graph.microsoft.com/v1.0/users?$skiptoken={MARK}", "https://graph.microsoft.com/v1.0/users?$skiptoken=*"),
        (f"https://{MARK}.example/v1.0/users", "https://*.example/v1.0/users"),
        (f"https://graph.microsoft.com@{MARK}.example/v1.0/users", "https://*@*.example/v1.0/users"),
        (f"https://{MARK}:{MARK}@graph.microsoft.com/v1.0", "https://*@graph.microsoft.com/v1.0"),
        (f"https://[{MARK}", "https://["),
        (f"ftp://graph.microsoft.com/{MARK}", "*://graph.microsoft.com/*"),
        (MARK, "*"),
    ],
)
def test_an_address_keeps_its_host_where_it_is_microsofts(url: str, redacted: str | None) -> None:
    found = REDACTOR.url(url)
    assert re.fullmatch(re.escape(redacted or url).replace(r"\*", "[^@/]+"), found)
    assert_absent({MARK}, {"url": found.encode()})


def test_the_same_value_is_the_same_everywhere() -> None:
    user, name, account = f"{GUID}{'d' * 12}", f"{MARK} Ltd", f"{MARK}.o'x@{MARK}.com"
    body = msgspec.json.decode(REDACTOR.body("v1.0/users.json", msgspec.json.encode([user.upper(), name, account, f"{MARK}.com".upper()])))
    new_user, new_name, new_account, new_domain = body
    assert REDACTOR.name(f"v1.0/groups/{user}/members.json") == f"v1.0/groups/{new_user}/members.json"
    assert REDACTOR.text(name.upper()) == new_name
    assert new_account.endswith(f"@{new_domain}")
    literal = account.replace("'", "''")
    url = unquote(
        REDACTOR.url(f"https://graph.microsoft.com/v1.0/users?$filter=userPrincipalName in ('{quote(literal)}') or id eq '{user}'")
    )
    assert f"'{new_account}'" in url
    assert f"'{new_user}'" in url
    toml = f'name = "{name}"\nbreak_glass_accounts = ["{account}", "{user}"]  # {MARK}\nsync_accounts = []\n'
    assert tomllib.loads(REDACTOR.toml(toml.encode()).decode()) == {
        "name": new_name, "break_glass_accounts": [new_account, new_user], "sync_accounts": []
    }  # fmt: skip
    guest = REDACTOR.text(f"{MARK}_gmail.com#EXT#@contoso.onmicrosoft.com")
    assert re.fullmatch(r"user-\w+#EXT#@tenant-\w+\.onmicrosoft\.com", guest)
    assert guest.partition("@")[2] == REDACTOR.text("Contoso.OnMicrosoft.com")


NETWORKS = st.builds(
    lambda address, length: ipaddress.ip_interface((address, length * address.max_prefixlen // 32)), st.ip_addresses(), st.integers(0, 32)
)


@settings(max_examples=100)
@given(NETWORKS, NETWORKS)
def test_networks_lie_in_one_another_as_before(one: Any, other: Any) -> None:
    """Whether a policy's locations leave a gap is computed from them."""
    below = next(one.network.subnets()) if one.network.prefixlen < one.max_prefixlen else one.network
    for first, second in ((one, other), (one, ipaddress.ip_interface(below))):
        texts = REDACTOR.text(str(first)), REDACTOR.text(str(second))
        moved = [ipaddress.ip_interface(text) for text in texts]
        assert [address.network.prefixlen for address in moved] == [first.network.prefixlen, second.network.prefixlen]
        assert moved[0].network.overlaps(moved[1].network) == first.network.overlaps(second.network)
        assert (moved[0].network == moved[1].network) == (first.network == second.network)
        assert (moved[0].ip == moved[0].network.network_address) >= (first.ip == first.network.network_address)
    assert ipaddress.ip_address(REDACTOR.text(str(one.ip))).version == one.version


EXCEPTIONS = f"""
# {MARK}
[[exception]]
action = "AdminMFAV2"
state = "risk-accepted"
reason = "{MARK} said so"
owner = "{MARK}"
expires = 2027-01-01
tenant = "{MARK}.com"
observed = {{ "restriction" = "allowList", "points" = "5 of 8", "reviewers" = 3, "not enabled" = ["{MARK}@{MARK}.com"], \
"validity in days" = ["{MARK}.com: never expires"], "Microsoft says" = "3 of 7 {MARK}", "labels" = ["mfa", "allowList"] }}
"""


def test_an_exception_keeps_what_it_was_granted_for() -> None:
    redacted = REDACTOR.toml(EXCEPTIONS.encode())
    assert_absent({MARK}, {"toml": redacted})
    entry = tomllib.loads(redacted.decode())["exception"][0]
    plain = tomllib.loads(EXCEPTIONS)["exception"][0]
    assert list(entry) == list(plain)
    assert {key: entry[key] for key in ("action", "state", "expires")} == {key: plain[key] for key in ("action", "state", "expires")}
    assert list(entry["observed"]) == list(plain["observed"])
    assert {key: entry["observed"][key] for key in ("restriction", "points", "reviewers")} == {
        "restriction": "allowList",
        "points": "5 of 8",
        "reviewers": 3,
    }
    assert entry["observed"]["validity in days"] == [f"{REDACTOR.text(f'{MARK}.com')}: never expires"]
    scores = {"value": [{"controlScores": [{"implementationStatus": f"3 of 7 {MARK}"}]}]}
    body = json.loads(REDACTOR.body("v1.0/security/secureScores.json", json.dumps(scores).encode()))
    assert entry["observed"]["Microsoft says"] == body["value"][0]["controlScores"][0]["implementationStatus"]
    assert not {"mfa", "allowList"} & set(entry["observed"]["labels"]), "a label's name is no enumeration"
    for damaged in (EXCEPTIONS + f"= {MARK}", EXCEPTIONS.encode("utf-16").decode("latin-1")):
        broken = REDACTOR.toml(damaged.encode("latin-1"))
        assert MARK.encode() not in broken
        with pytest.raises(tomllib.TOMLDecodeError):
            tomllib.loads(broken.decode())


def test_a_word_of_microsofts_is_kept_only_where_microsoft_says_it() -> None:
    user = {
        "displayName": "Guest",
        "userType": "Guest",
        "state": "enabled",
        "createdDateTime": "2026-01-01T00:00:00Z",
        "department": "2026-01-01",
    }
    attributes = {"customSecurityAttributes": {"state": "enabled", "userType": "guest", "createdDateTime": "2026-01-01T00:00:00Z"}}
    [row] = json.loads(REDACTOR.body("v1.0/users.json", json.dumps({"value": [{**user, **attributes}]}).encode()))["value"]
    kept = {key for key, value in user.items() if row[key] == value}
    assert kept == {"userType", "createdDateTime"}
    assert not set(attributes["customSecurityAttributes"].values()) & set(row["customSecurityAttributes"].values())


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("Turn on <b>MFA</b> for admins.It is e.g. at https://aka.ms/mfa or admin.microsoft.com", None),
        (f"https://security.microsoft.com/antispam?tid={GUID}{'f' * 12}&x=1", "https://security.microsoft.com/antispam?tid=*&x=1"),
        (f"https://security.microsoft.com/%7B{GUID}{'f' * 12}%7D", "https://security.microsoft.com/%7B*%7D"),
        (f"https://portal.azure.com/@{MARK}.com/#blade", "https://portal.azure.com/@*.example/#blade"),
        (f'<a href="https://{MARK}.my.salesforce.com/setup/{MARK}">', '<a href="https://*.example/">'),
        (f"https:\\/\\/{MARK}-my.sharepoint.com\\/x", "https://tenant-*-my.sharepoint.com/"),
        (f"Ask {MARK}%40{MARK}.com, or {MARK}@{MARK}.onmicrosoft.com", "Ask user-*@*.example, or user-*@tenant-*.onmicrosoft.com"),
        (f"The domain {MARK}.com", "The domain *.example"),
    ],
)
def test_a_catalogues_text_keeps_all_but_the_tenants(text: str, redacted: str | None) -> None:
    body = json.dumps({"value": [{"remediation": text}]}).encode()
    [row] = json.loads(REDACTOR.body("v1.0/security/secureScoreControlProfiles.page2.json", body))["value"]
    assert re.fullmatch(re.escape(redacted or text).replace(r"\*", "[^@/]+"), row["remediation"])
    assert_absent({MARK, GUID}, {"text": row["remediation"].encode()})


ERRORS = [
    (403, "Forbidden", "Your tenant is not licensed for this feature."),
    (403, "Authorization_RequestDenied", "Insufficient privileges."),
    (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "no premium license"),
    (403, "NoLicense", MARK),
    (400, "BadRequest", f"{MARK} is wrong"),
    (404, "Request_ResourceNotFound", f"{MARK} does not exist"),
    (429, "TooManyRequests", ""),
    (500, None, None),
]


@pytest.mark.parametrize(("status", "code", "message"), ERRORS)
def test_an_error_means_the_same(status: int, code: str | None, message: str | None) -> None:
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    redacted = REDACTOR.body(f"v1.0/users.{status}.json", body)
    before, after = (failure_of(status, text, "v1.0/users", ("User.Read.All",)) for text in (body, redacted))
    assert after.cause is before.cause
    said = json.loads(redacted)["error"]["message"]
    assert before.reason.replace(message, said) if message else before.reason == after.reason
    assert (code or "") in after.reason or status == 429


@pytest.mark.parametrize(
    "body",
    [
        b"", b'{"a', b'{"value": [', b"<html>", b'{"a":"\xff"}', b"\xff\xfe{", b"\xef\xbb\xbf{}", b'{"a":1} x', b'{"a":tru}',
        b'{"a":"\\x"}', b"[1 2]", b'{"a" 1}', b'{"a":01}', b'{"a":1e999}', b'["a\nb"]', b"{a:1}", b"nul", b'{"a":1,}', b'"\xc3"', b"[]]",
        b'{"\xff":1}', b'{"a":"\\u12"}', b"[" * 3000,
    ],
)  # fmt: skip
def test_what_is_damaged_stays_damaged_in_the_same_way(body: bytes) -> None:
    told = []
    for data in (body, REDACTOR.body("v1.0/users.json", body)):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError, RecursionError)) as caught:
            msgspec.json.decode(data)
        told.append(re.sub(r"\d+", "", str(caught.value)))
    assert told[0] == told[1]


def test_every_property_that_is_read_is_known() -> None:
    """One that is missing here would be replaced, and what reads it would find nothing."""
    read = set()
    for module in pkgutil.iter_modules(fixtures.resources.__path__, "fixtures.resources."):
        for kind in vars(importlib.import_module(module.name)).values():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
                read |= {name for name in kind.__struct_encode_fields__ if re.search(r"[A-Z@]", name)}
    assert len(read) > 40
    assert {name for name in read if name.casefold() not in KEYS and name.removeprefix("@").casefold() not in ANNOTATIONS} == set()
    snapshot = build_demo(NOW)
    for name in snapshot.names - {"tenant.toml", "exceptions.toml", "snapshot.json"}:
        assert not [text for text in strings(json.loads(redact_file(name, snapshot.read(name)))) if text.startswith("key-")], name


def test_a_key_is_made_where_none_is_given() -> None:
    assert Redactor().text(MARK) != Redactor().text(MARK)


def test_our_own_reasons_lose_their_names_only() -> None:
    reason = f"No answer from Graph for /v1.0/groups/{GUID}{'e' * 12}/transitiveMembers (ConnectError)."
    assert REDACTOR.text(reason) == reason.replace(f"{GUID}{'e' * 12}", REDACTOR.text(f"{GUID}{'e' * 12}"))
    outside = f"A next page of users lies outside Graph, at '{MARK}.com'; it was not followed."
    assert REDACTOR.text(outside) == outside.replace(f"{MARK}.com", REDACTOR.text(f"{MARK}.com"))
