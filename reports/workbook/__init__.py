"""The Excel workbook: the same posture for people who sort, filter and sign off. Written from the posture alone.

Text of the tenant is text in every cell: never a formula, never a link but https, never a character that Excel refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.packaging.custom import StringProperty
from openpyxl.writer.excel import ExcelWriter

from reports.posture import Posture

from . import actions, annexes, changed, history, licences, plan, reconciliation, summary
from .carrying import Carried, Earlier, carried, look, of_another_tenant, set_aside, settle
from .styles import with_styles
from .text import clean
from .typed import CLOSED, PLAN, TENANT_ID

SHEETS = (
    "Summary",
    "Changes",
    PLAN,
    CLOSED,
    "Improvement actions",
    "Reconciliation",
    "Checks without an action",
    "Exceptions",
    "Licences",
    "Evidence",
    "History days",  # Excel keeps the name "History" for itself
    "Movements",
)
_QUICK = 1  # how hard the file is packed: the hardest makes it a fifth smaller in three times the time
_OURS: dict[str, frozenset[str]] = {**dict.fromkeys(SHEETS, frozenset()), **plan.COLUMNS}


def write(posture: Posture, path: Path, earlier: Sequence[Earlier] = ()) -> list[str]:
    """Write the workbook, whole or not at all, with what was typed into `earlier` ones and into the one it replaces, or that a run
    which died left aside.

    What it replaces goes only when all of its entries are in the new one. What there is to say of that, one line each.
    """
    unfinished = path.with_name(path.name + ".new")
    replaced = set_aside(path, _OURS) if path.exists() or all(each.named for each in earlier) else None
    found = [*(each for each in earlier if each.named), *([replaced] if replaced else []), *(each for each in earlier if not each.named)]
    held = carried(found, posture)
    try:
        with ZipFile(unfinished, "w", ZIP_DEFLATED, compresslevel=_QUICK) as archive:
            ExcelWriter(book_of(posture, held), archive).save()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
        if replaced and not path.exists():
            replaced.put_back()
    number = len(held.entries)
    said = [f"{number:,} {'entry' if number == 1 else 'entries'} of the action plan carried over into the workbook."] if number else []
    return said + settle(found)


def take_aside(path: Path) -> Earlier | None:
    """Read the workbook at `path` for what was typed, and move it out of the way. `OSError` where it cannot be moved."""
    return set_aside(path, _OURS)


def named(path: Path, posture: Posture) -> Earlier:
    """The workbook that the user named. Raises `ValueError` with one line where nothing can be carried over from it."""
    found = look(path, _OURS)
    found.named = True
    if found.plan is None or of_another_tenant(found.plan, posture):
        why = found.why[0] if found.plan is None else "it is of another tenant"
        raise ValueError(f"{path}: {why}.")
    return found


def book_of(posture: Posture, held: Carried | None = None) -> Workbook:
    """The sheets in the order they are read: the answer, what to do, the actions, and what all of it rests on."""
    book, held = with_styles(Workbook()), held or Carried()
    for spare in book.worksheets:
        book.remove(spare)
    found = actions.rows(posture)
    steps = plan.plan_of(posture, held.entries, found)
    sheet = {title: book.create_sheet(title) for title in SHEETS}
    compared = summary.fill(sheet["Summary"], posture, steps, held.kept)
    changed.fill(sheet["Changes"], posture)
    plan.fill(sheet[PLAN], posture, steps)
    plan.fill_ended(sheet[CLOSED], posture, steps)
    actions.fill(sheet["Improvement actions"], posture, found)
    reconciliation.fill(sheet["Reconciliation"], posture)
    annexes.fill_checks(sheet["Checks without an action"], posture)
    annexes.fill_exceptions(sheet["Exceptions"], posture)
    licences.fill(sheet["Licences"], posture)
    annexes.fill_evidence(sheet["Evidence"], posture)
    history.fill(sheet["History days"], posture, compared)
    history.fill_movements(sheet["Movements"], posture)
    book.properties.title = clean(f"Security posture of {posture.tenant.name}")
    book.properties.creator = clean(f"{posture.tool.name} {posture.tool.version}")
    if posture.tenant.id:
        properties: Any = getattr(book, "custom_doc_props")  # noqa: B009  not in openpyxl's types
        properties.append(StringProperty(name=TENANT_ID, value=clean(posture.tenant.id)))
    return book


__all__ = ["SHEETS", "Earlier", "book_of", "named", "take_aside", "write"]
