"""`python -m reports build posture.json [FOLDER]` makes the deliverables of a posture again; `schema` prints its JSON Schema;
`scorecard posture.json` makes the page for customers, prospects and insurers; `plan` tells what to do in which order, and
`announcement` writes what staff are told of it; `verify FILE.zip` checks an evidence package."""

from __future__ import annotations

import argparse
import sys

from . import building
from . import posture as postures
from .announcement import command as announcement
from .package import command as package
from .plan import command as plan
from .scorecard import command as scorecard


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    building.add_to(commands)
    commands.add_parser("schema", help="print the JSON Schema of posture.json")
    scorecard.add_to(commands)
    plan.add_to(commands)
    announcement.add_to(commands)
    package.add_to(commands)
    options = parser.parse_args(arguments)
    if options.command == "schema":
        sys.stdout.write(postures.schema().decode() + "\n")
        return 0
    if options.command == "verify":
        return package.run(options)
    if options.command == "scorecard":
        return scorecard.run(options)
    if options.command == "plan":
        return plan.run(options)
    if options.command == "announcement":
        return announcement.run(options)
    return building.run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
