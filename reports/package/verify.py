"""Whether a package holds, checked offline: its files, its snapshot, its signature, and its verdicts, which are judged again."""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fixtures.graph.manifest import SnapshotError
from fixtures.graph.snapshot import Snapshot
from fixtures.text import one_line
from fixtures.tool import TOOL, tool_version

from .. import posture as postures
from ..posture import Posture
from .archive import Archive, DamagedError, lay_out
from .comparing import differences, unproven
from .manifest import BASELINE, EXCEPTIONS, MANIFEST, POSTURE, SIGNATURE, SNAPSHOT, Manifest, PackageError, manifest_of, of_posture
from .replaying import Judged, ReplayError, replay

HOLDS, DOES_NOT_HOLD, BAD_INPUT = 0, 1, 2
_MOST_LINES = 100


def verify(path: Path, certificate: Path | None = None) -> int:
    """Check the package at `path`, say what was found, and give the exit status: 0 only where everything holds."""
    try:
        return _Verification(path, certificate).run()
    except PackageError as error:
        sys.stderr.write(f"{one_line(str(path))}: {one_line(str(error))}\n")
        return BAD_INPUT


class _Verification:
    """One check of one package. What does not hold is told where it is found; after it, nothing that rests on it is looked at."""

    def __init__(self, path: Path, certificate: Path | None) -> None:
        self._path = path
        self._known: list[Any] | None = None
        self._failed = 0
        if certificate:
            from .signing import certificates_of

            self._known = certificates_of(certificate)

    def run(self) -> int:
        try:
            with Archive(self._path) as archive:
                self._look_at(archive)
        except DamagedError as error:
            self._fails("zip", str(error))
        if self._failed:
            self._say("result", f"THE PACKAGE DOES NOT HOLD: {self._failed} finding{'s' if self._failed > 1 else ''} above.")
            return DOES_NOT_HOLD
        self._say("result", "the package holds.")
        return HOLDS

    def _say(self, what: str, told: str) -> None:
        sys.stdout.write(f"{what:<10} {one_line(told)}\n")

    def _fails(self, what: str, told: str) -> None:
        self._failed += 1
        if self._failed <= _MOST_LINES:
            self._say(what, f"FAILED: {told}")
        elif self._failed == _MOST_LINES + 1:
            self._say(what, "FAILED: and more, which are counted below.")

    def _look_at(self, archive: Archive) -> None:
        if MANIFEST not in archive.names:
            raise PackageError("is no evidence package: it has no manifest.json.")
        self._say("package", f"{self._path}, SHA-256 {_sha256(self._path)}")
        if not archive.is_sealed():
            self._fails("zip", "it is not the zip that was written: the SHA-256 at its end is missing, or of other bytes.")
        raw = archive.read(MANIFEST)
        try:
            manifest = manifest_of(raw)
        except ValueError as error:
            raise DamagedError(str(error)) from None
        self._introduce(manifest)
        self._files(archive, manifest)
        self._signature(archive, manifest, raw)
        if self._failed:
            return
        try:
            snapshot = archive.snapshot()
        except SnapshotError as error:
            self._fails("snapshot", str(error))
            return
        self._snapshot(snapshot, manifest)
        posture = self._posture(archive.read(POSTURE), manifest)
        if posture and (posture.baseline is not None) != (BASELINE in archive.names):
            self._fails("posture", "it was compared with a baseline and there is none in the package, or the other way about.")
        if posture is None or self._failed:
            return
        self._evidence(posture, snapshot)
        if not self._failed:
            self._replay(archive, snapshot, manifest, posture)

    def _introduce(self, manifest: Manifest) -> None:
        tenant, tool = manifest.tenant, manifest.tool
        redacted = ", redacted" if manifest.redacted else ""
        self._say("tenant", f"{tenant.name} ({tenant.id or 'id unknown'}){redacted}, as of {_moment(manifest.as_of)}")
        self._say("made by", f"{tool.name} {tool.version}, {_moment(manifest.finished_at)}, exit status {manifest.exit_status}")

    def _files(self, archive: Archive, manifest: Manifest) -> None:
        """Every member is listed, is there once, and is the one that was put there."""
        failed = self._failed
        listed = {member.file: member for member in manifest.files}
        if len(listed) != len(manifest.files) or listed.keys() & {MANIFEST, SIGNATURE}:
            self._fails("files", "manifest.json lists a file twice, or itself.")
        for name in sorted(archive.names - listed.keys() - {MANIFEST, SIGNATURE}):
            self._fails("files", f"{name} is not listed in manifest.json.")
        for name in sorted(listed.keys() - archive.names):
            self._fails("files", f"{name} is listed in manifest.json and missing.")
        for name in sorted(listed.keys() & archive.names):
            if archive.size(name) != listed[name].size or archive.sha256(name) != listed[name].sha256:
                self._fails("files", f"{name} is not the file that was put there (its size or SHA-256 differs).")
        for name in sorted({POSTURE, EXCEPTIONS, SNAPSHOT + "snapshot.json"} - listed.keys()):
            self._fails("files", f"{name} is missing, and a package is none without it.")
        if failed == self._failed:
            self._say("files", f"{len(listed)}, and each is the one that manifest.json lists, by size and SHA-256.")

    def _signature(self, archive: Archive, manifest: Manifest, raw: bytes) -> None:
        if (SIGNATURE in archive.names) != manifest.signed:
            said = "signed, and its signature is missing" if manifest.signed else "not signed, and there is a signature"
            self._fails("signature", f"manifest.json says that it is {said}.")
        elif manifest.signed:
            self._signed(archive.read(SIGNATURE), manifest, raw)
        elif self._known:
            self._fails("signature", "not signed, and a certificate was given to check a signature with.")
        else:
            self._say("signature", "not signed: nothing shows who made the package, or that its reports say what posture.json says.")

    def _signed(self, signature: bytes, manifest: Manifest, raw: bytes) -> None:
        from . import signing

        try:
            certificate = signing.verify(signature, raw)
            if self._known is None:
                told = "and the certificate was not checked because none was given."
            else:
                signing.vouched_for(certificate, self._known, manifest.finished_at)
                told = "and the certificate that was given vouches for it."
        except signing.SignatureError as error:
            self._fails("signature", f"it does not hold: {error}")
        else:
            self._say("signature", f"signed by {signing.who(certificate)}, {told}")

    def _snapshot(self, snapshot: Snapshot, manifest: Manifest) -> None:
        if not snapshot.sealed:
            self._fails("snapshot", "it is not sealed: its snapshot.json has no SHA-256.")
        elif snapshot.manifest.sha256 != manifest.snapshot:
            self._fails("snapshot", "manifest.json names another snapshot.")
        else:
            self._say("snapshot", f"its seal holds: SHA-256 {snapshot.manifest.sha256}")

    def _posture(self, text: bytes, manifest: Manifest) -> Posture | None:
        """The posture, if it is one, is written as ours are, and is the one that the manifest is of."""
        try:
            with tempfile.TemporaryDirectory(prefix="m365-") as folder:
                file = Path(folder) / POSTURE
                file.write_bytes(text)
                posture = postures.read(file)
        except (ValueError, RecursionError):
            self._fails("posture", "posture.json is not a posture that this version can read.")
            return None
        if msgspec.json.format(msgspec.json.encode(msgspec.json.decode(text)), indent=1) != text:
            self._fails("posture", "posture.json is not written as this tool writes it.")
        own = of_posture(posture)
        for key in [key for key, value in own.items() if value != getattr(manifest, key)]:
            self._fails("posture", f"manifest.json and posture.json differ in {key}.")
        if posture.tool.name != TOOL:
            self._fails("posture", f"it was made by {posture.tool.name}, which is not this tool.")
        return posture

    def _evidence(self, posture: Posture, snapshot: Snapshot) -> None:
        lost = unproven(posture.evidence, snapshot)
        for name in lost:
            self._fails("evidence", f"{name}: the snapshot does not hold the answer that posture.json was made of.")
        if not lost:
            self._say("evidence", f"{len(posture.evidence)} answers, and each is in the snapshot as posture.json has it.")

    def _replay(self, archive: Archive, snapshot: Snapshot, manifest: Manifest, posture: Posture) -> None:
        """The same checks on the same snapshot with the same exceptions."""
        version = tool_version()
        if posture.tool.version != version:
            self._say("version", f"made by version {posture.tool.version}; judged again by {version}, which may judge otherwise.")
        with tempfile.TemporaryDirectory(prefix="m365-") as temporary:
            work = Path(temporary)
            lay_out(snapshot, work / "snapshot")
            for name in {EXCEPTIONS, BASELINE} & archive.names:
                (work / name).write_bytes(archive.read(name))
            baseline = work / BASELINE if BASELINE in archive.names else None
            items = [record.item for record in posture.verdicts]
            judged = Judged(work / "snapshot", work / EXCEPTIONS, baseline, items, posture.fail_on, manifest.runxfail)
            try:
                _, folder = replay(judged, work, reports=False)
            except ReplayError as error:
                self._fails("replay", f"the checks could not be run again: {error}")
                return
            now = msgspec.json.decode((folder / POSTURE).read_bytes())
        was = msgspec.json.decode(archive.read(POSTURE))
        found = list(_but_for_the_version(differences(was, now), posture.tool.version != version))
        for difference in found:
            self._fails("replay", difference)
        if not found:
            self._say("replay", f"{len(items)} verdicts, each with its reason and facts as posture.json has it.")


def _but_for_the_version(found: Iterator[str], is_another: bool) -> Iterator[str]:
    """That the tool is of another version has been said, and is not what is compared."""
    return (line for line in found if not (is_another and line.startswith("tool: ")))


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PackageError(f"cannot be read: {error.strerror}.") from None
