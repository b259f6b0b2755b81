"""`python -m reports scorecard posture.json [-o FILE.html|FILE.pdf] [--named]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fixtures.text import one_line


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command and its options."""
    command = commands.add_parser("scorecard", help="one page without a name or a weakness in it, to show to others")
    command.add_argument("posture", type=Path)
    command.add_argument("-o", "--output", type=Path, help="FILE.html or FILE.pdf; default: scorecard.html beside the posture")
    command.add_argument("--named", action="store_true", help="with the organisation's display name")


def run(options: argparse.Namespace) -> int:
    """Make the scorecard. The exit status: 0, or 2 with one line that says why there is none; then no file was touched."""
    path: Path = options.output or options.posture.with_name("scorecard.html")
    try:
        made = _made(options.posture, path.suffix.casefold(), options.named)
        unfinished = path.with_name(path.name + ".new")
        unfinished.write_bytes(made)
        unfinished.replace(path)
    except ValueError as error:
        sys.stderr.write(f"{one_line(str(error))}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{one_line(str(path))} cannot be written: {error.strerror or error}.\n")
        return 2
    return 0


def _made(posture: Path, suffix: str, named: bool) -> bytes:
    from .. import posture as postures
    from . import page, pdf
    from .facts import card_of

    makers = {".html": page.render, ".pdf": pdf.render}
    if suffix not in makers:
        raise ValueError("a scorecard is written as HTML or PDF: end the name of its file in .html or .pdf.")
    return makers[suffix](card_of(postures.read(posture), named))
