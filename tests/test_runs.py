"""A run from outside: its exit status, what it leaves, and that neither xdist nor an early end makes it say more than it knows."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fixtures.graph.failure import Cause
from fixtures.verdicts import NotEvaluated
from reports import posture as postures
from reports.__main__ import main
from tests.harness import LEFT, ROOT, Bench, Run, command

PLAIN = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def test_the_demo_tenant_as_a_user_starts_it(demo_run: Run) -> None:
    folder, output = demo_run.folder, demo_run.output
    assert {path.name for path in folder.iterdir()} == LEFT
    assert "This is the demo tenant" in output
    assert "gaps worth most" in output
    assert "Traceback" not in output
    assert "AssertionError" not in output
    assert b"\\u001b" in (folder / "posture.json").read_bytes(), "the demo tenant attacks"
    assert "onerror" in (folder / "posture.json").read_text("utf-8")
    assert "\x1b[31m" not in output, "a name of the tenant's must not colour the terminal"
    posture = demo_run.posture
    assert posture.totals["actions"] >= 240
    assert sum(count for key, count in posture.totals.items() if key != "actions") == posture.totals["actions"]
    assert {"met", "not met", "accepted", "not licensed", "not applicable", "not scored"} <= {k for k, n in posture.totals.items() if n}
    jsonschema.validate(json.loads((folder / "posture.json").read_bytes()), json.loads(postures.schema()))


def test_the_published_schema_is_the_one_in_use() -> None:
    assert (ROOT / "reports" / "posture.schema.json").read_bytes().strip() == postures.schema().strip()


@pytest.mark.parametrize("workers", [False, True], ids=["one process", "xdist"])
def test_stopping_at_the_first_failure_is_incomplete(workers: bool, bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    if workers:
        status = command(f"--tenant={bench.folder}", f"--reports={tmp_path / 'reports'}", "-q", "-x", "-n1").returncode
    else:
        status = run(f"--tenant={bench.folder}", "-x", deliverables=False).status
    posture = postures.read(tmp_path / "reports" / "posture.json")
    assert status == posture.exit_status == 11
    assert posture.selection.stopped
    assert not posture.selection.complete
    assert len(posture.verdicts) == 273
    assert {r.cause for r in posture.verdicts if r.verdict == "not evaluated"} == {"not run"}
    assert posture.totals["actions"] == 258


def test_everything_met_ends_in_0_and_all_of_it_incomplete_in_10(bench: Bench, run: Callable[..., Run]) -> None:
    assert run(f"--tenant={bench.folder}", "--action", "OneAdmin", "--action", "RoleOverlap", deliverables=False).status == 0
    bench.refuse("roleManagement/directory/roleAssignments")
    assert run(f"--tenant={bench.folder}", "--action", "OneAdmin", "--action", "RoleOverlap", deliverables=False).status == 10
    assert run(f"--tenant={bench.folder}", "--action", "OneAdmin", "--action", "spo_legacy_auth", deliverables=False).status == 11
    assert run(f"--tenant={bench.folder}", "--action", "spo_legacy_auth", deliverables=False).status == 1


def test_a_selection_keeps_the_denominator(bench: Bench, run: Callable[..., Run]) -> None:
    posture = run(f"--tenant={bench.folder}", "-k", "OneAdmin or RoleOverlap", deliverables=False).posture
    assert posture.totals["actions"] == 258
    assert posture.totals["not selected"] == 256
    assert not posture.selection.complete
    assert posture.selection.arguments == ["-k OneAdmin or RoleOverlap"]


def test_a_run_in_which_nothing_is_judged_leaves_an_earlier_ones_results(bench: Bench, run: Callable[..., Run]) -> None:
    tenant = f"--tenant={bench.folder}"
    folder = run(tenant, "--area", "teams").folder

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = files()
    assert {path.name for path in before} >= LEFT - {"allure-results"}
    assert run(tenant, "-k", "no_such_check").status == 5
    assert files() == before
    assert run(tenant, checks=ROOT / "checks" / "no_such_file.py").status == 4
    assert files() == before
    assert command(tenant, f"--reports={folder}", "-q", "-n1", "-k", "no_such").returncode == 5
    assert files() == before


def test_pythons_optimisation_is_refused(bench: Bench, tmp_path: Path) -> None:
    done = command(f"--tenant={bench.folder}", f"--reports={tmp_path}", PYTHONOPTIMIZE="1")
    assert done.returncode == 4
    assert "takes every assertion out" in done.stderr


@pytest.mark.parametrize("without", ["terminal", "junitxml", "html", "skipping", "xdist", "metadata"])
def test_pytests_own_plugins_may_be_left_out(without: str, bench: Bench, run: Callable[..., Run]) -> None:
    done = run(f"--tenant={bench.folder}", "-p", f"no:{without}", "--area", "teams")
    assert done.status == 1, done.output
    assert done.posture.totals["not met"] == 3


def test_junit_tells_the_verdict_and_no_introspection(bench: Bench, run: Callable[..., Run]) -> None:
    for style in ("auto", "no"):
        found = run(f"--tenant={bench.folder}", "--area", "teams", f"--tb={style}")
        text = (found.folder / "junit.xml").read_text("utf-8")
        assert text.count('<property name="verdict" value="not met"') == 3
        assert "AssertionError" not in text


def test_what_attacks_a_terminal_is_shown_and_not_obeyed(bench: Bench, run: Callable[..., Run]) -> None:
    def rename(body: Any) -> None:
        body["value"][0]["displayName"] = "A\x1b[2J\n===== 300 passed in 1s ====="

    bench.change("identity/conditionalAccess/policies", rename)
    for style in ("auto", "long"):
        output = run(f"--tenant={bench.folder}", "--action", "AdminMFAV2", f"--tb={style}", deliverables=False).output
        assert "\x1b[2J" not in output
        assert "\n===== 300 passed" not in output


def test_nothing_selected_is_5_and_leaves_nothing(bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", "-k", "nothing_is_called_so")
    assert found.status == 5
    assert not (found.folder / "posture.json").exists()


def test_looking_at_what_would_run_reads_no_evidence_and_leaves_nothing(bench: Bench, run: Callable[..., Run]) -> None:
    for look in ("--co", "--fixtures", "--setup-plan"):
        found = run(f"--tenant={bench.folder}", look, "-q")
        assert found.status == 0, look
        assert not found.folder.exists()


def test_last_failed_runs_what_was_not_met(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    line = (f"--tenant={bench.folder}", "-p", "cacheprovider", "-o", f"cache_dir={tmp_path / 'c'}", "--area", "teams")
    run(*line, deliverables=False)
    done = run(*line, "--lf", deliverables=False)
    assert done.status == 1
    assert {record.verdict for record in done.posture.verdicts} == {"not met"}
    assert done.posture.totals["actions"] == 258


def test_what_an_earlier_run_left_is_replaced_and_nothing_else(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    (folder / "allure-results" / "history").mkdir(parents=True)
    (folder / "notes.txt").write_text("mine", "utf-8")
    (folder / "posture.json").write_text("old", "utf-8")
    for _ in range(2):
        run(f"--tenant={bench.folder}", "--area", "teams")
    assert (folder / "notes.txt").read_text("utf-8") == "mine"
    assert (folder / "allure-results" / "history").is_dir()
    assert len(list((folder / "allure-results").glob("*-result.json"))) == 6


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_an_interrupted_run_says_so_and_leaves_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(
        "import pathlib, time, pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_runtest_setup(item):\n"
        f"    pathlib.Path({str(tmp_path / 'begun')!r}).touch()\n    time.sleep(0.05)\n",
        "utf-8",
    )
    line = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={tmp_path / 'r'}", "-p", "slow", *PLAIN]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CI": ""}
    process = subprocess.Popen(line, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(600):
        if (tmp_path / "begun").exists():
            break
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=60)[0]
    assert process.returncode == 2, output[-2000:]
    posture = postures.read(tmp_path / "r" / "posture.json")
    assert posture.exit_status == 2
    assert posture.selection.stopped == "interrupted by the user"
    assert len(posture.verdicts) == 273
    assert {r.cause for r in posture.verdicts if r.verdict == "not evaluated"} == {"not run"}
    assert {path.name for path in (tmp_path / "r").iterdir()} == LEFT


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_run_that_is_ended_while_it_reads_ends_in_order(tmp_path: Path, number: str) -> None:
    (tmp_path / "ends.py").write_text(
        "import signal\nfrom fixtures.graph.client import GraphClient\nreal, asked = GraphClient._request, []\n"
        "def request(*arguments):\n    asked.append(arguments)\n"
        f"    if len(asked) == 3:\n        signal.raise_signal(signal.{number})\n    return real(*arguments)\n"
        "GraphClient._request = request\n",
        "utf-8",
    )
    line = [
        sys.executable,
        "-m",
        "pytest",
        "--tenant=demo",
        f"--reports={tmp_path / 'r'}",
        f"--record={tmp_path / 'it.zip'}",
        "-p",
        "ends",
        *PLAIN,
    ]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "CI": ""}
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("it.zip")]


CHECKS = '''
import os
import typing
import pytest
from fixtures.actions import improvement_action
from fixtures.graph.failure import Cause
from fixtures.verdicts import NotEvaluated

def check_that_crashes(organization):
    """It crashes."""
    raise ZeroDivisionError("of our own")

def check_that_an_assertion_elsewhere_ends(organization):
    """It ends by an assertion of somebody else's file."""
    typing.assert_never(organization)

def check_that_skips(organization):
    """It skips without a fact."""
    pytest.skip("felt like it")

@pytest.mark.skip(reason="by a mark")
def check_that_is_marked_skip(organization):
    """It is skipped by a mark."""

@pytest.mark.xfail(reason="by a mark", strict=False)
def check_that_is_marked_xfail(organization):
    """It is not met, whatever it is marked."""
    assert False, "still not met"

def check_without_a_message(organization):
    """The sky is green."""
    assert organization is None

def check_that_uses_what_it_did_not_name(request):
    """It reaches for a resource behind the suite's back."""
    request.getfixturevalue("sharepoint_settings")

def check_with_an_unknown_fixture(no_such_fixture):
    """It asks for something that is not there."""

@improvement_action("OneAdmin")
def check_that_dies(organization):
    """It takes its process with it."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        os._exit(1)
'''


@pytest.fixture
def own_checks(tmp_path: Path) -> Path:
    """A copy of the project with two check files, and one of the user's own."""
    import shutil

    project = tmp_path / "project"
    for name in ("fixtures", "reports", "ci"):
        shutil.copytree(ROOT / name, project / name, ignore=shutil.ignore_patterns("out"))
    (project / "checks").mkdir()
    for name in ("__init__.py", "scored.py", "check_identity.py", "check_other.py"):  # not their bytecode, which names their place
        shutil.copy(ROOT / "checks" / name, project / "checks" / name)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, project / name)
    (project / "checks" / "check_own.py").write_text(CHECKS, "utf-8")
    return project


def run_in(project: Path, *arguments: str) -> tuple[int, postures.Posture, str]:
    line = [sys.executable, "-m", "pytest", "--tenant=demo", "--reports=out", *PLAIN, *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "CI"}
    done = subprocess.run(line, cwd=project, env=environment, capture_output=True, text=True, timeout=120)
    return done.returncode, postures.read(project / "out" / "posture.json"), done.stdout + done.stderr


def test_an_error_of_a_check_never_looks_like_a_finding(own_checks: Path) -> None:
    status, posture, output = run_in(own_checks, "checks/check_own.py", "-k", "not check_that_dies")
    records = {r.item.rpartition("::")[2]: r for r in posture.verdicts}
    for name in (
        "check_that_crashes",
        "check_that_an_assertion_elsewhere_ends",
        "check_that_skips",
        "check_that_is_marked_skip",
        "check_that_uses_what_it_did_not_name",
        "check_with_an_unknown_fixture",
    ):
        assert (records[name].verdict, records[name].cause) == ("not evaluated", "defect"), name
    assert records["check_that_is_marked_xfail"].verdict == "not met"
    assert records["check_without_a_message"].verdict == "not met"
    assert records["check_without_a_message"].reason == "It does not hold that: The sky is green."
    assert "of our own" not in output, "no traceback unless asked for"
    assert status == 11
    assert "felt like it" in records["check_that_skips"].reason


def test_a_traceback_on_request(own_checks: Path) -> None:
    _, _, output = run_in(own_checks, "checks/check_own.py", "-k", "check_that_crashes", "--tb=long")
    assert "ZeroDivisionError" in output


def test_a_lost_worker_is_incomplete(own_checks: Path) -> None:
    status, posture, _ = run_in(own_checks, "--action", "OneAdmin", "--action", "RoleOverlap", "-n1", "--max-worker-restart=1")
    records = {r.item.rpartition("::")[2]: r for r in posture.verdicts}
    assert records["check_that_dies"].cause == "not run"
    assert status in {10, 11}
    assert status == posture.exit_status


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["one process", "xdist"])
def test_a_check_file_that_cannot_be_imported_is_an_error_of_ours(workers: tuple[str, ...], own_checks: Path) -> None:
    (own_checks / "checks" / "check_own.py").write_text("import no_such_module_at_all\n", "utf-8")
    (own_checks / "out").mkdir()
    for name in ("report.html", "junit.xml"):
        (own_checks / "out" / name).write_text("an earlier run was all green", "utf-8")
    line = [sys.executable, "-m", "pytest", "--tenant=demo", "--reports=out", "-q", *PLAIN, *workers]
    done = subprocess.run(line, cwd=own_checks, env={**os.environ, "CI": ""}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stdout[-1500:]
    posture = postures.read(own_checks / "out" / "posture.json")
    assert posture.exit_status == 3
    assert posture.selection.stopped
    for name in ("report.html", "junit.xml"):
        assert "all green" not in (own_checks / "out" / name).read_text("utf-8")


@pytest.mark.parametrize("error", [RuntimeError("no"), NotEvaluated(Cause.DEFECT, "It was not read.")], ids=["any", "not evaluated"])
def test_what_fails_at_the_end_of_a_run_is_no_finding(error: BaseException, bench: Bench, run: Callable[..., Run]) -> None:
    class Fails:
        def pytest_m365_posture(self) -> None:
            raise error

    assert run(f"--tenant={bench.folder}", "--action", "spo_legacy_auth", plugins=[Fails()], deliverables=False).status == 3


def test_the_project_tests_are_an_ordinary_run() -> None:
    done = command("tests/test_verdicts.py", "-q", "--co")
    assert done.returncode == 0
    assert "tenant:" not in done.stdout


def test_a_run_loads_nothing_that_only_tests_need() -> None:
    """An option's value after a space is taken for a path at first, and where there is none of that name pytest looks into `tests`, too:
    whose requirements a user has not installed.
    """
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = {re.split(r"[\[>=;]", requirement)[0] for requirement in extras["test"]}
    modules = {module for module, owners in packages_distributions().items() if wanted & {owner.casefold() for owner in owners}}
    assert {"hypothesis", "trustme", "starlette"} <= modules
    code = (
        "import pytest, sys; options = ['--tenant', 'demo', '--collect-only', '-q', '-p', 'no:cacheprovider', '-p', 'no:hypothesispytest'];"
        "status = pytest.main([*options, '--action=OneAdmin']);"
        f"sys.exit(status or ' '.join({modules!r} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_microsofts_score_is_no_part_of_a_direct_checks_evidence(bench: Bench, run: Callable[..., Run]) -> None:
    record = run(f"--tenant={bench.folder}", "--action", "OneAdmin", deliverables=False).records["OneAdmin"]
    assert "v1.0/roleManagement/directory/roleAssignments" in record.evidence
    assert not any("secureScore" in evidence for evidence in record.evidence)


def test_deliverables_are_made_again_from_a_posture(
    bench: Bench, run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = run(f"--tenant={bench.folder}", "--area", "teams")
    line = [sys.executable, "-m", "reports", "build"]
    again = subprocess.run([*line, str(found.folder / "posture.json"), str(tmp_path / "again")], cwd=ROOT, timeout=60, capture_output=True)
    assert again.returncode == 0, again.stderr
    assert {path.name for path in (tmp_path / "again").iterdir()} == LEFT - {"report.html", "junit.xml"}
    assert (tmp_path / "again" / "posture.json").read_bytes() == (found.folder / "posture.json").read_bytes()
    for text in ("{", "[]", '{"schema": 99}', '{"schema": 1}'):
        (tmp_path / "bad.json").write_text(text, "utf-8")
        assert main(["build", str(tmp_path / "bad.json")]) == 2, text
        assert "Traceback" not in capsys.readouterr().err
        assert not (tmp_path / "workbook.xlsx").exists()
