"""A redactor for tests, whole snapshots through it, a search for what it must not leave behind, and where people can put that."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fixtures.graph.redaction import Redactor

KEY = b"a key for tests, of no other use"
OTHER = b"another key"
REDACTOR = Redactor(KEY)
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
