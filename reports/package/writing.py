"""Writes a package: beside its place until it is whole, with the same bytes for the same run."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from fixtures.graph.sealing import NO_SEAL, seal_zip

from .archive import LONGEST_NAME, MOST_BYTES, MOST_FILES, fits, is_too_large
from .manifest import Member, PackageError

_UNPACKED_AS = (stat.S_IFREG | 0o600) << 16


class Writer:
    """A package under way. `path` is replaced when it is whole; until then, what stands there is left alone.

    Raises `PackageError` with one line where something cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = _usable(path)
        self._files: list[Member] = []
        self._size = 0
        self._is_over = False
        try:
            descriptor, part = tempfile.mkstemp(prefix=f"{self.path.name}.", suffix=".part", dir=self.path.parent)
        except OSError as error:
            raise self._unwritten(error) from None
        self.part = Path(part)
        self._file = os.fdopen(descriptor, "w+b")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)

    @property
    def files(self) -> list[Member]:
        """What has been added."""
        return list(self._files)

    def add(self, name: str, source: Path | bytes, moment: datetime) -> None:
        """Add a file under `name`, with the time of the run."""
        if not fits(name):
            raise PackageError(f"the package has no room for a file called {name[:LONGEST_NAME]!r}: rename it.")
        entry = zipfile.ZipInfo(name, moment.astimezone(UTC).timetuple()[:6])
        entry.create_system, entry.external_attr, entry.compress_type = 3, _UNPACKED_AS, zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        try:
            entry.file_size = len(source) if isinstance(source, bytes) else source.stat().st_size
            with contextlib.ExitStack() as stack:
                target: IO[bytes] = stack.enter_context(self._zip.open(entry, "w"))
                blocks = iter([source]) if isinstance(source, bytes) else _blocks(stack.enter_context(source.open("rb")))
                for block in blocks:
                    target.write(block)
                    digest.update(block)
                    size += len(block)
        except OSError as error:
            raise self._unwritten(error) from None
        self._files.append(Member(name, size, digest.hexdigest()))
        self._size += size
        if len(self._files) > MOST_FILES or self._size > MOST_BYTES or is_too_large(name, size):
            raise PackageError(f"the package would be larger than one that is verified, at {name}.")

    def finish(self) -> str:
        """Seal the package and give it its name. The SHA-256 of the file."""
        try:
            self._zip.comment = NO_SEAL
            self._zip.close()
            seal_zip(self._file)
            self._file.seek(0)
            digest = hashlib.file_digest(self._file, "sha256").hexdigest()
            self._file.close()
            self.part.replace(self.path)
        except OSError as error:
            raise self._unwritten(error) from None
        self._is_over = True
        return digest

    def discard(self) -> None:
        """Leave nothing behind of what is not finished."""
        if self._is_over:
            return
        self._is_over = True
        with contextlib.suppress(OSError, ValueError):  # of a file that could not be written, or is closed
            self._zip.close()
        with contextlib.suppress(OSError):
            self._file.close()
        self.part.unlink(missing_ok=True)

    def _unwritten(self, error: OSError) -> PackageError:
        return PackageError(f"the evidence package cannot be written to {self.path}: {error.strerror or error}.")


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(1 << 20):
        yield block


def _usable(path: Path) -> Path:
    """`path` with every link on its way followed. Raises `PackageError` where no package can be written there."""
    try:
        path = path.resolve()
        if not path.parent.is_dir():
            why = f"there is no folder {path.parent}"
        elif path.is_dir():
            why = "it is a folder"
        else:
            why = "it exists and may not be replaced" if path.exists() and not os.access(path, os.W_OK) else ""
    except (OSError, RuntimeError) as error:  # before Python 3.13, links that lead in a circle are the latter
        why = getattr(error, "strerror", None) or "it cannot be looked at"
    if why:
        raise PackageError(f"the evidence package cannot be written to {path}: {why}.")
    return path
