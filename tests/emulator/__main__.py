"""Serves a tenant as Microsoft Graph until it is interrupted, and says how to point the checks at it. See docs/emulator.md."""

from __future__ import annotations

import argparse
import json
import shlex
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from fixtures.graph.snapshot import SnapshotError
from fixtures.text import one_line

from .plan import read_plan
from .server import Emulator, running


def parser() -> argparse.ArgumentParser:
    given = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    add = given.add_argument
    add("--snapshot", type=Path, metavar="PATH", help="the snapshot that answers, a folder or a zip; without it the demo tenant")
    add("--users", type=int, default=0, metavar="N", help="so many users, made up as they are asked for")
    add("--devices", type=int, default=0, metavar="M", help="so many managed devices, made up likewise")
    add("--port", type=int, default=0, metavar="P", help="the port on loopback; 0, the default, takes one that is free")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="before every answer of Graph")
    add("--fault", action="append", default=[], metavar="LINE", help="something that goes wrong, as in 'users 429 retry-after=5 times=2'")
    add("--plan", type=Path, metavar="FILE", help="a file of such lines; # begins a comment")
    add("--limits", action=argparse.BooleanOptionalAction, default=True, help="whether the limits of Graph's services are enforced")
    add("--roles", metavar="A,B,…", help="the application permissions that are granted; without it all that the checks need")
    add("--ready", type=Path, metavar="FILE", help="write the addresses and the environment here, as JSON, once it listens")
    add("--log", type=Path, metavar="FILE", help="write what was asked here at the end, as JSON")
    return given


def main() -> int:
    given = parser().parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if given.ready:
            given.ready.unlink(missing_ok=True)
        if given.log and not given.log.absolute().parent.is_dir():
            raise OSError(f"there is no folder for {given.log}")
        with running(given.snapshot, given.port, **_options(given)) as emulator:
            began = time.monotonic()
            with suppress(KeyboardInterrupt):
                if given.ready:
                    _write(given.ready, _ready(emulator))
                print(_instructions(emulator), flush=True)
                threading.Event().wait()
        if given.log:
            _write(given.log, _log(emulator, began))
    except KeyboardInterrupt:
        return 0
    except (SnapshotError, OSError, ValueError, OverflowError) as error:
        print(f"emulator: {one_line(str(error))}", file=sys.stderr)
        return 2
    print(_summary(emulator))
    return 0


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """What the command line asks of `running`."""
    faults = [*given.fault, *(read_plan(given.plan.read_text("utf-8")) if given.plan else ())]
    if given.latency:
        faults.append(f"* latency seconds={given.latency}")
    options: dict[str, Any] = {"faults": faults, "limits": given.limits}
    if given.users or given.devices:
        options |= {"users": given.users, "devices": given.devices}
    if given.roles is not None:
        options["roles"] = [role.strip() for role in given.roles.split(",") if role.strip()]
    return options


def _write(file: Path, value: object) -> None:
    """In one step: who waits for the file never reads half of it."""
    unfinished = file.with_name(f"{file.name}.part")
    unfinished.write_text(json.dumps(value, indent=1), "utf-8")
    unfinished.replace(file)


def _ready(emulator: Emulator) -> dict[str, object]:
    return {
        "graph": emulator.graph,
        "authority": emulator.authority,
        "tenant_id": emulator.tenant_id,
        "ca_file": str(emulator.ca_file),
        "environment": emulator.environment,
    }


def _log(emulator: Emulator, began: float) -> dict[str, object]:
    requests = [{**seen._asdict(), "at": round(seen.at - began, 6)} for seen in emulator.requests]
    return {"requests": requests, "throttled": dict(emulator.throttled)}


def _summary(emulator: Emulator) -> str:
    statuses = Counter(seen.status for seen in emulator.requests)
    told = ", ".join(f"{count} x {status or 'no answer'}" for status, count in sorted(statuses.items()))
    return f"{len(emulator.requests)} requests" + (f": {told}" if told else "")


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
