"""Graph itself: who asks is checked, then what the test wants to go wrong, then the recording answers."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import unquote
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .behaviour import Behaviour
from .entra import Entra
from .recording import Recording

_ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# The code and the message of Graph's error body, by status. https://learn.microsoft.com/graph/errors
_ERRORS = {
    400: ("BadRequest", "The request is not valid."),
    401: ("InvalidAuthenticationToken", "Access token validation failure."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("ResourceNotFound", "Resource could not be discovered."),
    405: ("Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
}


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
            return self._error(request, 401, "Access token is empty.")
        if not self._entra.accepts(token):
            return self._error(request, 401)
        if version not in {"v1.0", "beta"}:
            return self._error(request, 400, f"Invalid version: {version}.")
        if request.method != "GET":
            return self._error(request, 405)
        if stumbles := self.behaviour.stumble(path):
            return self._error(request, stumbles, headers={"retry-after": "1"})
        if denied := self.behaviour.denied(path):
            return self._error(request, denied)
        recorded = self._recording.answer(f"{raw_path}?{request.url.query}")
        if recorded is None:
            return self._error(request, 404, f"Resource not found for the path '{path}'.")
        return Response(recorded.body, recorded.status, _headers(request), media_type=_ODATA)

    def _error(self, request: Request, status: int, message: str = "", headers: dict[str, str] | None = None) -> Response:
        code, usual = _ERRORS.get(status, ("UnknownError", ""))
        sent = _headers(request) | (headers or {})
        if status == 401:
            sent["www-authenticate"] = 'Bearer realm="", client_id="00000003-0000-0000-c000-000000000000"'
        inner = {
            "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
            "request-id": sent["request-id"],
            "client-request-id": sent["client-request-id"],
        }
        return JSONResponse({"error": {"code": code, "message": message or usual, "innerError": inner}}, status, sent)


def _headers(request: Request) -> dict[str, str]:
    """Graph's own id of the request, and the caller's, where he sent one."""
    own = str(uuid4())
    return {"request-id": own, "client-request-id": request.headers.get("client-request-id", own)}
