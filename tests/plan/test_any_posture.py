"""The plan of any posture whatever: every gap once, an order that is total, a score that never falls and is never too high."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.plan import plan_of
from reports.plan.facts import Phase
from reports.plan.markdown import render
from reports.posture import Posture, missing_points
from tests.plan.reading import BREAK_GLASS, GAPS, READER, SYNC
from tests.planning import needing, posture, prerequisite, record, sku

ACTIONS = [
    *("mcas_mda_enabled", "McasCutomActivityPolicy", "mip_search_auditlog", "MDA_SF_maxLoginAttempts", "1177.MDA_GitHub_MFA"),
    *("AdminMFAV2", "MFARegistrationV2", "aad_phishing_MFA_strength", "SigninRiskPolicy", "UserRiskPolicy", "PasswordHashSync"),
    *("SelfServicePasswordReset", "PWAgePolicyNew", "IntegratedApps", "aad_admin_consent_workflow", "spo_legacy_auth"),
    *("scid_96", "scid_2010", "scid_2012", "scid_2016", "scid_2507", "mdo_antiphishingpolicies", "mdo_enablemailboxintelligence"),
    *("mdo_mailboxintelligenceprotection", "mdo_mailboxintelligenceprotectionaction", "AATP_DefenderForIdentityIsNotInstalled"),
    *("AATP_Sensor", "intune_wipe_on_multiple_signin_failures", "intune_mobile_password_requirement", "newThisMorning", "meeting_x_v1"),
]
WORDS = st.sampled_from(["", "Unknown", "low", "High", "Moderate", "medium", "LOW", "odd"])
POINTS = st.decimals(0, 10, places=2).map(float)


@st.composite
def any_record(draw: st.DrawFn, action: str) -> Record:
    most, earned = draw(POINTS), draw(POINTS)
    scored = draw(st.booleans())
    made = record(
        action,
        draw(st.sampled_from(list(Verdict))),
        earned=min(earned, most),
        most=draw(st.sampled_from([most, None])),
        rank=draw(st.sampled_from([None, 1, 10, 10, 128])),
        user_impact=draw(WORDS),
        implementation_cost=draw(WORDS),
        licence=draw(
            st.sampled_from(
                [
                    *(None, needing("none needed"), needing("unknown"), needing("absent"), needing("not active")),
                    *(needing("held", skus=("A",)), needing("held", skus=("A", "B")), needing("held", skus=("LAPSED",))),
                ]
            )
        ),
    )
    return made if scored else msgspec.structs.replace(made, microsoft=None)


@st.composite
def any_posture(draw: st.DrawFn) -> Posture:
    actions = draw(st.lists(st.sampled_from(ACTIONS), unique=True, max_size=18))
    records = [draw(any_record(action)) for action in actions]
    checks = draw(st.lists(st.sampled_from([BREAK_GLASS, SYNC, READER, "check_other"]), unique=True))
    records += [prerequisite(check, draw(st.sampled_from(list(Verdict)))) for check in checks]
    if draw(st.booleans()):
        records.append(record(None, draw(st.sampled_from(list(Verdict))), item="checks/check_x.py::check_beside"))
    most = draw(st.one_of(st.none(), POINTS.map(lambda points: points * 20)))
    score = draw(st.sampled_from([None, (None, most), (draw(POINTS) * 10, most)]))
    licences = draw(st.sampled_from([[], [sku("A", 3), sku("B", 9), sku("LAPSED", 50, counts=False)], [sku("A", 0)]]))
    return posture(draw(st.permutations(records)), score, licences)


@given(any_posture(), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["0.1", "0.5", "1", "3"]))
@settings(max_examples=30)
def test_every_gap_is_a_step_once_and_nothing_else_is(found: Posture, start: date, pace: str) -> None:
    plan = plan_of(found, start, Fraction(pace))
    wanted = {r.item for r in found.of_actions() if r.verdict in GAPS}
    beside = {
        r.item
        for r in found.verdicts
        if not r.action and (r.verdict in GAPS or (r.area == "prerequisites" and r.verdict is Verdict.NOT_EVALUATED))
    }
    items = [step.item for step in plan.steps]
    assert len(items) == len(set(items))
    assert set(items) == wanted | beside
    assert sum(step.action is not None for step in plan.steps) + sum(plan.left_out.values()) == found.totals["actions"]
    assert not any(step.verdict in {Verdict.MET, Verdict.ACCEPTED, Verdict.NOT_LICENSED} for step in plan.steps)


@given(any_posture(), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["0.1", "0.5", "1", "3"]))
@settings(max_examples=30)
def test_the_order_is_total_and_phases_needs_and_dates_follow_it(found: Posture, start: date, pace: str) -> None:
    plan = plan_of(found, start, Fraction(pace))
    steps = plan.steps
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.phase for step in steps] == sorted(step.phase for step in steps)
    assert [step.made for step in steps] == sorted(step.made for step in steps)
    assert all(step.made >= start and step.made.weekday() < 5 and step.by >= step.made for step in steps)
    for step in steps:
        for after in step.depends_on:
            assert after.number < step.number
            assert steps[after.number - 1].made + timedelta(days=after.days) <= step.made
    cloud, later = plan.of_phase(Phase.CLOUD_APPS), [step for step in steps if step.phase > Phase.CLOUD_APPS]
    assert not (cloud and later) or later[0].made >= cloud[-1].made + timedelta(days=2)


@given(any_posture())
@settings(max_examples=30)
def test_rank_decides_among_what_is_free(found: Posture) -> None:
    steps = [step for step in plan_of(found).steps if step.phase is Phase.BY_RANK and step.action]
    for at, earlier in enumerate(steps):
        for later in steps[at + 1 :]:
            if (later.rank or 1000) < (earlier.rank or 1000):
                assert any(after.number >= earlier.number or after.days for after in later.depends_on), (earlier, later)


@given(any_posture(), st.sampled_from(["0.1", "1", "3"]))
@settings(max_examples=40)
def test_the_projection_never_falls_and_is_never_above_the_maximum(found: Posture, pace: str) -> None:
    plan = plan_of(found, pace=Fraction(pace))
    records = {r.item: r for r in found.verdicts}
    assert all(0 <= step.counted <= step.points for step in plan.steps)
    assert all(step.points == (missing_points(records[step.item]) if step.action else 0) for step in plan.steps)
    if found.score is None or found.score.current is None:
        assert plan.projection == ()
        return
    days, scores, most = zip(*((each.date, each.score, each.at_most) for each in plan.projection), strict=True)
    assert (days[0], scores[0], most[0]) == (plan.start, found.score.current, found.score.current)
    assert list(days) == sorted(set(days))
    assert list(scores) == sorted(scores)
    assert list(most) == sorted(most)
    limit = float("inf") if found.score.max is None else max(found.score.max, found.score.current)
    assert all(score <= high <= limit for score, high in zip(scores, most, strict=True))
    assert most[-1] == pytest.approx(min(limit, found.score.current + sum(step.points for step in plan.steps)))
    assert scores[-1] == pytest.approx(min(limit, found.score.current + sum(step.counted for step in plan.steps)))


@given(any_posture())
@settings(max_examples=20)
def test_the_same_posture_gives_the_same_plan_whatever_the_order_of_its_records(found: Posture) -> None:
    turned = msgspec.structs.replace(found, verdicts=found.verdicts[::-1])
    assert plan_of(turned).steps == plan_of(found).steps
    assert render(plan_of(found)).count("\n| ") >= len(plan_of(found).steps)
