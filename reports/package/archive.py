"""A package as it came from anybody: looked at without being trusted, and never unpacked but by `lay_out`, which stays in its folder.

What no package of ours can be (a name that leads elsewhere, a link, a bomb) is refused by one line before anything in it is read.
"""

from __future__ import annotations

import hashlib
import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from fixtures.graph.manifest import SnapshotError
from fixtures.graph.sealing import DAMAGE, verify_zip
from fixtures.graph.snapshot import Snapshot
from fixtures.text import one_line

from .manifest import BASELINE, EXCEPTIONS, MANIFEST, POSTURE, SIGNATURE, SNAPSHOT, PackageError

# Of a tenant of a million users a snapshot is about 3 GB in 10,000 files, and a run writes three files a check.
MOST_FILES, MOST_BYTES, LONGEST_NAME = 100_000, 8 << 30, 400
# Of one file: each of a snapshot is read whole, and these are decoded.
_MOST_OF_ONE, _MOST_OF = 1 << 30, {MANIFEST: 64 << 20, SIGNATURE: 1 << 20, POSTURE: 512 << 20, BASELINE: 512 << 20, EXCEPTIONS: 16 << 20}
_BLOCK = 1 << 20
_UNFIT = re.compile(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|\ud800-\udfff]|(^|/)\.{0,2}(/|$)')


class DamagedError(Exception):
    """The package is not what was written, in one line."""


def fits(name: str) -> bool:
    """Whether a member may be called `name`: a relative path, `/` between folders, that every system takes and that leads nowhere else."""
    return bool(name) and len(name) <= LONGEST_NAME and not _UNFIT.search(name)


def is_too_large(name: str, size: int) -> bool:
    """Whether a member of this name may not have `size` bytes."""
    return size > _MOST_OF.get(name, _MOST_OF_ONE)


class Archive:
    """The members of the zip at `path`. Raises `PackageError` for what is no package, or one to keep away from, else `DamagedError`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            with path.open("rb") as file:
                begins = file.read(2)
            self._size = path.stat().st_size
        except OSError as error:
            raise PackageError(f"cannot be read: {error.strerror}.") from None
        if begins != b"PK":
            raise PackageError("is no evidence package: it is not a zip.")
        try:
            self._zip = zipfile.ZipFile(path)
        except DAMAGE as error:
            raise DamagedError(f"not a zip that can be read: {error}.") from None
        try:
            self._members = self._looked_at()
        except PackageError:
            self.close()
            raise

    def close(self) -> None:
        self._zip.close()

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def names(self) -> set[str]:
        return set(self._members)

    def size(self, name: str) -> int:
        """In bytes, unpacked."""
        return self._members[name].file_size

    def _looked_at(self) -> dict[str, zipfile.ZipInfo]:
        """Each member by its name, once all of them have been looked at without being read."""
        infos = self._zip.infolist()
        if len(infos) > MOST_FILES or sum(info.file_size for info in infos) > MOST_BYTES:
            raise PackageError(f"is refused: more than {MOST_FILES} files or {MOST_BYTES >> 30} GiB would come out of it.")
        if sum(info.compress_size for info in infos) > self._size or (infos and min(info.header_offset for info in infos) != 0):
            raise PackageError("is refused: its members lie over one another, or something lies before them.")
        seen: set[str] = set()
        for info in infos:
            name, kind = info.filename, stat.S_IFMT(info.external_attr >> 16)
            if not fits(info.orig_filename) or name != info.orig_filename:
                raise PackageError(f"is refused: {one_line(info.orig_filename)[:LONGEST_NAME]!r} is no name for a file in a package.")
            if kind not in {0, stat.S_IFREG}:
                raise PackageError(f"is refused: {name} is not a file but a link, or something else.")
            if info.flag_bits & 1 or info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise PackageError(f"is refused: {name} is encrypted, or packed in a way that packages are not.")
            if is_too_large(name, info.file_size):
                raise PackageError(f"is refused: {name} is too large.")
            folded = unicodedata.normalize("NFC", name).casefold()
            if folded in seen:
                raise PackageError(f"is refused: {name} is in it twice.")
            seen.add(folded)
        return {info.filename: info for info in infos}

    def is_sealed(self) -> bool:
        """Whether every byte of the zip is the one that was written, as the SHA-256 at its end says."""
        try:
            return verify_zip(self._path)
        except (SnapshotError, OSError):
            return False

    def blocks(self, name: str) -> Iterator[bytes]:
        """A member's bytes, in blocks. Raises `DamagedError`."""
        try:
            with self._zip.open(self._members[name]) as file:
                while block := file.read(_BLOCK):
                    yield block
        except DAMAGE as error:
            raise DamagedError(f"{name} is damaged inside the zip: {one_line(str(error))}.") from None

    def read(self, name: str) -> bytes:
        """A member's bytes. Raises `DamagedError`."""
        return b"".join(self.blocks(name))

    def sha256(self, name: str) -> str:
        digest = hashlib.sha256()
        for block in self.blocks(name):
            digest.update(block)
        return digest.hexdigest()

    def snapshot(self) -> Snapshot:
        """The snapshot in the package. Raises `SnapshotError` where its own seal is broken."""
        names = (name.removeprefix(SNAPSHOT) for name in self.names if name.startswith(SNAPSHOT))
        return Snapshot(names, lambda name: self.read(SNAPSHOT + name), SNAPSHOT)


def lay_out(snapshot: Snapshot, folder: Path) -> None:
    """Write the files of a snapshot into a new folder."""
    for name in sorted(snapshot.names):
        if not fits(name):
            raise PackageError(f"{one_line(name)!r} is no name for a file of a snapshot.")
        path = folder / PurePosixPath(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(snapshot.read(name))
