"""Strings on their way into a cell: made safe, made plain, made short. Nothing here knows what a workbook is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fixtures.text import visible

from ..text import lines_of

LONGEST = 32_767
"""What a cell holds, in UTF-16 units as Excel counts them."""
MOST_NAMES = 100
"""Names of one list that are worth reading in a cell; the posture holds all of them."""

_LINE_END = re.compile("\r\n?")
# What Excel would decode as a character: `_x0041_` reads A. The underscore itself is then written as `_x005F_`.
_ESCAPE = re.compile("_(?=[xX][0-9A-Fa-f]{4}_)")
_CODE = re.compile("_x([0-9A-Fa-f]{4})_")
_LINK = re.compile(r"https://[A-Za-z0-9.\-]+(?::\d{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?")
_LONGEST_LINK = 2_079


def clean(text: str) -> str:
    """Text a workbook can hold and nobody is harmed by: what would be obeyed is shown (`[U+202E]`), what is too long is cut."""
    if text.isprintable() and "_" not in text and len(text) < LONGEST // 2:
        return str(text)
    text = visible(_LINE_END.sub("\n", text) if "\r" in text else text)
    return cut(_ESCAPE.sub("_x005F_", text) if "_x" in text or "_X" in text else text, LONGEST)


def as_read(text: str) -> str:
    """What Excel reads where `text` stands in the file: each `_x0041_` the character it names."""
    return _CODE.sub(lambda code: chr(int(code[1], 16)), text) if "_x" in text else text


def shown(text: str) -> str:
    """What a cell shows of `text`. Shown again, it is the same."""
    return as_read(clean(text))


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


def plain(markup: str) -> str:
    """Microsoft's HTML as lines of text: list items numbered or dotted, blocks on their own lines, all other tags gone."""
    return "\n".join(prefix + text for prefix, text in lines_of(markup))
