"""Two workers of xdist find, record, compare and leave what one process does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from fixtures.graph.snapshot import open_snapshot
from reports.posture import Posture
from tests.direct.judged import policy
from tests.harness import LEFT, Bench, Run, command
from tests.whole_runs import made_once

RISK = "UserRiskPolicy"


class Both(NamedTuple):
    """The same run in one process and by two workers, each with its recording."""

    one: Run
    two: Run
    recordings: tuple[Path, Path]


@pytest.fixture(scope="module")
def both(demo_run: Run, demo_template: Path) -> Both:
    """Of a tenant that got worse since a baseline, and of which a part cannot be read.

    To the workers every path outside the project is told after a space, and the folder is new: the controller makes it, and workers
    read the same command line after that.
    """

    def run(place: Path) -> list[tuple[int, str]]:
        bench = Bench(place / "tenant", demo_template)
        policy(10, state="disabled")(bench)
        bench.refuse("policies/authorizationPolicy")
        before = json.loads((demo_run.folder / "posture.json").read_bytes())
        (place / "baseline.json").write_text(json.dumps({**before, "as_of": "2026-05-04T12:00:00Z"}), "utf-8")
        one = command(*("=".join(each) for each in options(place, "one")), "-q")
        two = command(*(word for each in options(place, "two") for word in each), "-q", "-n2")
        return [(done.returncode, done.stdout + done.stderr) for done in (one, two)]

    place, told = made_once("workers", run)
    one, two = (Run(status, output, place / name) for name, (status, output) in zip(("one", "two"), told, strict=True))
    return Both(one, two, (place / "one.zip", place / "two.zip"))


def options(place: Path, name: str) -> list[tuple[str, str]]:
    paths = {"tenant": "tenant", "reports": name, "record": f"{name}.zip", "baseline": "baseline.json"}
    return [(f"--{option}", str(place / path)) for option, path in paths.items()]


def told(posture: Posture) -> Any:
    """A posture without what differs from run to run: its times."""
    return {key: value for key, value in msgspec.to_builtins(posture).items() if key not in {"started_at", "finished_at"}}


def test_they_find_the_same(both: Both) -> None:
    assert both.one.status == both.two.status == 11, both.two.output
    assert told(both.one.posture) == told(both.two.posture)


def test_they_leave_the_same(both: Both) -> None:
    for each in (both.one, both.two):
        assert {path.name for path in each.folder.iterdir()} == LEFT
        assert len(list((each.folder / "allure-results").glob("*-result.json"))) == len(each.posture.verdicts)


def test_they_compare_with_a_baseline(both: Both) -> None:
    changes = both.two.posture.changes
    assert [change.action for change in changes if change.effect == "regression"] == [None, RISK], "the reader lost a permission, too"
    assert {(change.effect, change.because) for change in changes} >= {("not evaluated", "evidence lost")}
    assert both.two.posture.totals["not met"] == 1, "what was not met before is known"


def test_they_record_the_same(both: Both) -> None:
    one, two = (open_snapshot(path).manifest.sha256 for path in both.recordings)
    assert one == two
    assert str(both.recordings[1]) in both.two.output
