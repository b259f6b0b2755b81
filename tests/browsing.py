"""Pages in a browser, and what should not happen in one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open the page with")


@contextmanager
def chromium() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def visit(browser: Any, path: Path, address: str = "", **options: Any) -> tuple[Any, list[str]]:
    """The opened page, and everything that should not happen: other requests, errors on the console, dialogs."""
    opened = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}).new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("dialog", lambda dialog: trouble.append(dialog.message))
    opened.on("request", lambda sent: trouble.append(sent.url) if not sent.is_navigation_request() else None)
    opened.goto(path.as_uri() + address)
    return opened, trouble
