"""A live tenant, end to end: the checks over HTTPS and with real sign-in against the emulator; where nothing is in the way, or workers
share it, in processes of their own.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.emulator.tiny import PROFILES
from tests.labs import InLab, LabRun, started

OTHER_TENANT = "0ddba11e-0000-4000-8000-000000000000"
USAGE_ERROR = 4
# 0 all met, 1 not all met, 10 something not evaluated, 11 both: a run that reached its end.
FINISHED = {0, 1, 10, 11}
POLICY = "policies/authorizationPolicy"
# Two actions that need it, three that do not (one of them reads its neighbour), and what must hold before all.
_ACTIONS = ("IntegratedApps", "aad_third_party_apps", "aad_admin_consent_workflow", "PWAgePolicyNew", "exo_mailboxaudit")
NEAR_THE_POLICY = ("--area=prerequisites", *(f"--action={action}" for action in _ACTIONS))


@pytest.fixture(scope="module")
def complete(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[LabRun, Counter[tuple[str, str]]]:
    """A run of all checks with nothing in its way, and how often it read each address."""
    with emulator.behaving():
        done = started(emulator, tmp_path_factory.mktemp("complete"))
        return done, Counter((seen.path, seen.query) for seen in emulator.reads)


def assert_refused_in_one_line(done: LabRun, emulator: Emulator, *said: str) -> None:
    """It ended with a usage error before anything was read, told in one line that holds each of `said`."""
    assert done.status == USAGE_ERROR, done.told
    assert len(done.told) == 1, done.told
    assert all(part in done.told[0] for part in said), done.told
    assert not emulator.reads
    assert done.posture is None


def test_a_live_tenant_is_read_and_judged(complete: tuple[LabRun, Counter[tuple[str, str]]], emulator: Emulator) -> None:
    done, _ = complete
    assert done.status in FINISHED, done.told
    assert done.posture["exit_status"] == done.status
    assert done.posture["tenant"]["source"] == "live"
    assert done.posture["tenant"]["id"] == emulator.tenant_id
    verdicts = Counter(verdict for verdict, _ in done.verdicts.values())
    assert verdicts["met"] >= 10, done.verdicts
    assert not [item for item, (_, cause) in done.verdicts.items() if cause in {"permission", "defect"}]


def test_each_address_is_read_once(complete: tuple[LabRun, Counter[tuple[str, str]]]) -> None:
    _, reads = complete
    assert set(reads.values()) == {1}, reads
    assert ("/v1.0/security/secureScores", "$top=90") in reads
    assert [query for path, query in reads if path == f"/v1.0/{PROFILES}"] == ["", "$skiptoken=the%20next%20page"]


def test_workers_read_everything_once_and_find_the_same(
    complete: tuple[LabRun, Counter[tuple[str, str]]], emulator: Emulator, tmp_path: Path
) -> None:
    alone, reads = complete
    with emulator.behaving():
        shared = started(emulator, tmp_path, "-n2")
        assert Counter((seen.path, seen.query) for seen in emulator.reads) == reads
    assert shared.status == alone.status
    assert _without_times(shared.posture) == _without_times(alone.posture)


def _without_times(posture: Any) -> Any:
    """A posture without what is another in every run: its times, and the ids Graph gives each request and writes into each error."""
    timed = {"started_at", "finished_at", "as_of"}
    evidence = [
        {
            key: value
            for key, value in row.items()
            if key not in {"retrieved_at", "request_id"} and (key != "sha256" or row["status"] == 200)
        }
        for row in posture["evidence"]
    ]
    verdicts = [
        {**row, "observed": {name: fact for name, fact in row["observed"].items() if name != "as of"}} for row in posture["verdicts"]
    ]
    return {key: value for key, value in posture.items() if key not in timed} | {"evidence": evidence, "verdicts": verdicts}


def test_evidence_carries_graphs_request_ids(complete: tuple[LabRun, Counter[tuple[str, str]]], emulator: Emulator) -> None:
    done, _ = complete
    ids = [evidence["request_id"] for evidence in done.posture["evidence"]]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert all(evidence["url"].startswith((f"{emulator.graph}/v1.0/", f"{emulator.graph}/beta/")) for evidence in done.posture["evidence"])


def test_a_wrong_secret_is_one_line_without_the_secret(emulator: Emulator, in_lab: InLab) -> None:
    secret = "a-secret~that.nobody_may-see"
    with emulator.behaving():
        done = in_lab(AZURE_CLIENT_SECRET=secret)
        assert_refused_in_one_line(done, emulator, "AADSTS7000215", emulator.tenant_id)
    assert "Traceback" not in done.output
    assert secret not in done.output


def test_a_token_of_another_tenant_reads_nothing(emulator: Emulator, in_lab: InLab) -> None:
    with emulator.behaving(token_tenant=OTHER_TENANT):
        done = in_lab()
        assert_refused_in_one_line(done, emulator, OTHER_TENANT, emulator.tenant_id)


def test_no_credentials_are_one_line(emulator: Emulator, in_lab: InLab) -> None:
    with emulator.behaving():
        done = in_lab(AZURE_CLIENT_ID=None, AZURE_CLIENT_SECRET=None)
        assert_refused_in_one_line(done, emulator, "no credentials", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET")
        assert not emulator.requests


def test_a_refused_path_costs_only_the_checks_that_need_it(
    complete: tuple[LabRun, Counter[tuple[str, str]]], emulator: Emulator, in_lab: InLab
) -> None:
    usual, _ = complete
    with emulator.behaving(deny={POLICY: 403}):
        done = in_lab(*NEAR_THE_POLICY)
    assert done.status in FINISHED, done.told
    assert len(done.verdicts) >= 10
    changed = {item: verdict for item, verdict in done.verdicts.items() if verdict != usual.verdicts[item]}
    reader = "checks/check_prerequisites.py::check_the_reader_may_read_what_the_checks_need"
    assert changed.pop(reader) == ("not met", None)
    (unread,) = (row for row in done.posture["unread"] if row["resource"] == "authorization_policy")
    assert changed == dict.fromkeys(unread["items"], ("not evaluated", "permission"))
    assert len(changed) == 2
    reasons = [row["reason"] for row in done.posture["verdicts"] if row["item"] in (*changed, reader)]
    assert [("Policy.Read.All" in reason) for reason in reasons] == [True] * 3, reasons


def test_a_refused_token_does_not_say_what_is_granted(emulator: Emulator, in_lab: InLab) -> None:
    with emulator.behaving(faults=[f"{POLICY} 401"]):
        done = in_lab(*NEAR_THE_POLICY)
    assert [verdict for verdict in done.verdicts.values() if verdict == ("not evaluated", "permission")]
    name = "checks/check_prerequisites.py::check_the_reader_may_read_what_the_checks_need"
    (reader,) = (row for row in done.posture["verdicts"] if row["item"] == name)
    assert (reader["verdict"], reader["cause"]) == ("not evaluated", "unavailable")
    assert "Grant" not in reader["reason"]


def test_a_passing_failure_is_tried_again(emulator: Emulator, in_lab: InLab) -> None:
    with emulator.behaving(flaky={"organization": [503], "security/secureScores": [429]}):
        done = in_lab("--area=exchange-online")
        statuses: dict[str, list[int]] = {}
        for seen in emulator.reads:
            statuses.setdefault(seen.path, []).append(seen.status)
    assert statuses.pop("/v1.0/organization") == [503, 200]
    assert statuses.pop("/v1.0/security/secureScores") == [429, 200]
    assert set(map(tuple, statuses.values())) <= {(200,), (200, 200)}, statuses  # two pages of profiles
    assert done.status in FINISHED, done.told
    assert {verdict for verdict, _ in done.verdicts.values()} == {"met"}
