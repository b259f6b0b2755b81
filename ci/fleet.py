"""`python -m ci fleet FOLDER|FILE…`: many postures, one line each, the worst first, and one exit status for them all.

Of a posture only what a line needs is decoded. A tenant of the list (`--tenants tenants.toml`) without a posture is named, and so is a
posture that is damaged, too old, there twice, or at odds with itself: none of them is dropped, and none passes for good.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fixtures.tenant import slug_of
from fixtures.text import one_line
from fixtures.verdicts import Verdict
from reports.posture import SCHEMA, Effect
from reports.standards import write_bytes

from .exit_status import INCOMPLETE, INCOMPLETE_AND_NOT_MET, MET, NOT_MET, OUR_ERROR
from .fleet_places import POSTURE, find, listed

NO_POSTURE = "there is no posture"
ARTEFACT = "m365-posture-"  # what the pipelines of this project call a tenant's posture: this and its slug
_ENDED = {MET, NOT_MET, INCOMPLETE, INCOMPLETE_AND_NOT_MET}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_WRONG = {NOT_MET, INCOMPLETE_AND_NOT_MET}


class _Tenant(msgspec.Struct):
    id: str | None
    name: str
    cloud: str
    source: str
    label: str


class _Selection(msgspec.Struct):
    complete: bool
    stopped: str | None = None


class _Score(msgspec.Struct):
    percentage: float | None


class _Record(msgspec.Struct):
    verdict: Verdict


class _Change(msgspec.Struct):
    effect: Effect


class _Posture(msgspec.Struct):
    """What a line shows of a posture; the rest is skipped where it stands."""

    schema: int
    as_of: datetime
    selection: _Selection
    tenant: _Tenant
    score: _Score | None
    totals: dict[str, int]
    verdicts: list[_Record]
    baseline: dict[str, Any] | None = None
    changes: list[_Change] = []
    exit_status: int | None = None


class Row(msgspec.Struct, kw_only=True):
    """One posture, or the lack of one. Figures are None where nobody knows them; changes where nothing was compared.

    `remarks` say what is the matter with it; `incomplete` that what it says is not the whole truth. `label` is how its run named the
    tenant, where it has one: a name that the tenant gives itself is no key.
    """

    tenant: str
    label: str = ""
    path: str = ""
    id: str | None = None
    name: str = ""
    cloud: str = ""
    score: float | None = None
    met: int | None = None
    not_met: int | None = None
    not_evaluated: int | None = None
    known: int | None = None
    regressions: int | None = None
    lost_coverage: int | None = None
    status: int | None = None
    as_of: datetime | None = None
    hours: float | None = None
    incomplete: bool = False
    remarks: list[str] = []


_DECODER = msgspec.json.Decoder(_Posture)


def read(path: Path, now: datetime, most_hours: float | None = None) -> Row:
    """The row of one file. What cannot be read, or not be believed, says so in its row."""
    try:
        return row_of(path.read_bytes(), path, now, most_hours)
    except FileNotFoundError:
        return _none(path, NO_POSTURE)
    except OSError as error:
        return _none(path, f"the posture cannot be read: {error.strerror}")


def row_of(body: bytes, path: Path, now: datetime, most_hours: float | None = None) -> Row:
    """The row of a posture that stands at `path`."""
    try:
        posture = _DECODER.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return _none(path, f"the posture is damaged: {one_line(str(error))}")
    if posture.schema != SCHEMA:
        return _none(path, f"schema {posture.schema} is not known here; this version reads schema {SCHEMA}")
    row = _row(posture, path, now)
    row.remarks = list(_remarks(posture, row, most_hours))
    row.incomplete = bool(row.remarks) or row.status not in {MET, NOT_MET}
    if not posture.selection.complete:
        row.remarks.append("only part of the checks ran")
    return row


def _none(path: Path, why: str) -> Row:
    """A row that knows a tenant by its folder alone."""
    name = path.parent.name.removeprefix(ARTEFACT) if path.name == POSTURE else path.stem
    return Row(tenant=name or str(path), path=str(path), incomplete=True, remarks=[why])


def _row(posture: _Posture, path: Path, now: datetime) -> Row:
    effects = Counter(change.effect for change in posture.changes)
    as_of = posture.as_of if posture.as_of.tzinfo else posture.as_of.replace(tzinfo=UTC)
    compared = posture.baseline is not None
    return Row(
        tenant=(posture.tenant.name if posture.tenant.source == "snapshot" else posture.tenant.label) or posture.tenant.label,
        label=posture.tenant.label,
        path=str(path),
        id=posture.tenant.id,
        name=posture.tenant.name,
        cloud=posture.tenant.cloud,
        score=posture.score.percentage if posture.score else None,
        met=posture.totals.get(Verdict.MET),
        not_met=posture.totals.get(Verdict.NOT_MET),
        not_evaluated=posture.totals.get(Verdict.NOT_EVALUATED),
        known=posture.totals.get(Verdict.KNOWN),
        regressions=effects["regression"] if compared else None,
        lost_coverage=effects["lost coverage"] if compared else None,
        status=posture.exit_status,
        as_of=as_of,
        hours=(now - as_of) / timedelta(hours=1),
    )


def _remarks(posture: _Posture, row: Row, most_hours: float | None) -> Iterator[str]:
    """What makes a posture less than it looks."""
    verdicts = {record.verdict for record in posture.verdicts}
    if row.status not in _ENDED:
        yield "the run did not come to its end" if row.status is None else f"nothing can be concluded from exit status {row.status}"
    elif not verdicts:
        yield "nothing was judged"
    elif row.status in {MET, NOT_MET} and (Verdict.NOT_EVALUATED in verdicts or posture.selection.stopped):
        yield f"exit status {row.status} contradicts its verdicts"
    if posture.selection.stopped:
        yield f"stopped early: {posture.selection.stopped}"
    if most_hours is not None and row.hours is not None and not -1 <= row.hours <= most_hours:
        yield f"older than {most_hours:g} hours" if row.hours > 0 else "dated in the future"


# All of them


def summed(rows: Sequence[Row], wanted: Mapping[str, str] | None = None, latest: bool = False) -> list[Row]:
    """The rows, worst first: with one for each tenant of the list that has none, and a remark where one is there twice, of which with
    `latest` only the newest counts."""
    whole = [*rows, *(_held_against(rows, wanted) if wanted is not None else ())]
    by_tenant: dict[tuple[str, str], list[Row]] = {}
    for row in whole:
        if row.as_of:
            by_tenant.setdefault(((row.id or row.label).casefold(), row.cloud), []).append(row)
    older: set[int] = set()
    for same in (found for found in by_tenant.values() if len(found) > 1):
        newest = max(same, key=lambda row: (row.as_of or _LONG_AGO, row.path))
        if latest:
            older |= {id(row) for row in same if row is not newest}
            newest.remarks.append(f"the latest of {len(same)} postures of this tenant: {newest.path}")
            continue
        for row in same:
            row.remarks.append(f"there are {len(same)} postures of this tenant: {row.path}")
    return sorted((row for row in whole if id(row) not in older), key=_how_bad)


def _held_against(rows: Sequence[Row], wanted: Mapping[str, str]) -> list[Row]:
    """Rows for the tenants of the list that are not among `rows`; these get a remark where the list does not have them."""
    by_key = {id.casefold(): name for name, id in wanted.items() if id} | {name.casefold(): name for name in wanted}
    by_folder = {slug_of(name): name for name in wanted}
    found: set[str] = set()
    for row in rows:
        name = by_key.get(row.label.casefold()) or by_key.get((row.id or "").casefold()) if row.as_of else by_folder.get(row.tenant)
        if name is None:
            row.remarks.append("not in the list")
        found.add(name or "")
    return [Row(tenant=name, incomplete=True, remarks=[NO_POSTURE]) for name in wanted if name not in found]


def _how_bad(row: Row) -> tuple[Any, ...]:
    order = {INCOMPLETE_AND_NOT_MET: 2, NOT_MET: 3, INCOMPLETE: 4}
    place = 0 if row.as_of is None or row.status not in _ENDED else order.get(row.status or 0, 4 if row.incomplete else 5)
    worse = -((row.regressions or 0) + (row.lost_coverage or 0))
    return place, worse, row.score if row.score is not None else -1.0, row.tenant.casefold(), row.path


def exit_status(rows: Sequence[Row]) -> int:
    """One for all: 3 where a run failed itself, else what is wrong and what is incomplete anywhere, as for one run."""
    if any(row.status == OUR_ERROR for row in rows):
        return OUR_ERROR
    wrong = any(row.status in _WRONG for row in rows)
    incomplete = any(row.incomplete for row in rows)
    return {(False, False): MET, (True, False): NOT_MET, (False, True): INCOMPLETE, (True, True): INCOMPLETE_AND_NOT_MET}[wrong, incomplete]


# The command


def add_to(commands: Any) -> None:
    """`fleet`, as a command of `python -m ci`."""
    from .fleet_tables import FORMS

    command: argparse.ArgumentParser = commands.add_parser("fleet", help="many postures: a line each, the worst first, and one exit status")
    command.add_argument(
        "places", metavar="FOLDER|FILE", type=Path, nargs="+", help="postures, or folders with one in each of their folders"
    )
    command.add_argument("--tenants", metavar="FILE", type=Path, help="a tenants.toml: who of it has no posture is named")
    command.add_argument("--as", dest="form", choices=FORMS, default="terminal", help="how it is printed; default: terminal")
    command.add_argument("--output", metavar="FILE", type=Path, help="write it there instead")
    command.add_argument("--max-age", metavar="HOURS", type=float, help="an older posture makes the whole incomplete")
    command.add_argument("--latest", action="store_true", help="of several postures of one tenant, count the newest alone")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the table; the exit status is the fleet's. Raises `ValueError` with one line for what cannot be done."""
    from .fleet_tables import FORMS

    if options.max_age is not None and not 0 < options.max_age <= 1_000_000:
        raise ValueError("--max-age: a number of hours above 0 is wanted.")
    now = datetime.now(UTC)
    wanted = listed(options.tenants) if options.tenants else None
    rows = summed([read(path, now, options.max_age) for path in find(options.places, wanted is not None)], wanted, options.latest)
    text = FORMS[options.form](rows, exit_status(rows))
    if options.output is None:
        sys.stdout.write(text)
        return exit_status(rows)
    try:
        write_bytes(text.encode(), options.output)
    except OSError as error:
        raise ValueError(f"{options.output} cannot be written: {error.strerror}.") from None
    return exit_status(rows)
