"""What a check concludes, without a run of the suite around it: for the edges of its rule, of which there are many."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fixtures.graph.clouds import GLOBAL
from fixtures.graph.failure import Unreadable
from fixtures.graph.snapshot import SnapshotTransport, open_snapshot
from fixtures.judging import Observed
from fixtures.licences import Licences
from fixtures.store import Reader, Store
from fixtures.tenant import Access, Tenant
from fixtures.verdicts import NotApplicable, NotEvaluated, judge
from tests.direct.judged import Case, each_of
from tests.harness import NOW, Bench

# What is no resource, by the resources it is made of.
_MADE: dict[str, tuple[tuple[str, ...], Callable[[Store], Any]]] = {
    "administrators": (
        ("role_assignments", "group_members"),
        lambda store: store.value("role_assignments").people(store.value("group_members")),
    ),
    "role_holders": (
        ("role_assignments", "role_eligibilities", "group_members"),
        lambda store: {
            **store.value("role_eligibilities").people(store.value("group_members")),
            **store.value("role_assignments").people(store.value("group_members")),
        },
    ),
    "exempt": (
        ("declared_accounts",),
        lambda store: store.value("declared_accounts").ids((*store.declared.break_glass_accounts, *store.declared.sync_accounts)),
    ),
    "licences": (("subscribed_skus",), lambda store: Licences(tuple(store.value("subscribed_skus")))),
    "observed": ((), lambda store: Observed({})),
}


def first_of_each(cases: Sequence[Case]) -> pytest.MarkDecorator:
    """Parametrises a test with one case of each action and verdict."""
    found: dict[tuple[str, str], Case] = {}
    for case in cases:
        found.setdefault(case[:2], case)
    return each_of(list(found.values()))


def concluded(module: str, action: str, bench: Bench) -> str:
    """The verdict of the check of `action` in a check file, over the snapshot in `bench`, as judging makes it."""
    check = next(function for function in vars(importlib.import_module(f"checks.{module}")).values() if _claims(function) == action)
    snapshot = open_snapshot(bench.folder)
    store = Store(Tenant("quick", "snapshot", GLOBAL, snapshot.declared, NOW, NOW), Path())
    names = list(inspect.signature(check).parameters)
    resources = [name for wanted in names for name in (_MADE[wanted][0] if wanted in _MADE else (wanted,))]
    with closing(Reader(store, Access(None, SnapshotTransport(snapshot)))) as reader:
        reader.read(dict.fromkeys(resources))
    try:
        check(**{name: _MADE[name][1](store) if name in _MADE else store.value(name) for name in names})
    except (AssertionError, NotApplicable, NotEvaluated, Unreadable) as error:
        return str(judge(error, error.__traceback__, Path(check.__code__.co_filename), "").verdict)
    return "met"


def _claims(function: Any) -> str | None:
    marks = getattr(function, "pytestmark", ())
    return next((mark.kwargs["id"] for mark in marks if mark.name == "action"), None)
