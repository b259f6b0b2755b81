"""Packages of the demo tenant, made once for all workers: what tests change is a copy."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.harness import command
from tests.packages import Checked, identity, verified
from tests.whole_runs import made_once

EXCEPTION = (
    '[[exception]]\naction = "aad_third_party_apps"\nstate = "risk-accepted"\nreason = "We know."\nowner = "IT"\nexpires = 2099-01-01\n'
)
PASSPHRASE = "a passphrase of this test"


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., Checked]:
    return partial(verified, capsys)


@pytest.fixture(scope="module")
def place(demo_template: Path) -> Path:
    def make(folder: Path) -> None:
        _whole(folder, demo_template)
        with zipfile.ZipFile(folder / "whole.zip") as archive:
            archive.extractall(folder / "unpacked", [name for name in archive.namelist() if name.startswith("snapshot/")])
        _part(folder)

    return made_once("evidence", make)[0]


def _whole(place: Path, tenant: Path) -> None:
    authority = identity(place, "The authority", ca=True)
    auditor = identity(place, "The auditor", issuer=authority, passphrase=PASSPHRASE)
    folder = place / "reports"
    (folder / "allure-results").mkdir(parents=True)
    for name in ("mine.txt", "report.html", ".hidden"):
        (folder / name).write_text("of an earlier time", "utf-8")
    (place / "whole.zip").write_text("old", "utf-8")
    done = command(
        f"--tenant={tenant}", f"--evidence={place / 'whole.zip'}", f"--sign={auditor.signs_with}", f"--reports={folder}", "-q",
        M365_SIGN_PASSPHRASE=PASSPHRASE,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"SHA-256 {hashlib.sha256((place / 'whole.zip').read_bytes()).hexdigest()}" in done.stdout
    assert PASSPHRASE not in done.stdout + done.stderr
    assert not list(place.glob("*.part"))


def _part(place: Path) -> None:
    (place / "exceptions.toml").write_text(EXCEPTION, "utf-8")
    given = {"tenant": "unpacked/snapshot", "evidence": "part.zip", "exceptions": "exceptions.toml", "reports": "part"}
    arguments = (*(f"--{option}={place / path}" for option, path in given.items()), f"--baseline={place / 'reports' / 'posture.json'}")
    done = command(*arguments, "--fail-on=any", "--area=identity", "-q", "-n1")
    assert done.returncode == 1, done.stdout + done.stderr


@pytest.fixture(scope="module")
def whole(place: Path) -> Path:
    """All checks of the demo tenant, which lies in a folder made by hand; signed. The folder of deliverables was in use before."""
    return place / "whole.zip"


@pytest.fixture(scope="module")
def auditor(place: Path) -> Path:
    """The certificate of who signed it: issued by an authority, with a passphrase on the key."""
    return place / "The auditor.crt"


@pytest.fixture(scope="module")
def authority(place: Path) -> Path:
    """The certificate of who issued that."""
    return place / "The authority.crt"


@pytest.fixture(scope="module")
def recorded(place: Path) -> Path:
    """A sealed snapshot of the demo tenant, as a folder."""
    return place / "unpacked" / "snapshot"


@pytest.fixture(scope="module")
def part(place: Path) -> Path:
    """One area of a recorded tenant, with an exception in force and a baseline, by a worker of xdist."""
    return place / "part.zip"
