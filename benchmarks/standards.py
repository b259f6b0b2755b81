"""What the files for other tools cost: `python -m benchmarks.standards`, a few seconds.

The claim: OSCAL, SARIF and the Markdown summary of the demo tenant together take no more of the processor than Allure's results do.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from reports import posture as postures
from reports.plugin import write_all

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, MOST = 9, 1.0


def _spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        line = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder}", "-q", "-p", "no:cacheprovider", "-p", "no:html"]
        subprocess.run(line, cwd=ROOT, capture_output=True, check=False)
        posture = postures.read(folder / "posture.json")
        parts = {name: [name] for name in ("oscal", "sarif", "markdown")} | {
            "all three": ["oscal", "sarif", "markdown"],
            "allure": ["allure"],
        }
        rounds = [{name: _spent(partial(write_all, posture, folder, only=only)) for name, only in parts.items()} for _ in range(ROUNDS)]
    best = {name: min(each[name] for each in rounds) for name in parts}
    for name, seconds in best.items():
        print(f"{name:<10}{1000 * seconds:>7.1f} ms of CPU, {len(posture.verdicts)} items, the best of {ROUNDS}")
    ratio = best["all three"] / best["allure"]
    print(f"all three against Allure's results: {ratio:.2f} times, at most {MOST:g}{'' if ratio <= MOST else '  NOT HELD'}")
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
