"""`--evidence FILE`: after the run, all that it read, concluded and wrote as one zip; `--sign KEY` signs it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fixtures.evidence import STORE, is_active, is_worker, only_looks
from fixtures.recording import KEPT, PRIVATE
from fixtures.tenant import wanted_tenant
from fixtures.text import one_line

from ..collecting import POSTURE
from .manifest import PackageError

if TYPE_CHECKING:
    from .making import Maker


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("m365")
    group.addoption("--evidence", metavar="FILE", help="one zip with what was read, concluded and written, for `python -m reports verify`")
    group.addoption("--sign", metavar="KEY", help="sign it: a PEM file with a private key and its certificate")


def pytest_configure(config: pytest.Config) -> None:
    """All that can be wrong with where it goes and who signs it is told before anything is read. After `reports.plugin`."""
    if not is_active(config) or is_worker(config):
        return
    named, key = config.getoption("--evidence"), config.getoption("--sign")
    if named is None:
        if key is not None:
            raise pytest.UsageError("--sign signs an evidence package, and needs --evidence.")
        return
    if not named or key == "":
        raise pytest.UsageError(f"{'--sign' if named else '--evidence'} wants a path.")
    if only_looks(config):
        raise pytest.UsageError("--evidence keeps what the checks read and conclude, and this run only looks: nothing is read.")
    if config.getoption("--redact") and config.getoption("--baseline"):
        raise pytest.UsageError("--evidence with --redact takes no --baseline: a baseline names the tenant and its people.")
    config.pluginmanager.register(_Packager(config, _maker(config, named, key)), "m365-evidence")


def _maker(config: pytest.Config, named: str, key: str | None) -> Maker:
    """Loaded here: a run without a package needs neither zips nor cryptography."""
    from .making import Maker
    from .writing import Writer

    start = config.invocation_params.dir
    path = start / Path(named).expanduser()
    for other in (
        wanted_tenant(config),
        config.getoption("--record"),
        config.getoption("--exceptions"),
        config.getoption("--baseline"),
        key,
    ):
        if other and (start / Path(other).expanduser()).resolve() == path.resolve():
            raise pytest.UsageError(one_line(f"--evidence: {path} is used for something else in this run."))
    try:
        signer = None
        if key:
            from .signing import signer_of

            signer = signer_of(start / Path(key).expanduser())
        writer = Writer(path)
    except PackageError as error:
        raise pytest.UsageError(one_line(str(error))) from None
    config.add_cleanup(writer.discard)
    folder = tempfile.TemporaryDirectory(prefix="m365-")
    config.add_cleanup(folder.cleanup)
    config.stash[PRIVATE] = Path(folder.name) / "snapshot"
    return Maker(config, writer, signer, Path(folder.name))


class _Packager:
    """Makes the package when everybody else is done: pytest-html and JUnit write at the end of `pytest_sessionfinish`."""

    def __init__(self, config: pytest.Config, maker: Maker) -> None:
        self._config, self._maker = config, maker
        self._session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        session = self._session
        if session is None or STORE not in self._config.stash:
            return
        if why := self._why_not(session):
            self._say(f"no evidence package was made: {one_line(why)}.", yellow=True)
            return
        call = pytest.CallInfo.from_call(self._maker.make, when="call", reraise=(KeyboardInterrupt, pytest.exit.Exception))
        if call.excinfo is None:
            path, digest = call.result
            self._say(f"{'evidence':<10} {one_line(str(path))}")
            self._say(f"{'':<10} SHA-256 {digest}")
        elif isinstance(call.excinfo.value, PackageError):
            self._say(f"ERROR: {one_line(str(call.excinfo.value))}", red=True)
            session.exitstatus = call.excinfo.value.status
        else:
            self._config.notify_exception(call.excinfo, self._config.option)
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def _why_not(self, session: pytest.Session) -> str:
        """Only a run that came to its end is worth keeping as evidence: all that was selected was judged, and on what was read."""
        kept, posture = self._config.stash.get(KEPT, None), self._config.stash.get(POSTURE, None)
        if isinstance(kept, str):
            return kept
        if posture is not None and posture.selection.stopped:
            return f"the run stopped early: {posture.selection.stopped}"
        if posture is None or kept is None or session.exitstatus in {2, 3, 4, 5} or session.exitstatus != posture.exit_status:
            return f"the run did not come to its end (exit status {int(session.exitstatus)})"
        return ""

    def _say(self, line: str, **colour: bool) -> None:
        terminal: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(line, **colour)
