"""Microsoft's HTML as lines of text, for the deliverables that show no HTML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import count, repeat

import nh3

from fixtures.text import visible

_TAGS = {"a", "ol", "ul", "li", "p", "br", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"}
_TOKEN = re.compile(r'<(/?\w+)(?: href="([^"]*)")?[^>]*>|([^<]+)')  # of what nh3 has cleaned, and so is well-formed


def lines_of(markup: str) -> list[tuple[str, str]]:
    """HTML from a control profile as lines of text: (`1. `, `- ` or nothing, text). Where a link leads stands after it."""
    return list(_lines(markup))


@lru_cache(maxsize=1024)  # every deliverable that shows no HTML asks for the same few hundred
def _lines(markup: str) -> tuple[tuple[str, str], ...]:
    whole = markup if re.search(r"</?[a-zA-Z]", markup) else markup.replace("\n", "<br>")
    clean = nh3.clean(visible(whole), tags=_TAGS, attributes={"a": {"href"}}, link_rel=None, url_schemes={"https"})
    lines, target = [["", ""]], ""
    prefixes: list[Iterator[str]] = [repeat("- ")]
    for tag, href, text in _TOKEN.findall(clean):
        if text:
            lines[-1][1] += unescape(text)
        elif tag == "a":
            target = unescape(href)
        elif tag == "/a":
            lines[-1][1] += f" ({target})" if target and target not in lines[-1][1] else ""
        else:
            _break_line(tag, lines, prefixes)
    return tuple((prefix, " ".join(text.split())) for prefix, text in lines if text.strip())


def _break_line(tag: str, lines: list[list[str]], prefixes: list[Iterator[str]]) -> None:
    """Begin a line, unless the last is still empty; open and close lists."""
    if lines[-1][1].strip():
        lines.append(["", ""])
    if tag in {"ol", "ul"}:
        prefixes.append(map("{}. ".format, count(1)) if tag == "ol" else repeat("- "))
    elif tag in {"/ol", "/ul"} and len(prefixes) > 1:
        prefixes.pop()
    elif tag == "li":
        lines[-1][0] = next(prefixes[-1])
