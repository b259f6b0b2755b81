"""References to frameworks: each with its edition and the public mapping it is taken from, or none."""

from __future__ import annotations

import csv
import re

import pytest

from reports.frameworks import CIS, FRAMEWORKS, ISO, NIST, references, references_of
from reports.html import text
from tests.harness import SHARED, needs_shared

from .made import Made, squeezed

_FORMS = {
    CIS: r"\d(?:\.\d+){2,3}",
    NIST: r"(?:AC|AT|AU|CM|IA|SC|SI)-\d+(?:\(\d+\))*(?:\([a-z]\)|[a-z])?",
    ISO: r"A\.[5-8]\.\d{1,2}",
}


def test_what_no_mapping_supports_is_blank() -> None:
    assert references_of(None) == references_of("") == references_of("scid_109") == references_of("spo_idle_session_timeout") == ()
    # SCuBA blocks a risky sign-in; the action asks for a second factor.
    assert [each.framework for each in references_of("SigninRiskPolicy")] == [CIS, ISO]


def test_ids_are_compared_without_regard_to_case() -> None:
    assert references_of("adminmfav2") == references_of("AdminMFAV2") != ()


@pytest.mark.parametrize("action", sorted(references()))
def test_every_reference_has_the_form_of_its_framework_and_a_source(action: str) -> None:
    found = references_of(action)
    assert 0 < len(found) == len({each.framework for each in found})
    for each in found:
        assert all(re.fullmatch(_FORMS[each.framework], requirement) for requirement in each.requirements), each
        assert each.framework.edition in str(each)
        assert each.framework.mapped_by in str(each)
        assert each.framework.source.startswith("https://github.com/")
        assert re.search(r"/blob/[0-9a-f]{40}/", each.framework.source), "a version that cannot change"
        assert each.through or each.framework is CIS, "NIST and ISO are mapped from something else than the action"


@needs_shared
def test_every_action_is_one_that_microsoft_has() -> None:
    with (SHARED / "reference/improvement-actions.csv").open(encoding="utf-8", newline="") as file:
        known = {row["id"].casefold() for row in csv.DictReader(file)}
    assert references().keys() <= known


def test_the_report_shows_each_with_edition_and_source(demo: Made) -> None:
    shown = 0
    for record in demo.posture.verdicts:
        item = demo.items[text.slug_of(record)]
        found = references_of(record.action)
        assert bool(item.xpath('.//dt/a[@href="#frameworks"]')) is bool(found)
        said = squeezed(item) if found else ""
        for each in found:
            assert f"{each.framework.name} {each.framework.edition}: {', '.join(each.requirements)} {each.framework.mapped_by}" in said
            assert all(policy in said for policy in each.through)
            shown += 1
    assert shown > 100
    hrefs = set(demo.tree.xpath('//section[@id="frameworks"]//a/@href'))
    assert hrefs == {framework.source for framework in FRAMEWORKS}
