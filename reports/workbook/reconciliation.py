"""Our verdicts against Microsoft's: how often they agree, and every action on which they do not."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.posture import Posture, missing_points

from .actions import area_title, ranked
from .cells import Column, Value
from .pages import always, single, where
from .styles import TINTS

_DIFFER = {
    "disagree": "Microsoft should have seen this by now, and still says otherwise. Look at both before believing either.",
    "awaiting refresh": "Microsoft's figure may be older than the change. Look again after its next refresh.",
}
_BOTH = "judged by both: "
_ORDER = list(_DIFFER)


def groups(posture: Posture) -> list[tuple[str, list[Record]]]:
    """Every action that ran, once: what was judged by evidence of our own and by Microsoft, by how the two stand, and the rest."""
    found: dict[str, list[Record]] = {_BOTH + word: [] for word in ("agree", *_DIFFER)}
    alone, ours, neither = "judged by Microsoft's score alone", "judged by us alone", "judged by neither"
    found |= {alone: [], ours: [], neither: []}
    for record in posture.of_actions():
        theirs = record.microsoft is not None and record.microsoft.agreement != "not scored"
        if record.verdict not in _JUDGED:
            found[neither].append(record)
        elif record.basis != "direct":
            found[alone].append(record)
        elif not theirs or record.microsoft is None:
            found[ours].append(record)
        else:
            found[_BOTH + record.microsoft.agreement].append(record)
    return list(found.items())


_JUDGED = {Verdict.MET, Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.KNOWN}


def differing(posture: Posture) -> list[Record]:
    """The actions on which Microsoft's score, or Entra ID's recommendation, says otherwise than we do; disagreement first."""
    found = [record for record in ranked(posture) if _how(record) is not None]
    return sorted(found, key=lambda record: (_ORDER.index(_how(record) or ""), -abs(_between(record) or 0)))


def _how(record: Record) -> str | None:
    said = {word for word, _ in _said(record)}
    return next((word for word in _ORDER if word in said), None)


def _said(record: Record) -> list[tuple[str, str]]:
    """Who of the two says otherwise, and how."""
    said: list[tuple[str, str]] = [(record.microsoft.agreement, "Secure Score")] if record.microsoft else []
    said += [(record.second_opinion.agreement, "Entra ID's recommendation")] if record.second_opinion else []
    return [(word, who) for word, who in said if word in _DIFFER]


def _between(record: Record) -> float | None:
    """What the score would change by, should Microsoft come to see it as we do."""
    score = record.microsoft.score if record.microsoft else None
    if score is None:
        return None
    return missing_points(record) if record.verdict is Verdict.MET else -score


def _score(record: Record) -> Value:
    return record.microsoft.score if record.microsoft else None


_COLUMNS: list[Column[Record]] = [
    Column("Agreement", 17, "text", _how),
    Column("Recommended action", 40, "wrap", lambda r: r.title),
    Column("Area", 20, "wrap", lambda r: area_title(r.area)),
    Column("Verdict", 13, "text", lambda r: r.verdict.value),
    Column("With whom it differs", 24, "wrap", lambda r: "\n".join(who for _, who in _said(r))),
    Column("Microsoft's points", 12, "points", _score),
    Column("Points max", 9, "points", lambda r: r.points.max if r.points else None),
    Column("Change if ours holds", 12, "change", _between),
    Column("Reason", 46, "wrap", lambda r: r.reason),
    Column("What to make of it", 40, "wrap", lambda r: _DIFFER[_how(r) or "disagree"]),
    Column("Microsoft's words", 34, "wrap", lambda r: r.microsoft.status if r.microsoft else None),
    Column("Last synced", 17, "moment", lambda r: r.microsoft.last_synced if r.microsoft else None),
    Column("Entra ID's recommendation", 17, "text", lambda r: r.second_opinion.status if r.second_opinion else None),
    Column("It looked", 17, "moment", lambda r: r.second_opinion.looked if r.second_opinion else None),
    Column("Action id", 28, "wrap", lambda r: r.action),
]


def fill(sheet: Worksheet, posture: Posture) -> None:
    nothing = "Wherever both judged, Microsoft and this suite agree."
    red, amber = TINTS[Verdict.NOT_MET], TINTS[Verdict.NOT_EVALUATED]
    colours = [
        where('$A2="disagree"', tint=red[0], ink=red[1], bold=True),
        where('$A2="awaiting refresh"', tint=amber[0], ink=amber[1]),
        always(),
    ]
    last = single(sheet, posture, _COLUMNS, differing(posture), nothing, frozen="C2", own={"Agreement": colours}, most_lines=6)
    sheet.print_area = f"A1:J{last}"
