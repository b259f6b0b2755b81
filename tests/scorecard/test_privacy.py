"""Nothing is on the scorecard but what may be shown to anyone: no text of the posture, no person, no figure of a gap."""

from __future__ import annotations

import re

import msgspec
import pytest

from fixtures.areas import AREAS
from fixtures.text import one_line
from reports import posture as postures
from reports.posture import Posture
from reports.scorecard import words
from reports.scorecard.facts import card_of
from tests.scorecard.cards import Made, called, squeezed, strings


def test_no_text_of_the_posture_gets_on_the_card(demo: Posture, made: Made) -> None:
    """Whatever it is: titles, ids, people, domains, reasons, licences, exceptions, addresses. Only our own words are let through."""
    tool = f"{demo.tool.name} {demo.tool.version}"
    ours = " ".join([*strings([words.METHOD, words.LIMITS]), *words.SLICES.values(), *words.SOURCES.values(), *words.PEERS.values(), tool])
    ours = squeezed(ours + " ".join(area.title for area in AREAS)).casefold()
    told = {one_line(each) for each in strings(msgspec.to_builtins(demo)) if len(each) > 2}
    told = {each for each in told if squeezed(each).casefold() not in ours and re.search(r"[^\W\d_]{3}", each.replace(" UTC", ""))}
    assert len(told) > 1500
    assert {record.title for record in demo.verdicts} - told == set()
    assert demo.tenant.name in told
    for shown in (made.seen, made.read):
        text = " ".join(shown.replace("\u200b", "").split()).casefold()
        found = [each for each in map(str.casefold, told) if each in text]
        assert [each for each in found if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)] == []


def test_no_person_domain_or_id_is_anywhere_in_the_files(demo: Posture, made: Made) -> None:
    everything = msgspec.json.encode(demo).decode()
    people = set(re.findall(r"[\w.+-]+@[\w.-]+\w", everything))
    ids = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", everything)) | {r.action for r in demo.verdicts if r.action and len(r.action) > 6}
    domains = {person.partition("@")[2] for person in people}
    assert len(people) > 10
    assert len(ids) > 200
    for shown in (made.source, made.read, repr(made.pdf.metadata)):
        assert [each for each in people | domains | ids if each.casefold() in shown.casefold()] == []


def test_no_verdict_is_counted_but_what_was_judged(demo: Posture, made: Made) -> None:
    for word in ("not met", "failed", "passed", "accepted", "known", "gap"):
        assert not re.search(rf"\b{word}\b", made.seen)
        assert not re.search(rf"\b{word}\b", made.read)
    assert sum(part.actions for part in made.card.slices) == demo.totals["actions"]


def test_the_range_of_seats_tells_nobody_who_it_is(demo: Posture, made: Made) -> None:
    assert demo.score is not None
    assert any(row.size for row in demo.score.compared_with)
    assert "seats" not in made.seen + made.read


def test_the_name_is_there_only_where_it_is_asked_for(demo: Posture, made: Made) -> None:
    assert "This organisation" in made.seen
    named = Made(card_of(demo, named=True))
    assert named.tree.xpath("//h1/text()") == [demo.tenant.name]
    assert demo.tenant.name in named.read
    assert named.pdf.metadata is not None
    assert named.pdf.metadata.title == f"Microsoft 365 security scorecard: {demo.tenant.name}"


def test_a_name_that_could_not_be_read_is_not_made_up(demo: Posture) -> None:
    lost = postures.Unread("organization", "permission", "refused", "Organization.Read.All", [])
    unread = msgspec.structs.replace(demo, unread=[lost])
    with pytest.raises(ValueError, match="could not read the organisation's display name"):
        card_of(unread, named=True)
    assert card_of(unread).who == "This organisation"
    with pytest.raises(ValueError, match="empty"):
        card_of(called(demo, " \n "), named=True)
