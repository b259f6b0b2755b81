"""What the tests of direct checks share: ways to change the demo tenant, and one look at what a check then says."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest

import checks
from tests.harness import ROOT, Bench, Run

Change = Callable[[Bench], None]
MET, NOT, NA, NE = "met", "not met", "not applicable", "not evaluated"
# An action or the name of a check without one, the verdict, and what is done to the demo tenant before.
Case = tuple[str, str, Change]


POLICIES = "identity/conditionalAccess/policies"


def policy(number: int, **changes: Any) -> Change:
    """Change one Conditional Access policy: its top level, and the parts of its conditions."""

    def change(bench: Bench) -> None:
        def apply(body: Any) -> None:
            found = body["value"][number - 1]
            for key, value in changes.items():
                place = found["conditions"] if key in found["conditions"] else found
                place[key] = {**place[key], **value} if isinstance(value, dict) and isinstance(place.get(key), dict) else value

        bench.change(POLICIES, apply)

    return change


def setting(path: str, **values: Any) -> Change:
    return lambda bench: bench.change(path, lambda body: {**body, **values})


def rows(path: str, change: Callable[[list[Any]], Any]) -> Change:
    """Change the items of a collection, on each of its pages."""

    def apply(bench: Bench) -> None:
        pages = [path, *(f"{path}.page{n}" for n in range(2, 9) if bench.file(f"{path}.page{n}").exists())]
        for page in pages:
            body = bench.read(page)
            body["value"] = change(body["value"]) or body["value"]
            bench.write(page, body)

    return apply


def every(**values: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda items: [{**item, **values} for item in items]


def people(changes: dict[str, dict[str, Any]]) -> Change:
    return rows("users", lambda items: [{**item, **changes.get(item["userPrincipalName"], {})} for item in items])


def together(*changes: Change) -> Change:
    def apply(bench: Bench) -> None:
        for change in changes:
            change(bench)

    return apply


def nothing(bench: Bench) -> None:
    """The demo tenant as it is."""


def emptied(path: str) -> Change:
    return rows(path, lambda items: items.clear())


def each_of(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Parametrises a test with cases."""
    ids = [f"{number}-{name}-{verdict}" for number, (name, verdict, _) in enumerate(cases)]
    return pytest.mark.parametrize(("name", "verdict", "change"), cases, ids=ids)


def judged(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    """The check `name` gives `verdict` once the demo tenant is changed, with a reason and evidence. Its file alone is collected."""
    change(bench)
    family = family_of(name)
    check = family or (name if name.startswith("check_") else dict(_claims())[name])
    chosen = f"{family} and {name}" if family else check
    file = ROOT / "checks" / f"{dict(_checks())[check].__module__.rpartition('.')[2]}.py"
    record = run(f"--tenant={bench.folder}", "-k", chosen, "--exceptions", _none(bench), checks=file).records[name]
    assert record.verdict == verdict, record.reason
    assert record.reason
    assert not record.reason.startswith("assert")
    assert "\nassert" not in record.reason
    assert record.evidence
    if verdict in {MET, NOT}:
        assert record.observed


def direct_checks() -> set[str]:
    """Every check of a setting: by the action it claims, or by its name."""
    claims = {check: action for action, check in _claims()}
    return {claims.get(name, name) for name, _ in _checks()}


def family_of(name: str) -> str | None:
    """The check that claims the action `name` with its whole family."""
    for check, function in _checks():
        for mark in getattr(function, "pytestmark", ()):
            if mark.name == "actions" and fnmatchcase(name.casefold(), mark.kwargs["family"]):
                return check
    return None


def _claims() -> Iterator[tuple[str, str]]:
    for name, check in _checks():
        for mark in getattr(check, "pytestmark", ()):
            if mark.name == "action":
                yield mark.kwargs["id"], name


def _checks() -> Iterator[tuple[str, Any]]:
    for module in pkgutil.iter_modules(checks.__path__):
        for name, check in vars(importlib.import_module(f"checks.{module.name}")).items():
            if name.startswith("check_") and name != "check_scored_by_microsoft":
                yield name, check


def _none(bench: Bench) -> str:
    """No exceptions: a check is looked at, not what is accepted of it."""
    path = bench.folder.parent / "none.toml"
    path.write_text("", "utf-8")
    return str(path)
