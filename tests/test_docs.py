"""The README and the docs say what is so; what is pinned names no place it came from; each check is tied to a real action."""

from __future__ import annotations

import csv
import importlib
import pkgutil
import re
import tomllib
from collections import Counter
from fnmatch import fnmatchcase

import pytest

import checks
from fixtures.actions import area_of_module
from fixtures.areas import AREAS, area_of
from fixtures.graph.failure import Cause
from fixtures.launch import OPTIONS
from fixtures.resources import RESOURCES
from fixtures.verdicts import Verdict
from tests.harness import ROOT, SHARED, command, needs_shared

README = (ROOT / "README.md").read_text("utf-8")
LOCKS = ("requirements.lock", "requirements-test.lock")


def claims() -> list[tuple[str, str]]:
    """(module, action) of every check that claims one."""
    found = []
    for module in pkgutil.iter_modules(checks.__path__):
        for check in vars(importlib.import_module(f"checks.{module.name}")).values():
            found += [(module.name, mark.kwargs["id"]) for mark in getattr(check, "pytestmark", ()) if mark.name == "action"]
    return found


def families() -> list[tuple[str, str]]:
    """(module, pattern) of every check that claims a family of actions."""
    modules = [(module.name, importlib.import_module(f"checks.{module.name}")) for module in pkgutil.iter_modules(checks.__path__)]
    marked = [(name, mark) for name, module in modules for check in vars(module).values() for mark in getattr(check, "pytestmark", ())]
    return [(name, mark.kwargs["family"]) for name, mark in marked if mark.name == "actions"]


def test_every_option_of_ours_is_in_the_readme() -> None:
    group = command("--help").stdout.split("Microsoft 365 posture:")[1].split("\n\n")[0]
    options = set(re.findall(r"^\s+(--[a-z-]+)", group, re.MULTILINE))
    assert {"--tenant", "--reports", "--area", "--action", "--exceptions", "--tenants"} <= options
    assert not [option for option in options if option not in README]


@pytest.mark.parametrize("word", [*Verdict, *(cause for cause in Cause)])
def test_every_verdict_and_cause_is_explained(word: str) -> None:
    assert word in README


def test_every_permission_is_documented() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    assert not [permission for resource in RESOURCES.values() for permission in resource.permissions if permission not in text]


def test_links_lead_somewhere() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page.name}: {link}"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_file_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    assert len(re.findall(r"^[a-z0-9._-]+==", text, re.MULTILINE)) > 50
    for entry in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in entry, entry[:60]


def test_the_locks_hold_every_dependency_in_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pinned = {lock: dict(re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE)) for lock in LOCKS}
    assert pinned[LOCKS[0]].items() <= pinned[LOCKS[1]].items()
    for line in project["dependencies"]:
        assert re.match(r"[a-z0-9-]+", line)[0] in pinned[LOCKS[0]], line  # type: ignore[index]


def test_every_area_has_its_file_in_the_order_of_the_work() -> None:
    files = {path.stem for path in (ROOT / "checks").glob("check_*.py")}
    assert files >= {f"check_{area.slug.replace('-', '_')}" for area in AREAS}
    assert {area_of_module(file) for file in files} == {area.slug for area in AREAS}
    assert [file for file in files if area_of_module(file) == "other"] == ["check_other"]
    assert [area.slug for area in AREAS][:2] == ["prerequisites", "cloud-app-security"]


def test_no_two_checks_claim_one_action_and_each_stands_in_its_area() -> None:
    found = claims()
    assert not [action for action, times in Counter(action.casefold() for _, action in found).items() if times > 1]
    for module, action in found:
        assert area_of_module(module) == area_of(action), action
        assert not [family for _, family in families() if fnmatchcase(action.casefold(), family.casefold())], action


@needs_shared
def test_every_claimed_action_exists() -> None:
    with (SHARED / "reference/improvement-actions.csv").open(encoding="utf-8", newline="") as file:
        known = {row["id"] for row in csv.DictReader(file)}
    assert not [action for _, action in claims() if action not in known]
    assert not [family for _, family in families() if not any(fnmatchcase(action.casefold(), family.casefold()) for action in known)]


def test_every_option_that_takes_a_path_may_be_followed_by_one_after_a_space() -> None:
    """pytest takes a path outside the project for one of its own, unless it is tied to its option before."""
    group = command("--help").stdout.split("Microsoft 365 posture:")[1].split("\n\n")[0]
    paths = set(re.findall(r"^\s+(--[a-z-]+)[= ](?:FILE|DIR|PATH|KEY)", group, re.MULTILINE))
    assert {"--reports", "--record", "--baseline"} <= paths
    assert paths <= set(OPTIONS)
