"""What a run finds in its environment for each kind of credential, with the files and the tools it is told of."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import tool
from .behaviour import CLIENT_ID, CLIENT_SECRET
from .directory import Directory
from .services import GITHUB, GITHUB_TOKEN, IDENTITY_HEADER, MACHINE, PIPELINES, PIPELINES_TOKEN, SERVICE_CONNECTION

_APPLICATION = {"AZURE_CLIENT_ID": CLIENT_ID}


class _Place(NamedTuple):
    """The directory, and the folder for files; `ca_file` is what a tool trusts."""

    directory: Directory
    folder: Path
    ca_file: Path


def variables(kind: str, directory: Directory, folder: Path, ca_file: Path) -> dict[str, str]:
    """The variables of a kind of `fixtures.graph.credentials.KINDS`, their files written into `folder`. Raises `KeyError` for another."""
    return _KINDS[kind](_Place(directory, folder, ca_file))


def _secret(place: _Place) -> dict[str, str]:
    return {**_APPLICATION, "AZURE_CLIENT_SECRET": CLIENT_SECRET}


def _certificate(place: _Place) -> dict[str, str]:
    file = place.folder / "application.pem"
    file.write_bytes(place.directory.certificate.pem())
    return {**_APPLICATION, "AZURE_CLIENT_CERTIFICATE_PATH": str(file)}


def _workload_identity(place: _Place) -> dict[str, str]:
    file = place.folder / "federated-token"
    file.write_text(place.directory.assertion("workload-identity"), "utf-8")
    return {**_APPLICATION, "AZURE_FEDERATED_TOKEN_FILE": str(file)}


def _github(place: _Place) -> dict[str, str]:
    address = f"{place.directory.base}{GITHUB}?api-version=2.0"
    return {**_APPLICATION, "ACTIONS_ID_TOKEN_REQUEST_URL": address, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": GITHUB_TOKEN}


def _azure_pipelines(place: _Place) -> dict[str, str]:
    return {
        "AZURESUBSCRIPTION_CLIENT_ID": CLIENT_ID,
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": SERVICE_CONNECTION,
        "SYSTEM_OIDCREQUESTURI": f"{place.directory.base}{PIPELINES}",
        "SYSTEM_ACCESSTOKEN": PIPELINES_TOKEN,
    }


def _managed_identity(place: _Place) -> dict[str, str]:
    return {"IDENTITY_ENDPOINT": f"{place.directory.base}{MACHINE}", "IDENTITY_HEADER": IDENTITY_HEADER}


def _tool(name: str) -> Callable[[_Place], dict[str, str]]:
    def path(place: _Place) -> dict[str, str]:
        return {"PATH": os.pathsep.join((str(_installed(place, name).parent), os.environ.get("PATH", "")))}

    return path


def _browser(place: _Place) -> dict[str, str]:
    return {**_APPLICATION, "BROWSER": f"{shlex.quote(str(_installed(place, 'browser')))} %s &"}


def _installed(place: _Place, name: str) -> Path:
    """A command of that name, in a folder of its own."""
    folder = place.folder / f"{name}-installed"
    folder.mkdir(exist_ok=True)
    command = f'"{sys.executable}" -I "{tool.__file__}" {name} {place.directory.base} "{place.ca_file}"'
    (folder / f"{name}.cmd").write_text(f"@{command} %*\n", "utf-8")
    file = folder / name
    file.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    file.chmod(0o700)
    return file


_KINDS: dict[str, Callable[[_Place], dict[str, str]]] = {
    "environment": _secret,
    "secret": _secret,
    "certificate": _certificate,
    "workload-identity": _workload_identity,
    "github": _github,
    "azure-pipelines": _azure_pipelines,
    "managed-identity": _managed_identity,
    "azure-cli": _tool("az"),
    "azure-powershell": _tool("pwsh"),
    "azure-developer-cli": _tool("azd"),
    "browser": _browser,
    "device-code": lambda place: dict(_APPLICATION),
}
