"""The dates of a plan: from the day it begins, at the pace it is given, by the calendar."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.plan import plan_of
from reports.plan.calendar import Clock, on_or_after, working_day
from reports.plan.markdown import render
from tests.planning import AS_OF, posture, record


def test_the_start_is_the_posture_s_own_day_or_the_one_that_is_named() -> None:
    gaps = posture([record("spo_legacy_auth")])
    assert plan_of(gaps).start == plan_of(gaps).steps[0].made == AS_OF.date()
    assert plan_of(gaps, date(2027, 1, 2)).steps[0].made == date(2027, 1, 4)  # a Saturday, and the Monday after it


def test_cost_and_pace_decide_how_much_fits_in_a_day() -> None:
    costs = ["Low", "low", "low", "Low", "moderate", "High", "Unknown", ""]
    gaps = posture([record(f"spo_{n}", rank=n, implementation_cost=cost) for n, cost in enumerate(costs)])
    start = AS_OF.date()
    took = [(step.made - start).days for step in plan_of(gaps).steps]
    assert took == [0, 0, 0, 0, 1, 8, 9, 9]  # Wednesday, Thursday, the Thursday after, Friday
    assert [(step.made - start).days for step in plan_of(gaps, pace=Fraction(100, 10)).steps] == [0] * 8
    assert plan_of(gaps, pace=Fraction(1, 2)).steps[-1].made > plan_of(gaps).steps[-1].made


@pytest.mark.parametrize(
    ("action", "days"),
    [
        *(("mdo_safelinksforemail", 2), ("spo_legacy_auth", 2), ("BlockLegacyAuthentication", 7), ("scid_96", 7)),
        *(("MFARegistrationV2", 30), ("intune_mobile_password_requirement", 30), ("meeting_autoadmitusers_v1", 30), ("MDA_Zoom_MFA", 30)),
    ],
)
def test_each_step_says_how_long_it_takes_to_show(action: str, days: int) -> None:
    [step] = plan_of(posture([record(action)])).steps
    assert (step.by - step.made).days == step.shows.last == days
    assert step.by.isoformat() in render(plan_of(posture([record(action)])))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_working_days_are_counted_as_a_calendar_counts_them(start: date, number: int) -> None:
    first, day = on_or_after(start), on_or_after(start)
    for _ in range(number):
        day = on_or_after(day + timedelta(days=1))
    assert working_day(first, number) == day
    clock = Clock(start, Fraction(1))
    clock.wait_until(day)
    assert clock.today == day
    assert clock.take(Fraction(1)) == day
