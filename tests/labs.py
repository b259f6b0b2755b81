"""The checks on the tiny tenant as a live one: over HTTPS and with a real sign-in, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.credentials.place import Place, read
from tests.emulator import Emulator, running
from tests.emulator.tiny import BREAK_GLASS, write_tiny
from tests.harness import ROOT, Run


class LabRun(NamedTuple):
    """What a run left: its status, all it printed, and its posture as it is written (None where it never began)."""

    status: int
    output: str
    posture: Any

    @property
    def told(self) -> list[str]:
        """The lines it printed, on either stream."""
        return [line for line in self.output.splitlines() if line.strip()]

    @property
    def verdicts(self) -> dict[str, tuple[str, str | None]]:
        """Each item's verdict and cause."""
        return {row["item"]: (row["verdict"], row["cause"]) for row in self.posture["verdicts"]}


InLab = Callable[..., LabRun]


@contextmanager
def laboratory(folder: Path) -> Iterator[Emulator]:
    """One whose tenant was read once: pytester forgets what an inner run imports first, and half of it would be imported twice."""
    with running(write_tiny(folder)) as emulator, pytest.MonkeyPatch.context() as environment:
        bearer, _ = Place(emulator, environment).sign_in("secret")
        assert read(bearer, emulator, "domains") == [200]
        environment.undo()
        yield emulator


def options_of(emulator: Emulator, folder: Path) -> tuple[str, str]:
    """The options that name the tenant, which a `tenants.toml` in `folder` describes."""
    table = {
        "id": emulator.tenant_id,
        "cloud": "lab",
        "graph": emulator.graph,
        "authority": emulator.authority,
        "break_glass_accounts": [BREAK_GLASS],
    }
    tenants = folder / "tenants.toml"
    tenants.write_text("[lab]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in table.items()), "utf-8")
    return "--tenant=lab", f"--tenants={tenants}"


def variables_of(emulator: Emulator, changes: dict[str, str | None]) -> dict[str, str | None]:
    return {**emulator.environment, "NO_PROXY": "localhost", **changes}


def started(emulator: Emulator, folder: Path, *arguments: str, **variables: str | None) -> LabRun:
    """A run in a process of its own. `variables` change its environment; None takes one out."""
    options = (*options_of(emulator, folder), f"--reports={folder}", "-q", "-p", "no:cacheprovider")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "PYTEST_", "CI"))}
    environment = inherited | {name: value for name, value in variables_of(emulator, variables).items() if value is not None}
    line = [sys.executable, "-m", "pytest", *options, *arguments]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60)
    return _left(done.returncode, done.stdout + done.stderr, folder)


def within(run: Callable[..., Run], emulator: Emulator, folder: Path, environment: pytest.MonkeyPatch) -> InLab:
    """Runs the checks in this process, which takes half as long: `in_lab("--preflight", AZURE_CLIENT_ID=None)`."""

    def one(*arguments: str, **variables: str | None) -> LabRun:
        for name, value in variables_of(emulator, variables).items():
            if value is None:
                environment.delenv(name, raising=False)
            else:
                environment.setenv(name, value)
        done = run(*options_of(emulator, folder), "-q", *arguments, deliverables=False)
        return _left(done.status, done.output, folder)

    return one


def _left(status: int, output: str, folder: Path) -> LabRun:
    found = next(folder.rglob("posture.json"), None)
    return LabRun(status, output, json.loads(found.read_text("utf-8")) if found else None)
