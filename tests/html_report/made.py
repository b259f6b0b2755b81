"""A report made by the real suite, and pages made of its posture in the frame that pytest-html gave it."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from lxml import html

from reports import posture as postures
from reports.html import page
from reports.posture import Posture
from tests.harness import ROOT

EVIL = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>\u202egnp\u2066\x1b[31m"
EVIL_HTML = f'{EVIL}<a href="javascript:alert(1)">a</a><a href="//evil.example/" onclick="x()">b</a><a href="https://ok.example/">c</a>'
# A window of 1280 by 1024 at 400 %.
ZOOMED = {"width": 320, "height": 256}


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

    @cached_property
    def items(self) -> dict[str, Any]:
        """The actions of the page, by their ids in it."""
        return {item.get("id"): item for item in self.tree.xpath('//details[@class="action"]')}

    @cached_property
    def frame(self) -> tuple[str, str]:
        """What pytest-html and the seal put around the page."""
        before, found, after = self.source.partition(page.render(self.posture))
        assert found, "the page is not made of the posture alone"
        return before, after

    def of(self, posture: Posture, path: Path) -> Path:
        """The report of another posture, at `path`."""
        before, after = self.frame
        path.write_text(before + page.render(posture) + after, "utf-8")
        return path


def make(folder: Path, *arguments: str, path: str = "") -> Made:
    """Run the real suite as a user does."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "PYTEST_"))} | {"CI": "", "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--reports={folder}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, encoding="utf-8")
    return Made(folder / "report.html", done.returncode, done.stdout + done.stderr)


def squeezed(node: Any) -> str:
    return " ".join(node.text_content().split())
