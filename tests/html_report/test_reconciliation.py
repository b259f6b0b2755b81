"""Our verdicts beside Microsoft's: all are counted, those that differ are listed with their points, and why where that is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from fixtures.record import Microsofts, Points, Record, SecondOpinion
from fixtures.verdicts import Verdict
from reports.html import page, text
from reports.posture import Posture
from reports.reconciling import DIFFER, at_stake, differing, groups, how, reasons
from tests.planning import AS_OF, needing, posture, record

from .made import Made, squeezed

AGREEMENTS = ("agree", "awaiting refresh", "disagree", "not scored")


def section(found: Posture) -> Any:
    (node,) = html.fromstring(page.render(found)).xpath('//section[@id="reconciliation"]')
    return node


def theirs(score: float | None, agreement: str, **more: Any) -> Microsofts:
    values: dict[str, Any] = {"score": score, "last_synced": AS_OF - timedelta(days=1), "state": "Default", "agreement": agreement, **more}
    return Microsofts(**values)


def test_the_counts_are_of_every_action_and_those_that_differ_are_listed(demo: Made) -> None:
    (node,) = demo.tree.xpath('//section[@id="reconciliation"]')
    counts = {squeezed(row[0]): int(squeezed(row[1])) for row in node.xpath('.//table[@class="standing"]/tbody/tr')}
    assert counts == {name: len(records) for name, records in groups(demo.posture)}
    assert sum(counts.values()) == len(list(demo.posture.of_actions()))
    found = node.xpath('.//table[@class="differing"]/tbody/tr')
    wanted = differing(demo.posture)
    assert len(found) == len(wanted) > 5
    assert {how(each) for each in wanted} == set(DIFFER)
    for row, each in zip(found, wanted, strict=True):
        assert row.xpath("./td[1]/a/@href") == [f"#{text.slug_of(each)}"]
        assert squeezed(row[1]) == each.verdict
        assert squeezed(row[3]) == how(each)
        if each.microsoft and each.microsoft.score is not None and each.microsoft.last_synced:
            assert squeezed(row[2]).startswith(text.number(each.microsoft.score))
            assert each.microsoft.last_synced.date().isoformat() in squeezed(row[2])
        assert all(said in squeezed(row[0]) for said in reasons(each))


@pytest.mark.parametrize(
    ("verdict", "score", "agreement", "stake", "shown"),
    [
        (Verdict.MET, 2.0, "disagree", 3.0, "+3"),
        (Verdict.NOT_MET, 5.0, "awaiting refresh", -5.0, "−5"),
        (Verdict.ACCEPTED, 5.0, "disagree", -5.0, "−5"),
        (Verdict.NOT_MET, 3.0, "agree", 0.0, "0"),
        (Verdict.NOT_MET, 0.0, "agree", 0.0, "0"),
        (Verdict.MET, None, "not scored", None, "–"),
    ],
)
def test_at_stake_is_what_the_score_would_change_by(verdict: Verdict, score: float | None, agreement: str, stake: Any, shown: str) -> None:
    opinion = SecondOpinion("active", AS_OF, "disagree")
    one = record(
        "OneAdmin", verdict, points=Points(score or 0, 5), microsoft=theirs(score, agreement), second_opinion=opinion, basis="direct"
    )
    assert at_stake(one) == stake
    assert squeezed(section(posture([one])).xpath('.//table[@class="differing"]/tbody/tr/td[5]')[0]) == shown


def test_where_all_agree_nothing_is_listed() -> None:
    found = section(posture([record("OneAdmin", basis="direct"), record("b", Verdict.MET, earned=5)]))
    assert "Wherever both judged, they agree." in squeezed(found)
    assert not found.xpath('.//table[@class="differing"]')


def test_entra_ids_recommendation_is_named_where_it_is_the_one_that_differs() -> None:
    one = record("OneAdmin", second_opinion=SecondOpinion("completedBySystem", AS_OF, "disagree"), basis="direct")
    (row,) = section(posture([one])).xpath('.//table[@class="differing"]/tbody/tr')
    assert "Entra's recommendation disagrees: completedBySystem, 2026-11-18" in squeezed(row[2])
    assert "agrees" in squeezed(row[2])
    assert reasons(one) == ["Entra ID looks at its recommendations once a day, and last did on 2026-11-18."]


THIRD, PLAN, PART, SCOPE, DAILY, WEEKLY, MONTHLY, UNDATED = (
    "third party",
    "whatever the plan",
    "in proportion",
    "Vulnerability Management",
    "once a day",
    "once a week",
    "once a month",
    "does not say when",
)


@pytest.mark.parametrize(
    ("action", "verdict", "more", "known"),
    [
        ("spo_legacy_auth", Verdict.NOT_MET, {"microsoft": theirs(5, "disagree", state="thirdParty")}, {THIRD, DAILY}),
        ("spo_legacy_auth", Verdict.MET, {"microsoft": theirs(0, "disagree", state="ThirdParty")}, {DAILY}),
        ("spo_legacy_auth", Verdict.NOT_MET, {"microsoft": theirs(5, "disagree"), "licence": needing("absent")}, {PLAN, DAILY}),
        ("spo_legacy_auth", Verdict.MET, {"microsoft": theirs(4, "disagree"), "points": Points(4, 5)}, {PART, DAILY}),
        ("spo_legacy_auth", Verdict.MET, {"microsoft": theirs(0, "disagree"), "points": Points(0, 5)}, {DAILY}),
        ("scid_2070", Verdict.NOT_MET, {"microsoft": theirs(5, "disagree")}, {SCOPE, DAILY}),
        ("scid_2070", Verdict.MET, {"microsoft": theirs(0, "disagree")}, {DAILY}),
        ("BlockLegacyAuthentication", Verdict.NOT_MET, {"microsoft": theirs(5, "awaiting refresh")}, {WEEKLY}),
        ("AdminMFAV2", Verdict.NOT_MET, {"microsoft": theirs(5, "awaiting refresh")}, {WEEKLY}),
        ("meeting_autoadmitusers", Verdict.NOT_MET, {"microsoft": theirs(5, "awaiting refresh")}, {MONTHLY}),
        ("spo_legacy_auth", Verdict.NOT_MET, {"microsoft": theirs(5, "disagree", last_synced=None)}, {UNDATED}),
        ("spo_legacy_auth", Verdict.NOT_MET, {"microsoft": theirs(0, "agree", state="ThirdParty")}, set()),
    ],
)
def test_only_the_rules_that_bear_on_a_difference_explain_it(action: str, verdict: Verdict, more: dict[str, Any], known: set[str]) -> None:
    found = reasons(record(action, verdict, **more))
    assert {rule for rule in (THIRD, PLAN, PART, SCOPE, DAILY, WEEKLY, MONTHLY, UNDATED) if any(rule in said for said in found)} == known


def test_only_what_disagrees_is_called_older_than_microsofts_own_pace() -> None:
    for agreement in DIFFER:
        said = " ".join(reasons(record("spo_legacy_auth", microsoft=theirs(5, agreement))))
        assert ("longer ago" in said) == (agreement == "disagree")


_OPINIONS = st.none() | st.builds(SecondOpinion, st.just("active"), st.none() | st.just(AS_OF), st.sampled_from(AGREEMENTS))
_DATES = st.none() | st.sampled_from([AS_OF, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)])
_SCORES = st.builds(theirs, st.none() | st.sampled_from([0.0, 3.0, 5.0]), st.sampled_from(AGREEMENTS), last_synced=_DATES)
_RECORDS = st.builds(
    record,
    st.sampled_from(["OneAdmin", "scid_2070", "AdminMFAV2", "meeting_autoadmitusers", "spo_legacy_auth"]),
    st.sampled_from(Verdict),
    microsoft=st.none() | _SCORES,
    second_opinion=_OPINIONS,
    basis=st.sampled_from(["direct", "scored"]),
)


@given(st.lists(_RECORDS, max_size=5, unique_by=lambda each: each.action))
def test_each_action_is_counted_once_and_listed_exactly_where_somebody_says_otherwise(records: list[Record]) -> None:
    found = posture(records)
    assert sum(len(each) for _, each in groups(found)) == len(records)
    listed = differing(found)
    otherwise = [
        each
        for each in records
        if (each.microsoft and each.microsoft.agreement in DIFFER) or (each.second_opinion and each.second_opinion.agreement in DIFFER)
    ]
    assert {each.item for each in listed} == {each.item for each in otherwise}
    words = [how(each) for each in listed]
    assert words == sorted(words, key=list(DIFFER).index)  # type: ignore[arg-type]
    assert all(reasons(each) for each in listed)
    assert not any(reasons(each) for each in records if how(each) is None)


def test_a_claim_by_a_third_party_is_not_evidence_of_our_own() -> None:
    one = record("OneAdmin", points=Points(5, 5), microsoft=theirs(5, "disagree", state="ThirdParty"))
    assert dict(groups(posture([one])))["judged by Microsoft's score alone"] == [one]
    assert differing(msgspec.structs.replace(posture([one]))) == [one]
