"""What an item is called in other tools' files: the same from run to run, and no two items alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

from fixtures.record import Record

from ..posture import Posture

_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,99}")
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]+")
_PART = r"(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
_URL = re.compile(rf"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/{_PART})?(?:#{_PART})?", re.ASCII | re.IGNORECASE)


class Named(NamedTuple):
    """A record under its name. `key` is the same for every record of one action and for no other, and `first` says that this is
    the first of them; `item` is this one's alone."""

    key: str
    name: str
    item: str
    first: bool
    record: Record


def named(records: Iterable[Record]) -> Iterator[Named]:
    """Each record by its action, else by the action its check was written for, else by the name of its check, and by its
    whole node id where two checks have that name."""
    rows = list(records)
    taken = Counter(_action(record) for record in rows)
    taken.update(_check(record).casefold() for record in rows if not _action(record))
    seen: Counter[str] = Counter()
    keys: set[str] = set()
    for record in rows:
        name = record.action or record.claims or _check(record)
        if not _action(record) and taken[name.casefold()] > 1:
            name = record.item
        seen[record.item] += 1
        item = record.item if seen[record.item] == 1 else f"{record.item}\n{seen[record.item]}"
        yield Named(name.casefold(), name, item, name.casefold() not in keys, record)
        keys.add(name.casefold())


def _action(record: Record) -> str:
    return (record.action or record.claims or "").casefold()


def _check(record: Record) -> str:
    return record.item.rpartition("::")[2]


def token(name: str) -> str:
    """`name` as an identifier of ASCII letters, digits and `._-`. Where it is none, what can be read of it with a hash of it all."""
    if _TOKEN.fullmatch(name):
        return name
    return f"_{_NO_TOKEN.sub('_', name)[:80].strip('_')}_{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def web_address(url: str) -> str | None:
    """`url` as a valid https address; None where it is none. What must not stand in one is percent-encoded."""
    encoded = quote(url, safe=":/?#@!$&'()*+,;=%~", errors="replace")
    return encoded if _URL.fullmatch(encoded) else None


def tenant_key(posture: Posture) -> str:
    """What the tenant is known by, run after run."""
    return (posture.tenant.id or posture.tenant.name).casefold()


def aware(moment: datetime) -> datetime:
    """A time without a zone is in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def utc(moment: datetime) -> str:
    """RFC 3339, in UTC."""
    return f"{aware(moment).astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def number(value: float) -> str:
    """A number with commas, no more than two decimals, and none where it is whole."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")
