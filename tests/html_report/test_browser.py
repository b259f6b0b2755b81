"""Every interaction of the report, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.verdicts import Verdict
from tests.browsing import needs_browser, visit

from .made import Made

pytestmark = needs_browser
SHOWN = "details.action:not([hidden])"


@pytest.fixture
def opened(demo: Made, browser: Any) -> Iterator[Any]:
    """The demo tenant's report; whatever a test does with it, nothing is asked for and nothing goes wrong."""
    page, trouble = visit(browser, demo.path)
    yield page
    assert trouble == []
    page.context.close()


def test_search_finds_in_everything_and_escape_clears(demo: Made, opened: Any) -> None:
    shown = opened.locator(SHOWN)
    everything = shown.count()
    assert opened.locator("#shown").text_content() == f"All {everything} shown"
    opened.keyboard.press("/")
    opened.keyboard.type("BlockLegacyAuthentication")
    assert opened.locator("#a-BlockLegacyAuthentication").is_visible()
    assert 0 < shown.count() < 5
    assert opened.locator("#shown").text_content() == f"{shown.count()} of {everything} shown"
    assert opened.evaluate("CSS.highlights.get('found').size") > 0
    # A person, a permission, a framework, and what only the index of the evidence says.
    record = next(record for record in demo.posture.verdicts if record.action == "AdminMFAV2")
    for words in (record.observed["not registered for MFA"][0], "roleManagement.Read.Directory", "5.2.2.1 prowler", "$expand=principal"):
        opened.fill("#search", words)
        assert opened.locator("#a-AdminMFAV2").is_visible(), words
    opened.fill("#search", "head of it")
    assert "Accepted risks (" in opened.locator("#elsewhere").text_content()
    opened.fill("#search", "no such thing anywhere")
    assert opened.locator("#nothing").is_visible()
    opened.keyboard.press("Escape")
    assert shown.count() == everything
    assert not opened.locator("#nothing").is_visible()
    assert not opened.locator("#elsewhere").is_visible()


def test_filters_narrow_what_is_shown(demo: Made, opened: Any) -> None:
    shown, records = opened.locator(SHOWN), demo.posture.verdicts
    opened.click('.chips button[data-verdict="met"]')
    assert shown.count() == sum(record.verdict is Verdict.MET for record in records)
    opened.click('.chips button[data-verdict="not met"]')
    assert shown.count() == sum(record.verdict in {Verdict.MET, Verdict.NOT_MET} for record in records)
    opened.click("#clear")
    opened.select_option("#area", "teams")
    assert shown.count() == sum(record.area == "teams" for record in records)
    opened.click("#clear")
    opened.select_option("#basis", "d")
    assert shown.count() == sum(record.basis == "direct" for record in records)
    opened.select_option("#word", "x")
    assert shown.count() == sum(
        record.basis == "direct" and record.microsoft is not None and record.microsoft.agreement == "disagree" for record in records
    )
    opened.click("#clear")
    opened.select_option("#impact", "l")
    assert shown.count() == sum(record.user_impact.casefold() == "low" for record in records) > 0


def test_order_by_what_needs_action_and_by_rank(demo: Made, opened: Any) -> None:
    opened.select_option("#order", "first")
    verdicts = opened.locator(SHOWN).evaluate_all("all => all.map(each => each.dataset.verdict)")
    assert verdicts == sorted(
        verdicts, key="not met,not evaluated,known,accepted,not scored,not licensed,not applicable,met".split(",").index
    )
    assert opened.locator(SHOWN).first.get_attribute("id") == f"a-{demo.posture.gaps[0].action}"
    opened.select_option("#order", "rank")
    ranks = [int(text[5:]) for text in opened.locator(f"{SHOWN} .rank").all_text_contents() if text]
    assert ranks == sorted(ranks)
    opened.select_option("#order", "")
    assert opened.locator("section.area").first.is_visible()


def test_figures_are_filters(demo: Made, opened: Any) -> None:
    opened.click(".tiles .t-not-met a")
    assert opened.locator(SHOWN).count() == sum(record.verdict is Verdict.NOT_MET for record in demo.posture.verdicts)
    opened.click('.totals a[data-show="accepted"]')
    assert opened.locator(SHOWN).count() == demo.posture.totals["accepted"]
    opened.click('.areas a[data-area="intune"]')
    assert opened.locator(SHOWN).count() == sum(record.area == "intune" for record in demo.posture.verdicts)
    assert opened.locator("#area-intune").is_visible()


def test_a_deep_link_opens_its_action_and_keys_move_on(demo: Made, browser: Any) -> None:
    opened, trouble = visit(browser, demo.path, "#a-BlockLegacyAuthentication")
    opened.wait_for_selector("#a-BlockLegacyAuthentication[open]")
    for forward, back in (("j", "k"), ("ArrowRight", "ArrowLeft"), ("ArrowDown", "ArrowUp")):
        opened.keyboard.press(forward)
        assert opened.locator("details.action[open]").count() == 1
        assert opened.locator("#a-BlockLegacyAuthentication[open]").count() == 0
        assert opened.evaluate("document.querySelector('details.action[open]').id === location.hash.slice(1)")
        opened.keyboard.press(back)
        assert opened.locator("#a-BlockLegacyAuthentication[open]").count() == 1
    opened.fill("#search", "no such thing")
    opened.evaluate("location.hash = 'a-AdminMFAV2'")
    opened.wait_for_selector("#a-AdminMFAV2[open]")
    assert opened.locator("#search").input_value() == ""
    opened.click("#a-AdminMFAV2 > summary")
    opened.click("#a-MFARegistrationV2 > summary")
    assert opened.url.endswith("#a-MFARegistrationV2")
    assert trouble == []
    opened.context.close()


def test_everything_can_be_reached_and_used_by_the_keyboard_alone(opened: Any) -> None:
    press = opened.keyboard.press
    press("Tab")
    assert opened.evaluate("document.activeElement.className") == "skip"
    assert opened.locator("a.skip").bounding_box()["x"] >= 0
    press("Enter")
    opened.wait_for_function("location.hash === '#actions'")
    press("Tab")
    assert opened.evaluate("document.activeElement.id") == "search"
    opened.keyboard.type("AdminMFAV2")
    for _ in range(40):
        press("Tab")
        if opened.evaluate("document.activeElement.matches('#a-AdminMFAV2 > summary')"):
            break
    assert opened.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    press("Enter")
    assert opened.locator("#a-AdminMFAV2 .card").is_visible()
    press("Tab")
    assert opened.evaluate("document.activeElement.closest('#a-AdminMFAV2') !== null")
    press("Escape")
    assert opened.locator("#search").input_value() == ""


def test_all_that_is_shown_opens_and_closes_at_once(opened: Any) -> None:
    opened.fill("#search", "salesforce")
    count = opened.locator(SHOWN).count()
    opened.click("#expand")
    assert opened.locator("details.action[open]").count() == count > 5
    opened.click("#collapse")
    assert opened.locator("details.action[open]").count() == 0


def test_light_and_dark_follow_the_system_until_told_otherwise(small: Path, browser: Any) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"
    light, dark = "rgb(255, 255, 255)", "rgb(20, 23, 27)"
    for scheme, by_system in (("light", light), ("dark", dark)):
        opened, trouble = visit(browser, small, color_scheme=scheme)
        assert opened.evaluate(colour) == by_system
        opened.click("#theme")
        assert opened.evaluate(colour) == light
        opened.click("#theme")
        assert opened.evaluate(colour) == dark
        assert opened.evaluate("localStorage.getItem('m365-theme')") == "dark"
        # Chromium may write it down only after the page is read again; so it is told what stands there.
        opened.context.add_init_script("localStorage.setItem('m365-theme', 'dark')")
        opened.reload()
        assert opened.evaluate(colour) == dark
        assert opened.locator("#theme").text_content() == "Theme: dark"
        assert trouble == []
        opened.context.close()


def test_pytests_own_table_opens_and_its_links_lead_to_the_actions(opened: Any) -> None:
    table = opened.locator("#results-table")
    assert not table.is_visible()
    opened.click("#pytest summary")
    assert table.is_visible()
    opened.locator('#results-table a[href="#a-AdminMFAV2"]').click()
    opened.wait_for_selector("#a-AdminMFAV2[open]")


def test_the_contents_say_what_is_read(opened: Any) -> None:
    opened.evaluate("document.getElementById('gaps').scrollIntoView()")
    opened.wait_for_selector('#contents a[href="#gaps"][aria-current]')
    assert opened.locator("#contents a[aria-current]").count() == 1
