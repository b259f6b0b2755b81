"""The emulator as a server: a certificate of its own authority, hypercorn in a thread, and what a test reads and sets."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config
from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fixtures.demo.builder import build_demo
from fixtures.graph.snapshot import Snapshot, SnapshotError, open_snapshot

from .answers import Answers
from .behaviour import Behaviour, Seen
from .entra import Entra
from .faults import CONNECTION, Faults
from .graph import Graph
from .kinds import variables
from .limits import Limits
from .recording import Recording
from .snapshot_jobs import SnapshotJobs

# The tenant of a snapshot that says nowhere which one it is of.
_SOME_TENANT = "3f1f4a7c-6a0e-4c57-8f0d-2f6f4f0a9b10"
# Seconds for the server to start or to end.
_PATIENCE = 10


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
        answers = Answers(Recording(snapshot, base), base)
        self._graph = Graph(answers, self._entra, behaviour, SnapshotJobs(answers, base, snapshot.manifest.recorded_at))
        routes = Starlette(routes=[*self._entra.routes(), *self._graph.routes()])
        self._faults = Faults(routes, base, behaviour.plan, self._entra.revoke)
        self._limits = self._graph.inner = Limits(self._faults, self.tenant_id, behaviour.limits)
        self.app: ASGIApp = _Noted(self._limits, self.requests)

    @property
    def reads(self) -> list[Seen]:
        """What Graph was asked, without the sign-in."""
        return [seen for seen in self.requests if seen.is_read]

    @property
    def throttled(self) -> Counter[str]:
        """How often a service's own limit was met, by the service's name."""
        return self._limits.throttled

    def forget_writes(self) -> None:
        """The tenant is what its snapshot says again."""
        self._graph.states.forget()

    @property
    def jobs(self) -> SnapshotJobs:
        """The snapshot jobs that were made here."""
        return self._graph.jobs

    def revoke(self) -> None:
        """Every token that was issued so far ends now."""
        self._entra.revoke()

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process signs in here and trusts the certificate: httpx reads one name, requests the other."""
        return self.environment_for("secret")

    def environment_for(self, kind: str) -> dict[str, str]:
        """The same for a kind of credential by its name in `tenants.toml`. Its files lie in the emulator's folder, and go with it."""
        trust = dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), str(self.ca_file))
        return {**variables(kind, self._entra.directory, self.ca_file.parent, self.ca_file), **trust}

    @contextmanager
    def behaving(self, **options: Any) -> Iterator[None]:
        """Another behaviour (see `Behaviour`) for as long as the block lasts, with an empty log to begin with."""
        usual = self._graph.behaviour
        self.requests.clear()
        self._limits.renew()
        self._behave(replace(usual, **options))
        try:
            yield
        finally:
            self._behave(usual)

    def _behave(self, behaviour: Behaviour) -> None:
        self._graph.behaviour = self._entra.behaviour = behaviour
        self._faults.plan, self._limits.enforced = behaviour.plan, behaviour.limits


@contextmanager
def running(snapshot: Path | Snapshot | None = None, port: int = 0, **options: Any) -> Iterator[Emulator]:
    """An emulator of `snapshot` (a folder, a zip, an open one; without it the demo tenant), in a thread.

    `options` are the fields of `Behaviour`. Raises `SnapshotError` for a snapshot that cannot be used, `OSError` for a port that is
    taken, and `ValueError` for a fault that is none.
    """
    opened, behaviour = _opened(snapshot), Behaviour(**options)
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        listener = _listening(port)
        base = f"https://localhost:{listener.getsockname()[1]}"
        config, ca_file = _config(Path(folder), listener)
        emulator = Emulator(opened, base, ca_file, behaviour)
        with _Server(emulator.app, config):
            yield emulator


def _opened(snapshot: Path | Snapshot | None) -> Snapshot:
    if snapshot is None:
        return build_demo(datetime.now(UTC))
    return snapshot if isinstance(snapshot, Snapshot) else open_snapshot(snapshot)


def _listening(port: int) -> socket.socket:
    """Bound here and not by the server, so that the port it was given is known before it starts."""
    return socket.create_server(("127.0.0.1", port))


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
    config.bind = [f"fd://{listener.detach()}"]
    config.certfile, config.keyfile = str(chain), str(key)
    config.loglevel = "WARNING"
    config.graceful_timeout = 0.2
    config.keep_alive_timeout = 60  # on a busy machine a client may take longer than 5 s between two requests
    config.keep_alive_max_requests = 1_000_000  # by itself it would end a connection after a thousand, in the middle of others
    return config, ca_file


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose servers end at once: asyncio waits 30 s for the goodbye of each client that still holds a connection."""

    async def create_server(self, protocol_factory: Callable[[], asyncio.BaseProtocol], *args: Any, **options: Any) -> asyncio.Server:
        """Every connection's task begins in `connection_made`, and so knows its transport."""

        def knowing() -> asyncio.BaseProtocol:
            protocol = protocol_factory()
            made = protocol.connection_made

            def connection_made(transport: asyncio.BaseTransport) -> None:
                assert isinstance(transport, asyncio.Transport)
                CONNECTION.set(transport)
                made(transport)

            protocol.connection_made = connection_made  # type: ignore[method-assign]
            return protocol

        return await super().create_server(knowing, *args, ssl_shutdown_timeout=0.1, **options)


class _Server:
    """Hypercorn in a thread of its own. What it fails with is raised where it is waited for."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self._app, self._config = app, config
        self._loop = _Loop()
        self._over = asyncio.Event()
        self._ready = threading.Event()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="emulator")

    def __enter__(self) -> None:
        self._running = self._executor.submit(self._run)
        self._running.add_done_callback(lambda _: self._ready.set())
        self._ready.wait(_PATIENCE)
        if self._running.done():
            self._running.result()

    def __exit__(self, *_: object) -> None:
        if not self._running.done():
            self._loop.call_soon_threadsafe(self._over.set)
        self._running.result(_PATIENCE)
        self._executor.shutdown()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(serve(self._app, self._config, shutdown_trigger=self._until_over))  # type: ignore[arg-type]

    async def _until_over(self) -> None:
        """Hypercorn begins to wait for its end once it listens."""
        self._loop.set_exception_handler(_told)
        self._ready.set()
        await self._over.wait()


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Asyncio's own words on what went wrong, but for clients that left without a goodbye: that is no news."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)


class _Noted:
    """Notes every request with the status of its answer, or that none began."""

    def __init__(self, app: ASGIApp, log: list[Seen]) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        at, answered = time.monotonic(), False

        def note(status: int) -> None:
            self._log.append(Seen(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode(), status, at))

        async def noting(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                note(message["status"])
                answered = True
            await send(message)

        try:
            if scope["method"] not in {"GET", "HEAD"}:
                receive = await _arrived(receive)
            return await self._app(scope, receive, noting)
        finally:
            if not answered:
                note(0)


async def _arrived(receive: Receive) -> Receive:
    """`receive`, once the whole body is here: an answer that overtakes it ends the connection, and with it the client's next request."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    waiting = iter(messages)

    async def again() -> Message:
        return next(waiting, None) or await receive()

    return again


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
    except (SnapshotError, OSError, KeyError, msgspec.MsgspecError, UnicodeDecodeError):
        return _Organization()
    return found[0] if found else _Organization()
