"""A redactor for tests, whole snapshots through it, and a search for what it must not leave behind."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

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
