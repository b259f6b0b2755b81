"""A plain HTTP client of an emulator, signed in, for tests of what is on the wire."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from . import CLIENT_ID, CLIENT_SECRET, Emulator


@contextmanager
def client_of(emulator: Emulator, http2: bool = False) -> Iterator[httpx.Client]:
    """A client that trusts the emulator and holds a fresh token."""
    context = ssl.create_default_context(cafile=str(emulator.ca_file))
    with httpx.Client(base_url=emulator.graph, verify=context, trust_env=False, http2=http2, timeout=10) as client:
        sign_in(client, emulator)
        yield client


def sign_in(client: httpx.Client, emulator: Emulator) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "scope": f"{emulator.graph}/.default",
    }
    answer = client.post(f"/{emulator.tenant_id}/oauth2/v2.0/token", data=form)
    client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
