"""Whole runs as a user starts them, each made once for all tests of a session, in whichever worker of xdist they are.

What is in their folders stays as it is: others look at it, too.
"""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path

import pytest

from tests.harness import MITRE, Run, command


class Place:
    """Where what is made once for all workers lies; known when the session begins."""

    folder: Path | None = None

    @classmethod
    def found(cls, factory: pytest.TempPathFactory) -> None:
        own = factory.getbasetemp()
        cls.folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@cache
def demo_run() -> Run:
    """The demo tenant's, with every deliverable."""
    return _whole("demo", "demo", 1)


@cache
def real_run() -> Run:
    """That of a real tenant's score, with every deliverable."""
    return _whole("real", str(MITRE), 11)


def _whole(name: str, tenant: str, expected: int) -> Run:
    assert Place.folder
    folder, told = Place.folder / f"{name}-run", Place.folder / f"{name}-run.json"
    try:
        folder.mkdir()
    except FileExistsError:
        _await(told)
    else:
        _run(tenant, folder, told)
    status, output = json.loads(told.read_bytes())
    assert status == expected, output
    return Run(status, output, folder)


def _run(tenant: str, folder: Path, told: Path) -> None:
    result: tuple[int, str] = -1, "it came to no end"
    try:
        done = command(f"--tenant={tenant}", f"--reports={folder}")
        result = done.returncode, done.stdout + done.stderr
    finally:
        part = told.with_suffix(".part")
        part.write_text(json.dumps(result), "utf-8")
        part.replace(told)


def _await(path: Path) -> None:
    until = time.monotonic() + 150  # more than a command is given
    while not path.exists():
        assert time.monotonic() < until, f"another worker never wrote {path.name}"
        time.sleep(0.05)
