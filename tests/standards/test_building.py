"""The three documents made again by the command line, and what a run replaces."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from reports import plugin
from reports.__main__ import main
from tests.harness import ROOT, Bench, Run
from tests.standards.documents import checked, made, own, record


def build(*arguments: str | Path) -> int:
    return main(["build", *map(str, arguments)])


def test_the_command_line_as_a_user_types_it(tmp_path: Path) -> None:
    (tmp_path / "posture.json").write_bytes(msgspec.json.encode(made(record())))
    line = [sys.executable, "-m", "reports", "build", str(tmp_path / "posture.json"), "--only", "markdown"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path.name for path in tmp_path.iterdir()} == {"posture.json", plugin.SUMMARY}


def test_any_of_them_is_made_again_alone(demo_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = demo_run.folder / plugin.JSON
    for asked, left in (
        (["oscal"], {plugin.OSCAL}),
        (["sarif", "Markdown"], {plugin.SARIF, plugin.SUMMARY}),
        (["allure"], {plugin.ALLURE}),
    ):
        folder = tmp_path / asked[0]
        assert build(source, folder, *(f"--only={name}" for name in asked)) == 0
        assert capsys.readouterr().err == ""
        assert {path.name for path in folder.iterdir()} == left
        for name in left - {plugin.ALLURE}:
            assert (folder / name).read_bytes() == (demo_run.folder / name).read_bytes()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("{}", (), "schema None is not known"),
        ("no json", (), "is not a posture"),
        ('{"schema": 1}', ("--only", "oscal"), "is not a posture"),
        (None, ("--only", "html"), "report.html is made by a run alone"),
        (None, ("--only", "pdf"), "no deliverable is called pdf: choose from workbook, allure, oscal, sarif, markdown."),
        (None, (), "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_one_line_and_status_2(
    text: str | None, options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "posture.json", tmp_path / "a file"
    target.write_text("kept", "utf-8")
    source.write_bytes(text.encode() if text is not None else msgspec.json.encode(made(record())))
    assert build(source, target, *options) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert target.read_text("utf-8") == "kept"


def test_a_run_replaces_what_an_earlier_one_left(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in (plugin.OSCAL, plugin.SARIF, plugin.SUMMARY):
        (folder / name).write_text("an earlier run was all green", "utf-8")
    plugin.clear(folder)
    assert not list(folder.iterdir())
    found = run(f"--tenant={bench.folder}", "--area", "teams")
    results, log, _ = checked(found.posture)
    assert json.loads((folder / plugin.SARIF).read_bytes())["runs"] == [log]
    assert own(results["results"][0])["complete"] == "no"
