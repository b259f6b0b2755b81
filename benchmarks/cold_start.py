"""A whole run on the demo tenant against pytest on as many empty items: `python -m benchmarks.cold_start`.

Both in fresh processes and with no earlier run's files, in turn, with what the claim names: ours with every deliverable, pytest's with
--html and --alluredir. In an environment of `requirements.lock`: what only tests need makes `httpx` load a command line of its own.
The claim: at most twice as long. Also: no more requests than resources and their pages.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fixtures.resources import RESOURCES
from reports import posture as postures

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
CLAIM = 2.0
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def _seconds(line: list[str], folder: Path, left: Path) -> float:
    """One run in a fresh process, which leaves its files in `left`, with bytecode cached as Python does unless it is told not to."""
    shutil.rmtree(left, ignore_errors=True)
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONDONTWRITEBYTECODE", "CI"}}
    started = time.perf_counter()
    subprocess.run(line, cwd=folder, capture_output=True, check=False, env=environment)
    return time.perf_counter() - started


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder / 'ours'}", *QUIET]
        _seconds(ours, ROOT, folder / "ours")  # bytecode is compiled once, and is no part of the claim
        posture = postures.read(folder / "ours" / "posture.json")
        items = len(posture.verdicts)
        empty = folder / "test_empty.py"
        empty.write_text(f"import pytest\n@pytest.mark.parametrize('n', range({items}))\ndef test_nothing(n):\n    pass\n", "utf-8")
        report = ["--html=out/report.html", "--self-contained-html", "--alluredir=out/allure", "--clean-alluredir"]
        theirs = [sys.executable, "-m", "pytest", str(empty), *report, *QUIET]
        _seconds(theirs, folder, folder / "out")
        pairs = [(_seconds(ours, ROOT, folder / "ours"), _seconds(theirs, folder, folder / "out")) for _ in range(ROUNDS)]
    ratio = statistics.median(our / their for our, their in pairs)
    print(f"{'':<44}{'min':>8}{'median':>8}{'max':>8}")
    for label, column in ((f"the suite, {items} items, all deliverables", 0), (f"pytest, {items} empty items, html and allure", 1)):
        seconds = [pair[column] for pair in pairs]
        print(f"{label:<44}{min(seconds):>7.2f}s{statistics.median(seconds):>7.2f}s{max(seconds):>7.2f}s")
    print(f"ratio (median of {ROUNDS} pairs): {ratio:.2f}, claimed: at most {CLAIM:g}")
    pages, read = sum(item.pages for item in posture.evidence), len(posture.evidence)
    print(f"requests: {pages} pages of {read} addresses, for {len(RESOURCES)} declared resources")
    return 0 if ratio <= CLAIM else 1


if __name__ == "__main__":
    sys.exit(main())
