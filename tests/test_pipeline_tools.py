"""What the templates call besides the script: the list of tenants, the commit of baselines, the site with Allure's reports."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from ci.pipelines import pages, tenants
from ci.pipelines.run import main
from fixtures.permissions import AUDIENCE, ISSUERS, federated
from fixtures.permissions import main as permissions
from tests.harness import ROOT

FOLDER = ROOT / "ci" / "pipelines"


# The list of tenants


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=40, unique=True), st.integers(1, 9))
def test_every_tenant_is_in_one_part(names: list[str], most: int) -> None:
    parts = tenants.parts(names, most)
    cut = [json.loads(part["tenants"]) for part in parts]
    assert [name for some in cut for name in some] == names
    assert all(0 < len(some) <= most for some in cut)
    assert [part["part"] for part in parts] == [str(number) for number in range(1, len(parts) + 1)]


def test_thousands_of_tenants_fan_out_and_more_than_can_be_are_told() -> None:
    assert len(tenants.parts([f"t{number}" for number in range(5_000)], 256)) == 20
    with pytest.raises(ValueError, match="65537 tenants"):
        tenants.parts([f"t{number}" for number in range(65_537)], 256)


def listed(folder: Path) -> subprocess.CompletedProcess[str]:
    """The command as a job starts it, where nothing of the project is installed."""
    line = [sys.executable, "-I", str(FOLDER / "tenants.py")]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=60, encoding="utf-8")


def test_the_command_needs_nothing_but_python(tmp_path: Path) -> None:
    (tmp_path / "tenants.toml").write_text(tomli_w.dumps({"a b\n": {"id": "x"}, "contoso": {"id": "y"}}), "utf-8")
    done = listed(tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("\n") == 1, "it becomes one line of GITHUB_OUTPUT"
    assert json.loads(json.loads(done.stdout)[0]["tenants"]) == ["a b\n", "contoso"]


@pytest.mark.parametrize("text", [None, "", "x = 1", "[a", "\xff"])
def test_a_list_that_is_none_is_one_line(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "tenants.toml").write_bytes(text.encode("latin-1"))
    done = listed(tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (4, "", 1)
    assert "tenants.toml" in done.stderr


# The commit


GIT = """#!/bin/sh
echo "$*" >> "$CALLS"
case "$*" in
  *"diff --cached --quiet"*) exit "$SAME" ;;
  *push*) n=$(cat "$CALLS.n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$CALLS.n"; [ $n -gt "$LOST" ] ;;
esac
"""


def keep(folder: Path, same: bool = False, lost: int = 0) -> tuple[int, list[str]]:
    """The script with a `git` that notes what it is asked; `lost` pushes come too late."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "git").write_text(GIT, "utf-8")
    (tools / "git").chmod(0o755)
    calls = tools / "calls"
    environment = {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "CALLS": str(calls), "SAME": "0" if same else "1", "LOST": str(lost)}
    line = ["sh", str(FOLDER / "keep.sh"), "new-baselines", "main"]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    return done.returncode, calls.read_text("utf-8").splitlines() if calls.exists() else []


needs_sh = pytest.mark.skipif(os.name != "posix" or not shutil.which("sh"), reason="the script is for a POSIX shell")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "new-baselines").mkdir()
    (tmp_path / "new-baselines" / "contoso.json").write_text("new", "utf-8")
    (tmp_path / "baselines").mkdir()
    (tmp_path / "baselines" / "contoso.json").write_text("old", "utf-8")
    (tmp_path / "baselines" / "fabrikam.json").write_text("old", "utf-8")
    return tmp_path


@needs_sh
def test_new_baselines_are_committed_to_the_branch_and_nothing_else_is(work: Path) -> None:
    status, calls = keep(work)
    assert status == 0
    assert (work / "baselines/contoso.json").read_text("utf-8") == "new"
    assert (work / "baselines/fabrikam.json").read_text("utf-8") == "old"
    assert calls[0] == "add --force -- baselines"
    assert "[skip ci]" in calls[2], "a commit of the pipeline's starts no pipeline"
    assert calls[3] == "push --quiet origin HEAD:refs/heads/main"
    assert len(calls) == 4


@needs_sh
def test_who_lost_the_race_tries_again_and_not_for_ever(work: Path) -> None:
    status, calls = keep(work, lost=2)
    assert status == 0
    assert [call.split()[-1] for call in calls if "pull" in call] == ["main", "main"]
    shutil.rmtree(work / "tools")
    status, calls = keep(work, lost=99)
    assert status == 1
    assert sum("push" in call for call in calls) == 5


@needs_sh
def test_nothing_new_is_no_commit(work: Path) -> None:
    assert not any("commit" in call for call in keep(work, same=True)[1])
    shutil.rmtree(work / "tools")
    (work / "new-baselines/contoso.json").unlink()
    assert keep(work) == (0, [])


# The site


ALLURE = """
import json, pathlib, sys
asked = dict(zip(sys.argv[2::2], sys.argv[3::2]))
config = json.loads(pathlib.Path(asked["--config"]).read_text())
with open(config["historyPath"], "a") as file:
    file.write(config["name"] + "\\n")
site = pathlib.Path(asked["--output"])
site.mkdir(parents=True)
(site / "index.html").write_text(pathlib.Path(sys.argv[-1]).parent.name)
"""


def test_each_tenant_has_its_report_and_its_own_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With a stand-in for Allure's command line, which is asked for a report as Allure 3 is."""
    for name in ("contoso", "a<b>"):
        results = tmp_path / "in" / f"{pages.PREFIX}{name}" / "allure-results"
        results.mkdir(parents=True)
        (results / "allurerc.json").write_text(json.dumps({"name": name}), "utf-8")
    (tmp_path / "allure.py").write_text(ALLURE, "utf-8")
    allure = shlex.join([sys.executable, str(tmp_path / "allure.py")])
    line = [str(tmp_path / "in"), "--history", str(tmp_path / "history"), "--site", str(tmp_path / "site"), "--allure", allure]
    for _ in range(2):
        assert pages.main(line) == 0
    assert (tmp_path / "history/contoso.jsonl").read_text("utf-8") == "contoso\ncontoso\n"
    assert (tmp_path / "site/contoso/index.html").exists()
    links: list[Any] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            links.extend(value for name, value in attrs if name == "href")

    Reader().feed((tmp_path / "site/index.html").read_text("utf-8"))
    assert links == ["a<b>/", "contoso/"]
    (tmp_path / "allure.py").write_text("raise SystemExit(3)", "utf-8")
    assert pages.main(line) == 1
    assert pages.main([str(tmp_path / "history"), *line[1:]]) == 1
    assert "holds no allure-results" in capsys.readouterr().err


# Signing in without a secret


SUBJECTS = [
    "repo:contoso@1/posture@2:ref:refs/heads/main",
    "repo:contoso@1/posture@2:pull_request",
    "project_path:a/b:ref_type:branch:ref:ma'in",
]


def test_a_federated_credential_is_what_azure_cli_takes() -> None:
    printed = federated("github", [*SUBJECTS, SUBJECTS[0]]).splitlines()
    assert len(printed) == 4
    bodies = []
    for line in printed[1:]:
        words = shlex.split(line)
        assert words[:6] == ["az", "ad", "app", "federated-credential", "create", "--id"]
        bodies.append(json.loads(words[-1]))
    assert [body["subject"] for body in bodies] == SUBJECTS
    assert {body["issuer"] for body in bodies} == {ISSUERS["github"]}
    assert all(body["audiences"] == [AUDIENCE] for body in bodies)
    names = {body["name"] for body in bodies}
    assert len(names) == 3
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,119}", name) for name in names)


def test_it_is_printed_and_never_run(capsys: pytest.CaptureFixture[str]) -> None:
    issuer = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0"
    assert permissions(["federated", "--for", "azure-devops", "--issuer", issuer, "--subject", "/eid1/c/pub/t/x/a/y/sc/1/2"]) == 0
    assert issuer in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--subject", ""],
        ["--subject", "repo:contoso/*"],
        ["--subject", "a\nb"],
        ["--subject", "x" * 601],
        ["--for", "azure-devops", "--subject", "x"],
        ["--subject", "x", "--issuer", "http://issuer.example"],
        ["--subject", "x", "--issuer", "https://issuer.example/$(id)"],
    ],
    ids=range(8),
)
def test_what_is_no_subject_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        permissions(["federated", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("python -m fixtures.permissions: error: --")


# What is asked


@pytest.mark.parametrize("arguments", [[], ["--tenant="], ["--tenant", "x", "--nonsense"], ["--tenant=x", "--webhook-format=irc"]])
def test_what_is_asked_wrongly_ends_as_pytest_ends_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 4
    assert capsys.readouterr().err.count("\n") == 1


# The docs


def test_the_docs_name_every_template_and_say_no_command_that_is_not() -> None:
    text = (ROOT / "docs" / "pipelines.md").read_text("utf-8")
    for path in (*FOLDER.rglob("*.yml"), FOLDER / "keep.sh", FOLDER / "pages.py"):
        assert path.name in text, path.name
    for named in re.findall(r"ci/pipelines/[\w./*-]+", text):
        assert list(ROOT.glob(named.rstrip("./"))), named
    known = {"ci fleet", "ci notify", "ci.pipelines", "fixtures.permissions az", "fixtures.permissions federated"}
    assert set(re.findall(r"python -m ((?:ci|fixtures|reports)[\w.]*(?: [a-z]+)?)", text)) == known
    said = re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    assert said == ["0", "1", "10", "11", "2", "3", "4", "5", "13"]
