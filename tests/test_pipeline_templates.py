"""The templates: valid by their vendors' own schemas, no more rights than they need, and shell lines that keep a status and obey nobody."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from check_jsonschema.transforms.azure_pipelines import traverse_data
from ruamel.yaml import YAML

from tests.harness import ROOT

FOLDER = ROOT / "ci" / "pipelines"
SCHEMAS = {
    "github/action.yml": "github-actions",
    "github/m365-posture.yml": "github-workflows",
    "github/m365-tenants.yml": "github-workflows",
    "azure/azure-pipelines.yml": "azure-pipelines",
    "azure/jobs.yml": "azure-pipelines",
    "gitlab/gitlab-ci.yml": "gitlab-ci",
    "gitlab/posture.yml": "gitlab-ci",
}
STATUSES = (0, 1, 2, 3, 4, 5, 10, 11, 13)


def yaml(name: str, kind: str = "safe") -> Any:
    return YAML(typ=kind, pure=True).load((FOLDER / name).read_text("utf-8"))


def expanded(node: Any) -> Any:
    """Azure's template expressions as it would have them filled in, wherever they are a value."""
    if isinstance(node, dict):
        return {key: expanded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [expanded(value) for value in node]
    return re.sub(r"\$\{\{.*?\}\}", "x", node) if isinstance(node, str) else node


def test_every_template_has_a_schema() -> None:
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.yml")} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_template_is_valid_by_its_vendors_schema(name: str) -> None:
    """Azure reads every scalar as text, and what an expression stands for is known when it is filled in."""
    kind = SCHEMAS[name]
    schema = json.loads((resources.files("check_jsonschema.builtin_schemas.vendor") / f"{kind}.json").read_bytes())
    loaded = expanded(traverse_data(yaml(name, "base"))) if kind == "azure-pipelines" else yaml(name)
    found = [f"{error.instance_path}: {error.message}" for error in jsonschema_rs.validator_for(schema).iter_errors(loaded)]
    assert not found


def test_a_template_that_is_wrong_is_found() -> None:
    """The schemas are no rubber stamps."""
    for name, kind in SCHEMAS.items():
        schema = json.loads((resources.files("check_jsonschema.builtin_schemas.vendor") / f"{kind}.json").read_bytes())
        loaded = expanded(traverse_data(yaml(name, "base"))) if kind == "azure-pipelines" else yaml(name)
        broken = {**loaded, ("jobs" if "jobs" in loaded else "runs" if "runs" in loaded else "include"): 7}
        assert not jsonschema_rs.validator_for(schema).is_valid(broken), name


# GitHub's own language server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are needed to ask GitHub's language server")
    folder = tmp_path_factory.mktemp("server")
    pack = [npm, "pack", "--silent", "@actions/languageserver@0.3.61"]
    fetched = subprocess.run(pack, cwd=folder, capture_output=True, text=True, timeout=120)
    if fetched.returncode:
        pytest.skip("the package @actions/languageserver cannot be fetched here")
    shutil.unpack_archive(folder / fetched.stdout.strip(), folder, filter="data")
    return folder / "package" / "dist" / "cli.bundle.cjs"


def diagnoses(server: Path, files: dict[str, str]) -> dict[str, list[str]]:
    """What the server has to say of each file, over its protocol."""
    process = subprocess.Popen(["node", str(server), "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin
    assert process.stdout

    def send(**message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert process.stdin
        process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        process.stdin.flush()

    def answers() -> Iterator[Any]:
        assert process.stdout
        while header := process.stdout.readline():
            process.stdout.readline()
            yield json.loads(process.stdout.read(int(header.split(b":")[1])))

    heard, found = answers(), dict[str, list[str]]()
    try:
        send(id=1, method="initialize", params={"processId": None, "rootUri": None, "capabilities": {}})
        next(answer for answer in heard if answer.get("id") == 1)
        send(method="initialized", params={})
        for name, text in files.items():
            uri = f"file:///repository/{'' if name.endswith('action.yml') else '.github/workflows/'}{name}"
            document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
            send(method="textDocument/didOpen", params={"textDocument": document})
            told = next(a for a in heard if a.get("method") == "textDocument/publishDiagnostics" and a["params"]["uri"] == uri)
            found[name] = [row["message"] for row in told["params"]["diagnostics"]]
    finally:
        process.kill()
        process.communicate()
    return found


def test_githubs_own_server_finds_nothing(server: Path) -> None:
    names = [name.removeprefix("github/") for name in SCHEMAS if name.startswith("github/")]
    files = {name: (FOLDER / "github" / name).read_text("utf-8") for name in names}
    broken = (
        files["m365-posture.yml"].replace("branches:", "brnaches:").replace("needs.tenants.outputs.parts", "needs.nobody.outputs.parts")
    )
    found = diagnoses(server, {**files, "broken.yml": broken})
    assert len(found.pop("broken.yml")) == 2
    assert found == {name: [] for name in names}


# Rights


def jobs(name: str) -> dict[str, Any]:
    return dict(yaml(name)["jobs"])


def test_no_job_has_more_rights_than_it_needs() -> None:
    rights: dict[str, set[str]] = {}
    for name in ("github/m365-posture.yml", "github/m365-tenants.yml"):
        assert yaml(name)["permissions"] == {}
        rights |= {f"{name} {title}": {k for k, v in body["permissions"].items() if v == "write"} for title, body in jobs(name).items()}
    assert rights == {
        "github/m365-posture.yml tenants": set(),
        "github/m365-posture.yml posture": {"id-token", "security-events"},
        "github/m365-posture.yml fleet": set(),
        "github/m365-posture.yml baselines": {"contents"},
        "github/m365-posture.yml pages": {"pages", "id-token"},
        "github/m365-tenants.yml posture": {"id-token", "security-events"},
    }


def test_no_pipeline_knows_a_secret_but_the_webhook() -> None:
    for name in SCHEMAS:
        text = (FOLDER / name).read_text("utf-8")
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"M365_WEBHOOK", "webhook"}, name
        assert "pull_request_target" not in text
        assert not re.search(r"password|CLIENT_SECRET|CERTIFICATE", text, re.IGNORECASE)
        assert "continue-on-error" not in text
        assert "continueOnError" not in text
        assert "allow_failure" not in text


def test_who_writes_to_the_repository_does_so_on_its_default_branch_alone() -> None:
    assert (
        "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
        in jobs("github/m365-posture.yml")["baselines"]["if"]
    )
    rules = yaml("gitlab/posture.yml")["baselines"]["rules"]
    assert rules[0] == {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"', "when": "never"}
    (keeps,) = [body for body in traverse_data(yaml("azure/jobs.yml"))["jobs"] if body["job"] == "baselines"]
    assert "ne(variables['Build.Reason'], 'PullRequest')" in keeps["condition"]


def test_pages_are_published_where_only_some_can_read_them() -> None:
    pages = jobs("github/m365-posture.yml")["pages"]
    assert "vars.M365_PAGES == 'private'" in pages["if"]
    assert pages["steps"][0]["run"] == 'test "$(gh api "repos/$GITHUB_REPOSITORY/pages" --jq .public)" = false'


def steps() -> Iterator[tuple[str, str]]:
    """(where, script) of every shell line of GitHub's and Azure's."""
    for name in ("github/m365-posture.yml", "github/m365-tenants.yml"):
        for title, body in jobs(name).items():
            yield from ((f"{name} {title}", step["run"]) for step in body.get("steps", []) if "run" in step)
    yield from (("github/action.yml", step["run"]) for step in yaml("github/action.yml")["runs"]["steps"] if "run" in step)
    for body in traverse_data(yaml("azure/jobs.yml"))["jobs"]:
        for step in body["steps"]:
            script = step.get("bash") or step.get("inputs", {}).get("inlineScript")
            if script:
                yield f"azure/jobs.yml {body['job']}", script


def test_no_expression_is_pasted_into_a_script() -> None:
    assert len(list(steps())) >= 9
    for where, script in steps():
        assert "${{" not in script, where
        assert "$(" not in re.sub(r"\$\((python3? |gh )", "", script), f"{where}: Azure fills that in before a shell sees it"


# What the shell lines do


EVIL = "x y$(touch owned);`touch owned`'\"*"


def run_with(tmp_path: Path, script: str, shell: list[str], environment: dict[str, str], status: int) -> tuple[int, list[list[str]]]:
    """Runs the lines with a `python` that notes its arguments and ends with `status`: the code, and the calls."""
    tools = tmp_path / f"tools{status}"
    tools.mkdir()
    note = f"import json, sys; open({str(tools / 'calls')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')"
    code = f"{note}; sys.exit({status} if '-m' in sys.argv and 'pip' not in sys.argv else 0)"
    (tools / "python").write_text(f'#!/bin/sh\nexec {sys.executable} -c "$CODE" "$@"\n', "utf-8")
    (tools / "python").chmod(0o755)
    (tools / "script").write_text(script, "utf-8")
    kept = {**environment, "CODE": code, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run([*shell, str(tools / "script")], cwd=tmp_path, env=kept, capture_output=True, text=True, timeout=60)
    calls = [json.loads(line) for line in (tools / "calls").read_text("utf-8").splitlines()] if (tools / "calls").exists() else []
    return done.returncode, calls


def judging(vendor: str) -> tuple[str, list[str], dict[str, str]]:
    """The lines that judge, as the vendor's runner starts them, with what stands in their variables."""
    hostile = {
        "TENANT": EVIL,
        "ARGUMENTS": "-k one --patience=9",
        "M365_ARGUMENTS": "-k one --patience=9",
        "M365_ID_TOKEN": "ey",
        "HOME": "/tmp",
    }
    if vendor == "gitlab":
        lines = yaml("gitlab/posture.yml")[".m365-posture"]["script"]
        return "\n".join(lines), ["sh", "-eu"], {**hostile, "M365_FAIL_ON": "", "M365_WEBHOOK_ENV": "", "M365_NEW_BASELINE": "false"}
    start = "github/action.yml" if vendor == "github" else "azure/jobs.yml posture"
    (script,) = [script for where, script in steps() if where.startswith(start) and "ci.pipelines" in script]
    names = ("TENANTS_FILE", "BASELINE", "NEW_BASELINE", "FAIL_ON", "WEBHOOK_ENV", "WEBHOOK_FORMAT", "DEFAULT_BRANCH")
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail"] if vendor == "github" else ["bash"]
    return script, shell, {**hostile, **dict.fromkeys(names, "")}


needs_bash = pytest.mark.skipif(os.name != "posix" or not shutil.which("bash"), reason="the lines are for bash")


@needs_bash
@pytest.mark.parametrize("vendor", ["github", "azure", "gitlab"])
def test_each_status_reaches_the_end_of_the_lines(vendor: str, tmp_path: Path) -> None:
    script, shell, environment = judging(vendor)
    for status in STATUSES:
        code, (call,) = run_with(tmp_path, script, shell, environment, status)
        assert code == status
        assert f"--tenant={EVIL}" in call
        assert call[call.index("--") + 1 :] == ["-k", "one", "--patience=9"]
        given = [argument.split("=")[0] for argument in call[: call.index("--")] if argument.startswith("--")]
        options = (FOLDER / "job.py").read_text("utf-8")
        assert all(f'"{option}"' in options for option in given)
    assert not list(tmp_path.rglob("owned"))


@needs_bash
def test_the_sum_of_a_fleet_reaches_the_end(tmp_path: Path) -> None:
    found = [(where, script) for where, script in steps() if "ci fleet" in script]
    assert [where for where, _ in found] == ["github/m365-posture.yml fleet", "azure/jobs.yml fleet"]
    for where, script in found:
        for status in (0, 1, 10, 11, 3):
            folder = tmp_path / f"{where.partition('/')[0]}{status}"
            folder.mkdir()
            environment = {"GITHUB_STEP_SUMMARY": str(folder / "summary.md"), "POSTURES": str(folder / "postures")}
            code, calls = run_with(folder, script, ["bash", "-eo", "pipefail"], environment, status)
            assert code == status, where
            assert all("tenants.toml" in call for call in calls if "fleet" in call)
