"""A tenant to damage, and a run of the real suite to look at."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

import httpcore  # noqa: F401  imported here once: httpx knows the errors of the one it loads first, and pytester forgets that one
import openpyxl  # noqa: F401  imported here once: pytester forgets what an inner run imports, and each would import it again
import pytest

import reports.allure
import reports.html
import reports.plugin
import reports.terminal
import reports.workbook  # noqa: F401
from fixtures.demo.builder import write_demo
from fixtures.record import Record
from reports import posture as postures
from reports.posture import Posture

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
MITRE = SHARED / "real" / "mitre-2024-01"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DIRECT = ("-k", "not check_scored_by_microsoft")
STANDARDS = {"oscal-assessment-results.json", "results.sarif", "summary.md"}
# What a run leaves.
LEFT = {"report.html", "workbook.xlsx", "posture.json", "junit.xml", "allure-results", *STANDARDS}

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the shared reference material is not here")


class Bench:
    """A snapshot folder of the demo tenant. `path` is below `v1.0` or begins with `beta/`, without `.json`."""

    def __init__(self, folder: Path, template: Path) -> None:
        self.folder = folder
        shutil.copytree(template, folder)

    @staticmethod
    def template(folder: Path) -> Path:
        """The demo tenant with ten days of history instead of ninety: a test has no use for more."""
        write_demo(folder, NOW)
        scores = folder / "v1.0" / "security" / "secureScores.json"
        body = json.loads(scores.read_bytes())
        scores.write_text(json.dumps({**body, "value": body["value"][:10]}), "utf-8")
        return folder

    def file(self, path: str) -> Path:
        return self.folder / f"{'' if path.startswith('beta/') else 'v1.0/'}{path}.json"

    def read(self, path: str) -> Any:
        return json.loads(self.file(path).read_bytes())

    def write(self, path: str, value: Any) -> None:
        self.file(path).write_text(json.dumps(value), "utf-8")

    def change(self, path: str, change: Callable[[Any], Any]) -> None:
        """Change a body in place: `change` gets it and may return another."""
        value = self.read(path)
        self.write(path, change(value) or value)

    def refuse(self, path: str, status: int = 403, code: str = "Authorization_RequestDenied") -> None:
        """Answer with an error instead."""
        self.file(path).unlink()
        error = {"error": {"code": code, "message": "Insufficient privileges to complete the operation."}}
        self.file(f"{path}.{status}").write_text(json.dumps(error), "utf-8")

    def choose_exports(self, said: str | None) -> None:
        """What the tenant's people chose as the source of exported settings; None: they say nothing of it."""
        file = self.folder / "tenant.toml"
        kept = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("tenant_configuration")]
        file.write_text("\n".join([*kept, *([f"tenant_configuration = {json.dumps(said)}"] if said else [])]), "utf-8")

    def cut(self, path: str) -> None:
        """Break the body off half-way."""
        body = self.file(path).read_bytes()
        self.file(path).write_bytes(body[: len(body) // 2])

    def lead_nowhere(self, path: str) -> None:
        """A next page that does not exist: the second is lost, or a link to one is added."""
        if self.file(f"{path}.page2").exists():
            self.file(f"{path}.page2").unlink()
            return
        url = f"https://graph.microsoft.com/v1.0/{path}?$skiptoken=gone"
        self.change(path, lambda body: body.update({"@odata.nextLink": url}))


class Run:
    """What a run of the suite gave."""

    def __init__(self, status: int, output: str, folder: Path) -> None:
        self.status, self.output, self.folder = status, output, folder
        self._read, self._records = 0, dict[str, Record]()

    @property
    def posture(self) -> Posture:
        return postures.read(self.folder / "posture.json")

    @property
    def records(self) -> dict[str, Record]:
        """By action or, without one, by the name of the check. Read again only when another run has left its posture here."""
        written = (self.folder / "posture.json").stat().st_mtime_ns
        if written != self._read:
            records = {r.action or r.claims or r.item.rpartition("::")[2]: r for r in self.posture.verdicts}
            self._records, self._read = records, written
        return self._records

    def verdicts(self) -> dict[str, str]:
        return {name: str(record.verdict) for name, record in self.records.items()}


def suite(pytester: pytest.Pytester, folder: Path, *arguments: str, plugins: Sequence[object] = (), checks: Path = ROOT / "checks") -> Run:
    """The checks of this project, or a file of them, run in this process, with `plugins` of the test's own beside them."""
    common = [
        "-c",
        str(ROOT / "pyproject.toml"),
        "--rootdir",
        str(ROOT),
        str(checks),
        f"--reports={folder}",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
    ]
    with pytest.MonkeyPatch.context() as quick:
        # pytest reads what every installed distribution says of itself, and the suite counts what is frozen: a seventh of a short run
        quick.setattr("importlib.metadata.distributions", _distributions)
        quick.setattr("gc.get_freeze_count", lambda: 1)
        result = pytester.runpytest_inprocess(*common, *arguments, plugins=list(plugins))
    return Run(int(result.ret), result.stdout.str() + result.stderr.str(), folder)


@cache
def _with_entry_points() -> tuple[Distribution, ...]:
    return tuple(each for each in distributions() if each.entry_points)


def _distributions(**wanted: Any) -> Iterable[Distribution]:
    return distributions(**wanted) if wanted else _with_entry_points()


def write_posture(posture: Posture, folder: Path, *_: object, **__: object) -> list[str]:
    """Stands in for what writes every deliverable, where a test looks at the posture alone."""
    folder.mkdir(parents=True, exist_ok=True)
    postures.write(posture, folder / "posture.json")
    return []


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The suite as a user starts it, in a process of its own, with no tenant in the environment."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "PYTEST_", "COV_")) and k != "CI"}
    line = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *arguments]
    return subprocess.run(line, cwd=ROOT, env={**clean, **environment}, capture_output=True, text=True, timeout=120, encoding="utf-8")
