"""The check behind every action that no check reads directly: Microsoft's own score, and said to be no more than that."""

from __future__ import annotations

from fixtures.judging import Observed
from fixtures.secure_score import Scored


def check_scored_by_microsoft(action_id: str, scored: Scored, observed: Observed) -> None:
    """Microsoft's Secure Score gives this action all its points."""
    for name, value in scored.facts.items():
        observed(name, value)
    if gap := scored.gap:
        raise AssertionError(gap)  # no assert statement: pytest looks after those of check files only
