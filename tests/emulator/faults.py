"""Bad days as a client meets them: each fault of a plan on the wire, and the middleware that brings it there."""

from __future__ import annotations

import asyncio
import math
import socket
import struct
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .plan import Fault, Plan
from .wire import LAG, error, graph_path

# The connection that a request came on: whoever serves puts it here.
CONNECTION: ContextVar[asyncio.Transport] = ContextVar("CONNECTION")
# Where nobody said otherwise: a host that only begins like Graph's.
_ELSEWHERE = "https://graph.microsoft.com.evil.example/v1.0/{path}?$skiptoken=elsewhere"
# In the address of a page that an empty one led to.
_MARK = b"afterEmptyPage=1"
_SIGN_IN = "<!DOCTYPE html><html><head><title>Sign in to your account</title></head><body><form><input type='email'></form></body></html>"


@dataclass
class _Call:
    """A request that a fault befalls. `asked` is its whole address, as the client wrote it."""

    app: ASGIApp
    scope: Scope
    receive: Receive
    send: Send
    fault: Fault
    base: str
    path: str
    revoke: Callable[[], None]
    asked: str = field(init=False)

    def __post_init__(self) -> None:
        query = self.scope["query_string"].decode()
        self.asked = f"{self.base}{self.scope['raw_path'].decode()}" + (f"?{query}" if query else "")

    async def answer(self) -> tuple[Message, bytes]:
        """What would have been answered: the head and the whole body."""
        head: list[Message] = []
        body = bytearray()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                head.append(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(self.scope, self.receive, keep)
        return head[0], bytes(body)

    async def reply(self, head: Message, body: bytes, length: int, more: bool = False) -> None:
        """Send a head that promises `length` bytes, and `body`."""
        MutableHeaders(scope=head)["content-length"] = str(length)
        await self.send(head)
        await self.send({"type": "http.response.body", "body": body, "more_body": more})

    async def left(self, seconds: float | None) -> bool:
        """Wait until the client has left, no longer than `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                while (await self.receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            return False
        return True

    async def reply_linked(self, link: str, empty: bool = False) -> None:
        """Answer with `link` as the next page's address. What is not a JSON object stays as it is, and so does a failure. An action
        has no pages, and no `empty` one.
        """
        head, body = await self.answer()
        try:
            found = msgspec.json.decode(body) if head["status"] == 200 else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            found = None
        if isinstance(found, dict) and not (empty and self.scope["method"] == "POST"):
            if empty and isinstance(found.get("value"), list):
                found["value"] = []
            body = msgspec.json.encode({**found, "@odata.nextLink": link})
        await self.reply(head, body, len(body))


async def _status(call: _Call) -> None:
    headers = {} if call.fault.retry_after is None else {"retry-after": call.fault.retry_after}
    await error(call.scope, int(call.fault.kind), headers=headers)(call.scope, call.receive, call.send)


async def _reset(call: _Call) -> None:
    """RST instead of FIN: a socket that lingers for no time is not closed, it is broken off. On HTTP/2 all streams go with it."""
    connection = CONNECTION.get()
    connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
    await call.left(1.0)


async def _stall(call: _Call) -> None:
    head, body = await call.answer()
    await call.reply(head, body[: len(body) // 2], len(body), more=True)
    if not await call.left(call.fault.seconds):
        await call.send({"type": "http.response.body", "body": body[len(body) // 2 :]})


async def _truncated(call: _Call) -> None:
    head, body = await call.answer()
    await call.reply(head, body[: len(body) // 2], len(body) // 2)


async def _html(call: _Call) -> None:
    await HTMLResponse(_SIGN_IN)(call.scope, call.receive, call.send)


async def _wrong_length(call: _Call) -> None:
    """HTTP/1.1 ends by closing the connection, for a body that was said to be finished would be the server's own error there."""
    head, body = await call.answer()
    await call.reply(head, body, len(body) + 100, more=not call.scope["http_version"].startswith("2"))


async def _empty_page(call: _Call) -> None:
    await call.reply_linked(f"{call.asked}{'&' if '?' in call.asked else '?'}{_MARK.decode()}", empty=True)


async def _loop(call: _Call) -> None:
    await call.reply_linked(call.asked)


async def _elsewhere(call: _Call) -> None:
    await call.reply_linked(call.fault.url or _ELSEWHERE.format(path=call.path))


async def _token_expiry(call: _Call) -> None:
    call.revoke()
    await call.app(call.scope, call.receive, call.send)


async def _lag(call: _Call) -> None:
    """A write that is taken and cannot be read for so long: without `seconds`, ever. A reading request is answered as usual."""
    seconds = math.inf if call.fault.seconds is None else call.fault.seconds
    await call.app({**call.scope, LAG: seconds}, call.receive, call.send)


# A status is every other fault's name.
_SUFFERED: dict[str, Callable[[_Call], Awaitable[None]]] = {
    "reset": _reset,
    "stall": _stall,
    "truncated": _truncated,
    "html": _html,
    "wrong-length": _wrong_length,
    "empty-page": _empty_page,
    "loop": _loop,
    "elsewhere": _elsewhere,
    "token-expiry": _token_expiry,
    "lag": _lag,
}


class Faults:
    """What goes wrong before and behind the emulated Graph. The sign-in is never touched."""

    def __init__(self, app: ASGIApp, base: str, plan: Plan, revoke: Callable[[], None]) -> None:
        self.plan = plan
        self._app, self._base, self._revoke = app, base, revoke

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = graph_path(scope)
        if path is None:
            return await self._app(scope, receive, send)
        parts = scope["query_string"].split(b"&")
        marked = _MARK in parts
        if marked:
            scope = {**scope, "query_string": b"&".join(part for part in parts if part != _MARK)}
        seconds, fault = self.plan.due(path, marked)
        if seconds:
            await asyncio.sleep(seconds)
        if fault is None:
            return await self._app(scope, receive, send)
        call = _Call(self._app, scope, receive, send, fault, self._base, path, self._revoke)
        return await _SUFFERED.get(fault.kind, _status)(call)
