"""Text from a tenant, made fit to be shown: everything in it is hostile until it went through here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

import nh3
from markupsafe import Markup

from fixtures.record import Record
from fixtures.text import visible as shown

_TAGS = {"p", "br", "ol", "ul", "li", "b", "strong", "i", "em", "a"}
# What is longer than this is for a machine to read, and stands in posture.json.
MOST_JSON = 12_000
# Names are listed to the last as long as all lists together stay below this; above it each is cut to the same length, never below 100.
MOST_LISTED = 3_500_000
FEWEST_ITEMS = 100
# Of a long list paper gets so many.
PAPER_ITEMS = 50


def visible(text: Any) -> Any:
    """Characters that show nothing but change what others show become their code, such as [U+202E]. For every expression."""
    if not isinstance(text, str):
        return "" if text is None else text
    plain = shown(str(text))
    return Markup(plain) if isinstance(text, Markup) else plain  # noqa: S704 - as safe as it came


def one_line(text: str) -> str:
    """Text with every run of white space as one space."""
    return " ".join(clean(text).split())


def clean(text: str) -> str:
    """`visible`, for text alone."""
    return str(visible(text))


def remediation(html: str) -> Markup:
    """Microsoft's HTML with nothing left in it but paragraphs, lists, emphasis and links to https addresses."""
    kept = nh3.clean(html, tags=_TAGS, attributes={"a": {"href"}}, attribute_filter=_attribute, url_schemes={"https"})
    return Markup(kept)  # noqa: S704 - nh3 is what makes it safe


def _attribute(tag: str, name: str, value: str) -> str | None:
    if tag == "a" and name == "href":
        return https(value)
    return value


def https(url: str) -> str | None:
    """The address where it is an https one; no other is ever a link."""
    plain = url.strip()
    try:
        known = bool(urlsplit(plain).hostname)
    except ValueError:
        return None  # such as https://[
    return plain if known and re.match(r"https://[^\s/\\]", plain, re.IGNORECASE) else None


def slug_of(record: Record) -> str:
    """The id of a record in the page: readable, and stable from run to run."""
    name = record.action or record.claims or record.item.rsplit("::", 1)[-1]
    return f"a-{re.sub(r'[^A-Za-z0-9._-]+', '-', name).strip('-') or 'unnamed'}"


def slugs(records: Iterable[Record]) -> dict[str, str]:
    """The id in the page of every record, by its item; should two have the same name, the later gets a number."""
    taken: set[str] = set()
    found = {}
    for record in records:
        slug, number = slug_of(record), 2
        while slug.casefold() in taken:
            slug, number = f"{slug_of(record)}-{number}", number + 1
        taken.add(slug.casefold())
        found[record.item] = slug
    return found


def lines(values: Iterable[Any]) -> Markup:
    """Many facts, a line each; `plain`."""
    return Markup("\n").join(plain(one_line(_in_words(value))) for value in values)


def most_items(records: Iterable[Record]) -> int:
    """How many items of an observed list are shown: the page grows with what was found, and has an end whatever the size of the tenant."""
    lists = [value for record in records for value in record.observed.values() if isinstance(value, list)]
    room = [[0, *accumulate(len(line) + 1 for line in plain("\n".join(map(str, value))).encode().split(b"\n"))] for value in lists]
    most = max(map(len, lists), default=0)
    while most > FEWEST_ITEMS and sum(each[min(most, len(each) - 1)] for each in room) > MOST_LISTED:
        most = max(most * 3 // 4, FEWEST_ITEMS)
    return max(most, FEWEST_ITEMS)


def number(value: float | None) -> str:
    """A number for people: thousands with commas, no more than two decimals, and none for whole numbers."""
    if value is None:
        return "unknown"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def moment(value: datetime | None) -> str:
    """A point in time, in UTC to the minute."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if value is not None else "unknown"


def minute(value: datetime) -> str:
    """The same, where many stand one below the other and UTC is said."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def day(value: date) -> str:
    """A date as it is written in a sentence."""
    return f"{value.day} {value:%B %Y}"


def plain(text: str) -> Markup:
    """Text as it stands between tags, where quotation marks may stay as they are: six characters for each would be a tenth of the page.
    Never for an attribute."""
    return Markup(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))  # noqa: S704 - all that text between tags needs


def pretty(value: Any) -> Markup:
    """JSON for people, cut where it gets too long for them; `plain`."""
    said = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    said = said if len(said) <= MOST_JSON else f"{said[:MOST_JSON]}\n… cut here; the whole of it is in posture.json"
    return plain(said)


def fact(value: Any) -> Markup:
    """An observed fact that is no list, in words; `plain`."""
    return plain(_in_words(value))


def _in_words(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict) else str(value)
