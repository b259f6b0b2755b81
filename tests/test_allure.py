"""Allure results: what `reports.allure` writes, and that Allure's own report shows all of it and runs none of it.

The last tests want node with npm (Allure 3 comes from the npm registry) and, for the browser, Debian's chromium.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections import Counter
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from fixtures.areas import BY_SLUG
from fixtures.graph.failure import Cause
from fixtures.record import Points, Record
from fixtures.verdicts import Verdict
from reports import allure, posture
from reports import text as texts

OWNED = "<script>document.title='owned'</script><img src=https://evil.example/x.png onerror=\"document.title='owned'\">"
TRICKS = (
    f"../../etc/passwd {OWNED} ![i](https://evil.example/i.png) [l](javascript:document.title='owned') \x1b[31m\x00\u202efdp.exe \ud800"
)
LADDER = {10: "blocker", 9: "blocker", 8: "critical", 7: "critical", 6.5: "normal", 3: "normal", 2: "minor", 1: "minor", 0: "trivial"}
STATUSES = {"met": "passed", "not met": "failed", "not evaluated": "broken"}


@pytest.fixture(scope="module")
def hostile(demo: posture.Posture) -> posture.Posture:
    """The demo posture with verdicts the demo tenant does not have, and a tenant that attacks whoever reads the report."""
    made = deepcopy(demo)
    made.tenant = msgspec.structs.replace(made.tenant, name=f"Fj\u00f8rd \U0001f600 \\ = : {TRICKS}")
    for record in made.verdicts[:3]:
        record.title, record.reason, record.claim, record.user_impact = f"Attack: {TRICKS}", TRICKS, TRICKS, TRICKS
        record.observed, record.category, record.threats = {TRICKS: [TRICKS] * 50}, TRICKS, [TRICKS]
        record.remediation, record.url, record.deciding = f"<p>{TRICKS}", "javascript:document.title='owned'", {TRICKS: TRICKS}
    for record, cause in zip(made.verdicts[3:], Cause, strict=False):
        record.verdict, record.cause = Verdict.NOT_EVALUATED, cause
    made.verdicts[20].verdict = Verdict.KNOWN
    return made


def results_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text("utf-8")) for path in folder.glob("????????-*-result.json")]


def written(made: posture.Posture, folder: Path) -> dict[str, dict[str, Any]]:
    """The results of a posture, by node id."""
    allure.write(made, folder)
    return {result["fullName"]: result for result in results_of(folder)}


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_every_record_is_one_result(demo: posture.Posture, hostile: posture.Posture, tmp_path: Path) -> None:
    for made, folder in ((demo, tmp_path / "demo"), (hostile, tmp_path / "hostile")):
        results = written(made, folder)
        assert len(results_of(folder)) == len(results) == len(made.verdicts)
        for record in made.verdicts:
            result = results[record.item]
            assert result["status"] == STATUSES.get(record.verdict, "skipped")
            cause = f" ({record.cause})" if record.cause else ""
            assert result["statusDetails"]["message"].startswith(f"{record.verdict}{cause}: ")
            assert made.started_at.timestamp() * 1000 - 1 <= result["start"] <= result["stop"] <= made.finished_at.timestamp() * 1000
            assert "descriptionHtml" not in result
            assert [step["name"] for step in result["steps"]][-1] == f"Verdict: {record.verdict}{cause}"
            assert len(result["steps"]) == len(record.observed) + (record.licence is not None) + 1
    assert results[hostile.verdicts[20].item]["statusDetails"]["known"] is True


def test_ids_are_unique_and_history_survives_the_next_run(demo: posture.Posture, tmp_path: Path) -> None:
    later = deepcopy(demo)
    later.started_at += timedelta(days=1)
    later.finished_at += timedelta(days=1)
    later.tool = msgspec.structs.replace(later.tool, version="9.9")
    moved = next(record for record in later.verdicts if record.action)
    before, moved.item = moved.item, "checks/check_elsewhere.py::check_renamed"
    first, again, second = (written(*run) for run in ((demo, tmp_path / "1"), (demo, tmp_path / "2"), (later, tmp_path / "3")))
    assert first == again
    for results in (first, second):
        for name in ("uuid", "historyId", "testCaseId"):
            assert len({result[name] for result in results.values()}) == len(demo.verdicts)
    second[before] = second.pop(moved.item)
    for item, result in first.items():
        assert result["testCaseId"] == second[item]["testCaseId"] == result["historyId"] == second[item]["historyId"]
        assert result["uuid"] != second[item]["uuid"]
        assert all(parameter["excluded"] for parameter in result["parameters"])
    elsewhere = deepcopy(demo)
    elsewhere.tenant = msgspec.structs.replace(demo.tenant, id="00000000-0000-0000-0000-000000000001")
    assert not {r["testCaseId"] for r in first.values()} & {r["testCaseId"] for r in written(elsewhere, tmp_path / "4").values()}


def test_an_action_keeps_its_history_without_the_catalogue_and_two_checks_of_one_do_not_collapse(
    demo: posture.Posture, tmp_path: Path
) -> None:
    whole, blind, twice = deepcopy(demo), deepcopy(demo), deepcopy(demo)
    direct = next(record for record in demo.verdicts if record.basis == "direct" and record.action)
    for record in blind.verdicts:
        record.action = None if record.item == direct.item else record.action
    twin = deepcopy(direct)
    twin.item = "checks/check_other.py::check_twin"
    twice.verdicts.append(twin)
    kept, unnamed, both = written(whole, tmp_path / "1"), written(blind, tmp_path / "2"), written(twice, tmp_path / "3")
    assert kept[direct.item]["testCaseId"] == unnamed[direct.item]["testCaseId"] == both[direct.item]["testCaseId"]
    assert both[twin.item]["testCaseId"] != both[direct.item]["testCaseId"]


def test_labels_say_where_and_how_grave(demo: posture.Posture, tmp_path: Path) -> None:
    results = written(demo, tmp_path)
    for record in demo.verdicts:
        result = results[record.item]
        assert labels(result, "epic") == labels(result, "suite") == [BY_SLUG[record.area].name]
        assert labels(result, "story") == [record.verdict]
        assert labels(result, "parentSuite") == ["Microsoft 365 posture"]
        assert len(labels(result, "feature")) == len(labels(result, "severity")) == 1
        assert labels(result, "owner") == ([record.exception.owner] if record.exception else [])
        assert {record.basis, *record.threats} <= set(labels(result, "tag"))
        links = [link["url"] for link in result["links"]]
        assert links == ([record.url] if record.url.startswith("https://") else [])
    assert any("formerly" in labels(result, "epic")[0] for result in results.values())


@pytest.mark.parametrize(("most", "word"), LADDER.items())
def test_severity_follows_the_points(most: float, word: str) -> None:
    assert allure.severity(Points(0, most)).value == word


def test_severity_without_points_is_allures_own_default() -> None:
    assert allure.severity(None).value == "normal"


def test_attachments_hold_what_the_result_rests_on_and_each_result_has_its_own(demo: posture.Posture, tmp_path: Path) -> None:
    results = written(demo, tmp_path)
    sources = [attachment["source"] for result in results.values() for attachment in result["attachments"]]
    files = {path.name: path.read_bytes() for path in tmp_path.glob("*-attachment*")}
    assert sorted(sources) == sorted(files)
    known = {row.id: row for row in demo.evidence}
    for record in demo.verdicts:
        held = {entry["name"]: json.loads((tmp_path / entry["source"]).read_text("utf-8")) for entry in results[record.item]["attachments"]}
        rows = held.get("evidence.json", [])
        assert {row["id"] for row in rows} == set(record.evidence) & set(known)
        assert all(row["sha256"] == known[row["id"]].sha256 and row["status"] and row["url"] and row["pages"] for row in rows)
        assert held.get("deciding.json") == (allure._clean(record.deciding) or None)


def test_a_large_attachment_is_named_and_left_out(demo: posture.Posture, tmp_path: Path) -> None:
    made = deepcopy(demo)
    made.verdicts = made.verdicts[:1]
    made.verdicts[0].deciding = {"names": ["x" * 100] * 10_000}
    allure.write(made, tmp_path)
    assert all(path.stat().st_size < 60_000 for path in tmp_path.iterdir())
    assert any("left out" in path.read_text("utf-8") for path in tmp_path.glob("*-attachment.json"))


def test_hostile_text_names_no_file_and_is_shown_for_what_it_is(hostile: posture.Posture, tmp_path: Path) -> None:
    results = written(hostile, tmp_path / "results")
    assert [path.name for path in tmp_path.iterdir()] == ["results"]
    for path in (tmp_path / "results").iterdir():
        named = re.fullmatch(r"(.{36})-(result|attachment)\.json", path.name)
        assert UUID(named[1]) if named else path.name in allure.FILES
        text = path.read_text("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
        assert not re.search(r"\\u00[01]|\\u202e|\\ud800\b", text)
        if path.suffix == ".json":
            json.loads(text)
    attacked = results[hostile.verdicts[0].item]
    assert "\\[U+202E]fdp.exe" in attacked["description"]
    assert "[U+202E]fdp.exe" in attacked["name"]
    assert attacked["links"] == []
    assert "<" not in attacked["description"].replace("\\<", "")
    assert "[" not in attacked["description"].replace("\\[", "")
    assert "and 30 more" in attacked["description"]


def test_remediation_becomes_text() -> None:
    markup = """Before<ol><li>Open <b>Users</b> &gt; <a href="https://a.example/x">settings</a></li><li><p>Save</p></li></ol>
        <ul><li>one<ul><li>deep</li></ul></li></ul><script>no()</script><a href="javascript:x()">after</a>"""
    lines = [prefix + text for prefix, text in texts.lines_of(markup)]
    assert lines == ["Before", "1. Open Users > settings (https://a.example/x)", "2. Save", "- one", "- deep", "after"]
    assert texts.lines_of("first\nsecond &amp; last") == [("", "first"), ("", "second & last")]
    assert texts.lines_of("") == []


def test_what_stands_beside_the_results(hostile: posture.Posture, tmp_path: Path) -> None:
    allure.write(hostile, tmp_path)
    lines = (tmp_path / "environment.properties").read_text("utf-8").splitlines()
    assert [line.partition("=")[0] for line in lines] == [
        "Tenant", "Tenant\\ id", "Cloud", "Source", "As\\ of", "Score", "Tool", "Selection",
    ]  # fmt: skip
    assert lines[0].startswith(r"Tenant=Fj\u00f8rd \ud83d\ude00 \\ = : ../../etc/passwd")
    assert json.loads((tmp_path / "executor.json").read_text("utf-8"))["name"] == "m365-posture"


def test_every_verdict_but_met_has_its_category(hostile: posture.Posture, tmp_path: Path) -> None:
    results = written(hostile, tmp_path).values()
    categories = json.loads((tmp_path / "categories.json").read_text("utf-8"))
    config = json.loads((tmp_path / "allurerc.json").read_text("utf-8"))
    assert config["plugins"]["awesome"]["options"]["singleFile"] is True
    assert [c["name"] for c in config["categories"]] == [c["name"] for c in categories]
    for result in results:
        message = result["statusDetails"]["message"]
        fits = [c["name"] for c in categories if result["status"] in c["matchedStatuses"] and re.fullmatch(c["messageRegex"], message)]
        first = next(iter(fits), "Met").casefold()
        word = labels(result, "story")[0]
        cause = re.match(r"not evaluated \((.*?)\)", message)
        assert first == f"{word}: {cause[1]}" if cause else first.split(":")[0] == word


def test_an_earlier_run_goes_and_the_users_files_stay(demo: posture.Posture, tmp_path: Path) -> None:
    allure.write(demo, tmp_path)
    others = {"notes.txt", "my-result.json", "photo-attachment.png"}
    for name in others:
        (tmp_path / name).write_text("mine", encoding="utf-8")
    (tmp_path / "history").mkdir()
    (tmp_path / "00000000-0000-0000-0000-000000000000-container.json").write_text("{}", encoding="utf-8")
    later = deepcopy(demo)
    later.started_at += timedelta(seconds=-1)
    later.verdicts = later.verdicts[:2]
    assert len(written(later, tmp_path)) == 2
    used = sum(len(result["attachments"]) for result in results_of(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} >= others | {"history"}
    assert len(list(tmp_path.iterdir())) == 2 + used + len(allure.FILES) + len(others) + 1


def test_a_posture_without_score_licences_or_results_is_written(demo: posture.Posture, tmp_path: Path) -> None:
    made = deepcopy(demo)
    made.score, made.verdicts, made.evidence = None, [], []
    made.tenant = msgspec.structs.replace(made.tenant, id=None)
    allure.write(made, tmp_path / "none")
    assert {path.name for path in (tmp_path / "none").iterdir()} == allure.FILES
    made.verdicts = [Record(item="checks/check_x.py::check_x", action=None, title="X", area="nowhere", claim="", basis="direct")]
    assert written(made, tmp_path / "bare")["checks/check_x.py::check_x"]["status"] == "broken"


# Allure itself


@pytest.fixture(scope="module")
def report(hostile: posture.Posture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the report that Allure 3 makes of the hostile posture."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are needed to run Allure's own command line")
    folder = tmp_path_factory.mktemp("allure")
    install = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", str(folder), "allure@3"]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    allure.write(hostile, folder / "results")
    generate = [node, "node_modules/allure/cli.js", "generate", "--config", "results/allurerc.json", "--output", "report", "results"]
    ran = subprocess.run(generate, cwd=folder, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert not ran.stderr
    return folder / "report"


def test_allure_shows_each_result_with_all_of_its_attachments(demo: posture.Posture, report: Path) -> None:
    """In a report of many files, whose data can be read."""
    folder = report.parent
    allure.write(demo, folder / "demo")
    config = folder / "demo" / "allurerc.json"
    changed = json.loads(config.read_bytes())
    changed["plugins"]["awesome"]["options"]["singleFile"] = False
    config.write_text(json.dumps(changed), "utf-8")
    line = ["node", "node_modules/allure/cli.js", "generate", "--config", "demo/allurerc.json", "--output", "read", "demo"]
    subprocess.run(line, cwd=folder, check=True, capture_output=True, timeout=60)
    shown = [json.loads(path.read_bytes()) for path in (folder / "read").rglob("data/test-results/*.json")]
    wanted = {result["fullName"]: {each["source"] for each in result["attachments"]} for result in results_of(folder / "demo")}
    assert {result["fullName"]: {each["link"]["originalFileName"] for each in result["attachments"]} for result in shown} == wanted
    assert all(wanted.values())


def test_allure_shows_every_item_and_takes_none_for_a_retry(report: Path, hostile: posture.Posture) -> None:
    expected = Counter(STATUSES.get(record.verdict, "skipped") for record in hostile.verdicts)
    assert json.loads((report / "summary.json").read_text("utf-8"))["stats"] == {"total": len(hostile.verdicts), **expected}
    shown = json.loads((report / "test-results.json").read_text("utf-8"))["byId"]
    assert len(shown) == len(hostile.verdicts)


def test_a_browser_shows_the_report_and_runs_nothing_of_the_tenants(report: Path, hostile: posture.Posture) -> None:
    browser = shutil.which("chromium")
    if not browser:
        pytest.skip("chromium is needed to open the report (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page()
        page.context.set_offline(True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        _see_the_overview(page, report / "index.html", hostile)
        attacked = next(r for r in results_of(report.parent / "results") if r["fullName"] == hostile.verdicts[0].item)
        _see_the_attack(page, report / "index.html", attacked)
    assert not [url for url in asked if "evil.example" in url]


def _open(page: Page, address: str, text: str) -> None:
    """A busy machine's browser now and then draws nothing until it is asked again."""
    for patience in (15_000, 30_000):
        page.goto(address)
        try:
            page.get_by_text(text).first.wait_for(timeout=patience)
        except PlaywrightTimeout:
            page.goto("about:blank")
        else:
            return
    page.goto(address)
    page.get_by_text(text).first.wait_for(timeout=60_000)


def _see_the_overview(page: Page, index: Path, made: posture.Posture) -> None:
    _open(page, index.as_uri(), BY_SLUG["identity"].name)
    shown = page.inner_text("body")
    assert "Fj\u00f8rd \U0001f600 \\ = :" in shown
    assert str(made.tenant.id) in shown
    page.get_by_text("Categories").first.click()
    page.get_by_text("Not evaluated: permission").first.wait_for(timeout=30_000)
    assert page.title() != "owned"


def _see_the_attack(page: Page, index: Path, result: dict[str, Any]) -> None:
    """The attacking result's own page; its description is in a frame."""
    page.goto(f"{index.as_uri()}#{hashlib.md5(result['uuid'].encode(), usedforsecurity=False).hexdigest()}")
    description = page.frame_locator("iframe[title=Description]").locator("body")
    description.get_by_text("What to do").wait_for(timeout=30_000)
    page.wait_for_timeout(300)
    assert page.title() != "owned"
    assert OWNED in page.inner_text("body")
    assert "[U+202E]fdp.exe" in page.inner_text("body")
    assert f"Claim: ../../etc/passwd {OWNED} ![i](https://evil.example/i.png)" in description.inner_text()
    assert len(page.frames) == 2
    for frame in page.frames:
        assert frame.locator("[src*='evil.example'], [href^='javascript:'], [onerror]").count() == 0
    for link in page.locator("a[href*='evil.example']").all():  # Allure makes links of addresses in step names
        assert link.inner_text() == link.get_attribute("href")
    assert description.locator("script, img, a").count() == 0
