"""A redacted snapshot: nothing of the tenant is left in it, and it is judged as the original is."""

from __future__ import annotations

import base64
import binascii
import contextlib
import html
import importlib
import ipaddress
import json
import pkgutil
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fixtures.resources
from fixtures.demo import people
from fixtures.demo.builder import build_demo
from fixtures.demo.settings import GROUPS, TENANT_ID
from fixtures.graph.clouds import CLOUDS
from fixtures.graph.failure import failure_of
from fixtures.graph.names import file_name
from fixtures.graph.redaction import Redactor
from fixtures.graph.redaction_vocabulary import ANNOTATIONS, CODES, ENUMERATIONS, KEYS, PUBLIC_IDS, WORDS
from tests.harness import DIRECT, MITRE, NOW, SHARED, Bench, Run, needs_shared

KEY = b"a key for tests, of no other use"
OTHER = b"another key"
REDACTOR = Redactor(KEY)
NUMBERS = re.compile(r"\d+(?:\.\d+)?")
MARK = "Zqx7marker"
GUID = "7a7a7a7a-1234-4bcd-8abc-"


def redact(snapshot: Path, folder: Path, redactor: Redactor = REDACTOR) -> Path:
    """A redacted copy of the snapshot in a folder."""
    for path in (path for path in snapshot.rglob("*") if path.is_file()):
        name, body = path.relative_to(snapshot).as_posix(), path.read_bytes()
        target = folder / redactor.name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(redact_file(name, body, redactor))
    return folder


def redact_file(name: str, body: bytes, redactor: Redactor = REDACTOR) -> bytes:
    if name.endswith(".toml"):
        return redactor.toml(body)
    if name != "snapshot.json":
        return redactor.body(name, body)
    manifest = json.loads(body)
    manifest["tenant"] = {**manifest["tenant"], **{key: redactor.text(manifest["tenant"][key]) for key in ("id", "name")}}
    return json.dumps(manifest).encode()


def strings(value: Any, keys: bool = True) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if keys:
                yield key
            yield from strings(inner, keys)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, keys)


def readings(data: bytes) -> Iterator[str]:
    """The ways in which a text can stand in some bytes."""
    text = data.decode("utf-8", "replace")
    escaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    for plain in (text, escaped):
        yield from (plain, unquote(plain), html.unescape(plain))
    yield "\n".join(decoded(token) for token in re.findall(r"[A-Za-z0-9+/_-]{12,}", text))


def decoded(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), b"-_" if re.search("[-_]", token) else None).decode("utf-8", "replace")
    except binascii.Error:
        return ""


def assert_absent(secrets: set[str], files: dict[str, bytes]) -> None:
    folded = sorted({secret.casefold() for secret in secrets})
    for name, data in files.items():
        for text in (*readings(name.encode()), *readings(data)):
            lowered = text.casefold()
            assert not [secret for secret in folded if secret in lowered], name


def forms(text: str) -> Iterator[str]:
    """`text` as it is, and in every disguise a response can put it in."""
    yield from (text, text.upper(), f"  {text} ", f"see {text}@{text}.example, {GUID}{'a' * 12} or https://{text}.example/{text}")
    yield from (
        quote(f"{text}@x.example", safe=""),
        f"%{ord(text[0]):02x}{text[1:]}",
        html.escape(f"<{text}>"),
        f"&#{ord(text[0])};{text[1:]}",
    )
    yield from (base64.b64encode(text.encode()).decode(), base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))
    yield from (
        f"{text}@contoso.onmicrosoft.com",
        f"{text}_gmail.com#EXT#@{text}.onmicrosoft.com",
        f"{text}.com",
        f"{text}-my.sharepoint.com",
    )
    yield from (
        f"https://{text}.sharepoint.com/sites/{text}?q={text}#{text}",
        f"/users/{text}",
        f"{GUID}{'b' * 12} {text}",
        f"#microsoft.graph.{text}",
    )
    yield from (
        f"managePermissionGrantsForSelf.{text}",
        f"2026-01-01 {text}",
        f"10.0.0.0/8 {text}",
        f"v1.0/{text}",
        f"mfa {text}",
        f"mfa,{text}",
    )


# Where people, and whoever else a tenant lets in, can put a text of theirs: file, and a body with the text at `TEXT`.
PLACES = {
    "v1.0/users.json": {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users('TEXT')",
        "@odata.nextLink": "https://graph.microsoft.com/v1.0/users?$skiptoken=TEXT&$filter=displayName eq 'TEXT'&TEXT=TEXT",
        "value": [
            {
                "id": "TEXT",
                "displayName": "TEXT",
                "userPrincipalName": "TEXT",
                "userType": "TEXT",
                "createdDateTime": "TEXT",
                "state": "TEXT",
                "TEXT": True,
                "extension_0123456789abcdef_TEXT": "TEXT",
                "TEXT@odata.type": "#TEXT",
                "businessPhones": ["TEXT", ["TEXT"]],
                "onPremisesExtensionAttributes": {"extensionAttribute1": "TEXT", "state": "TEXT", "createdDateTime": "TEXT"},
                "customSecurityAttributes": {"TEXT": {"@odata.type": "#TEXT", "TEXT": ["TEXT"], "userType": "TEXT"}},
                "assignedLicenses": [{"skuId": "TEXT", "disabledPlans": ["TEXT"]}],
                "signInActivity": {"lastSignInDateTime": "TEXT"},
            }
        ],
    },
    "v1.0/identity/conditionalAccess/policies.json": {
        "value": [
            {
                "id": "TEXT",
                "displayName": "TEXT",
                "state": "TEXT",
                "TEXT": {"mfa": "TEXT"},
                "conditions": {
                    "users": {"includeUsers": ["TEXT"], "excludeGroups": ["TEXT"], "includeRoles": ["TEXT"]},
                    "applications": {"includeApplications": ["TEXT"], "applicationFilter": {"rule": 'CustomAttribute.TEXT -eq "TEXT"'}},
                    "devices": {"deviceFilter": {"mode": "TEXT", "rule": "device.displayName -eq \"TEXT\" -or device.TEXT -in ['TEXT']"}},
                    "clientAppTypes": ["TEXT"],
                    "locations": {"includeLocations": ["TEXT"]},
                },
                "grantControls": {
                    "builtInControls": ["TEXT"], "authenticationStrength": {"displayName": "TEXT", "allowedCombinations": ["TEXT"]}
                },
            }
        ]
    },
    "v1.0/security/secureScoreControlProfiles.json": {
        "value": [
            {
                "id": "AdminMFAV2",
                "azureTenantId": "TEXT",
                "controlStateUpdates": [
                    {"assignedTo": "TEXT", "comment": "TEXT", "updatedBy": "TEXT", "updatedDateTime": "TEXT", "state": "TEXT"}
                ],
                "TEXT": {"title": "TEXT"},
                "vendorInformation": {"provider": "TEXT", "title": "TEXT"},
            }
        ]
    },
    "v1.0/security/secureScores.json": {
        "value": [
            {
                "id": "TEXT_2026-01-01",
                "controlScores": [
                    {
                        "controlName": "AdminMFAV2", "implementationStatus": "You have 3 of 7 TEXT", "description": "TEXT", "count": "TEXT",
                        "title": "TEXT", "lastSynced": "TEXT", "on": "TEXT",
                    }
                ],
                "enabledServices": ["TEXT"],
            }
        ]
    },
    "v1.0/policies/authorizationPolicy.json": {
        "id": "TEXT", "defaultUserRolePermissions": {"permissionGrantPoliciesAssigned": ["ManagePermissionGrantsForSelf.TEXT", "TEXT"]}
    },
    "v1.0/policies/adminConsentRequestPolicy.json": {
        "reviewers": [{"query": "/users/TEXT/members?$filter=name eq 'TEXT'", "queryType": "TEXT"}]
    },
    "v1.0/subscribedSkus.json": {"value": [{"accountName": "TEXT", "id": "TEXT", "capabilityStatus": "TEXT"}]},
    "v1.0/domains.json": {"value": [{"id": "TEXT", "authenticationType": "TEXT"}]},
    "v1.0/groups.403.json": {
        "error": {"code": "TEXT", "message": "TEXT is not licensed", "innerError": {"request-id": "TEXT", "date": "TEXT"}}
    },
    "v1.0/organization.401.json": {"error": "TEXT", "error_description": "TEXT"},
    "v1.0/other.json": {"TEXT": "TEXT", "value": "TEXT", "title": "TEXT", "remediation": "TEXT"},
}  # fmt: skip


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


@settings(max_examples=200, deadline=None)
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


# What the demo tenant's people would not want to find in anybody's hands.
def secrets_of_the_demo() -> set[str]:
    numbers = range(1, people.USERS + 1)
    users = [people.user(n, "", "") for n in numbers]
    names = {user["displayName"] for user in users} - {"Emergency 1", "Emergency 2"}
    return {
        TENANT_ID, *GROUPS, people.DOMAIN, "fjordline", "Outfitters", *names, *(user["id"] for user in users),
        *(user["userPrincipalName"] for user in users), *(user["userPrincipalName"].partition("@")[0] for user in users),
        "CA001", "CA009", "30000000-0000-4000-8000", "40000000-0000-4000-8000", "50000000-0000-4000-8000", "5d1c3f6e-0c42",
        "old test", "iPhones", "Head of IT", "Agents on the road", "security provider",
    }  # fmt: skip


def test_nothing_of_the_demo_tenant_is_left() -> None:
    snapshot = build_demo(NOW)
    files = {name: snapshot.read(name) for name in snapshot.names if "secureScores" not in name}
    secrets = {secret for secret in secrets_of_the_demo() if len(secret) >= 5}
    redacted = {REDACTOR.name(name): redact_file(name, body) for name, body in files.items()}
    assert len(redacted) == len(files)
    catalogue = "v1.0/security/secureScoreControlProfiles"
    assert_absent(secrets, {name: body for name, body in redacted.items() if not name.startswith(catalogue)})
    words = {name for name in secrets if re.fullmatch(r"[\w ]+", name)}  # ordinary ones, which Microsoft may use too, and not alone
    left = {text for name, body in redacted.items() if name.startswith(catalogue) for text in strings(json.loads(body))}
    assert_absent(secrets - words, {"catalogue": "\n".join(left).encode()})
    assert not {text.casefold() for text in left} & {word.casefold() for word in words}
    by = {
        update["updatedBy"]
        for name, body in files.items()
        if name.startswith(catalogue)
        for row in json.loads(body)["value"]
        for update in row["controlStateUpdates"]
    }
    assert by - {None}
    assert not by - {None} & left


def test_the_demo_tenants_score_keeps_its_numbers(demo_template: Path) -> None:
    path = demo_template / "v1.0/security/secureScores.json"
    before = json.loads(path.read_bytes())["value"]
    after = json.loads(REDACTOR.body("v1.0/security/secureScores.json", path.read_bytes()))["value"]
    assert TENANT_ID not in json.dumps(after)
    for day, made in zip(before, after, strict=True):
        kept = [{k: v for k, v in row.items() if k not in {"description", "implementationStatus"}} for row in day["controlScores"]]
        assert [{k: v for k, v in row.items() if k not in {"description", "implementationStatus"}} for row in made["controlScores"]] == kept


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


def replaced(original: Any, redacted: Any) -> Iterator[tuple[str, str]]:
    """Each string with its stand-in, from a body and what became of it."""
    if isinstance(original, str) and original.strip() and original != redacted:
        yield original, redacted
    elif isinstance(original, dict):
        assert len(original) == len(redacted)
        for inner, made in zip(original.values(), redacted.values(), strict=True):
            yield from replaced(inner, made)
    elif isinstance(original, list):
        for inner, made in zip(original, redacted, strict=True):
            yield from replaced(inner, made)
    else:
        assert original == redacted


class Translation:
    """What the reports of a tenant must say once it is redacted."""

    def __init__(self, snapshot: Path) -> None:
        pairs: dict[str, str] = {}
        for path in (path for path in snapshot.rglob("*") if path.suffix in {".json", ".toml"} and path.stem != "roleDefinitions"):
            body, name = path.read_bytes(), path.relative_to(snapshot).as_posix()
            load: Callable[[bytes], Any] = json.loads if path.suffix == ".json" else lambda text: tomllib.loads(text.decode())
            with contextlib.suppress(json.JSONDecodeError):
                pairs.update({" ".join(old.split()): new for old, new in replaced(load(body), load(redact_file(name, body)))})
        plain = {re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", old)).strip(): new for old, new in pairs.items() if new.startswith("status-")}
        self._pairs = pairs | plain
        longest = sorted(self._pairs, key=len, reverse=True)  # and a country's code is no part of a word
        self._pattern = re.compile("|".join(re.escape(old) if len(old) > 3 else rf"\b{re.escape(old)}\b" for old in longest))

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return sorted((self(inner) for inner in value), key=str)
        return self._pattern.sub(lambda found: self._pairs[found[0]], value) if isinstance(value, str) else value


def in_order(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def assert_same(before: Run, after: Run, translated: Translation) -> None:
    where = re.compile(r"\(byte \d+\)")  # a stand-in is longer or shorter
    assert after.status == before.status
    assert after.posture.totals == before.posture.totals
    assert list(after.records) == list(before.records)
    for name, old in before.records.items():
        new = after.records[name]
        assert (new.verdict, new.cause, new.points, new.basis) == (old.verdict, old.cause, old.points, old.basis), name
        assert where.sub("", new.reason) == where.sub("", translated(old.reason)), name
        assert new.observed.keys() == old.observed.keys(), name
        for fact, value in old.observed.items():
            assert in_order(new.observed[fact]) == translated(value), (name, fact)
            if fact == "Microsoft says":
                assert new.observed[fact].startswith("status-")
        assert new.licence == old.licence
        assert (new.microsoft and new.microsoft.agreement) == (old.microsoft and old.microsoft.agreement), name


def test_the_demo_tenant_is_judged_as_before(run: Callable[..., Run], bench: Bench, tmp_path: Path) -> None:
    before = run(f"--tenant={bench.folder}")
    before.folder.rename(tmp_path / "before")
    after = run(f"--tenant={redact(bench.folder, tmp_path / 'redacted')}")
    assert_same(Run(before.status, before.output, tmp_path / "before"), after, Translation(bench.folder))
    assert after.posture.tenant.id == REDACTOR.text(TENANT_ID)


def test_a_damaged_tenant_is_judged_as_before(run: Callable[..., Run], bench: Bench, tmp_path: Path) -> None:
    bench.refuse("users")
    bench.refuse("reports/authenticationMethods/userRegistrationDetails", 403, "NoLicense")
    bench.refuse(f"groups/{next(iter(GROUPS))}/transitiveMembers", 404, "Request_ResourceNotFound")
    bench.cut("identity/conditionalAccess/policies")
    bench.lead_nowhere("domains")
    bench.file("admin/sharepoint/settings").write_bytes(b"<html>sign in to Fjordline</html>")
    bench.change("policies/authorizationPolicy", lambda body: {**body, "defaultUserRolePermissions": "Fjordline"})
    bench.change("security/secureScores", lambda body: body["value"][0]["controlScores"][0].update(score="Fjordline"))
    before = run(f"--tenant={bench.folder}", *DIRECT)
    before.folder.rename(tmp_path / "before")
    redacted = redact(bench.folder, tmp_path / "redacted")
    after = run(f"--tenant={redacted}", *DIRECT)
    assert len({record.cause for record in after.posture.verdicts}) > 4
    assert_same(Run(before.status, before.output, tmp_path / "before"), after, Translation(bench.folder))
    assert_absent({"fjordline"}, {path.name: path.read_bytes() for path in redacted.rglob("*.json")})


@needs_shared
def test_a_real_tenant_is_judged_as_before(run: Callable[..., Run], tmp_path: Path) -> None:
    before = run(f"--tenant={MITRE}")
    before.folder.rename(tmp_path / "before")
    redacted = redact(MITRE, tmp_path / "redacted")
    after = run(f"--tenant={redacted}")
    assert_same(Run(before.status, before.output, tmp_path / "before"), after, Translation(MITRE))
    [day] = json.loads((MITRE / "v1.0/security/secureScores.json").read_bytes())["value"]
    files = {path.name: path.read_bytes() for path in redacted.rglob("*.json")}
    assert_absent({day["azureTenantId"], day["azureTenantId"].replace("-", "")[:20], "MARY@"}, files)
    titles = {row["title"] for row in json.loads(files["secureScoreControlProfiles.json"])["value"]}
    assert titles == {row["title"] for row in json.loads((MITRE / "v1.0/security/secureScoreControlProfiles.json").read_bytes())["value"]}


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "real" / "graph-docs").rglob("*.json")), ids=lambda path: path.stem)
def test_nothing_of_microsofts_examples_is_left(path: Path) -> None:
    """Accounts, hosts and ids of their invented tenants. Products are no tenant's."""
    name = file_name("v1.0/" + path.stem.removeprefix("v1.0__").split("__")[0])
    body = path.read_bytes()
    before, after = json.loads(body), json.loads(REDACTOR.body(name, body))
    own = re.compile(r"contoso|fabrikam|@|[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
    tenants = {text.casefold() for text in strings(before, keys=False) if own.search(text)} - PUBLIC_IDS
    products = set(re.findall(r'"(?:skuId|servicePlanId)": "([0-9a-f-]+)"', json.dumps(before)))
    left = {text.casefold() for text in strings(after, keys=False)} & tenants
    assert not [text for text in left - products if "graph.microsoft.com" not in text and "microsoft.graph" not in text]
    assert not re.search("contoso|fabrikam", json.dumps(after), re.IGNORECASE)


WORD = st.sampled_from(sorted(KEYS | WORDS | {word for words in ENUMERATIONS.values() for word in words} | CODES))
TEXT = st.one_of(
    st.text(min_size=0, max_size=30),
    WORD,
    st.uuids().map(str),
    st.emails(),
    st.ip_addresses().map(str),
    st.builds("https://{}.example/{}".format, st.sampled_from(["a1b2c3", "graph"]), st.text("abcdefgh", max_size=9)),
    st.text("abcdefgh.@-/'", max_size=20),
)
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(TEXT, WORD), inner, max_size=4)),
    max_leaves=20,
)
FILES = st.sampled_from([*PLACES])


def is_vocabulary(text: str) -> bool:
    """Whether each word of it is Microsoft's."""
    folded = text.casefold().strip()
    known = WORDS | ANNOTATIONS | CODES | PUBLIC_IDS | {"https", "http", "other", "graph.microsoft.com"}
    known |= {word for words in ENUMERATIONS.values() for word in words} | {host.graph.removeprefix("https://") for host in CLOUDS.values()}
    known |= {part for annotation in ANNOTATIONS for part in annotation.split(".")}
    return folded in known or all(len(word) < 4 or word in known for word in re.split(r"[\s,/@().=&?#'-]+", folded))


@settings(max_examples=150, deadline=None)
@given(FILES, TREES)
def test_what_is_not_vocabulary_does_not_survive(name: str, tree: Any) -> None:
    body = msgspec.json.encode(tree)
    after = msgspec.json.decode(REDACTOR.body(name, body))
    left = {text.casefold() for text in strings(after)}
    assert not [text for text in strings(tree) if len(text.strip()) >= 4 and text.casefold() in left and not is_kept(text)]
    assert shape(after) == shape(msgspec.json.decode(body))


def is_kept(text: str) -> bool:
    """Numbers, dates and versions come as strings in some places; the ids of actions and products are Microsoft's where they stand."""
    return is_vocabulary(text) or re.fullmatch(r"[\d\s.:eE+-]+", text) is not None


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return (bool(value.strip()) or value) if isinstance(value, str) else value


@settings(max_examples=300, deadline=None)
@given(TEXT, TEXT)
def test_what_was_equal_is_equal_and_what_differed_differs(one: str, other: str) -> None:
    for first, second in ((one, other), (one, one.upper()), (one, one.casefold())):
        a, b = REDACTOR.text(first), REDACTOR.text(second)
        assert not first.strip() or (a.casefold() == b.casefold()) == (first.casefold() == second.casefold())


@settings(max_examples=100, deadline=None)
@given(TEXT)
def test_each_key_gives_its_own_stand_ins(text: str) -> None:
    mine, same, others = (Redactor(key).text(text) for key in (KEY, KEY, OTHER))
    assert mine == same
    parts = [{part for part in re.split(r"[@/:.{}_-]+", made) if len(part) >= 12} for made in (mine, others)]
    assert not parts[0] & parts[1]


def test_a_key_is_made_where_none_is_given() -> None:
    assert Redactor().text(MARK) != Redactor().text(MARK)


def test_our_own_reasons_lose_their_names_only() -> None:
    reason = f"No answer from Graph for /v1.0/groups/{GUID}{'e' * 12}/transitiveMembers (ConnectError)."
    assert REDACTOR.text(reason) == reason.replace(f"{GUID}{'e' * 12}", REDACTOR.text(f"{GUID}{'e' * 12}"))
    outside = f"A next page of users lies outside Graph, at '{MARK}.com'; it was not followed."
    assert REDACTOR.text(outside) == outside.replace(f"{MARK}.com", REDACTOR.text(f"{MARK}.com"))


def test_tens_of_thousands_of_users_take_seconds() -> None:
    rows = [
        {
            "id": f"{GUID}{n:012d}", "displayName": f"Person {n}", "userPrincipalName": f"person.{n}@{MARK}.com", "userType": "Member",
            "accountEnabled": True, "createdDateTime": "2026-01-01T00:00:00Z",
        }
        for n in range(30_000)
    ]  # fmt: skip
    body = msgspec.json.encode({"value": rows})
    began = time.process_time()
    redacted = REDACTOR.body("v1.0/users.json", body)
    assert time.process_time() - began < 4
    assert len({row["id"] for row in msgspec.json.decode(redacted)["value"]}) == 30_000
