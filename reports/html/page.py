"""The posture as one piece of HTML: what the template shows is gathered here, and nothing is judged or counted anew."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from fixtures.areas import AREAS
from fixtures.record import Record

from .. import reconciling
from ..frameworks import FRAMEWORKS, Framework, references_of
from ..history import adds_up, is_told, listed, stretches
from ..plan.showing import TIMES
from ..plan.telling import differs, waits
from ..posture import Posture, in_order, missing_points
from . import parts, planning, text, words
from .charts import line
from .counterexample import cards

_FOLDER = Path(__file__).parent
_SHEETS = "".join((_FOLDER / name).read_text("utf-8") for name in ("style.css", "actions.css", "print.css", "sections.css"))
STYLE = re.sub(r"/\*.*?\*/|(?<=\n)\s+", "", _SHEETS)
# Its hash is in the Content-Security-Policy: it stands in the page exactly as it is here.
SCRIPT = re.sub(r"(?m)^\s*//.*\n|^ +", "", (_FOLDER / "script.js").read_text("utf-8"))
GAPS = 10
# Of what moved this many are shown, and the rest is folded.
MOVES = 10
CHANGES = 300
STRETCHES = 20
# Of the actions that another licence would open this many are named.
NAMED = 12


def render(posture: Posture) -> str:
    """The report of a posture, without the frame that pytest-html puts around it."""
    records = in_order(posture.verdicts)
    ids = text.slugs(records)
    titles = {(record.action or "").casefold(): record.title for record in reversed(records) if record.action}
    context: dict[str, Any] = {
        "p": posture,
        "style": Markup(STYLE),  # noqa: S704 - our own files
        "script": Markup(SCRIPT),  # noqa: S704
        "ids": ids,
        "by_action": {(record.action or "").casefold(): ids[record.item] for record in reversed(records) if record.action},
        "evidence_ids": {item.id: f"e-{number}" for number, item in enumerate(posture.evidence, 1)},
        "by_evidence": {item.id: item for item in posture.evidence},
        "area_names": {area.slug: area.title for area in AREAS},
        "most_items": text.most_items(records),
    }
    return _template().render(context | _summary(posture, titles) | _score(posture) | _work(posture) | _actions(records, posture))


def _summary(posture: Posture, titles: dict[str, str]) -> dict[str, Any]:
    """What stands before the actions."""
    exit_status = posture.exit_status
    return {
        "sentence": sentence(posture),
        "tiles": parts.tiles(posture.totals),
        "changes": posture.changed,
        "most_changes": CHANGES,
        "since_baseline": parts.since_baseline(posture),
        "moves": sorted(posture.movements, key=lambda move: (parts.rose(move), -move.date.timestamp(), move.action)),
        "shown_moves": max(MOVES, sum(not parts.rose(move) for move in posture.movements)),
        "ledger": parts.ledger(posture.totals),
        "areas": [area for area in posture.areas if area.totals["actions"]],
        "area_words": [word for word in words.WORDS if any(area.totals.get(word.name) for area in posture.areas)],
        "gaps": posture.gaps[:GAPS],
        "all_gaps": len(posture.gaps),
        "exceptions": parts.accepted(posture.exceptions, titles, posture.as_of.date()),
        "causes": parts.causes(posture),
        "exit": words.EXIT.get(exit_status, "not known") if exit_status is not None else "not known",
    }


def _score(posture: Posture) -> dict[str, Any]:
    """The score beside others' and over time, and what is wrong with its days."""
    given, wrong = parts.averages(posture), stretches(posture.history, posture.as_of)
    return {
        "bars": parts.bars(posture),
        "unaveraged": [name for name, average in given if average is None],
        "chart": line(posture.history, posture.movements, [(name, points) for name, points in given if points is not None], wrong),
        "days": listed(posture.history, posture.as_of),
        "stretches": wrong,
        "most_stretches": STRETCHES,
        "told": is_told(posture.history),
    }


def _work(posture: Posture) -> dict[str, Any]:
    """What is to be done in which order, and where Microsoft says otherwise than we do."""
    return {
        "plan": planning.planned(posture),
        "times": TIMES,
        "named": NAMED,
        "reconciled": reconciling.groups(posture),
        "differing": reconciling.differing(posture),
        "differ": reconciling.DIFFER,
    }


def _actions(records: list[Record], posture: Posture) -> dict[str, Any]:
    """The actions, and what finds, orders and explains them."""
    shown = {str(record.verdict) for record in records}
    referenced = [references_of(record.action) for record in posture.of_actions()]
    counts: Counter[Framework] = Counter(each.framework for references in referenced for each in references)
    return {
        "verdicts": [word for word in words.WORDS if posture.totals.get(word.name) or word.name in shown],
        "others": [record for record in records if not record.action],
        "groups": parts.groups(records),
        "first": {record.item: place for place, record in enumerate(sorted(records, key=parts.needs_action))},
        "referenced": sum(bool(references) for references in referenced),
        "frameworks": [(framework, counts[framework]) for framework in FRAMEWORKS],
    }


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
    filters: dict[str, Callable[..., Any]] = {
        "number": text.number,
        "moment": text.moment,
        "minute": text.minute,
        "day": text.day,
        "plain": text.plain,
        "pretty": text.pretty,
        "fact": text.fact,
        "lines": text.lines,
        "remediation": text.remediation,
        "https": text.https,
        "leads": words.where_it_leads,
        "missing": missing_points,
        "known": lambda said: "" if said.casefold() == "unknown" else said,
        "licence_claims": parts.licence_claims,
        "references": references_of,
        "cards": cards,
        "adds_up": adds_up,
        "differs": differs,
        "waits": waits,
        "effort": planning.effort,
        "to_show": planning.to_show,
        "step_points": planning.points,
        "how": reconciling.how,
        "at_stake": reconciling.at_stake,
        "reasons": reconciling.reasons,
        "kinds": _kinds,
        "seen": jinja2.pass_context(_seen),
    }
    environment.filters.update(filters)
    environment.globals.update(words=words, paper_items=text.PAPER_ITEMS)
    return environment.get_template("report.html.j2")


def _kinds(record: Record) -> str:
    """What the filters ask for, a letter each: how it was judged, what Microsoft says, and what users would notice."""
    agreement = record.microsoft.agreement if record.microsoft else "not scored"
    said = {"agree": "a", "awaiting refresh": "w", "disagree": "x"}.get(agreement, "n")
    impact = {"low": "l", "moderate": "m", "medium": "m", "high": "h"}.get(record.user_impact.casefold(), "-")
    return record.basis[0] + said + impact


def _seen(context: jinja2.runtime.Context, record: Record) -> datetime | None:
    """When the last of a record's responses arrived."""
    known = context["by_evidence"]
    return max((known[id].retrieved_at for id in record.evidence if id in known), default=None)


def sentence(posture: Posture) -> str:
    """What a manager can repeat."""
    totals = posture.totals
    no_verdict = sum(totals.get(name, 0) for name in ("not licensed", "not applicable", "not scored"))
    said = [f"{number_of(totals['not met'], 'is', 'are')} not met"]
    said += [f"{number_of(totals['known'], 'was', 'were')} already not met in the baseline"] if totals.get("known") else []
    said += [f"{number_of(totals['accepted'], 'is an accepted risk or solved otherwise', 'are accepted risks or solved otherwise')}"]
    said += [f"{number_of(totals['not evaluated'], 'could', 'could')} not be evaluated"]
    said += [f"{number_of(no_verdict, 'does', 'do')} not apply, need another licence or carry no score"] if no_verdict else []
    said += [f"{number_of(totals['not selected'], 'was', 'were')} left out of this run"] if totals.get("not selected") else []
    met = f"{posture.tenant.name} meets {totals['met']} of {totals['actions']} security improvement actions"
    return f"{met}; {_listed(said)}.{_score_sentence(posture)}"


def number_of(count: int, one: str, many: str) -> str:
    """A count with the verb that goes with it."""
    return f"{count:,} {one if count == 1 else many}"


def _listed(said: list[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def _score_sentence(posture: Posture) -> str:
    score = posture.score
    if score is None or score.current is None:
        return " Its Secure Score could not be read."
    if score.max is None or score.percentage is None:
        return f" Its Secure Score is {text.number(score.current)} points."
    return f" Its Secure Score is {text.number(score.current)} of {text.number(score.max)} points, {text.number(score.percentage)} %."
