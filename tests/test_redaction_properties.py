"""Redaction of anything at all: what is no vocabulary does not survive, and what was equal stays equal."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.graph.clouds import CLOUDS
from fixtures.graph.redaction import Redactor
from fixtures.graph.redaction_vocabulary import ANNOTATIONS, CODES, ENUMERATIONS, KEYS, PUBLIC_IDS, WORDS
from tests.redacting import KEY, OTHER, PLACES, REDACTOR, strings

WORD = st.sampled_from(sorted(KEYS | WORDS | {word for words in ENUMERATIONS.values() for word in words} | CODES))
TEXT = st.one_of(
    st.text(min_size=0, max_size=30),
    WORD,
    st.uuids().map(str),
    st.emails(),
    st.ip_addresses().map(str),
    st.builds("https://{}.example/{}".format, st.sampled_from(["a1b2c3", "graph"]), st.text("abcdefgh", max_size=9)),
    st.text("abcdefgh.@-/'", max_size=20),
)
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(TEXT, WORD), inner, max_size=4)),
    max_leaves=20,
)
FILES = st.sampled_from([*PLACES])


def is_vocabulary(text: str) -> bool:
    """Whether each word of it is Microsoft's."""
    folded = text.casefold().strip()
    known = WORDS | ANNOTATIONS | CODES | PUBLIC_IDS | {"https", "http", "other", "graph.microsoft.com"}
    known |= {word for words in ENUMERATIONS.values() for word in words} | {host.graph.removeprefix("https://") for host in CLOUDS.values()}
    known |= {part for annotation in ANNOTATIONS for part in annotation.split(".")}
    return folded in known or all(len(word) < 4 or word in known for word in re.split(r"[\s,/@().=&?#'-]+", folded))


@settings(max_examples=80)
@given(FILES, TREES)
def test_what_is_not_vocabulary_does_not_survive(name: str, tree: Any) -> None:
    body = msgspec.json.encode(tree)
    after = msgspec.json.decode(REDACTOR.body(name, body))
    left = {text.casefold() for text in strings(after)}
    assert not [text for text in strings(tree) if len(text.strip()) >= 4 and text.casefold() in left and not is_kept(text)]
    assert shape(after) == shape(msgspec.json.decode(body))


def is_kept(text: str) -> bool:
    """Numbers, dates and versions come as strings in some places; the ids of actions and products are Microsoft's where they stand."""
    return is_vocabulary(text) or re.fullmatch(r"[\d\s.:eE+-]+", text) is not None


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return (bool(value.strip()) or value) if isinstance(value, str) else value


@settings(max_examples=100)
@given(TEXT, TEXT)
def test_what_was_equal_is_equal_and_what_differed_differs(one: str, other: str) -> None:
    for first, second in ((one, other), (one, one.upper()), (one, one.casefold())):
        a, b = REDACTOR.text(first), REDACTOR.text(second)
        assert not first.strip() or (a.casefold() == b.casefold()) == (first.casefold() == second.casefold())


@settings(max_examples=100)
@given(TEXT)
def test_each_key_gives_its_own_stand_ins(text: str) -> None:
    mine, same, others = (Redactor(key).text(text) for key in (KEY, KEY, OTHER))
    assert mine == same
    parts = [{part for part in re.split(r"[@/:.{}_-]+", made) if len(part) >= 12} for made in (mine, others)]
    assert not parts[0] & parts[1]
