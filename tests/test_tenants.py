"""Which tenant: what cannot be used is one clear line and exit status 4, and leaves nothing behind."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixtures.graph.snapshot import SnapshotError, file_name, open_snapshot
from fixtures.launch import joined
from fixtures.tenant import slug_of
from tests.harness import Bench, Run, command


def _manifest(bench: Bench, **changes: object) -> None:
    path = bench.folder / "snapshot.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}), "utf-8")


def _listed(bench: Bench) -> list[dict[str, str]]:
    names = (path.relative_to(bench.folder).as_posix() for path in sorted((bench.folder / "v1.0").rglob("*.json")))
    return [{"file": name} for name in names]


def _unlisted(bench: Bench) -> None:
    """A file beside a listed one, which would be read in its place."""
    _manifest(bench, requests=_listed(bench))
    bench.write("domains@domains", {"value": []})


def _zip(bench: Bench, path: Path, top: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in bench.folder.rglob("*"):
            if file.is_file():
                archive.write(file, top + file.relative_to(bench.folder).as_posix())
    return path


def test_a_zip_is_a_folder(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    for top in ("", "deeper/"):
        found = run(f"--tenant={_zip(bench, tmp_path / 'it.zip', top)}", "--area", "teams", deliverables=False)
        assert found.status == 1
        assert found.posture.tenant.name == "Fjordline Outfitters"


def test_a_path_after_a_space_outside_the_project(bench: Bench, tmp_path: Path) -> None:
    done = command("--tenant", str(bench.folder), "--reports", str(tmp_path), "--action", "OneAdmin", "-q")
    assert done.returncode == 0, done.stderr


def test_joining_touches_our_options_only() -> None:
    assert joined(["--tenant", "a", "-k", "b", "--reports=c", "--tenant"]) == ["--tenant=a", "-k", "b", "--reports=c", "--tenant"]


def _damages(bench: Bench, tmp_path: Path) -> dict[str, tuple[str, str]]:
    """What is asked for, and what must be said, for each kind of damage."""
    other = tmp_path / "other"
    other.mkdir()
    (tmp_path / "not.zip").write_bytes(b"PK\x03\x04 no zip")
    whole = _zip(bench, tmp_path / "whole.zip").read_bytes()
    (tmp_path / "half.zip").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(tmp_path / "deflated.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("v1.0/domains.json", b"{}" * 5000)
    deflated = bytearray((tmp_path / "deflated.zip").read_bytes())
    deflated[60:64] = b"\xff\xff\xff\xff"
    (tmp_path / "deflated.zip").write_bytes(deflated)
    return {
        "nowhere": (str(tmp_path / "nowhere"), "no snapshot at"),
        "missing.zip": (str(tmp_path / "missing.zip"), "no snapshot at"),
        "a word": ("no-such-tenant", "unknown tenant"),
        "an empty folder": (str(other), "is not a snapshot"),
        "no zip": (str(tmp_path / "not.zip"), "not a zip"),
        "half a zip": (str(tmp_path / "half.zip"), "not a zip"),
        "a broken stream": (str(tmp_path / "deflated.zip"), "zip"),
        "an unknown compression": (str(_patched(whole, tmp_path / "method.zip", b"PK\x01\x02", 10, 99)), "not a zip that can be read"),
        "an encrypted zip": (str(_patched(whole, tmp_path / "secret.zip", b"PK\x01\x02", 8, 1)), "not a zip that can be read"),
    }


def _patched(whole: bytes, path: Path, mark: bytes, offset: int, value: int) -> Path:
    """A zip with one byte changed in every entry of its directory: what no writer of ours makes, and a reader meets."""
    data = bytearray(whole)
    at = data.find(mark)
    while at >= 0:
        data[at + offset] = value
        at = data.find(mark, at + 1)
    path.write_bytes(data)
    return path


KINDS_OF_DAMAGE = (
    *("nowhere", "missing.zip", "a word", "an empty folder", "no zip", "half a zip", "a broken stream"),
    *("an unknown compression", "an encrypted zip"),
)


@pytest.mark.parametrize("kind", KINDS_OF_DAMAGE)
def test_a_tenant_that_cannot_be_used(kind: str, bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    wanted, said = _damages(bench, tmp_path)[kind]
    _is_one_clear_line(run(f"--tenant={wanted}"), said)


def _is_one_clear_line(found: Run, said: str) -> None:
    assert found.status == 4, found.output
    lines = [line for line in found.output.splitlines() if line.startswith("ERROR")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "Traceback" not in found.output
    assert not found.folder.exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda b: (b.folder / "snapshot.json").write_text("{", "utf-8"), "snapshot.json is damaged"),
        (lambda b: (b.folder / "snapshot.json").write_bytes(b"\xff\xfe{}"), "snapshot.json is damaged"),
        (lambda b: _manifest(b, format=9), "format 9 is not known"),
        (lambda b: _manifest(b, recorded_at="never"), "snapshot.json is damaged"),
        (lambda b: _manifest(b, recorded_at="0001-01-01T00:00:00+14:00"), "snapshot.json is damaged"),
        (
            lambda b: _manifest(b, requests=[{"file": "v1.0/domains.json", "sha256": "00"}, *_listed(b)]),
            "v1.0/domains.json is not the file",
        ),
        (lambda b: _manifest(b, requests=[{"file": "v1.0/gone.json"}, *_listed(b)]), "v1.0/gone.json is listed"),
        (_unlisted, "is not listed in snapshot.json"),
        (lambda b: _manifest(b, tenant={"id": "11111111-1111-1111-1111-111111111111"}), "and its organization is"),
        (lambda b: _manifest(b, recorded_at="2001-01-01T00:00:00Z"), "before its own newest score"),
        (lambda b: (b.folder / "tenant.toml").write_text("name = ", "utf-8"), "tenant.toml is damaged"),
        (lambda b: (b.folder / "tenant.toml").write_text("breakglass = []", "utf-8"), "tenant.toml is damaged"),
        (lambda b: (b.folder / "exceptions.toml").write_text("[[exception]]", "utf-8"), "exceptions.toml:1 is damaged"),
        (lambda b: (b.folder / "exceptions.toml").write_text("x = [", "utf-8"), "exceptions.toml is damaged"),
    ],
    ids=map(str, range(14)),
)
def test_a_snapshot_that_is_damaged(damage: Callable[[Bench], object], said: str, bench: Bench, run: Callable[..., Run]) -> None:
    damage(bench)
    _is_one_clear_line(run(f"--tenant={bench.folder}"), said)


def test_a_hash_with_hyphens_in_its_keys_is_verified_too(bench: Bench, run: Callable[..., Run]) -> None:
    import hashlib

    good = hashlib.sha256(bench.file("domains").read_bytes()).hexdigest()
    when = "2026-11-19T08:00:00Z"
    domains = {"file": "v1.0/domains.json", "sha256": good, "retrieved-at": when, "request-id": "x"}
    _manifest(bench, requests=[*(entry for entry in _listed(bench) if entry["file"] != domains["file"]), domains])
    found = run(f"--tenant={bench.folder}", "--action", "PWAgePolicyNew", deliverables=False)
    assert found.status == 0
    evidence = next(item for item in found.posture.evidence if item.id == "v1.0/domains")
    assert evidence.sha256 == good
    assert f"{evidence.retrieved_at:%Y-%m-%dT%H:%M:%SZ}" == when


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lab", "tenants.toml is damaged"),
        ("[lab]\nid = 7\n", "tenants.toml is damaged"),
        ('[lab]\nid = "x"\nsecret = "y"\n', "tenants.toml is damaged"),
        ('[lab]\nid = "x"\ncredential = "guess"\n', "credential 'guess'"),
        ('[lab]\nid = "x"\ncloud = "mars"\n', "cloud 'mars'"),
        ('[lab]\nid = "x"\ncloud = "lab"\ngraph = "https://g.example"\nauthority = "http://localhost"\n', "not an https address"),
        ('[lab]\nid = "x"\ncloud = "lab"\ngraph = "https://g.example"\nauthority = "https://"\n', "not an https address"),
        ('[lab]\nid = "x"\ncloud = "lab"\ngraph = "https://g.example/v1.0"\nauthority = "https://l.example"\n', "not an https address"),
        ('[lab]\nid = "x"\ncloud = "lab"\ngraph = "https://u:p@g.example"\nauthority = "https://l.example"\n', "not an https address"),
        ('[lab]\nid = "x"\ncloud = "lab"\ngraph = "https://g.example"\n', "one of them is missing"),
        ('[lab]\nid = "x"\nauthority = "https://l.example"\n', "one of them is missing"),
        ('[lab]\nid = "x.example"\n', "no credentials for tenant x.example"),
        ('[other]\nid = "x.example"\n', "unknown tenant 'lab': not one of demo, other"),
    ],
)
def test_tenants_toml(text: str, said: str, run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text(text, "utf-8")
    _is_one_clear_line(run("--tenant=lab", f"--tenants={path}"), said)


def test_a_damaged_tenants_toml_stops_every_run(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text("[lab", "utf-8")
    _is_one_clear_line(run("--tenant=demo", f"--tenants={path}"), "tenants.toml is damaged")
    _is_one_clear_line(run("--tenant=demo", f"--tenants={tmp_path / 'gone.toml'}"), "there is no such file")


def test_a_secret_in_tenants_toml_is_not_repeated(run: Callable[..., Run], tmp_path: Path) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text('[lab]\nid = "x"\nclient_secret = "hunter2-hunter2"\n', "utf-8")
    assert "hunter2" not in run("--tenant=lab", f"--tenants={path}").output


def test_in_ci_no_tenant_is_an_error(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    _is_one_clear_line(run(), "no tenant: CI is set")


def test_the_environments_tenant_is_taken(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TENANT_ID", "11111111-2222-3333-4444-555555555555")
    _is_one_clear_line(run(), "no credentials for tenant 11111111-2222-3333-4444-555555555555")


def test_without_any_the_demo_tenant_is_named_loudly(run: Callable[..., Run]) -> None:
    found = run("--action", "OneAdmin", deliverables=False)
    assert "tenant: the demo tenant, which does not exist" in found.output
    assert found.posture.tenant.source == "demo"


def test_reports_cannot_go_where_a_file_is(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("mine", "utf-8")
    found = run(f"--tenant={bench.folder}")
    assert found.status == 4
    assert (tmp_path / "reports").read_text("utf-8") == "mine"


@pytest.mark.parametrize("option", [("--area", "teamz"), ("--action", "NoSuchAction")])
def test_an_unknown_selection(option: tuple[str, str], bench: Bench, run: Callable[..., Run]) -> None:
    _is_one_clear_line(run(f"--tenant={bench.folder}", *option), f"unknown {option[0][2:]} {option[1]!r}")


@pytest.mark.parametrize(
    ("wanted", "slug"),
    [("demo", "demo"), ("../x/Some Where.zip", "some-where"), ("contoso.com", "contoso.com"), ("..", "demo"), ("a\\b", "b"), ("", "demo")],
)
def test_a_tenants_folder(wanted: str, slug: str) -> None:
    assert slug_of(wanted) == slug


def test_the_demo_is_the_same_folder_or_built_in(demo_run: Run, bench: Bench, run: Callable[..., Run]) -> None:
    assert demo_run.verdicts() == run(f"--tenant={bench.folder}", deliverables=False).verdicts()


def test_names_a_file_system_refuses() -> None:
    assert file_name("v1.0/users/a:b*c") == "v1.0/users/a%3Ab%2Ac.json"
    assert file_name("v1.0/x", "r", 2, 403) == "v1.0/x@r.page2.403.json"
    with pytest.raises(SnapshotError):
        open_snapshot(Path("no/such/place"))


def test_one_path_read_in_two_ways(bench: Bench, run: Callable[..., Run]) -> None:
    body = bench.read("users")
    (bench.folder / "v1.0" / "users@declared_accounts.json").write_text(json.dumps({"value": []}), "utf-8")
    assert body["value"]
    found = run(f"--tenant={bench.folder}", "-k", "check_an_emergency_access_account_is_ready", deliverables=False)
    assert "does not exist" in next(iter(found.records.values())).reason


def test_a_score_of_the_year_one_is_no_crash(bench: Bench, run: Callable[..., Run]) -> None:
    def ancient(body: Any) -> None:
        for day in body["value"]:
            day["createdDateTime"] = "0001-01-01T00:00:00Z"

    bench.change("security/secureScores", ancient)
    found = run(f"--tenant={bench.folder}", "--action=AdminMFAV2", "--area=prerequisites", deliverables=False)
    assert "INTERNALERROR" not in found.output
    assert found.status in {1, 10, 11}
    assert found.records["check_the_score_is_not_older_than_48_hours"].verdict == "not met"
