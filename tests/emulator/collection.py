"""A collection of the emulated tenant: the recorded rows and those that follow them, answered page by page."""

from __future__ import annotations

import base64
import binascii
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote, unquote_plus

import msgspec

from .filters import get
from .odata import Query, Refused, is_directory, projected, sorting_key
from .population import Generated
from .recording import Rows

# Rows on a page where neither the request nor the recording says: of the directory, and of the other services.
_DIRECTORY_PAGE, _USUAL_PAGE = 100, 1000
# How many orders of a collection are remembered from one page to the next.
_ORDERS = 4
# By what an object can be asked for, where it is not its id alone.
_KEYS = {"users": ("id", "userPrincipalName")}

# What stands in place of a property that leads to another object, or to several: of a row, by the property's name.
Join = Callable[[str, dict[str, Any]], Any]


class Collection:
    """What is at `path` (without its version). `generated` follows the recorded rows.

    `navigation` are the properties that stand in an answer only where it is asked to expand them, and `join` finds one of them that was
    not recorded in its row.
    """

    def __init__(self, path: str, recorded: Rows, generated: Generated | None, navigation: Iterable[str], join: Join) -> None:
        self.path = path
        self.missing = recorded.missing
        self._rows, self._page = recorded.rows, recorded.page if generated is None else None
        self._generated, self._join = generated, join
        self._navigation = {name.casefold(): name for name in navigation}
        self._orders: dict[str, array[int]] = {}

    def __len__(self) -> int:
        return len(self._rows) + (self._generated.count if self._generated else 0)

    def find(self, key: str) -> dict[str, Any] | None:
        """The object with this id, user principal name, or alternate key (`appId='…'`).

        None where there is none; raises `LookupError` where the recording does not say, because it lacks a page or that property.
        """
        name, equals, value = key.partition("=")
        named = equals and value.startswith("'")
        names = (name,) if named else _KEYS.get(self.path.casefold(), ("id",))
        wanted = (value if named else key).strip("'").casefold()
        pairs = {(name.casefold(), wanted) for name in names}
        for position in self._candidates(pairs):
            row = self._row(position)
            if any(str(get(row, name)).casefold() == wanted for name in names):
                return row
        asked = names[-1] if "@" in wanted or named else names[0]
        if self.missing is not None or any(get(row, asked) is None for row in self._rows):
            raise LookupError(key)
        return None

    def count(self, query: Query) -> int:
        if query.filter is None:
            return len(self)
        return sum(1 for _ in self._matching(query))

    def answer(self, query: Query, version: str, base: str, asked: str) -> bytes:
        """A page. `asked` is the request's own query, which the next page's link repeats. Raises `Refused` for a bad `$skiptoken`."""
        place = self._place(query)
        size = min(query.top if query.top is not None else self._usual_size(query), query.size_limit or 10**9)
        selected = f"({','.join(sorted(query.select))})" if query.select else ""
        head: dict[str, Any] = {"@odata.context": f"{base}/{version}/$metadata#{self.path}{selected}"}
        if query.count and query.token is None:
            head["@odata.count"] = self.count(query)
        rows, following = self._page_at(query, place, size)
        if following is not None:
            head["@odata.nextLink"] = _link(f"{base}/{version}/{self.path}", asked, self._token(query, following))
        elif self.missing is not None:
            head["@odata.nextLink"] = f"{base}/{version}/{self.path}?{self.missing}"
        return msgspec.json.encode(head)[:-1] + b',"value":[' + b",".join(rows) + b"]}"

    def whole(self, row: dict[str, Any], query: Query) -> dict[str, Any]:
        """A row as a query wants it: what it selects and expands."""
        kept = {name: value for name, value in row.items() if name.casefold() not in self._navigation}
        found = projected(kept, query.select)
        for name, select in query.expand.items():
            key = self._navigation.get(name) or next((key for key in row if key.casefold() == name), name)
            value = row[key] if key in row else self._join(key, row) if name in self._navigation else None
            if value is not None:
                found = {**found, key: _projected_all(value, select)}
        return found

    def may_expand(self, name: str) -> bool:
        return name in self._navigation or any(name in map(str.casefold, row) for row in self._rows)

    def _usual_size(self, query: Query) -> int:
        return _DIRECTORY_PAGE if is_directory(self.path) else self._page or _USUAL_PAGE

    def _page_at(self, query: Query, place: int, size: int) -> tuple[list[bytes], int | None]:
        """The rows of a page and the place of the next, None for the last."""
        if not size:
            return [], None
        if query.filter is None and not query.orderby:
            end = min(place + size, len(self))
            return list(self._rendered(query, place, end)), end if end < len(self) else None
        positions = self._ordered(query)[place:] if query.orderby else self._matching(query, place)
        taken = list(islice(positions, size + 1))
        rows = [msgspec.json.encode(self.whole(self._row(position), query)) for position in taken[:size]]
        if len(taken) <= size:
            return rows, None
        return rows, place + size if query.orderby else taken[size]

    def _rendered(self, query: Query, start: int, end: int) -> Iterator[bytes]:
        recorded = len(self._rows)
        for row in self._rows[start : min(end, recorded)]:
            yield msgspec.json.encode(self.whole(row, query))
        if self._generated and end > recorded:
            yield from self._generated.rendered(range(max(start - recorded, 0), end - recorded), query.select)

    def _row(self, position: int) -> dict[str, Any]:
        if position < len(self._rows):
            return self._rows[position]
        assert self._generated
        return self._generated.row(position - len(self._rows))

    def _matching(self, query: Query, start: int = 0) -> Iterator[int]:
        """The positions of the rows that the filter lets through, from `start` on."""
        if query.filter is None:
            yield from range(start, len(self))
            return
        wanted = query.filter.wanted(self._generated.keys) if self._generated else None
        for position in self._candidates(wanted) if wanted is not None else range(start, len(self)):
            if position >= start and query.filter.matches(self._row(position)):
                yield position

    def _candidates(self, wanted: Iterable[tuple[str, str]]) -> Sequence[int]:
        """Where a row can be that has one of these values: all that were recorded, and of the others only what is found by its key."""
        found = set()
        if self._generated:
            numbers = (self._generated.find(key, value) for key, value in wanted if key in self._generated.keys)
            found = {len(self._rows) + number for number in numbers if number is not None}
        return [*range(len(self._rows)), *sorted(found)]

    def _ordered(self, query: Query) -> array[int]:
        """The matching positions in the order that was asked for."""
        if query.text not in self._orders:
            positions = array("L", self._matching(query))
            for path, descends in reversed(query.orderby):
                keys = {position: sorting_key(self._row(position), path) for position in positions}
                positions = array("L", sorted(positions, key=keys.__getitem__, reverse=descends))
            self._orders = dict(list(self._orders.items())[1 - _ORDERS :]) | {query.text: positions}
        return self._orders[query.text]

    def _place(self, query: Query) -> int:
        """Where the page begins: a position among the rows, or in the order that was asked for."""
        if query.token is None:
            skipped = next(islice(self._matching(query), query.skip, None), len(self)) if query.filter and query.skip else query.skip
            return min(query.skip if query.orderby else skipped, len(self))
        try:
            place = base64.urlsafe_b64decode(query.token + "=" * (-len(query.token) % 4)).decode().partition(".")[0]
        except (binascii.Error, ValueError):
            place = ""
        if not place.isdecimal() or self._token(query, int(place)) != query.token:
            said = "The specified page token value has expired and can no longer be included in your request."
            raise Refused(400, *(("Directory_ExpiredPageToken", said) if is_directory(self.path) else ("BadRequest", "Invalid Skip Token")))
        return int(place)

    def _token(self, query: Query, place: int) -> str:
        """A place among the pages of this query, and of no other."""
        check = zlib.crc32(f"{self.path.casefold()}?{query.text}.{place}".encode())
        return base64.urlsafe_b64encode(f"{place}.{check:08x}".encode()).decode().rstrip("=")


def _projected_all(value: Any, select: frozenset[str] | None) -> Any:
    if isinstance(value, list):
        return [_projected_all(item, select) for item in value]
    return projected(value, select) if isinstance(value, dict) else value


def _link(address: str, asked: str, token: str) -> str:
    kept = [part for part in asked.split("&") if part and unquote_plus(part.partition("=")[0]).casefold() != "$skiptoken"]
    return f"{address}?{'&'.join([*kept, f'$skiptoken={quote(token)}'])}"
