"""What the tests share: the demo tenant as a folder that a test may damage, and the real suite run on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness import Bench, Run, suite, write_posture

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Bench.template(tmp_path_factory.mktemp("demo") / "tenant")


@pytest.fixture
def bench(tmp_path: Path, demo_template: Path) -> Bench:
    """The demo tenant as a folder of the test's own."""
    return Bench(tmp_path / "tenant", demo_template)


@pytest.fixture
def run(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[..., Run]:
    """Runs the real checks in this process: `run("--tenant=…", "--area=teams")`.

    In a module that says `POSTURE_ALONE = True` a run leaves its posture and no other deliverable, which takes half as long.
    """
    for name in ("CI", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    alone = getattr(request.module, "POSTURE_ALONE", False)
    if alone:
        monkeypatch.setattr("reports.plugin.write_all", write_posture)
    more = ("-p", "no:html", "-p", "no:junitxml") if alone else ()
    return lambda *arguments, **options: suite(pytester, tmp_path / "reports", *more, *arguments, **options)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An empty folder to record in."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder
