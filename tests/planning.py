"""Postures made of nothing but what a plan and an announcement look at, and texts that attack."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fixtures.areas import area_of
from fixtures.licences import LicenceDecision
from fixtures.record import Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Licence, Posture, Score, Selection, TenantFacts, Tool

AS_OF = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)  # a Wednesday
EVIL = (
    "<img src=x onerror=\"document.title='owned'\"></p></style></script><script>document.title='owned'</script> | *a* _b_ `c` "
    "[d](https://evil.example) ![e](https://evil.example/f.png) $g$ {{ 7 * 7 }} {% raw %} =cmd|' /C calc'!A0 \u202egnp \x1b[31m \x00 \ufffe"
)
INJECTED = "Head of IT\r\nBcc: everybody@evil.example\r\n\r\n<script>"


def record(action: str | None, verdict: Verdict = Verdict.NOT_MET, *, earned: float = 0, most: float | None = 5, **more: object) -> Record:
    """An action that is scored, or (without an id) a check beside them. `most` is None for what no profile knows."""
    item = str(more.pop("item", f"checks/check_x.py::check[{action}]"))
    values: dict[str, object] = {
        "item": item,
        "action": action,
        "title": f"Title of {action or item}",
        "area": area_of(action) if action else "identity",
        "claim": "It is so.",
        "verdict": verdict,
        "basis": "scored",
        "reason": "It is not so.",
        "points": None if most is None else Points(earned, most),
        "microsoft": Microsofts(earned, AS_OF, "Default", "agree") if action else None,
        "rank": 10,
    }
    return Record(**{**values, **more})  # type: ignore[arg-type]


def prerequisite(check: str, verdict: Verdict = Verdict.NOT_MET) -> Record:
    return record(None, verdict, item=f"checks/check_prerequisites.py::{check}", area="prerequisites", most=None, rank=None)


def needing(state: str, wanted: str = "AAD_PREMIUM_P2", skus: tuple[str, ...] = ()) -> LicenceDecision:
    return LicenceDecision(state, wanted, skus)  # type: ignore[arg-type]


def sku(name: str, consumed: int, counts: bool = True) -> Licence:
    return Licence(name, "Enabled", consumed, consumed, [], counts, [])


def posture(
    records: Sequence[Record],
    score: tuple[float | None, float | None] | None = (100, 200),
    licences: list[Licence] | None = None,
    name: str = "Fjordline Outfitters",
) -> Posture:
    """A posture of these records. `score` is current and max points."""
    found = None if score is None else Score(AS_OF, *score, None, 0, [])
    return Posture(
        schema=1,
        tool=Tool("m365-posture", "1"),
        started_at=AS_OF,
        finished_at=AS_OF,
        as_of=AS_OF,
        selection=Selection(True),
        tenant=TenantFacts("t", name, "global", "live", "contoso"),
        score=found,
        licences=[sku("SPE_E3", 100)] if licences is None else licences,
        totals=postures.count(records),
        areas=[],
        verdicts=list(records),
        evidence=[],
    )
