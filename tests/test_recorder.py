"""Where a recording goes, and when there is none: what is not whole is never left behind, and nothing is overwritten."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.graph import recorder
from fixtures.graph.client import Answer
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.manifest import Manifest, RecordedCaller, RecordedTenant, SnapshotError
from fixtures.graph.recorder import Recorder
from fixtures.graph.snapshot import open_snapshot
from tests.ending import each_end, end
from tests.harness import NOW, Bench, Run

POSTURE_ALONE = True


def nothing_left(folder: Path, *but: str) -> None:
    assert {path.name for path in folder.iterdir()} == set(but)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--record={kept}/full",), "the folder is not empty"),
        (("--record={kept}/file.zip",), "it exists"),
        (("--record={kept}/file",), "it exists"),
        (("--record={kept}/folder.zip",), "it exists"),
        (("--record={kept}/none/it.zip",), "there is no folder"),
        (("--record={kept}/file/it.zip",), "there is no folder"),
        (("--record=",), "wants a path"),
        (("--redact",), "needs --record"),
        (("--record={kept}/it", "--preflight"), "nothing is read"),
        (("--record={kept}/it", "--collect-only"), "nothing is read"),
    ],
)
def test_where_no_snapshot_can_begin(arguments: tuple[str, ...], said: str, run: Callable[..., Run], kept: Path) -> None:
    (kept / "full").mkdir()
    (kept / "full" / "mine").write_text("x", "utf-8")
    (kept / "folder.zip").mkdir()
    for name in ("file", "file.zip"):
        (kept / name).write_text("mine", "utf-8")
    found = run("--tenant=nowhere-at-all", *(argument.format(kept=kept) for argument in arguments))
    assert found.status == 4
    (line,) = (line for line in found.output.splitlines() if line.startswith("ERROR"))
    assert said in line
    nothing_left(kept, "full", "folder.zip", "file", "file.zip")
    assert (kept / "file").read_text("utf-8") == (kept / "file.zip").read_text("utf-8") == "mine"


def test_an_empty_folder_is_taken(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    run(f"--tenant={bench.folder}", f"--record={kept}", "--action=OneAdmin")
    assert open_snapshot(kept).sealed


@each_end
def test_a_run_that_is_ended_leaves_no_snapshot(
    how: BaseException, bench: Bench, run: Callable[..., Run], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end(run, how, f"--tenant={bench.folder}", f"--record={kept / 'it.zip'}", "--action=OneAdmin")
    assert "no snapshot was kept: the run was interrupted" in capsys.readouterr().out
    nothing_left(kept)


def test_a_run_that_stops_at_a_failure_has_read_everything(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    run(f"--tenant={bench.folder}", f"--record={kept / 'it.zip'}", "-x", "--area=teams")
    assert open_snapshot(kept / "it.zip").sealed


def test_a_run_that_selects_nothing_leaves_no_snapshot(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    found = run(f"--tenant={bench.folder}", f"--record={kept / 'it'}", "-k", "no_such_check")
    assert "no snapshot was kept" in found.output
    nothing_left(kept)


def test_a_tenant_that_cannot_be_used_leaves_no_snapshot(run: Callable[..., Run], kept: Path) -> None:
    for name in ("it", "it.zip"):
        assert run("--tenant=nowhere-at-all", f"--record={kept / name}").status == 4
    nothing_left(kept)


@pytest.mark.parametrize(("name", "kind"), [("it", "_Folder"), ("it.zip", "_Zip")])
@pytest.mark.parametrize("last", [0, 7])
def test_a_full_disk_is_told_and_leaves_nothing(
    name: str, kind: str, last: int, bench: Bench, run: Callable[..., Run], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = getattr(recorder, kind).write

    def full(self: Any, name: str, body: bytes) -> None:
        if len(written) == last:
            raise OSError(28, "No space left on device")
        written.append(name)
        write(self, name, body)

    monkeypatch.setattr(getattr(recorder, kind), "write", full)
    found = run(f"--tenant={bench.folder}", f"--record={kept / name}", "--action=OneAdmin")
    assert found.status == 4
    assert found.output.count("ERROR: the snapshot cannot be written to") == 1
    assert "No space left on device" in found.output
    assert "Traceback" not in found.output
    nothing_left(kept)


def test_what_has_been_put_there_meanwhile_stays(kept: Path) -> None:
    for name in ("it", "it.zip"):
        recording = Recorder(kept / name)
        (kept / name).write_text("theirs", "utf-8")
        with pytest.raises(SnapshotError, match="meanwhile"):
            recording.finish(Manifest())
        recording.discard()
        assert (kept / name).read_text("utf-8") == "theirs"
    nothing_left(kept, "it", "it.zip")


@pytest.mark.parametrize("name", ["it", "it.zip"])
def test_bodies_are_not_kept_in_memory(name: str, kept: Path) -> None:
    recording, body = Recorder(kept / name), bytes(1 << 20)
    tracemalloc.start()
    for page in range(1, 41):
        recording.answered("users", "v1.0/users", page, Answer("https://graph.microsoft.com/v1.0/users", 200, bytes(body), NOW))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    recording.finish(Manifest())
    assert peak < 4 << 20
    snapshot = open_snapshot(kept / name)
    assert len(snapshot.manifest.requests) == 40


def test_two_names_that_are_one_to_a_file_system_stay_two(kept: Path) -> None:
    recording = Recorder(kept / "it")
    for group in ("ABC", "abc"):
        url = f"https://graph.microsoft.com/v1.0/groups/{group}/members"
        recording.answered("members", f"v1.0/groups/{group}/members", 1, Answer(url, 200, group.encode(), NOW))
    recording.finish(Manifest())
    snapshot = open_snapshot(kept / "it")
    assert [snapshot.read(request.file or "") for request in snapshot.manifest.requests] == [b"ABC", b"abc"]
    assert len({name.casefold() for name in snapshot.names}) == 3


def test_nothing_is_written_that_did_not_pass_the_redactor(kept: Path) -> None:
    """Whatever it makes of a text is what is written, and what is hashed."""

    class Redactor:
        def body(self, name: str, body: bytes) -> bytes:
            return body.replace(b"ada", b"eve")

        def name(self, file_name: str) -> str:
            return file_name.replace("ada", "eve")

        url = text = name

        def toml(self, text: bytes) -> bytes:
            return self.body("", text)

    recording = Recorder(kept / "it", Redactor())
    url = "https://graph.ada.example/v1.0/users/ada"
    recording.answered("user", "v1.0/users/ada", 1, Answer(url, 200, b'{"name": "ada"}', NOW, "of ada"))
    recording.unanswered("user", "v1.0/users/ada", 2, url, Unreadable(Cause.UNAVAILABLE, "No answer from Graph for /v1.0/users/ada (X)."))
    recording.declared("tenant.toml", b'name = "ada"')
    tenant = RecordedTenant("ada", "ada", "ada", "ada's lab", "https://graph.ada.example", "https://login.ada.example")
    recording.finish(Manifest(tenant=tenant, caller=RecordedCaller("app", "ada", "ada@x", ["User.Read.All"])))
    snapshot = open_snapshot(kept / "it")
    assert snapshot.names == {"snapshot.json", "tenant.toml", "v1.0/users/eve.json"}
    assert not [name for name in snapshot.names if b"ada" in snapshot.read(name)]
    assert snapshot.manifest.requests[1].reason == "No answer from Graph for /v1.0/users/eve (X)."


def test_a_redacted_recording_gives_the_same_verdicts(bench: Bench, run: Callable[..., Run], kept: Path) -> None:
    first = run(f"--tenant={bench.folder}", f"--record={kept / 'it.zip'}", "--redact", "--area=prerequisites", "--area=identity").verdicts()
    assert run(f"--tenant={kept / 'it.zip'}", "--area=prerequisites", "--area=identity").verdicts() == first
