"""What each verdict becomes in the three documents, alone and beside others."""

from __future__ import annotations

import pytest

from fixtures.graph.failure import Cause
from fixtures.record import Microsofts, Points
from fixtures.verdicts import Verdict
from reports import posture as p
from reports.standards import sarif
from tests.harness import NOW
from tests.standards.documents import NOTHING_CONCLUDED, STATUS, checked, evidence, made, own, record, resolves


@pytest.mark.parametrize("verdict", Verdict)
def test_what_each_verdict_becomes(verdict: Verdict) -> None:
    cause = Cause.PERMISSION if verdict is Verdict.NOT_EVALUATED else None
    results, log, page = checked(made(record(verdict=verdict, cause=cause)))
    result = results["results"][0]
    assert own(result["observations"][0])["verdict"] == verdict
    if verdict in NOTHING_CONCLUDED:
        assert "findings" not in result
        assert result["reviewed-controls"]["control-selections"] == [{"description": "Nothing was judged."}]
    else:
        status = result["findings"][0]["target"]["status"]
        assert (status["state"], status["reason"]) == STATUS[verdict]
    assert ("risks" in result) == (verdict is Verdict.ACCEPTED)
    (told,) = log["results"]
    assert told["kind"] == sarif.KINDS[verdict]
    assert ("suppressions" in told) == (verdict is Verdict.ACCEPTED)
    assert ("## Not evaluated" in page) == (verdict is Verdict.NOT_EVALUATED)
    if cause:
        assert "(permission)" in told["message"]["text"]
        assert own(result["observations"][0])["cause"] == "permission"
        assert "| permission | 1 |" in page


def test_the_level_is_microsofts_weight_and_a_severity_only_where_it_scores() -> None:
    ladder = {10.0: "error", 7.0: "error", 6.9: "warning", 3.0: "warning", 2.9: "note", 0.0: "note"}
    for most, level in ladder.items():
        _, log, _ = checked(made(record(verdict=Verdict.NOT_MET, points=Points(0.0, most))))
        assert log["results"][0]["level"] == log["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == level
    for told, severity in (
        ({}, "5.0"),
        ({"points": None}, None),
        ({"points": Points(0.0, 0.0)}, None),
        ({"points": Points(0.0, 40.0)}, None),
        ({"microsoft": None}, None),
        ({"microsoft": Microsofts(None, None, None, "not scored")}, None),
        ({"deprecated": True}, None),
    ):
        _, log, _ = checked(made(record(**told)))
        assert log["tool"]["driver"]["rules"][0]["properties"].get("security-severity") == severity, told


def test_nothing_selected_is_nothing_judged() -> None:
    results, log, page = checked(made(totals=p.count([], 250), evidence=[], selection=p.Selection(False, ["-k nothing"]), exit_status=5))
    result = results["results"][0]
    assert not {"observations", "findings", "risks"} & set(result)
    assert "Nothing was judged." in result["remarks"]
    assert own(result)["actions-not-selected"] == "250"
    assert log["results"] == log["tool"]["driver"]["rules"] == []
    assert log["invocations"][0]["executionSuccessful"] is False
    assert "meets 0 of 250" in page
    assert "Only part of the suite ran" in page


def test_a_ledger_without_its_entries_is_no_error() -> None:
    assert "meets 0 of 0" in checked(made(totals={}))[2]


def test_a_part_of_the_suite_closes_no_alert_of_all_of_it() -> None:
    whole = checked(made(record()))[1]
    part = checked(made(record(), selection=p.Selection(False, ["--area identity"], 1)))[1]
    elsewhere = checked(made(record(), tenant=p.TenantFacts(None, "Other", "global", "live", "other")))[1]
    categories = [run["automationDetails"]["id"].rpartition("/")[0] for run in (whole, part, elsewhere)]
    assert len(set(categories)) == 3
    stopped = checked(made(record(), selection=p.Selection(False, [], 1, "interrupted by the user")))[1]
    assert stopped["invocations"][0]["executionSuccessful"] is False


def test_two_checks_of_one_action_are_one_finding_by_the_worst_and_two_results() -> None:
    for verdicts, status in (
        ((Verdict.MET, Verdict.NOT_MET), ("not-satisfied", "fail")),
        ((Verdict.MET, Verdict.NOT_EVALUATED), ("not-satisfied", "other")),
        ((Verdict.MET, Verdict.MET), ("satisfied", "pass")),
        ((Verdict.MET, Verdict.NOT_LICENSED), None),
    ):
        rows = [record(verdict=verdict, item=f"checks/check_identity.py::check_{n}") for n, verdict in enumerate(verdicts)]
        rows[1].action = "adminmfav2"
        results, log, _ = checked(made(*rows))
        resolves(results)
        findings = results["results"][0].get("findings", [])
        assert [tuple(each["target"]["status"][key] for key in ("state", "reason")) for each in findings] == ([status] if status else [])
        assert len({each["partialFingerprints"]["m365Action/v1"] for each in log["results"]}) == 2
        assert len(log["tool"]["driver"]["rules"]) == 1


def test_checks_of_one_name_in_two_files_are_two_rules() -> None:
    rows = [record(item=f"checks/check_{area}.py::check_same", action=None, claims=None) for area in ("identity", "teams")]
    _, log, _ = checked(made(*rows))
    assert len({rule["id"] for rule in log["tool"]["driver"]["rules"]}) == 2


def test_what_could_not_be_read_is_told() -> None:
    lost = p.Unread("users", "permission", "The reader may not read v1.0/users.", "User.Read.All", [])
    results, log, _ = checked(made(record(verdict=Verdict.NOT_EVALUATED, cause=Cause.PERMISSION), unread=[lost], exit_status=10))
    assert "may not read v1.0/users" in results["results"][0]["remarks"]
    (said,) = log["invocations"][0]["toolExecutionNotifications"]
    assert said["level"] == "error"
    assert "may not read v1.0/users" in said["message"]["text"]


def test_evidence_of_a_post_and_of_pages_is_told_in_full() -> None:
    rows = [evidence(method="POST", body='{"Query":"x"}', pages=3), evidence("odd", url="no address", sha256="none")]
    results, *_ = checked(made(record(evidence=["v1.0/users", "odd"]), evidence=rows))
    _, posted, odd = results["back-matter"]["resources"]
    assert own(posted)["http-body"] == '{"Query":"x"}'
    assert own(posted)["pages"] == "3"
    assert "all pages" in posted["remarks"]
    assert "rlinks" not in odd


def test_what_changed_since_a_baseline_is_told_worst_first() -> None:
    changes = [
        p.Change("a", "a", "Got better", "teams", Verdict.NOT_MET, Verdict.MET, "improvement", "posture changed", "All is well."),
        p.Change("b", "b", "Got worse | here", "teams", Verdict.MET, Verdict.NOT_MET, "regression", "posture changed", "It is off."),
        p.Change("c", None, "Gone", "teams", Verdict.MET, None, "lost coverage", "scope changed"),
    ]
    *_, page = checked(made(record(), baseline=p.Compared(NOW, p.Tool("m365-posture", "1.0")), changes=changes))
    assert "## What changed since the baseline of 2026-11-20" in page
    assert "1 regression, 1 lost coverage, 1 improvement." in page
    worst, lost, better = (line for line in page.splitlines() if "→" in line)
    assert worst == r"| regression | Got worse \| here (b) | met → not met | It is off. |"
    assert lost == "| lost coverage | Gone  | met → not there | scope changed |"
    assert better.startswith("| improvement |")
    *_, page = checked(made(record(), baseline=p.Compared(NOW, p.Tool("m365-posture", "1.0"))))
    assert "No verdict is different." in page
