"""A plugin for the run of a replay: only the items that a posture names. Loaded with `-p`, and no part of an ordinary run."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--only-items", metavar="FILE", help="a JSON list of the items to run")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """By name, as they were collected: what narrowed the run that is replayed is never passed on, for it may come from anybody."""
    wanted = set(msgspec.json.decode(Path(config.getoption("--only-items")).read_bytes(), type=list[str]))
    kept = [item for item in items if item.nodeid in wanted]
    if len(kept) != len(items):
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
        items[:] = kept
