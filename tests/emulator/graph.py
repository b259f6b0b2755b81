"""Graph itself: who asks is checked, then the recording answers."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .behaviour import Behaviour
from .entra import Entra
from .recording import Recording
from .wire import VERSIONS, error, ids

_ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Graph:
    """Answers every address that is none of the sign-in's.

    A path that was not recorded is `ResourceNotFound` and never `Request_ResourceNotFound`: by that Graph says that an
    object does not exist, and a gap in a recording does not say so. A recorded 404 is answered with its own body.
    """

    def __init__(self, recording: Recording, entra: Entra, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._recording = recording
        self._entra = entra

    def routes(self) -> list[Route]:
        return [Route("/{address:path}", self.answer, methods=_METHODS)]

    async def answer(self, request: Request) -> Response:
        raw_path = request.scope["raw_path"].decode()
        version, _, path = "/".join(part for part in unquote(raw_path).split("/") if part).partition("/")
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.casefold() != "bearer" or not token:
            return error(request.scope, 401, "Access token is empty.")
        if not self._entra.accepts(token):
            return error(request.scope, 401)
        if version not in VERSIONS:
            return error(request.scope, 400, f"Invalid version: {version}.")
        if request.method != "GET":
            return error(request.scope, 405)
        recorded = self._recording.answer(f"{raw_path}?{request.url.query}")
        if recorded is None:
            return error(request.scope, 404, f"Resource not found for the path '{path}'.")
        return Response(recorded.body, recorded.status, ids(request.scope), media_type=_ODATA)
