"""Writes what a run leaves: one folder of deliverables, each made from the posture, and the summary on the terminal."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable, Collection, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.evidence import STORE, is_active, is_worker, only_looks
from fixtures.tenant import slug_of, wanted_tenant
from fixtures.text import one_line

from . import posture as postures
from .collecting import COLLECTOR, POSTURE
from .posture import Posture

if TYPE_CHECKING:
    from .workbook import Earlier

FOLDER = pytest.StashKey[Path]()
# What a run writes, and what of an earlier one it replaces.
REPORT, ALLURE, WORKBOOK, JSON, JUNIT = "report.html", "allure-results", "workbook.xlsx", "posture.json", "junit.xml"
OSCAL, SARIF, SUMMARY = "oscal-assessment-results.json", "results.sarif", "summary.md"
# What is made from the posture alone, by the name it is asked for.
MADE = ("workbook", "allure", "oscal", "sarif", "markdown")


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "where the deliverables go; default: reports/out/ and the tenant's name"
    parser.getgroup("m365").addoption("--reports", metavar="DIR", help=help_text)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tells pytest-html, JUnit and Allure where to write, before they look. An own wish of the user's stands."""
    if not is_active(config) or is_worker(config) or only_looks(config):
        return
    named = config.getoption("--reports")
    folder = config.invocation_params.dir / named if named else config.rootpath / "reports" / "out" / slug_of(wanted_tenant(config))
    _prepare(folder, config)
    config.stash[FOLDER] = folder
    option = config.option
    if hasattr(option, "htmlpath"):
        option.htmlpath = option.htmlpath or str(folder / REPORT)
        option.self_contained_html = True
    if hasattr(option, "xmlpath"):
        option.xmlpath = option.xmlpath or str(folder / JUNIT)
    # Allure's results are made from the posture, once, after the run: allure-pytest's own would stand beside them.
    if getattr(option, "allure_report_dir", None):
        config.stash[ALLURE_FOLDER] = config.invocation_params.dir / option.allure_report_dir
        option.allure_report_dir = None


def _prepare(folder: Path, config: pytest.Config) -> None:
    """The folder must be one that can be written, or nothing begins."""
    if not folder.exists():
        config.add_cleanup(lambda: _remove_empty(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise pytest.UsageError(f"the deliverables cannot be written to {one_line(str(folder))}: {error.strerror}.") from None


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


ALLURE_FOLDER = pytest.StashKey[Path]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    if session.items and not session.testsfailed:
        _make_room(session.config)
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    if ids and ROOM not in node.config.stash:
        _make_room(node.config)


ROOM = pytest.StashKey[bool]()


def _make_room(config: pytest.Config) -> None:
    """What an earlier run left goes before the first check, so that a run that dies leaves nothing that could pass for its own."""
    folder = config.stash.get(FOLDER, None)
    if folder is None or STORE not in config.stash:
        return
    config.stash[ROOM] = True
    try:
        config.stash[EARLIER] = _take_aside(folder)
        clear(folder)
    except OSError as error:
        for earlier in config.stash.get(EARLIER, []):
            earlier.put_back()
        close = "If another program has it open, close it there and run again."
        raise pytest.UsageError(f"what an earlier run left cannot be replaced: {error.filename}: {error.strerror}. {close}") from None


EARLIER = pytest.StashKey[list["Earlier"]]()
NOTES = pytest.StashKey[list[str]]()


def _take_aside(folder: Path) -> list[Earlier]:
    """The workbook of an earlier run, read for what people typed into it, and under another name until that is in the new one."""
    if not any(folder.glob("workbook*.xlsx")):
        return []
    from . import workbook

    earlier = workbook.take_aside(folder / WORKBOOK)
    return [earlier] if earlier else []


@pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_sessionfinish")
def pytest_leave_an_earlier_run_alone(session: pytest.Session) -> Generator[None, object, object]:
    """A run without a posture leaves what it found: pytest-html and JUnit write theirs whatever happened.

    One that stopped before its first check, at a file that cannot be imported, has a posture: no earlier report may stand beside it.
    """
    config = session.config
    folder = config.stash.get(FOLDER, None)
    if ROOM not in config.stash and COLLECTOR in config.stash and config.stash[COLLECTOR].any:
        _make_room(config)
    if folder is None or ROOM in config.stash:
        return (yield)
    kept = [path.replace(path.with_name(f"{path.name}.kept")) for name in (REPORT, JUNIT) if (path := folder / name).exists()]
    try:
        return (yield)
    finally:
        for name in (REPORT, JUNIT):
            (folder / name).unlink(missing_ok=True)
        for path in kept:
            path.replace(path.with_suffix(""))


def clear(folder: Path) -> None:
    """Remove the deliverables of an earlier run, and nothing else that lies there: the workbook's plan is carried over first."""
    from . import allure

    for name in (REPORT, JSON, JUNIT, OSCAL, SARIF, SUMMARY):
        (folder / name).unlink(missing_ok=True)
    if (folder / ALLURE).is_dir():
        allure.empty(folder / ALLURE)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    config = session.config
    if FOLDER not in config.stash or STORE not in config.stash or not config.stash[COLLECTOR].any:
        return
    try:
        _finish(session, int(exitstatus))
    # the one boundary: whatever fails here is an error of ours, and must not end as "not met"
    except (Exception, pytest.fail.Exception):  # noqa: BLE001
        config.notify_exception(pytest.ExceptionInfo.from_current(), config.option)
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def _finish(session: pytest.Session, status: int) -> None:
    config = session.config
    collector = config.stash[COLLECTOR]
    posture = collector.posture(session)
    if posture.selection.stopped and not collector.stopped and status == pytest.ExitCode.INTERRUPTED:
        status = 1  # stopped at a failure: under xdist pytest calls that an interruption, without it not
    if collector.broken_collection and status in {0, 1, 2}:
        status = pytest.ExitCode.INTERNAL_ERROR
    config.hook.pytest_m365_posture(config=config, posture=posture, status=status)
    config.stash[POSTURE] = posture
    earlier = config.stash.get(EARLIER, [])
    config.stash[NOTES] = write_all(posture, config.stash[FOLDER], config.stash.get(ALLURE_FOLDER, None), earlier=earlier)
    if posture.exit_status is not None:
        session.exitstatus = posture.exit_status


def write_all(
    posture: Posture,
    folder: Path,
    allure_folder: Path | None = None,
    only: Collection[str] = MADE,
    earlier: Sequence[Earlier] = (),
) -> list[str]:
    """The posture and every deliverable that is made from it alone, or of these only the ones that `only` names. What was typed into
    `earlier` workbooks is carried over into the new one; what there is to say of that, one line each.

    pytest-html and JUnit write theirs beside them.
    """
    from . import allure, workbook
    from .standards import markdown, oscal, sarif

    said: list[str] = []
    makers: dict[str, Callable[[], object]] = {
        "workbook": lambda: said.extend(workbook.write(posture, folder / WORKBOOK, earlier)),
        "allure": lambda: allure.write(posture, allure_folder or folder / ALLURE),
        "oscal": lambda: oscal.write(posture, folder / OSCAL),
        "sarif": lambda: sarif.write(posture, folder / SARIF),
        "markdown": lambda: markdown.write(posture, folder / SUMMARY),
    }
    folder.mkdir(parents=True, exist_ok=True)
    collecting = gc.isenabled()
    gc.disable()  # a workbook is many small objects, all of them alive until it is written: looking through them finds nothing
    try:
        for name in MADE:
            if name in only:
                makers[name]()
    finally:
        if collecting:
            gc.enable()
    if only is MADE:
        postures.write(posture, folder / JSON)  # last: a run that cannot leave the rest must leave nothing that says how it ended
    return said


def written_in(config: pytest.Config) -> list[tuple[str, Path]]:
    """The deliverables of this run by name, each with where it is. pytest-html and JUnit write theirs after the summary."""
    folder = config.stash[FOLDER]
    paths = {"report": Path(getattr(config.option, "htmlpath", None) or ""), "workbook": folder / WORKBOOK, "posture": folder / JSON}
    paths |= {"Allure": config.stash.get(ALLURE_FOLDER, folder / ALLURE), "JUnit": Path(getattr(config.option, "xmlpath", None) or "")}
    paths |= {"OSCAL": folder / OSCAL, "SARIF": folder / SARIF, "summary": folder / SUMMARY}
    return [(name, path) for name, path in paths.items() if path.name]
