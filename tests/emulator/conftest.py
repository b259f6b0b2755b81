"""An emulator of the tiny tenant, and a client that is signed in to it, for the tests of a module that need no other."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from . import Emulator, running
from .clients import client_of
from .tiny import write_tiny


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running(write_tiny(tmp_path_factory.mktemp("tiny"))) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[httpx.Client]:
    with client_of(emulator) as client:
        yield client
