"""The evidence package is made whole or not at all, and replaces nothing where it is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import reports.package.making  # noqa: F401  imported here once: pytester forgets what an inner run imports, and with it what is patched
from tests.ending import each_end, end
from tests.harness import Bench, Run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--evidence=",), "wants a path"),
        (("--evidence={kept}/none/it.zip",), "there is no folder"),
        (("--evidence={kept}/file/it.zip",), "there is no folder"),
        (("--evidence={kept}",), "it is a folder"),
        (("--evidence={kept}/it.zip", "--preflight"), "nothing is read"),
        (("--evidence={kept}/it.zip", "--collect-only"), "nothing is read"),
        (("--evidence={kept}/it.zip", "--record={kept}/it.zip"), "used for something else"),
        (("--evidence={kept}/file", "--tenant={kept}/file"), "used for something else"),
        (("--evidence={kept}/it.zip", "--redact", "--baseline={kept}/file"), "takes no --baseline"),
        (("--sign={kept}/file",), "needs --evidence"),
        (("--evidence={kept}/it.zip", "--sign={kept}/none"), "cannot be read"),
        (("--evidence={kept}/it.zip", "--sign={kept}/file"), "no private key"),
        (("--redact",), "needs --record or --evidence"),
    ],
)
def test_where_no_package_can_begin(arguments: tuple[str, ...], said: str, run: Callable[..., Run], kept: Path) -> None:
    (kept / "file").write_text("mine", "utf-8")
    found = run("--tenant=nowhere-at-all", *(argument.format(kept=kept) for argument in arguments))
    assert found.status == 4
    (line,) = (line for line in found.output.splitlines() if line.startswith("ERROR"))
    assert said in line
    assert {path.name for path in kept.iterdir()} == {"file"}
    assert (kept / "file").read_text("utf-8") == "mine"


@each_end
def test_a_run_that_is_ended_leaves_what_was_there(
    how: BaseException, bench: Bench, run: Callable[..., Run], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept / "it.zip").write_text("the one before", "utf-8")
    end(run, how, f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--action=OneAdmin")
    assert "no evidence package was made: the run was interrupted" in capsys.readouterr().out
    assert [path.name for path in kept.iterdir()] == ["it.zip"]
    assert (kept / "it.zip").read_text("utf-8") == "the one before"


def test_a_run_that_stops_early_is_no_evidence(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    found = run(f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--action=aad_admin_consent_workflow", "--area=identity", "-x")
    assert "no evidence package was made: the run stopped early" in found.output
    assert not list(kept.iterdir())


def test_a_disk_that_is_full(bench: Bench, run: Callable[..., Run], kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (kept / "it.zip").write_text("the one before", "utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("reports.package.writing.seal_zip", full)
    found = run(f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--action=OneAdmin")
    assert found.status == 4
    assert "cannot be written" in found.output
    assert "No space left" in found.output
    assert [path.read_text("utf-8") for path in kept.iterdir()] == ["the one before"]


def test_an_error_of_ours_is_no_finding(bench: Bench, run: Callable[..., Run], kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.package.making.Maker._write", lambda *_: 1 / 0)
    found = run(f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--action=OneAdmin")
    assert found.status == 3
    assert not list(kept.iterdir())
