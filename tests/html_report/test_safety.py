"""Whatever a tenant calls its things is text in the report, and nothing in it asks a network for anything."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from reports.html import page, sealing, text
from reports.posture import Posture
from tests.browsing import needs_browser, visit

from .made import EVIL, Made, squeezed

both = pytest.mark.parametrize("which", ["demo", "hostile"])


@both
def test_names_are_text_and_nothing_else(which: str, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(which)
    tree = made.tree
    assert [str(name) for name in tree.xpath("//@*[starts-with(name(), 'on')]")] == []
    assert len(tree.xpath("//script")) == 2
    assert tree.xpath("//script/text()")[0] == page.SCRIPT
    assert all(re.match(r"#|https://", href) for href in tree.xpath("//a/@href"))
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", made.source)
    # One action has the word in its id, and so in its address.
    assert not re.search(r"owned(?!_apps_and_services)", "".join(tree.xpath("//script/text() | //style/text() | //@href | //@style")))
    assert {each.tag for each in tree.xpath('//div[@id="posture"]//*')}.isdisjoint(
        {"img", "iframe", "object", "embed", "link", "base", "video"}
    )


def evil(value: Any, key: str = "") -> Any:
    """The same posture with every text of the tenant's replaced by an attack."""
    if isinstance(value, dict):
        return {(EVIL if key in {"observed", "deciding"} else name): evil(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [evil(inner, key) for inner in value]
    kept = {
        "verdict",
        "basis",
        "agreement",
        "cause",
        "before",
        "after",
        "effect",
        "because",
        "source",
        "action",
        "item",
        "area",
        "slug",
        "state",
    }
    if not isinstance(value, str) or key in kept or re.match(r"\d{4}-\d\d-\d\d", value):
        return value
    return f"{EVIL}\"' onmouseover=x() {value}"


def test_no_text_of_a_posture_becomes_markup_wherever_it_stands(demo: Made) -> None:
    raw = json.loads(msgspec.json.encode(demo.posture))
    raw["verdicts"] = raw["verdicts"][::9]
    posture = msgspec.convert(evil(raw), Posture)
    tree, plain = html.fromstring(page.render(posture)), html.fromstring(page.render(msgspec.convert(raw, Posture)))
    assert {each.tag for each in tree.iter()} <= {each.tag for each in plain.iter()}
    assert {name for each in tree.iter() for name in each.attrib} <= {name for each in plain.iter() for name in each.attrib}
    assert len(tree.xpath("//script")) == 1
    assert "document.title='owned'" in squeezed(tree)


def test_hostile_names_are_there_to_be_read(hostile: Made) -> None:
    title = f"Microsoft 365 posture of Evil {text.one_line(EVIL)}"
    assert hostile.tree.xpath("//title/text()") == [title]
    assert "[U+202E]gnp[U+2066][U+001B][31m" in title
    assert "ok.example" in " ".join(hostile.tree.xpath('//details[@class="action"]//h4/following-sibling::div//a/@href'))
    assert "permission" in squeezed(hostile.tree.xpath('//section[@id="not-evaluated"]/h3')[0])
    assert hostile.tree.xpath('//div[@class="card"]')


@both
def test_nothing_is_loaded(which: str, request: pytest.FixtureRequest) -> None:
    tree = request.getfixturevalue(which).tree
    assert not tree.xpath("//link | //iframe | //object | //embed | //base | //form/@action")
    assert set(tree.xpath("//@src | //@srcset | //@poster | //@data | //@background")) <= {""}
    assert not re.search(r"url\(|@import", "".join(tree.xpath("//style/text() | //@style")))
    assert {each.getparent().tag for each in tree.xpath("//@href")} == {"a"}


@both
def test_the_policy_lets_run_the_two_known_scripts_and_loads_nothing(which: str, request: pytest.FixtureRequest) -> None:
    tree = request.getfixturevalue(which).tree
    (policy,) = tree.xpath('//head/meta[@http-equiv="Content-Security-Policy"]/@content')
    assert "default-src 'none'" in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    assert allowed == {base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in tree.xpath("//script/text()")}
    assert "script-src 'unsafe" not in policy


@needs_browser
@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
@both
def test_it_opens_without_a_request_or_an_error(which: str, scripts: bool, browser: Any, request: pytest.FixtureRequest) -> None:
    made: Made = request.getfixturevalue(which)
    opened, trouble = visit(browser, made.path, java_script_enabled=scripts)
    assert opened.locator("details.action").count() == len(made.posture.verdicts)
    assert opened.locator("p.answer").is_visible()
    assert opened.locator("form.tools").is_visible() is scripts
    if not scripts:  # all that is folded opens without it
        opened.locator("details.action > summary").first.click()
        assert opened.locator("details.action .said").first.is_visible()
    assert opened.title() == text.one_line(f"Microsoft 365 posture of {made.posture.tenant.name}")
    assert trouble == []
    opened.context.close()


@needs_browser
def test_nothing_a_tenant_wrote_ever_runs(hostile: Made, browser: Any) -> None:
    opened, trouble = visit(browser, hostile.path)
    opened.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    opened.fill("#search", "onerror")
    opened.click("#results-table th >> nth=1")
    for target in opened.locator("#list summary .what").all()[:5]:
        target.hover()
    opened.evaluate("location.hash = '#<img src=x onerror=alert(1)>'")
    opened.emulate_media(media="print")
    opened.wait_for_timeout(100)
    assert "owned" not in opened.title().partition("Evil")[0]
    # pytest-html has an empty one for each row of its table
    assert opened.evaluate("Array.from(document.images).filter(each => each.getAttribute('src') || each.closest('#posture')).length") == 0
    assert trouble == []
    opened.context.close()


@given(st.text())
def test_text_between_tags_is_read_as_it_was_written(said: str) -> None:
    shown = text.visible(text.plain(said))
    assert re.fullmatch(r"(?:[^<>&]|&(?:lt|gt|amp);)*", shown)
    tree = html.fromstring(f"<p>{shown}</p>")
    assert tree.tag == "p"
    assert len(tree) == 0
    assert tree.text_content() == text.visible(said)


@given(st.recursive(st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5))
def test_pretty_json_is_the_same_json(value: Any) -> None:
    tree = html.fromstring(f"<div><pre>\n{text.pretty(value)}</pre></div>")
    assert [each.tag for each in tree.iter()] == ["div", "pre"]
    if "\x00" not in str(value) and "\r" not in json.dumps(value, ensure_ascii=False):
        assert json.loads(tree[0].text_content()) == value


@given(st.text(alphabet="htps:/\\[]@#?. x%<>\"'\u202e"))
def test_an_address_is_https_or_no_link(said: str) -> None:
    found = text.https(said)
    assert found is None or found.lower().startswith("https://")


@pytest.mark.parametrize(
    "url",
    ["http://x.example", "javascript:x()", "//x.example", "", "https:x", "https:///x", "data:text/html,x", "https://[", "https://?x"],
)
def test_only_an_https_address_is_a_link(url: str) -> None:
    assert text.https(url) is None


def test_a_page_of_another_make_is_refused() -> None:
    with pytest.raises(sealing.UnknownPage, match="no script"):
        sealing.sealed("<html></html>", "")
    with pytest.raises(sealing.UnknownPage, match="another head"):
        sealing.sealed("<html><script></script></html>", "")


def test_a_seal_that_cannot_be_set_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("<html></html>", "utf-8")
    with pytest.raises(sealing.UnknownPage):
        sealing.seal(path, "")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text("utf-8") == "<html></html>"
