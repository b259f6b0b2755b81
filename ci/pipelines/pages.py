"""`python ci/pipelines/pages.py FOLDER --history FOLDER --site FOLDER`: Allure's reports of many tenants, each with its history, as a site.

FOLDER holds a folder a tenant, somewhere in which its `allure-results` lie. Needs Python, and Allure 3 as `--allure` calls it.
"""

from __future__ import annotations

import argparse
import html
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PREFIX = "m365-report-"  # what the pipelines call a tenant's deliverables: this and its slug
ALLURE = "npx --yes allure@3"
LIMIT = 90  # runs that the history remembers


def generate(results: Path, name: str, history: Path, site: Path, allure: list[str]) -> None:
    """One tenant's report at `site/NAME`, with the runs that `history/NAME.jsonl` remembers. Raises `OSError` where there is none."""
    config = json.loads((results / "allurerc.json").read_text("utf-8"))
    config |= {"historyPath": str((history / f"{name}.jsonl").resolve()), "historyLimit": LIMIT}
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "allurerc.json"
        wanted.write_text(json.dumps(config), "utf-8")
        line = [*allure, "generate", "--config", str(wanted), "--output", str((site / name).resolve()), str(results.resolve())]
        subprocess.run(line, check=True)  # noqa: S603
    if not (site / name / "index.html").exists():
        raise OSError(f"Allure made no report of {name}")


def index(names: list[str]) -> str:
    """The first page."""
    rows = "\n".join(f'<li><a href="{html.escape(name)}/">{html.escape(name)}</a></li>' for name in names)
    head = '<meta charset="utf-8"><meta name="robots" content="noindex"><title>Microsoft 365 posture</title>'
    return f"<!doctype html>\n<html lang=en>{head}\n<h1>Microsoft 365 posture</h1>\n<ul>\n{rows}\n</ul>\n"


def build(folder: Path, history: Path, site: Path, allure: list[str]) -> list[str]:
    """The site; the names of the tenants it has. Raises `ValueError` where there are none."""
    found = {path.parent.name.removeprefix(PREFIX): path for path in sorted(folder.glob("*/allure-results"))}
    found |= {path.parents[1].name.removeprefix(PREFIX): path for path in sorted(folder.glob("*/*/allure-results"))}
    if not found:
        raise ValueError(f"{folder} holds no allure-results.")
    history.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True)
    for name, results in found.items():
        generate(results, name, history, site, allure)
    (site / "index.html").write_text(index(list(found)), "utf-8")
    return list(found)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--allure", default=ALLURE, help=f"how Allure is called; default: {ALLURE}")
    options = parser.parse_args(arguments)
    try:
        names = build(options.folder, options.history, options.site, shlex.split(options.allure))
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"No site: {' '.join(str(error).split())}\n")
        return 1
    sys.stdout.write(f"{options.site}: {len(names)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
