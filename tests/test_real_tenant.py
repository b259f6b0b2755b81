"""The suite on a real tenant's score: one day, 68 scored controls, 200 profiles, and nothing else of the tenant."""

from __future__ import annotations

import json

import pytest

from fixtures.graph.failure import Cause
from tests.harness import MITRE, Run, needs_shared

pytestmark = needs_shared


@pytest.fixture
def controls() -> dict[str, tuple[float, float]]:
    """Each scored control with its score and percentage, straight from the file."""
    body = json.loads((MITRE / "v1.0/security/secureScores.json").read_bytes())
    return {row["controlName"]: (row["score"], row["scoreInPercentage"]) for row in body["value"][0]["controlScores"]}


@pytest.fixture
def profiles() -> dict[str, float]:
    body = json.loads((MITRE / "v1.0/security/secureScoreControlProfiles.json").read_bytes())
    return {row["id"]: row["maxScore"] for row in body["value"]}


def test_every_scored_control_has_its_verdict(real_run: Run, controls: dict[str, tuple[float, float]], profiles: dict[str, float]) -> None:
    posture, records = real_run.posture, real_run.records
    assert real_run.status == posture.exit_status == 11
    assert len(controls) == 68
    assert len(set(controls) - set(profiles)) == 27
    assert posture.totals["actions"] == len(set(controls) | set(profiles)) == 227
    assert sum(count for key, count in posture.totals.items() if key != "actions") == 227
    for name, (score, percentage) in controls.items():
        record = records[name]
        if record.basis == "direct":
            assert record.verdict == "not evaluated", name
            assert record.cause == Cause.UNAVAILABLE
        else:
            full = score == profiles[name] if name in profiles else percentage == 100
            assert record.verdict == ("met" if full else "not met"), name
    assert records["mdo_zapspam"].verdict == "met"
    assert records["mdo_zapspam"].points is None, "no profile says what its full score is"


def test_what_is_not_known_is_said_and_not_guessed(real_run: Run) -> None:
    posture = real_run.posture
    assert posture.licences is None
    assert posture.totals["not licensed"] == 0
    assert all(record.licence.state in {"unknown", "none needed"} for record in posture.verdicts if record.licence)
    assert posture.as_of.date().isoformat() == "2024-01-01"
    assert all(record.verdict == "not evaluated" for record in posture.verdicts if record.basis == "direct" and record.action)
    assert real_run.records["check_the_catalogue_of_actions_is_readable"].verdict == "met"
    assert real_run.records["check_an_emergency_access_account_is_ready"].verdict == "not evaluated"
    for name in ("report.html", "workbook.xlsx", "junit.xml"):
        assert (real_run.folder / name).stat().st_size > 1000
