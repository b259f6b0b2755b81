"""The sheet of improvement actions: Secure Score's own export first, in its words, then what this suite found out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from openpyxl.worksheet.pagebreak import Break, ColBreak
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.areas import BY_SLUG
from fixtures.record import ExceptionNote, Record
from reports.posture import Posture, missing_points

from .cells import Column, Value, table
from .pages import as_table, fit_pages, for_print
from .text import facts, plain

_LAST_RANK = 100_000
_PRODUCTS = {
    "admincenter": "Microsoft 365 admin center",
    "appg": "App governance",
    "azure atp": "Microsoft Defender for Identity",
    "azuread": "Microsoft Entra ID",
    "exo": "Exchange Online",
    "forms": "Microsoft Forms",
    "intune": "Microsoft Intune",
    "ip": "Microsoft Purview Information Protection",
    "mcas": "Microsoft Defender for Cloud Apps",
    "mda_sf": "Salesforce",
    "mdatp": "Microsoft Defender for Endpoint",
    "mdo": "Microsoft Defender for Office 365",
    "mip": "Microsoft Purview Information Protection",
    "ms teams": "Microsoft Teams",
    "od4b": "OneDrive for Business",
    "spo": "SharePoint Online",
    "sway": "Sway",
}
_HAS_LICENCE = {"held": "Yes", "none needed": "Yes", "absent": "No", "not active": "No"}
_RESOLVED = {"ignored": "Risk accepted", "thirdparty": "Resolved through third party"}


@dataclass(frozen=True)
class Row:
    """One action with what has to be looked up for it. `share` is what its missing points are of the tenant's maximum, `todo` its
    remediation as plain text."""

    record: Record
    share: float | None
    regressed: str | None
    hashes: str
    todo: str


def ranked(posture: Posture) -> list[Record]:
    """One record an action, by rank and then by id; actions without a rank at the end."""
    return sorted(posture.of_actions(), key=lambda r: (r.rank or _LAST_RANK, (r.action or "").casefold()))


def rows(posture: Posture) -> list[Row]:
    regressed, digests = _regressed(posture), digests_of(posture)
    return [
        Row(
            record,
            impact(record, posture),
            ("Yes" if (record.action or "").casefold() in regressed else "No") if posture.history else None,
            short_hashes(record, digests),
            plain(record.remediation),
        )
        for record in ranked(posture)
    ]


def is_scored(record: Record) -> bool:
    """Whether Microsoft scores the action for this tenant: only then are its points part of the tenant's maximum."""
    return record.points is not None and record.microsoft is not None and record.microsoft.score is not None


def missing(record: Record) -> float | None:
    """Points still to be had; None where Microsoft does not score the action."""
    return round(missing_points(record), 4) if is_scored(record) else None


def impact(record: Record, posture: Posture) -> float | None:
    """Secure Score's "Score impact", as a fraction: all of these and the present percentage make one."""
    most = posture.score.max if posture.score else None
    lost = missing(record)
    return lost / most if most and lost is not None else None


def _regressed(posture: Posture) -> set[str]:
    """Actions whose last movement lost points, by casefolded id."""
    last: dict[str, tuple[datetime, float]] = {}
    for move in posture.movements:
        key = move.action.casefold()
        if key not in last or move.date > last[key][0]:
            last[key] = (move.date, move.after - move.before)
    return {key for key, (_, change) in last.items() if change < 0}


def digests_of(posture: Posture) -> dict[str, str]:
    """SHA-256 by evidence id."""
    return {evidence.id: evidence.sha256 for evidence in posture.evidence}


def short_hashes(record: Record, digests: dict[str, str]) -> str:
    """The first 12 characters of each evidence's SHA-256, in the order of the ids."""
    return "\n".join(digests.get(name, "")[:12] or "not kept" for name in record.evidence)


def area_title(slug: str) -> str:
    """An area by today's name."""
    area = BY_SLUG.get(slug)
    return area.title if area else slug


def exception_text(note: ExceptionNote | None) -> str | None:
    if note is None:
        return None
    return f"{note.state}, {note.status}: {note.reason} ({note.owner}, until {note.expires.isoformat()})"


def _product(service: str) -> str:
    """Microsoft's code for the product by its name; a connected app (`MDA_GitHub`) by the app's own."""
    known = _PRODUCTS.get(service.casefold())
    return known or (service[4:] if service.casefold().startswith("mda_") else service)


def _status(record: Record) -> str | None:
    """The portal's status. Completed is a matter of points, resolved and accepted of what someone clicked."""
    if not is_scored(record) or record.microsoft is None:
        return None
    state = (record.microsoft.state or "").casefold()
    full = missing_points(record) == 0
    if state in _RESOLVED and not (full and state == "ignored"):
        return _RESOLVED[state]
    return "Completed" if full else "To address"


def _microsofts(name: str) -> Callable[[Row], Value]:
    """A column that shows one field of Microsoft's word, where there is one."""
    return lambda row: getattr(row.record.microsoft, name, None)


_THEIRS: list[Column[Row]] = [
    Column("Rank", 7, "rank", lambda row: row.record.rank),
    Column("Recommended action", 50, "wrap", lambda row: row.record.title),
    Column("Score impact", 9, "impact", lambda row: row.share),
    Column("Points achieved", 10, "points", _microsofts("score")),
    Column("Status", 19, "wrap", lambda row: _status(row.record)),
    Column("Regressed", 10.5, "text", lambda row: row.regressed),
    Column("Have license?", 10.5, "text", lambda row: _HAS_LICENCE.get(row.record.licence.state if row.record.licence else "", "Unknown")),
    Column("Category", 10, "text", lambda row: row.record.category),
    Column("Product", 34, "wrap", lambda row: _product(row.record.service)),
    Column("Last synced", 16, "moment", _microsofts("last_synced")),
    Column("Microsoft update", 11, "text", lambda row: None),
    Column("Notes", 50, "wrap", _microsofts("state_comment")),
]
_OURS: list[Column[Row]] = [
    Column("Action id", 28, "wrap", lambda row: row.record.action),
    Column("Area", 22, "wrap", lambda row: area_title(row.record.area)),
    Column("Verdict", 13, "text", lambda row: row.record.verdict.value),
    Column("Cause", 12, "text", lambda row: row.record.cause.value if row.record.cause else None),
    Column("Basis", 8, "text", lambda row: row.record.basis),
    Column("Reason", 60, "wrap", lambda row: row.record.reason),
    Column("Expected", 28, "wrap", lambda row: row.record.expected),
    Column("Observed", 60, "wrap", lambda row: facts(row.record.observed)),
    Column("Points max", 8, "points", lambda row: row.record.points.max if row.record.points else None),
    Column("Points missing", 9, "points", lambda row: missing(row.record)),
    Column("User impact", 10, "text", lambda row: row.record.user_impact.capitalize()),
    Column("Implementation cost", 15, "text", lambda row: row.record.implementation_cost.capitalize()),
    Column("What to do", 76, "wrap", lambda row: row.todo),
    Column("Link", 40, "link", lambda row: row.record.url),
    Column("Licence", 44, "wrap", lambda row: row.record.licence.note if row.record.licence else None),
    Column("Microsoft state", 12, "text", _microsofts("state")),
    Column("Set by", 26, "wrap", _microsofts("state_by")),
    Column("Set on", 16, "moment", _microsofts("state_at")),
    Column("Agreement", 16, "text", _microsofts("agreement")),
    Column("Exception", 48, "wrap", lambda row: exception_text(row.record.exception)),
    Column("Evidence ids", 70, "code", lambda row: "\n".join(row.record.evidence)),
    Column("Evidence SHA-256", 18, "code", lambda row: row.hashes),
]
COLUMNS = [Column(c.title, c.width, c.style, c.value, "their head") for c in _THEIRS] + _OURS
_PAGES_END_AT = ("Notes", "Observed", "Licence")


def fill(sheet: Worksheet, posture: Posture, found: Sequence[Row]) -> None:
    last = table(sheet, COLUMNS, found, most_lines=5)
    as_table(sheet, COLUMNS, last, "C2")
    for_print(sheet, posture, "2E8B57")
    _in_strips(sheet)


def _in_strips(sheet: Worksheet) -> None:
    """Too wide for one page: printed in strips that end between groups of columns, each beginning with rank and action."""
    fit_pages(sheet, False)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = None
    sheet.page_setup.scale = 49
    sheet.print_title_cols = "A:B"
    titles = [column.title for column in COLUMNS]
    breaks = ColBreak()
    for title in _PAGES_END_AT:
        breaks.append(Break(id=1 + titles.index(title)))
    sheet.col_breaks = breaks
