"""Each kind signs in, and a run says who called."""

from __future__ import annotations

import os
import re
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from fixtures.graph.credentials import KINDS, CredentialError, sign_in
from fixtures.graph.tokens import Caller
from tests.emulator import CLIENT_ID, Emulator
from tests.emulator.tiny import DOMAIN, TENANT_ID
from tests.harness import ROOT

from .place import (
    CALLERS,
    FINISHED,
    PERSON,
    THEIRS,
    UNATTENDED,
    Audit,
    Place,
    leaks,
    tenants,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tenant", [TENANT_ID, DOMAIN])
def test_each_kind_says_who_calls(place: Place, kind: str, tenant: str) -> None:
    place.enter(kind)
    with place.emulator.behaving(roles=["Policy.Read.All", "Domain.Read.All"]):
        _, caller = sign_in(kind, place.wanted(tenant))
    app, name = CALLERS[kind]
    assert caller == Caller(TENANT_ID, app, frozenset({"Policy.Read.All", "Domain.Read.All"}), name)


@pytest.mark.parametrize("kind", UNATTENDED)
def test_a_run_with_each_kind(audit: Audit, kind: str) -> None:
    done = audit(kind, "--area=exchange-online", "--area=prerequisites")
    assert done.status in FINISHED, done.output
    assert done.records["exo_mailboxaudit"].verdict == "met"
    app, name = CALLERS[kind]
    who = done.records["check_the_reader_may_read_what_the_checks_need"]
    assert who.verdict == "met"
    assert who.observed["who it is, by its token"] == (f"{name}, by application {app}" if name else f"application {app}")


@pytest.mark.parametrize("kind", ["browser", "device-code"])
@pytest.mark.skipif(os.name == "nt", reason="BROWSER is a command of the shell")
def test_a_person_signs_in_to_a_process(emulator: Emulator, tmp_path: Path, kind: str) -> None:
    """The browser is the one that BROWSER names; the code is told through a pipe, at once, and typed on the page."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith((*THEIRS, "PYTEST_", "PYTHON", "CI"))}
    line = [sys.executable, "-m", "pytest", "--preflight", "--tenant=emulated", f"--tenants={tenants(emulator, tmp_path, kind)}", "-q"]
    with emulator.behaving(person="away" if kind == "device-code" else "at home"):
        environment = {**inherited, **emulator.environment_for(kind), "NO_PROXY": "localhost"}
        process = subprocess.Popen([*line, "-p", "no:cacheprovider"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        late = threading.Timer(30, process.kill)
        late.start()
        try:
            assert process.stdout
            if kind == "device-code":
                prompt = process.stdout.readline()
                assert prompt, "nothing was told in time"
                page, code = re.findall(r"https://\S+|[0-9A-F]{8}(?=\.)", prompt)
                context = ssl.create_default_context(cafile=str(emulator.ca_file))
                assert httpx.post(page, data={"otc": code}, verify=context, trust_env=False).status_code == 200
            output, _ = process.communicate()
        finally:
            late.cancel()
            process.kill()
    assert process.returncode == 0, output
    assert f"{PERSON} {CLIENT_ID}" in output
    assert not leaks(output.encode())


def test_only_what_was_asked_for_is_chosen(place: Place) -> None:
    place.enter("secret", {"AZURE_CLIENT_SECRET": None})
    with pytest.raises(CredentialError, match="no credentials"):
        sign_in("environment", place.wanted())
    assert not place.emulator.requests


def test_every_kind_is_described() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    assert set(CALLERS) == set(KINDS)
    assert not [kind for kind in KINDS if f"`{kind}`" not in text]
