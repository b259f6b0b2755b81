"""Runs the checks again on a snapshot, in a process of its own that knows nothing of this one's tenant, options and secrets."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec

from fixtures.text import one_line

from .. import posture as postures
from ..posture import Posture

ROOT = Path(__file__).resolve().parents[2]
# What Python needs to start and to find its packages. Nothing else of the environment takes part.
_ENVIRONMENT = {
    *("PATH", "PATHEXT", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED"),
}


class ReplayError(Exception):
    """The checks could not be run on the snapshot, in one line."""


class Judged(NamedTuple):
    """What a run judged, and by what: all that its verdicts and its exit status hang on."""

    snapshot: Path
    exceptions: Path
    baseline: Path | None
    items: list[str]
    fail_on: list[str]
    runxfail: bool


def replay(judged: Judged, work: Path, *, reports: bool) -> tuple[Posture, Path]:
    """The posture of the same again, and the folder of its deliverables, which is in the folder `work`.

    Of pytest's plugins none takes part that the machine happens to have. `reports` says whether the report and JUnit are wanted too.
    Raises `ReplayError`.
    """
    folder, chosen, tenants = work / "reports", work / "items.json", work / "tenants.toml"
    chosen.write_bytes(msgspec.json.encode(judged.items))
    tenants.touch()  # this machine's own may name anything
    line = [sys.executable, "-m", "pytest", str(ROOT / "checks"), "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "-q"]
    line += ["--disable-plugin-autoload", "-p", "reports.package.selecting", "-p", "no:cacheprovider", f"--only-items={chosen}"]
    line += [f"--tenant={judged.snapshot}", f"--tenants={tenants}", f"--exceptions={judged.exceptions}", f"--reports={folder}"]
    line += [f"--baseline={judged.baseline}"] if judged.baseline else []
    line += [f"--fail-on={','.join(judged.fail_on)}"] if judged.fail_on else []
    line += ["--runxfail"] if judged.runxfail else []
    line += ["-p", "metadata", "-p", "html"] if reports else ["-p", "no:junitxml"]
    kept = {name: value for name, value in os.environ.items() if name.upper() in _ENVIRONMENT}
    environment = {**kept, "PYTHONUTF8": "1", "TZ": "UTC"}
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", errors="replace")  # noqa: S603
    try:
        posture = postures.read(folder / "posture.json")
    except ValueError:
        raise ReplayError(_told(done)) from None
    if posture.exit_status != done.returncode:
        raise ReplayError(f"the run ended with status {done.returncode}: {_told(done)}")
    return posture, folder


def _told(done: subprocess.CompletedProcess[str]) -> str:
    """The line in which the run said what was wrong, else its last."""
    lines = [line for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith(("ERROR: ", "INTERNALERROR> E"))]
    return one_line(errors[0] if errors else lines[-1] if lines else f"status {done.returncode}")
