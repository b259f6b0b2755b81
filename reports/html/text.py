"""Text from a tenant, made fit to be shown: everything in it is hostile until it went through here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

import nh3
from markupsafe import Markup

from fixtures.record import Record
from fixtures.text import visible as shown

_TAGS = {"p", "br", "ol", "ul", "li", "b", "strong", "i", "em", "a"}
# What is longer than this is for a machine to read, and stands in posture.json.
MOST_JSON = 12_000
MOST_ITEMS = 500


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
    return plain if re.match(r"https://[^\s/\\]", plain, re.IGNORECASE) else None


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


def number(value: float | None) -> str:
    """A number for people: thousands with commas, no more than two decimals, and none for whole numbers."""
    if value is None:
        return "unknown"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def moment(value: datetime | None) -> str:
    """A point in time, in UTC to the minute."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if value is not None else "unknown"


def day(value: date) -> str:
    """A date as it is written in a sentence."""
    return f"{value.day} {value:%B %Y}"


def pretty(value: Any) -> str:
    """JSON for people, cut where it gets too long for them."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_JSON else f"{text[:MOST_JSON]}\n… cut here; the whole of it is in posture.json"


def fact(value: Any) -> str:
    """An observed fact that is no list, in words."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
