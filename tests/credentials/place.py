"""Where a sign-in happens: an emulator and an environment of its own; and what must be found in nothing that comes of it."""

from __future__ import annotations

import asyncio
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import tomli_w

from fixtures.graph.client import GraphClient
from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import KINDS, Wanted, sign_in
from fixtures.graph.tokens import Bearer, Caller
from tests.emulator import CLIENT_ID, CLIENT_SECRET, Emulator
from tests.emulator.directory import AZURE_CLI, AZURE_POWERSHELL, MANAGED_IDENTITY
from tests.emulator.services import GITHUB_TOKEN, IDENTITY_HEADER, PIPELINES_TOKEN
from tests.emulator.tiny import BREAK_GLASS, DOMAIN, TENANT_ID
from tests.harness import Run

OTHER = "11111111-1111-4111-8111-111111111111"
USAGE_ERROR, FINISHED = 4, {0, 1, 10, 11}
PERSON = f"reader@{DOMAIN}"
# Who calls, by the kind of credential: the application, and the person where there is one.
CALLERS = {
    **dict.fromkeys(("environment", "secret", "certificate", "workload-identity", "github", "azure-pipelines"), (CLIENT_ID, None)),
    "managed-identity": (MANAGED_IDENTITY, None),
    "azure-cli": (AZURE_CLI, PERSON),
    "azure-powershell": (AZURE_POWERSHELL, PERSON),
    "azure-developer-cli": (AZURE_CLI, PERSON),
    "browser": (CLIENT_ID, PERSON),
    "device-code": (CLIENT_ID, PERSON),
}
UNATTENDED = [kind for kind in KINDS if kind not in {"browser", "device-code"}]
# What must be found nowhere: the secrets a run was given, and anything that is a token.
SECRETS = (CLIENT_SECRET, GITHUB_TOKEN, PIPELINES_TOKEN, IDENTITY_HEADER, "PRIVATE KEY")
TOKEN = re.compile(rb"eyJ[\w-]+\.eyJ")
THEIRS = ("AZURE", "ACTIONS_", "SYSTEM_", "IDENTITY_", "IMDS_", "MSI_", "M365_", "BROWSER")


class Place(NamedTuple):
    """An emulator, and the process's own environment, in which nothing of the machine's own credentials is left."""

    emulator: Emulator
    environment: pytest.MonkeyPatch

    def enter(self, kind: str, changes: Mapping[str, str | None] | None = None) -> None:
        """Put what `kind` needs into the environment, with `changes`; None takes a variable out."""
        for name, value in {**self.emulator.environment_for(kind), "NO_PROXY": "localhost", **(changes or {})}.items():
            if value is None:
                self.environment.delenv(name, raising=False)
            else:
                self.environment.setenv(name, value)

    def wanted(self, tenant: str = TENANT_ID) -> Wanted:
        return Wanted(tenant, Cloud("emulated", self.emulator.authority, self.emulator.graph), os.environ)

    def sign_in(self, kind: str) -> tuple[Bearer, Caller]:
        self.enter(kind)
        return sign_in(kind, self.wanted())


Audit = Callable[..., Run]


def tenants(emulator: Emulator, folder: Path, kind: str, **entry: str) -> Path:
    file = folder / "tenants.toml"
    usual = {"id": emulator.tenant_id, "cloud": "emulated", "graph": emulator.graph, "authority": emulator.authority}
    table = {**usual, "credential": kind, "break_glass_accounts": [BREAK_GLASS], **entry}
    file.write_text(tomli_w.dumps({"emulated": table}), "utf-8")
    return file


def contents(file: Path) -> Iterator[bytes]:
    yield file.read_bytes()
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from map(archive.read, archive.namelist())


def leaks(data: bytes) -> bool:
    return bool(TOKEN.search(data)) or any(secret.encode() in data for secret in SECRETS)


def told_of(done: Run) -> list[str]:
    """The lines it said, but for what asks a person to sign in."""
    return [line for line in re.sub(r"To sign in, .* code \w+\.", "", done.output).splitlines() if line.strip()]


def asked_for(emulator: Emulator, path: str = f"/{TENANT_ID}/oauth2/v2.0/token") -> int:
    return len([seen for seen in emulator.requests if seen.path == path])


def read(bearer: Bearer, emulator: Emulator, *paths: str) -> list[Any]:
    """The status of each path, or the failure, when all are read at once."""

    async def go() -> list[Any]:
        client = GraphClient(Cloud("emulated", emulator.authority, emulator.graph), bearer)
        try:
            answers = (client.get(f"{emulator.graph}/v1.0/{path}", path) for path in paths)
            found = await asyncio.gather(*answers, return_exceptions=True)
            return [one if isinstance(one, BaseException) else one.status for one in found]
        finally:
            await client.aclose()

    return asyncio.run(go())
