"""What `exceptions.toml` says, told to Secure Score over HTTPS with a real sign-in: what is written, what never is, and what is left
to the person who set it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from fixtures.permissions import needed
from tests.emulator import Emulator
from tests.emulator.clients import client_of
from tests.emulator.tiny import PROFILES
from tests.report_back.told import APPLY, BOTH, DIFFERENT, DONE, INCOMPLETE, MANY, PERSON, WRITER, Report, entry, logged, states


def test_a_dry_run_writes_nothing_and_says_so(report: Report, tmp_path: Path) -> None:
    told = report(BOTH, roles=needed())
    assert told.status == DIFFERENT
    assert not told.writes
    assert "This was a dry run: nothing was written. 2 to set, 2 left as a person set them. --apply writes them." in told.output
    assert re.match(r"set +IntegratedApps +Default -> Ignored\. exceptions\.toml:1: risk accepted by IT", told.line("IntegratedApps"))
    assert "Default -> ThirdParty" in told.line("mdo_safelinks")
    assert f"ThirdParty, set by {PERSON} on 2026-02-01" in told.line("exo_mailboxaudit")
    assert "Writing needs SecurityEvents.ReadWrite.All" in told.output
    assert not (tmp_path / "log.jsonl").exists()
    assert report("", "--reset").status == DIFFERENT


def test_what_git_says_is_written_once_and_read_back(report: Report, emulator: Emulator, tmp_path: Path) -> None:
    told = report(BOTH + entry("11770.MDA_Google_Factor", "alternate-mitigation"), *APPLY)
    assert told.status == DIFFERENT, "what a person set is another, still"
    assert sorted(told.writes) == [("11770.MDA_Google_Factor", 204), ("IntegratedApps", 204), ("mdo_safelinks", 204)]
    assert "2 still differ, and were left." in told.output
    found = states(emulator)
    assert (found["IntegratedApps"]["state"], found["mdo_safelinks"]["state"]) == ("Ignored", "ThirdParty")
    assert found["11770.MDA_Google_Factor"]["state"] == "ThirdParty"
    assert found["IntegratedApps"]["comment"] == "m365-posture [Ignored]: risk accepted by IT until 2999-01-01: Because."
    assert (found["exo_mailboxaudit"]["updatedBy"], found["AdminMFAV2"]["updatedBy"]) == (PERSON, None)
    assert [event for action, event in logged(tmp_path) if action == "IntegratedApps"] == ["writing", "accepted", "verified"]
    assert (tmp_path / "log.jsonl").read_bytes().isascii()
    again = report(BOTH + entry("11770.MDA_Google_Factor", "alternate-mitigation"), *APPLY)
    assert not again.writes
    assert "3 as they should be" in again.output


def test_an_end_that_was_moved_is_written_again(report: Report, emulator: Emulator) -> None:
    report(BOTH, *APPLY)
    moved = report(BOTH.replace("2999-01-01", "2999-12-31", 1), *APPLY)
    assert moved.writes == [("IntegratedApps", 204)]
    assert "until 2999-12-31" in states(emulator)["IntegratedApps"]["comment"]


def test_nothing_differs_is_0(report: Report) -> None:
    text = BOTH + entry("exo_mailboxaudit", "third-party") + entry("PWAgePolicyNew")
    told = report(text, *APPLY)
    assert told.status == DONE, told
    assert len(told.writes) == 2
    assert "A person had set it so" in told.output
    assert report(text).status == DONE


def test_what_is_no_longer_in_force_goes_where_it_was_ours(report: Report, emulator: Emulator) -> None:
    report(BOTH, *APPLY)
    told = report(entry("IntegratedApps", expires="2026-01-01"), *APPLY)
    assert sorted(told.writes) == [("IntegratedApps", 204), ("mdo_safelinks", 204)]
    found = states(emulator)
    assert {found[name]["state"] for name in ("IntegratedApps", "mdo_safelinks")} == {"Default"}
    assert "expired on 2026-01-01" in found["IntegratedApps"]["comment"]
    assert (found["exo_mailboxaudit"]["state"], found["PWAgePolicyNew"]["state"]) == ("ThirdParty", "ignored")
    assert "--reset sets it to Default" in told.output


def test_what_a_person_set_is_replaced_only_when_that_is_asked_for(report: Report, emulator: Emulator) -> None:
    text = entry("exo_mailboxaudit")
    left = report(text, *APPLY)
    assert not left.writes
    assert left.status == DIFFERENT
    assert f"set by {PERSON} on 2026-02-01" in left.line("exo_mailboxaudit")
    assert "--overwrite replaces it" in left.line("exo_mailboxaudit")
    assert report(text, *APPLY, "--reset").writes == [("PWAgePolicyNew", 204)]
    assert report(text, *APPLY, "--overwrite").writes == [("exo_mailboxaudit", 204)]
    assert states(emulator)["exo_mailboxaudit"]["state"] == "Ignored"


def test_a_state_that_a_person_changed_after_us_is_his(report: Report, emulator: Emulator) -> None:
    report(BOTH, *APPLY)
    comment = states(emulator)["IntegratedApps"]["comment"]
    vendor = {"provider": "SecureScore", "vendor": "Microsoft"}
    with emulator.behaving(roles=WRITER), client_of(emulator) as client:
        body = {"state": "Default", "comment": comment, "vendorInformation": vendor}
        assert client.patch(f"/v1.0/{PROFILES}/IntegratedApps", json=body).status_code == 204
    told = report(BOTH, *APPLY)
    assert not told.writes
    assert "--overwrite" in told.line("IntegratedApps")


def test_device_controls_are_never_written(report: Report) -> None:
    told = report(entry("scid_2012") + entry("SCID_2012", "third-party").replace("SCID", "scid2") + BOTH, *APPLY, "--reset", "--overwrite")
    assert not [name for name, _ in told.writes if name.startswith("scid")]
    assert "Defender Vulnerability Management" in told.line("scid_2012")


def test_an_action_the_tenant_has_not_is_named(report: Report) -> None:
    assert "exceptions.toml:1: Secure Score has no such action here" in report(entry("Nope")).output


def test_without_the_permission_nothing_is_tried(report: Report) -> None:
    told = report(BOTH, *APPLY, roles=needed())
    assert told.status == INCOMPLETE
    assert not told.writes
    assert told.errors.count("\n") == 1
    assert "SecurityEvents.ReadWrite.All" in told.errors


@pytest.mark.parametrize(
    ("fault", "said"),
    [("403", "Graph refused it (403): writing needs SecurityEvents.ReadWrite.All"), ("400", "Graph answered 400"), ("404", "Graph has no")],
)
def test_a_refusal_is_one_line_and_costs_nothing_else(report: Report, tmp_path: Path, fault: str, said: str) -> None:
    told = report(BOTH, *APPLY, faults=[f"{PROFILES}/IntegratedApps {fault} after=1"])
    assert told.status == INCOMPLETE
    assert sorted(told.writes) == [("IntegratedApps", int(fault)), ("mdo_safelinks", 204)]
    assert said in told.line("not written: IntegratedApps")
    assert "1 not written, 1 written" in told.output
    assert [event for action, event in logged(tmp_path) if action == "IntegratedApps"] == ["writing", "refused"]


@pytest.mark.parametrize("fault", ["429 retry-after=0.1", "503 retry-after=0.1", "reset", "token-expiry"])
def test_what_passes_is_tried_again(report: Report, fault: str) -> None:
    told = report(entry("IntegratedApps"), *APPLY, faults=[f"{PROFILES}/IntegratedApps {fault} after=1 times=1"])
    assert told.writes[-1] == ("IntegratedApps", 204)
    assert len(told.writes) == 2
    assert told.status == DIFFERENT


def test_a_second_run_goes_on(report: Report, tmp_path: Path) -> None:
    first = report(BOTH, *APPLY, "--patience=0", faults=[f"{PROFILES}/mdo_safelinks 503 after=1"])
    assert first.status == INCOMPLETE
    assert "Graph answered 503" in first.line("not written: mdo_safelinks")
    with (tmp_path / "log.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-')
    second = report(BOTH, *APPLY)
    assert second.writes == [("mdo_safelinks", 204)]
    assert "1 lines of" in second.output
    assert [event for action, event in logged_whole(tmp_path) if action == "mdo_safelinks"][-1] == "verified"


def logged_whole(folder: Path) -> list[tuple[str, str]]:
    kept = [line for line in (folder / "log.jsonl").read_text("utf-8").splitlines() if line.endswith("}")]
    return [(json.loads(line)["action"], json.loads(line)["event"]) for line in kept]


def test_what_graph_shows_late_is_waited_for(report: Report) -> None:
    told = report(entry("IntegratedApps"), *APPLY, faults=[f"{MANY} lag seconds=1.5"])
    assert told.writes == [("IntegratedApps", 204)]
    assert "written: IntegratedApps: Ignored" in told.output


def test_what_graph_does_not_show_is_not_verified_and_not_written_twice(report: Report, tmp_path: Path) -> None:
    first = report(entry("IntegratedApps"), *APPLY, "--patience=1", faults=[f"{MANY} lag"])
    assert first.status == INCOMPLETE
    assert "not yet visible: IntegratedApps" in first.output
    assert logged(tmp_path)[-1] == ("IntegratedApps", "not yet visible")
    dry = report(entry("IntegratedApps"))
    assert dry.line("IntegratedApps").startswith("wait")
    second = report(entry("IntegratedApps"), *APPLY, "--patience=1")
    assert not second.writes
    assert second.status == INCOMPLETE
    other = report(entry("IntegratedApps", reason="Another one."), *APPLY)
    assert other.writes == [("IntegratedApps", 204)], "another comment is another write"


@pytest.mark.parametrize("fault", [f"{PROFILES} 403", f"{PROFILES} 500", f"{PROFILES} truncated", f"{PROFILES} loop after=1"])
def test_states_that_cannot_be_read_are_not_known(report: Report, fault: str) -> None:
    told = report(BOTH, *APPLY, "--reset", "--patience=0", faults=[fault])
    assert told.status == INCOMPLETE
    assert not told.writes
    assert told.errors.endswith("Nothing was written.\n")
    assert told.errors.count("\n") == 1
