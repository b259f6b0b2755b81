"""On paper: a cover, everything unfolded, page breaks and numbers, scope and method, and a block to sign in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.browsing import needs_browser, visit

from .made import Made

READER = shutil.which("pdftotext")
pytestmark = [needs_browser, pytest.mark.skipif(READER is None, reason="no pdftotext here to read the printed report with")]


def printed(opened: Any, path: Path) -> list[str]:
    """The text of each page."""
    opened.pdf(path=path, format="A4")
    done = subprocess.run([str(READER), "-layout", str(path), "-"], capture_output=True, text=True, check=True, encoding="utf-8")
    return done.stdout.split("\f")[:-1]


@pytest.fixture(scope="module")
def pages(demo: Made, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    opened, _ = visit(browser, demo.path)
    found = printed(opened, tmp_path_factory.mktemp("paper") / "report.pdf")
    opened.context.close()
    return found


def test_the_first_page_is_a_cover(demo: Made, pages: list[str]) -> None:
    for said in ("Security posture report", f"Microsoft 365 posture of {demo.posture.tenant.name}", "demo tenant", " meets ", "Tenant"):
        assert said in pages[0]
    assert "What changed" not in pages[0]


def test_parts_begin_on_pages_of_their_own(pages: list[str]) -> None:
    for heading in ("Coverage", "Every action", "Evidence", "Scope, method and limits"):
        first = [page.strip().splitlines()[0].strip() for page in pages]
        assert heading in first, heading


def test_no_page_is_empty_and_each_has_its_number(pages: list[str]) -> None:
    assert 50 < len(pages) < 200
    for number, page in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in page
        assert len(page.split()) > 15, number


def test_nothing_is_folded_and_nothing_is_for_the_screen_alone(demo: Made, pages: list[str]) -> None:
    text = "\n".join(pages)
    words = " ".join(text.split())
    assert text.count("Our verdict") == len(demo.posture.verdicts)
    assert "A sign-in that gets through" in text
    assert '"controlName": "mcas_mda_enabled"' in words
    for screen in ("Search in everything", "Theme:", "pytest's own table", "Skip to the actions"):
        assert screen not in text


def test_the_last_page_is_to_be_signed(pages: list[str]) -> None:
    for said in ("Sign-off", "Prepared by", "Reviewed by", "Risks accepted by", "Signature"):
        assert said in pages[-1]


def test_what_a_filter_leaves_out_is_not_printed_and_that_is_said(demo: Made, browser: Any, tmp_path: Path) -> None:
    opened, trouble = visit(browser, demo.path)
    opened.fill("#search", "AdminMFAV2")
    count = opened.locator("details.action:not([hidden])").count()
    found = printed(opened, tmp_path / "some.pdf")
    assert f"Printed with a filter: {count} of {len(demo.posture.verdicts)} checks" in " ".join(found[0].split())
    assert "\n".join(found).count("Our verdict") == count
    assert opened.locator("details.action[open]").count() == 0
    assert trouble == []
    opened.context.close()
