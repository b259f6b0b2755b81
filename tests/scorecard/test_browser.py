"""The page in a browser: no request, readable, on every screen, and one page of paper."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest

from reports.posture import Posture
from reports.scorecard.facts import card_of
from tests.browsing import needs_browser, visit
from tests.scorecard.cards import EVIL, Made, at_worst, called


def show(browser: Any, made: Made, folder: Path, **options: Any) -> tuple[Any, list[str]]:
    path = folder / "card.html"
    path.write_text(made.source, "utf-8")
    return visit(browser, path, **options)


# The contrast of every piece of text with what is painted behind it, as WCAG reckons it.
CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (node) => { for (; node; node = node.parentElement) { const c = getComputedStyle(node).backgroundColor;
    if ((parts(c)[3] ?? 1) > 0) return c; } return "rgb(255, 255, 255)"; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  let seen = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim()) continue;
    seen += 1;
    const [a, b] = [light(getComputedStyle(node.parentElement).color), light(behind(node.parentElement))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${node.data}`);
  }
  return [seen, low];
}"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_a_request_and_can_be_read(demo: Posture, browser: Any, tmp_path: Path, scheme: str) -> None:
    made = Made(card_of(called(at_worst(demo), EVIL), named=True))
    opened, trouble = show(browser, made, tmp_path, color_scheme=scheme, viewport={"width": 1100, "height": 900})
    assert opened.title() == made.card.title
    seen, low = opened.evaluate(CONTRAST)
    assert seen > 60
    assert low == []
    dark = opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert dark is (scheme == "dark")
    assert [opened.locator(f"h{level}").count() for level in (1, 2)] == [1, 8]
    assert trouble == []
    opened.context.close()


@needs_browser
@pytest.mark.parametrize("width", [320, 390, 800])
def test_it_fits_every_screen(demo: Posture, browser: Any, tmp_path: Path, width: int) -> None:
    opened, _ = show(browser, Made(card_of(called(demo, "W" * 300), named=True)), tmp_path, viewport={"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.context.close()


@needs_browser
@pytest.mark.parametrize("which", ["plain", "at worst", "nothing given"])
def test_it_prints_to_one_page(demo: Posture, browser: Any, tmp_path: Path, which: str) -> None:
    cards = {
        "plain": lambda: card_of(demo),
        "at worst": lambda: card_of(called(at_worst(demo), "W" * 300), named=True),
        "nothing given": lambda: card_of(msgspec.structs.replace(demo, score=None, history=[])),
    }
    opened, _ = show(browser, Made(cards[which]()), tmp_path, color_scheme="dark")
    printed = pypdf.PdfReader(io.BytesIO(opened.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    assert [round(float(each)) for each in printed.pages[0].mediabox[2:]] == [595, 842]
    opened.context.close()
