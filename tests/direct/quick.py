"""What a check concludes, without a run of the suite around it: for the edges of its rule, of which there are many."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import checks
from fixtures.graph.clouds import GLOBAL
from fixtures.graph.failure import Unreadable
from fixtures.graph.snapshot import SnapshotTransport, open_snapshot
from fixtures.judging import Observed
from fixtures.licences import Licences
from fixtures.resources import RESOURCES
from fixtures.store import Outcome, Reader, Store
from fixtures.tenant import Access, Tenant
from fixtures.verdicts import NotApplicable, NotEvaluated, judge
from tests.direct.judged import Case, each_of
from tests.harness import NOW, Bench

# Where the fixtures are that a check may ask for, beside the resources, and those that pytest makes of the run.
_FIXTURES = ("fixtures.people", "fixtures.sign_ins", "fixtures.mail_protection.families")
_GIVEN = {"store", "observed"}
_OF_A_RUN: dict[str, Callable[..., Any]] = {"licences": lambda subscribed_skus: Licences(tuple(subscribed_skus))}


def _function(name: str) -> Callable[..., Any]:
    """What pytest calls for the fixture `name`."""
    if name in _OF_A_RUN:
        return _OF_A_RUN[name]
    found = (vars(importlib.import_module(module)).get(name) for module in _FIXTURES)
    function: Callable[..., Any] = inspect.unwrap(next(fixture for fixture in found if fixture is not None))
    return function


def _resources(name: str) -> set[str]:
    """The resources that a fixture is made of."""
    if name in RESOURCES:
        return {name}
    return {r for needed in inspect.signature(_function(name)).parameters if needed not in _GIVEN for r in _resources(needed)}


def _made(name: str, given: dict[str, Any]) -> Any:
    if name in given:
        return given[name]
    if name in RESOURCES:
        return given["store"].value(name)
    function = _function(name)
    return function(**{needed: _made(needed, given) for needed in inspect.signature(function).parameters})


def first_of_each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Parametrises a test with one case of each action and verdict."""
    found: dict[tuple[str, str], Case] = {}
    for case in cases:
        found.setdefault(case[:2], case)
    return each_of(list(found.values()))


def concluded(name: str, bench: Bench) -> str:
    """The verdict of the check of the action `name`, or of that name, over the snapshot in `bench`, as judging makes it.

    Whether the tenant has the licence and whether the action applies are asked by a run, and not here.
    """
    return conclusion(name, bench.folder)[0]


def conclusion(name: str, folder: Path) -> tuple[str, str]:
    """The same with its reason, which is empty where the check is met."""
    return conclusion_over(name, looked_at(name, folder))


def looked_at(name: str, folder: Path, known: Mapping[str, Outcome] | None = None) -> Store:
    """What the check looks at, read from the snapshot in `folder` where it is not `known`."""
    snapshot = open_snapshot(folder)
    store = Store(Tenant("quick", "snapshot", GLOBAL, snapshot.declared, NOW, NOW), Path())
    store.outcomes = dict(known or {})
    with closing(Reader(store, Access(None, SnapshotTransport(snapshot)))) as reader:
        reader.read(sorted({resource for needed in _needed(name) if needed not in _GIVEN for resource in _resources(needed)}))
    return store


def conclusion_over(name: str, store: Any) -> tuple[str, str]:
    """The same over what has been read: `store.value` gives a resource by its name, or raises `Unreadable`."""
    check = _checks()[name]
    given = {"store": store, "observed": Observed({})}
    try:
        check(**{needed: _made(needed, given) for needed in _needed(name)})
    except (AssertionError, NotApplicable, NotEvaluated, Unreadable) as error:
        judgement = judge(error, error.__traceback__, Path(check.__code__.co_filename), "")
        return str(judgement.verdict), judgement.reason
    return "met", ""


def _needed(name: str) -> list[str]:
    return list(inspect.signature(_checks()[name]).parameters)


@cache
def _checks() -> dict[str, Callable[..., None]]:
    """Every check of a setting by its name and by the action it claims."""
    found = {}
    for module in pkgutil.iter_modules(checks.__path__):
        for name, check in vars(importlib.import_module(f"checks.{module.name}")).items():
            if name.startswith("check_"):
                claims = (mark.kwargs["id"] for mark in getattr(check, "pytestmark", ()) if mark.name == "action")
                found[next(claims, name)] = check
    return found
