"""`python -m reports build posture.json [FOLDER]` makes the deliverables of a posture again; `schema` prints its JSON Schema."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import posture as postures


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="make workbook and Allure results again from a posture")
    build.add_argument("posture", type=Path)
    build.add_argument("folder", type=Path, nargs="?", help="default: the posture's own folder")
    commands.add_parser("schema", help="print the JSON Schema of posture.json")
    options = parser.parse_args(arguments)
    if options.command == "schema":
        sys.stdout.write(postures.schema().decode() + "\n")
        return 0
    from .plugin import write_all

    try:
        posture = postures.read(options.posture)
    except ValueError as error:
        parser.error(str(error))
    write_all(posture, options.folder or options.posture.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
