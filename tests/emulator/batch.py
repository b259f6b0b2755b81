"""JSON batching: up to twenty requests in one, each answered for itself. https://learn.microsoft.com/graph/json-batching"""

from __future__ import annotations

import asyncio
import base64
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Scope

from .odata import Refused
from .wire import ids

_MOST = 20
# What of an answer's head belongs to the connection, not to the answer.
_OUTER = frozenset({b"content-length", b"date", b"server", b"transfer-encoding"})


class _Step(msgspec.Struct, rename="camel"):
    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    depends_on: list[str] = []
    body: msgspec.Raw = msgspec.Raw(b"")


class _Steps(msgspec.Struct):
    requests: list[_Step]


class _Answer(msgspec.Struct):
    id: str
    status: int
    headers: dict[str, str]
    body: Any


async def answer_batch(request: Request, version: str, app: ASGIApp) -> Response:
    """Asks `app` for each request, those that depend on none at the same time. Raises `Refused` for a batch that is none."""
    steps = _read(await request.body())
    asked: dict[str, asyncio.Task[_Answer]] = {}

    async def answered(step: _Step) -> _Answer:
        before = [await asked[name] for name in step.depends_on]
        if any(answer.status >= 400 for answer in before):
            said = "The request was not executed, because one it depends on failed."
            return _Answer(step.id, 424, _json(), {"error": {"code": "FailedDependency", "message": said}})
        return await _ask(app, request.scope, version, step)

    async with asyncio.TaskGroup() as tasks:
        for step in steps:
            asked[step.id] = tasks.create_task(answered(step))
    responses = [msgspec.to_builtins(asked[step.id].result()) for step in steps]
    return JSONResponse({"responses": responses}, headers=ids(request.scope))


def _read(body: bytes) -> list[_Step]:
    try:
        steps = msgspec.json.decode(body, type=_Steps).requests
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refused(400, "BadRequest", "Invalid batch payload format.") from None
    if not steps:
        raise Refused(400, "BadRequest", "Invalid batch payload format.")
    if len(steps) > _MOST:
        raise Refused(400, "BadRequest", f"Number of batch request steps exceeds the max value of {_MOST}.")
    earlier: set[str] = set()
    for step in steps:
        if step.id in earlier:
            raise Refused(400, "BadRequest", f"Request Id '{step.id}' is not unique.")
        if not set(step.depends_on) <= earlier:
            raise Refused(400, "BadRequest", f"Request '{step.id}' depends on a request that does not stand before it.")
        earlier.add(step.id)
    return steps


async def _ask(app: ASGIApp, outer: Scope, version: str, step: _Step) -> _Answer:
    """One request, with the outer one's token unless it brings its own."""
    url = urlsplit(step.url)
    raw_path = f"/{version}/{url.path.lstrip('/')}"
    own = {name.lower().encode(): value.encode() for name, value in step.headers.items()}
    inherited = {name: value for name, value in outer["headers"] if name in {b"authorization", b"host"}}
    scope = {
        **{key: outer[key] for key in ("type", "asgi", "http_version", "scheme", "client", "server", "state") if key in outer},
        "method": step.method.upper(),
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "root_path": "",
        "query_string": url.query.encode(),
        "headers": list((inherited | own).items()),
    }
    head: list[Message] = []
    sent = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": bytes(step.body), "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.append(message)
        else:
            sent.extend(message.get("body", b""))

    await app(scope, receive, send)
    headers = {name.decode().title(): value.decode() for name, value in head[0]["headers"] if name.lower() not in _OUTER}
    return _Answer(step.id, head[0]["status"], headers, _embedded(bytes(sent), headers.get("Content-Type", "")))


def _embedded(body: bytes, media_type: str) -> Any:
    """JSON as it is, anything else in base64."""
    try:
        return msgspec.json.decode(body) if "json" in media_type else base64.b64encode(body).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return base64.b64encode(body).decode()


def _json() -> dict[str, str]:
    return {"Content-Type": "application/json"}
