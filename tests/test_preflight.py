"""`--preflight`: who calls, and what he was granted, told before anything is read."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.graph.app_roles import GRAPH, ROLE_IDS
from fixtures.permissions import manifest, needed, standing, table
from fixtures.resources import RESOURCES
from tests.emulator import CLIENT_ID, Emulator
from tests.harness import ROOT, SHARED, command, needs_shared
from tests.labs import InLab, LabRun, started

ALL, SOME_MISSING, UNKNOWN, USAGE_ERROR = 0, 12, 10, 4


@pytest.fixture
def preflight(emulator: Emulator, in_lab: InLab, tmp_path: Path) -> InLab:
    """A preflight with these `roles` in the token, which reads nothing and leaves nothing."""

    def one(*arguments: str, roles: list[str] | None = None) -> LabRun:
        with emulator.behaving(**({} if roles is None else {"roles": roles})):
            done = in_lab("--preflight", *arguments)
            assert not emulator.reads
        assert done.posture is None
        assert [path.name for path in tmp_path.iterdir()] == ["tenants.toml"]
        return done

    return one


def told(done: LabRun, mark: str) -> dict[str, str]:
    """What was said of each permission under this mark."""
    found = (re.match(rf"\{mark} \w+ +([\w.-]+) +(.*)", line) for line in done.output.splitlines())
    return {match[1]: match[2] for match in found if match}


def test_all_that_is_needed_is_granted(emulator: Emulator, preflight: InLab) -> None:
    done = preflight()
    assert done.status == ALL, done.told
    beside = {permission for resource in RESOURCES.values() if resource.beside for permission in resource.permissions}
    assert set(told(done, "+")) == set(needed()) - beside
    assert not told(done, "-")
    assert not told(done, "!")
    assert f"application {CLIENT_ID}" in done.output
    assert emulator.tenant_id in done.output
    assert emulator.graph in done.output


def test_what_is_missing_is_told_with_the_checks_it_costs(preflight: InLab) -> None:
    roles = [permission for permission in needed() if permission not in {"Policy.Read.All", "Domain.Read.All", "Directory.Read.All"}]
    done = preflight(roles=roles)
    assert done.status == SOME_MISSING, done.told
    missing = told(done, "-")
    assert set(missing) == {"Policy.Read.All", "Domain.Read.All", "Directory.Read.All"}
    assert missing["Domain.Read.All"] == "costs 1 check: PWAgePolicyNew"
    assert "BlockLegacyAuthentication" in missing["Policy.Read.All"]
    assert "AdminMFAV2" in missing["Directory.Read.All"], "Graph answers the registration report as unlicensed without it"
    assert "spo_" not in missing["Policy.Read.All"]


def test_what_is_too_much_is_told(preflight: InLab) -> None:
    roles = [*(p for p in needed() if p != "Domain.Read.All"), "Mail.ReadWrite", "Domain.ReadWrite.All"]
    done = preflight(roles=roles)
    assert done.status == ALL, "a permission to write contains the one to read"
    assert set(told(done, "!")) == {"Mail.ReadWrite", "Domain.ReadWrite.All"}
    assert "writes, where reading is enough" in told(done, "!")["Domain.ReadWrite.All"]


def test_a_wider_permission_stands_for_a_narrow_one(preflight: InLab) -> None:
    covered = {"Domain.Read.All", "User.Read.All", "GroupMember.Read.All", "Organization.Read.All"}
    done = preflight(roles=[p for p in needed() if p not in covered])
    assert done.status == ALL, done.told
    assert "domains" in told(done, "+")["Directory.Read.All"]


def test_only_what_the_selected_checks_need_can_be_missing(preflight: InLab) -> None:
    enough = ["SecurityEvents.Read.All", "LicenseAssignment.Read.All", "Organization.Read.All", "Domain.Read.All"]
    assert preflight("--action=PWAgePolicyNew", roles=enough).status == ALL
    without = preflight("--action=PWAgePolicyNew", roles=enough[1:])
    assert without.status == SOME_MISSING
    assert "every action that is judged on Microsoft's score" in told(without, "-")["SecurityEvents.Read.All"]


def test_an_action_that_no_check_reads_a_setting_for_is_told(preflight: InLab) -> None:
    done = preflight("--action", "Nope", "--action", "OneAdmin")
    assert done.status == ALL
    assert "No check reads a setting for Nope: whether this tenant's Secure Score has it, only a run can tell." in done.output


def test_a_family_of_actions_stands_as_one(preflight: InLab) -> None:
    done = preflight("--action=scid_2012", roles=["SecurityEvents.Read.All"])
    assert done.status == SOME_MISSING
    assert told(done, "-")["ThreatHunting.Read.All"] == "costs 1 check: scid_*"
    assert "No check reads" not in done.output


def test_a_token_that_says_nothing_is_not_known_and_not_missing(preflight: InLab) -> None:
    done = preflight(roles=[])
    assert done.status == UNKNOWN, done.told
    assert "not known" in done.output


def test_workers_change_nothing(emulator: Emulator, tmp_path: Path) -> None:
    with emulator.behaving(roles=["SecurityEvents.Read.All"]):
        done = started(emulator, tmp_path, "--preflight", "-n2")
        assert not emulator.reads
    assert done.status == SOME_MISSING, done.told
    assert len([line for line in done.told if line.startswith("- missing   Policy.Read.All")]) == 1


@pytest.mark.parametrize("tenant", ["demo"])
def test_a_snapshot_has_no_caller(tenant: str) -> None:
    done = command(f"--tenant={tenant}", "--preflight", "-q")
    assert done.returncode == USAGE_ERROR
    (line,) = (line for line in (done.stdout + done.stderr).splitlines() if line.strip())
    assert "--preflight" in line


def test_a_wrong_secret_is_one_line(emulator: Emulator, in_lab: InLab) -> None:
    with emulator.behaving(wrong_secret=True):
        done = in_lab("--preflight")
    assert done.status == USAGE_ERROR
    assert len(done.told) == 1


@given(st.sets(st.sampled_from([*needed(), "Mail.Read", "Domain.ReadWrite.All", "Group.Read.All"])))
def test_every_resource_is_readable_or_its_lack_is_named(granted: set[str]) -> None:
    found = standing(granted, RESOURCES)
    missing = {name for names in found.missing.values() for name in names}
    readable = {name for names in found.granted.values() for name in names}
    assert missing | readable >= set(RESOURCES)
    assert set(found.unneeded) <= granted
    assert not set(found.unneeded) & set(found.granted) or "Domain.ReadWrite.All" in granted
    assert not standing([*granted, *found.missing], RESOURCES).missing, "granting what is told to be missing is enough"


def test_the_table_in_the_docs_is_the_one_that_is_derived() -> None:
    assert table() in (ROOT / "docs" / "permissions.md").read_text("utf-8")


def test_the_manifest_asks_for_what_is_needed_and_for_nothing_else() -> None:
    (access,) = manifest()
    assert access["resourceAppId"] == GRAPH
    assert access["resourceAccess"] == [{"id": ROLE_IDS[permission], "type": "Role"} for permission in needed()]
    assert len(set(ROLE_IDS.values())) == len(ROLE_IDS)


@pytest.mark.parametrize("form", ["table", "az", "portal"])
def test_every_form_is_printed_with_every_permission(form: str) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "fixtures.permissions", form], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert all(permission in printed and ROLE_IDS[permission] in printed for permission in needed())
    if form != "table":
        found = re.search(r"\[\s*\{.*\}\s*\]", printed, re.DOTALL)
        assert found
        assert json.loads(found[0]) == manifest()


@needs_shared
def test_role_ids_are_those_microsoft_publishes() -> None:
    text = (SHARED / "reference/graph-auth-and-permissions.md").read_text("utf-8")
    elsewhere = {  # not in that page: learn.microsoft.com/graph/permissions-reference
        "GroupMember.Read.All", "IdentityRiskEvent.Read.All", "OnPremDirectorySynchronization.Read.All",
        "OrgSettings-AppsAndServices.Read.All", "OrgSettings-Forms.Read.All", "SecurityIdentitiesSensors.Read.All",
        "DirectoryRecommendations.Read.All", "PrivilegedEligibilitySchedule.Read.AzureADGroup",
        "ConfigurationMonitoring.ReadWrite.All", "TeamsUserConfiguration.Read.All",
    }  # fmt: skip
    for permission, role in ROLE_IDS.items():
        if permission not in elsewhere:
            assert re.search(rf"{re.escape(permission)}[^;\n]*{role}", text), permission
