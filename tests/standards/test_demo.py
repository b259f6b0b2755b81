"""OSCAL, SARIF and the Markdown summary of the demo tenant: valid by their owners' own schemas, whole, and the same again."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from copy import deepcopy
from datetime import timedelta

import pytest

from fixtures.verdicts import Verdict
from reports import plugin
from reports.posture import Posture
from reports.standards import markdown, names, oscal, sarif
from tests.harness import ROOT, Run
from tests.standards.documents import OSCAL, OSCAL_SCHEMA, SARIF, STATUS, checked, made, own, record, resolves


@pytest.fixture(scope="module")
def posture(demo_run: Run) -> Posture:
    return demo_run.posture


def test_the_schema_of_oscal_is_nists_own() -> None:
    assert hashlib.sha256(OSCAL_SCHEMA.read_bytes()).hexdigest() == "d9e34757f0c12aff61f52b821f0b8f83ba0ba75b3a149a202b08ba82f82bc4c3"


def test_the_schemas_refuse_what_is_wrong() -> None:
    results, log = oscal.document(made(record())), sarif.document(made(record()))
    results["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "not-evaluated"
    log["runs"][0]["results"][0]["kind"] = "unknown"
    assert not OSCAL.is_valid(results)
    assert not SARIF.is_valid(log)


def test_a_run_leaves_all_three_and_they_are_valid(demo_run: Run, posture: Posture) -> None:
    results, log, page = checked(posture)
    assert json.loads((demo_run.folder / plugin.OSCAL).read_bytes())["assessment-results"] == results
    assert json.loads((demo_run.folder / plugin.SARIF).read_bytes())["runs"] == [log]
    assert (demo_run.folder / plugin.SUMMARY).read_text("utf-8") == page
    for name in (plugin.OSCAL, plugin.SARIF, plugin.SUMMARY):
        assert str(demo_run.folder / name) in demo_run.output
    resolves(results)


def test_every_item_is_told_with_its_evidence(posture: Posture) -> None:
    results, log, _ = checked(posture)
    observations = {own(each)["check"]: each for each in results["results"][0]["observations"]}
    resources = {resource["uuid"]: resource for resource in results["back-matter"]["resources"]}
    evidence_of = {row.id: row for row in posture.evidence}
    assert len(observations) == len(log["results"]) == len(posture.verdicts) > 250
    for each in posture.verdicts:
        seen = observations[each.item]
        assert own(seen)["verdict"] == each.verdict
        rows = [evidence_of[name] for name in each.evidence]
        assert len(seen.get("relevant-evidence", [])) == len(rows)
        for row, told in zip(rows, seen.get("relevant-evidence", []), strict=True):
            resource = resources[told["href"][1:]]
            assert resource["rlinks"][0]["hashes"] == [{"algorithm": "SHA-256", "value": row.sha256}]
            assert own(resource)["collected"] == names.utc(row.retrieved_at)
            assert row.sha256 in told["description"]
        assert seen["collected"] == names.utc(min((row.retrieved_at for row in rows), default=posture.as_of))


def test_findings_and_results_add_up_to_the_ledger(posture: Posture) -> None:
    results, log, _ = checked(posture)
    totals, result = posture.totals, results["results"][0]
    told = own(result)
    assert {name: int(told[f"actions-{name.replace(' ', '-')}"]) for name in totals if name != "actions"} == {
        name: count for name, count in totals.items() if name != "actions"
    }
    assert int(told["actions"]) == totals["actions"]
    actions = {(each.action or "").casefold() for each in posture.verdicts if each.action}
    found = Counter(own(each)["verdict"] for each in result["findings"] if own(each)["action"].casefold() in actions)
    assert found == {name: totals[name] for name in STATUS if totals[name]}
    verdicts = Counter(each["properties"]["verdict"] for each in log["results"] if each["ruleId"].casefold() in actions)
    assert verdicts == {name: count for name, count in totals.items() if count and name != "actions"}
    assert log["properties"]["coverage"] == totals


def test_an_accepted_action_is_a_risk_with_an_end_and_a_suppression_with_a_reason(posture: Posture) -> None:
    results, log, page = checked(posture)
    risks = {own(risk)["action"]: risk for risk in results["results"][0]["risks"]}
    assert set(risks) == {"aad_third_party_apps", "dlp_datalossprevention"}
    assert {risk["status"] for risk in risks.values()} == {"deviation-approved"}
    assert {"name": "accepted", "value": "yes"} in risks["aad_third_party_apps"]["props"]
    assert risks["dlp_datalossprevention"]["mitigating-factors"]
    suppressed = {each["ruleId"]: each["suppressions"] for each in log["results"] if "suppressions" in each}
    assert set(suppressed) == set(risks)
    for each in posture.verdicts:
        if each.verdict is Verdict.ACCEPTED and each.action and each.exception:
            assert risks[each.action]["deadline"].startswith(each.exception.expires.isoformat())
            assert suppressed[each.action][0]["status"] == "accepted"
            assert each.exception.reason in suppressed[each.action][0]["justification"]
            assert each.exception.expires.isoformat() in page
    assert "expired on" in page


def test_code_scanning_takes_it(posture: Posture) -> None:
    """What GitHub asks for beyond the schema: its limits, places in the repository, ids that stay."""
    _, log, _ = checked(posture)
    rules = log["tool"]["driver"]["rules"]
    assert len(log["results"]) < 5_000
    for rule in rules:
        assert len(rule["properties"]["tags"]) <= 10
        assert "security" in rule["properties"]["tags"]
        assert len(rule["shortDescription"]["text"]) <= 1_024
        assert len(rule["fullDescription"]["text"]) <= 1_024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert 0 < float(rule["properties"].get("security-severity", 1)) <= 10
    for result in log["results"]:
        (place,) = result["locations"]
        assert (ROOT / place["physicalLocation"]["artifactLocation"]["uri"]).is_file()
        assert place["physicalLocation"]["region"]["startLine"] == 1
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert (result["level"] == "none") == (result["kind"] != "fail")
    prints = [result["partialFingerprints"]["primaryLocationLineHash"] for result in log["results"]]
    assert len(set(prints)) == len(prints)
    assert log["invocations"][0]["executionSuccessful"] is True
    with_severity = [rule for rule in rules if "security-severity" in rule["properties"]]
    assert 150 < len(with_severity) < len(rules)


def test_the_summary_answers_first_and_leaves_out_nothing_unsaid(posture: Posture) -> None:
    *_, page = checked(posture)
    totals = posture.totals
    first = next(line for line in page.splitlines()[1:] if line)
    assert f"meets {totals['met']} of {totals['actions']} improvement actions: {totals['not met']} not met" in first
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == ["What changed in Secure Score", "Score and coverage", "Gaps worth most", "Accepted", "Files"]
    for gap in posture.gaps[:10]:
        assert f"({gap.action})" in page
    assert f"{len(posture.gaps) - 10} more in the workbook" in page
    assert {f"`{name}`" in page for name, _ in markdown.FILES} == {True}
    written = {plugin.REPORT, plugin.ALLURE, plugin.WORKBOOK, plugin.JSON, plugin.JUNIT, plugin.OSCAL, plugin.SARIF}
    assert {name for name, _ in markdown.FILES} == written


def test_ids_are_the_same_again_and_those_of_a_run_are_its_own(posture: Posture) -> None:
    first, log, _ = checked(posture)
    assert checked(deepcopy(posture))[0] == first
    later = deepcopy(posture)
    later.started_at += timedelta(days=1)
    moved = next(each for each in later.verdicts if each.action)
    moved.item = "checks/check_elsewhere.py::check_renamed"
    second, later_log, _ = checked(later)
    for kind in ("observations", "findings", "risks"):
        before, after = ({each["uuid"] for each in results["results"][0][kind]} for results in (first, second))
        assert not before & after
    local, later_local = (results["results"][0]["local-definitions"] for results in (first, second))
    assert local["components"][0]["uuid"] == later_local["components"][0]["uuid"]
    prints, later_prints = ([each["partialFingerprints"] for each in run["results"]] for run in (log, later_log))
    assert prints == later_prints
