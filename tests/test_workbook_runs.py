"""The action plan over the runs of a folder, and over `python -m reports build`: carried over, and never lost, even by a run that dies."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from reports import posture as postures
from reports import workbook
from reports.__main__ import main
from reports.workbook import book_of
from reports.workbook.carrying import Carried
from reports.workbook.cells import Value
from reports.workbook.typed import CLOSED, ID, PLAN, Entry, key_of
from tests.harness import Bench, Run, command
from tests.workbooks import converted, entries_in, plan_in, rows, small, tiny, typed_into

TYPED = ("Someone", datetime(2027, 1, 31), "Planned", "=1+1")


def first_step(folder: Path) -> str:
    return str(rows(load_workbook(folder / "workbook.xlsx")[PLAN])[0][ID].value)


@pytest.fixture
def filled(bench: Bench, run: Callable[..., Run]) -> tuple[Run, str]:
    """A run whose plan someone filled in, and the action it was filled in for."""
    found = run(f"--tenant={bench.folder}", "--area", "identity")
    name = first_step(found.folder)
    typed_into(found.folder / "workbook.xlsx", {name: TYPED})
    return found, name


def test_a_later_run_in_the_same_folder_carries_the_plan_over(filled: tuple[Run, str], bench: Bench, run: Callable[..., Run]) -> None:
    found, name = filled
    again = run(f"--tenant={bench.folder}", "--area", "identity")
    assert "1 entry of the action plan carried over into the workbook." in again.output
    assert entries_in(again.folder / "workbook.xlsx") == {name: TYPED}
    assert not list(found.folder.glob("workbook.earlier*"))
    part = run(f"--tenant={bench.folder}", "--area", "teams")
    (unseen,) = [row for row in rows(load_workbook(part.folder / "workbook.xlsx")[PLAN]) if row["Kind"].value == "Not in this run"]
    assert unseen[ID].value == name


def test_a_plan_that_cannot_be_read_is_kept_and_one_line_says_so(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "workbook.xlsx").write_bytes(b"damaged")
    found = run(f"--tenant={bench.folder}", "--area", "teams")
    (kept,) = folder.glob("workbook.earlier-*.xlsx")
    assert kept.read_bytes() == b"damaged"
    (line,) = [line for line in found.output.splitlines() if "earlier workbook" in line]
    assert kept.name in line
    assert plan_in(folder / "workbook.xlsx").entries == {}


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["one process", "xdist"])
def test_a_run_that_dies_loses_nothing_and_the_next_one_finds_it(
    workers: tuple[str, ...], bench: Bench, run: Callable[..., Run], tmp_path: Path
) -> None:
    folder, plugins = tmp_path / "reports", tmp_path / "plugins"
    folder.mkdir()
    plugins.mkdir()
    workbook.write(tiny("BlockLegacyAuthentication", "b"), folder / "workbook.xlsx")
    typed_into(folder / "workbook.xlsx", {"BlockLegacyAuthentication": TYPED})
    (plugins / "dies.py").write_text("import os\n\n\ndef pytest_runtest_logreport(report):\n    os._exit(9)\n", "utf-8")
    wanted = (f"--tenant={bench.folder}", f"--reports={folder}", "--action", "BlockLegacyAuthentication", "-q", *workers)
    died = command(*wanted, "-p", "dies", PYTHONPATH=str(plugins))
    assert died.returncode == 9, died.stdout + died.stderr
    assert not (folder / "workbook.xlsx").exists(), "nothing that could pass for a workbook of this run"
    (left,) = folder.glob("workbook.earlier-*.xlsx")
    assert entries_in(left) == {"BlockLegacyAuthentication": TYPED}
    run(f"--tenant={bench.folder}", "--action", "BlockLegacyAuthentication")
    assert entries_in(folder / "workbook.xlsx") == {"BlockLegacyAuthentication": TYPED}
    assert not list(folder.glob("workbook.earlier-*"))


def test_a_run_without_room_puts_the_workbook_back(filled: tuple[Run, str], bench: Bench, run: Callable[..., Run]) -> None:
    found, name = filled
    (found.folder / "posture.json").unlink()
    (found.folder / "posture.json").mkdir()
    refused = run(f"--tenant={bench.folder}", "--area", "identity")
    assert refused.status == 4
    assert "cannot be replaced" in refused.output
    assert entries_in(found.folder / "workbook.xlsx") == {name: TYPED}


@dataclass(frozen=True)
class Built:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def build(capsys: pytest.CaptureFixture[str]) -> Callable[..., Built]:
    """`python -m reports build … --only workbook`."""

    def run(*arguments: str | Path) -> Built:
        status = main(["build", *map(str, arguments), "--only", "workbook"])
        return Built(status, *capsys.readouterr())

    return run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A workbook elsewhere, filled in, and a posture beside it."""
    path = tmp_path / "old" / "plan of spring.xlsx"
    path.parent.mkdir()
    postures.write(tiny("a", "b"), path.with_name("posture.json"))
    workbook.write(tiny("a", "b"), path)
    typed_into(path, {"a": TYPED})
    return path


def test_a_build_carries_over_from_the_workbook_that_is_named(build: Callable[..., Built], old: Path, tmp_path: Path) -> None:
    before = old.read_bytes()
    done = build(old.with_name("posture.json"), tmp_path / "new", "--carry-over", old)
    assert (done.returncode, done.stdout) == (0, "1 entry of the action plan carried over into the workbook.\n"), done.stderr
    assert entries_in(tmp_path / "new" / "workbook.xlsx") == {"a": TYPED}
    assert old.read_bytes() == before
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["workbook.xlsx"]
    done = build(old.with_name("posture.json"), tmp_path / "new")
    assert entries_in(tmp_path / "new" / "workbook.xlsx") == {"a": TYPED}, "the folder's own needs no naming"
    typed_into(tmp_path / "new" / "workbook.xlsx", {"a": ("Another", None, None, None)})
    done = build(old.with_name("posture.json"), tmp_path / "new", "--carry-over", old)
    assert entries_in(tmp_path / "new" / "workbook.xlsx") == {"a": TYPED}, "what is named goes first"
    (kept,) = (tmp_path / "new").glob("workbook.earlier-*")
    assert entries_in(kept)["a"][0] == "Another"
    assert kept.name in done.stdout


@pytest.mark.parametrize("wrong", ["no file", "no workbook", "another tenant's"])
def test_a_build_refuses_what_it_cannot_carry_over_and_writes_nothing(
    wrong: str, build: Callable[..., Built], old: Path, tmp_path: Path
) -> None:
    if wrong == "no file":
        old.unlink()
    elif wrong == "no workbook":
        old.write_bytes(b"text")
    else:
        other = tiny("a")
        other.tenant = msgspec.structs.replace(other.tenant, id="another")
        workbook.write(other, old)
    done = build(old.with_name("posture.json"), tmp_path / "new", "--carry-over", old)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert old.name in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice (soffice) is not installed")
def test_what_libreoffice_saved_is_carried_over_exactly(tmp_path: Path) -> None:
    path = tmp_path / "workbook.xlsx"
    entries: dict[str, tuple[Value, ...]] = {
        "a": ("Someone", datetime(2027, 1, 31), "Done", 'first\nsecond, \u00fc, \U0001f600, <b> & "quoted"'),
        "c": ("=1+1", "soon", "-1", "_x0041_ and x005F_"),
    }
    held = {key_of(name): Entry(name, "", typed) for name, typed in entries.items()}
    book_of(tiny("a", "b", "c", "d"), Carried(held)).save(path)
    saved = converted(path, "xlsx", tmp_path / "saved")
    assert entries_in(saved) == entries
    assert not plan_in(saved).beyond
    assert plan_in(saved).tenant == small().tenant.id
    assert CLOSED in load_workbook(saved).sheetnames
