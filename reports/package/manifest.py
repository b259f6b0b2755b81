"""`manifest.json`: what an evidence package says of itself, and of every other file in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ..posture import Posture, Tool

FORMAT = 1
MANIFEST, SIGNATURE = "manifest.json", "manifest.json.p7s"
POSTURE, EXCEPTIONS, BASELINE, SNAPSHOT, REPORTS = "posture.json", "exceptions.toml", "baseline.json", "snapshot/", "reports/"


class PackageError(Exception):
    """A package that cannot be made, or not be looked at, in one line that says why. `status` is what the run then exits with."""

    def __init__(self, told: str, status: int = 4) -> None:
        super().__init__(told)
        self.status = status


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file, its size in bytes."""

    file: str
    size: int
    sha256: str


class Tenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose package it is, as far as the posture says."""

    id: str | None
    name: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`manifest.json`. `snapshot` is the SHA-256 that its `snapshot.json` is sealed with; `runxfail` says that exceptions were ignored.

    What the posture says too stands here to be read without it, and must be the same.
    """

    format: int
    tool: Tool
    tenant: Tenant
    started_at: datetime
    finished_at: datetime
    as_of: datetime
    exit_status: int | None
    redacted: bool
    signed: bool
    runxfail: bool
    snapshot: str
    files: list[Member]


def of_posture(posture: Posture) -> dict[str, Any]:
    """What a manifest says as its posture does."""
    return {
        "tool": posture.tool,
        "tenant": Tenant(posture.tenant.id, posture.tenant.name),
        "started_at": posture.started_at,
        "finished_at": posture.finished_at,
        "as_of": posture.as_of,
        "exit_status": posture.exit_status,
    }


def text_of(manifest: Manifest) -> bytes:
    """`manifest.json`, one value a line, so that it can be read and compared."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


class _Format(msgspec.Struct):
    format: int


def manifest_of(raw: bytes) -> Manifest:
    """The manifest in `raw`. Raises `ValueError` where it is not as `text_of` writes it, `PackageError` where its format is not known."""
    try:
        found = msgspec.json.decode(raw, type=_Format).format
        if found != FORMAT:
            raise PackageError(f"a manifest.json of format {found} is not known here; this version reads format {FORMAT}.")
        manifest = msgspec.json.decode(raw, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"manifest.json is damaged: {error}") from None
    if text_of(manifest) != raw:
        raise ValueError("manifest.json is not written as this tool writes it.")
    return manifest
