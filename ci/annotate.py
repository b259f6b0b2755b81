"""`python -m ci annotate posture.json --for github`: what made a run end as it did, as annotations beside it, the worst first.

A line of a log is a command to the vendor where it holds the right characters, and names of a tenant stand in these lines: everything
is escaped as the vendor reads it, and what could begin a command is broken up.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.markup import clip
from reports.posture import Change, Posture

from .exit_status import ALONE, INCOMPLETE, INCOMPLETE_AND_NOT_MET, MET, NOT_MET, reasons

Level = Literal["error", "warning", "notice"]
# GitHub shows ten of a level from one step, and says nothing of the others.
MOST, MOST_TITLE, MOST_TEXT = 10, 120, 400
_ENDED = {MET, NOT_MET, INCOMPLETE, INCOMPLETE_AND_NOT_MET}
_CHECK = re.compile(r"checks/[\w-]+\.py", re.ASCII)
_PLACE = re.compile(r"([\w.-]+):(\d+)", re.ASCII)
# Between two characters of a command both agents overlook what shows nothing, so whatever is not plain ASCII may stand there.
_TWO_HASHES = re.compile(r"#(?=[^ -~]*#)")
_TWO_COLONS = re.compile(r"(^|\n)([^!-~\n]*):(?=[^ -~\n]*:)")


class Annotation(msgspec.Struct, frozen=True):
    """One remark. `file` is of this project, or empty; `line` counts from one."""

    level: Level
    title: str
    text: str
    file: str = ""
    line: int = 1


def disarmed(text: str) -> str:
    """Text of a log in which no line is a command: GitHub and Azure obey `##…[` wherever it stands, and GitHub `::` where a line begins."""
    whole = text.replace("\r\n", "\n").replace("\r", "\n")
    return _TWO_COLONS.sub(r"\1\2: ", _TWO_HASHES.sub("# ", whole))


def remarks(posture: Posture) -> list[Annotation]:
    """What is worth a remark, `MOST` of a level at most: the last of more says how many there are."""
    found = list(_all(posture))
    kept: list[Annotation] = []
    for level in ("error", "warning", "notice"):
        rows = [row for row in found if row.level == level]
        kept += rows[: MOST - 1] if len(rows) > MOST else rows
        if len(rows) > MOST:
            kept.append(Annotation(rows[0].level, "And more", f"{len(rows) - MOST + 1} more are in the report and in posture.json."))
    return kept


def _all(posture: Posture) -> Iterator[Annotation]:
    words = posture.fail_on or list(ALONE)
    if posture.exit_status not in _ENDED:
        yield Annotation("error", "Nothing can be concluded", f"The run ended with exit status {posture.exit_status}.")
    if posture.selection.stopped:
        yield Annotation("error", "The run stopped early", posture.selection.stopped)
    for sentence in reasons(posture, words):
        yield Annotation("error", posture.tenant.name, sentence)
    records = {(record.action or record.item): record for record in posture.verdicts}
    yield from (_changed(change, records) for change in posture.changes if change.effect in {"regression", "lost coverage", "new"})
    told = {change.action for change in posture.changes}
    counts = any(word == "any" or word.startswith("area:") for word in words)
    open_ones = [record for record in posture.verdicts if record.verdict in {Verdict.NOT_MET, Verdict.KNOWN}] if counts else []
    order = {id(record): place for place, record in enumerate(posture.gaps)}
    for record in sorted(open_ones, key=lambda record: order.get(id(record), len(order))):
        if record.action is None or record.action not in told:
            yield Annotation("error", _title(record.verdict, record.title or record.claim, record.action), record.reason, _file(record))
    for record in posture.not_evaluated:
        title = _title(f"{record.verdict} ({record.cause})", record.title or record.claim, record.action)
        yield Annotation("warning", title, record.reason, _file(record))
    yield from _exceptions(posture.exceptions)


def _changed(change: Change, records: dict[str, Record]) -> Annotation:
    record = records.get(change.action or "")
    text = f"It was {change.before or 'not there'} and is {change.after or 'not there'}: {change.because}. {change.reason}"
    level: Level = "notice" if change.effect == "new" else "error"
    return Annotation(level, _title(change.effect, change.title, change.action), text, _file(record) if record else "")


def _exceptions(rows: Iterable[dict[str, Any]]) -> Iterator[Annotation]:
    """Entries that accept nothing, at their line of `exceptions.toml`."""
    for row in rows:
        if not row.get("in_force"):
            place = _PLACE.fullmatch(str(row.get("where", "")))
            text = f"The exception for {row.get('action')} accepts nothing: {row.get('status')}."
            yield Annotation("warning", "Exception without effect", text, *((place[1], int(place[2])) if place else ()))


def _title(word: str, title: str, action: str | None) -> str:
    return f"{word[:1].upper()}{word[1:]}: {title}" + (f" [{action}]" if action else "")


def _file(record: Record) -> str:
    """The check's file, where it is one of ours."""
    path = record.item.split("::")[0]
    return path if _CHECK.fullmatch(path) else ""


# The vendors' forms


def _plain(text: str, most: int = MOST_TEXT) -> str:
    return disarmed(clip(text, most)) or "unknown"


def github(row: Annotation) -> str:
    """A workflow command. https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
    where = {"file": row.file, "line": str(row.line)} if row.file else {}
    pairs = {**where, "title": _plain(row.title, MOST_TITLE)}
    settings = ",".join(f"{name}={_github_data(value).replace(':', '%3A').replace(',', '%2C')}" for name, value in pairs.items())
    return f"::{row.level} {settings}::{_github_data(_plain(row.text))}"


def _github_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def azure(row: Annotation) -> str:
    """A logging command; a notice is a line like any other, for Azure has no such level.

    https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands
    """
    said = f"{_plain(row.title, MOST_TITLE)}: {_plain(row.text)}"
    if row.level == "notice":
        return plain(row)
    where = f"sourcepath={_azure_data(row.file)};linenumber={row.line};" if row.file else ""
    return f"##vso[task.logissue type={row.level};{where}]{_azure_data(said)}"


def _azure_data(text: str) -> str:
    escaped = text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")
    return escaped.replace("]", "%5D").replace(";", "%3B")


def plain(row: Annotation) -> str:
    """A line of a log."""
    return disarmed(f"{row.level}: {_plain(row.title, MOST_TITLE)}: {_plain(row.text)}")


FORMS: dict[str, Callable[[Annotation], str]] = {"github": github, "azure": azure, "plain": plain}


def lines(rows: Sequence[Annotation], form: str) -> str:
    """Annotations as lines in one of `FORMS`."""
    return "".join(f"{FORMS[form](row)}\n" for row in rows)


def add_to(commands: Any) -> None:
    """`annotate`, as a command of `python -m ci`."""
    command: argparse.ArgumentParser = commands.add_parser("annotate", help="what to act on, as annotations of a pipeline's log")
    command.add_argument("posture", type=Path)
    command.add_argument("--for", dest="form", choices=FORMS, required=True, help="who reads the log")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print them. Raises `ValueError` with one line for a file that is no posture."""
    sys.stdout.write(lines(remarks(postures.read(options.posture)), options.form))
    return 0
