"""The evidence package: made whole or not at all, and whatever is changed in one is found."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import reports.package.making  # noqa: F401  imported here once: pytester forgets what an inner run imports, and with it what is patched
from fixtures.demo import people
from fixtures.demo.settings import GROUPS, TENANT_ID
from fixtures.graph.limits import Gates
from fixtures.graph.snapshot import open_snapshot
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.package.comparing import differences
from reports.package.manifest import manifest_of
from reports.package.outputs import Outputs
from reports.plugin import FOLDER
from reports.posture import Posture
from tests.emulator import running
from tests.harness import DIRECT, ROOT, Bench, Run, command
from tests.packages import Checked, Files, Identity, change, files_of, identity, listed, sealed, verified, write

EXCEPTION = (
    '[[exception]]\naction = "aad_third_party_apps"\nstate = "risk-accepted"\nreason = "We know."\nowner = "IT"\nexpires = 2099-01-01\n'
)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., Checked]:
    return partial(verified, capsys)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("packages")


@pytest.fixture(scope="module")
def ca(place: Path) -> Identity:
    return identity(place, "The authority", ca=True)


@pytest.fixture(scope="module")
def auditor(place: Path, ca: Identity) -> Identity:
    """Who signs here: issued by an authority, with a passphrase on the key."""
    return identity(place, "The auditor", issuer=ca, passphrase="a passphrase of this test")


@pytest.fixture(scope="module")
def whole(place: Path, demo_template: Path, auditor: Identity) -> Path:
    """All checks of the demo tenant, which lies in a folder made by hand; signed. The folder of deliverables was in use before."""
    folder = place / "reports"
    (folder / "allure-results").mkdir(parents=True)
    for name in ("mine.txt", "report.html", ".hidden"):
        (folder / name).write_text("of an earlier time", "utf-8")
    (place / "whole.zip").write_text("old", "utf-8")
    done = command(
        f"--tenant={demo_template}", f"--evidence={place / 'whole.zip'}", f"--sign={auditor.signs_with}", f"--reports={folder}", "-q",
        M365_SIGN_PASSPHRASE="a passphrase of this test",
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"SHA-256 {hashlib.sha256((place / 'whole.zip').read_bytes()).hexdigest()}" in done.stdout
    assert "a passphrase of this test" not in done.stdout + done.stderr
    assert not list(place.glob("*.part"))
    return place / "whole.zip"


@pytest.fixture(scope="module")
def recorded(place: Path, whole: Path) -> Path:
    """A sealed snapshot of the demo tenant, as a zip."""
    folder = place / "unpacked"
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("snapshot/")])
    return folder / "snapshot"


@pytest.fixture(scope="module")
def part(place: Path, recorded: Path) -> Path:
    """One area of a recorded tenant, with an exception in force and a baseline, by a worker of xdist. What tests change is a copy of it."""
    (place / "exceptions.toml").write_text(EXCEPTION, "utf-8")
    path = place / "part.zip"
    arguments = (f"--tenant={recorded}", f"--evidence={path}", f"--exceptions={place / 'exceptions.toml'}", f"--reports={place / 'part'}")
    done = command(*arguments, f"--baseline={place / 'reports' / 'posture.json'}", "--fail-on=any", "--area=identity", "-q", "-n1")
    assert done.returncode == 1, done.stdout + done.stderr
    return path


# Made


def test_all_of_a_run_is_in_it_and_it_holds(
    whole: Path, place: Path, auditor: Identity, ca: Identity, verify: Callable[..., Checked]
) -> None:
    files = files_of(whole)
    folder = place / "reports"
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"mine.txt", ".hidden"}
    assert written > {"report.html", "workbook.xlsx", "posture.json", "junit.xml", "allure-results/executor.json"}
    assert {f"reports/{name}" for name in written - {"posture.json"}} == {name for name in files if name.startswith("reports/")}
    assert all(files[f"reports/{name}"] == (folder / name).read_bytes() for name in written - {"posture.json"})
    assert files["posture.json"] == (folder / "posture.json").read_bytes()
    manifest, posture = manifest_of(files["manifest.json"]), postures.read(folder / "posture.json")
    assert {member.file for member in manifest.files} == files.keys() - {"manifest.json", "manifest.json.p7s"}
    assert (manifest.tenant.id, manifest.tenant.name) == (TENANT_ID, "Fjordline Outfitters")
    assert (manifest.exit_status, manifest.finished_at, manifest.redacted, manifest.signed) == (1, posture.finished_at, False, True)
    assert b"aad_third_party_apps" in files["exceptions.toml"]
    told = verify(whole, "--certificate", auditor.known_by)
    assert told.status == 0, told.out
    assert "signed by CN=The auditor" in told.out
    assert "vouches for it" in told.out
    assert f"{len(posture.verdicts)} verdicts" in told.out
    assert not told.err


def test_openssl_verifies_the_signature(whole: Path, ca: Identity, auditor: Identity, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(tmp_path, ["manifest.json", "manifest.json.p7s"])
    (line,) = re.findall(r"^openssl cms .*", (ROOT / "docs" / "deliverables.md").read_text("utf-8"), re.MULTILINE)

    def says(certificate: Path) -> int:
        words = [str(certificate) if word == "certificate.pem" else word for word in line.split()]
        return subprocess.run(words, cwd=tmp_path, capture_output=True).returncode

    assert says(ca.known_by) == says(auditor.known_by) == 0
    assert says(identity(tmp_path, "Somebody else").known_by) != 0
    (tmp_path / "manifest.json").write_bytes((tmp_path / "manifest.json").read_bytes() + b" ")
    assert says(ca.known_by) != 0


def test_a_part_by_a_worker_on_a_recording(part: Path, recorded: Path, place: Path, verify: Callable[..., Checked]) -> None:
    """With an exception in force, and with a baseline to compare with."""
    files = files_of(part)
    assert files["baseline.json"] == (place / "reports" / "posture.json").read_bytes()
    assert {name: body for name, body in files.items() if name.startswith("snapshot/")} == {
        f"snapshot/{path.relative_to(recorded).as_posix()}": path.read_bytes() for path in recorded.rglob("*") if path.is_file()
    }, "a recording goes in as it was recorded"
    assert files["exceptions.toml"].decode() == EXCEPTION
    verdicts = {row["item"]: row["verdict"] for row in json.loads(files["posture.json"])["verdicts"]}
    assert {"accepted", "known", "met"} <= set(verdicts.values())
    told = verify(part)
    assert told.status == 0, told.out
    assert "not signed" in told.out
    assert f"{len(verdicts)} verdicts" in told.out


def test_deliverables_that_were_wanted_elsewhere(bench: Bench, run: Callable[..., Run], kept: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    run(
        f"--tenant={bench.folder}", "--action=OneAdmin", f"--evidence={kept / 'it.zip'}", f"--html={elsewhere / 'page.html'}",
        f"--junitxml={elsewhere / 'units.xml'}", f"--alluredir={elsewhere / 'allure'}",
    )  # fmt: skip
    files = files_of(kept / "it.zip")
    assert files["reports/report.html"] == (elsewhere / "page.html").read_bytes()
    assert files["reports/junit.xml"] == (elsewhere / "units.xml").read_bytes()
    assert files["reports/allure-results/executor.json"] == (elsewhere / "allure" / "executor.json").read_bytes()


def test_what_is_only_moved_is_none_of_the_run(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine", "utf-8")
    config = SimpleNamespace(stash={FOLDER: folder}, option=SimpleNamespace(), invocation_params=pytestconfig.invocation_params)
    outputs = Outputs(config)  # type: ignore[arg-type]
    (folder / "notes.txt").rename(folder / "notes of yesterday.txt")
    (folder / "new").mkdir()
    (folder / "new" / "posture.txt").write_text("new", "utf-8")
    if os.name == "posix":
        (folder / "new" / "link").symlink_to(folder / "notes of yesterday.txt")
    assert outputs.members(set()).keys() == {"reports/new/posture.txt"}
    assert outputs.members({folder / "new"}).keys() == set()


# Not made


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


class Ends:
    """Ends a run in its own way, at its first check."""

    def __init__(self, how: BaseException) -> None:
        self.how = how

    def pytest_runtest_call(self) -> None:
        raise self.how


@pytest.mark.parametrize("how", [KeyboardInterrupt(), pytest.exit.Exception("enough")], ids=["interrupted", "exit"])
def test_a_run_that_is_ended_leaves_what_was_there(
    how: BaseException, bench: Bench, run: Callable[..., Run], kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (kept / "it.zip").write_text("the one before", "utf-8")
    with suppress(KeyboardInterrupt):  # pytester passes it on
        run(f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--action=OneAdmin", plugins=[Ends(how)])
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


# Redacted


def secrets() -> set[str]:
    """Of the demo tenant, what stands for itself wherever it stands; in the form in which it is looked for."""
    users = [people.user(number, "", "") for number in range(1, people.USERS + 1)]
    own = {user["userPrincipalName"] for user in users} | {user["id"] for user in users} | {TENANT_ID, *GROUPS}
    names = {" ".join(re.findall(r"\w+", user["displayName"])) for user in users} - {"Emergency 1", "Emergency 2"}
    return {secret.casefold() for secret in {*own, *names, "fjordline", "Outfitters", "Head of IT", "Agents on the road"}}


def texts(files: Files) -> Iterator[tuple[str, str]]:
    """Each file as text, escapes undone, also those within a workbook."""
    for name, body in files.items():
        if name.endswith(".xlsx"):
            with zipfile.ZipFile(io.BytesIO(body)) as inner:
                yield from texts({f"{name}!{part}": inner.read(part) for part in inner.namelist()})
            continue
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), f"{name}\n{body.decode('utf-8', 'replace')}")
        text = re.sub(r"&#x?[0-9a-fA-F]+;|%[0-9a-fA-F]{2}|&\w+;", " ", text) if name.endswith((".html", ".xml")) else text
        yield name, text.casefold()


def leaks(files: Files) -> dict[str, str]:
    """What of the demo tenant is left, and where: a name by its words, and what may stand in the middle of one."""
    found: dict[str, str] = {}
    wanted = secrets()
    names = {secret for secret in wanted if secret.count(" ") < 2}
    middle = {"fjordline", "outfitters", TENANT_ID, *(secret[:23] for secret in wanted if re.fullmatch(r"[0-9a-f-]{36}", secret))}
    for name, text in texts(files):
        words = re.findall(r"\w+", text)
        said = {*words, *(f"{one} {two}" for one, two in pairwise(words))}
        longer = " ".join(words)
        found |= dict.fromkeys((names & said) | {secret for secret in middle if secret in text}, name)
        found |= dict.fromkeys({secret for secret in wanted - names if secret in longer}, name)
    return found


def test_nothing_of_a_live_tenant_is_in_a_redacted_package(
    demo_template: Path, whole: Path, tmp_path: Path, kept: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch,
    verify: Callable[..., Checked],
) -> None:  # fmt: skip
    """Every check that reads a setting (what rests on the score alone names nobody), and a recording beside the package."""
    monkeypatch.setattr("fixtures.store.Gates", lambda live: Gates(False))
    with running(demo_template, limits=False) as emulator:
        for name, value in emulator.environment.items():
            monkeypatch.setenv(name, value)
        table = {"id": emulator.tenant_id, "cloud": "lab", "graph": emulator.graph, "authority": emulator.authority}
        lines = ["[lab]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
        (tmp_path / "tenants.toml").write_text("\n".join(lines), "utf-8")
        places = (f"--tenants={tmp_path / 'tenants.toml'}", f"--evidence={kept / 'it.zip'}", f"--record={kept / 'Fjordline.zip'}")
        with emulator.behaving(deny={"groupSettings": 403}):
            found = run("--tenant=lab", *places, "--redact", *DIRECT)
    assert found.status == 11, found.output
    files, plain = files_of(kept / "it.zip"), files_of(whole)
    assert len(leaks({name: plain[name] for name in ("posture.json", "reports/report.html", "reports/workbook.xlsx")})) > 20
    assert leaks(files) == {}
    assert b'hostname=""' in files["reports/junit.xml"]
    everything = b"".join(files.values())
    assert str(tmp_path).encode() not in everything
    assert b"eyJ0" not in everything, "no token"
    assert all(secret.encode() not in everything for name, secret in emulator.environment.items() if "SECRET" in name)
    after = json.loads(files["posture.json"])["verdicts"]
    assert {row["item"]: row["verdict"] for row in after} == {record.item: record.verdict for record in found.posture.verdicts}
    deliverables = {name for name in plain if name.startswith("reports/") and "allure" not in name}
    assert deliverables <= files.keys(), "every deliverable, made again"
    manifest = manifest_of(files["manifest.json"])
    assert manifest.snapshot == open_snapshot(kept / "Fjordline.zip").manifest.sha256
    assert (manifest.redacted, manifest.exit_status) == (True, 11)
    told = verify(kept / "it.zip")
    assert told.status == 0, told.out
    assert "redacted" in told.out


def test_what_is_judged_otherwise_once_redacted_is_no_evidence(
    bench: Bench, run: Callable[..., Run], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def otherwise(*_: object, **__: object) -> tuple[Posture, Path]:
        posture = postures.read(kept.parent / "reports" / "posture.json")
        posture.verdicts[0].verdict = Verdict.NOT_MET
        return posture, kept

    monkeypatch.setattr("reports.package.making.replay", otherwise)
    found = run(f"--tenant={bench.folder}", f"--evidence={kept / 'it.zip'}", "--redact", "--action=OneAdmin")
    assert found.status == 3
    assert "once redacted" in found.output
    assert not list(kept.iterdir())


# Changed


def removed(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: body for key, body in files.items() if key != name}


def set_in(name: str, how: Callable[[Any], object]) -> Callable[[Files], Files]:
    return lambda files: {**files, name: change(files[name], how)}


def judged_met(posture: Any) -> None:
    row = next(row for row in posture["verdicts"] if row["verdict"] == "known")
    row.update(verdict="met", reason="All is well.")


def without_a_verdict(posture: Any) -> None:
    """And it says that it has all of them."""
    posture["verdicts"].remove(next(row for row in posture["verdicts"] if row["verdict"] == "known" and row["action"] is None))
    posture["selection"].update(complete=True, selected=len(posture["verdicts"]))


def another_answer(files: Files) -> Files:
    """The setting itself is another in the snapshot, sealed again, and its hash in the posture."""
    body = re.sub(rb'"passwordValidityPeriodInDays": ?\d+', b'"passwordValidityPeriodInDays":90', files[FIRST])
    assert body != files[FIRST]

    def rehashed(posture: Any) -> None:
        (row,) = (row for row in posture["evidence"] if row["id"] == "v1.0/domains")
        row["sha256"] = hashlib.sha256(body).hexdigest()

    return sealed({**files, FIRST: body, "posture.json": change(files["posture.json"], rehashed)})


FIRST = "snapshot/v1.0/domains.json"


def another_byte(files: Files) -> Files:
    return {**files, FIRST: files[FIRST].replace(b"e", b"a", 1)}


# By whoever seals the zip again and knows nothing else.
CHANGED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a report": (lambda files: {**files, "reports/report.html": b"<p>All is well."}, "reports/report.html is not the file"),
    "an answer": (another_byte, f"{FIRST} is not the file"),
    "the exceptions": (lambda files: {**files, "exceptions.toml": b""}, "exceptions.toml is not the file"),
    "a member added": (lambda files: {**files, "reports/more.txt": b"more"}, "reports/more.txt is not listed"),
    "a member removed": (removed("reports/junit.xml"), "reports/junit.xml is listed in manifest.json and missing"),
    "the baseline removed": (removed("baseline.json"), "baseline.json is listed in manifest.json and missing"),
    "the posture removed": (removed("posture.json"), "posture.json is listed in manifest.json and missing"),
    "the manifest's tenant": (set_in("manifest.json", lambda m: m["tenant"].update(name="Another")), "differ in tenant"),
    "the manifest's status": (set_in("manifest.json", lambda m: m.update(exit_status=0)), "differ in exit_status"),
    "the manifest's spaces": (lambda files: {**files, "manifest.json": files["manifest.json"] + b" "}, "is not written as"),
    "the manifest's sense": (lambda files: {**files, "manifest.json": b'{"format": 1}'}, "manifest.json is damaged"),
    "a signature from elsewhere": (lambda files: {**files, "manifest.json.p7s": b"x"}, "not signed, and there is a signature"),
    "said to be signed": (set_in("manifest.json", lambda m: m.update(signed=True)), "its signature is missing"),
}
# By whoever makes the manifest true again as well.
REHASHED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an answer": (another_byte, "v1.0/domains.json is not the file that was recorded"),
    "an answer removed": (removed(FIRST), "v1.0/domains.json is listed in snapshot.json and missing"),
    "an answer added": (lambda files: {**files, "snapshot/v1.0/x.json": b"{}"}, "v1.0/x.json is not listed in snapshot.json"),
    "the seal removed": (set_in("snapshot/snapshot.json", lambda m: [m.pop("sha256"), m.pop("files")]), "it is not sealed"),
    "an answer, sealed again": (lambda files: sealed(another_byte(files)), "v1.0/domains: the snapshot does not hold the answer"),
    "the baseline removed": (removed("baseline.json"), "compared with a baseline and there is none"),
    "no posture": (lambda files: {**files, "posture.json": b"{}"}, "not a posture"),
    "a posture written by hand": (lambda files: {**files, "posture.json": files["posture.json"] + b"\n"}, "is not written as"),
    "a posture that says a thing twice": (
        lambda files: {**files, "posture.json": files["posture.json"].replace(b'"schema": 1,', b'"schema": 1,\n "schema": 1,', 1)},
        "is not written as",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_changed_is_named(name: str, part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    how, said = CHANGED[name]
    told = verify(write(tmp_path / "it.zip", how(files_of(part))))
    assert told.status == 1
    assert any(said in line for line in told.failures), told.out


@pytest.mark.parametrize("name", REHASHED)
def test_what_is_changed_and_listed_again_is_named(name: str, part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    how, said = REHASHED[name]
    told = verify(write(tmp_path / "it.zip", listed(how(files_of(part)))))
    assert told.status == 1
    assert any(said in line for line in told.failures), told.out


def test_what_fits_together_and_is_not_so(part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    """Only judging again shows it: each of these changes alone, and so all of them in one."""
    files = another_answer({**files_of(part), "exceptions.toml": b""})
    for how in (judged_met, without_a_verdict, lambda posture: posture["tool"].update(version="0.0.1")):
        files = set_in("posture.json", how)(files)
    files = set_in("manifest.json", lambda manifest: manifest["tool"].update(version="0.0.1"))(files)
    told = verify(write(tmp_path / "it.zip", listed(files)))
    assert told.status == 1
    for said in (
        "aad_admin_accounts_separate_unassigned_cloud_only: met in posture.json, known when replayed",
        "PWAgePolicyNew: met in posture.json, not met when replayed",
        "aad_third_party_apps: accepted in posture.json, not met when replayed",
        "changes: posture.json has another than the replay",
        "selection: posture.json says that all checks ran",
    ):
        assert any(said in line and line.startswith("replay") for line in told.failures), told.out
    assert "made by version 0.0.1" in told.out
    assert not any("tool: " in line for line in told.failures)


def test_differences_are_of_what_is_written() -> None:
    row = {"item": "checks/a.py::b", "action": "A", "verdict": "met", "cause": None, "observed": {"on": True}}
    posture: dict[str, Any] = {
        "verdicts": [row],
        "totals": {"met": 1},
        "tenant": {"id": "a", "label": "x"},
        "selection": {"complete": True},
    }

    def found(**changes: Any) -> list[str]:
        return list(differences({**posture, **changes}, posture))

    assert found() == found(started_at="then", tenant={"id": "a", "label": "y", "source": "live"}) == []
    assert found(verdicts=[{**row, "observed": {"on": 1}}]) == ["A: another observed than the replay gives."]
    assert found(verdicts=[{**row, "cause": "stale"}]) == ["A: met (stale) in posture.json, met when replayed."]
    assert found(verdicts=[row, row]) == ["A: posture.json judges it more than once."]
    assert found(verdicts=[]) == ["A: met when replayed, and not in posture.json."]
    assert found(verdicts=[row, {**row, "item": "c", "action": "C"}]) == ["C: met in posture.json, and the replay has no such check."]
    assert found(totals={"met": 1.0}) == ["totals: posture.json has another than the replay."]
    assert found(more=None) == ["more: posture.json has another than the replay."]
    assert found(tenant={"id": "b"}) == ["tenant, id: posture.json has another than the replay."]
    assert found(selection={"complete": False, "arguments": ["-k x"]}) == []
    assert found(selection={"complete": True, "selected": 2}) == ["selection: posture.json has another than the replay."]
