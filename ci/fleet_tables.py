"""A fleet as a table: for a terminal, in Markdown, as CSV and as JSON. Names are a tenant's own, and shown as they are in each."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence

import msgspec

from fixtures.text import one_line
from reports.markup import clip, on_github

from .annotate import disarmed
from .fleet import Row

HEADS = ("tenant", "score", "met", "not met", "not evaluated", "known", "regressions", "lost coverage", "exit status", "age", "remarks")
MOST_NAME, MOST_REMARK = 40, 200
# A table on one page of a job's summary, which may be a megabyte; all of them are in the other forms.
MOST_ROWS = 1_000
_NOBODY_KNOWS = "?"
_NOT_COMPARED = "–"


def sentence(rows: Sequence[Row], status: int) -> str:
    """What there is to know of a fleet before its table."""
    without = sum(row.as_of is None for row in rows)
    worse = sum(bool(row.regressions or row.lost_coverage) for row in rows)
    wrong = sum(row.status in {1, 11} for row in rows)
    incomplete = sum(row.incomplete for row in rows) - without
    said = (
        (worse, "got worse since the baseline"),
        (without, "without a posture"),
        (wrong, "with something that counts"),
        (incomplete, "incomplete"),
    )
    named = "; ".join(f"{number:,} {words}" for number, words in said if number) or "nothing to act on"
    return f"{len(rows):,} {'tenant' if len(rows) == 1 else 'tenants'}: {named}. Exit status {status}."


def cells(row: Row) -> tuple[str, ...]:
    """The cells of a row under `HEADS`, as text."""
    known = row.as_of is not None
    score = _NOBODY_KNOWS if row.score is None else f"{row.score:.1f} %"
    figures = (row.met, row.not_met, row.not_evaluated, row.known)
    changes = (row.regressions, row.lost_coverage)
    return (
        one_line(row.tenant),
        score,
        *(_NOBODY_KNOWS if figure is None else f"{figure:,}" for figure in figures),
        *((_NOT_COMPARED if known else _NOBODY_KNOWS) if figure is None else f"{figure:,}" for figure in changes),
        _NOBODY_KNOWS if row.status is None else str(row.status),
        _age(row.hours),
        one_line("; ".join(row.remarks)),
    )


def _age(hours: float | None) -> str:
    if hours is None:
        return _NOBODY_KNOWS
    return f"{max(hours, 0):.0f} h" if hours < 72 else f"{hours / 24:,.0f} d"


def terminal(rows: Sequence[Row], status: int) -> str:
    """Columns as wide as what stands in them."""
    table = [HEADS, *(_clipped(cells(row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    right = range(1, len(HEADS) - 1)
    lines = ["  ".join(cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]) for i, cell in enumerate(line)) for line in table]
    return disarmed("".join(f"{line.rstrip()}\n" for line in (sentence(rows, status), *lines)))


def _clipped(texts: tuple[str, ...]) -> tuple[str, ...]:
    return clip(texts[0], MOST_NAME), *texts[1:-1], clip(texts[-1], MOST_REMARK)


def markdown(rows: Sequence[Row], status: int) -> str:
    """For the summary of a job."""
    return "\n".join(_markdown(rows, status)) + "\n"


def _markdown(rows: Sequence[Row], status: int) -> Iterator[str]:
    yield "# Microsoft 365 posture of the fleet\n"
    yield f"**{sentence(rows, status)}**\n"
    yield f"| {' | '.join(HEADS)} |"
    yield f"|{' --- |' * len(HEADS)}"
    for row in rows[:MOST_ROWS]:
        name, *figures, remarks = cells(row)
        yield f"| {on_github(name, MOST_NAME)} | {' | '.join(figures)} | {on_github(remarks, MOST_REMARK)} |"
    if len(rows) > MOST_ROWS:
        yield f"\n{len(rows) - MOST_ROWS:,} more, none of them worse: `python -m ci fleet --as csv` has them all."


def table(rows: Sequence[Row], status: int) -> str:
    """Comma-separated values, with every path; no cell is a formula."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow((*HEADS, "id", "name", "as of", "path"))
    for row in rows:
        name, *figures, remarks = cells(row)
        as_of = row.as_of.isoformat() if row.as_of else ""
        writer.writerow((*map(_value, (name,)), *figures, *map(_value, (remarks, row.id or "", row.name)), as_of, _value(row.path)))
    return written.getvalue()


def _value(text: str) -> str:
    """Text that a spreadsheet shows and does not compute."""
    line = one_line(text)
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line


def document(rows: Sequence[Row], status: int) -> str:
    """JSON: `{"exit_status": …, "tenants": [a row each]}`, with null for what nobody knows."""
    return msgspec.json.format(msgspec.json.encode({"exit_status": status, "tenants": rows}), indent=1).decode() + "\n"


FORMS: dict[str, Callable[[Sequence[Row], int], str]] = {"terminal": terminal, "markdown": markdown, "csv": table, "json": document}
