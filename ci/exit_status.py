"""What a run exits with: nothing but a posture ends in 0 or 1."""

from __future__ import annotations

import pytest

from fixtures.verdicts import Verdict
from reports.posture import Posture

MET, NOT_MET, INCOMPLETE, INCOMPLETE_AND_NOT_MET = 0, 1, 10, 11
OUR_ERROR = 3


def exit_status(posture: Posture) -> int:
    """The status of a run that came to its end, by what it found."""
    verdicts = {record.verdict for record in posture.verdicts}
    incomplete = Verdict.NOT_EVALUATED in verdicts or posture.selection.stopped is not None
    if Verdict.NOT_MET in verdicts:
        return INCOMPLETE_AND_NOT_MET if incomplete else NOT_MET
    return INCOMPLETE if incomplete else MET


@pytest.hookimpl
def pytest_m365_posture(config: pytest.Config, posture: Posture, status: int) -> None:
    """pytest's own statuses for a run that was interrupted, broke or had nothing to do stay as they are."""
    posture.exit_status = exit_status(posture) if status in {0, 1} else status
