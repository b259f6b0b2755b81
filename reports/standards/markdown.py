"""The posture on one page of Markdown: for the summary of a CI job, a ticket, a chat.

Always under 64 kB, whatever the tenant: every text is cut and every table has so many rows, and says what it leaves out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fixtures.record import Record
from fixtures.verdicts import Verdict

from ..markup import on_github
from ..posture import Posture, missing_points
from . import write_bytes
from .names import number

MOST_ROWS, MOST_MOVES, MOST_NAMES = 10, 5, 3
NAME, SHORT, OWNER, REASON = 90, 60, 40, 140  # characters of a title, an id, an owner and a reason; each may take four bytes
FILES = (
    ("report.html", "the report, for people"),
    ("workbook.xlsx", "the workbook, for planning"),
    ("allure-results", "Allure's results"),
    ("oscal-assessment-results.json", "OSCAL assessment results"),
    ("results.sarif", "SARIF, for code scanning"),
    ("junit.xml", "JUnit, for pipelines"),
    ("posture.json", "everything that was found out; all the others are made of it"),
)


def write(posture: Posture, path: Path) -> None:
    """Write the summary: whole or not at all."""
    write_bytes(document(posture).encode(), path)


def document(posture: Posture) -> str:
    """The summary of a posture."""
    parts = (_head, _since_baseline, _since_history, _score, _coverage, _gaps, _accepted, _not_evaluated, _files)
    return "\n".join(line for part in parts for line in part(posture)) + "\n"


def _totals(posture: Posture) -> Counter[str]:
    """The ledger; what it does not hold is none."""
    return Counter(posture.totals)


def _head(posture: Posture) -> Iterator[str]:
    totals, tenant = _totals(posture), on_github(posture.tenant.name, NAME)
    yield f"# Microsoft 365 posture of {tenant}\n"
    yield f"**{tenant} meets {totals['met']:,} of {totals['actions']:,} improvement actions: {_rest(totals)}.**\n"
    for warning in _warnings(posture):
        yield f"> {warning}\n"
    yield f"As of {posture.as_of:%Y-%m-%d %H:%M} UTC.\n"


def _rest(totals: Counter[str]) -> str:
    """What is not met, in words. What is not known is never left out."""
    said = [f"{totals['not met']:,} not met", f"{totals['not evaluated']:,} not evaluated"]
    said += [f"{totals[name]:,} {name}" for name in ("known", "accepted") if totals[name]]
    other = totals["not licensed"] + totals["not applicable"] + totals["not scored"]
    said += [f"{other:,} not licensed, not applicable or not scored"] if other else []
    return ", ".join([*said, *([f"{totals['not selected']:,} not selected"] if totals["not selected"] else [])])


def _warnings(posture: Posture) -> Iterator[str]:
    chosen = posture.selection
    if posture.tenant.source == "demo":
        yield "This is the demo tenant. It does not exist."
    if not chosen.complete:
        yield "Only part of the suite ran: the rest is not judged here."
    if chosen.stopped:
        yield f"The run ended early: {on_github(chosen.stopped, REASON)}"
    if posture.licences is None:
        yield "The subscriptions could not be read: which licences the tenant holds is not known."


def _since_baseline(posture: Posture) -> Iterator[str]:
    """What is different from the baseline, the worst first."""
    before = posture.baseline
    if before is None:
        return
    yield f"## What changed since the baseline of {before.as_of:%Y-%m-%d}\n"
    yield f"{', '.join(f'{number:,} {effect}' for effect, number in posture.effects.items()) or 'No verdict is different'}.\n"
    ordered = posture.changed
    rows = (
        (
            change.effect,
            f"{on_github(change.title, NAME)} {_id(change.action)}",
            f"{change.before or 'not there'} → {change.after or 'not there'}",
            on_github(change.reason or change.because, REASON),
        )
        for change in ordered[:MOST_ROWS]
    )
    if ordered:
        yield from _table(("Effect", "Action", "Verdict", "Why"), rows, len(ordered))


def _since_history(posture: Posture) -> Iterator[str]:
    """What the history of the score tells: the newest changes of an action's points, as Microsoft counted them."""
    known = [(day.date, day.current) for day in posture.history if day.current is not None]
    if len(known) < 2:
        return
    (since, before), (until, now) = known[0], known[-1]
    yield "## What changed in Secure Score\n"
    yield f"{number(before)} points on {since:%Y-%m-%d}, {number(now)} on {until:%Y-%m-%d}: {now - before:+,.2f}.\n"
    rows = (
        (f"{move.date:%Y-%m-%d}", f"{number(move.before)} → {number(move.after)}", f"{on_github(move.title, NAME)} {_id(move.action)}")
        for move in posture.movements[:MOST_MOVES]
    )
    yield from _table(("Day", "Points", "Action"), rows, len(posture.movements))


def _score(posture: Posture) -> Iterator[str]:
    score = posture.score
    yield "## Score and coverage\n"
    if score is None or score.current is None:
        yield "Its Secure Score is not known.\n"
        return
    of_all = f" of {number(score.max)} points" if score.max is not None else " points"
    share = f" ({score.percentage:.1f} %)" if score.percentage is not None else ""
    others = "; ".join(f"average of {on_github(each.whom, NAME)}: {number(each.average)}" for each in score.compared_with[:MOST_NAMES])
    yield f"Secure Score: {number(score.current)}{of_all}{share}, of {score.date:%Y-%m-%d}{'; ' if others else ''}{others}.\n"


def _coverage(posture: Posture) -> Iterator[str]:
    totals = _totals(posture)
    whole = totals["actions"]
    always = {"met", "not met", "not evaluated"}
    shown = [name for name in (*Verdict, "not selected") if totals[name] or name in always]
    rows = [(name, f"{totals[name]:,}", f"{100 * totals[name] / whole:.1f} %" if whole else "") for name in shown]
    yield from _table(("Verdict", "Actions", "Share"), [*rows, ("**in the catalogue**", f"**{whole:,}**", "")], len(rows) + 1)
    others = [record for record in posture.verdicts if not record.action]
    open_ones = [record for record in others if record.verdict not in {Verdict.MET, Verdict.NOT_APPLICABLE, Verdict.NOT_LICENSED}]
    if open_ones:
        named = "; ".join(f"{on_github(record.title, NAME)} ({record.verdict})" for record in open_ones[:MOST_NAMES])
        yield f"Beside the actions, {len(open_ones):,} of {len(others):,} other checks: {named}{_more(open_ones)}.\n"


def _gaps(posture: Posture) -> Iterator[str]:
    gaps = posture.gaps
    if not gaps:
        return
    yield "## Gaps worth most\n"
    rows = (
        (
            f"{missing_points(record):,.2f}",
            str(record.rank or ""),
            f"{on_github(record.title, NAME)} {_id(record.action)}",
            on_github(record.reason, REASON),
        )
        for record in gaps[:MOST_ROWS]
    )
    yield from _table(("Points", "Rank", "Action", "What was found"), rows, len(gaps))


def _accepted(posture: Posture) -> Iterator[str]:
    found = [record for record in posture.verdicts if record.verdict is Verdict.ACCEPTED]
    lapsed = [row for row in posture.exceptions if not row.get("in_force")]
    if found or lapsed:
        yield "## Accepted\n"
    if found:
        rows = (_acceptance(record) for record in sorted(found, key=_until)[:MOST_ROWS])
        yield from _table(("Until", "Owner", "Action", "Why"), rows, len(found))
    if lapsed:
        said = (
            f"{on_github(str(row.get('action', '')), SHORT)} ({on_github(str(row.get('status', '')), NAME)})" for row in lapsed[:MOST_NAMES]
        )
        yield f"Exceptions that accept nothing: {'; '.join(said)}{_more(lapsed)}.\n"


def _acceptance(record: Record) -> tuple[str, ...]:
    note = record.exception
    who, why = (note.owner, note.reason) if note else ("", record.reason)
    title = f"{on_github(record.title, NAME)} {_id(record.action)}"
    return _until(record), on_github(who, OWNER), title, on_github(why, REASON)


def _until(record: Record) -> str:
    return record.exception.expires.isoformat() if record.exception else "not known"


def _not_evaluated(posture: Posture) -> Iterator[str]:
    """By cause and reason, the one that costs most first."""
    groups: dict[tuple[str, str], list[Record]] = {}
    for record in posture.not_evaluated:
        groups.setdefault((str(record.cause or "not run"), record.reason), []).append(record)
    if not groups:
        return
    yield "## Not evaluated\n"
    ordered = sorted(groups.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    rows = (
        (cause, f"{len(records):,}", on_github(reason, REASON), ", ".join(map(_name, records[:MOST_NAMES])) + _more(records))
        for (cause, reason), records in ordered[:MOST_ROWS]
    )
    yield from _table(("Cause", "Items", "Reason", "Which"), rows, len(groups))


def _name(record: Record) -> str:
    return on_github(record.action or record.title, SHORT)


def _files(posture: Posture) -> Iterator[str]:
    yield "## Files\n"
    for name, what in FILES:
        yield f"- `{name}`: {what}"
    status = "" if posture.exit_status is None else f", exit status {posture.exit_status}"
    yield f"\n{on_github(f'{posture.tool.name} {posture.tool.version}', NAME)}{status}."


def _id(action: str | None) -> str:
    return f"({on_github(action, SHORT)})" if action else ""


def _more(rows: Sequence[object]) -> str:
    return f" and {len(rows) - MOST_NAMES:,} more" if len(rows) > MOST_NAMES else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], size: int) -> Iterator[str]:
    """A table of rows whose cells are Markdown already, and how many of the `size` there are it leaves out."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    shown = [f"| {' | '.join(row)} |" for row in rows]
    yield from shown
    yield f"\n{size - len(shown):,} more in the workbook and the report.\n" if size > len(shown) else ""
