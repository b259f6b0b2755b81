"""WCAG AA: axe finds nothing, in light and dark, with everything open; and the page serves narrow windows and 400 % zoom."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browsing import needs_browser, visit

from .made import ZOOMED, Made

pytestmark = needs_browser
OPEN_ALL = "document.querySelectorAll('details').forEach(each => { each.open = true; })"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(scheme: str, small: Path, browser: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    opened, trouble = visit(browser, small, color_scheme=scheme)
    # Colours are all that differs in the dark.
    options = {"resultTypes": ["violations"], **({"runOnly": ["color-contrast"]} if scheme == "dark" else {})}
    opened.evaluate(OPEN_ALL)
    found = axe.run(opened, options=options).response
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    assert found["testEngine"]["name"] == "axe-core"
    assert trouble == []
    opened.context.close()


def test_nothing_sticks_out_of_a_narrow_window_or_at_400_percent(demo: Made, browser: Any) -> None:
    opened, _ = visit(browser, demo.path, "#a-AdminMFAV2")
    for size in ({"width": 1280, "height": 800}, {"width": 400, "height": 800}, ZOOMED):
        opened.set_viewport_size(size)
        assert opened.evaluate("document.documentElement.scrollWidth") <= size["width"]
    opened.context.close()


def test_at_400_percent_all_is_there_and_works(demo: Made, browser: Any) -> None:
    opened, trouble = visit(browser, demo.path, viewport=ZOOMED)
    opened.fill("#search", "AdminMFAV2")
    opened.locator("#a-AdminMFAV2 > summary").click()
    for part in (".reason", ".card", ".said", "ul.ev", "pre", ".item"):
        target = opened.locator(f"#a-AdminMFAV2 {part}").first
        if part == "pre":
            opened.locator("#a-AdminMFAV2 .fold > summary", has_text="JSON").click()
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= ZOOMED["width"], part
    # Nothing stays in the way: what is fixed elsewhere scrolls along here.
    assert opened.evaluate("getComputedStyle(document.getElementById('contents')).position") == "static"
    assert trouble == []
    opened.context.close()
