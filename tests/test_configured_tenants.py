"""What the user's choice of a source of exports does to a run: which checks there are, what is asked, and what a preflight says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.exporter import EXPORTER, script
from fixtures.graph.app_roles import ROLE_IDS
from fixtures.graph.clouds import GLOBAL
from fixtures.graph.snapshot import Declared
from fixtures.graph.tokens import Caller
from fixtures.permissions import CREATES, granted_for, manifest, needed, standing
from fixtures.preflight import told
from fixtures.resources import RESOURCES
from fixtures.store import Store
from fixtures.tenant import Tenant
from tests.harness import NOW, ROOT, Bench, Run

POSTURE_ALONE = True

READS = "ConfigurationMonitoring.Read.All"


@pytest.mark.parametrize("said", [None, "off"])
def test_without_a_source_the_actions_are_judged_by_the_score(bench: Bench, run: Callable[..., Run], said: str | None) -> None:
    with_exports = run(f"--tenant={bench.folder}")
    before = with_exports.records
    bench.choose_exports(said)
    without = run(f"--tenant={bench.folder}")
    after = without.records
    exported = {name for name, record in before.items() if "exported" in record.observed}
    assert len(exported) > 50
    actions = {name for name in exported if before[name].action}
    assert {after[name].basis for name in actions} == {"scored"}
    assert not [name for name in exported - actions if name in after], "a check without an action that nothing can be read for is not there"
    assert {name: record.verdict for name, record in after.items() if name not in exported} == {
        name: record.verdict for name, record in before.items() if name not in exported and name in after
    }
    assert without.posture.totals["actions"] == with_exports.posture.totals["actions"]
    assert not [
        evidence.id for evidence in without.posture.evidence if "configurationManagement" in evidence.id or "teams/user" in evidence.id
    ]


def test_a_snapshot_is_never_written_to(bench: Bench, run: Callable[..., Run]) -> None:
    """A recording of a run that made a job is judged again as it was: by the job of its own."""
    jobs = "admin/configurationManagement/configurationSnapshotJobs"
    bench.choose_exports("create")
    assert {record.cause for record in run(f"--tenant={bench.folder}", "--area=teams").records.values()} == {"unavailable"}

    def made_by_the_run(body: dict[str, list[dict[str, str]]]) -> None:
        body["value"][1]["displayName"] = "M365 posture 20261120120000 0a1b"

    bench.change(jobs, made_by_the_run)
    found = run(f"--tenant={bench.folder}", "--area=teams")
    assert not [name for name, record in found.records.items() if record.cause]
    assert found.posture.written == []


def test_a_choice_nobody_knows_is_one_line(bench: Bench, run: Callable[..., Run]) -> None:
    bench.choose_exports("always")
    found = run(f"--tenant={bench.folder}")
    assert found.status == 4
    assert "tenant.toml is damaged: Invalid enum value 'always' - at `$.tenant_configuration`" in found.output


@pytest.mark.parametrize("wrong", ["always", ""])
def test_so_it_is_in_tenants_toml(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "tenants.toml").write_text(f'[lab]\nid = "lab.example"\ntenant_configuration = "{wrong}"\n', "utf-8")
    line = [sys.executable, "-m", "pytest", "--tenant=lab", f"--tenants={tmp_path / 'tenants.toml'}", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 4
    assert "tenants.toml is damaged" in done.stdout + done.stderr
    assert "tenant_configuration" in done.stdout + done.stderr


def test_nothing_is_asked_for_that_nobody_chose() -> None:
    assert READS not in granted_for("off")
    assert CREATES not in granted_for("existing")
    assert set(granted_for("existing")) - set(granted_for("off")) == {READS, "TeamsUserConfiguration.Read.All"}
    assert set(granted_for("create")) - set(granted_for("off")) == {CREATES, "TeamsUserConfiguration.Read.All"}
    access = manifest("create")[0]["resourceAccess"]
    assert isinstance(access, list)
    assert {each["id"] for each in access} == {ROLE_IDS[permission] for permission in granted_for("create")}


def test_what_a_preflight_makes_of_the_permission() -> None:
    names = [name for name, resource in RESOURCES.items() if resource.permissions == (READS,)]
    assert list(standing([READS], names).missing) == []
    assert list(standing([READS], names, "create").missing) == [CREATES]
    assert list(standing([CREATES], names, "create").missing) == []
    assert standing([CREATES], names, "create").unneeded == ()
    assert standing([CREATES], names, "existing").unneeded == (CREATES,), "it writes, where reading is enough"
    assert list(needed(names, "create")) == [CREATES]


@pytest.mark.parametrize("chosen", ["off", "existing", "create"])
def test_a_preflight_says_what_no_token_shows(chosen: Any) -> None:
    caller = Caller("tenant", "app", None)
    status, lines = told(Store(Tenant("lab", "live", GLOBAL, Declared(tenant_configuration=chosen), NOW, NOW, caller), Path()), [])
    assert status == 10
    assert ("python -m fixtures.permissions exporter" in "".join(lines)) == (chosen != "off")


def test_the_commands_for_microsofts_application_are_a_script() -> None:
    checked = subprocess.run(["bash", "-n"], input=script(), text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    called = subprocess.run(
        ["bash", "-c", 'az() { [ "$1" = rest ] && printf "%s\\n" "$7" || echo an-id; }\n' + script()],
        text=True,
        capture_output=True,
        check=False,
    )
    bodies = [json.loads(line) for line in called.stdout.splitlines() if line.startswith("{")]
    assert [set(body) for body in bodies] == [
        {"principalId", "resourceId", "appRoleId"},
        *[{"principalId", "roleDefinitionId", "directoryScopeId"}] * 2,
    ]
    assert {body["principalId"] for body in bodies} == {"an-id"}
    assert EXPORTER in script()


def test_off_is_what_nobody_said() -> None:
    assert Declared().tenant_configuration == "off"
