"""The sheet of our verdicts against Microsoft's: every action on which they do not agree."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.posture import Posture
from reports.reconciling import DIFFER, at_stake, differing, groups, how, reasons, who_differs

from .actions import area_title
from .cells import Column, Value
from .pages import always, single, where
from .styles import TINTS


def _score(record: Record) -> Value:
    return record.microsoft.score if record.microsoft else None


def _meaning(record: Record) -> str:
    """What is known of why the two differ; where nothing is, what to make of it all the same."""
    return " ".join([DIFFER[how(record) or "disagree"], *reasons(record)])


_COLUMNS: list[Column[Record]] = [
    Column("Agreement", 17, "text", how),
    Column("Recommended action", 40, "wrap", lambda r: r.title),
    Column("Area", 20, "wrap", lambda r: area_title(r.area)),
    Column("Verdict", 13, "text", lambda r: r.verdict.value),
    Column("With whom it differs", 24, "wrap", lambda r: "\n".join(who for _, who in who_differs(r))),
    Column("Microsoft's points", 12, "points", _score),
    Column("Points max", 9, "points", lambda r: r.points.max if r.points else None),
    Column("Change if ours holds", 12, "change", at_stake),
    Column("Reason", 46, "wrap", lambda r: r.reason),
    Column("What to make of it", 56, "wrap", _meaning),
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
    last = single(sheet, posture, _COLUMNS, differing(posture), nothing, frozen="C2", own={"Agreement": colours}, most_lines=8)
    sheet.print_area = f"A1:J{last}"


__all__ = ["differing", "fill", "groups"]
