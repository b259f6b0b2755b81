"""The PDF: one page, tagged, and text alone whatever a tenant is called."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pypdf
import pytest

from fixtures.text import one_line
from reports.posture import Posture
from reports.scorecard import facts, page, pdf
from reports.scorecard.facts import card_of
from tests.scorecard.cards import NAMES, Made, at_worst, called, squeezed


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_text_and_nothing_else(demo: Posture, name: str) -> None:
    made = Made(card_of(called(demo, name), named=True))
    shown = one_line(name)[:40].strip()
    (head,) = made.tree.xpath("//h1")
    assert head.text.startswith(shown)
    assert len(head.text) <= facts.LONGEST_NAME
    assert len(head) == 0
    assert not made.tree.xpath("//script | //img | //link | //iframe | //@onerror | //@href | //@src")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", made.source)
    if made.card.direction == "ltr":
        assert squeezed(shown) in squeezed(made.read)
        assert made.pdf.metadata is not None
        assert made.pdf.metadata.title == made.card.title == made.tree.xpath("//title/text()")[0]


def test_a_name_written_from_the_right_says_so(demo: Posture) -> None:
    assert Made(card_of(called(demo, NAMES["right to left"]), named=True)).tree.xpath("//h1/@dir") == ["rtl"]
    assert card_of(called(demo, "2 Å شركة"), named=True).direction == "ltr"


def test_a_letter_that_no_font_shows_is_said_and_not_printed_as_a_box(demo: Posture) -> None:
    strange = card_of(called(demo, "Firm \U0010fffd"), named=True)
    with pytest.raises(ValueError, match="no font of this machine shows “U\\+10FFFD” of the name") as error:
        pdf.render(strange)
    assert "\n" not in str(error.value)


def test_a_name_in_chinese_letters_is_shown_or_refused(demo: Posture) -> None:
    card = card_of(called(demo, "株式会社セキュリティ"), named=True)
    assert "株式会社セキュリティ" in page.render(card).decode()
    try:
        made = pypdf.PdfReader(io.BytesIO(pdf.render(card)))
    except ValueError as error:
        assert "no font of this machine shows “株”" in str(error)  # noqa: PT017  both are right: it depends on the machine's fonts
    else:
        assert "株式会社セキュリティ" in squeezed(made.pages[0].extract_text())


def test_the_pdf_has_one_page_a_title_a_language_and_tags(made: Made) -> None:
    root: Any = made.pdf.root_object
    assert len(made.pdf.pages) == 1
    assert [round(float(each)) for each in made.pdf.pages[0].mediabox] == [0, 0, 595, 842]
    assert made.pdf.metadata is not None
    assert made.pdf.metadata.title == "Microsoft 365 security scorecard"
    assert root["/Lang"].startswith("en")
    assert root["/MarkInfo"]["/Marked"]
    tags = Counter(elements(root["/StructTreeRoot"], "/S"))
    assert tags["/H1"] == 1
    assert tags["/H2"] == len(made.tree.xpath("//h2"))
    assert tags["/Table"] == 3
    assert tags["/Figure"] == 1


def elements(node: Any, key: str) -> Iterator[str]:
    """What the tags from `node` down hold under `key`, where they do: `/S` is the kind of a tag, `/Alt` the words for a figure."""
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from elements(each, key)
    elif isinstance(node, dict):
        if key in node:
            yield str(node[key])
        if "/K" in node:
            yield from elements(node["/K"], key)


def test_the_figure_in_the_pdf_is_told_in_words(made: Made) -> None:
    assert made.card.trend is not None
    assert any(made.card.trend.words in str(each) for each in elements(made.pdf.root_object["/StructTreeRoot"], "/Alt"))


def test_the_same_posture_gives_the_same_files(demo: Posture) -> None:
    assert page.render(card_of(demo)) == page.render(card_of(demo))
    assert pdf.render(card_of(demo)) == pdf.render(card_of(demo))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_pdf_is_one_page_however_much_there_is_to_say(demo: Posture, name: str) -> None:
    made = Made(card_of(called(at_worst(demo), name), named=True))
    assert len(made.card.notices) == 4
    assert len(made.pdf.pages) == 1
    assert squeezed(made.card.foot) in squeezed(made.read)
