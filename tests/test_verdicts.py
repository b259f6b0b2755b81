"""The one place where a verdict is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.graph.failure import Cause, Unreadable
from fixtures.verdicts import Judgement, NotApplicable, NotEvaluated, NotLicensed, NotScored, Verdict, judge

HERE = Path(__file__)


def judged(raising: BaseException) -> Judgement:
    try:
        raise raising
    except BaseException as error:  # noqa: BLE001  whatever a check may raise
        return judge(error, error.__traceback__, HERE, "It is so.")


@pytest.mark.parametrize(
    ("raising", "verdict", "cause"),
    [
        (AssertionError("Not so."), Verdict.NOT_MET, None),
        (NotEvaluated(Cause.STALE, "Old."), Verdict.NOT_EVALUATED, Cause.STALE),
        (Unreadable(Cause.THROTTLED, "Later."), Verdict.NOT_EVALUATED, Cause.THROTTLED),
        (NotLicensed("No plan."), Verdict.NOT_LICENSED, None),
        (NotApplicable("No device."), Verdict.NOT_APPLICABLE, None),
        (NotScored("Nowhere."), Verdict.NOT_SCORED, None),
        (ValueError("x"), Verdict.NOT_EVALUATED, Cause.DEFECT),
        (MemoryError(), Verdict.NOT_EVALUATED, Cause.DEFECT),
        (pytest.skip.Exception("x"), Verdict.NOT_EVALUATED, Cause.DEFECT),
        (pytest.fail.Exception("x"), Verdict.NOT_EVALUATED, Cause.DEFECT),
        (SystemExit(0), Verdict.NOT_EVALUATED, Cause.DEFECT),
    ],
)
def test_what_a_check_raises(raising: BaseException, verdict: Verdict, cause: Cause | None) -> None:
    found = judged(raising)
    assert (found.verdict, found.cause) == (verdict, cause)
    assert found.reason


def test_nothing_raised_is_met() -> None:
    assert judge(None, None, HERE, "It is so.") == Judgement(Verdict.MET, "It is so.")


def test_an_assertion_that_fails_elsewhere_is_a_defect() -> None:
    try:
        assert False, "Not so."  # noqa: B011, PT015
    except AssertionError as error:
        assert judge(error, error.__traceback__, Path("checks/check_other.py"), "x").cause is Cause.DEFECT  # noqa: PT017


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("Two are missing.\nassert not ['a', 'b']", "Two are missing."),
        ("Two are\n  missing.\nassert False", "Two are missing."),
        ("assert 1 == 2", "It does not hold that: It is so."),
        ("", "It does not hold that: It is so."),
    ],
)
def test_a_reason_is_a_sentence_without_introspection(message: str, reason: str) -> None:
    assert judged(AssertionError(message)).reason == reason


def test_a_reason_never_quotes_what_a_crash_said() -> None:
    assert "secret" not in judged(RuntimeError("token secret")).reason
