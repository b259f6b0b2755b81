"""`python -m reports build posture.json [FOLDER] [--only NAME]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.text import one_line

from . import posture as postures
from .posture import Posture

if TYPE_CHECKING:
    from .workbook import Earlier


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    command = commands.add_parser("build", help="make the deliverables again from a posture: all but report.html, which frames a run")
    command.add_argument("posture", type=Path)
    command.add_argument("folder", type=Path, nargs="?", help="default: the posture's own folder")
    command.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="workbook, allure, oscal, sarif or markdown; may be repeated"
    )
    command.add_argument(
        "--carry-over",
        metavar="OLD.xlsx",
        type=Path,
        help="take what people typed into that workbook's action plan; what stands in the folder's own is carried over anyway",
    )


def run(options: argparse.Namespace) -> int:
    """Make what was asked for. The exit status: 0, or 2 with one line that says what is wrong."""
    from .plugin import MADE, write_all

    folder: Path = options.folder or options.posture.parent
    only = [name.casefold() for name in options.only]
    for name in only:
        if name == "html":
            return _refuse("report.html is made by a run alone, for it frames pytest's own results, which a posture does not hold.")
        if name not in MADE:
            return _refuse(f"no deliverable is called {name}: choose from {', '.join(MADE)}.")
    try:
        posture = postures.read(options.posture)
        earlier = _named(options.carry_over, folder, posture)
    except ValueError as error:
        return _refuse(str(error))
    try:
        said = write_all(posture, folder, only=only or MADE, earlier=earlier)
    except OSError as error:
        return _refuse(f"{error.filename or folder} cannot be written: {error.strerror or error}.")
    sys.stdout.writelines(f"{line}\n" for line in said)
    return 0


def _named(old: Path | None, folder: Path, posture: Posture) -> list[Earlier]:
    """The workbook to carry over from; the folder's own needs no naming. Raises `ValueError` with one line where it is none."""
    from . import workbook
    from .plugin import WORKBOOK

    own = folder / WORKBOOK
    if old is None or (old.exists() and own.exists() and old.samefile(own)):
        return []
    return [workbook.named(old, posture)]


def _refuse(why: str) -> int:
    sys.stderr.write(f"{one_line(why)}\n")
    return 2
