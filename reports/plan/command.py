"""`python -m reports plan [posture.json] [-o FILE.md] [--start DATE] [--pace N]`."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

from fixtures.text import one_line

from ..choosing import posture_file


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    command = commands.add_parser("plan", help="what to do in which order, with dates and the score they bring")
    command.add_argument("posture", type=Path, nargs="?", help="default: the only one under reports/out/")
    command.add_argument("-o", "--output", type=Path, metavar="FILE.md", help="default: standard output")
    add_dates_to(command)


def add_dates_to(command: argparse.ArgumentParser) -> None:
    """The options that say when the plan starts, and how fast it goes."""
    command.add_argument("--start", type=day, metavar="DATE", help="the day of the first step, as 2027-01-31; default: the posture's own")
    command.add_argument(
        "--pace", type=pace, default=Fraction(1), metavar="N", help="working days' worth done on each working day: 0.5 where there is "
        "other work, 2 for two people; default: 1"
    )  # fmt: skip


def day(said: str) -> date:
    """A date from the command line. Raises what argparse makes one line of."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{one_line(said)} is no date: write it as 2027-01-31.") from None


def pace(said: str) -> Fraction:
    """A number from the command line. Raises what argparse makes one line of."""
    try:
        return Fraction(said)
    except (ValueError, ZeroDivisionError):
        raise argparse.ArgumentTypeError(f"{one_line(said)} is no number: write 0.5 or 2.") from None


def run(options: argparse.Namespace) -> int:
    """Make the plan. The exit status: 0, or 2 with one line that says why there is none; then no file was touched."""
    from .. import posture as postures
    from ..standards import write_bytes
    from .making import plan_of
    from .markdown import render

    try:
        made = render(plan_of(postures.read(posture_file(options.posture)), options.start, options.pace))
        if options.output is None:
            sys.stdout.buffer.write(made.encode())
        else:
            write_bytes(made.encode(), options.output)
    except ValueError as error:
        sys.stderr.write(f"{one_line(str(error))}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{one_line(str(options.output))} cannot be written: {error.strerror or error}.\n")
        return 2
    return 0
