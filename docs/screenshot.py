"""`python docs/screenshot.py`: takes the pictures of the demo tenant's report that the README and docs/report.md show, with Chromium."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent


class Picture(NamedTuple):
    """A file beside this one: what of the report it shows, in which window, light or dark."""

    file: str
    address: str = ""
    width: int = 1180
    height: int = 1000
    scheme: Any = "light"


PICTURES = (
    Picture("report.png"),
    Picture("report-action.png", "#a-AdminMFAV2", height=900),
    Picture("report-dark.png", "#coverage", height=720, scheme="dark"),
    Picture("report-phone.png", "#a-AdminMFAV2", 390, 760),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        line = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder}", "-q", "-p", "no:cacheprovider"]
        subprocess.run(line, cwd=ROOT, capture_output=True, check=False)  # noqa: S603  ends with 1: the demo has gaps to show
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for picture in PICTURES:
            size: Any = {"width": picture.width, "height": picture.height}
            page = browser.new_page(viewport=size, color_scheme=picture.scheme)
            page.goto((Path(folder) / "report.html").as_uri() + picture.address)
            page.evaluate("document.activeElement.blur()")
            page.screenshot(path=ROOT / "docs" / picture.file)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
