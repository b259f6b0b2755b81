"""Tenant text in Markdown, and observed facts in words: for the deliverables that show no HTML."""

from __future__ import annotations

import re
from typing import Any

from fixtures.text import visible

MOST_NAMES = 20  # of one fact; the posture has all of them
HTTPS = re.compile(r"https://[a-z0-9.-]+(:\d+)?([/?#][!-~]*)?", re.IGNORECASE)
_SPECIAL = re.compile(r"[\\`*\[<|~_&]")  # most text has none of them, and this is found out ten times faster
_MARKDOWN = re.compile(r"([\\`*\[<|~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;))")  # an underscore inside a word is one
_BLOCK_LIKE = re.compile(r"(\d*)([-+#>=.)])")
# What GitHub's Markdown makes a link or a formula of: an address that nobody marked as one, and anything between dollars.
_GITHUB = re.compile(r":(?=//)|\$|(?<=www)\.", re.IGNORECASE)


def markdown(text: str) -> str:
    """Text on one line that Markdown shows as it is: no emphasis, link, image, HTML, entity, table, list or heading comes of it."""
    return _escaped(_flat(text))


def on_github(text: str, most: int = 1000) -> str:
    """`markdown` of the first `most` characters, for GitHub's dialect: no address in it becomes a link by itself, and no formula."""
    line = _escaped(clip(text, most))
    return _GITHUB.sub(r"\\\g<0>", line) if "//" in line or "$" in line or "www." in line.casefold() else line


def clip(text: str, most: int) -> str:
    """Text on one line of `most` characters at most; an ellipsis says that it went on."""
    line = _flat(text)
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def _escaped(line: str) -> str:
    if _SPECIAL.search(line):
        line = _MARKDOWN.sub(r"\\\1", line)
    found = _BLOCK_LIKE.match(line)
    return f"{found[1]}\\{line[found.end(1) :]}" if found else line


def fact(value: Any) -> str:
    """An observed fact in words."""
    if value is None or isinstance(value, bool):
        return {True: "yes", False: "no", None: "unknown"}[value]
    if isinstance(value, (list, tuple)):
        names = ", ".join(fact(one) for one in value[:MOST_NAMES]) or "none"
        return f"{names} and {len(value) - MOST_NAMES} more" if len(value) > MOST_NAMES else names
    return f"{value:g}" if isinstance(value, float) else str(value)
