"""What the tests share: the demo tenant as a folder that a test may damage, the real suite run on it, and whole runs made once for all.

pytest loads this file when a user runs the checks, too. So nothing is imported here that only tests need, or that takes time.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from reports.posture import Posture
    from tests.emulator import Emulator
    from tests.harness import Bench, Run
    from tests.labs import InLab

pytest_plugins = ["pytester"]


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    """Before a module of tests is loaded: its examples are the same in every run, and may take long on a machine with more to do.
    With `--hypothesis-seed` they are others.
    """
    from hypothesis import HealthCheck, settings

    others = parent.config.getoption("hypothesis_seed", None) is not None
    settings.register_profile("here", derandomize=not others, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("here")
    gc.set_threshold(50_000)  # tests leave little rubbish: looking for it took a sixth of their time


@pytest.fixture(scope="session", autouse=True)
def _session(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where whole runs lie. And bytecode is kept, whatever the environment says: tests start the suite so often that compiling it anew
    doubles their time. What is collected by now stays to the end.
    """
    from tests.whole_runs import Place

    gc.freeze()
    Place.found(tmp_path_factory)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def demo_run() -> Run:
    """The demo tenant as a user starts it, with every deliverable."""
    from tests import whole_runs

    return whole_runs.demo_run()


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> Posture:
    """Its posture, read for the module."""
    return demo_run.posture


@pytest.fixture(scope="session")
def real_run() -> Run:
    """A real tenant's score as a user starts it, with every deliverable. Only where the shared reference material is."""
    from tests import whole_runs

    return whole_runs.real_run()


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.harness import Bench

    return Bench.template(tmp_path_factory.mktemp("demo") / "tenant")


@pytest.fixture
def bench(tmp_path: Path, demo_template: Path) -> Bench:
    """The demo tenant as a folder of the test's own."""
    from tests.harness import Bench

    return Bench(tmp_path / "tenant", demo_template)


@pytest.fixture
def run(pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Callable[..., Run]:
    """Runs the real checks in this process: `run("--tenant=…", "--area=teams")`.

    In a module that says `POSTURE_ALONE = True` a run leaves its posture and no other deliverable, which takes half as long, unless
    it is asked for them: `run("--tenant=…", deliverables=True)`.
    """
    from tests.harness import suite, write_posture

    for name in ("CI", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    usual = not getattr(request.module, "POSTURE_ALONE", False)

    def one(*arguments: str, deliverables: bool = usual, **options: Any) -> Run:
        with pytest.MonkeyPatch.context() as alone:
            if not deliverables:
                alone.setattr("reports.plugin.write_all", write_posture)
            more = () if deliverables else ("-p", "no:html", "-p", "no:junitxml")
            return suite(pytester, tmp_path / "reports", *more, *arguments, **options)

    return one


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The tiny tenant as a live one."""
    from tests.labs import laboratory

    with laboratory(tmp_path_factory.mktemp("tiny")) as emulator:
        yield emulator


@pytest.fixture
def in_lab(run: Callable[..., Run], emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> InLab:
    """Runs the real checks on the emulated tenant: `in_lab("--preflight", AZURE_CLIENT_ID=None)`."""
    from tests.labs import within

    return within(run, emulator, tmp_path, monkeypatch)


@pytest.fixture(scope="module")  # no longer than that: playwright keeps an event loop running, in which nobody else's can
def browser() -> Iterator[Any]:
    from tests.browsing import chromium

    with chromium() as opened:
        yield opened


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """An empty folder to record in."""
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder
