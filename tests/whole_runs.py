"""What takes a whole run to make, made once for all tests of a session, in whichever worker of xdist they are.

What is in its folders stays as it is: others look at it, too.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.harness import MITRE, Run, command


class Place:
    """Where it lies; known when the session begins."""

    folder: Path | None = None

    @classmethod
    def found(cls, factory: pytest.TempPathFactory) -> None:
        own = factory.getbasetemp()
        cls.folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


def made_once(name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """A folder that `make` fills, and what it tells of that (in JSON's types); by whichever worker is first, while the others wait."""
    assert Place.folder
    folder, told = Place.folder / name, Place.folder / f"{name}.json"
    try:
        folder.mkdir()
    except FileExistsError:
        _await(told)
    else:
        _make(folder, told, make)
    result = json.loads(told.read_bytes())
    assert result, f"{name} could not be made"
    return folder, result[0]


def _make(folder: Path, told: Path, make: Callable[[Path], Any]) -> None:
    result = []
    try:
        result.append(make(folder))
    finally:
        part = told.with_suffix(".part")
        part.write_text(json.dumps(result), "utf-8")
        part.replace(told)


def _await(path: Path) -> None:
    until = time.monotonic() + 300
    while not path.exists():
        assert time.monotonic() < until, f"another worker never wrote {path.name}"
        time.sleep(0.05)


@cache
def demo_run() -> Run:
    """The demo tenant's, with every deliverable."""
    return _whole("demo", "demo", 1)


@cache
def real_run() -> Run:
    """That of a real tenant's score, with every deliverable."""
    return _whole("real", str(MITRE), 11)


def _whole(name: str, tenant: str, expected: int) -> Run:
    def run(folder: Path) -> tuple[int, str]:
        done = command(f"--tenant={tenant}", f"--reports={folder}")
        return done.returncode, done.stdout + done.stderr

    folder, (status, output) = made_once(f"{name}-run", run)
    assert status == expected, output
    return Run(status, output, folder)
