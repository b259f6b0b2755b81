"""Where the postures of a fleet lie, and whose are wanted."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

POSTURE = "posture.json"


def find(places: Sequence[Path], with_a_list: bool = False) -> Iterator[Path]:
    """The postures at these places. A folder holds one itself, or one somewhere in each of its folders; where one has none, the
    place where it would be. One that is empty is no tenant's where a list says whose are wanted.

    Raises `ValueError` for a folder that cannot be read.
    """
    for place in places:
        if not place.is_dir():
            yield place
        elif (place / POSTURE).exists():
            yield place / POSTURE
        else:
            where, names, _ = next(_walk(place))
            folders = [where / name for name in sorted(names)] or ([] if with_a_list else [where])
            yield from (path for folder in folders for path in _beneath(folder))


def _beneath(folder: Path) -> list[Path]:
    return sorted(where / POSTURE for where, _, names in _walk(folder) if POSTURE in names) or [folder / POSTURE]


def _walk(folder: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    def refused(error: OSError) -> None:
        raise ValueError(f"{error.filename} cannot be read: {error.strerror}.") from None

    return ((Path(where), folders, files) for where, folders, files in os.walk(folder, onerror=refused))


def listed(path: Path) -> dict[str, str]:
    """The tenants of a `tenants.toml`: id by name. Raises `ValueError` with one line where it is none."""
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} names no tenants: {error}") from None
    if not entries or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ValueError(f"{path} names no tenants: a table for each is wanted, as in [contoso].")
    return {name: str(entry.get("id", "")) for name, entry in entries.items()}
