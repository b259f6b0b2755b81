"""`python -m reports announcement [posture.json] --from ROLE [--actions …] [-o FOLDER|FILE] [--templates FOLDER]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fixtures.text import one_line

from ..choosing import posture_file
from ..plan.command import add_dates_to, day, pace

if TYPE_CHECKING:
    from .message import Message
    from .templates import Templates

SUFFIXES = (".md", ".eml", ".docx")
TEMPLATES = ("markdown", "html", "text", "word", "texts")


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    command = commands.add_parser("announcement", help="the message that tells staff what will change, as Markdown, mail and Word")
    command.add_argument("posture", type=Path, nargs="?", help="default: the only one under reports/out/")
    command.add_argument(
        "--actions", nargs="+", action="extend", default=[], metavar="ID", help="default: the next step of the plan that people notice"
    )
    command.add_argument("--from", dest="sender", metavar="ROLE", help='who tells it: "Head of IT", or "Head of IT <it@example.com>"')
    command.add_argument("--contact", default="the IT helpdesk", metavar="WHOM", help="whom to ask; default: %(default)s")
    command.add_argument("--on", metavar="DATE", help="the day of all changes; default: the plan's")
    command.add_argument("-o", "--output", type=Path, help=f"a folder, or a file in {', '.join(SUFFIXES)}; default: beside the posture")
    command.add_argument("--templates", type=Path, metavar="FOLDER", help="templates, texts and letterhead of your own")
    command.add_argument(
        "--print-template",
        nargs="?",
        const="markdown",
        metavar="NAME",
        help=f"print one of the templates, to copy and change: {', '.join(TEMPLATES)}; default: markdown",
    )
    add_dates_to(command)


def run(options: argparse.Namespace) -> int:
    """Make the announcement. The exit status: 0, or 2 with one line that says why there is none; then no file was touched."""
    from .templates import Templates

    try:
        templates = Templates(options.templates)
        if options.print_template:
            if options.print_template not in TEMPLATES:
                raise ValueError(f"no template is called {options.print_template}: choose from {', '.join(TEMPLATES)}.")
            sys.stdout.buffer.write(templates.source(options.print_template).encode())
            return 0
        made, message = _made(options, templates)
    except ValueError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename} cannot be read: {error.strerror or error}.")
    return _write(made, message)


def _made(options: argparse.Namespace, templates: Templates) -> tuple[dict[Path, bytes], Message]:
    """Every file, and what it says. Raises `ValueError` with one line."""
    from .. import posture as postures
    from ..plan import plan_of
    from . import formats
    from .mail import sender
    from .message import chosen, message_of

    if not options.sender:
        raise ValueError('say who tells it: --from "Head of IT".')
    who, on, start, speed = sender(options.sender), day("--on", options.on), day("--start", options.start), pace(options.pace)
    path = posture_file(options.posture)
    posture = postures.read(path)
    steps = chosen(posture, plan_of(posture, start, speed), list(_ids(options.actions)), templates.texts)
    message = message_of(posture, steps, templates, who.role, options.contact, on)
    files = _files(options.output, path)
    made = formats.render(message, templates, who, {file.suffix.casefold() for file in files}, datetime.now(UTC))
    return {file: made[file.suffix.casefold()] for file in files}, message


def _ids(said: list[str]) -> Iterator[str]:
    """Ids, whether they came apart or with commas between."""
    for each in said:
        names = [name.strip() for name in each.split(",") if name.strip()]
        if not names:
            raise ValueError("an id is missing after --actions.")
        yield from names


def _files(output: Path | None, posture: Path) -> list[Path]:
    folder = posture.parent if output is None else output
    if output is not None and not output.is_dir():
        if output.suffix.casefold() not in SUFFIXES:
            raise ValueError(f"{output} is no folder: name one that exists, or a file that ends in {', '.join(SUFFIXES)}.")
        return [output]
    return [folder / f"announcement{suffix}" for suffix in SUFFIXES]


def _write(made: dict[Path, bytes], message: Message) -> int:
    from ..standards import write_bytes

    for path, content in made.items():
        try:
            write_bytes(content, path)
        except OSError as error:
            return _refuse(f"{path} cannot be written: {error.strerror or error}.")
        sys.stdout.write(f"{one_line(str(path))}\n")
    for action in message.left_out:
        sys.stdout.write(f"left out: {one_line(action)}, of which nothing is known that staff would notice\n")
    first = min(change.on for change in message.changes)
    if first < date.today():
        sys.stderr.write(f"{first} has passed: give another day with --on, or another start of the plan with --start.\n")
    return 0


def _refuse(why: str) -> int:
    sys.stderr.write(f"{one_line(why)}\n")
    return 2
