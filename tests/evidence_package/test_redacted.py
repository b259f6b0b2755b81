"""A redacted package: nothing of a tenant is in it, and it is judged as the tenant was."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

import reports.package.making  # noqa: F401  imported here once: pytester forgets what an inner run imports, and with it what is patched
from fixtures.demo import people
from fixtures.demo.settings import GROUPS, TENANT_ID
from fixtures.graph.limits import Gates
from fixtures.graph.snapshot import open_snapshot
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.package.manifest import manifest_of
from reports.posture import Posture
from tests.emulator import running
from tests.harness import DIRECT, Bench, Run
from tests.packages import Checked, Files, files_of


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
