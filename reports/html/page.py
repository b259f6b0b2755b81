"""The posture as one piece of HTML: what the template shows is put together here, and nothing is judged or counted anew."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
from markupsafe import Markup

from fixtures.areas import AREAS, BY_SLUG
from fixtures.record import Record
from fixtures.verdicts import Verdict

from ..posture import AreaSummary, Movement, Posture, Unread, in_order, missing_points
from . import text, words
from .charts import line

_FOLDER = Path(__file__).parent
STYLE = (_FOLDER / "style.css").read_text("utf-8")
# Its hash is in the Content-Security-Policy: it stands in the page exactly as it is here.
SCRIPT = (_FOLDER / "script.js").read_text("utf-8")
GAPS = 10
# Of what moved this many are shown, and the rest is folded.
MOVES = 10


class Share(NamedTuple):
    """One verdict of the ledger."""

    word: words.Word
    actions: int
    percent: float


class Group(NamedTuple):
    """One area's records, under its name."""

    slug: str
    name: str
    records: list[Record]


class CauseGroup(NamedTuple):
    """What could not be evaluated for one cause."""

    cause: str
    cure: str
    records: list[Record]
    unread: list[Unread]


class Bar(NamedTuple):
    """A score among others; `percent` is the length of its bar."""

    name: str
    points: float
    percent: float
    own: bool


def render(posture: Posture) -> str:
    """The report of a posture, without the frame that pytest-html puts around it."""
    records = in_order(posture.verdicts)
    ids = text.slugs(records)
    by_action = {(record.action or "").casefold(): ids[record.item] for record in reversed(records) if record.action}
    context: dict[str, Any] = {
        "p": posture,
        "style": Markup(STYLE),  # noqa: S704 - our own files
        "script": Markup(SCRIPT),  # noqa: S704
        "sentence": sentence(posture),
        "ledger": ledger(posture.totals),
        "verdicts": [share.word for share in ledger(posture.totals) if share.actions or _any(records, share.word.name)],
        "areas": [area for area in posture.areas if area.totals["actions"]],
        "area_words": [word for word in words.WORDS if any(area.totals.get(word.name) for area in posture.areas)],
        "gaps": posture.gaps[:GAPS],
        "all_gaps": len(posture.gaps),
        "causes": causes(posture),
        "others": [record for record in records if not record.action],
        "groups": groups(records),
        "first": {record.item: place for place, record in enumerate(sorted(records, key=_needs_action))},
        "moves": sorted(posture.movements, key=lambda move: (_rose(move), -move.date.timestamp(), move.action)),
        "shown_moves": max(MOVES, sum(not _rose(move) for move in posture.movements)),
        "bars": bars(posture),
        "chart": _chart(posture),
        "ids": ids,
        "by_action": by_action,
        "evidence_ids": {item.id: f"e-{number}" for number, item in enumerate(posture.evidence, 1)},
        "by_evidence": {item.id: item for item in posture.evidence},
        "area_names": {area.slug: area.title for area in AREAS},
        "exit": words.EXIT.get(posture.exit_status, "not known") if posture.exit_status is not None else "not known",
    }
    return _template().render(context)


def _bytecode_cache() -> jinja2.BytecodeCache | None:
    """Compiling the page takes as long as filling it; jinja keeps the result in a folder of the user's own, where there can be one."""
    try:
        return jinja2.FileSystemBytecodeCache()
    except (OSError, RuntimeError):
        return None


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        bytecode_cache=_bytecode_cache(),
        undefined=jinja2.StrictUndefined,
        finalize=text.visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=text.number,
        moment=text.moment,
        day=text.day,
        pretty=text.pretty,
        fact=text.fact,
        remediation=text.remediation,
        https=text.https,
        missing=missing_points,
        known=lambda said: "" if said.casefold() == "unknown" else said,
        licence_claims=licence_claims,
    )
    environment.globals.update(words=words, most_items=text.MOST_ITEMS)
    return environment.get_template("report.html.j2")


def _any(records: list[Record], verdict: str) -> bool:
    return any(record.verdict == verdict for record in records)


def sentence(posture: Posture) -> str:
    """What a manager can repeat."""
    totals = posture.totals
    no_verdict = sum(totals.get(name, 0) for name in ("not licensed", "not applicable", "not scored"))
    parts = [f"{number_of(totals['not met'], 'is', 'are')} not met"]
    parts += [f"{number_of(totals['known'], 'was', 'were')} already not met in the baseline"] if totals.get("known") else []
    parts += [f"{number_of(totals['accepted'], 'is an accepted risk or solved otherwise', 'are accepted risks or solved otherwise')}"]
    parts += [f"{number_of(totals['not evaluated'], 'could', 'could')} not be evaluated"]
    parts += [f"{number_of(no_verdict, 'does', 'do')} not apply, need another licence or carry no score"] if no_verdict else []
    parts += [f"{number_of(totals['not selected'], 'was', 'were')} left out of this run"] if totals.get("not selected") else []
    said = f"{posture.tenant.name} meets {totals['met']} of {totals['actions']} security improvement actions; {_listed(parts)}."
    return said + _score_sentence(posture)


def number_of(count: int, one: str, many: str) -> str:
    """A count with the verb that goes with it."""
    return f"{count:,} {one if count == 1 else many}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _score_sentence(posture: Posture) -> str:
    score = posture.score
    if score is None or score.current is None:
        return " Its Secure Score could not be read."
    if score.max is None or score.percentage is None:
        return f" Its Secure Score is {text.number(score.current)} points."
    return f" Its Secure Score is {text.number(score.current)} of {text.number(score.max)} points, {text.number(score.percentage)} %."


def ledger(totals: dict[str, int]) -> list[Share]:
    """Every verdict and what was left out, with its share of the catalogue."""
    whole = totals["actions"] or 1
    return [Share(word, totals.get(word.name, 0), round(100 * totals.get(word.name, 0) / whole, 2)) for word in words.WORDS]


def causes(posture: Posture) -> list[CauseGroup]:
    """What could not be evaluated, by cause; reads that failed and cost no verdict are told too."""
    found = []
    for cause, cure in words.CURES.items():
        records = [record for record in posture.not_evaluated if (record.cause or "not run") == cause]
        unread = [row for row in posture.unread if row.cause == cause]
        if records or unread:
            found.append(CauseGroup(cause, cure, in_order(records), unread))
    return found


def groups(records: list[Record]) -> list[Group]:
    """The records by area, in the order of the work; an area this version does not know comes last, under its own name."""
    slugs = list(dict.fromkeys(record.area for record in records))
    names = {slug: BY_SLUG[slug].name if slug in BY_SLUG else slug for slug in slugs}
    return [Group(slug, names[slug], [record for record in records if record.area == slug]) for slug in slugs]


def _needs_action(record: Record) -> tuple[int, float, int, str]:
    place = words.NEEDS_ACTION.index(record.verdict) if record.verdict in words.NEEDS_ACTION else 0
    missing = missing_points(record) if record.verdict is not Verdict.MET else 0.0
    return place, -missing, record.rank or 100_000, record.item


def _rose(move: Movement) -> bool:
    return move.after >= move.before


def bars(posture: Posture) -> list[Bar]:
    """The tenant's score among the averages Microsoft gives, the tenant's own first."""
    score = posture.score
    if score is None or score.current is None:
        return []
    rows = [(posture.tenant.name, score.current, True)]
    rows += [(each.whom, each.average, False) for each in score.compared_with]
    whole = max([score.max or 0.0, *(points for _, points, _ in rows)]) or 1.0
    return [Bar(name, points, round(100 * points / whole, 2), own) for name, points, own in rows]


def _chart(posture: Posture) -> Any:
    others = [(each.whom, each.average) for each in posture.score.compared_with] if posture.score else []
    return line(posture.history, posture.movements, others)


def licence_claims(area: AreaSummary) -> tuple[str, str] | None:
    """What the article said and what holds today, where they differ."""
    then, today = area.licence_in_article, area.licence_needed_today
    return (then, today) if then and today and today.casefold() not in {"the same", then.casefold()} else None
