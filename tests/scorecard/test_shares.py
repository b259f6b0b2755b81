"""The shares of the areas: true, and giving no action away."""

from __future__ import annotations

from itertools import accumulate, combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.record import Microsofts, Points
from fixtures.verdicts import Verdict
from reports.posture import Posture
from reports.scorecard import shares
from reports.scorecard.shares import Worth, band
from tests.scorecard.cards import Made

worths = st.sampled_from([1, 1, 2, 3, 5, 8, 9, 10]).flatmap(
    lambda most: st.builds(Worth, st.sampled_from([0.0, most / 2, most]), st.just(float(most)))
)


@given(st.lists(worths, max_size=12))
def test_a_band_is_true_and_gives_no_action_away(actions: list[Worth]) -> None:
    found = band(actions)
    assert (found is None) == (band([each._replace(earned=0.0) for each in actions]) is None)  # silence says nothing either
    if found is None:
        return
    whole = sum(each.max for each in actions)
    assert found.low <= sum(each.earned for each in actions) / whole < found.high
    for one, two in combinations(range(len(actions)), 2):  # whichever they are, both may be met: with some of the others met as well
        others = [each.max for number, each in enumerate(actions) if number not in {one, two}]
        possible = accumulate(others, initial=actions[one].max + actions[two].max)
        assert any(found.low <= points / whole < found.high for points in possible)


@pytest.mark.parametrize(
    ("points", "shown"),
    [([1] * 4, False), ([1] * 5, True), ([3, 3, 3, 2, 2], True), ([3, 3, 2, 2, 2], False), ([9, 1, 1, 1, 1, 1, 1], False), ([], False)],
)
def test_few_actions_or_a_dear_one_have_no_band(points: list[int], shown: bool) -> None:
    assert (band([Worth(0.0, float(each)) for each in points]) is not None) is shown


def test_the_page_states_the_rule(made: Made) -> None:
    (rule,) = [said for head, said in made.card.method if head == "Shares"]
    assert "at least five judged actions" in rule
    assert "each less than a quarter" in rule
    assert shares.LEAST == 5


@pytest.mark.parametrize(
    ("verdict", "earned", "counted"),
    [
        (Verdict.MET, 10.0, 10.0),
        (Verdict.MET, 4.0, 4.0),
        (Verdict.NOT_MET, 10.0, 0.0),
        (Verdict.NOT_MET, 4.0, 4.0),
        (Verdict.ACCEPTED, 10.0, 0.0),
        (Verdict.KNOWN, 12.0, 0.0),
        (Verdict.NOT_MET, -3.0, 0.0),
    ],
)
def test_points_count_only_as_far_as_the_verdict_bears_them_out(demo: Posture, verdict: Verdict, earned: float, counted: float) -> None:
    score = Microsofts(earned, None, None, "agree")
    record = msgspec.structs.replace(demo.verdicts[-1], verdict=verdict, points=Points(earned, 10.0), microsoft=score)
    assert shares.worth(record) == Worth(counted, 10.0)
    assert shares.worth(msgspec.structs.replace(record, microsoft=None)) is None
    assert shares.worth(msgspec.structs.replace(record, points=Points(0.0, 0.0))) is None
