"""What `exceptions.toml` says, told to Secure Score: what is written, what never is, and what is left to the person who set it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.exceptions import Placed
from ci.secure_score import command
from ci.secure_score.applying import Applying, Done
from ci.secure_score.log import History, Log, LogError, read
from ci.secure_score.plan import DIFFERS, WRITES, Facts, Kind, Step, plan
from ci.secure_score.saying import excepted, is_ours, shows, standing
from ci.secure_score.states import Present, State, States
from ci.secure_score.writing import Written, address
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.patience import Patience
from fixtures.permissions import needed
from fixtures.record import Record
from fixtures.resources.secure_score import StateUpdate
from fixtures.text import one_line
from fixtures.verdicts import Verdict
from tests.emulator import Emulator, running
from tests.emulator.clients import client_of
from tests.emulator.tiny import PROFILES, TENANT_ID, write_tiny
from tests.harness import ROOT

DONE, DIFFERENT, INCOMPLETE, USAGE = 0, 1, 10, 4
WRITER = [*needed(), "SecurityEvents.ReadWrite.All"]
PERSON, MANY = "admin@tiny.example", f"{PROFILES}/*"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


def entry(action: str, state: str = "risk-accepted", expires: str = "2999-01-01", extra: str = "", reason: str = "Because.") -> str:
    return f'[[exception]]\naction = "{action}"\nstate = "{state}"\nreason = "{reason}"\nowner = "IT"\nexpires = {expires}\n{extra}\n'


BOTH = entry("IntegratedApps") + entry("mdo_safelinks", "third-party")


def profile(name: str, state: str = "Default", by: str | None = None, comment: str | None = None) -> dict[str, Any]:
    at = "2026-02-01T10:00:00.1234567Z" if by else None
    update = {"assignedTo": None, "comment": comment, "state": state, "updatedBy": by, "updatedDateTime": at}
    return {"id": name, "title": f"About {name}", "maxScore": 5, "service": "X", "controlStateUpdates": [update]}


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny tenant, in whose Secure Score a person set two states and others were never touched."""
    folder = write_tiny(tmp_path_factory.mktemp("tiny"))
    first, second = (folder / f"v1.0/{PROFILES}{page}.json" for page in ("", ".page2"))
    body = json.loads(first.read_bytes())
    body["value"] = [profile(name) for name in ("AdminMFAV2", "IntegratedApps", "scid_2012", "11770.MDA_Google_Factor")]
    first.write_text(json.dumps(body), "utf-8")
    rows = [
        profile("mdo_safelinks"),
        profile("exo_mailboxaudit", "ThirdParty", PERSON, "\x1b[2J\u202eown \x9b words"),
        profile("PWAgePolicyNew", "ignored", f"{PERSON}\x1b]0;x\x07"),
    ]
    second.write_text(json.dumps({"value": rows}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def running_emulator(snapshot: Path) -> Iterator[Emulator]:
    with running(snapshot) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """As it was recorded; and this process is who signs in there."""
    for name in ("AZURE_TENANT_ID", "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "M365_CREDENTIAL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**running_emulator.environment, "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)
    yield running_emulator
    running_emulator.forget_writes()


class Told(NamedTuple):
    """What the command printed, its status, and what it sent that could change anything."""

    status: int
    output: str
    errors: str
    writes: list[tuple[str, int]]

    def line(self, action: str) -> str:
        """The last line about an action."""
        return [line for line in self.output.splitlines() if action in line][-1]


Report = Callable[..., Told]


@pytest.fixture
def report(emulator: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    """The command, in this process. `text` is what stands in exceptions.toml, `behaviour` what the emulator does besides."""
    keys = {"id": emulator.tenant_id, "cloud": "lab", "graph": emulator.graph, "authority": emulator.authority}
    (tmp_path / "tenants.toml").write_text("[lab]\n" + "\n".join(f'{key} = "{value}"' for key, value in keys.items()), "utf-8")

    def run(text: str, *arguments: str, tenant: str = "lab", **behaviour: Any) -> Told:
        file = tmp_path / "exceptions.toml"
        file.write_text(text, "utf-8")
        paths = ("--tenants", str(tmp_path / "tenants.toml"), "--exceptions", str(file), "--log", str(tmp_path / "log.jsonl"))
        with emulator.behaving(**{"roles": WRITER, **behaviour}):
            status = command.main(["--tenant", tenant, *paths, *arguments])
            writes = [(seen.path.rpartition("/")[2], seen.status) for seen in emulator.reads if seen.method != "GET"]
            assert {seen.method for seen in emulator.reads} <= {"GET", "PATCH"}
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        return Told(status, said.out, said.err, writes)

    return run


APPLY = ("--apply", "--yes")


def states(emulator: Emulator) -> dict[str, dict[str, Any]]:
    """The latest update of each action, as the tenant shows it."""
    with client_of(emulator) as client:
        page = client.get(f"/v1.0/{PROFILES}").json()
        rows = page["value"] + client.get(page["@odata.nextLink"]).json()["value"]
    return {row["id"]: row["controlStateUpdates"][-1] for row in rows}


def logged(folder: Path) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    return [(line["action"], line["event"]) for line in lines]


# Whole runs, over HTTPS with a real sign-in


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


# What it cannot be asked for


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tenant=demo",), "demo tenant"),
        (("--apply",), "--yes is the answer"),
        (("--yes",), "--apply"),
        (("--patience=-1",), "--patience"),
        (("--exceptions=nowhere.toml",), "nowhere.toml"),
        (("--posture=nowhere.json",), "--posture"),
        (("--tenants=nowhere.toml",), "nowhere.toml"),
        (("--tenant=nobody",), "unknown tenant"),
        (("--log={folder}/exceptions.toml/x",), "the log"),
    ],
)
def test_a_wrong_question_is_one_line(
    report: Report, arguments: Sequence[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    told = report(BOTH, *(argument.format(folder=tmp_path) for argument in arguments), *(APPLY if arguments[0].startswith("--log") else ()))
    assert told.status == USAGE
    assert said in told.errors
    assert told.errors.count("\n") == 1
    assert not told.writes


def test_an_option_that_is_none_is_a_usage_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_TENANT_ID", raising=False)
    with pytest.raises(SystemExit) as ended:
        command.main(["--nope"])
    assert ended.value.code == USAGE
    assert command.main([]) == USAGE
    assert capsys.readouterr().err.count("\n") == 2


@pytest.mark.parametrize("text", ["x", entry("A", state="x"), entry("A", reason=" "), entry("A") + entry("a"), "a = 1"])
def test_a_damaged_file_is_one_line(report: Report, text: str) -> None:
    told = report(text, *APPLY)
    assert told.status == USAGE
    assert "exceptions.toml" in told.errors
    assert not told.writes


def test_a_snapshot_is_told_nothing(report: Report, snapshot: Path) -> None:
    told = report(BOTH, *APPLY, tenant=str(snapshot))
    assert told.status == USAGE
    assert "is a snapshot" in told.errors


def test_another_tenants_entries_are_left_alone(report: Report, emulator: Emulator) -> None:
    report(BOTH, *APPLY)
    foreign = BOTH.replace("Because.", "Because.", 1).replace("owner", 'tenant = "other"\nowner')
    told = report(foreign, *APPLY)
    assert not told.writes, "the file may know this tenant by a name that nobody told us"
    assert "excepts it for the tenant 'other'" in told.line("IntegratedApps")
    by_id = BOTH.replace("owner", 'tenant = "11111111-1111-4111-8111-111111111111"\nowner')
    assert len(report(by_id, *APPLY).writes) == 2
    assert report(BOTH.replace("owner", f'tenant = "{TENANT_ID}"\nowner'), *APPLY).writes
    unread = report(foreign, roles=["SecurityEvents.ReadWrite.All"])
    assert unread.status == USAGE
    assert "Organization.Read.All" in unread.errors
    assert report(BOTH, roles=["SecurityEvents.ReadWrite.All"]).status == DIFFERENT, "one permission is enough for it"


def test_it_asks_on_a_terminal(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    asked: list[str] = []

    def answer(said: str) -> Callable[[str], str]:
        return lambda prompt: asked.append(prompt) or said  # type: ignore[func-returns-value]

    for said in ("", "y", "no"):
        monkeypatch.setattr("builtins.input", answer(said))
        told = report(BOTH, "--apply")
        assert (told.status, told.writes) == (DIFFERENT, [])
        assert "Nothing was written." in told.output
    monkeypatch.setattr("builtins.input", answer("yes"))
    assert len(report(BOTH, "--apply").writes) == 2
    assert "Write 2 of these to the Secure Score of lab" in asked[-1]
    assert TENANT_ID in asked[-1]


def test_ctrl_c_is_one_line_and_the_log_knows(report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ci.secure_score.writing.Writer.set_state", interrupted)
    told = report(entry("IntegratedApps"), *APPLY)
    assert told.status == INCOMPLETE
    assert "the same command goes on from there" in told.errors
    assert logged(tmp_path) == [("IntegratedApps", "writing")]


def test_observed_facts_need_a_run(report: Report, tmp_path: Path) -> None:
    text = entry("IntegratedApps", extra='observed = { "n" = 1 }')
    assert report(text).line("IntegratedApps").startswith("unknown")
    path = tmp_path / "posture.json"
    for observed, tenant, days, status, kind in (
        ({"n": 1}, TENANT_ID, 0, DIFFERENT, "set"),
        ({"n": 2}, TENANT_ID, 0, DIFFERENT, None),
        ({"n": 1}, "another", 0, USAGE, None),
        ({"n": 1}, TENANT_ID, 8, USAGE, None),
    ):
        path.write_bytes(posture(observed, tenant, days))
        told = report(text, f"--posture={path}")
        assert told.status == status, told
        lines = [line for line in told.output.splitlines() if "IntegratedApps" in line]
        assert [line.split()[0] for line in lines] == ([kind] if kind else [])


def posture(observed: dict[str, Any], tenant: str, days: int) -> bytes:
    from reports import posture as p

    at = datetime.now(UTC) - timedelta(days=days)
    row = record(Verdict.NOT_MET, observed)
    made = p.Posture(
        schema=p.SCHEMA,
        tool=p.Tool("m365-posture", "0"),
        started_at=at,
        finished_at=at,
        as_of=at,
        selection=p.Selection(False, [], 1, None),
        tenant=p.TenantFacts(tenant, "Tiny", "lab", "live", "lab"),
        score=None,
        licences=None,
        totals=p.count([row]),
        areas=[],
        verdicts=[row],
        evidence=[],
        unread=[],
        history=[],
        movements=[],
    )
    return msgspec.json.encode(made)


def record(verdict: Verdict, observed: dict[str, Any]) -> Record:
    return Record(
        item="i", action="IntegratedApps", title="t", area="identity", claim="c", basis="direct", verdict=verdict, observed=observed
    )


def test_it_is_a_command_of_its_own(emulator: Emulator, tmp_path: Path) -> None:
    """In a process of its own, as a pipeline starts it."""
    (tmp_path / "exceptions.toml").write_text(BOTH, "utf-8")
    keys = {"id": emulator.tenant_id, "cloud": "lab", "graph": emulator.graph, "authority": emulator.authority}
    (tmp_path / "tenants.toml").write_text("[lab]\n" + "\n".join(f'{key} = "{value}"' for key, value in keys.items()), "utf-8")
    line = [sys.executable, "-m", "ci", "report-to-secure-score", "--tenant=lab", f"--tenants={tmp_path / 'tenants.toml'}"]
    line += [f"--exceptions={tmp_path / 'exceptions.toml'}", f"--log={tmp_path / 'log.jsonl'}"]
    with emulator.behaving(roles=WRITER):
        for more in ((), APPLY):
            done = subprocess.run([*line, *more], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=60)
            assert (done.returncode, done.stderr) == (DIFFERENT, "")
        assert len([seen for seen in emulator.reads if seen.method == "PATCH"]) == 2
    log = (tmp_path / "log.jsonl").read_text("utf-8")
    assert emulator.environment["AZURE_CLIENT_SECRET"] not in log + done.stdout
    assert "eyJ" not in log + done.stdout, "no token"


def test_a_run_of_the_checks_never_loads_what_writes() -> None:
    code = (
        "import pytest, sys; options = ['--tenant=demo', '--collect-only', '-q', '-p', 'no:cacheprovider', '--action=OneAdmin'];"
        "status = pytest.main(options);"
        "sys.exit(status or any(name.startswith('ci.secure_score') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_two_modules_alone_know_a_method_that_writes() -> None:
    """This command, and the one that makes a snapshot job for a run whose user chose so."""
    writes = re.compile(r"Method\.(PATCH|PUT|DELETE)|\.(patch|put|delete)\(|\"(PATCH|PUT|DELETE)\"")
    files = [file for folder in ("fixtures", "checks", "reports", "ci") for file in (ROOT / folder).rglob("*.py")]
    assert sorted(file.name for file in files if writes.search(file.read_text("utf-8"))) == ["snapshot_jobs.py", "writing.py"]


# What is decided, over many tenants

ACTIONS = ("a", "b", "scid_1", "9.scid_2")
DATES = st.sampled_from([NOW.date() - timedelta(days=1), NOW.date(), NOW.date() + timedelta(days=1)])


@st.composite
def entries(draw: st.DrawFn, action: str) -> Placed:
    state: Any = draw(st.sampled_from(["risk-accepted", "third-party", "alternate-mitigation"]))
    observed = draw(st.sampled_from([{}, {"n": 1}]))
    reason = draw(st.text(min_size=1, max_size=600))
    return Placed(action=action, state=state, reason=reason, owner="IT", expires=draw(DATES), observed=observed, where="f:1")


@st.composite
def updates(draw: st.DrawFn) -> StateUpdate | None:
    """Untouched, a person's, or ours; also one of ours with a state that somebody changed."""
    if draw(st.booleans()):
        return None
    state = draw(st.sampled_from([*State, "IGNORED", "thirdParty", "Planned"]))
    if draw(st.booleans()):
        return StateUpdate(state, draw(st.sampled_from([None, PERSON])), NOW, draw(st.none() | st.text(max_size=20)))
    return StateUpdate(state, "app", NOW, excepted(draw(entries("x"))).comment)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    made = {action: draw(entries(action)) for action in draw(st.sets(st.sampled_from([*ACTIONS, "absent"])))}
    present = {action: Present(action, "", draw(updates())) for action in ACTIONS}
    verdict = draw(st.sampled_from(Verdict))
    records = {name: record(verdict, {"n": draw(st.sampled_from([1, 2]))}) for name in draw(st.sets(st.sampled_from(ACTIONS)))}
    return Facts(made, {}, present, records, History(), NOW, draw(st.booleans()), draw(st.booleans()))


@given(facts())
def test_nothing_is_written_that_may_not_be(given: Facts) -> None:
    for step in plan(given):
        if step.kind not in WRITES:
            continue
        assert not step.present.is_device
        assert step.saying
        entry = given.entries.get(step.action)
        if step.saying.state != State.DEFAULT:
            assert entry
            assert standing(entry, NOW.date(), given.records.get(step.action)).in_force
            assert step.present.update is None or is_ours(step.present.update) or given.overwrite
        else:
            assert is_ours(step.present.update) or (given.reset and step.present.state != State.REVIEWED)
        assert step.saying.comment == one_line(step.saying.comment)
        assert len(step.saying.comment) <= 480


@given(facts())
def test_what_was_written_needs_no_second_write(given: Facts) -> None:
    steps = plan(given)
    after = {
        name: msgspec.structs.replace(present, update=StateUpdate(step.saying.state, "app", NOW, step.saying.comment))
        if (step := next((each for each in steps if each.action == name and each.kind in WRITES), None)) and step.saying
        else present
        for name, present in given.states.items()
    }
    again = plan(msgspec.structs.replace(given, states=after))
    assert not [step for step in again if step.kind in WRITES]
    untouched = [step for step in steps if step.kind in DIFFERS - WRITES]
    assert [step for step in again if step.kind in DIFFERS] == untouched


@given(st.text() | st.from_regex(r"[\w.%/?#-]{1,30}", fullmatch=True))
def test_an_address_is_one_actions_and_no_others(action: str) -> None:
    try:
        url = address("https://graph.example", action)
    except ValueError:
        return
    parts = urlsplit(url)
    assert (parts.netloc, parts.query, parts.fragment) == ("graph.example", "", "")
    assert parts.path == f"/v1.0/security/secureScoreControlProfiles/{action}"
    assert parts.path.count("/") == 4
    assert ".." not in parts.path
    assert "scid_" not in action.casefold()[:5]


@pytest.mark.parametrize("action", ["", ".", "..", "a/b", "a%2Fb", "a b", "scid_1", "SCID_1", "12.scid_1", "a?b", "a#b", "é", "a" * 201])
def test_an_id_that_could_lead_elsewhere_is_refused(action: str) -> None:
    with pytest.raises(ValueError, match="no id"):
        address("https://graph.example", action)


def test_a_review_is_no_exception_and_stays() -> None:
    reviewed = Present("a", "", StateUpdate("reviewed", PERSON, NOW, "All of it."))
    (step,) = plan(Facts({}, {}, {"a": reviewed}, now=NOW, reset=True, overwrite=True))
    assert (step.kind, step.kind in DIFFERS) == (Kind.KEPT, False)
    wanted = Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1")
    (step,) = plan(Facts({"a": wanted}, {}, {"a": reviewed}, now=NOW))
    assert step.kind is Kind.LEFT


@pytest.mark.parametrize(
    ("verdict", "observed", "facts", "expected"),
    [
        (Verdict.NOT_MET, {}, {}, True),
        (Verdict.ACCEPTED, {"n": 1}, {"n": 1}, True),
        (Verdict.NOT_MET, {"n": 1}, {"n": 2}, False),
        (Verdict.MET, {}, {}, False),
        (Verdict.NOT_LICENSED, {}, {}, False),
        (Verdict.NOT_EVALUATED, {}, {}, True),
        (Verdict.NOT_EVALUATED, {"n": 1}, {"n": 1}, None),
    ],
)
def test_when_an_entry_is_in_force(verdict: Verdict, observed: dict[str, Any], facts: dict[str, Any], expected: bool | None) -> None:
    made = Placed("a", "risk-accepted", "r", "o", date(2026, 11, 27), None, observed, where="f:1")
    assert standing(made, NOW.date(), record(verdict, facts)).in_force is expected
    assert standing(made, date(2026, 11, 28), record(verdict, facts)).in_force is False
    assert standing(made, NOW.date(), None).in_force is (None if observed else True)


def test_a_comment_that_secure_score_shortened_is_the_same() -> None:
    saying = excepted(Placed("a", "risk-accepted", "r " * 200, "o", date(2027, 1, 1), where="f:1"))

    def said(comment: str, state: str = "Ignored") -> bool:
        return shows(Present("a", "", StateUpdate(state, "app", NOW, comment)), saying)

    assert said(saying.comment)
    assert said(saying.comment[:200])
    assert said(f"{saying.comment[:200]}…")
    assert not said(saying.comment[:30])
    assert not said(saying.comment.replace("2027", "2028"))
    assert not said(saying.comment, "ThirdParty")


def test_states_as_they_come() -> None:
    fold = States()
    rows = [
        {"id": "a", "controlStateUpdates": None},
        {"id": "b", "controlStateUpdates": [{"state": "thirdParty", "updatedBy": PERSON, "updatedDateTime": "2026-01-01T00:00:00Z"}]},
        {"id": "c", "controlStateUpdates": "Ignored"},
        {"id": "d", "controlStateUpdates": [{"state": "Default", "updatedBy": PERSON}]},
        {"id": "e"},
        {"id": "E", "controlStateUpdates": [{"state": "Ignored"}]},
    ]
    fold.add(json.dumps({"value": rows}).encode())
    found = fold.result()
    assert (found["a"].update, found["a"].problem, found["a"].state) == (None, None, "Default")
    assert (found["b"].state, found["d"].state) == ("ThirdParty", "Default")
    assert found["c"].problem
    assert found["d"].update, "a person set it to Default"
    assert found["e"].problem
    for wrong in (b"[]", b'{"value": [1]}', b'{"value": [{}]}', b'{"id": 1}'):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            States().add(wrong)
    with pytest.raises(Unreadable):
        States().result()


# How it is carried out, with a Graph that a test plays


class Graph:
    """One action in Secure Score. `answers` are what each write is answered with: a status, or an error; `took` whether it was taken."""

    def __init__(self, answers: Sequence[int | Exception], took: Sequence[bool], update: StateUpdate | None = None) -> None:
        self.update, self._answers, self._took = update, list(answers), list(took)
        self.writes = 0

    async def look(self, action: str) -> Present:
        return Present(action, "", self.update)

    async def set_state(self, action: str, state: State, comment: str, longest: float | None = None) -> Written:
        self.writes += 1
        if self._took.pop(0):
            self.update = StateUpdate(state, "app", NOW, comment)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Written(answer, b"", None, None)


def carried_out(graph: Graph, tmp_path: Path, planned: StateUpdate | None = None) -> tuple[dict[str, Done], list[str]]:
    saying = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1"))
    step = Step(Kind.SET, "a", Present("a", "", planned), "why", saying)
    lines: list[str] = []

    async def slept(seconds: float) -> None:
        pass

    with Log(tmp_path / "log.jsonl", "t") as log:
        patience, sight = (Patience(100.0, sleep=slept) for _ in range(2))
        applying = Applying(graph.look, graph, log, patience, sight, lines.append)  # type: ignore[arg-type]
        asyncio.run(applying.run([step]))
    return applying.done, lines


def test_a_write_whose_outcome_is_not_known_is_looked_for(tmp_path: Path) -> None:
    graph = Graph([500], [True])
    assert carried_out(graph, tmp_path)[0] == {"a": Done.WRITTEN}
    assert graph.writes == 1
    lost = Graph([TimeoutError(), 204], [False, True])
    assert carried_out(lost, tmp_path)[0] == {"a": Done.WRITTEN}
    assert lost.writes == 2


def test_a_graph_that_stays_broken_is_one_line(tmp_path: Path) -> None:
    done, lines = carried_out(Graph([502] * 9, [False] * 9), tmp_path)
    assert done == {"a": Done.FAILED}
    assert lines == ["not written: a: Graph answered 502 for a."]


def test_what_changed_since_the_plan_is_left(tmp_path: Path) -> None:
    graph = Graph([], [], StateUpdate("Reviewed", PERSON, NOW, None))
    done, lines = carried_out(graph, tmp_path)
    assert (done, graph.writes) == ({"a": Done.FAILED}, 0)
    assert f"Reviewed, set by {PERSON} on 2026-11-27" in lines[0]


def test_a_state_that_fell_back_is_not_verified(tmp_path: Path) -> None:
    """Graph answers 204 and keeps another state: https://github.com/microsoftgraph/microsoft-graph-docs/issues/3100."""
    done, _ = carried_out(Graph([204], [False]), tmp_path)
    assert done == {"a": Done.NOT_YET}


def test_without_a_log_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    graph = Graph([204], [True])
    monkeypatch.setattr("ci.secure_score.log.os.write", full)
    with pytest.raises(LogError, match="No space left"):
        carried_out(graph, tmp_path)
    assert graph.writes == 0


def test_a_log_is_its_tenants_and_holds_for_two_days(tmp_path: Path) -> None:
    carried_out(Graph([204], [False]), tmp_path)
    saying = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1"))
    now = datetime.now(UTC)
    found = read(tmp_path / "log.jsonl", "T")
    assert found.waits("A", saying.state, saying.comment, None, now)
    assert not found.waits("A", saying.state, saying.comment, None, now + timedelta(hours=49))
    assert not found.waits("A", saying.state, saying.comment, StateUpdate("Default", PERSON, NOW, None), now)
    assert not found.waits("b", saying.state, saying.comment, None, now)
    assert not read(tmp_path / "log.jsonl", "other").waits("a", saying.state, saying.comment, None, now)
    assert read(tmp_path / "none.jsonl", "t").unreadable == 0


def test_who_saved_our_comment_again_is_another(tmp_path: Path) -> None:
    carried_out(Graph([204], [True]), tmp_path)
    found = read(tmp_path / "log.jsonl", "t")
    comment = excepted(Placed("a", "risk-accepted", "r", "o", date(2027, 1, 1), where="f:1")).comment
    ours, theirs = (StateUpdate("Ignored", by, NOW, comment) for by in ("APP", PERSON))
    assert not found.is_another("a", ours)
    assert found.is_another("A", theirs)
    (step,) = plan(Facts({}, {}, {"a": Present("a", "", theirs)}, history=found, now=NOW))
    assert step.kind is Kind.LEFT
    (step,) = plan(Facts({}, {}, {"a": Present("a", "", ours)}, history=found, now=NOW))
    assert step.kind is Kind.RESET


def test_an_action_that_cannot_be_looked_at_is_not_written(tmp_path: Path) -> None:
    class Blind(Graph):
        async def look(self, action: str) -> Present:
            raise Unreadable(Cause.UNAVAILABLE, "It is dark.")

    graph = Blind([204], [True])
    done, lines = carried_out(graph, tmp_path)
    assert (done, graph.writes) == ({"a": Done.FAILED}, 0)
    assert "It is dark." in lines[0]
