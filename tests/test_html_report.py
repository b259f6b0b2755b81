"""The HTML report: complete, quiet on the network, and deaf to what a tenant's names would have it do."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lxml import html

from fixtures.demo.builder import write_demo
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.html import charts, page, sealing, text, words
from reports.posture import Day, Posture

ROOT = Path(__file__).resolve().parent.parent
# Until the root conftest names the plugin.
PLUGIN = () if '"reports.html"' in (ROOT / "conftest.py").read_text("utf-8") else ("-p", "reports.html")
EVIL = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>\u202egnp\u2066\x1b[31m"
EVIL_HTML = f'{EVIL}<a href="javascript:alert(1)">a</a><a href="//evil.example/" onclick="x()">b</a><a href="https://ok.example/">c</a>'
# What pytest-metadata does when a worker of xdist ends: it fills in again what was taken out.
TELLTALE = """
import pytest
from pytest_metadata.plugin import metadata_key

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    session.config.stash[metadata_key].update({"Platform": "a-machine-of-ours", "BUILD_URL": "https://ci.example/"})
"""
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open the report with")


class Made(msgspec.Struct, dict=True):
    """One run's report, with the posture it was made from."""

    path: Path
    status: int
    output: str

    @cached_property
    def source(self) -> str:
        return self.path.read_text("utf-8")

    @cached_property
    def tree(self) -> Any:
        return html.fromstring(self.source)

    @cached_property
    def posture(self) -> Posture:
        return postures.read(self.path.with_name("posture.json"))


def make(folder: Path, *arguments: str, path: str = "") -> Made:
    """Run the real suite as a user does."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "PYTEST_"))} | {"CI": "", "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, f"--reports={folder}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)
    return Made(folder / "report.html", done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("demo"), "--tenant=demo")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A tenant that names its things in HTML, and refuses a read with some of it."""
    tenant = tmp_path_factory.mktemp("hostile") / "tenant"
    write_demo(tenant, datetime.now(UTC))
    manifest = tenant / "snapshot.json"
    if manifest.exists():  # the hashes of what is about to change
        manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | {"requests": []}), "utf-8")
    organization = tenant / "v1.0" / "organization.json"
    body = json.loads(organization.read_bytes())
    body["value"][0]["displayName"] = f"Evil {EVIL}"
    organization.write_text(json.dumps(body), "utf-8")
    for file in (tenant / "v1.0" / "security").glob("secureScoreControlProfiles*.json"):
        body = json.loads(file.read_bytes())
        for number, profile in enumerate(body["value"]):
            profile |= {key: f"{EVIL_HTML} {key}" for key in ("title", "remediation", "remediationImpact", "userImpact", "tier")}
            profile |= {"threats": [EVIL], "actionUrl": "javascript:alert(1)" if number % 2 else 'https://ok.example/"onmouseover="x()'}
        file.write_text(json.dumps(body), "utf-8")
    settings = tenant / "v1.0" / "admin" / "sharepoint" / "settings.json"
    settings.rename(settings.with_name("settings.403.json")).write_text(json.dumps({"error": {"code": "x", "message": EVIL}}), "utf-8")
    areas = ("--area=identity", "--area=information-rights-management", "--area=information-protection")
    return make(tmp_path_factory.mktemp("report"), f"--tenant={tenant}", *areas)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Made]]]:
    """Runs that are not as they should be, side by side, for each takes two seconds."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "broken_page.py").write_text("import reports.html\ndef broken(posture): raise KeyError('x')\nreports.html.render = broken\n")
    (folder / "telltale.py").write_text(TELLTALE)
    both = f"{ROOT}{os.pathsep}{folder}"
    wanted = {
        "a part": ("-k", "legacy", "-p", "telltale"),
        "an error": ("--action=AdminMFAV2", "-p", "broken_page"),
        "no html": ("--action=AdminMFAV2", "-p", "no:html"),
    }
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(make, folder / name, "--tenant=demo", *said, path=both) for name, said in wanted.items()}


def squeezed(node: Any) -> str:
    return " ".join(node.text_content().split())


# What is in it


def test_every_record_appears_once_with_claim_verdict_and_reason(demo: Made) -> None:
    shown = {squeezed(item.xpath('.//p[@class="item"]')[0]): item for item in demo.tree.xpath('//details[@class="action"]')}
    assert len(shown) == len(demo.tree.xpath('//details[@class="action"]')) == len(demo.posture.verdicts) > 200
    for record in demo.posture.verdicts:
        item = shown[text.one_line(record.item)]
        said = squeezed(item)
        assert text.one_line(record.claim) in said
        assert text.one_line(record.reason) in said
        assert item.xpath("./summary/b/text()") == [str(record.verdict)]
        assert item.get("data-verdict") == record.verdict
        assert record.action is None or record.action in squeezed(item.xpath("./summary")[0])


def test_observed_facts_and_evidence_stand_with_the_action(demo: Made) -> None:
    record = next(r for r in demo.posture.verdicts if r.basis == "direct" and r.evidence and r.observed)
    (item,) = demo.tree.xpath(f'//*[@id="{text.slug_of(record)}"]')
    for name in record.observed:
        assert name in item.xpath('.//dl[@class="facts"]/dt/text()')
    hashes = {each.id: each.sha256 for each in demo.posture.evidence}
    for identity in record.evidence:
        assert hashes[identity] in squeezed(item)


def test_the_ledger_adds_up_to_the_catalogue(demo: Made) -> None:
    rows = demo.tree.xpath('//table[@class="totals"]/tbody/tr')
    counts = {squeezed(row[0]): int(squeezed(row[1])) for row in rows}
    assert counts == {name: count for name, count in demo.posture.totals.items() if name != "actions"}
    assert sum(counts.values()) == demo.posture.totals["actions"]
    assert squeezed(demo.tree.xpath('//table[@class="totals"]/tfoot//td')[0]) == str(demo.posture.totals["actions"])


def test_the_first_words_are_the_answer(demo: Made) -> None:
    totals = demo.posture.totals
    answer = squeezed(demo.tree.xpath('//p[@class="answer"]')[0])
    assert answer.startswith(f"{demo.posture.tenant.name} meets {totals['met']} of {totals['actions']} ")
    assert f"{totals['not met']} are not met" in answer
    assert "This is the demo tenant" in squeezed(demo.tree.xpath('//p[@class="loud"]')[0])
    assert demo.tree.xpath("//title/text()") == [f"Microsoft 365 posture of {demo.posture.tenant.name}"]


def test_every_link_inside_the_page_leads_somewhere(demo: Made) -> None:
    ids = demo.tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in demo.tree.xpath('//a/@href[starts-with(., "#")]')} <= set(ids)


def test_pytests_own_rows_are_slim_and_link_to_the_actions(demo: Made) -> None:
    data = json.loads(demo.tree.xpath('//*[@id="data-container"]/@data-jsonblob')[0])
    rows = [row for found in data["tests"].values() for row in found]
    ids = set(demo.tree.xpath('//details[@class="action"]/@id'))
    assert len(rows) == len(ids)
    for row in rows:
        assert row["log"] == ""
        assert re.fullmatch(r'<td class="col-result">\w+</td>', row["resultsTableRow"][0])
        assert set(re.findall(r"href=#([^>]+)>", row["resultsTableRow"][-1])) <= ids
    assert all(len(row["rank"]) in {0, 5} for row in rows)


def test_a_report_of_the_demo_tenant_is_below_one_megabyte(demo: Made) -> None:
    assert demo.path.stat().st_size < 1_000_000


def test_a_part_of_the_posture_says_so_and_tells_nothing_of_the_machine(others: dict[str, Future[Made]]) -> None:
    made = others["a part"].result()
    loud = [squeezed(each) for each in made.tree.xpath('//p[@class="loud"]')]
    assert any("This is a part of the posture" in each and "-k legacy" in each for each in loud)
    data = json.loads(made.tree.xpath('//*[@id="data-container"]/@data-jsonblob')[0])
    assert data["environment"] == {}
    assert str(ROOT) not in made.source
    assert "a-machine-of-ours" not in made.source
    assert "Content-Security-Policy" in made.source


def test_an_error_of_ours_leaves_pytests_report_and_ends_as_one(others: dict[str, Future[Made]]) -> None:
    made = others["an error"].result()
    assert made.status == 3, made.output
    assert "The report could not be made" in made.source
    assert "Content-Security-Policy" in made.source


@pytest.mark.skipif("render_collapsed" in (ROOT / "pyproject.toml").read_text("utf-8"), reason="an ini option that only pytest-html knows")
def test_nothing_breaks_without_pytest_html(others: dict[str, Future[Made]]) -> None:
    made = others["no html"].result()
    assert made.status == 1, made.output
    assert not made.path.exists()


# What is not in it


@pytest.mark.parametrize("which", ["demo", "hostile"])
def test_names_are_text_and_nothing_else(which: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(which)
    tree = made.tree
    assert [str(name) for name in tree.xpath("//@*[starts-with(name(), 'on')]")] == []
    assert len(tree.xpath("//script")) == 2
    assert tree.xpath("//script/text()")[0] == page.SCRIPT
    assert all(re.match(r"#|https://", href) for href in tree.xpath("//a/@href"))
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", made.source)
    assert "owned" not in "".join(tree.xpath("//script/text() | //style/text() | //@href | //@style"))
    assert {each.tag for each in tree.xpath('//div[@id="posture"]//*')}.isdisjoint(
        {"img", "iframe", "object", "embed", "link", "base", "video"}
    )


def test_hostile_names_are_there_to_be_read(hostile: Made) -> None:
    title = f"Microsoft 365 posture of Evil {text.one_line(EVIL)}"
    assert hostile.tree.xpath("//title/text()") == [title]
    assert "[U+202E]gnp[U+2066][U+001B][31m" in title
    assert "ok.example" in " ".join(hostile.tree.xpath('//details[@class="action"]//h4/following-sibling::div//a/@href'))
    assert "permission" in squeezed(hostile.tree.xpath('//section[@id="not-evaluated"]/h3')[0])


@pytest.mark.parametrize("which", ["demo", "hostile"])
def test_nothing_is_loaded(which: str, request: pytest.FixtureRequest) -> None:
    tree = request.getfixturevalue(which).tree
    assert not tree.xpath("//link | //iframe | //object | //embed | //base | //form/@action")
    assert set(tree.xpath("//@src | //@srcset | //@poster | //@data | //@background")) <= {""}
    assert not re.search(r"url\(|@import", "".join(tree.xpath("//style/text() | //@style")))
    assert {each.getparent().tag for each in tree.xpath("//@href")} == {"a"}


@pytest.mark.parametrize("which", ["demo", "hostile"])
def test_the_policy_lets_run_the_two_known_scripts_and_loads_nothing(which: str, request: pytest.FixtureRequest) -> None:
    tree = request.getfixturevalue(which).tree
    (policy,) = tree.xpath('//head/meta[@http-equiv="Content-Security-Policy"]/@content')
    assert "default-src 'none'" in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    assert allowed == {base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in tree.xpath("//script/text()")}
    assert "script-src 'unsafe" not in policy


# Its parts


def test_an_empty_posture_is_a_report_too(demo: Made) -> None:
    nothing = msgspec.structs.replace(
        demo.posture, score=None, licences=None, totals=postures.count([]), areas=[], verdicts=[], evidence=[], history=[], movements=[],
        exceptions=[], exit_status=None,
    )  # fmt: skip
    said = page.render(nothing)
    assert "The Secure Score could not be read." in said
    assert "The subscriptions could not be read" in said


def test_what_could_not_be_evaluated_comes_with_its_cure(demo: Made) -> None:
    record = next(record for record in demo.posture.verdicts if record.action)
    for cause, cure in words.CURES.items():
        failed = msgspec.convert(msgspec.to_builtins(record) | {"verdict": Verdict.NOT_EVALUATED, "cause": cause}, type(record))
        posture = msgspec.structs.replace(demo.posture, verdicts=[failed], totals=postures.count([failed], 258))
        section = html.fromstring(page.render(posture)).xpath('//section[@id="not-evaluated"]')[0]
        assert cause in squeezed(section)
        assert cure in squeezed(section)


def test_two_records_of_one_action_have_each_an_address(demo: Made) -> None:
    record = next(record for record in demo.posture.verdicts if record.action)
    twice = [record, msgspec.structs.replace(record, item=f"{record.item}-again")]
    assert list(text.slugs(twice).values()) == [text.slug_of(record), f"{text.slug_of(record)}-2"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>x()</script>a", "a"),
        ('<p onclick="x()" style="color:red">a</p>', "<p>a</p>"),
        ('<a href="https://ok.example/?a=1&b=2">a</a>', '<a href="https://ok.example/?a=1&amp;b=2" rel="noopener noreferrer">a</a>'),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="http://plain.example">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="//elsewhere.example">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<img src="https://x.example/a.png">a', "a"),
        ("<ol><li>a<li>b", "<ol><li>a</li><li>b</li></ol>"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_remediation_keeps_words_lists_and_https_links(given: str, kept: str) -> None:
    assert text.remediation(given) == kept


def test_what_shows_nothing_is_made_visible() -> None:
    assert text.visible("a\u202eb\u2066c\x1bd\x00e\u200bf") == "a[U+202E]b[U+2066]c[U+001B]d[U+0000]e[U+200B]f"
    assert text.visible("Ærøskøbing\n日本語\t👩‍💻") == "Ærøskøbing\n日本語\t👩‍💻"


@pytest.mark.parametrize("url", ["http://x.example", "javascript:x()", "//x.example", "", "https:x", "https:///x", "data:text/html,x"])
def test_only_an_https_address_is_a_link(url: str) -> None:
    assert text.https(url) is None


def test_a_day_without_a_score_is_a_gap_in_the_line_and_no_zero() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    values = [10.0, 11.0, None, 12.0, 13.0]
    history = [Day(start + timedelta(days=number), value, 20.0) for number, value in enumerate(values)]
    drawn = charts.line(history, [], [])
    assert drawn is not None
    assert len(drawn.segments) == 2
    assert "rose by 3 points, from 10 on 1 January 2026 to 13 on 5 January 2026" in drawn.words
    assert charts.line(history[:1], [], []) is None


def test_a_page_of_another_make_is_refused() -> None:
    with pytest.raises(sealing.UnknownPage, match="no script"):
        sealing.sealed("<html></html>", "")
    with pytest.raises(sealing.UnknownPage, match="another head"):
        sealing.sealed("<html><script></script></html>", "")


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def visit(browser: Any, made: Made, address: str = "", scripts: bool = True) -> tuple[Any, list[str]]:
    """The opened page, and everything that should not happen: other requests, errors on the console."""
    opened = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900}).new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda sent: trouble.append(sent.url) if not sent.is_navigation_request() else None)
    opened.goto(made.path.as_uri() + address)
    return opened, trouble


@needs_browser
@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("which", ["demo", "hostile"])
def test_it_opens_without_a_request_or_an_error(which: str, scripts: bool, browser: Any, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(which)
    opened, trouble = visit(browser, made, scripts=scripts)
    assert opened.locator("details.action").count() == len(made.posture.verdicts)
    assert opened.locator("p.answer").is_visible()
    assert opened.locator("form.tools").is_visible() is scripts
    assert opened.title() == text.one_line(f"Microsoft 365 posture of {made.posture.tenant.name}")
    assert trouble == []
    opened.context.close()


@needs_browser
def test_search_filters_and_escape_clears(demo: Made, browser: Any) -> None:
    opened, trouble = visit(browser, demo)
    shown = opened.locator("details.action:not([hidden])")
    everything = shown.count()
    opened.fill("#search", "blocklegacyauthentication")
    assert opened.locator("#a-BlockLegacyAuthentication").is_visible()
    assert 0 < shown.count() < 5
    opened.keyboard.press("Escape")
    assert shown.count() == everything
    opened.click('.chips button[data-verdict="met"]')
    assert shown.count() == sum(record.verdict is Verdict.MET for record in demo.posture.verdicts)
    opened.click("#clear")
    opened.select_option("#area", "teams")
    assert shown.count() == sum(record.area == "teams" for record in demo.posture.verdicts)
    opened.click("#clear")
    opened.select_option("#order", "first")
    assert shown.first.get_attribute("data-verdict") == "not met"
    assert trouble == []
    opened.context.close()


@needs_browser
def test_a_deep_link_opens_its_action_and_keys_move_on(demo: Made, browser: Any) -> None:
    opened, trouble = visit(browser, demo, "#a-BlockLegacyAuthentication")
    opened.wait_for_selector("#a-BlockLegacyAuthentication[open]")
    opened.keyboard.press("j")
    assert opened.locator("details.action[open]").count() == 1
    assert opened.locator("#a-BlockLegacyAuthentication[open]").count() == 0
    opened.keyboard.press("k")
    assert opened.locator("#a-BlockLegacyAuthentication[open]").count() == 1
    opened.evaluate("document.getElementById('search').value = 'no such thing'")
    opened.evaluate("location.hash = 'a-AdminMFAV2'")
    opened.wait_for_selector("#a-AdminMFAV2[open]")
    assert trouble == []
    opened.context.close()


@needs_browser
def test_pytests_own_table_opens_and_its_links_lead_to_the_actions(demo: Made, browser: Any) -> None:
    opened, trouble = visit(browser, demo)
    table = opened.locator("#results-table")
    assert not table.is_visible()
    opened.click("#pytest > summary")
    assert table.is_visible()
    opened.locator('#results-table a[href="#a-AdminMFAV2"]').click()
    opened.wait_for_selector("#a-AdminMFAV2[open]")
    assert trouble == []
    opened.context.close()


@needs_browser
def test_nothing_sticks_out_of_a_narrow_window(demo: Made, browser: Any) -> None:
    opened, _ = visit(browser, demo, "#a-AdminMFAV2")
    for width in (1280, 400, 320):
        opened.set_viewport_size({"width": width, "height": 800})
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.context.close()
