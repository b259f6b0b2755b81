"""What all deliverables of a run cost: `python -m benchmarks.deliverables`, half a minute.

The claim: the HTML report, workbook, Allure results and the files for other tools add at most 1 s of CPU to a run over the demo tenant,
with all they have to load for it, and at most 3 s where 10,000 people are affected; a quarter of a second more where an earlier workbook
is read for what people typed into its plan. Each figure is of a process of its own, the best of several: a busy machine doubles it. What
pytest and its plugins have loaded, and the frame that pytest-html puts around the report, are not in it: a run has those anyway.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from reports import posture as postures
from reports.posture import Posture

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, AFFECTED = 7, 10_000
MOST = {"demo": 1.0, f"{AFFECTED:,} affected": 3.0}
EARLIER = 0.25
# What a run has loaded before its first deliverable is loaded before the clock begins.
_WORK = """
import sys, time
from pathlib import Path
import allure_pytest.plugin, pytest_html.plugin, reports.plugin
from reports import posture as postures
posture, folder = postures.read(Path(sys.argv[1])), Path(sys.argv[2])
began = time.process_time()
from reports.html.page import render
(folder / "report.html").write_text(render(posture), "utf-8")
reports.plugin.write_all(posture, folder)
print(time.process_time() - began)
"""


def _spent(posture: Path, folder: Path) -> float:
    done = subprocess.run([sys.executable, "-c", _WORK, str(posture), str(folder)], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _crowded(posture: Posture) -> Posture:
    """The same tenant, in which each list of many people has 10,000."""
    names = [f"firstname.lastname.{number}@a-subsidiary.example" for number in range(AFFECTED)]
    records = []
    for record in posture.verdicts:
        long = {name for name, value in record.observed.items() if isinstance(value, list) and len(value) > 25 and "@" in str(value[-1])}
        facts = {name: names if name in long else value for name, value in record.observed.items()}
        records.append(msgspec.structs.replace(record, observed=facts))
    return msgspec.structs.replace(posture, verdicts=records)


def _first_and_later(posture: Path, folder: Path) -> tuple[float, float]:
    """The best of a run into an empty folder, and of one that finds the workbook of the run before it."""
    found: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        found.append((_spent(posture, folder), _spent(posture, folder)))
    return min(first for first, _ in found), min(later for _, later in found)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        line = [sys.executable, "-m", "pytest", "--tenant=demo", f"--reports={folder}", "-q", "-p", "no:cacheprovider", "-p", "no:html"]
        subprocess.run(line, cwd=ROOT, capture_output=True, check=False)
        demo, crowd = folder / "posture.json", folder / "crowd.json"
        postures.write(_crowded(postures.read(demo)), crowd)
        held = True
        for (told, most), posture in zip(MOST.items(), (demo, crowd), strict=True):
            first, later = _first_and_later(posture, folder / "made")
            for what, best, limit in ((told, first, most), (f"{told}, again", later, most + EARLIER)):
                held = held and best <= limit
                print(f"{what:<24}{best:>6.2f} s of CPU for all deliverables, at most {limit:g}{'' if best <= limit else '  NOT HELD'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
