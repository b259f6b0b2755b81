"""The script that every pipeline calls: each exit status reaches its end, a run that died is never green, nor ever leaves a baseline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci import notify
from ci.changes import changes
from ci.pipelines.place import place
from ci.pipelines.run import ASIDE, main
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Compared, Posture
from tests.pipelines import LATER, MET, NEVER, VENDORS, Suite, azure, found, github, gitlab, only
from tests.test_annotate import HOSTILE, commands
from tests.test_changes import THEN, posture, record

Start = Callable[..., int]


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    return Suite(tmp_path, monkeypatch)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Runs the script in this process, in a folder of its own, as a step of a vendor's job."""
    monkeypatch.chdir(tmp_path)

    def run(environment: dict[str, str], *arguments: str) -> int:
        only(environment, monkeypatch)
        return main(["--tenant=contoso", "--default-branch=main", *arguments])

    return run


# The exit status


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [0, 1, 10, 11])
def test_a_status_of_a_run_that_judged_reaches_the_end(status: int, vendor: str, suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.code, suite.posture = status, found(status)
    assert start(VENDORS[vendor](tmp_path)) == status
    assert (tmp_path / "posture/contoso/posture.json").exists()
    assert (tmp_path / "new-baselines/contoso.json").exists() is (status == 0)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("status", [2, 3, 4, 5])
@pytest.mark.parametrize("with_posture", [False, True])
def test_a_status_of_a_run_that_did_not_reaches_the_end(
    status: int, vendor: str, with_posture: bool, suite: Suite, start: Start, tmp_path: Path
) -> None:
    suite.code, suite.posture = status, found(status) if with_posture else None
    assert start(VENDORS[vendor](tmp_path)) == status
    assert not (tmp_path / "new-baselines").exists()


@pytest.mark.parametrize("code", [6, 7, 12, 13, 99, 137, 255])
def test_a_status_that_nobody_knows_is_an_error(code: int, suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.code, suite.posture = code, found(code)
    assert start(github(tmp_path)) == 3
    assert not (tmp_path / "new-baselines").exists()


# A run that died


@pytest.mark.parametrize("code", [0, 1, 10, 11])
def test_nothing_without_a_posture_is_judged(
    code: int, suite: Suite, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.code = code
    assert start(github(tmp_path)) == 3
    assert f"the run ended with {code}, and it left no posture" in capsys.readouterr().out
    assert "Exit status 3" in (tmp_path / "summary.md").read_text("utf-8")


@pytest.mark.parametrize("code", [0, 10])
@pytest.mark.parametrize(
    ("left", "told"),
    [
        (found(1), "its posture says 1"),
        (found(None), "its posture says None"),
        (posture(MET, as_of=THEN), "an earlier run's"),
    ],
    ids=["another status", "no status", "old"],
)
def test_a_posture_that_says_something_else_is_not_believed_and_not_left(
    code: int, left: Posture, told: str, suite: Suite, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite.code, suite.posture = code, left
    assert start(github(tmp_path)) == 3
    assert told in capsys.readouterr().out
    assert not (tmp_path / "posture/contoso/posture.json").exists()
    assert (tmp_path / "posture/contoso" / ASIDE).exists()
    assert not (tmp_path / "new-baselines").exists()


def test_a_posture_cut_off_is_none(suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.code, suite.posture = 0, found(0)
    suite.cut = 200
    assert start(github(tmp_path)) == 3
    assert not (tmp_path / "posture/contoso/posture.json").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_run_that_is_killed_is_an_error(number: int, suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    suite.before = f"os.kill(os.getpid(), {int(number)}); time.sleep(9)"
    assert start(github(tmp_path)) == 3
    assert not (tmp_path / "new-baselines").exists()


def test_what_an_earlier_run_left_is_gone_before_anything_begins(suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    assert start(github(tmp_path)) == 0
    suite.posture, suite.code = None, 4
    assert start(github(tmp_path)) == 4
    assert not (tmp_path / "posture/contoso/posture.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk is simulated by /dev/full")
@pytest.mark.parametrize("name", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_a_full_disk_is_not_green(name: str, suite: Suite, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite.posture = found(0)
    assert start(github(tmp_path) | {name: "/dev/full"}) == 4
    assert "No space left" in capsys.readouterr().out
    assert not (tmp_path / "new-baselines").exists()
    suite.code, suite.posture = 1, found(1)
    assert start(github(tmp_path) | {"GITHUB_STEP_SUMMARY": "/dev/full"}) == 1, "what was found stands"


def test_a_place_for_baselines_that_cannot_be_written_is_not_green(suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    (tmp_path / "file").write_text("", "utf-8")
    assert start(github(tmp_path), "--new-baselines=file/folder") == 4


def test_an_error_of_ours_does_not_end_as_a_tenant_that_was_judged(tmp_path: Path) -> None:
    """Neither one that it runs into, nor one that keeps it from beginning: a package that is not installed."""
    begin = "import runpy, sys; sys.argv = ['x', '--tenant=x']; runpy.run_module('ci.pipelines', run_name='__main__')"
    broken = ("import ci.pipelines.run as run; run._command = lambda *_: 1 / 0", "import sys; sys.modules['msgspec'] = None")
    for way, told in zip(broken, ("ZeroDivisionError", "ModuleNotFoundError"), strict=True):
        done = subprocess.run([sys.executable, "-c", f"{way}; {begin}"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 3
        assert told in done.stderr


# The baseline


@pytest.mark.parametrize("where", NEVER)
def test_no_baseline_is_left_elsewhere(where: str, suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    assert start(NEVER[where](tmp_path), "--new-baseline=true") == 0
    assert not (tmp_path / "new-baselines").exists()
    assert not [argument for argument in suite.lines[0] if argument.startswith("--write-baseline")]


def test_the_default_branch_is_taken_from_nothing_but_what_is_certain(tmp_path: Path) -> None:
    assert place(github(tmp_path)).default_branch, "a schedule runs on no other branch"
    assert place(github(tmp_path, "push")).default_branch
    assert not place(github(tmp_path, "push", default="trunk")).default_branch
    assert not place(github(tmp_path, "push", default=None)).default_branch
    assert not place(github(tmp_path, "push") | {"GITHUB_EVENT_PATH": str(tmp_path / "gone")}).default_branch
    assert not place(azure(tmp_path)).default_branch, "Azure does not say which it is"
    assert place(azure(tmp_path), "main").default_branch
    assert place(gitlab(tmp_path)).default_branch
    assert place(azure(tmp_path)).link == "https://dev.azure.com/contoso/the%20posture/_build/results?buildId=7"
    assert place(github(tmp_path)).link == "https://github.com/contoso/posture/actions/runs/7"


@pytest.mark.parametrize(
    ("environment", "asked", "status", "left"),
    [
        (lambda folder: github(folder, "workflow_dispatch"), "true", 1, True),
        (lambda folder: azure(folder, "Manual"), "true", 1, True),
        (lambda folder: gitlab(folder, "api"), "true", 1, True),
        (lambda folder: github(folder, "workflow_dispatch"), "false", 1, False),
        (lambda folder: github(folder, "workflow_dispatch"), "true", 10, False),
        (lambda folder: github(folder, "workflow_dispatch"), "true", 11, False),
        (lambda folder: github(folder, "schedule"), "true", 1, False),
        (lambda folder: github(folder, "push"), "true", 1, False),
    ],
    ids=range(8),
)
def test_what_is_found_becomes_the_baseline_only_where_a_person_says_so(
    environment: Callable[[Path], dict[str, str]], asked: str, status: int, left: bool, suite: Suite, start: Start, tmp_path: Path
) -> None:
    suite.code, suite.posture = status, found(status)
    assert start(environment(tmp_path), f"--new-baseline={asked}", "--fail-on=regression") == status, "the status stays"
    assert (tmp_path / "new-baselines/contoso.json").exists() is left


def test_a_baseline_that_would_say_the_same_stays(suite: Suite, start: Start, tmp_path: Path) -> None:
    old = found(0)
    (tmp_path / "baselines").mkdir()
    postures.write(old, tmp_path / "baselines/contoso.json")
    suite.posture = found(0, baseline=Compared(LATER, old.tool))
    assert start(github(tmp_path)) == 0
    assert f"--baseline={Path('baselines/contoso.json')}" in suite.lines[0]
    assert not (tmp_path / "new-baselines").exists()
    suite.posture = found(0, MET, record("D", Verdict.MET), baseline=Compared(LATER, old.tool))
    suite.posture.changes = changes(old, suite.posture)
    assert start(github(tmp_path)) == 0
    assert postures.read(tmp_path / "new-baselines/contoso.json").changes


# What is told


def test_what_changed_is_told_from_the_default_branch_alone_and_a_message_lost_keeps_the_old_baseline(
    suite: Suite, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []

    def not_sent(options: Any) -> int:
        sent.append(options)
        return notify.NOT_SENT

    monkeypatch.setattr(notify, "run", not_sent)
    suite.posture = found(0, MET, baseline=Compared(THEN, posture().tool))
    suite.posture.changes = changes(posture(), suite.posture)
    environment = {"CHAT": "https://hooks.slack.com/secret"}
    assert start(github(tmp_path, "pull_request") | environment, "--webhook-env=CHAT") == 0
    assert not sent
    suite.before = "assert 'CHAT' not in os.environ"
    assert start(github(tmp_path) | environment, "--webhook-env=CHAT") == notify.NOT_SENT
    assert sent[0].link == "https://github.com/contoso/posture/actions/runs/7"
    assert not (tmp_path / "new-baselines").exists(), "the next run has it to tell again"
    suite.posture.changes = []
    assert start(github(tmp_path) | environment, "--webhook-env=CHAT") == 0
    assert len(sent) == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_no_word_of_a_tenant_is_a_command(
    vendor: str, suite: Suite, start: Start, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = "\n".join(HOSTILE)
    suite.before = f"print({said!r})"
    suite.code, suite.posture = 1, found(1, record("B", Verdict.NOT_MET, title=said, reason=said))
    assert start(VENDORS[vendor](tmp_path)) == 1
    log = capfd.readouterr().out
    ours = {"github": ("::error ",), "azure": ("##vso[task.logissue ", "##vso[task.setvariable ", "##vso[task.uploadsummary]")}
    obeyed = [line for line in commands(log) if not line.startswith(ours.get(vendor, ("\0",)))]
    assert not obeyed
    assert len(commands(log)) == {"github": 2, "azure": 8, "gitlab": 0}[vendor]


def test_later_steps_are_given_what_they_upload(suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    assert start(github(tmp_path)) == 0
    told = dict(line.split("=", 1) for line in (tmp_path / "output").read_text("utf-8").splitlines())
    assert told == {
        "slug": "contoso",
        "reports": "posture/contoso",
        "posture": "posture/contoso/posture.json",
        "changed": "false",
        "baseline": "new-baselines/contoso.json",
        "status": "0",
    }
    assert (tmp_path / "summary.md").read_text("utf-8") == "# What there is\n\n"


def test_the_files_of_the_folder_are_the_runs(suite: Suite, start: Start, tmp_path: Path) -> None:
    suite.posture = found(0)
    assert start(github(tmp_path), "--", "--patience=9") == 0
    (tmp_path / "tenants.toml").touch()
    (tmp_path / "exceptions.toml").touch()
    assert start(github(tmp_path)) == 0
    without, with_both = (set(line) & {"--tenants=tenants.toml", "--exceptions=exceptions.toml"} for line in suite.lines)
    assert (len(without), len(with_both)) == (0, 2)
    assert suite.lines[0][-1] == "--patience=9"


def test_a_tenant_is_no_path_and_no_line_of_an_output(suite: Suite, tmp_path: Path, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    suite.posture = found(0)
    only(github(tmp_path), monkeypatch)
    assert main(["--tenant=../../x\nstatus=0"]) == 0
    told = (tmp_path / "output").read_text("utf-8").splitlines()
    assert "slug=x-status-0" in told
    assert (tmp_path / "posture/x-status-0/posture.json").exists()
