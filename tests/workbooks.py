"""What the tests of the workbook share: the posture of the demo tenant, and ways to read a workbook back."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

import msgspec
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports import workbook
from reports.posture import Posture
from reports.workbook.carrying import look
from reports.workbook.cells import Value
from reports.workbook.plan import COLUMNS
from reports.workbook.typed import CLOSED, ID, PLAN, TYPED, Plan
from tests.whole_runs import demo_run

OURS: dict[str, frozenset[str]] = {**dict.fromkeys(workbook.SHEETS, frozenset()), **COLUMNS}
RIGHT_TO_LEFT = "\u202e"
_FEW = 4
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
PIECES = st.sampled_from(
    [
        *"=+-@\t\r\n_ A",
        "_x0041_",
        "_x005F_",
        "_X000d_",
        "\x00",
        "\x1b",
        "\ufffe",
        "\uffff",
        "\ud83d",
        "😀",
        RIGHT_TO_LEFT,
        "#N/A",
        "#DIV/0!",
        "<b>",
        "&amp;",
        "]]>",
    ]
)


@cache
def demo_posture() -> Posture:
    """The posture of the demo tenant, as a run leaves it. Who changes it takes a copy."""
    return demo_run().posture


def small() -> Posture:
    """A copy with a few actions of each verdict: written in a fraction of the time."""
    posture = msgspec.convert(msgspec.to_builtins(demo_posture()), Posture)
    seen = Counter[Verdict]()
    kept = [record for record in posture.verdicts if not record.action]
    for record in posture.of_actions():
        seen[record.verdict] += 1
        if seen[record.verdict] <= _FEW:
            kept.append(record)
    posture.verdicts, posture.history, posture.movements = kept, posture.history[-5:], posture.movements[:5]
    posture.totals = postures.count(kept)
    return posture


@cache
def full_body() -> bytes:
    """The whole workbook of the demo tenant, as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        workbook.write(demo_posture(), path)
        return path.read_bytes()


@cache
def full_book() -> Workbook:
    return load_workbook(BytesIO(full_body()))


def reread(posture: Posture, folder: Path) -> Workbook:
    path = folder / "workbook.xlsx"
    workbook.write(posture, path)
    return load_workbook(path)


def plan_in(path: Path) -> Plan:
    """What a later run would read out of the workbook at `path`."""
    found = look(path, OURS).plan
    assert found is not None
    return found


def cells(book: Workbook) -> Iterator[Cell]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell, Cell) and cell.value is not None:
                    yield cell


def headers(sheet: Worksheet) -> list[object]:
    return [cell.value for cell in sheet[1]]


def rows(sheet: Worksheet) -> list[dict[str, Cell]]:
    """The rows under the header, up to the first that is empty, by column title."""
    titles = [str(title) for title in headers(sheet)]
    found = []
    for row in sheet.iter_rows(min_row=2):
        if all(cell.value is None for cell in row):
            break
        found.append({title: cell for title, cell in zip(titles, row, strict=True) if isinstance(cell, Cell)})
    return found


def actions(book: Workbook) -> list[dict[str, Cell]]:
    return rows(book["Improvement actions"])


def action(book: Workbook, name: str, sheet: str = "Improvement actions") -> dict[str, Cell]:
    return next(row for row in rows(book[sheet]) if row["Action id"].value == name)


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def some(posture: Posture, verdict: Verdict) -> Record:
    return next(record for record in posture.of_actions() if record.verdict is verdict)


def conditions(book: Workbook, sheet: str, column: str) -> list[str]:
    """The formulas of the conditional formats of one column, in their order."""
    found = {str(area.sqref): area.rules for area in book[sheet].conditional_formatting}
    (rules,) = (rules for cells, rules in found.items() if re.fullmatch(rf"{column}2:{column}\d+", cells))
    return [str(rule.formula[0]) for rule in sorted(rules, key=lambda rule: rule.priority)]


def tiny(*ids: str) -> Posture:
    """A posture of so many actions, not met and met in turn."""
    posture = small()
    template = msgspec.to_builtins(some(posture, Verdict.NOT_MET))
    verdicts = ("not met", "met")
    raw = [{**template, "item": f"checks/a.py::check[{at}]", "action": name, "verdict": verdicts[at % 2]} for at, name in enumerate(ids)]
    posture.verdicts = msgspec.convert(raw, list[Record])
    posture.evidence, posture.history, posture.movements, posture.exceptions, posture.areas = [], [], [], [], []
    return posture


@cache
def tiny_body(*ids: str) -> bytes:
    """The workbook of that posture, as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "workbook.xlsx"
        assert workbook.write(tiny(*ids), path) == []
        return path.read_bytes()


def typed_into(path: Path, entries: dict[str, tuple[Value, ...]], change: Callable[[Workbook], None] = lambda book: None) -> None:
    """Someone fills in the plan: by action id, the four columns in their order; and does what else he likes."""
    book = load_workbook(path)
    for sheet in (book[PLAN], book[CLOSED]):
        titles = headers(sheet)
        for row in sheet.iter_rows(min_row=2):
            for title, value in zip(TYPED, entries.get(str(row[titles.index(ID)].value), ()), strict=False):
                cell = row[titles.index(title)]
                assert isinstance(cell, Cell)
                cell.value = value
                cell.data_type = "s" if isinstance(value, str) else cell.data_type
    change(book)
    book.save(path)


def entries_in(path: Path) -> dict[str, tuple[Value, ...]]:
    return {entry.action: entry.typed for entry in plan_in(path).entries.values()}


def beside(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir() if each != path)


def converted(path: Path, to: str, folder: Path) -> Path:
    """The workbook as LibreOffice opens it and writes it again, into `folder`."""
    profile = f"-env:UserInstallation={(folder / 'profile').absolute().as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir", str(folder), str(path)]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True, text=True)
    assert "error" not in (done.stdout + done.stderr).casefold()
    return folder / f"{path.stem}.{to}"
