"""The language of bad days: what is written is what is read, and what says nothing is refused in one line."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import running
from .plan import KINDS, Fault, parse, read_plan

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1).filter(str.isprintable)
PATHS = WORDS.filter(lambda path: not path.startswith("/") and path.split("/")[0].casefold() not in {"v1.0", "beta"})
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126)).filter(lambda value: value == value.strip())
COUNTS = st.integers(1, 10**9 - 1)
# Words of the language, and near them, in any order.
PIECES = [
    "users",
    "*",
    "/",
    "429",
    "200",
    *KINDS,
    "times=2",
    "times=x",
    "after=0",
    "seconds=1e3",
    "retry-after=",
    "url=//a",
    "'",
    "\\",
    "\n",
]
LINES = st.text() | st.lists(st.sampled_from(PIECES) | WORDS, max_size=6).map(" ".join)


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    kind = draw(st.sampled_from([*KINDS, *(str(status) for status in range(400, 600))]))
    seconds = draw(st.floats(0, 1e300)) if kind == "latency" or (kind == "stall" and draw(st.booleans())) else None
    return Fault(
        draw(PATHS),
        kind,
        draw(st.none() | HEADERS) if kind.isdigit() else None,
        seconds,
        draw(st.sampled_from([None, "https://a.example/b?$c='d e'#f"])) if kind == "elsewhere" else None,
        draw(st.none() | COUNTS),
        draw(st.just(0) | COUNTS),
    )


@given(faults())
def test_a_fault_is_read_from_its_own_line(fault: Fault) -> None:
    assert parse(str(fault)) == fault


@given(LINES)
def test_a_line_is_a_fault_or_refused_in_one_line(line: str) -> None:
    with suppress(ValueError):
        fault = parse(line)
        assert parse(str(fault)) == fault
        return
    with pytest.raises(ValueError, match=r"\Afault .*\.\Z") as refused:
        parse(line)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "PATH FAULT"),
        ("users", "PATH FAULT"),
        ("users 200", "no fault '200'; possible are latency, reset, stall"),
        ("users 4290", "any status from 400 to 599"),
        ("users slow", "no fault 'slow'"),
        ("/users 429", "PATH is what follows the version"),
        ("v1.0/users 429", "PATH is what follows the version"),
        ("users 429 seconds=1", "429 has no option 'seconds=1'; possible are retry-after=, times=, after="),
        ("users reset retry-after=1", "reset has no option 'retry-after=1'; possible are times=, after="),
        ("users 429 times", "no option 'times'"),
        ("users 429 times=0", "times= wants a whole number from 1 (not '0')"),
        ("users 429 times=1.5", "times= wants a whole number from 1"),
        ("users 429 after=-1", "after= wants a whole number (not '-1')"),
        ("users 429 times=1 times=2", "times= is given twice"),
        ("users latency", "latency wants seconds="),
        ("users latency seconds=nan", "seconds= wants seconds, as in 0.25 (not 'nan')"),
        ("users latency seconds=-1", "not '-1'"),
        ("users stall seconds=inf", "not 'inf'"),
        ("users elsewhere url=evil.example", "url= wants an absolute address"),
        ("users elsewhere url=https://[evil", "url= wants an absolute address"),
        ("users 429 retry-after=é", "retry-after= wants ASCII"),
        ("users 429 retry-after='7", "a quotation is not closed"),
        ("users 429\nusers 503", "control characters"),
    ],
)
def test_a_wrong_line_says_what_is_possible(line: str, said: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse(line)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_line_starts_nothing() -> None:
    with pytest.raises(ValueError, match="no fault 'slow'"), running(faults=["users slow"]):
        pass


def test_a_plan_is_lines_with_remarks() -> None:
    assert read_plan("# a bad day\n\n  users 429 times=1  \n# domains reset\n* stall\n") == ["users 429 times=1", "* stall"]
