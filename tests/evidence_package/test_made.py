"""The evidence package of a run: all of it is in it, it holds, and it is signed by who is known."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from fixtures.demo.settings import TENANT_ID
from reports import posture as postures
from reports.package.manifest import manifest_of
from reports.package.outputs import Outputs
from reports.plugin import FOLDER
from tests.harness import ROOT, Bench, Run
from tests.packages import Checked, files_of, identity


def test_all_of_a_run_is_in_it_and_it_holds(
    whole: Path, place: Path, auditor: Path, authority: Path, verify: Callable[..., Checked]
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
    told = verify(whole, "--certificate", auditor)
    assert told.status == 0, told.out
    assert "signed by CN=The auditor" in told.out
    assert "vouches for it" in told.out
    assert f"{len(posture.verdicts)} verdicts" in told.out
    assert not told.err


def test_openssl_verifies_the_signature(whole: Path, authority: Path, auditor: Path, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(tmp_path, ["manifest.json", "manifest.json.p7s"])
    (line,) = re.findall(r"^openssl cms .*", (ROOT / "docs" / "deliverables.md").read_text("utf-8"), re.MULTILINE)

    def says(certificate: Path) -> int:
        words = [str(certificate) if word == "certificate.pem" else word for word in line.split()]
        return subprocess.run(words, cwd=tmp_path, capture_output=True).returncode

    assert says(authority) == says(auditor) == 0
    assert says(identity(tmp_path, "Somebody else").known_by) != 0
    (tmp_path / "manifest.json").write_bytes((tmp_path / "manifest.json").read_bytes() + b" ")
    assert says(authority) != 0


def test_a_part_by_a_worker_on_a_recording(part: Path, recorded: Path, place: Path, verify: Callable[..., Checked]) -> None:
    """With an exception in force, and with a baseline to compare with."""
    files = files_of(part)
    assert files["baseline.json"] == (place / "reports" / "posture.json").read_bytes()
    assert {name: body for name, body in files.items() if name.startswith("snapshot/")} == {
        f"snapshot/{path.relative_to(recorded).as_posix()}": path.read_bytes() for path in recorded.rglob("*") if path.is_file()
    }, "a recording goes in as it was recorded"
    assert files["exceptions.toml"] == (place / "exceptions.toml").read_bytes()
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
