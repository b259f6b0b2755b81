"""The query options of OData, as Graph's services take and refuse them. https://learn.microsoft.com/graph/query-parameters"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .filters import Filter, InvalidFilter, get, moment

# Collections of directory objects, and what leads from one object to others. They have an index of their own for what they call
# advanced queries: https://learn.microsoft.com/graph/aad-advanced-queries
_OBJECTS = frozenset({"users", "groups", "devices", "contacts", "applications", "serviceprincipals", "directoryobjects"})
_RELATED = frozenset(
    {"members", "transitivemembers", "memberof", "transitivememberof", "owners", "ownedobjects", "owneddevices", "registereddevices"}
)
_REPORT = "reports/authenticationmethods/userregistrationdetails"
_KNOWN = ("$select", "$filter", "$top", "$skip", "$orderby", "$count", "$expand", "$skiptoken", "$search", "$format")
_LIST_LIMIT = 15
_NAME = re.compile(r"[A-Za-z_@][\w.@]*(/[A-Za-z_][\w.]*)*")
_EXPANDED = re.compile(r"(?P<name>[A-Za-z_]\w*)(\((?P<options>.*)\))?", re.DOTALL)


class Refused(Exception):
    """A request that Graph answers with an error: its status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def is_directory(path: str) -> bool:
    """Whether a path (without its version) is a collection of directory objects."""
    parts = path.casefold().split("/")
    return (parts[0] in _OBJECTS and len(parts) == 1) or (parts[-1] in _RELATED and len(parts) == 3)


@dataclass(frozen=True)
class Query:
    """What a request asks of a collection. Names in `select` are in lower case; `orderby` holds paths, each with whether it descends;
    `expand` names with what is selected of each; `text` is all of it but the place among the pages, `token`.
    """

    select: frozenset[str] | None
    filter: Filter | None
    top: int | None
    skip: int
    orderby: tuple[tuple[tuple[str, ...], bool], ...]
    count: bool
    expand: dict[str, frozenset[str] | None]
    token: str | None
    text: str

    @property
    def size_limit(self) -> int | None:
        """The most rows on a page, where what is selected makes them dear."""
        return 500 if self.select and "signinactivity" in self.select else None


def parse(path: str, options: Iterable[tuple[str, str]], eventual: bool) -> Query:
    """The query of a request to `path` (without its version). `eventual`: it came with `ConsistencyLevel: eventual`.

    Raises `Refused` for what Graph does.
    """
    asked = {name.strip().casefold(): value for name, value in options if name.strip().startswith("$")}
    directory = is_directory(path)
    _check(path, asked)
    wants_count = asked.get("$count", "").casefold() == "true"
    if asked.get("$count", "true").casefold() not in {"true", "false"}:
        raise Refused(400, "BadRequest", f"Invalid value '{asked['$count']}' for $count query option found.")
    query = Query(
        select=_select(asked["$select"]) if "$select" in asked else None,
        filter=_filter(asked["$filter"]) if "$filter" in asked else None,
        top=_number("$top", asked["$top"]) if "$top" in asked else None,
        skip=_number("$skip", asked["$skip"]) if "$skip" in asked else 0,
        orderby=_orderby(asked["$orderby"]) if "$orderby" in asked else (),
        count=wants_count and (eventual or not directory),
        expand=_expand(asked.get("$expand", "")),
        token=asked.get("$skiptoken"),
        text="&".join(f"{name}={value}" for name, value in sorted(asked.items()) if name != "$skiptoken"),
    )
    if directory:
        _check_directory(query, "$skip" in asked, eventual and wants_count)
    return query


def _check(path: str, asked: dict[str, str]) -> None:
    unknown = next((name for name in asked if name not in _KNOWN), None)
    if unknown:
        raise Refused(400, "BadRequest", f"The query parameter '{unknown}' is not supported.")
    if "$search" in asked:
        raise Refused(400, "Request_UnsupportedQuery", "The query parameter '$search' is not supported.")
    taken = {"$filter", "$orderby", "$skiptoken", "$format"}
    refused = next((name for name in asked if name not in taken), None) if path.casefold() == _REPORT else None
    if refused:
        raise Refused(
            400,
            "BadRequest",
            f"The query specified in the URI is not valid. Query option '{refused[1:].capitalize()}' is not allowed. To allow it, set the "
            "'AllowedQueryOptions' property on EnableQueryAttribute or QueryValidationSettings.",
        )


def _check_directory(query: Query, skips: bool, advanced: bool) -> None:
    """What the directory takes as an advanced query only, and what it never takes."""
    if query.top is not None and not 1 <= query.top <= 999:
        said = f"Invalid page size specified: '{query.top}'. Must be between 1 and 999 inclusive."
        raise Refused(400, "Request_UnsupportedQuery", said)
    if skips:
        raise Refused(400, "Request_BadRequest", "'$skip' is not supported by the service.")
    if query.filter is None:
        return
    refused = query.filter.operators() - (set() if not advanced else {"NotEqualsMatch", "Not", "EndsWith", "Count"})
    if refused:
        raise Refused(400, "Request_UnsupportedQuery", f"Filter operator '{min(refused)}' is not supported.")
    if (longest := query.filter.longest_list()) > _LIST_LIMIT:
        said = f"Too many child clauses specified in search filter expression containing 'OR' operators: {longest}."
        raise Refused(400, "Request_UnsupportedQuery", f"{said} Max allowed: {_LIST_LIMIT}.")
    if query.orderby and not advanced:
        raise Refused(400, "Request_UnsupportedQuery", "Sorting not supported for current query.")


def _filter(text: str) -> Filter:
    try:
        return Filter(text)
    except InvalidFilter:
        raise Refused(400, "BadRequest", "Invalid filter clause") from None


def _number(name: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text.strip()):
        said = f"Invalid value '{text}' for {name} query option found. The {name} query option requires a non-negative integer value."
        raise Refused(400, "BadRequest", said)
    return int(text)


def _select(text: str) -> frozenset[str] | None:
    names = [name.strip() for name in text.split(",")]
    if names == ["*"]:
        return None
    wrong = next((name for name in names if not _NAME.fullmatch(name)), None)
    if wrong is not None:
        raise Refused(400, "BadRequest", f"Parsing OData Select and Expand failed: Syntax error in '{text}'.")
    return frozenset(name.partition("/")[0].casefold() for name in names)


def _orderby(text: str) -> tuple[tuple[tuple[str, ...], bool], ...]:
    orders = []
    for part in text.split(","):
        name, _, direction = part.strip().partition(" ")
        if not _NAME.fullmatch(name) or direction.strip().casefold() not in {"", "asc", "desc"}:
            raise Refused(400, "BadRequest", f"Syntax error in the orderby clause '{text}'.")
        orders.append((tuple(name.split("/")), direction.strip().casefold() == "desc"))
    return tuple(orders)


def _expand(text: str) -> dict[str, frozenset[str] | None]:
    """Names (in lower case) and what is selected of each: `policy($expand=rules;$select=id),principal`."""
    found: dict[str, frozenset[str] | None] = {}
    for part in re.split(r",(?![^(]*\))", text) if text.strip() else ():
        name = _EXPANDED.fullmatch(part.strip())
        if not name:
            raise Refused(400, "BadRequest", f"Parsing OData Select and Expand failed: Syntax error in '{text}'.")
        selected = re.search(r"\$select=([^;)]*)", name["options"] or "")
        found[name["name"].casefold()] = _select(selected[1]) if selected else None
    return found


def projected(row: dict[str, Any], select: frozenset[str] | None, keep: Iterable[str] = ()) -> dict[str, Any]:
    """The selected properties and the annotations of a row, with those in `keep` (in lower case too)."""
    if select is None:
        return row
    wanted = select.union(keep)
    return {name: value for name, value in row.items() if name.startswith("@") or name.partition("@")[0].casefold() in wanted}


def sorting_key(row: dict[str, Any], path: Sequence[str]) -> tuple[bool, str, Any]:
    """By what a row is ordered: nothing comes first, text goes without regard to case, and times as times."""
    value: Any = row
    for name in path:
        value = get(value, name)
    if isinstance(value, str):
        at = moment(value) if value[:4].isdecimal() else None
        return True, "time" if at else "text", at or value.casefold()
    if value is None or not isinstance(value, int | float):
        return False, "", 0
    return True, "number", value
