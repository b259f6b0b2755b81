"""The last touch on pytest-html's file: a Content-Security-Policy that lets run the two scripts known here, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path

_CHARSET = '<meta charset="utf-8"/>'
_DATA = 'data-jsonblob="'
_CLASS = re.compile(r"^<td class=col-\w+>")
_OPEN, _CLOSE = "<script>", "</script>"


class UnknownPage(Exception):
    """pytest-html's page is not built as this version knows it."""


def seal(path: Path, ours: str) -> None:
    """Add the policy to the file at `path`, whole or not at all: a run that is cut here leaves the file as it was."""
    unfinished = path.with_name(path.name + ".new")
    try:
        unfinished.write_text(sealed(path.read_text("utf-8"), ours), "utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def sealed(page: str, ours: str) -> str:
    """The page with the policy, a language and a viewport. `ours` is the text of our script."""
    theirs = _last_script(page)
    if page.count(_CHARSET) < 1 or "<html>" not in page:
        raise UnknownPage("pytest-html's page has another head than the one known here; the report has no Content-Security-Policy.")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        f"script-src {_hash(ours)} {_hash(theirs)}"
    )
    metas = (
        f'{_CHARSET}\n    <meta http-equiv="Content-Security-Policy" content="{policy}"/>\n'
        '    <meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        '    <meta name="referrer" content="no-referrer"/>'
    )
    page = page.replace("<html>", '<html lang="en">', 1).replace(_CHARSET, metas, 1)
    # The button for a run under way: its handler is what the policy forbids, and the run is over.
    return _lighter(_accessible(page.replace(' onclick="location.reload()"', "", 1)))


def _accessible(page: str) -> str:
    """pytest-html's page with what WCAG asks of it: all of it in landmarks, and a name for each of its boxes."""
    page = page.replace('<h1 id="title">', '<header><h1 id="title">', 1).replace("</h1>", "</h1></header>", 1)
    page = re.sub(r'(?<=<input )(?=[^<>]*data-test-result="(\w+)")', r'aria-label="Show \1" ', page)
    before, found, after = page.rpartition('<div class="controls">')
    page = f'{before}{found[:-1]} role="region" aria-label="Filters of the table">{after}' if found else page
    before, found, after = page.rpartition('<table id="results-table">')
    inside, end, after = after.partition("</table>")
    return f'{before}<div class="results" role="region" aria-label="Results">{found}{inside}{end}</div>{after}' if found else page


def _lighter(page: str) -> str:
    """pytest-html's data between apostrophes, with its thousands of quotation marks as they are: the same value, a quarter lighter. What
    it has read from the cells by their classes it needs no more, and HTML lets the ends of cells go unsaid."""
    before, found, rest = page.rpartition(_DATA)
    value, end, after = rest.partition('"')
    if not found or not end:
        return page
    data = json.loads(unescape(value))
    for row in (row for rows in data.get("tests", {}).values() for row in rows):
        first, *others = row["resultsTableRow"]
        row["resultsTableRow"] = [first, *(_CLASS.sub("<td>", cell).removesuffix("</td>") for cell in others)]
        if not row["extras"]:
            del row["extras"]
    said = json.dumps(data, separators=(",", ":"))
    return f"{before}{_DATA[:-1]}'{said.replace('&', '&amp;').replace(chr(39), '&#39;')}'{after}"


def _last_script(page: str) -> str:
    start = page.rfind(_OPEN)
    end = page.find(_CLOSE, start)
    if start < 0 or end < 0:
        raise UnknownPage("pytest-html's page has no script known here; the report has no Content-Security-Policy.")
    return page[start + len(_OPEN) : end]


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
