"""Cards of the demo tenant and what is made of them; names that attack, are long, or are written from the right."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
import pypdf
from lxml import html

from fixtures.graph.failure import Cause
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Posture
from reports.scorecard import page, pdf
from reports.scorecard.facts import Card

EVIL = "<img src=x onerror=\"document.title='owned'\"></style></script><script>document.title='owned'</script> #eval(1) \u202egnp\x1b[31m"
NAMES = {
    "plain": "Ærøskøbing & Żółć Ελλάς ООО",
    "hostile": EVIL,
    "long": "Wide Company Holdings " * 14,
    "one word": "W" * 300,
    "right to left": "شركة الأمن",
}


class Made(msgspec.Struct, dict=True):
    """A card, and what is made of it."""

    card: Card

    @cached_property
    def source(self) -> str:
        return page.render(self.card).decode()

    @cached_property
    def tree(self) -> Any:
        return html.fromstring(self.source)

    @cached_property
    def pdf(self) -> pypdf.PdfReader:
        return pypdf.PdfReader(io.BytesIO(pdf.render(self.card)))

    @cached_property
    def seen(self) -> str:
        """What of the page is text for a reader, on a screen or aloud."""
        told = self.tree.xpath("//title/text() | //body//text() | //@aria-label")
        return " ".join(" ".join(told).split())

    @cached_property
    def read(self) -> str:
        """The text of the PDF."""
        return " ".join(each.extract_text() for each in self.pdf.pages)


def squeezed(said: str) -> str:
    """Without what setting a text may add or take: spaces, line ends, and places where a word may break."""
    return re.sub(r"[\s\u200b]+", "", said)


def strings(node: Any) -> Iterator[str]:
    """Every string in a value of JSON, keys left out."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for each in node.values():
            yield from strings(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from strings(each)


def called(posture: Posture, name: str) -> Posture:
    return msgspec.structs.replace(posture, tenant=msgspec.structs.replace(posture.tenant, name=name))


def at_worst(posture: Posture) -> Posture:
    """A run of which everything has to be said that a card can say: stopped, in part, and half of it lost for every cause there is."""
    causes = list(Cause)
    lost = [
        msgspec.structs.replace(record, verdict=Verdict.NOT_EVALUATED, cause=causes[number % len(causes)])
        if number % 2 or not record.action
        else record
        for number, record in enumerate(posture.verdicts)
    ]
    assert posture.score is not None
    return msgspec.structs.replace(
        posture,
        verdicts=lost,
        totals=postures.count(lost, posture.totals["actions"] + 1000),
        selection=msgspec.structs.replace(posture.selection, complete=False, stopped="lost", arguments=["--action AdminMFAV2"]),
        score=msgspec.structs.replace(posture.score, compared_with=posture.score.compared_with[:1]),
        as_of=datetime(2020, 2, 2, tzinfo=UTC),
        tool=postures.Tool("m" * 300, EVIL),
    )
