"""The script of the pipelines with the real suite: what it leaves, what a kill and a full disk leave, and no secret in any of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci.pipelines.run import ASIDE
from reports import posture as postures
from tests.harness import Bench
from tests.pipelines import OWN, azure, github, gitlab
from tests.test_annotate import commands

Environment = dict[str, str]
SECRET = "secret_of_the_job"


def clean(environment: Environment) -> Environment:
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*OWN, "PYTEST_", "COV_")) and name != "CI"}
    return {**kept, **environment}


def start(folder: Path, environment: Environment, tenant: Bench, *arguments: str, checks: Sequence[str] = ()) -> subprocess.Popen[str]:
    """The script as a step of a job starts it."""
    run = [sys.executable, "-m", "ci.pipelines", f"--tenant={tenant.folder}", "--workers=0", "--default-branch=main"]
    line = [*run, *arguments, "--", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *checks]
    pipe, kept = subprocess.PIPE, clean(environment)
    return subprocess.Popen(line, cwd=folder, env=kept, stdout=pipe, stderr=subprocess.STDOUT, text=True, encoding="utf-8")


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    log, _ = process.communicate(timeout=120)
    return process.returncode, log


def until_it_judges(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    for line in iter(process.stdout.readline, ""):
        if "session starts" in line:
            return


@pytest.fixture
def hostile(bench: Bench) -> Bench:
    """A tenant whose names are commands to each vendor."""
    name = "##vso[task.complete result=Succeeded;]done ::error::x ##[stop-commands]y"
    bench.change("organization", lambda body: {**body, "value": [{**body["value"][0], "displayName": name}]})
    return bench


REQUESTS = {
    "github": lambda folder: github(folder, "pull_request", "refs/pull/1/merge"),
    "azure": lambda folder: azure(folder, "PullRequest"),
    "gitlab": lambda folder: gitlab(folder, "merge_request_event"),
}
OURS = {
    "github": ("::error ", "::warning "),
    "azure": ("##vso[task.logissue type=", "##vso[task.setvariable variable=m365_", "##vso[task.uploadsummary]"),
    "gitlab": (),
}


@pytest.mark.parametrize(
    ("vendor", "checks", "cut", "status"),
    [
        ("gitlab", ["--action=aad_admin_consent_workflow"], "", 0),
        ("azure", ["--action=IntegratedApps", "--action=aad_admin_consent_workflow"], "policies/authorizationPolicy", 10),
        ("github", ["--area=teams", "--action=IntegratedApps"], "policies/authorizationPolicy", 11),
        ("azure", ["-k", "no_such_check"], "", 5),
    ],
)
def test_a_real_run_ends_as_it_should(vendor: str, checks: list[str], cut: str, status: int, hostile: Bench, tmp_path: Path) -> None:
    if cut:
        hostile.cut(cut)
    work = tmp_path / "work"
    work.mkdir()
    code, log = ended(start(work, REQUESTS[vendor](tmp_path), hostile, checks=checks))
    assert code == status, log
    left = work / "posture" / hostile.folder.name
    if status != 5:
        assert postures.read(left / "posture.json").exit_status == status
        assert {"report.html", "junit.xml", "results.sarif", "summary.md", "workbook.xlsx"} <= {path.name for path in left.iterdir()}
    assert not [line for line in commands(log) if not line.startswith(OURS[vendor])]
    assert not (work / "new-baselines").exists()
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and hostile.folder not in path.parents]
    assert SECRET not in log
    assert not [body for body in files if SECRET.encode() in body]


def test_a_first_baseline_is_a_baseline(bench: Bench, tmp_path: Path) -> None:
    """A whole run that a person starts; what it leaves is a posture that the gate takes."""
    code, log = ended(start(tmp_path, github(tmp_path, "workflow_dispatch"), bench, "--new-baseline=true"))
    assert code == 1, log
    kept = postures.read(tmp_path / "new-baselines" / "tenant.json")
    assert (kept.selection.complete, kept.exit_status) == (True, 1)
    told = (tmp_path / "output").read_text("utf-8").splitlines()
    assert "baseline=new-baselines/tenant.json" in told
    assert told[-1] == "status=1"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the process that is pytest is found by /proc")
def test_a_run_that_is_killed_is_an_error_and_leaves_no_baseline(bench: Bench, tmp_path: Path) -> None:
    process = start(tmp_path, github(tmp_path), bench)
    until_it_judges(process)
    (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").split()
    os.kill(int(child), signal.SIGKILL)
    code, log = ended(process)
    assert code == 3, log
    assert "the run died (signal 9)" in log
    assert not (tmp_path / "new-baselines").exists()
    told = (tmp_path / "output").read_text("utf-8").splitlines()
    assert "status=3" in told
    assert not [line for line in told if line.startswith(("baseline=", "posture="))]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_job_that_is_cancelled_ends_in_order(bench: Bench, tmp_path: Path) -> None:
    process = start(tmp_path, github(tmp_path), bench)
    until_it_judges(process)
    process.send_signal(signal.SIGTERM)
    code, log = ended(process)
    assert code == 2, log
    assert not (tmp_path / "new-baselines").exists()


FULL = """
import resource, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    resource.setrlimit(resource.RLIMIT_FSIZE, (32_000, 32_000))
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are POSIX's")
def test_a_disk_that_fills_up_at_the_end_leaves_no_posture_that_says_0(bench: Bench, tmp_path: Path) -> None:
    """The workbook could not be written: the run is an error, and the posture, which is written last, says nothing else."""
    (tmp_path / "full.py").write_text(FULL, "utf-8")
    environment = github(tmp_path, "pull_request") | {"PYTHONPATH": str(tmp_path)}
    code, log = ended(start(tmp_path, environment, bench, checks=["--action=OneAdmin", "-p", "full"]))
    assert code == 3, log
    assert "File too large" in log
    left = tmp_path / "posture" / "tenant"
    assert not (left / "posture.json").exists()
    assert not (left / ASIDE).exists()


def test_a_folder_that_cannot_be_written_is_told(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    code, log = ended(start(tmp_path, github(tmp_path), bench, "--reports=file/x", checks=["--area=teams"]))
    assert code == 4, log
    assert "error: file/x/" in log
    assert "status=4" in (tmp_path / "output").read_text("utf-8")
