"""Filters, against what they mean."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from .filters import Filter, InvalidFilter

texts = st.sampled_from(["", "x", "X", "xy", "it's", "not (", "in ('a')"])
numbers = st.integers(-2, 2)
rows = st.fixed_dictionaries({"a": st.none() | texts, "b": st.none() | numbers, "l": st.lists(texts, max_size=3)})
Meaning = Callable[[Any], bool]
Case = tuple[str, Meaning]


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _compared(operator: str, number: int) -> Case:
    meant: dict[str, Callable[[int, int], bool]] = {
        "eq": int.__eq__, "ne": int.__ne__, "lt": int.__lt__, "le": int.__le__, "gt": int.__gt__, "ge": int.__ge__
    }  # fmt: skip
    return f"b {operator} {number}", lambda row: operator == "ne" if row["b"] is None else meant[operator](row["b"], number)


def _function(name: str, text: str) -> Case:
    meant: dict[str, Callable[[str, str], bool]] = {"startswith": str.startswith, "endsWith": str.endswith, "contains": str.__contains__}
    return f"{name}(a,{literal(text)})", lambda row: row["a"] is not None and meant[name](row["a"].casefold(), text.casefold())


def _listed(wanted: list[str]) -> Case:
    listed = ",".join(map(literal, wanted))
    return f"a in ({listed})", lambda row: row["a"] is not None and row["a"].casefold() in [text.casefold() for text in wanted]


def _each(word: str, text: str) -> Case:
    every = {"any": any, "all": all}[word]
    return f"l/{word}(i:i eq {literal(text)})", lambda row: every(item.casefold() == text.casefold() for item in row["l"])


leaves = st.one_of(
    st.builds(_compared, st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge"]), numbers),
    st.builds(_function, st.sampled_from(["startswith", "endsWith", "contains"]), texts),
    st.builds(_listed, st.lists(texts, min_size=1, max_size=3)),
    st.builds(_each, st.sampled_from(["any", "all"]), texts),
    st.builds(lambda text: (f"a eq {literal(text)}", lambda row: (row["a"] or "\0").casefold() == text.casefold()), texts.filter(bool)),
    st.just(("a eq null", lambda row: row["a"] is None)),
)


def _joined(left: Case, word: str, right: Case) -> Case:
    every = {"and": all, "or": any}[word]
    return f"({left[0]}) {word} ({right[0]})", lambda row: every([left[1](row), right[1](row)])


cases = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(_joined, inner, st.sampled_from(["and", "or"]), inner),
        st.builds(lambda case: (f"not({case[0]})", lambda row: not case[1](row)), inner),
    ),
    max_leaves=5,
)


@given(cases, rows)
def test_a_filter_means_what_it_says(case: Case, row: dict[str, Any]) -> None:
    text, meaning = case
    assert Filter(text).matches(row) is meaning(row), text


@given(st.text(max_size=40) | st.text(alphabet="ab'() eqnotin,/:$3-", max_size=40))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    with suppress(InvalidFilter):
        Filter(text).matches({"a": "x", "b": 1, "l": []})


@given(st.lists(texts, min_size=1, max_size=3), cases)
def test_what_a_filter_looks_up_it_would_also_find(wanted: list[str], case: Case) -> None:
    """Whoever matches has one of the values that are looked up."""
    filter = Filter(f"a in ({','.join(map(literal, wanted))}) and ({case[0]})")
    looked_up = filter.wanted(frozenset({"a"}))
    assert looked_up is not None
    for text in ("", "x", "X", "xy", "it's", "not (", "in ('a')", "other"):
        row = {"a": text, "b": 1, "l": [text]}
        assert not filter.matches(row) or text.casefold() in {value.casefold() for _, value in looked_up}
