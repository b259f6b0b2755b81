"""Every setting that is read of an export exists under the name it is read by: in the schema of tenant configuration management."""

from __future__ import annotations

import importlib
import json
import pkgutil
from functools import cache
from typing import Any

import msgspec
import pytest

import fixtures.resources
from fixtures.resources import RESOURCES
from tests.harness import SHARED, needs_shared


def _structs() -> dict[str, type[msgspec.Struct]]:
    """What is read of each type, as the modules that declare it say."""
    modules = (importlib.import_module(f"fixtures.resources.{info.name}") for info in pkgutil.iter_modules(fixtures.resources.__path__))
    return {kind: struct for module in modules for kind, struct in getattr(module, "STRUCTS", {}).items()}


STRUCTS = _structs()


@cache
def _schema() -> dict[str, Any]:
    types: dict[str, Any] = json.loads((SHARED / "reference/tenant-configuration-monitor.schema.json").read_bytes())["$defs"]
    return types


def test_what_is_read_of_every_type_is_known() -> None:
    assert STRUCTS.keys() == {resource.configuration for resource in RESOURCES.values() if resource.configuration}


@needs_shared
@pytest.mark.parametrize("kind", STRUCTS)
def test_every_setting_that_is_read_exists(kind: str) -> None:
    read = {field.encode_name for field in msgspec.structs.fields(STRUCTS[kind])}
    assert read <= _schema()[kind]["properties"].keys()
