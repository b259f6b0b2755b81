"""Exceptions: only `exceptions.toml` accepts, only what is not met, and only while what it was granted for stands."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.harness import ROOT, Bench, Run

POSTURE_ALONE = True

APPS = "aad_third_party_apps"
# Where actions are judged that are not of the directory.
FILES = {"dlp_datalossprevention": "check_information_protection.py", "mdo_blockmailforward": "check_defender_for_office_365.py"}


def entry(action: str = APPS, expires: str = "2027-01-01", extra: str = "", state: str = "risk-accepted") -> str:
    return f'[[exception]]\naction = "{action}"\nstate = "{state}"\nreason = "Because."\nowner = "IT"\nexpires = {expires}\n{extra}\n'


def judged(run: Callable[..., Run], bench: Bench, text: str, action: str = APPS) -> Run:
    (bench.folder / "exceptions.toml").write_text(text, "utf-8")
    return run(f"--tenant={bench.folder}", "--action", action, checks=ROOT / "checks" / FILES.get(action, "check_identity.py"))


def test_in_force(bench: Bench, run: Callable[..., Run]) -> None:
    found = judged(run, bench, entry(extra='observed = { "users may register applications" = true }'))
    record = found.records[APPS]
    assert record.verdict == "accepted"
    assert "Risk accepted by IT until 2027-01-01: Because." in record.reason
    assert record.exception
    assert record.exception.in_force
    assert found.status == 0


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (entry(expires="2026-11-19"), "expired on 2026-11-19"),
        (entry(extra='observed = { "users may register applications" = false }'), "was granted for"),
        (entry(extra='observed = { "something" = 1 }'), "which was not observed"),
        (entry(extra='observed = { "users may register applications" = 1 }'), "was granted for"),
    ],
)
def test_lapsed(text: str, status: str, bench: Bench, run: Callable[..., Run]) -> None:
    found = judged(run, bench, text)
    record = found.records[APPS]
    assert record.verdict == "not met"
    assert record.exception
    assert status in record.exception.status
    assert found.status == 1


def test_on_its_last_day_it_holds(bench: Bench, run: Callable[..., Run]) -> None:
    assert judged(run, bench, entry(expires="2026-11-20")).records[APPS].verdict == "accepted"


def test_what_is_met_needs_none_and_says_so(bench: Bench, run: Callable[..., Run]) -> None:
    found = judged(run, bench, entry("OneAdmin"), "OneAdmin")
    assert found.records["OneAdmin"].verdict == "met"
    assert found.posture.exceptions[0]["status"] == "not needed: the action is met"


def test_nobody_accepts_what_is_not_evaluated(bench: Bench, run: Callable[..., Run]) -> None:
    bench.cut("policies/authorizationPolicy")
    found = judged(run, bench, entry())
    assert found.records[APPS].verdict == "not evaluated"
    assert found.status == 10


def test_a_third_party_claimed_in_the_portal_alone_is_not_met(bench: Bench, run: Callable[..., Run]) -> None:
    name = "dlp_datalossprevention"
    bench.choose_exports("off")
    without = judged(run, bench, "", name)
    assert without.records[name].verdict == "not met"
    assert "Claimed in Secure Score as resolved by a third party" in without.records[name].reason
    assert judged(run, bench, entry(name, state="third-party"), name).records[name].verdict == "accepted"


def test_ignored_in_the_portal_accepts_nothing_and_is_shown(bench: Bench, run: Callable[..., Run]) -> None:
    bench.choose_exports("off")
    record = judged(run, bench, "", "mdo_blockmailforward").records["mdo_blockmailforward"]
    assert record.verdict == "not met"
    assert record.microsoft
    assert record.microsoft.state == "Ignored"
    assert record.microsoft.state_by
    assert record.microsoft.state_at


def test_of_another_tenant(bench: Bench, run: Callable[..., Run]) -> None:
    for name in ("other", "", "tenant", "11111111-1111-1111-1111-111111111111"):
        assert judged(run, bench, entry(extra=f'tenant = "{name}"')).records[APPS].verdict == "not met", name
    assert judged(run, bench, entry(extra='tenant = "Fjordline Outfitters"')).records[APPS].verdict == "accepted"


@pytest.mark.parametrize(
    "text",
    [
        entry(extra="because = 1"),
        entry(state="ignored"),
        entry(expires='"soon"'),
        entry() + entry(),
        entry().replace("Because.", " "),
        entry(action="a\\u001b[2Jb", state="x"),
        "[[exception]]\n",
        "exceptions = 1",
    ],
)
def test_a_damaged_file(text: str, bench: Bench, run: Callable[..., Run]) -> None:
    found = judged(run, bench, text)
    assert found.status == 4
    assert "exceptions.toml" in found.output
    assert "\x1b[2J" not in found.output


def test_run_with_runxfail_nothing_is_accepted(bench: Bench, run: Callable[..., Run]) -> None:
    (bench.folder / "exceptions.toml").write_text(entry(), "utf-8")
    assert run(f"--tenant={bench.folder}", "--action", APPS, "--runxfail").records[APPS].verdict == "not met"


def test_the_demo_tenants_own(bench: Bench, run: Callable[..., Run]) -> None:
    statuses = {row["action"]: row["status"] for row in run(f"--tenant={bench.folder}").posture.exceptions}
    assert statuses["aad_third_party_apps"] == statuses["dlp_datalossprevention"] == "in force"
    assert statuses["mdo_blockmailforward"].startswith("expired on")
    assert "it is none now" in statuses["spo_external_sharing_managed"]


def test_what_is_wrong_is_named_with_file_and_line(bench: Bench, run: Callable[..., Run]) -> None:
    text = f"# accepted\n\n{entry()}\n{entry('OneAdmin')}\n{entry()}"
    found = judged(run, bench, text)
    assert found.status == 4
    assert f"exceptions.toml:19: {APPS} is excepted twice, the first time at the tenant's exceptions.toml:3." in found.output
    wrong = entry("OneAdmin").replace("owner", "keeper")
    found = judged(run, bench, f"{entry()}\n{wrong}")
    assert found.status == 4
    assert "exceptions.toml:9 is damaged: Object contains unknown field `keeper`" in found.output
    found = judged(run, bench, "exceptions = []\n")
    assert found.status == 4
    assert "only [[exception]] tables may stand in it, and there is exceptions." in found.output


def test_what_accepts_nothing_is_named_with_file_and_line(bench: Bench, run: Callable[..., Run]) -> None:
    text = f"{entry(expires='2026-11-19')}\n{entry('NoSuchAction')}\n{entry('OneAdmin')}"
    found = judged(run, bench, text)
    assert f"exceptions.toml:1: the exception for {APPS} accepts nothing: expired on 2026-11-19" in found.output
    assert "exceptions.toml:9: the exception for NoSuchAction accepts nothing: names no action" in found.output
    assert "exceptions.toml:17: the exception for OneAdmin accepts nothing: its action was not selected" in found.output
