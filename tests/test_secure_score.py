"""Secure Score as it arrives: every quirk of it costs at most its own action, and none makes an action met that is not."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.areas import AREAS, area_of, plain_id
from fixtures.graph.failure import Unreadable
from fixtures.resources.secure_score import SecureScores, _Profiles, _Scores
from fixtures.secure_score import Scored, _action
from fixtures.verdicts import NotApplicable, NotEvaluated, NotScored
from tests.harness import ROOT, Bench, Run

POSTURE_ALONE = True

SCORES, PROFILES = "security/secureScores", "security/secureScoreControlProfiles"
EXCHANGE = "exo_mailboxaudit"
OF_EXCHANGE = ROOT / "checks" / "check_exchange_online.py"  # where it is judged


@pytest.fixture(autouse=True)
def _by_the_score(request: pytest.FixtureRequest) -> None:
    """Where no export is read, as in most tenants, Exchange is judged by its score."""
    if "bench" in request.fixturenames:
        request.getfixturevalue("bench").choose_exports("off")


def control(bench: Bench, name: str, **changes: Any) -> None:
    """Change one control score of the newest day; `None` as a key's value in `drop` removes it."""

    def apply(body: Any) -> None:
        row = next(row for row in body["value"][0]["controlScores"] if row["controlName"] == name)
        row.update(changes)

    bench.change(SCORES, apply)


def profile(bench: Bench, name: str, **changes: Any) -> None:
    for page in (PROFILES, f"{PROFILES}.page2"):
        bench.change(page, lambda body: [row.update(changes) for row in body["value"] if row["id"] == name] and None)


FULL = {"score": 3, "scoreInPercentage": 100, "count": None, "total": None}


@pytest.mark.parametrize(
    ("changes", "verdict", "cause"),
    [
        (FULL, "met", None),
        ({**FULL, "score": "3"}, "met", None),
        ({**FULL, "score": 3.0, "scoreInPercentage": "100"}, "met", None),
        ({**FULL, "score": 2.99, "scoreInPercentage": 99.67}, "not met", None),
        ({**FULL, "score": 0, "scoreInPercentage": 0}, "not met", None),
        ({**FULL, "scoreInPercentage": None}, "met", None),
        ({**FULL, "scoreInPercentage": 50}, "not evaluated", "malformed"),
        ({**FULL, "score": 30}, "not evaluated", "malformed"),
        ({**FULL, "score": -1}, "not evaluated", "malformed"),
        ({**FULL, "score": None}, "not evaluated", "malformed"),
        ({**FULL, "score": "three"}, "not evaluated", "malformed"),
        ({**FULL, "score": True}, "not evaluated", "malformed"),
        ({**FULL, "score": {"value": 3}}, "not evaluated", "malformed"),
        ({**FULL, "score": "NaN"}, "not evaluated", "malformed"),
        ({**FULL, "scoreInPercentage": 400}, "not evaluated", "malformed"),
        ({**FULL, "count": "0", "total": "0"}, "not applicable", None),
        ({**FULL, "count": "97", "total": "0"}, "not evaluated", "malformed"),
        ({**FULL, "score": 1, "scoreInPercentage": 33, "count": "0", "total": "0"}, "not evaluated", "malformed"),
        ({**FULL, "score": "3_0", "scoreInPercentage": None}, "not evaluated", "malformed"),
        ({**FULL, "lastSynced": "0001-01-01T00:00:00+14:00"}, "met", None),
        ({**FULL, "total": "many"}, "met", None),
        ({**FULL, "lastSynced": "2026-08-01T00:00:00Z"}, "not evaluated", "stale"),
        ({**FULL, "lastSynced": "2027-08-01T00:00:00Z"}, "met", None),
        ({**FULL, "lastSynced": "yesterday"}, "met", None),
        ({**FULL, "implementationStatus": None, "description": None}, "met", None),
    ],
)
def test_one_control(changes: dict[str, Any], verdict: str, cause: str | None, bench: Bench, run: Callable[..., Run]) -> None:
    control(bench, EXCHANGE, **changes)
    record = run(f"--tenant={bench.folder}", "--action", EXCHANGE, checks=OF_EXCHANGE).records[EXCHANGE]
    assert (record.verdict, record.cause) == (verdict, cause), record.reason


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"maxScore": 0}, "not evaluated"),  # and 3 points: one of the two is wrong
        ({"maxScore": "3"}, "met"),
        ({"maxScore": 3.5}, "not evaluated"),  # all points of the score, and not all of the profile: its percentage says 100
        ({"maxScore": None}, "met"),  # the score's own percentage says so
        ({"maxScore": "lots"}, "not evaluated"),
        ({"maxScore": -1}, "not evaluated"),
        ({"deprecated": True}, "met"),
        ({"controlStateUpdates": [{"state": "THIRDPARTY", "updatedBy": "x@y", "updatedDateTime": "2026-01-01T00:00:00Z"}]}, "not met"),
        ({"controlStateUpdates": [{"state": "ignored"}]}, "met"),
        ({"controlStateUpdates": [{"state": "Default"}, {"state": "ThirdParty"}]}, "not met"),
        ({"controlStateUpdates": "ThirdParty"}, "not evaluated"),
        ({"controlStateUpdates": None}, "met"),
        ({"userImpact": None, "threats": None, "remediation": None, "rank": None, "title": None, "actionUrl": 7}, "met"),
    ],
)
def test_one_profile(changes: dict[str, Any], verdict: str, bench: Bench, run: Callable[..., Run]) -> None:
    control(bench, EXCHANGE, **FULL)
    profile(bench, EXCHANGE, **changes)
    record = run(f"--tenant={bench.folder}", "--action", EXCHANGE, checks=OF_EXCHANGE).records[EXCHANGE]
    if changes.get("maxScore") == 3.5:
        assert record.verdict in {"not met", "not evaluated"}
    else:
        assert record.verdict == verdict, record.reason


def test_the_newest_day_counts_wherever_it_stands(bench: Bench, run: Callable[..., Run]) -> None:
    control(bench, EXCHANGE, **FULL)
    bench.change(SCORES, lambda body: body["value"].reverse())
    found = run(f"--tenant={bench.folder}", "--action", EXCHANGE, checks=OF_EXCHANGE)
    assert found.records[EXCHANGE].verdict == "met"
    assert found.posture.score
    assert found.posture.score.date.date().isoformat() == "2026-11-20"
    assert [day.date for day in found.posture.history] == sorted(day.date for day in found.posture.history)


def test_an_older_day_is_never_evidence(bench: Bench, run: Callable[..., Run]) -> None:
    """The action is gone from the newest day: that it was full the day before says nothing."""

    def remove(body: Any) -> None:
        newest = body["value"][0]
        newest["controlScores"] = [row for row in newest["controlScores"] if row["controlName"] != EXCHANGE]

    control(bench, EXCHANGE, **FULL)
    bench.change(SCORES, remove)
    assert run(f"--tenant={bench.folder}", "--action", EXCHANGE, checks=OF_EXCHANGE).records[EXCHANGE].verdict == "not scored"


def test_all_points_without_the_profiles_may_be_a_third_partys(bench: Bench, run: Callable[..., Run]) -> None:
    name = "dlp_datalossprevention"
    for page in (PROFILES, f"{PROFILES}.page2"):
        bench.file(page).unlink()
    bench.refuse("organization")
    assert run(f"--tenant={bench.folder}", "--action", name).records[name].verdict == "not evaluated"


@pytest.mark.parametrize("rows", [[], [{"controlName": None, "score": 1}], ["x"]])
def test_rows_that_name_no_action(rows: list[Any], bench: Bench, run: Callable[..., Run]) -> None:
    """Whether one of them is the action's own is not known, so nothing is called not scored."""
    bench.change(SCORES, lambda body: body["value"][0].update({"controlScores": rows}))
    found = run(f"--tenant={bench.folder}", "--area", "teams")
    assert {record.verdict for record in found.posture.verdicts} == {"not evaluated"}
    assert {record.cause for record in found.posture.verdicts} == {"malformed"}


def test_a_selection_without_a_catalogue_tells_what_is_lost(bench: Bench, run: Callable[..., Run]) -> None:
    bench.refuse(PROFILES)
    bench.refuse(SCORES)
    for selection in (("--area", "teams"), ("--area", "information-protection"), ("--action", "AATP_ClearText")):
        assert run(f"--tenant={bench.folder}", *selection).status == 10, selection


def test_scores_that_contradict_each_other(bench: Bench, run: Callable[..., Run]) -> None:
    extra = {"controlName": EXCHANGE.upper(), "score": 0, "controlCategory": "Apps"}
    control(bench, EXCHANGE, **FULL)
    bench.change(SCORES, lambda body: body["value"][0]["controlScores"].append(extra))
    assert run(f"--tenant={bench.folder}", "--action", EXCHANGE, checks=OF_EXCHANGE).records[EXCHANGE].cause == "malformed"


def test_a_profile_twice_is_one_action(bench: Bench, run: Callable[..., Run]) -> None:
    bench.change(PROFILES, lambda body: body["value"].append({**body["value"][0], "id": body["value"][0]["id"].upper()}))
    found = run(f"--tenant={bench.folder}", "--co", "-q")
    assert found.status == 0
    assert len([line for line in found.output.splitlines() if "::" in line]) == 270


@pytest.mark.parametrize("broken", [PROFILES, SCORES])
def test_half_a_catalogue(broken: str, bench: Bench, run: Callable[..., Run]) -> None:
    bench.cut(broken)
    found = run(f"--tenant={bench.folder}", "-k", "not scid_")
    verdicts = [record.verdict for record in found.posture.verdicts if record.basis == "scored"]
    assert verdicts
    assert found.records["check_the_catalogue_of_actions_is_readable"].cause == "malformed"
    assert found.status == 11
    if broken == SCORES:
        assert set(verdicts) == {"not evaluated", "not licensed"}
        assert found.records["OneAdmin"].verdict == "met"


def test_no_catalogue_at_all(bench: Bench, run: Callable[..., Run]) -> None:
    bench.refuse(PROFILES)
    bench.refuse(SCORES)
    found = run(f"--tenant={bench.folder}")
    assert found.posture.totals["actions"] == 0
    assert not [record for record in found.posture.verdicts if record.basis == "scored" or record.action]
    assert found.records["check_the_catalogue_of_actions_is_readable"].cause == "permission"
    assert found.records["OneAdmin"].verdict == "met"
    assert found.records["OneAdmin"].claims == "OneAdmin"
    assert found.status == 11


def test_a_tenant_without_a_score_yet(bench: Bench, run: Callable[..., Run]) -> None:
    bench.write(SCORES, {"value": []})
    found = run(f"--tenant={bench.folder}", "--area", "exchange-online")
    assert {record.verdict for record in found.posture.verdicts} == {"not evaluated"}
    assert {record.cause for record in found.posture.verdicts} == {"unavailable"}


def test_a_prefixed_id_belongs_to_its_area() -> None:
    assert plain_id("11770.MDA_Google_EnableTwoFactorAuth") == "mda_google_enabletwofactorauth"
    assert area_of("11770.MDA_Google_EnableTwoFactorAuth") == "cloud-app-security"
    assert area_of("SomethingOfThisMorning") == "other"
    assert area_of("SomethingOfThisMorning", "MDO") == "defender-for-office-365"
    assert area_of("SignInReport", "AzureAD", "Review") == "follow-up"


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_every_action_has_an_area(action: str, service: str, kind: str) -> None:
    assert area_of(action, service, kind) in {area.slug for area in AREAS}


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-20, 20) | st.floats(-20, 20) | st.sampled_from(["3", "0", "-1", "NaN", "", "x"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
_NUMBER = st.sampled_from([0, 1, 5, 5.0, 99.4, 99.5, 100, "5", "100"])
_KEYS = ("score", "scoreInPercentage", "count", "total", "lastSynced", "implementationStatus", "on", "controlCategory")


class _Store:
    as_of = datetime(2026, 11, 20, tzinfo=UTC)

    def outcome(self, name: str) -> Any:
        assert name == "control_profiles"
        return SimpleNamespace(failure=None)


@settings(max_examples=120)
@given(
    st.fixed_dictionaries({}, optional={key: _NUMBER | _JSON if key in ("score", "scoreInPercentage") else _JSON for key in _KEYS}),
    _NUMBER | _JSON,
    st.booleans(),
)
def test_met_is_all_points_and_nothing_less(row: dict[str, Any], maximum: Any, with_profile: bool) -> None:
    """Whatever arrives: it is met only where a number says so, and what cannot be read is never met."""
    day = {"createdDateTime": "2026-11-20T00:00:00Z", "controlScores": [{"controlName": "a", **row}]}
    scores, profiles = _Scores(), _Profiles()
    scores.add(json.dumps({"value": [day]}).encode())
    profiles.add(json.dumps({"value": [{"id": "a", "maxScore": maximum}]}).encode())
    result: SecureScores = scores.result()
    action = _action("a", profiles.result()[0] if with_profile else None, result.controls[0])
    try:
        met = not Scored(action, _Store(), result).gap  # type: ignore[arg-type]
    except (NotEvaluated, NotApplicable, NotScored):
        return
    if met:
        score = float(row["score"])
        most = float(maximum) if with_profile and maximum is not None else score / (float(row["scoreInPercentage"]) / 100)
        assert score > 0
        assert score >= most or math.isclose(score, most)
        assert float(row.get("scoreInPercentage") or 100) >= 99.5


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"value": {}}', b'{"value": [1]}', b'{"value": [{}]}', b'{"value": null}', b"\xff\xfe", b"<html>"]
)
def test_a_body_that_is_no_score(body: bytes) -> None:
    fold = _Scores()
    with pytest.raises((ValueError, Unreadable)):  # noqa: PT012  either step may refuse it
        fold.add(body)
        fold.result()
