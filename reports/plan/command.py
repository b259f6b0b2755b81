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
    """The options that say when the plan starts, and how fast it goes. `day` and `pace` read them, for one line where they cannot."""
    command.add_argument("--start", metavar="DATE", help="the day of the first step, as 2027-01-31; default: the posture's own")
    command.add_argument(
        "--pace",
        default="1",
        metavar="N",
        help="working days' worth done on each working day: 0.5 where there is other work, 2 for two people; default: 1",
    )


def day(option: str, said: str | None) -> date | None:
    """A date from the command line. Raises `ValueError` with one line where it is none."""
    try:
        return date.fromisoformat(said) if said is not None else None
    except ValueError:
        raise ValueError(f"{option} {said} is no date: write it as 2027-01-31.") from None


def pace(said: str) -> Fraction:
    """A number from the command line. Raises `ValueError` with one line where it is none."""
    try:
        return Fraction(float(said)).limit_denominator(1000)
    except (ValueError, OverflowError):  # the latter for infinity
        raise ValueError(f"--pace {said} is no number: write 0.5 or 2.") from None


def run(options: argparse.Namespace) -> int:
    """Make the plan. The exit status: 0, or 2 with one line that says why there is none; then no file was touched."""
    from .. import posture as postures
    from ..standards import write_bytes
    from .making import plan_of
    from .markdown import render

    try:
        start, speed = day("--start", options.start), pace(options.pace)
        made = render(plan_of(postures.read(posture_file(options.posture)), start, speed))
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
