"""Strings on their way into a cell: made safe, made plain, made short. Nothing here knows what a workbook is."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

LONGEST = 32_767
"""What a cell holds, in UTF-16 units as Excel counts them."""
MOST_NAMES = 100
"""Names of one list that are worth reading in a cell; the posture holds all of them."""

# XML 1.0 has no place for most of the first class and Excel none for the second; C1 controls move a terminal's cursor when
# a cell is copied there, and bidi overrides turn a line round. Marks that only neighbour a letter (U+200E, ZWJ) stay.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile("\r\n?")
# What Excel would decode as a character: `_x0041_` reads A. The underscore itself is then written as `_x005F_`.
_ESCAPE = re.compile("_(?=[xX][0-9A-Fa-f]{4}_)")
_LINK = re.compile(r"https://[A-Za-z0-9.\-]+(?::\d{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?")
_LONGEST_LINK = 2_079


def clean(text: str) -> str:
    """Text a workbook can hold and nobody is harmed by: what would be obeyed is shown (`\\x1b`, `\\u202e`), what is too long is cut."""
    if text.isprintable() and "_" not in text and len(text) < LONGEST // 2:
        return str(text)
    text = _UNSAFE.sub(_shown, _LINE_END.sub("\n", text))
    return cut(_ESCAPE.sub("_x005F_", text), LONGEST)


def _shown(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"


def cut(text: str, units: int) -> str:
    """At most so many UTF-16 units, the last one an ellipsis where something is missing."""
    if len(text) * 2 <= units:
        return text
    raw = text.encode("utf-16-le")
    if len(raw) <= units * 2:
        return text
    return raw[: (units - 1) * 2].decode("utf-16-le", "ignore") + "…"


def link(text: str) -> str | None:
    """The address, where it is plain https to a plain host: tenant text is never followed anywhere else."""
    if len(text) > _LONGEST_LINK or not _LINK.fullmatch(text):
        return None
    return text if urlsplit(text).hostname else None


def fact(value: Any) -> str:
    """One observed fact in words."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        named = ", ".join(fact(part) for part in value[:MOST_NAMES]) or "none"
        return f"{named} and {len(value) - MOST_NAMES:,} more" if len(value) > MOST_NAMES else named
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {fact(part)}" for name, part in value.items()) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def facts(observed: Mapping[str, Any]) -> str:
    """All of them, `name: value`, divided by semicolons."""
    return "; ".join(f"{name}: {fact(value)}" for name, value in observed.items())


_DROPPED = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
# `[^<>]` and not `[^>]`: a thousand unclosed tags must not cost a thousand times the text.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)[^<>]*>")
_BLOCKS = frozenset({"br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "ol", "p", "table", "tr", "ul"})


def plain(markup: str) -> str:
    """Microsoft's HTML as lines of text: list items numbered or dotted, blocks on their own lines, all other tags gone."""
    said: list[str] = []
    counters: list[int | None] = []
    position = 0
    markup = _DROPPED.sub("", markup)
    for tag in _TAG.finditer(markup):
        said.append(_spaced(markup[position : tag.start()]))
        said.append(_mark(tag[2].lower(), bool(tag[1]), counters))
        position = tag.end()
    said.append(_spaced(markup[position:]))
    lines = (line.strip() for line in "".join(said).split("\n"))
    return "\n".join(line for line in lines if line)


def _spaced(markup: str) -> str:
    return " ".join(html.unescape(f"|{markup}|").split())[1:-1]


def _mark(name: str, closes: bool, counters: list[int | None]) -> str:
    """What a tag leaves in plain text. `counters` is the stack of open lists: the number of the last item, None where dotted."""
    if name in {"ol", "ul"}:
        if not closes:
            counters.append(0 if name == "ol" else None)
        elif counters:
            counters.pop()
    if name == "li":
        if closes:
            return ""
        number = counters[-1] if counters else None
        if number is None:
            return "\n• "
        counters[-1] = number + 1
        return f"\n{number + 1}. "
    return "\n" if name in _BLOCKS else ""
