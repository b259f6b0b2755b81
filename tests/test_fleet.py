"""The fleet: a line a tenant, the worst first; no tenant is dropped, and no sum is greener than what it sums up."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cmarkgfm
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci import fleet, fleet_tables
from ci.__main__ import main
from ci.fleet import Row, exit_status, read, summed
from ci.fleet_places import find
from fixtures.graph.failure import Cause
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Compared, Posture, Score, Selection, TenantFacts, Tool
from tests.test_annotate import HOSTILE, commands
from tests.test_changes import posture, record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MET, OPEN = record("A", Verdict.MET), record("B", Verdict.NOT_MET)
UNKNOWN = record("C", Verdict.NOT_EVALUATED, cause=Cause.THROTTLED)


def of(name: str, *records: Any, status: int | None = 0, label: str = "", id: str = "", **values: Any) -> Posture:
    made = posture(*records, as_of=values.pop("as_of", NOW), **values)
    made.tenant = TenantFacts(id or f"id-of-{name}", name, "global", "live", label or name)
    made.exit_status = status
    return made


Fleet = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Fleet:
    """Writes postures, a folder each, and gives the folder of them all."""

    def write(*found: Posture) -> Path:
        for number, made in enumerate(found):
            (tmp_path / "fleet" / f"{number:04}").mkdir(parents=True)
            postures.write(made, tmp_path / "fleet" / f"{number:04}" / "posture.json")
        return tmp_path / "fleet"

    return write


def rows(places: Iterable[Path], wanted: dict[str, str] | None = None, hours: float | None = None, latest: bool = False) -> list[Row]:
    return summed([read(path, NOW, hours) for path in find(list(places), wanted is not None)], wanted, latest)


def test_the_worst_comes_first_and_every_figure_is_its_own(folder: Fleet) -> None:
    worse = of("worse", MET, OPEN, UNKNOWN, status=11)
    worse.score = Score(NOW, 50, 100, 50, 50, [])
    worse.baseline = Compared(NOW - timedelta(days=1), Tool("m365-posture", "1"))
    worse.changes = [
        postures.Change("a", "A", "A", "identity", Verdict.MET, Verdict.NOT_MET, "regression", "posture changed"),
        postures.Change("b", "B", "B", "identity", Verdict.MET, None, "lost coverage", "scope changed"),
    ]
    found = rows([folder(of("good", MET), of("gap", MET, OPEN, status=1), of("hole", UNKNOWN, status=10), worse)])
    assert [row.tenant for row in found] == ["worse", "gap", "hole", "good"]
    assert fleet_tables.cells(found[0]) == ("worse", "50.0 %", "1", "1", "1", "0", "1", "1", "11", "0 h", "")
    assert fleet_tables.cells(found[3]) == ("good", "?", "1", "0", "0", "0", "–", "–", "0", "0 h", "")
    assert exit_status(found) == 11


@given(st.lists(st.sampled_from([0, 1, 10, 11, 2, 3, 4, 5, 12, None]), max_size=6))
def test_one_status_for_all(statuses: list[int | None]) -> None:
    found = []
    for number, status in enumerate(statuses):
        verdicts = {0: [MET], 1: [OPEN], 10: [UNKNOWN], 11: [OPEN, UNKNOWN]}.get(status if status is not None else -1, [MET])
        body = msgspec.json.encode(of(f"t{number}", *verdicts, status=status))
        found.append(fleet.row_of(body, Path(f"{number}"), NOW))
    got = exit_status(found)
    assert (got == 0) is (set(statuses) <= {0})
    assert (got == 3) is (3 in statuses)
    if 3 not in statuses:
        assert (got in {1, 11}) is bool({1, 11} & set(statuses))
        assert (got in {10, 11}) is bool(set(statuses) - {0, 1})


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (of("x", MET, UNKNOWN, status=0), "exit status 0 contradicts its verdicts"),
        (of("x", MET, OPEN, UNKNOWN, status=1), "exit status 1 contradicts its verdicts"),
        (of("x", MET, status=0, selection=Selection(True, stopped="Ctrl-C")), "stopped early: Ctrl-C"),
        (of("x", status=0), "nothing was judged"),
        (of("x", MET, status=None), "the run did not come to its end"),
        (of("x", MET, status=4), "nothing can be concluded from exit status 4"),
        (of("x", MET, as_of=NOW - timedelta(hours=49)), "older than 48 hours"),
        (of("x", MET, as_of=NOW + timedelta(hours=49)), "dated in the future"),
    ],
    ids=range(8),
)
def test_what_is_less_than_it_looks_is_incomplete(made: Posture, told: str, folder: Fleet) -> None:
    (row,) = rows([folder(made)], hours=48)
    assert told in "; ".join(row.remarks)
    assert exit_status([row]) in {10, 11}


def test_a_part_of_the_checks_says_so(folder: Fleet) -> None:
    (row,) = rows([folder(of("x", MET, selection=Selection(False)))])
    assert row.remarks == ["only part of the checks ran"]


def damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def of_another_schema(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "schema": 99}), "utf-8")


def without_verdicts(path: Path) -> None:
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_bytes()).items() if k != "verdicts"}), "utf-8")


@pytest.mark.parametrize("damage", [damaged, of_another_schema, without_verdicts, Path.unlink])
def test_a_posture_that_cannot_be_read_is_named(damage: Callable[[Path], None], folder: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(of("good", MET), of("lost", MET))
    damage(place / "0001" / "posture.json")
    assert main(["fleet", str(place)]) == 10
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "2 tenants: 1 without a posture. Exit status 10."
    assert shown[2].split()[0] == "0001"
    assert "no posture" in shown[2] or "damaged" in shown[2] or "schema 99" in shown[2]


def test_a_tenant_of_the_list_without_a_posture_is_named(folder: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By what its run called it or by its id, and never by the name that a tenant gives itself."""
    place = folder(of("anything", MET, label="Contoso"), of("fabrikam", MET, label="other", id="F1"), of("guest", MET))
    names = tmp_path / "tenants.toml"
    names.write_text('[contoso]\nid = "contoso.com"\n[tailspin]\nid = "f1"\n[fabrikam]\nid = "fabrikam.com"\n[guest2]\nid = "g"\n', "utf-8")
    assert main(["fleet", str(place), "--tenants", str(names), "--as", "json"]) == 10
    found = {row["tenant"]: row["remarks"] for row in json.loads(capsys.readouterr().out)["tenants"]}
    assert found == {
        "Contoso": [],
        "other": [],
        "guest": ["not in the list"],
        "fabrikam": ["there is no posture"],
        "guest2": ["there is no posture"],
    }


def test_an_empty_folder_is_a_tenant_that_is_missing_and_with_a_list_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "m365-posture-contoso"
    empty.mkdir()
    (row,) = rows([empty])
    assert (row.tenant, row.remarks) == ("contoso", ["there is no posture"])
    assert [row.tenant for row in rows([tmp_path], {"Contoso": ""})] == ["contoso"]
    assert [row.tenant for row in rows([empty], {"fabrikam": ""})] == ["fabrikam"]


def test_a_tenant_that_is_there_twice_is_named_and_the_worse_counts(folder: Fleet) -> None:
    old = of("x", MET, OPEN, status=1, id="same", as_of=NOW - timedelta(hours=2))
    place = folder(of("x", MET, id="SAME"), old, of("y", MET))
    found = rows([place])
    assert [("2 postures" in "".join(row.remarks)) for row in found] == [True, True, False]
    assert exit_status(found) == 1
    newest = rows([place], latest=True)
    assert [(row.tenant, row.status) for row in newest] == [("x", 0), ("y", 0)]
    assert "the latest of 2 postures" in newest[0].remarks[0]


@pytest.mark.parametrize("name", [*HOSTILE, "=cmd|' /C calc'!A0", "[x](https://evil.example)", "a|b", "<img src=x>", "\x1b[31m", "a,b\n"])
def test_hostile_names(name: str, folder: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    place = folder(of(name, MET, label=name, selection=Selection(True, stopped=name)))
    shown = {}
    for form in fleet_tables.FORMS:
        assert main(["fleet", str(place), "--as", form]) == 10
        shown[form] = capsys.readouterr().out
    assert len(shown["terminal"].splitlines()) == 3
    assert not commands(shown["terminal"])
    assert not commands(shown["markdown"])
    assert "\x1b" not in shown["terminal"] + shown["markdown"] + shown["csv"]
    page = cmarkgfm.github_flavored_markdown_to_html(shown["markdown"])
    assert page.count("<td") == len(fleet_tables.HEADS)
    assert "<a" not in page
    assert "<img" not in page
    line = list(csv.reader(io.StringIO(shown["csv"])))[1]
    assert len(line) == len(fleet_tables.HEADS) + 4
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)
    assert json.loads(shown["json"])["tenants"][0]["tenant"] == name


@pytest.mark.parametrize(
    ("text", "told"),
    [("", "names no tenants"), ("x = 1\n", "names no tenants"), ("[a\n", "names no tenants"), (None, "names no tenants")],
)
def test_a_list_that_is_none(text: str | None, told: str, tmp_path: Path, folder: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    names = tmp_path / "tenants.toml"
    if text is not None:
        names.write_text(text, "utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["fleet", str(folder(of("x", MET))), "--tenants", str(names)])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("hours", ["0", "-1", "nan", "inf"])
def test_an_age_that_is_none(hours: str, folder: Fleet) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["fleet", str(folder(of("x", MET))), f"--max-age={hours}"])
    assert ended.value.code == 2


def test_it_is_written_whole_or_not_at_all(folder: Fleet, tmp_path: Path) -> None:
    place = folder(of("x", MET))
    assert main(["fleet", str(place), "--as", "csv", "--output", str(tmp_path / "fleet.csv")]) == 0
    assert (tmp_path / "fleet.csv").read_text("utf-8").splitlines()[1].startswith("x,?,1,0,0,0,–,–,0,")
    with pytest.raises(SystemExit):
        main(["fleet", str(place), "--output", str(tmp_path / "nowhere" / "fleet.csv")])


def test_many_are_read_without_what_nobody_asked_for(folder: Fleet) -> None:
    """Reading a posture for its line takes a part of what reading it takes, whatever is in it, and a summary stays under a megabyte."""
    big = of("big", *(record(f"A{number}", Verdict.MET, remediation="x" * 4000) for number in range(400)))
    place = folder(big) / "0000" / "posture.json"
    started = os.times().user
    for _ in range(20):
        read(place, NOW)
    mine, started = os.times().user - started, os.times().user
    for _ in range(20):
        postures.read(place)
    assert mine < (os.times().user - started) * 0.6
    table = [Row(tenant=f"{'x' * 60}{number}", remarks=["y" * 300], incomplete=True) for number in range(5_000)]
    assert len(fleet_tables.markdown(table, 10).encode()) < 1_000_000
    assert "4,000 more" in fleet_tables.markdown(table, 10)
