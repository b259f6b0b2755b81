"""The emulator as a process of its own, and runs of the suite against it, for benchmarks."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator.tiny import BREAK_GLASS

ROOT = Path(__file__).resolve().parent.parent
# The suite with the client's own limits taken off: what is measured is what it costs, not how long services make it wait.
UNGATED = (
    "import sys, pytest, fixtures.store as store; gates = store.Gates; store.Gates = lambda live: gates(False); sys.exit(pytest.main())"
)


class Emulated(NamedTuple):
    """A running emulator: its addresses, the variables a client needs, and (when it has ended) what it was asked."""

    graph: str
    authority: str
    tenant_id: str
    environment: dict[str, str]
    log: Path

    def asked(self) -> Any:
        return json.loads(self.log.read_bytes())


class Cost(NamedTuple):
    """What a run of the suite cost: its exit status, and its peak memory in MB and CPU in seconds, as the system counts them."""

    status: int
    peak: float
    cpu: float
    output: str


@contextmanager
def emulator(folder: Path, *arguments: str) -> Iterator[Emulated]:
    """An emulator started as a user starts it, ended with SIGTERM when the block is left."""
    folder.mkdir(exist_ok=True)
    ready, log = folder / "ready.json", folder / "log.json"
    line = [sys.executable, "-m", "tests.emulator", f"--ready={ready}", f"--log={log}", *arguments]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit(f"the emulator ended with {process.returncode} before it listened")
            time.sleep(0.05)
        told = json.loads(ready.read_bytes())
        yield Emulated(told["graph"], told["authority"], told["tenant_id"], told["environment"], log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def suite(emulated: Emulated, folder: Path, *arguments: str, gated: bool = True, **declared: str) -> Cost:
    """The whole suite with all its deliverables against an emulator, in a process of its own. `declared` stands in `tenants.toml`."""
    table = {"id": emulated.tenant_id, "cloud": "bench", "graph": emulated.graph, "authority": emulated.authority}
    lines = [f"{name} = {json.dumps(value)}" for name, value in (table | {"break_glass_accounts": [BREAK_GLASS]} | declared).items()]
    (folder / "tenants.toml").write_text("\n".join(["[bench]", *lines]), "utf-8")
    options = ["--tenant=bench", f"--tenants={folder / 'tenants.toml'}", f"--reports={folder / 'reports'}", "-q", "-p", "no:cacheprovider"]
    start = ["-m", "pytest"] if gated else ["-c", UNGATED]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AZURE_", "PYTEST_")) and name != "CI"}
    with tempfile.TemporaryFile("w+") as printed:
        line = [sys.executable, *start, *options, *arguments]
        process = subprocess.Popen(line, cwd=ROOT, env=clean | emulated.environment, stdout=printed, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        printed.seek(0)
        output = printed.read()
    return Cost(os.waitstatus_to_exitcode(status), used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, output)
