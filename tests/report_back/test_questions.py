"""What the command cannot be asked for, whom it asks, and that it alone can write."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ci.secure_score import command
from fixtures.verdicts import Verdict
from tests.emulator import Emulator
from tests.emulator.tiny import TENANT_ID
from tests.harness import ROOT
from tests.report_back.told import APPLY, BOTH, DIFFERENT, INCOMPLETE, USAGE, WRITER, Report, entry, logged, record


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
