"""The gate in whole runs: what a baseline makes of them, what they exit with, and when a posture becomes one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from reports.posture import Posture
from tests.direct.judged import emptied, policy, setting
from tests.harness import Bench, Run

POSTURE_ALONE = True

KEPT: dict[str, bytes] = {}
RISK, REGISTERING, APPS = "UserRiskPolicy", "check_security_information_is_not_registered_with_a_password_alone", "aad_third_party_apps"
NOT_SO_OFTEN = ("-k", "not scid_ and not scored_by_microsoft")  # a part of the checks: quicker, and no baseline


@pytest.fixture
def baseline(demo_template: Path, run: Callable[..., Run], tmp_path: Path) -> Path:
    """The posture of the demo tenant, which was seen in May; made once a process."""
    if "demo" not in KEPT:
        KEPT["demo"] = (run(f"--tenant={demo_template}").folder / "posture.json").read_bytes()
    path = tmp_path / "baseline.json"
    body = json.loads(KEPT["demo"])
    path.write_text(json.dumps({**body, "as_of": "2026-05-04T12:00:00Z"}), "utf-8")
    return path


def changed(path: Path, change: Callable[[Any], Any]) -> Path:
    body = json.loads(path.read_bytes())
    path.write_text(json.dumps(change(body) or body), "utf-8")
    return path


def test_what_was_not_met_is_known_and_ends_in_0(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}")
    assert found.status == 0
    assert not found.posture.changes
    assert not [name for name, verdict in found.verdicts().items() if verdict == "not met"]
    known = found.records[REGISTERING]  # a check without an action, too
    assert (known.verdict, known.known_since) == ("known", date(2026, 5, 4))
    assert "Known since 2026-05-04." in known.reason
    assert found.records["aad_third_party_apps"].verdict == "accepted", "what is accepted is not merely known"
    assert "since the baseline of 2026-05-04: nothing" in found.output


def test_a_regression_fails_and_stands_first(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    policy(10, state="disabled")(bench)
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}")
    assert found.status == 1
    assert found.records[RISK].verdict == "not met"
    (change,) = (change for change in found.posture.changes if change.action == RISK)
    assert (change.before, change.after, change.effect, change.because) == ("met", "not met", "regression", "posture changed")
    summary = found.output[found.output.index("posture of") :]
    assert summary.index("changed    since the baseline") < summary.index("score ")
    assert f"[{RISK}]" in summary[: summary.index("score ")]


def test_lost_coverage_fails_unless_it_is_left_out(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    """Without a group there is nothing to judge, and what was judged is skipped."""
    emptied("groups")(bench)
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}")
    assert found.status == 1
    assert [change.effect for change in found.posture.changes] == ["lost coverage"]
    left_out = run(f"--tenant={bench.folder}", f"--baseline={baseline}", "--fail-on=regression")
    assert left_out.status == 0
    assert left_out.posture.fail_on == ["regression"]


def test_a_part_of_the_checks_has_lost_the_rest(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}", "--area=teams")
    assert found.status == 1
    assert {change.effect for change in found.posture.changes} <= {"lost coverage", "other"}
    assert {change.because for change in found.posture.changes} == {"scope changed"}


def test_what_could_not_be_read_is_neither_known_nor_green(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    bench.cut("policies/authorizationPolicy")
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}")
    assert found.status == 10
    assert {(c.effect, c.because) for c in found.posture.changes} == {("not evaluated", "evidence lost")}
    assert found.records[APPS].verdict == "not evaluated"


def test_an_action_that_is_new_is_shown_and_counts_where_it_is_wanted(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    changed(baseline, lambda body: {**body, "verdicts": [r for r in body["verdicts"] if r["action"] != "IntegratedApps"]})
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}")
    assert found.status == 0
    assert found.records["IntegratedApps"].verdict == "known"
    assert [change.effect for change in found.posture.changes] == ["new"]
    assert run(f"--tenant={bench.folder}", f"--baseline={baseline}", "--fail-on=regression,new").status == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda body: {**body, "tenant": {**body["tenant"], "id": "another"}}, "it is of tenant another"),
        (lambda body: {**body, "tenant": {**body["tenant"], "id": None}}, "cannot be told"),
        (lambda body: {**body, "tenant": {**body["tenant"], "cloud": "china"}}, "it is of tenant"),
        (lambda body: {**body, "schema": 0}, "schema 0 is not known here"),
        (lambda body: {"schema": 1}, "is not a posture"),
        (lambda body: {**body, "selection": {**body["selection"], "complete": False}}, "a part of a posture"),
        (lambda body: {**body, "selection": {**body["selection"], "stopped": "Ctrl-C"}}, "a part of a posture (Ctrl-C)"),
    ],
    ids=range(7),
)
def test_a_baseline_that_is_none(change: Callable[[Any], Any], told: str, baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    changed(baseline, change)
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}", *NOT_SO_OFTEN)
    assert found.status == 4
    assert told in found.output
    assert not found.folder.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--baseline=gone.json"], "is not a posture"),
        (["--fail-on=worse"], "worse is none of"),
        (["--fail-on=score<101"], "score<101 is none of"),
        (["--fail-on=area:nowhere"], "area:nowhere is none of"),
        (["--fail-on=regression"], "compares with a baseline, and none is given"),
        (["--write-baseline=nowhere/at/all.json"], "there is no folder"),
    ],
    ids=range(6),
)
def test_a_gate_that_cannot_be(arguments: list[str], told: str, bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", *arguments, *NOT_SO_OFTEN)
    assert found.status == 4
    assert told in found.output


def test_a_baseline_is_written_and_keeps_since_when(baseline: Path, bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    target = tmp_path / "next.json"
    found = run(f"--tenant={bench.folder}", f"--baseline={baseline}", f"--write-baseline={target}")
    assert f"baseline   {target}" in found.output
    again = run(f"--tenant={bench.folder}", f"--baseline={target}")
    assert again.records["IntegratedApps"].known_since == date(2026, 5, 4)
    assert again.status == 0


def _whole(bench: Bench) -> None:
    """As it is."""


@pytest.mark.parametrize(
    ("change", "arguments", "status", "why"),
    [
        (_whole, ["--area=teams"], 1, "not all checks ran"),
        (_whole, ["--action=OneAdmin"], 4, "not all checks ran"),
        (lambda bench: bench.cut("policies/authorizationPolicy"), [], 11, "3 not evaluated"),
        (_whole, ["-x"], 11, "the run stopped early"),
    ],
    ids=["a part", "a part that is met", "not evaluated", "stopped"],
)
def test_what_is_no_baseline(
    change: Callable[[Bench], None], arguments: list[str], status: int, why: str, bench: Bench, run: Callable[..., Run], tmp_path: Path
) -> None:
    target = tmp_path / "baseline.json"
    target.write_text("the one before", "utf-8")
    change(bench)
    found = run(f"--tenant={bench.folder}", f"--write-baseline={target}", *arguments)
    assert f"baseline   not written: {why}" in found.output
    assert found.status == status
    assert target.read_text("utf-8") == "the one before"


def test_the_posture_says_what_it_was_compared_with(baseline: Path, bench: Bench, run: Callable[..., Run]) -> None:
    setting("policies/adminConsentRequestPolicy", isEnabled=False)(bench)
    found: Posture = run(f"--tenant={bench.folder}", f"--baseline={baseline}").posture
    assert found.baseline
    assert f"{found.baseline.as_of:%Y-%m-%d}" == "2026-05-04"
    assert found.fail_on == ["regression", "lost-coverage"]
    assert [change.key for change in found.changes] == ["aad_admin_consent_workflow"]


def test_a_run_that_cannot_leave_its_deliverables_leaves_no_baseline(
    bench: Bench, run: Callable[..., Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "baseline.json"
    monkeypatch.setattr("reports.plugin.write_all", full)
    found = run(f"--tenant={bench.folder}", f"--write-baseline={target}", deliverables=True)
    assert found.status == 3
    assert not target.exists()
    assert "baseline   not written: the run did not come to its end" in found.output
