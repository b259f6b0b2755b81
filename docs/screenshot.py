"""`python docs/screenshot.py`: takes the picture of the demo tenant's report that the README shows, with Debian's Chromium."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        line = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder}", "-q", "-p", "no:cacheprovider"]
        subprocess.run(line, cwd=ROOT, capture_output=True, check=False)  # noqa: S603  ends with 1: the demo has gaps to show
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 1000})
        page.goto((Path(folder) / "report.html").as_uri())
        page.screenshot(path=ROOT / "docs" / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
