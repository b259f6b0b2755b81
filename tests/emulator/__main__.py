"""Runs the emulator until it is interrupted, and says how to point the checks at it."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
import threading
from pathlib import Path

from fixtures.graph.snapshot import SnapshotError

from .server import Emulator, running


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True, metavar="PATH", help="the snapshot that answers, a folder or a zip")
    parser.add_argument("--port", type=int, default=0, help="the port on loopback; 0, the default, takes one that is free")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(given.snapshot, given.port) as emulator:
            print(_instructions(emulator), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except (SnapshotError, OSError) as error:
        print(f"emulator: {error}", file=sys.stderr)
        return 2
    return 0


def _instructions(emulator: Emulator) -> str:
    """A table for `tenants.toml`, and the variables of a run against it."""
    table = "\n".join(
        (
            "[emulated]",
            f'id = "{emulator.tenant_id}"',
            'cloud = "emulated"',
            f'graph = "{emulator.graph}"',
            f'authority = "{emulator.authority}"',
        )
    )
    variables = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in emulator.environment.items())
    return f"# tenants.toml\n{table}\n\n# the environment of `pytest --tenant=emulated`\n{variables}\n"


if __name__ == "__main__":
    sys.exit(main())
