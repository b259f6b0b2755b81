"""A recording of which any byte is another is refused by name, and no name in it leads out of its folder."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.graph.client import Answer
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.manifest import Manifest, RecordedTenant, SnapshotError
from fixtures.graph.names import evidence_id, file_name
from fixtures.graph.recorder import Recorder
from fixtures.graph.replay import SnapshotTransport
from fixtures.graph.snapshot import open_snapshot
from tests.harness import NOW

GRAPH = "https://graph.microsoft.com"
PATHS = ("v1.0/organization", "v1.0/users", "beta/things")


def record(path: Path) -> Path:
    """A small recording: three answers, one of two pages, one request without an answer, and both declarations."""
    recorder = Recorder(path)
    for number, graph_path in enumerate(PATHS):
        body = json.dumps({"value": [{"id": str(number)}]}).encode()
        recorder.answered("things", graph_path, 1, Answer(f"{GRAPH}/{graph_path}", 200, body, NOW, "id"))
    recorder.answered("things", PATHS[1], 2, Answer(f"{GRAPH}/{PATHS[1]}?$skiptoken=2", 404, b"{}", NOW))
    recorder.unanswered("others", "v1.0/others", 1, f"{GRAPH}/v1.0/others", Unreadable(Cause.UNAVAILABLE, "No answer."))
    recorder.declared("tenant.toml", b'name = "Tiny"\n')
    recorder.declared("exceptions.toml", b"")
    recorder.finish(Manifest(recorded_at=NOW, tenant=RecordedTenant("id", "Tiny", "tiny", "global")))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recorded") / "it")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("recorded") / "it.zip")


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a test puts what it damaged."""
    return tmp_path_factory.mktemp("damaged")


def refusal(path: Path) -> str:
    with pytest.raises(SnapshotError) as refused:
        open_snapshot(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_recording_is_accepted(folder: Path, archive: Path) -> None:
    assert open_snapshot(folder).sealed
    assert open_snapshot(archive).sealed
    assert open_snapshot(folder).manifest == open_snapshot(archive).manifest
    assert open_snapshot(folder).declared.name == "Tiny"


def test_any_byte_of_a_zip(archive: Path, damaged: Path) -> None:
    whole, path = archive.read_bytes(), damaged / "it.zip"
    changes = (0x01, 0x20, 0xFF)  # a digit's neighbour, another case, anything
    for position in range(len(whole)):
        for change in changes if position > len(whole) - 120 else (changes[position % 3],):
            body = bytearray(whole)
            body[position] ^= change
            path.write_bytes(body)
            assert str(path) in refusal(path), (position, change)


@settings(max_examples=100)
@given(st.data())
def test_any_change_of_a_zip(archive: Path, damaged: Path, data: st.DataObject) -> None:
    """A byte that is another, an end that is missing, and bytes before, within or behind."""
    whole, path = archive.read_bytes(), damaged / "changed.zip"
    start = data.draw(st.one_of(st.integers(0, len(whole)), st.integers(len(whole) - 100, len(whole))))
    end = data.draw(st.integers(start, min(start + 200, len(whole))) | st.just(len(whole)))
    body = whole[:start] + data.draw(st.binary(max_size=100) | st.just(whole)) + whole[end:]
    path.write_bytes(body)
    if body != whole:
        assert str(path) in refusal(path)


@settings(max_examples=120)
@given(st.data())
def test_any_byte_of_any_file_of_a_folder(folder: Path, damaged: Path, data: st.DataObject) -> None:
    copy = damaged / "it"
    if not copy.exists():
        shutil.copytree(folder, copy)
    file = copy / data.draw(st.sampled_from(sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())))
    whole = file.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    body = whole[:start] + data.draw(st.binary(max_size=3)) + whole[end:]
    try:
        file.write_bytes(body)
        if body != whole:
            assert file.relative_to(copy).as_posix() in refusal(copy)
    finally:
        file.write_bytes(whole)


def test_any_byte_of_the_manifest(folder: Path, damaged: Path) -> None:
    """Also the key under which its own hash stands, without which it would be one made by hand."""
    copy = damaged / "manifest"
    shutil.copytree(folder, copy)
    file = copy / "snapshot.json"
    whole = file.read_bytes()
    for position in range(len(whole)):
        body = bytearray(whole)
        body[position] ^= 0x01 if position % 2 else 0x20
        file.write_bytes(body)
        assert "snapshot.json" in refusal(copy), position


def test_files_that_are_missing_or_were_added(folder: Path, damaged: Path) -> None:
    for name in sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        if name != "snapshot.json":
            copy = shutil.copytree(folder, damaged / f"without {name.replace('/', ' ')}")
            (copy / name).unlink()
            assert f"{name} is listed in snapshot.json and missing" in refusal(copy)
    for name in ("v1.0/more.json", "readme.txt", "v1.0/users@more.json"):
        copy = shutil.copytree(folder, damaged / f"with {name.replace('/', ' ')}")
        (copy / name).write_text("{}", "utf-8")
        assert f"{name} is not listed" in refusal(copy)


def _zipped(folder: Path, path: Path, comment: bytes = b"", twice: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder).as_posix())
        if twice:
            with pytest.warns(UserWarning, match="Duplicate"):
                archive.writestr(twice, "{}")
        archive.comment = comment
    return path


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_damaged_zip_without_a_seal_is_opened_or_refused_in_one_line(damaged: Path, changes: list[tuple[int, int]]) -> None:
    path = damaged / "hurt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v1.0/kj\u00f8kken.json", '{"value": []}')
    body = bytearray(path.read_bytes())
    for position, byte in changes:
        body[position % len(body)] = byte
    path.write_bytes(body)
    with suppress(SnapshotError):
        open_snapshot(path)


def test_a_name_in_a_zip_that_is_no_utf_8_is_damage(damaged: Path) -> None:
    path = damaged / "name.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("v1.0/kj\u00f8kken.json", "{}")
    path.write_bytes(path.read_bytes().replace("\u00f8".encode(), b"\xff\xfe"))
    assert "not a zip that can be read" in refusal(path)


def test_a_zip_made_by_hand_is_as_good_as_its_files(folder: Path, damaged: Path) -> None:
    assert open_snapshot(_zipped(folder, damaged / "hand.zip")).sealed
    assert "does not end with its SHA-256" in refusal(_zipped(folder, damaged / "comment.zip", b"made by hand"))
    assert "its comment" in refusal(_zipped(folder, damaged / "false.zip", b"sha256:" + b"0" * 64))
    assert "v1.0/users.json is in the zip twice" in refusal(_zipped(folder, damaged / "twice.zip", twice="v1.0/users.json"))
    other = shutil.copytree(folder, damaged / "other")
    (other / "v1.0" / "users.json").write_text("{}", "utf-8")
    assert "v1.0/users.json is not the file" in refusal(_zipped(other, damaged / "other.zip"))


def test_a_folder_made_by_hand_needs_no_manifest(folder: Path, damaged: Path) -> None:
    copy = shutil.copytree(folder, damaged / "hand")
    (copy / "snapshot.json").unlink()
    snapshot = open_snapshot(copy)
    assert not snapshot.sealed
    (copy / "v1.0" / "users.json").unlink()
    with pytest.raises(SnapshotError, match=re.escape("v1.0/users.json cannot be read: No such file or directory.")):
        snapshot.read("v1.0/users.json")


def _resealed(folder: Path, copy: Path, **changes: Any) -> Path:
    """A copy with another manifest, sealed again: it is not who made it that a seal proves."""
    shutil.copytree(folder, copy)
    manifest = json.loads((copy / "snapshot.json").read_bytes()) | changes | {"sha256": "0" * 64}
    text = json.dumps({"sha256": manifest.pop("sha256"), **manifest})
    (copy / "snapshot.json").write_text(text.replace("0" * 64, hashlib.sha256(text.encode()).hexdigest(), 1), "utf-8")
    return copy


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sha256": None}, "has no SHA-256 of v1.0/users.json"),
        ({"sha256": ""}, "v1.0/users.json is not the file"),
        ({"file": "../../etc/passwd"}, "v1.0/users.json is not listed"),
        ({"url": "https://x:y/"}, "is no address"),
        ({"evidence": "v1.0/organization"}, "lists two answers for page 1 of v1.0/organization"),
    ],
)
def test_a_sealed_manifest_that_makes_no_sense(change: dict[str, Any], said: str, folder: Path, damaged: Path) -> None:
    requests = json.loads((folder / "snapshot.json").read_bytes())["requests"]
    requests = [{**entry, **change} if entry.get("file") == "v1.0/users.json" else entry for entry in requests]
    copy = _resealed(folder, damaged / f"resealed {next(iter(change))} {next(iter(change.values()))}".replace("/", " "), requests=requests)
    with pytest.raises(SnapshotError, match=re.escape(said)):
        SnapshotTransport(open_snapshot(copy))


def test_it_can_be_verified_by_hand(folder: Path) -> None:
    """As docs/snapshots.md says, with nothing of ours."""
    manifest = json.loads((folder / "snapshot.json").read_bytes())
    lines = [f"{entry['sha256']}  {entry['file']}\n" for entry in (*manifest["requests"], *manifest["files"]) if "file" in entry]
    if shutil.which("sha256sum") and shutil.which("sed"):
        done = subprocess.run(["sha256sum", "-c"], input="".join(lines), cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        script = f"sed '3s/[0-9a-f]\\{{64\\}}/{'0' * 64}/' snapshot.json | sha256sum"
        told = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True).stdout
        assert told.split()[0] == manifest["sha256"]
    assert len(lines) == 6


# Names


HOSTILE = st.text(
    st.sampled_from("abAB.%/\\:*?<>|@~ \"'\x00\x1f\x7fé\u0301\u202e~") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
) | st.sampled_from(
    ["..", ".", "con", "NUL.txt", "com1", "LPT9.", "a.page2", "a.403", "a.json", "C:", "a" * 300, "x.", "x ", "~", "%2e%2e"]
)


@settings(max_examples=150)
@given(st.lists(HOSTILE, min_size=1, max_size=12), st.sampled_from(["", "reading"]), st.integers(1, 3), st.sampled_from([200, 404]))
def test_every_path_is_a_name_that_any_file_system_takes(parts: list[str], variant: str, page: int, status: int) -> None:
    name = file_name("/".join(["v1.0", *parts]), variant, page, status)
    pieces = name.split("/")
    assert pieces[0].split("@")[0].removesuffix(".json").split(".page")[0].removesuffix(".404") == "v1.0"
    assert name.isascii()
    assert len(name) < 220
    for piece in pieces:
        assert piece
        assert len(piece) < 150
        assert set(piece) != {"."}
        assert piece[-1] not in ". "
        assert not set(piece) & set('<>:"|?*\\')
        assert piece.isprintable()
        assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)", piece.split(".")[0].strip(), re.IGNORECASE)
    assert not PureWindowsPath(name).is_absolute()


@settings(max_examples=150)
@given(
    st.lists(
        st.tuples(st.lists(HOSTILE, min_size=1, max_size=4), st.sampled_from(["", "a", "b"]), st.integers(1, 3)), min_size=2, max_size=2
    )
)
def test_two_that_differ_have_two_names(two: list[tuple[list[str], str, int]]) -> None:
    names = [file_name("/".join(["v1.0", *parts]), variant, page) for parts, variant, page in two]
    asked = [(_as_graph_reads("/".join(parts)), variant, page) for parts, variant, page in two]
    assert (names[0] == names[1]) == (asked[0] == asked[1])


def _as_graph_reads(path: str) -> list[str]:
    from urllib.parse import unquote

    return [part for part in unquote(path).split("/") if part]


@settings(max_examples=60)
@given(st.lists(st.lists(HOSTILE, min_size=1, max_size=4).map("/".join), min_size=1, max_size=6))
def test_hostile_paths_are_written_into_the_folder_and_found_again(damaged: Path, paths: list[str]) -> None:
    """Whatever a tenant calls its objects: each answer has a file of its own, below the folder, and stays what it was."""
    shutil.rmtree(damaged / "hostile", ignore_errors=True)
    before = set(damaged.iterdir())
    recorder = Recorder(damaged / "hostile")
    bodies = {f"{number}": path for number, path in enumerate(paths)}
    for body, path in bodies.items():
        recorder.answered(body, evidence_id(f"v1.0/x/{path}"), 1, Answer(f"{GRAPH}/v1.0/{body}", 200, body.encode(), NOW))
    recorder.finish(Manifest())
    assert set(damaged.iterdir()) == before | {damaged / "hostile"}
    snapshot = open_snapshot(damaged / "hostile")
    assert sorted(snapshot.read(request.file or "").decode() for request in snapshot.manifest.requests) == sorted(bodies)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("v1.0/users/a:b*c", "v1.0/users/a%3Ab%2Ac.json"),
        ("v1.0/users/a%3Ab", "v1.0/users/a%3Ab.json"),
        ("v1.0/users/a%253Ab", "v1.0/users/a%253Ab.json"),
        ("v1.0//users/", "v1.0/users.json"),
        ("v1.0/../../x", "v1.0/.%2E/.%2E/x.json"),
        ("v1.0/con/NUL.x/console", "v1.0/%63on/%4EUL.x/console.json"),
        ("v1.0/users/ada@x.example", "v1.0/users/ada%40x.example.json"),
        ("v1.0/a.page2/b.page2", "v1.0/a%2Epage2/b%2Epage2.json"),
        ("v1.0/a.json/b", "v1.0/a%2Ejson/b.json"),
        ("v1.0/reports/getX(period='D7')", "v1.0/reports/getX(period='D7').json"),
        ("v1.0/é", "v1.0/%C3%A9.json"),
    ],
)
def test_names(path: str, name: str) -> None:
    assert file_name(path) == name


@pytest.fixture(autouse=True)
def _nothing_half_written(damaged: Path) -> Iterator[None]:
    yield
    assert not list(damaged.glob("*.part"))
