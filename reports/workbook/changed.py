"""What is different from the baseline: every change, the worst first, and the one sentence about it for the first sheet."""

from __future__ import annotations

from openpyxl.worksheet.worksheet import Worksheet

from fixtures.verdicts import Verdict
from reports.posture import Change, Effect, Posture

from .actions import area_title
from .cells import Column, Value, put, table
from .pages import as_table, for_print, where
from .styles import TINTS

_NOT_THERE = "not there"
_TINTED: dict[Effect, Verdict] = {
    "regression": Verdict.NOT_MET,
    "lost coverage": Verdict.NOT_EVALUATED,
    "not evaluated": Verdict.NOT_EVALUATED,
    "new": Verdict.KNOWN,
    "accepted": Verdict.ACCEPTED,
    "improvement": Verdict.MET,
}


def sentence(posture: Posture) -> str:
    """What changed, for whoever reads one line; empty where the run was compared with no baseline."""
    if posture.baseline is None:
        return ""
    told = ", ".join(f"{number:,} {effect}" for effect, number in posture.effects.items())
    return f"Since the baseline of {posture.baseline.as_of:%Y-%m-%d}: {told or 'nothing changed'}."


def _verdict(value: Verdict | None) -> Value:
    return value.value if value else _NOT_THERE


_COLUMNS: list[Column[Change]] = [
    Column("Change", 15, "text", lambda c: c.effect),
    Column("Action", 50, "wrap", lambda c: c.title),
    Column("Before", 15, "text", lambda c: _verdict(c.before)),
    Column("Now", 15, "text", lambda c: _verdict(c.after)),
    Column("Because", 20, "text", lambda c: c.because),
    Column("Area", 24, "wrap", lambda c: area_title(c.area)),
    Column("Reason", 64, "wrap", lambda c: c.reason),
    Column("Action id", 32, "wrap", lambda c: c.action or c.key),
]


def fill(sheet: Worksheet, posture: Posture) -> None:
    found = posture.changed
    last = table(sheet, _COLUMNS, found, most_lines=6)
    rules = {"Change": [*(where(f'$A2="{effect}"', tint=TINTS[v][0], ink=TINTS[v][1], bold=True) for effect, v in _TINTED.items())]}
    as_table(sheet, _COLUMNS, last, "C2", rules)
    if not found:
        put(sheet, 2, 1, sentence(posture) or "This run was compared with no baseline.", "text")
    for_print(sheet, posture, "8A1F1F")
