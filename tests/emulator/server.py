"""The emulator as a server: a certificate of its own authority, hypercorn in a thread, and what a test reads and sets."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fixtures.graph.snapshot import Snapshot, open_snapshot

from .behaviour import CLIENT_ID, CLIENT_SECRET, Behaviour, Seen
from .entra import Entra
from .graph import Graph
from .recording import Recording

# The tenant of a snapshot that says nowhere which one it is of.
_SOME_TENANT = "3f1f4a7c-6a0e-4c57-8f0d-2f6f4f0a9b10"


class Emulator:
    """A running emulator. `graph` and `authority` are its addresses; `requests` is all it was asked, oldest first."""

    def __init__(self, snapshot: Snapshot, base: str, ca_file: Path, behaviour: Behaviour) -> None:
        self.graph = self.authority = base
        self.ca_file = ca_file
        self.requests: list[Seen] = []
        organization = _organization(snapshot)
        self.tenant_id = snapshot.manifest.tenant.id or organization.id or _SOME_TENANT
        domains = [domain.name for domain in organization.verified_domains]
        self._entra = Entra(base, self.tenant_id, domains, behaviour)
        self._graph = Graph(Recording(snapshot, base), self._entra, behaviour)
        self.app: ASGIApp = _Noted(Starlette(routes=[*self._entra.routes(), *self._graph.routes()]), self.requests)

    @property
    def reads(self) -> list[Seen]:
        """What Graph was asked, without the sign-in."""
        return [seen for seen in self.requests if seen.is_read]

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process signs in here and trusts the certificate: httpx reads one name, requests the other."""
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(self.ca_file))
        return {"AZURE_CLIENT_ID": CLIENT_ID, "AZURE_CLIENT_SECRET": CLIENT_SECRET, **trust}

    @contextmanager
    def behaving(self, **options: Any) -> Iterator[None]:
        """Another behaviour (see `Behaviour`) for as long as the block lasts, with an empty log to begin with."""
        usual = self._graph.behaviour
        self.requests.clear()
        self._graph.behaviour = self._entra.behaviour = replace(usual, **options)
        try:
            yield
        finally:
            self._graph.behaviour = self._entra.behaviour = usual


@contextmanager
def running(snapshot: Path, port: int = 0, **options: Any) -> Iterator[Emulator]:
    """An emulator of the snapshot at `snapshot` (a folder or a zip), in a thread. `options` are the fields of `Behaviour`.

    Raises `SnapshotError` for a snapshot that cannot be used and `OSError` for a port that is taken.
    """
    opened, behaviour = open_snapshot(snapshot), Behaviour(**options)
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder, _listening(port) as listener:
        base = f"https://localhost:{listener.getsockname()[1]}"
        config, ca_file = _config(Path(folder), listener)
        emulator = Emulator(opened, base, ca_file, behaviour)
        thread = _Thread(emulator.app, config)
        thread.start()
        try:
            thread.wait_until_ready()
            yield emulator
        finally:
            thread.stop()


def _listening(port: int) -> socket.socket:
    """Bound here and not by the server, so that the port it was given is known before it starts."""
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _config(folder: Path, listener: socket.socket) -> tuple[Config, Path]:
    """Hypercorn's settings with a fresh certificate, and the file of the authority that vouches for it."""
    authority = trustme.CA(organization_name="Emulated Graph")
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    ca_file, chain, key = folder / "ca.pem", folder / "chain.pem", folder / "key.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    certificate.private_key_pem.write_to_path(str(key))
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(str(chain), append=True)
    config = Config()
    config.bind = [f"fd://{socket.dup(listener.fileno())}"]
    config.certfile, config.keyfile = str(chain), str(key)
    config.loglevel = "WARNING"
    config.graceful_timeout = 0.2
    return config, ca_file


class _Thread(threading.Thread):
    """The server's loop. A failure to start is raised where it was waited for."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        super().__init__(name="emulator", daemon=True)
        self._app, self._config = app, config
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None

    def run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as failure:  # noqa: BLE001  (it is told to who waits)
            self._failure = failure
        finally:
            self._ready.set()
            self._loop.close()

    async def _serve(self) -> None:
        async def over() -> None:
            self._ready.set()  # hypercorn waits for its end once it serves
            await self._over.wait()

        await serve(self._app, self._config, shutdown_trigger=over)  # type: ignore[arg-type]

    def wait_until_ready(self) -> None:
        self._ready.wait(10)
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        if self.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self.join(10)


class _Noted:
    """Notes every request with the status of its answer."""

    def __init__(self, app: ASGIApp, log: list[Seen]) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                path, query = scope.get("raw_path") or scope["path"].encode(), scope["query_string"]
                self._log.append(Seen(scope["method"], path.decode(), query.decode(), message["status"]))
            await send(message)

        await self._app(scope, receive, noting)


class _Domain(msgspec.Struct):
    name: str


class _Organization(msgspec.Struct, rename="camel"):
    id: str | None = None
    verified_domains: list[_Domain] = []


class _Organizations(msgspec.Struct):
    value: list[_Organization]


def _organization(snapshot: Snapshot) -> _Organization:
    """The tenant's id and domains, by which a sign-in may name it. Nothing where the snapshot has no organization to read."""
    try:
        found = msgspec.json.decode(snapshot.read("v1.0/organization.json"), type=_Organizations).value
    except (OSError, KeyError, msgspec.MsgspecError, UnicodeDecodeError):
        return _Organization()
    return found[0] if found else _Organization()
