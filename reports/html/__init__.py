"""The HTML report: pytest-html's file, with the posture as static HTML in front of pytest's own table.

What a reader needs is placed by `pytest_html_results_summary`; pytest-html's table keeps slim rows that link into it. The hooks
are registered for runs of the checks alone, and only where pytest-html is there to call them (`-p no:html`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
from markupsafe import Markup
from pytest_metadata.plugin import metadata_key

from fixtures.record import Record

from ..collecting import POSTURE
from ..plugin import FOLDER, ROOM
from .page import SCRIPT, render
from .sealing import seal
from .text import clean, one_line, slug_of, visible

T = TypeVar("T")
_HEADERS = ("result", "Result"), ("verdict", "Verdict"), ("testId", "Action")
_NO_POSTURE = "<p><strong>This run broke before a posture could be made of it. What follows is pytest's own record.</strong></p>"
_NO_PAGE = "<p><strong>The report could not be made: an error of this tool. What was found is in posture.json.</strong></p>"


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    """After `reports.plugin`, which says whether this process writes deliverables, and where."""
    if FOLDER in config.stash and config.pluginmanager.hasplugin("html"):
        config.stash.setdefault(metadata_key, {})  # pytest-html asks for it even under -p no:metadata
        config.pluginmanager.register(HtmlReport(config), "m365-html")


class HtmlReport:
    """pytest-html's hooks, and the last touch on the file it wrote."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._report: Any = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Kept: the tenant's name is known when the run ends, and the title is written then."""
        self._report = report
        report.title = "Microsoft 365 posture"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        # What is sortable is stored twice in the file, so the title, the longest, is not.
        cells[:] = [f'<th class="sortable" data-column-type="{key}">{name}</th>' for key, name in _HEADERS]
        cells.append("<th>Title</th>")

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """pytest-html's own first cell stays as it is: its filters know no other words, and hide the row."""
        record = _record(report)
        if record is None and report.passed:
            return  # set-up and tear-down, which get no row
        if record is None:
            cells[1:] = [*(_cell(key, "") for key, _ in _HEADERS[1:-1]), _cell("testId", report.nodeid), "<td></td>"]
            return
        # Every quotation mark takes six characters in pytest-html's file; a slug and a key need none.
        link = Markup("<td><a href=#{}>{}</a></td>").format(slug_of(record), clean(record.title or record.claim))
        cells[1:] = [
            _cell("verdict", str(record.verdict)),
            _cell("testId", record.action or record.item.rsplit("::", 1)[-1]),
            str(link),
        ]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """No logs: a record says what they would. What is none of ours, like a file that cannot be imported, keeps its traceback."""
        if _record(report) is not None:
            del data[:]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str], session: pytest.Session) -> None:
        self._forget_the_machine()
        posture = self._config.stash.get(POSTURE, None)
        if posture is None:
            prefix.append(_NO_POSTURE)
            return
        if self._report is not None:
            self._report.title = one_line(f"Microsoft 365 posture of {posture.tenant.name}")
        prefix.append(self._or_an_error(session, lambda: render(posture)) or _NO_PAGE)

    def _forget_the_machine(self) -> None:
        """The report is handed around: no host names, paths or CI variables. Not earlier: workers hand in theirs when they end."""
        self._config.stash[metadata_key].clear()
        if self._report is not None:
            self._report.set_data("environment", {})

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """When all others are done the file is there, and is sealed. A file that cannot be written is no finding either."""
        try:
            result = yield
        except OSError as error:
            self._fail(session, pytest.ExceptionInfo.from_exception(error))
            return None
        path = Path.cwd() / Path(os.path.expandvars(self._config.option.htmlpath)).expanduser()
        if path.is_file() and ROOM in self._config.stash:  # else the file is an earlier run's, and sealed
            self._or_an_error(session, lambda: seal(path, SCRIPT))
        return result

    def _or_an_error(self, session: pytest.Session, work: Callable[[], T]) -> T | None:
        """An exception that leaves `pytest_sessionfinish` ends the run with 1, as "not met" does; so none leaves it."""
        call = pytest.CallInfo.from_call(work, when="call", reraise=(KeyboardInterrupt, pytest.exit.Exception))
        if call.excinfo is not None:
            self._fail(session, call.excinfo)
            return None
        return call.result

    def _fail(self, session: pytest.Session, error: pytest.ExceptionInfo[BaseException]) -> None:
        self._config.notify_exception(error, self._config.option)
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR


def _record(report: pytest.TestReport | pytest.CollectReport) -> Record | None:
    raw = getattr(report, "m365", None)
    return msgspec.json.decode(raw, type=Record) if raw is not None else None


def _cell(key: str, text: str) -> str:
    """One line: pytest-html reads the sort key with a pattern that does not cross lines."""
    return str(Markup("<td class=col-{}>{}</td>").format(key, one_line(visible(text))))
