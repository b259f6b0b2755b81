"""What nobody may see: secrets and tokens, in whatever a run says, writes or repeats."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from hypothesis import given
from hypothesis import strategies as st

from fixtures.graph.credentials import KINDS, Wanted
from fixtures.graph.refused import told
from fixtures.text import one_line
from tests.emulator import CLIENT_SECRET
from tests.emulator.tiny import TENANT_ID

from .place import (
    FINISHED,
    USAGE_ERROR,
    Audit,
    Place,
    leaks,
    told_of,
)


@pytest.mark.parametrize("kind", ["workload-identity", "azure-cli"])
def test_the_most_talkative_run_tells_no_secret(audit: Audit, tmp_path: Path, kind: str) -> None:
    log = tmp_path / "log"
    loud = ("-vv", "-l", "--full-trace", "--tb=long", "-rA", f"--log-file={log}", "--log-file-level=DEBUG", "--log-level=DEBUG")
    done = audit(kind, "--area=prerequisites", *loud)
    assert done.status in FINISHED, done.output
    assert b"HTTP Request: GET" in log.read_bytes()
    assert not [line for line in log.read_bytes().splitlines() if leaks(line)]


def test_a_defect_of_ours_tells_no_secret_either(audit: Audit, place: Place) -> None:
    def broken(wanted: Wanted) -> None:
        raise LookupError(f"broken for {wanted.tenant}")

    place.environment.setitem(KINDS, "secret", broken)
    done = audit("secret", "-l", "--full-trace", "--tb=long")
    assert "broken for" in done.output
    assert done.status not in FINISHED


class Malformed(NamedTuple):
    """A tool's answer that azure-identity cannot read, and repeats."""

    kind: str
    command: str
    answer: str


@pytest.mark.skipif(os.name == "nt", reason="a script of the shell")
@pytest.mark.parametrize(
    "malformed",
    [
        Malformed("azure-cli", "az", '{"accessToken":"TOKEN"}'),
        Malformed("azure-powershell", "pwsh", "TOKEN"),
        Malformed("azure-developer-cli", "azd", '{"token":"TOKEN"}'),
    ],
    ids=lambda malformed: malformed.kind,
)
def test_what_a_tool_says_wrongly_is_told_without_the_token(audit: Audit, tmp_path: Path, malformed: Malformed) -> None:
    token = jwt.encode({"aud": "somebody"}, "a key of nobody's, and long enough", "HS256")
    file = tmp_path / malformed.command
    file.write_text(f"#!/bin/sh\necho '{malformed.answer.replace('TOKEN', token)}'\n", "utf-8")
    file.chmod(0o700)
    done = audit(malformed.kind, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.status == USAGE_ERROR
    (line,) = told_of(done)
    assert "nexpected output from" in line
    assert "…" in line
    assert "eyJ" not in line


@given(st.lists(st.sampled_from(["eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln", "the-one~secret", "AADSTS1: ", "ERROR: ", "{tenant}"]) | st.text()))
def test_whatever_goes_wrong_is_one_line_without_secrets(said: list[str]) -> None:
    error, env = ClientAuthenticationError("\n".join(said)), {"AZURE_CLIENT_SECRET": "the-one~secret"}
    for kind in KINDS:
        line = told(kind, TENANT_ID, "https://localhost", error, env)
        assert one_line(line).startswith(f"no token for tenant {TENANT_ID}: ")
        assert len(line.splitlines()) == 1
        assert "the-one~secret" not in line
        assert "eyJ" not in line


def test_an_environment_is_not_shown(place: Place) -> None:
    place.enter("secret")
    assert CLIENT_SECRET not in repr(place.wanted())
