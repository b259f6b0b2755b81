"""Keys to sign packages with, packages that somebody changed, and what `verify` says of them."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from fixtures.graph.manifest import Manifest as SnapshotManifest
from fixtures.graph.manifest import RecordedTenant
from fixtures.graph.recorder import Recorder
from fixtures.graph.sealing import NO_SEAL, seal_zip
from reports.__main__ import main
from reports.package import signing
from reports.package.manifest import Manifest, Tenant, text_of
from reports.package.writing import Writer
from reports.posture import Tool
from tests.harness import NOW

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Files = dict[str, bytes]
PEM = serialization.Encoding.PEM


class Identity(NamedTuple):
    """A key and its certificate, and both in the files that people keep them in."""

    key: Key
    certificate: x509.Certificate
    signs_with: Path
    known_by: Path


def identity(
    folder: Path, name: str, key: Key | None = None, issuer: Identity | None = None, ca: bool = False, days: int = 30, passphrase: str = ""
) -> Identity:
    """A new one, valid from yesterday and for so many days; self-signed without an issuer."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    builder = x509.CertificateBuilder(issuer.certificate.subject if issuer else subject, subject, own.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=max(1, 1 - days)))
    builder = builder.not_valid_after(now + timedelta(days=days)).add_extension(x509.BasicConstraints(ca, None), True)
    certificate = builder.sign(issuer.key if issuer else own, hashes.SHA256())
    hidden = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    secret = own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, hidden)
    (folder / f"{name}.pem").write_bytes(secret + certificate.public_bytes(PEM))
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(PEM))
    return Identity(own, certificate, folder / f"{name}.pem", folder / f"{name}.crt")


def files_of(package: Path) -> Files:
    with zipfile.ZipFile(package) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: Mapping[str, bytes] | list[tuple[zipfile.ZipInfo, bytes]]) -> Path:
    """A zip of these files, sealed at its end as a package is."""
    entries = [(zipfile.ZipInfo(name), body) for name, body in files.items()] if isinstance(files, Mapping) else files
    with path.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, body in entries:
                archive.writestr(entry, body)
            archive.comment = NO_SEAL
        seal_zip(file)
    return path


def listed(files: Files) -> Files:
    """The files with a manifest that is true of them again: whoever can change a file can do this."""
    manifest = json.loads(files["manifest.json"])
    manifest["snapshot"] = json.loads(files["snapshot/snapshot.json"]).get("sha256", manifest["snapshot"])
    rest = {name: body for name, body in sorted(files.items()) if not name.startswith("manifest.json")}
    manifest["files"] = [{"file": name, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()} for name, body in rest.items()]
    return {**files, "manifest.json": text(manifest)}


def sealed(files: Files) -> Files:
    """The files with a snapshot that is sealed again as it is now."""
    before = "snapshot/"
    manifest = json.loads(files["snapshot/snapshot.json"])
    for row in (*manifest["requests"], *manifest["files"]):
        if row.get("file"):
            row["sha256"] = hashlib.sha256(files[before + row["file"]]).hexdigest()
    manifest["sha256"] = "0" * 64
    manifest["sha256"] = hashlib.sha256(text(manifest)).hexdigest()
    return {**files, "snapshot/snapshot.json": text(manifest)}


def change(body: bytes, how: Callable[[Any], object]) -> bytes:
    """A JSON file in which something is other, written as the tool writes it."""
    value = json.loads(body)
    how(value)
    return text(value, end="\n" if body.endswith(b"\n") else "")


def text(value: Any, end: str = "\n") -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + end.encode()


class Checked:
    """What `verify` said of a package."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def failures(self) -> list[str]:
        return [line for line in self.out.splitlines() if "FAILED" in line]


def verified(capsys: pytest.CaptureFixture[str], package: Path, *arguments: object) -> Checked:
    capsys.readouterr()
    status = main(["verify", str(package), *map(str, arguments)])
    told = capsys.readouterr()
    return Checked(status, told.out, told.err)


def tiny(path: Path, signer: signing.Signer | None = None, when: datetime = NOW) -> Path:
    """A package without a run: what is looked at before the checks are run again."""
    snapshot = path.with_suffix(".snapshot")
    recorder = Recorder(snapshot)
    recorder.declared("exceptions.toml", b"")
    _, seal = recorder.finish(SnapshotManifest(recorded_at=NOW, tenant=RecordedTenant("id", "Tiny", "tiny", "global")))
    writer = Writer(path)
    files = {f"snapshot/{name}": (snapshot / name).read_bytes() for name in ("snapshot.json", "exceptions.toml")}
    for name, body in sorted({**files, "posture.json": b"{}", "exceptions.toml": b"", "reports/a.txt": b"a"}.items()):
        writer.add(name, body, when)
    facts: dict[str, Any] = {"exit_status": 0, "redacted": False, "signed": bool(signer), "runxfail": False, "snapshot": seal}
    manifest = text_of(Manifest(1, Tool("m365-posture", "0"), Tenant("id", "Tiny"), when, when, when, **facts, files=writer.files))
    writer.add("manifest.json", manifest, when)
    if signer:
        writer.add("manifest.json.p7s", signer.sign(manifest), when)
    writer.finish()
    return path
