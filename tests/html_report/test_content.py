"""What the report says: every record, in the order a reader needs it, with what it rests on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from lxml import html

from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.html import page, text, words
from reports.posture import Change, Compared, Posture, Tool
from tests.harness import ROOT

from .made import Made, make, squeezed

# What pytest-metadata does when a worker of xdist ends: it fills in again what was taken out.
TELLTALE = """
import pytest
from pytest_metadata.plugin import metadata_key

@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    session.config.stash[metadata_key].update({"Platform": "a-machine-of-ours", "BUILD_URL": "https://ci.example/"})
"""


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Made]]]:
    """Runs that are not as they should be, side by side, for each takes two seconds."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "broken_page.py").write_text("import reports.html\ndef broken(posture): raise KeyError('x')\nreports.html.render = broken\n")
    (folder / "telltale.py").write_text(TELLTALE)
    both = f"{ROOT}{os.pathsep}{folder}"
    wanted = {
        "a part": ("-k", "legacy", "-p", "telltale"),
        "an error": ("--action=AdminMFAV2", "-p", "broken_page"),
        "no html": ("--action=AdminMFAV2", "-p", "no:html"),
    }
    with ThreadPoolExecutor() as pool:
        yield {name: pool.submit(make, folder / name, "--tenant=demo", *said, path=both) for name, said in wanted.items()}


def section(posture: Posture, name: str) -> str:
    return squeezed(html.fromstring(page.render(posture)).xpath(f'//section[@id="{name}"]')[0])


def test_the_sections_come_in_the_order_of_the_questions(demo: Made) -> None:
    order = (
        "answer changes score coverage areas gaps plan exceptions not-evaluated reconciliation prerequisites licences actions evidence "
        "method frameworks"
    )
    assert list(demo.tree.xpath("//main/section/@id")) == order.split()
    contents = [href[1:] for href in demo.tree.xpath('//nav[@id="contents"]//li/a/@href')]
    assert contents == [*order.split(), "pytest"]


def test_every_record_appears_once_with_claim_verdict_and_reason(demo: Made) -> None:
    shown = {squeezed(item.xpath('.//p[@class="item"]')[0]): item for item in demo.tree.xpath('//details[@class="action"]')}
    assert len(shown) == len(demo.tree.xpath('//details[@class="action"]')) == len(demo.posture.verdicts) > 200
    for record in demo.posture.verdicts:
        item = shown[text.one_line(record.item)]
        said = squeezed(item)
        assert text.one_line(record.claim) in said
        assert text.one_line(record.reason) in said
        assert item.xpath("./summary/b/text()") == [str(record.verdict)]
        assert item.get("data-verdict") == record.verdict
        assert record.action is None or record.action in squeezed(item.xpath("./summary")[0])
        if record.licence:
            assert text.one_line(record.licence.note) in said


def test_observed_facts_and_evidence_stand_with_the_action(demo: Made) -> None:
    record = next(r for r in demo.posture.verdicts if r.basis == "direct" and r.evidence and r.observed)
    item = demo.items[text.slug_of(record)]
    for name in record.observed:
        assert name in item.xpath('.//dl[@class="facts"]/dt/text()')
    known = {each.id: each for each in demo.posture.evidence}
    rows = item.xpath('.//ul[@class="ev"]/li')
    assert len(rows) == len(record.evidence)
    for row, identity in zip(rows, record.evidence, strict=True):
        response = known[identity]
        said = squeezed(row)
        assert identity in said
        assert f"{response.retrieved_at:%Y-%m-%d %H:%M}" in said
        assert response.permission.partition(" or ")[0] in said
        assert response.sha256[:16] in said
        assert response.sha256 in squeezed(demo.tree.xpath(f'//tr[@id="{row.xpath("./a/@href")[0][1:]}"]')[0])


def test_the_deciding_json_is_that_of_the_response(demo: Made) -> None:
    shown: dict[str | None, Any] = {}
    for record in demo.posture.verdicts:
        item = demo.items[text.slug_of(record)]
        pres = item.xpath(".//pre/text()")
        assert bool(pres) is (record.deciding is not None)
        shown |= {record.action: json.loads(pres[0])} if pres else {}
    assert shown["forms_phishing_protection"] == {"beta/admin/forms": {"settings": {"isInOrgFormsPhishingScanEnabled": True}}}
    assert shown["mcas_mda_enabled"]["controlName"] == "mcas_mda_enabled"


def test_microsofts_verdict_stands_beside_ours_with_its_date(demo: Made) -> None:
    for record in demo.posture.verdicts:
        if record.microsoft and record.microsoft.last_synced:
            item = demo.items[text.slug_of(record)]
            said = squeezed(item.xpath('.//dl[@class="said"]')[0])
            assert said.startswith(f"Our verdict{record.verdict},")
            assert f"synced {text.moment(record.microsoft.last_synced)}" in said


def test_the_ledger_adds_up_to_the_catalogue(demo: Made) -> None:
    rows = demo.tree.xpath('//table[@class="totals"]/tbody/tr')
    counts = {squeezed(row[0]): int(squeezed(row[1])) for row in rows}
    assert counts == {name: count for name, count in demo.posture.totals.items() if name != "actions"}
    assert sum(counts.values()) == demo.posture.totals["actions"]
    assert squeezed(demo.tree.xpath('//table[@class="totals"]/tfoot//td')[0]) == str(demo.posture.totals["actions"])
    assert sum(int(number) for number in demo.tree.xpath('//ul[@class="tiles"]//b/text()')) == demo.posture.totals["actions"]


def test_the_first_words_are_the_answer(demo: Made) -> None:
    totals = demo.posture.totals
    answer = squeezed(demo.tree.xpath('//p[@class="answer"]')[0])
    assert answer.startswith(f"{demo.posture.tenant.name} meets {totals['met']} of {totals['actions']} ")
    assert f"{totals['not met']} are not met" in answer
    assert "This is the demo tenant" in squeezed(demo.tree.xpath('//p[@class="loud"]')[0])
    assert demo.tree.xpath("//title/text()") == [f"Microsoft 365 posture of {demo.posture.tenant.name}"]


def test_what_changed_since_the_baseline_comes_right_after_the_answer(demo: Made) -> None:
    assert "compared with no baseline" in section(demo.posture, "changes")
    before = Compared(demo.posture.as_of - timedelta(days=30), Tool("m365-posture", "0.0.1"), 51.5)
    same = msgspec.structs.replace(demo.posture, baseline=before)
    assert "No verdict is different." in section(same, "changes")
    rows = [
        Change("a", "BlockLegacyAuthentication", "Better", "identity", Verdict.NOT_MET, Verdict.MET, "improvement", "posture changed"),
        Change("b", "AdminMFAV2", "Worse", "identity", Verdict.MET, Verdict.NOT_MET, "regression", "exception expired", "because"),
        Change("c", None, "Gone", "identity", Verdict.MET, None, "lost coverage", "scope changed"),
    ]
    posture = msgspec.structs.replace(same, changes=rows)
    said = section(posture, "changes")
    assert [said.index(title) for title in ("Worse", "Gone", "Better")] == sorted(
        said.index(title) for title in ("Worse", "Gone", "Better")
    )
    assert "exception expired" in said
    answer = section(posture, "answer")
    assert "1 got worse, 1 lost its coverage, 1 got better. The score was 51.5 % then." in answer


def test_accepted_risks_say_how_long_they_last_and_what_no_longer_holds_comes_first(demo: Made) -> None:
    rows = [squeezed(row) for row in demo.tree.xpath('//table[@class="exceptions"]/tbody/tr')]
    holds = [row for row in demo.posture.exceptions if row["in_force"]]
    assert len(rows) == len(demo.posture.exceptions) > len(holds) > 0
    assert [" days left" in row for row in rows] == [False] * (len(rows) - len(holds)) + [True] * len(holds)


def test_every_link_inside_the_page_leads_somewhere(demo: Made) -> None:
    ids = demo.tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {href[1:] for href in demo.tree.xpath('//a/@href[starts-with(., "#")]')} <= set(ids)


def test_pytests_own_rows_are_slim_and_link_to_the_actions(demo: Made) -> None:
    data = json.loads(demo.tree.xpath('//*[@id="data-container"]/@data-jsonblob')[0])
    rows = [row for found in data["tests"].values() for row in found]
    ids = set(demo.tree.xpath('//details[@class="action"]/@id'))
    assert len(rows) == len(ids)
    for row in rows:
        assert row["log"] == ""
        assert re.fullmatch(r'<td class="col-result">\w+</td>', row["resultsTableRow"][0])
        assert set(re.findall(r"href=#([^>]+)>", row["resultsTableRow"][-1])) <= ids


def test_a_part_of_the_posture_says_so_and_tells_nothing_of_the_machine(others: dict[str, Future[Made]]) -> None:
    made = others["a part"].result()
    loud = [squeezed(each) for each in made.tree.xpath('//p[@class="loud"]')]
    assert any("This is a part of the posture" in each and "-k legacy" in each for each in loud)
    data = json.loads(made.tree.xpath('//*[@id="data-container"]/@data-jsonblob')[0])
    assert data["environment"] == {}
    assert str(ROOT) not in made.source
    assert "a-machine-of-ours" not in made.source
    assert "Content-Security-Policy" in made.source


def test_an_error_of_ours_leaves_pytests_report_and_ends_as_one(others: dict[str, Future[Made]]) -> None:
    made = others["an error"].result()
    assert made.status == 3, made.output
    assert "The report could not be made" in made.source
    assert "Content-Security-Policy" in made.source


def test_nothing_breaks_without_pytest_html(others: dict[str, Future[Made]]) -> None:
    made = others["no html"].result()
    assert made.status == 1, made.output
    assert not made.path.exists()


def test_an_empty_posture_is_a_report_too(demo: Made) -> None:
    nothing = msgspec.structs.replace(
        demo.posture, score=None, licences=None, totals=postures.count([]), areas=[], verdicts=[], evidence=[], history=[], movements=[],
        exceptions=[], exit_status=None,
    )  # fmt: skip
    said = page.render(nothing)
    assert "The Secure Score could not be read." in said
    assert "The subscriptions could not be read" in said
    assert "No exception was declared" in said


def test_what_could_not_be_evaluated_comes_with_its_cure(demo: Made) -> None:
    record = next(record for record in demo.posture.verdicts if record.action)
    for cause, cure in words.CURES.items():
        failed = msgspec.convert(msgspec.to_builtins(record) | {"verdict": Verdict.NOT_EVALUATED, "cause": cause}, type(record))
        said = section(msgspec.structs.replace(demo.posture, verdicts=[failed], totals=postures.count([failed], 258)), "not-evaluated")
        assert cause in said
        assert cure in said


def test_what_the_run_wrote_is_told_and_what_it_did_not_too(demo: Made) -> None:
    assert "Read onlyThe run asks Graph and changes nothing in the tenant." in section(demo.posture, "method")
    told = 'The run created the snapshot job "M365 posture <b>" in the tenant (3 types), and deleted it.'
    wrote = section(msgspec.structs.replace(demo.posture, written=[told]), "method")
    assert f"Read, with one exception{told} Nothing else was changed in the tenant." in wrote
    assert "changes nothing in the tenant" not in wrote
