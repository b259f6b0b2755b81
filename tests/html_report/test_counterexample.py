"""The counterexample card: cut out of the record word for word, or not there at all."""

from __future__ import annotations

import pytest

from fixtures.conditional_access.proof import Hole, Holes
from fixtures.record import Record
from reports.html.counterexample import Miss, cards

from .made import EVIL, Made, squeezed

PEOPLE = ("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example")


def record(*found: Holes, more: str = "") -> Record:
    """What a check leaves that asserts that there are no holes."""
    observed: dict[str, object] = {"people in all": 12}
    for number, holes in enumerate(found):
        observed |= {f"not covered {number}": holes.people, f"sign-ins {number}": holes.told}
    reason = " ".join([*(holes.describe() for holes in found), more]).strip()
    return Record(item="i", action="a", title="t", area="identity", claim="c", basis="direct", reason=reason, observed=observed)


def holes(*found: Hole, wanted: str = "asks for multifactor authentication") -> Holes:
    return Holes(found, wanted)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_who_how_and_which_policies_came_near(count: int) -> None:
    hole = Hole(
        PEOPLE[:count], ("to an app that no policy names", "from 'Head office'"), ("'CA001' is not for them.", "'CA 2' is not enabled.")
    )
    (card,) = cards(record(holes(hole), more="2 of 10 are not registered."))
    assert card.wanted == "asks for multifactor authentication"
    assert card.who == ", ".join(PEOPLE[: min(count, 3)]) + (f" and {count - 3} more" if count > 3 else "")
    assert card.where == ["to an app that no policy names", "from 'Head office'"]
    assert card.misses == [Miss("CA001", "is not for them"), Miss("CA 2", "is not enabled")]
    assert card.others == []


def test_a_check_with_two_questions_has_two_cards() -> None:
    one = holes(Hole(PEOPLE[:2], ("with an app",), ()), wanted="blocks sign-in")
    two = holes(Hole(PEOPLE[2:], (), ()), Hole(PEOPLE[:1], ("on iOS",), ()), wanted="asks to sign in again every day")
    first, second = cards(record(one, two))
    assert (first.wanted, first.where, first.others) == ("blocks sign-in", ["with an app"], [])
    assert (second.wanted, second.where, second.others) == ("asks to sign in again every day", [], ["a@x.example, on iOS"])


@pytest.mark.parametrize("name", [EVIL, "x' is not for them. 'y", "O'Brien, to an app", ". ", "a' does not reach"])
def test_no_name_makes_a_card_say_what_the_record_does_not(name: str) -> None:
    hole = Hole((name, *PEOPLE), (f"from {name}",), (f"'{name}' is not enabled.",))
    made = record(holes(hole, Hole((name,), (), ())))
    for card in cards(made):
        for told in (card.wanted, card.who, *card.where, *(part for miss in card.misses for part in miss)):
            assert told in made.reason


def test_without_a_sign_in_that_was_observed_there_is_no_card() -> None:
    plain = Record(item="i", action="a", title="t", area="x", claim="c", basis="direct", reason="No policy for Android is assigned.")
    plain.observed = {"Android": ["no assigned policy"], "": [""], "numbers": [1, 2]}
    assert cards(plain) == []
    assert cards(record()) == []


def test_the_demo_tenant_shows_them(demo: Made) -> None:
    (card,) = demo.items["a-AdminMFAV2"].xpath('.//div[@class="card"]')
    said = squeezed(card)
    assert said.startswith("A sign-in that gets through: no policy asks for multifactor authentication")
    assert "from 'Head office'" in card.xpath(".//li/text()")
    assert "CA002 MFA for everyone does not reach sign-ins from 'Head office'" in said
