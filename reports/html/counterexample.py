"""What a verdict on Conditional Access rests on, as a card: a sign-in that gets through, and why the policies that come near miss it.

The record holds it twice: as the sentences of its reason, and among its observed facts as the sign-ins and the people. The card is cut
out of the reason where a sign-in that was observed stands in it, word for word; where none does there is no card, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fixtures.record import Record

# How a hole is told: see `fixtures.conditional_access.proof`.
_NOBODY = "No policy "
_MOST_NAMED = 3
_MORE = re.compile(r"; and \d+ more gaps? like it")
_NEAR = re.compile(r"'(?P<policy>.+?)' (?P<why>(?:is not|is narrowed|does not|lets in|excludes) .+?)\.(?= '| [^' ]|$)", re.DOTALL)
_OTHERS = re.compile(r" and \d+ more")
_PARTS = re.compile(r", (?=(?:to|for|from|with|without|by|on|at) )")


class Miss(NamedTuple):
    """A policy that asks for what is wanted, and why it does not do so here."""

    policy: str
    why: str


class Card(NamedTuple):
    """One counterexample. `wanted` is what no policy does, as the verb of a sentence; `others` are the further sign-ins, told."""

    wanted: str
    who: str
    where: list[str]
    misses: list[Miss]
    others: list[str]


def cards(record: Record) -> list[Card]:
    """The counterexamples that the reason of a record tells, in its order: one for each question that the check asked."""
    found = []
    for told in _told(record):
        place = record.reason.find(f" for {told[0]}")
        start = record.reason.rfind(_NOBODY, 0, place) if place > 0 else -1
        if start >= 0:
            rest = record.reason[place + len(f" for {told[0]}") :]
            who, where = _who(told[0], record)
            found.append((start, Card(record.reason[start + len(_NOBODY) : place], who, where, list(_misses(rest)), told[1:])))
    return [card for _, card in sorted(found, key=lambda each: each[0])]


def _told(record: Record) -> Iterator[list[str]]:
    """Observed lists that may be sign-ins: those whose first stands in the reason."""
    for value in record.observed.values():
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value) and f" for {value[0]}" in record.reason:
            # A list of people also begins with a name that stands there: it is no sign-in unless the sentence ends with it.
            after = record.reason.partition(f" for {value[0]}")[2]
            if after.startswith(". ") or after in {"", "."} or _MORE.match(after):
                yield value


def _who(told: str, record: Record) -> tuple[str, list[str]]:
    """Who signs in, and what must be so of the sign-in. People are told by the first of those observed; else by where the rest begins."""
    for value in record.observed.values():
        for count in range(1, _MOST_NAMED + 1) if isinstance(value, list) else ():
            names = ", ".join(str(name) for name in value[:count])
            others = _OTHERS.match(told, len(names)) if told.startswith(names) else None
            who = names + (others[0] if others else "")
            if told == who:
                return who, []
            if told.startswith(who) and _PARTS.match(told, len(who)):
                return who, _PARTS.split(told[len(who) + 2 :])
    who, *where = _PARTS.split(told)
    return who, where


def _misses(rest: str) -> Iterator[Miss]:
    """The sentences that follow a counterexample, as long as they are about a policy."""
    more = _MORE.match(rest)
    place = (more.end() if more else 0) + len(". ")
    while found := _NEAR.match(rest, place):
        yield Miss(found["policy"], found["why"])
        place = found.end() + 1
