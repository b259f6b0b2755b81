"""Which file of a snapshot answers a request: its body with the next page's address on this emulator, or its rows, over all its pages."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from fixtures.graph.clouds import CLOUDS
from fixtures.graph.snapshot import Snapshot, file_name

_FILE = re.compile(r"(?P<stem>(?:v1\.0|beta)/.+?)(?:\.(?P<status>[1-5]\d\d))?\.json")

Address = tuple[str, tuple[tuple[str, str], ...]]


class Recorded(NamedTuple):
    """An answer: its status and its body as it is sent."""

    status: int
    body: bytes


class Rows(NamedTuple):
    """A collection over all its pages. `page` is the size of the first of several, else None. `missing` is the query of the page that
    should follow and was not recorded, None where nothing is missing.
    """

    rows: list[dict[str, Any]]
    page: int | None
    missing: str | None


class _Place(NamedTuple):
    """A page of what was recorded for `path`, under a resource's name where the snapshot keeps several readings of it."""

    path: str
    resource: str
    page: int


class _Link(msgspec.Struct):
    next_link: str | None = msgspec.field(default=None, name="@odata.nextLink")


class _Page(_Link, kw_only=True):
    value: list[dict[str, Any]]


class Recording:
    """A snapshot, asked by address. `base` is the emulator's own address (`https://localhost:PORT`), put into next links."""

    def __init__(self, snapshot: Snapshot, base: str) -> None:
        self._snapshot = snapshot
        self._base = base.encode()
        self._own_link = _own_link(snapshot.manifest.tenant.graph)
        self._files: dict[str, tuple[str, int]] = {}
        self._variants: dict[str, list[str]] = {}
        for name in sorted(snapshot.names):
            self._take(name)
        listed = [(_address(entry.url), entry.file, entry.body) for entry in snapshot.manifest.requests if entry.url and entry.file]
        self._told = {address: file.casefold() for address, file, _ in listed}
        self._sent = {(address, body): file.casefold() for address, file, body in listed if body}
        self._in_part = {file for address, file in self._told.items() if "$filter" in dict(address[1])}
        self._places: dict[Address, _Place] = {}
        self._rows: dict[str, Rows | None] = {}

    def _take(self, name: str) -> None:
        """Note a file by the name a 200 would have. A recorded failure stands instead of a body."""
        found = _FILE.fullmatch(name)
        if not found:
            return
        stem, status = found["stem"].casefold(), int(found["status"] or 200)
        if status != 200 or f"{stem}.json" not in self._files:
            self._files[f"{stem}.json"] = (name, status)
        path, at, resource = stem.rpartition("@")
        if at and resource.isidentifier():
            self._variants.setdefault(path, []).append(resource)

    def is_listed(self, url: str) -> bool:
        """Whether the recorder's own list has this address. A list without addresses has none."""
        return _address(url) in self._told

    def is_page(self, url: str) -> bool:
        """Whether a recorded page named this address as the next."""
        address = _address(url)
        if address not in self._places:
            self.rows(address[0])
        return address in self._places and self._places[address].page > 1

    def answer(self, url: str) -> Recorded | None:
        """What was recorded for `url` (path and query; the host does not matter), None where nothing was.

        A recorder's own list of addresses decides first. Else it is the path alone, whatever the query: a snapshot made by
        hand has one file a path. Only a resource that reads asks by name, so one of several `path@resource` files cannot be
        told from an address, and the first is answered.
        """
        address = _address(url)
        place = self._places.setdefault(address, self._first_page(address))
        found = self._found(place)
        if found is None:
            return None
        if following := _next_address(found.body):
            self._places.setdefault(following, place._replace(page=place.page + 1))
        return Recorded(found.status, self._own_link.sub(rb"\g<1>" + self._base, found.body))

    def posted(self, url: str, body: str) -> Recorded | None:
        """What was recorded for `body` sent to `url`: where a recorder listed what it sent, for that very text alone."""
        address = _address(url)
        if not any(address == other for other, _ in self._sent):
            return self.answer(url)
        file = self._sent.get((address, body), "")
        return next((Recorded(status, self._snapshot.read(name)) for name, status in self._files.values() if name.casefold() == file), None)

    def rows(self, path: str) -> Rows | None:
        """The rows of what was recorded for `path` (with its version). None where that is no collection, damaged, or a part only."""
        key = path.casefold()
        if key not in self._rows:
            self._rows[key] = self._read_rows(key)
        return self._rows[key]

    def _read_rows(self, path: str) -> Rows | None:
        first = self._first_page((path, ()))
        if file_name(*first) in self._in_part:
            return None
        rows: list[dict[str, Any]] = []
        known: set[Address] = {(path, ())}
        size: int | None = None
        missing: str | None = None
        place = first
        while found := self._found(place):
            page = _page(found)
            if page is None:
                return None
            rows += page.value
            if not page.next_link:
                return Rows(rows, size, None)
            size = size or len(page.value)
            following = _address(page.next_link)
            if following in known or following[0] != path:
                return None
            known.add(following)
            place = place._replace(page=place.page + 1)
            self._places.setdefault(following, place)
            missing = urlsplit(page.next_link).query
        return None if place.page == 1 else Rows(rows, size, missing)

    def _found(self, place: _Place) -> Recorded | None:
        name, status = self._files.get(file_name(*place).casefold(), ("", 0))
        return Recorded(status, self._snapshot.read(name)) if name else None

    def _first_page(self, address: Address) -> _Place:
        path = address[0]
        told = self._told.get(address, "")
        stem = file_name(path).removesuffix(".json").casefold()
        variants = self._variants.get(stem, [])
        named = next((resource for resource in variants if told.startswith(f"{stem}@{resource}.")), None)
        if named is None:
            named = "" if f"{stem}.json" in self._files or not variants else variants[0]
        return _Place(path, named, 1)


def _address(url: str) -> Address:
    """An address as it can be compared: decoded, without host, without the case of its path and the order of its parameters."""
    parts = urlsplit(url)
    path = "/".join(part for part in unquote(parts.path).split("/") if part)
    return path.casefold(), tuple(sorted(parse_qsl(parts.query, keep_blank_values=True)))


def _own_link(graph: str | None) -> re.Pattern[bytes]:
    """The beginning of a link to Graph itself: Microsoft's, or the private cloud's the snapshot was recorded in. A link that leads
    elsewhere stays as it is, for the client to refuse.
    """
    addresses = {cloud.graph for cloud in CLOUDS.values()} | ({graph} if graph else set())
    hosts = "|".join(re.escape(urlsplit(address).netloc) for address in sorted(addresses))
    return re.compile(rf'(@odata\.nextLink"\s*:\s*")https:(?:\\?/){{2}}(?:{hosts})(?=\\?/)'.encode())


def _next_address(body: bytes) -> Address | None:
    """Where the next page is. None also for a damaged body or link: it is answered as it is, and what reads it says so."""
    try:
        link = msgspec.json.decode(body, type=_Link).next_link
        return _address(link) if link else None
    except (msgspec.MsgspecError, ValueError):
        return None


def _page(found: Recorded) -> _Page | None:
    """A page whose rows can be read one by one."""
    try:
        return msgspec.json.decode(found.body, type=_Page) if found.status == 200 else None
    except (msgspec.MsgspecError, ValueError):
        return None
