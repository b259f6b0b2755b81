"""`$filter`: parsed by odata-query, evaluated over rows as Graph's services do. https://learn.microsoft.com/graph/filter-query-parameter"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from datetime import UTC, date, datetime
from typing import Any

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

Row = Mapping[str, Any]
# A part of a filter, ready to run: of a row and the variables of the lambdas around it.
Part = Callable[[Row, dict[str, Any]], Any]

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "startswith": lambda text, part: _folded(text).startswith(_folded(part)),
    "endswith": lambda text, part: _folded(text).endswith(_folded(part)),
    "contains": lambda text, part: _folded(part) in _folded(text),
    "indexof": lambda text, part: _folded(text).find(_folded(part)),
    "tolower": lambda text: text.lower(),
    "toupper": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
    "concat": lambda text, other: text + other,
    "length": len,
}
_ORDERS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: lambda left, right: bool(left == right),
    ast.Lt: lambda left, right: bool(left < right),
    ast.LtE: lambda left, right: bool(left <= right),
    ast.Gt: lambda left, right: bool(left > right),
    ast.GtE: lambda left, right: bool(left >= right),
}
# How `/$count` is written for the parser, which does not know it.
_COUNT = "count__of__items"
# What the parser takes in one form only, each where it stands outside a string; the first alternative is a list of one.
_SPELLINGS = re.compile(
    r"\bin\s*\(\s*(?P<one>'(?:[^']|'')*'|[^\s,()']+)\s*\)|(?P<text>'(?:[^']|'')*')|\b(?P<not>not)\s*\(|/(?P<count>\$count)\b"
    rf"|\b(?P<function>{'|'.join(_FUNCTIONS)})\s*\(",
    re.IGNORECASE,
)


class InvalidFilter(ValueError):
    """A filter that cannot be parsed, or that asks for what no service of Graph does."""


class Filter:
    """One filter. Strings are compared without regard to case. Raises `InvalidFilter`."""

    def __init__(self, text: str) -> None:
        try:
            tree = ODataParser().parse(ODataLexer().tokenize(_SPELLINGS.sub(_spelled, text.strip())))
        except (ODataException, ValueError, RecursionError) as error:
            raise InvalidFilter(str(error)) from None
        if not isinstance(tree, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call | ast.CollectionLambda):
            raise InvalidFilter("the filter is no condition")
        self._tree = tree
        try:
            self._part = _part(tree, frozenset())
        except ValueError as error:
            raise InvalidFilter(str(error)) from None

    def matches(self, row: Row) -> bool:
        return self._part(row, {}) is True

    def operators(self) -> set[str]:
        """What it asks of the service, in Graph's words, beyond what each of them can do."""
        found = set()
        for node in _nodes(self._tree):
            if isinstance(node, ast.NotEq):
                found.add("NotEqualsMatch")
            elif isinstance(node, ast.Not):
                found.add("Not")
            elif isinstance(node, ast.Attribute) and node.attr == _COUNT:
                found.add("Count")
            elif isinstance(node, ast.Call) and node.func.name in {"endswith", "contains"}:
                found.add({"endswith": "EndsWith", "contains": "Contains"}[node.func.name])
        return found

    def longest_list(self) -> int:
        return max((len(node.val) for node in _nodes(self._tree) if isinstance(node, ast.List)), default=0)

    def wanted(self, keys: frozenset[str]) -> set[tuple[str, str]] | None:
        """The pairs of a key (in lower case) and a value one of which each match has; None where it may have none."""
        return _wanted(self._tree, keys)


def _spelled(found: re.Match[str]) -> str:
    if found["one"]:
        return f"in ({found['one']},)"
    if found["not"]:
        return "not ("
    if found["count"]:
        return f"/{_COUNT}"
    return f"{found['function'].lower()}(" if found["function"] else str(found["text"])


def _nodes(node: object) -> Iterator[Any]:
    """`node` and all below it."""
    yield node
    if isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
    elif isinstance(node, ast._Node):
        for field in fields(node):
            yield from _nodes(getattr(node, field.name))


def _wanted(node: object, keys: frozenset[str]) -> set[tuple[str, str]] | None:
    if isinstance(node, ast.BoolOp):
        left, right = _wanted(node.left, keys), _wanted(node.right, keys)
        if isinstance(node.op, ast.And):
            return left if left is not None else right
        return None if left is None or right is None else left | right
    if isinstance(node, ast.Compare) and isinstance(node.left, ast.Identifier) and (key := node.left.name.casefold()) in keys:
        if isinstance(node.comparator, ast.Eq) and isinstance(node.right, ast.String | ast.GUID):
            return {(key, node.right.val)}
        if isinstance(node.comparator, ast.In) and isinstance(node.right, ast.List):
            names = [(key, item.val) for item in node.right.val if isinstance(item, ast.String | ast.GUID)]
            return set(names) if len(names) == len(node.right.val) else None
    return None


def _part(node: Any, names: frozenset[str]) -> Part:
    """`node` as a function. `names` are the variables of the lambdas around it. Raises `ValueError` for what cannot be evaluated."""
    if isinstance(node, ast.List):
        parts = [_part(item, names) for item in node.val]
        return lambda row, held: [part(row, held) for part in parts]
    if isinstance(node, ast._Literal):
        value = _literal(node)
        return lambda row, held: value
    if isinstance(node, ast.Identifier):
        return _property(node, names)
    if isinstance(node, ast.Attribute):
        owner, name = _part(node.owner, names), node.attr
        if name == _COUNT:
            return lambda row, held: len(owner(row, held) or ())
        return lambda row, held: get(owner(row, held), name)
    if isinstance(node, ast.BoolOp):
        left, right = _part(node.left, names), _part(node.right, names)
        if isinstance(node.op, ast.And):
            return lambda row, held: left(row, held) is True and right(row, held) is True
        return lambda row, held: left(row, held) is True or right(row, held) is True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        operand = _part(node.operand, names)
        return lambda row, held: operand(row, held) is not True
    if isinstance(node, ast.Compare):
        return _comparison(node, names)
    if isinstance(node, ast.Call):
        return _call(node, names)
    if isinstance(node, ast.CollectionLambda):
        return _lambda(node, names)
    raise ValueError(f"{type(node).__name__} is not supported")


def _literal(node: Any) -> Any:
    if isinstance(node, ast.GUID):
        return node.val
    value = node.py_val
    return moment(value.isoformat()) if isinstance(value, date) else value


def _property(node: ast.Identifier, names: frozenset[str]) -> Part:
    name = node.name
    if node.namespace:
        raise ValueError(f"the type {'.'.join((*node.namespace, name))} is not known")
    if name in names:
        return lambda row, held: held[name]
    return lambda row, held: get(row, name)


def _comparison(node: ast.Compare, names: frozenset[str]) -> Part:
    left, right = _part(node.left, names), _part(node.right, names)
    if isinstance(node.comparator, ast.In):
        return lambda row, held: any(_compared(ast.Eq, left(row, held), item) for item in right(row, held))
    if isinstance(node.comparator, ast.NotEq):
        return lambda row, held: not _compared(ast.Eq, left(row, held), right(row, held))
    comparator = type(node.comparator)
    if comparator not in _ORDERS:
        raise ValueError(f"{comparator.__name__} is not supported")
    return lambda row, held: _compared(comparator, left(row, held), right(row, held))


def _compared(comparator: type, left: Any, right: Any) -> bool:
    """Nothing is less or greater than null, and what is of two kinds is never equal."""
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = moment(left), moment(right)
    if left is None or right is None:
        return comparator is ast.Eq and left is right
    if isinstance(left, str) and isinstance(right, str):
        return _ORDERS[comparator](left.casefold(), right.casefold())
    if isinstance(left, bool) is not isinstance(right, bool) or isinstance(left, str) is not isinstance(right, str):
        return False
    return not isinstance(left, list | dict) and not isinstance(right, list | dict) and _ORDERS[comparator](left, right)


def _call(node: ast.Call, names: frozenset[str]) -> Part:
    function, parts = _FUNCTIONS.get(node.func.name), [_part(argument, names) for argument in node.args]
    if function is None:
        raise ValueError(f"the function {node.func.name} is not supported")

    def call(row: Row, held: dict[str, Any]) -> Any:
        arguments = [part(row, held) for part in parts]
        return function(*arguments) if all(isinstance(argument, str) for argument in arguments) else None

    return call


def _lambda(node: ast.CollectionLambda, names: frozenset[str]) -> Part:
    owner = _part(node.owner, names)
    if node.lambda_ is None:
        return lambda row, held: bool(_items(owner(row, held)))
    name = node.lambda_.identifier.name
    inner = _part(node.lambda_.expression, names | {name})
    every = all if isinstance(node.operator, ast.All) else any
    return lambda row, held: every(inner(row, {**held, name: item}) is True for item in _items(owner(row, held)))


def _items(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def get(owner: object, name: str) -> Any:
    """A property by its name, without regard to case; None where there is none."""
    if not isinstance(owner, Mapping):
        return None
    if name in owner:
        return owner[name]
    folded = name.casefold()
    return next((value for key, value in owner.items() if key.casefold() == folded), None)


def moment(value: object) -> datetime | None:
    """A time as Graph writes it, in UTC; None for what is none."""
    if isinstance(value, datetime):
        found = value
    else:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _folded(text: str) -> str:
    return text.casefold()
