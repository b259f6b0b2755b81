"""The facts of a scorecard, and every sentence of it: both the page and the PDF show this and nothing else.

No text of the tenant's gets in here but its display name, where it is asked for. Areas, verdicts and causes are named in our words.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from fixtures.areas import AREAS
from fixtures.licences import AREA_LICENCES
from fixtures.record import Record
from fixtures.verdicts import Verdict

from .. import posture as postures
from ..html import charts
from ..html.text import day, moment, number, one_line
from ..posture import Day, Posture, Score
from . import shares
from .words import LIMITS, METHOD, PEERS, SLICES, SOURCES, TITLE

# A name is cut here, for the page is one page; one that is no short one is set smaller.
LONGEST_NAME, SHORT_NAME = 120, 40
DAYS = 90
JUDGED = (Verdict.MET, Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.KNOWN)
# The areas of the article come first, each on a line of its own.
NINE = tuple(area for area in AREAS if area.slug in AREA_LICENCES)


class Notice(msgspec.Struct, frozen=True):
    """What a reader has to know before all else."""

    head: str
    text: str


class Peer(msgspec.Struct, frozen=True):
    """A bar of the comparison; `percent` is its length."""

    name: str
    points: str
    percent: float
    own: bool


class Trend(msgspec.Struct, frozen=True):
    """The chart: places in percent of the drawing from the top left, and the same in words."""

    title: str
    words: str
    lines: list[list[tuple[float, float]]]
    grid: list[tuple[float, str]]
    dates: list[str]
    last: float


class AreaRow(msgspec.Struct, frozen=True):
    """An area. `note` says what is under a collective name; `step` is how many of three steps are filled, 0 where no share is shown."""

    name: str
    note: str
    judged: str
    step: int
    share: str


class Slice(msgspec.Struct, frozen=True):
    """A part of the catalogue, with how or why not it was judged. `shown` is the number of its actions for people."""

    key: str
    name: str
    actions: int
    shown: str


class Card(msgspec.Struct, frozen=True):
    """Everything on the page. `direction` is that of the name, `made_at` the end of the run; `tight` asks for smaller type."""

    title: str
    kind: str
    who: str
    direction: str
    as_of: str
    made_at: datetime
    notices: list[Notice]
    tight: bool
    percentage: str
    points: str
    peers: list[Peer]
    peers_note: str
    trend: Trend | None
    trend_note: str
    areas: list[AreaRow]
    slices: list[Slice]
    coverage: str
    method: list[tuple[str, str]]
    foot: str


def card_of(posture: Posture, named: bool = False) -> Card:
    """The card of a posture. Raises `ValueError` with one line where an honest one cannot be made."""
    records = list(posture.of_actions())
    judged = [record for record in records if record.verdict in JUDGED]
    _refuse(posture, judged)
    who, direction = _who(posture, named)
    notices = _notices(posture, records)
    percentage, points = _score(posture.score)
    trend = _trend(posture.history)
    return Card(
        title=f"{TITLE}: {who}" if named else TITLE,
        kind=TITLE,
        who=who,
        direction=direction,
        as_of=f"As of {_day(posture.as_of)}",
        made_at=posture.finished_at,
        notices=notices,
        tight=len(notices) > 1 or len(who) > SHORT_NAME,
        percentage=percentage,
        points=points,
        peers=_peers(posture.score),
        peers_note=_peers_note(posture.score),
        trend=trend,
        trend_note="" if trend else "Microsoft gave no history of the score to draw.",
        areas=_areas(records),
        slices=_slices(posture, records),
        coverage=_coverage(posture, judged),
        method=[*METHOD, *LIMITS],
        foot=_foot(posture),
    )


def _refuse(posture: Posture, judged: Sequence[Record]) -> None:
    whole = posture.totals.get("actions", 0)
    counted = postures.count(posture.verdicts, whole)
    if {name: n for name, n in counted.items() if n} != {name: n for name, n in posture.totals.items() if n}:
        raise ValueError("no scorecard was made: the totals of the posture are not those of its verdicts. Make it again with a run.")
    if posture.exit_status == 3:
        raise ValueError("no scorecard was made: the tool itself failed in this run, and what it found is not to be relied on. Run again.")
    if not judged:
        raise ValueError("no scorecard was made: this run judged none of the tenant's improvement actions. Run all of them first.")


def _who(posture: Posture, named: bool) -> tuple[str, str]:
    """Whose card it is, and in which direction that is written."""
    if not named:
        return "This organisation", "ltr"
    if any(row.resource == "organization" for row in posture.unread):
        raise ValueError("no scorecard was made: the run could not read the organisation's display name. Leave out --named, or run again.")
    name = one_line(posture.tenant.name)
    if not name:
        raise ValueError("no scorecard was made: the organisation's display name is empty. Leave out --named.")
    strong = next((kind for kind in map(unicodedata.bidirectional, name) if kind in {"L", "R", "AL"}), "L")
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…", "ltr" if strong == "L" else "rtl"


def _day(when: datetime) -> str:
    return day(when.astimezone(UTC).date())


def _notices(posture: Posture, records: Sequence[Record]) -> list[Notice]:
    """What the run is not."""
    whole, left_out = posture.totals["actions"], posture.totals.get("not selected", 0)
    found = []
    if posture.tenant.source == "demo":
        found.append(Notice("This is a demonstration.", "The organisation is invented: nothing on this page is about a real one."))
    if posture.selection.stopped:
        found.append(Notice("This run stopped early.", "What it did not come to is not evaluated."))
    if left_out:
        found.append(Notice("This is a part of the posture.", f"{left_out:,} of {whole:,} actions were left out of the run."))
    elif posture.selection.arguments or not (posture.selection.complete or posture.selection.stopped):
        found.append(Notice("This is a part of the posture.", "Some checks were left out of the run."))
    lost = sum(record.verdict is Verdict.NOT_EVALUATED for record in records)
    others = sum(not record.action for record in posture.not_evaluated)
    if lost or others:
        said = [f"{lost:,} of {whole:,} actions"] if lost else []
        said += [f"{others:,} of the checks that the others rest on"] if others else []
        text = f"{' and '.join(said)} could not be evaluated: nothing is said about them, neither good nor bad."
        found.append(Notice("This page is incomplete.", text))
    return found


def _score(score: Score | None) -> tuple[str, str]:
    """The share and the points, in words; the share is empty where there is none."""
    if score is None or score.current is None:
        return "", "The Secure Score could not be read."
    if score.max is None or score.percentage is None:
        return "", f"{number(score.current)} points on {_day(score.date)}. Microsoft gave no maximum."
    return f"{number(score.percentage)}\u00a0%", f"{number(score.current)} of {number(score.max)} points on {_day(score.date)}"


def _averages(score: Score | None) -> list[tuple[str, float]]:
    """The averages of other tenants that Microsoft gave, in points."""
    given = {row.basis.casefold(): row.average for row in reversed(score.compared_with)} if score else {}
    return [(name, given[basis]) for basis, name in PEERS.items() if basis in given]


def _peers(score: Score | None) -> list[Peer]:
    averages = _averages(score)
    if score is None or score.current is None or not averages:
        return []
    rows = [("This organisation", score.current, True), *((f"Average of {name}", points, False) for name, points in averages)]
    whole = max([score.max or 0.0, *(points for _, points, _ in rows)]) or 1.0
    return [Peer(name, number(points), round(100 * max(points, 0.0) / whole, 2), own) for name, points, own in rows]


def _peers_note(score: Score | None) -> str:
    given = [name for name, _ in _averages(score)]
    missing = [name for name in PEERS.values() if name not in given]
    if score is None or score.current is None:
        return "Without it there is no comparison with other tenants."
    return f"Microsoft gave no average of {' or of '.join(missing)} to compare with." if missing else ""


def _trend(history: Sequence[Day]) -> Trend | None:
    newest = max((each.date for each in history), default=None)
    if newest is None:
        return None
    days = [each for each in history if each.date > newest - timedelta(days=DAYS)]
    line = charts.line(days, [], [])
    if line is None:
        return None
    scored = [each.date for each in days if each.current is not None]
    # The proportions of the main report's drawing are 1000 by 100.
    lines = [[(float(x) / 10, float(y)) for x, y in (pair.split(",") for pair in points.split())] for points in line.segments]
    return Trend(
        title=f"The last {(scored[-1] - scored[0]).days + 1} days",
        words=line.words,
        lines=lines,
        grid=[(mark.top, mark.text) for mark in line.grid],
        dates=[mark.text for mark in line.dates],
        last=line.last.top,
    )


def _areas(records: Sequence[Record]) -> list[AreaRow]:
    nine = {area.slug for area in NINE}
    rows = [_row(area.title, "", [record for record in records if record.area == area.slug]) for area in NINE]
    rest = [record for record in records if record.area not in nine]
    held = {record.area for record in rest}
    names = [area.title for area in AREAS if area.slug in held]
    return [*rows, _row("All other areas", ", ".join(names), rest)]


def _row(name: str, note: str, records: Sequence[Record]) -> AreaRow:
    judged = [record for record in records if record.verdict in JUDGED]
    found = shares.band([each for each in map(shares.worth, judged) if each is not None])
    return AreaRow(name, note, f"{len(judged):,} of {len(records):,}", found.step if found else 0, found.name if found else "not shown")


def _slices(posture: Posture, records: Sequence[Record]) -> list[Slice]:
    """The whole catalogue, in parts that add up to it. None of them tells how an action was judged."""
    parts = Counter(_part(record) for record in records)
    parts["not selected"] = posture.totals["actions"] - len(records)
    causes = Counter(str(record.cause or "not run") for record in records if record.verdict is Verdict.NOT_EVALUATED)
    why = ", ".join(f"{cause} {n:,}" for cause, n in sorted(causes.items(), key=lambda each: (-each[1], each[0])))
    names = {**SLICES, "not evaluated": f"{SLICES['not evaluated']} ({why})" if why else SLICES["not evaluated"]}
    return [
        Slice(key.replace(" ", "-"), name, parts[key], f"{parts[key]:,}")
        for key, name in names.items()
        if parts[key] or key in {"direct", "scored", "not evaluated"}
    ]


def _part(record: Record) -> str:
    return record.basis if record.verdict in JUDGED else str(record.verdict)


def _coverage(posture: Posture, judged: Sequence[Record]) -> str:
    whole, n = posture.totals["actions"], len(judged)
    share = f"{100 * n // whole}" if 100 * n >= whole else "under 1"
    return f"{n:,} of the {whole:,} actions ({share}\u00a0%) in the organisation’s own Secure Score catalogue were judged."


def _foot(posture: Posture) -> str:
    tool = one_line(f"{posture.tool.name} {posture.tool.version}")[:60]
    source = SOURCES.get(posture.tenant.source, SOURCES["snapshot"])
    of = "" if moment(posture.as_of) == moment(posture.finished_at) else f", as of {moment(posture.as_of)}"
    return f"Made with {tool} from {source}. Run of {moment(posture.finished_at)}{of}."
