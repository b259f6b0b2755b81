"""What the tests of credentials share."""

from __future__ import annotations

import os
import ssl
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator import tool as tools
from tests.harness import Run

from .place import (
    THEIRS,
    Audit,
    Place,
    contents,
    leaks,
    tenants,
)


@pytest.fixture
def opened() -> list[str]:
    """The pages a browser was opened on."""
    return []


@pytest.fixture
def place(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, opened: list[str]) -> Iterator[Place]:
    for name in [name for name in os.environ if name.startswith(THEIRS)]:
        monkeypatch.delenv(name)
    context = ssl.create_default_context(cafile=str(emulator.ca_file))

    def open_page(url: str) -> bool:
        opened.append(url)
        threading.Thread(target=tools.follow, args=(url, context)).start()
        return True

    monkeypatch.setattr(webbrowser, "open", open_page)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between two polls, and between two tries
    with emulator.behaving():
        yield Place(emulator, monkeypatch)


@pytest.fixture
def audit(place: Place, run: Callable[..., Run], tmp_path: Path) -> Audit:
    """Runs the checks with one kind of credential; whatever comes of it, no secret is in it."""

    def go(
        kind: str, *arguments: str, behaviour: Mapping[str, Any] | None = None, env: Mapping[str, str | None] | None = None, **entry: str
    ) -> Run:
        with place.emulator.behaving(**(behaviour or {})):
            place.enter(kind, env)
            done = run("--tenant=emulated", f"--tenants={tenants(place.emulator, tmp_path, kind, **entry)}", "-q", *arguments)
        assert not leaks(done.output.encode())
        assert not [file.name for file in done.folder.rglob("*") if file.is_file() and any(map(leaks, contents(file)))]
        return done

    return go
