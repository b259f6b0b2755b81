"""The sheets behind the answer: checks without an action, exceptions, and the evidence all of it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from openpyxl.worksheet.worksheet import Worksheet

from fixtures.graph.reading import Evidence
from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.posture import Posture, Unread, in_order

from .actions import area_title, digests_of, short_hashes
from .cells import Column, table
from .pages import always, rule_rows, section, single, where
from .styles import TINTS
from .text import facts

SOON = 30
"""Days in which an exception ends soon."""


def fill_checks(sheet: Worksheet, posture: Posture) -> None:
    """Every record that does not stand for an action, so that each record of the posture is in the workbook once."""
    standing = {record.item for record in posture.of_actions()}
    others = [record for record in in_order(posture.verdicts) if record.item not in standing]
    digests = digests_of(posture)
    columns: list[Column[Record]] = [
        Column("Check", 46, "wrap", lambda r: r.title),
        Column("Area", 20, "wrap", lambda r: area_title(r.area)),
        Column("Verdict", 13, "text", lambda r: r.verdict.value),
        Column("Cause", 12, "text", lambda r: r.cause.value if r.cause else None),
        Column("Basis", 8, "text", lambda r: r.basis),
        Column("Reason", 40, "wrap", lambda r: r.reason),
        Column("Observed", 40, "wrap", lambda r: facts(r.observed)),
        Column("Permissions", 30, "code", lambda r: "\n".join(r.permissions)),
        Column("Evidence ids", 70, "code", lambda r: "\n".join(r.evidence)),
        Column("Evidence SHA-256", 18, "code", lambda r: short_hashes(r, digests)),
        Column("Action it also judges", 24, "wrap", lambda r: r.action),
        Column("Item", 60, "code", lambda r: r.item),
    ]
    last = single(sheet, posture, columns, others, "No check without an action ran.", most_lines=12)
    sheet.print_area = f"A1:J{last}"


def fill_exceptions(sheet: Worksheet, posture: Posture) -> None:
    """Those that are not in force first, then those that end soonest."""
    titles = {record.action.casefold(): record.title for record in posture.verdicts if record.action}
    columns: list[Column[dict[str, Any]]] = [
        Column("Action id", 30, "wrap", lambda e: _text(e.get("action"))),
        Column("Recommended action", 44, "wrap", lambda e: titles.get(str(e.get("action")).casefold())),
        Column("State", 20, "text", lambda e: _text(e.get("state"))),
        Column("In force", 9, "text", lambda e: "Yes" if e.get("in_force") else "No"),
        Column("Status", 36, "wrap", lambda e: _text(e.get("status"))),
        Column("Reason", 54, "wrap", lambda e: _text(e.get("reason"))),
        Column("Owner", 22, "wrap", lambda e: _text(e.get("owner"))),
        Column("Expires", 13, "date", lambda e: _day(e.get("expires"))),
        Column("Days left", 10, "days", lambda e: _days_left(e, posture)),
    ]
    red, amber = TINTS[Verdict.NOT_MET], TINTS[Verdict.NOT_EVALUATED]
    days = [
        where("AND(ISNUMBER($I2),$I2<0)", tint=red[0], ink=red[1], bold=True),
        where(f"AND(ISNUMBER($I2),$I2<={SOON})", tint=amber[0], ink=amber[1], bold=True),
        always(),
    ]
    force = [where('$D2="No"', tint=red[0], ink=red[1], bold=True), always()]
    rows = sorted(posture.exceptions, key=_soonest)
    nothing = "exceptions.toml accepts nothing for this tenant."
    single(sheet, posture, columns, rows, nothing, own={"Days left": days, "In force": force})


def _soonest(exception: Mapping[str, Any]) -> tuple[bool, bool, str, str]:
    expires = exception.get("expires")
    return bool(exception.get("in_force")), expires is None, str(expires), str(exception.get("action"))


def _days_left(exception: Mapping[str, Any], posture: Posture) -> int | None:
    """From the day of the posture to the last day it is in force."""
    expires = _day(exception.get("expires"))
    return (expires - posture.as_of.date()).days if isinstance(expires, date) else None


def _text(value: object) -> str | None:
    """A value of exceptions.toml in words: in a posture its rows are free tables."""
    return None if value is None else str(value)


def _day(value: object) -> date | str | None:
    """A date written as ISO text; what is none stays what it is."""
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return str(value)


def fill_evidence(sheet: Worksheet, posture: Posture) -> None:
    """Where to find each response again and how to prove it is the same; under it, what could not be read."""
    columns: list[Column[Evidence]] = [
        Column("Evidence id", 46, "code", lambda e: e.id),
        Column("URL", 58, "code", lambda e: e.url),
        Column("Status", 8, "count", lambda e: e.status),
        Column("Retrieved at (UTC)", 17, "moment", lambda e: e.retrieved_at),
        Column("Items", 9, "count", lambda e: e.items),
        Column("Pages", 8, "count", lambda e: e.pages),
        Column("Bytes", 12, "count", lambda e: e.bytes),
        Column("SHA-256", 37, "code", lambda e: e.sha256),
        Column("Permission", 34, "code", lambda e: e.permission),
        Column("Request id", 38, "code", lambda e: e.request_id),
        Column("Sent with POST", 60, "code", lambda e: e.body, grows=False),
    ]
    last = single(sheet, posture, columns, posture.evidence, "Nothing was read.")
    sheet.print_area = f"A1:I{last}"
    if posture.unread:
        sheet.print_area = f"A1:I{last + 3 + len(posture.unread)}"
        section(sheet, last + 2, "Could not be read", len(columns))
        end = table(sheet, _UNREAD, posture.unread, top=last + 3)
        rule_rows(sheet, f"A{last + 4}:E{end}")


# It shares the columns of the first.
_UNREAD: list[Column[Unread]] = [
    Column("Resource", 46, "wrap", lambda u: u.resource),
    Column("Reason", 58, "wrap", lambda u: u.reason),
    Column("Checks", 8, "count", lambda u: len(u.items)),
    Column("Cause", 17, "text", lambda u: u.cause),
    Column("Permission", 9, "text", lambda u: u.permission),
]
