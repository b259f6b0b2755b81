"""A tenant in whose Secure Score people set states, as a live one, and the command run on it in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci.secure_score import command
from tests.emulator import Emulator, running
from tests.emulator.tiny import PROFILES, write_tiny
from tests.report_back.told import PERSON, WRITER, Report, Told, profile


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
