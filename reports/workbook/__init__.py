"""The Excel workbook: the same posture for people who sort, filter and sign off. Written from the posture alone.

Text of the tenant is text in every cell: never a formula, never a link but https, never a character that Excel refuses.
"""

from __future__ import annotations

from pathlib import Path

from openpyxl import Workbook

from reports.posture import Posture

from . import actions, annexes, summary
from .styles import with_styles
from .text import clean


def write(posture: Posture, path: Path) -> None:
    """Write the workbook: whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    try:
        book_of(posture).save(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def book_of(posture: Posture) -> Workbook:
    """The sheets in the order they are read: the answer, the actions, and what both rest on."""
    book = with_styles(Workbook())
    for spare in book.worksheets:
        book.remove(spare)
    for title, fill in (
        ("Summary", summary.fill),
        ("Improvement actions", actions.fill),
        ("Checks without an action", annexes.fill_checks),
        ("Exceptions", annexes.fill_exceptions),
        ("Licences", annexes.fill_licences),
        ("Evidence", annexes.fill_evidence),
        ("History days", annexes.fill_history),  # Excel keeps the name "History" for itself
        ("Movements", annexes.fill_movements),
    ):
        fill(book.create_sheet(title), posture)
    book.properties.title = clean(f"Security posture of {posture.tenant.name}")
    book.properties.creator = clean(f"{posture.tool.name} {posture.tool.version}")
    return book


__all__ = ["book_of", "write"]
