"""The checks of Purview, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from tests.direct.judged import MET, NOT, Case, Change, each_of, emptied, judged, nothing
from tests.harness import Bench, Run

POSTURE_ALONE = True

CASES: list[Case] = [
    ("check_sensitivity_labels_exist", MET, nothing),
    ("check_sensitivity_labels_exist", NOT, emptied("security/dataSecurityAndGovernance/sensitivityLabels")),
]


@each_of(CASES)
def test_information_protection(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
