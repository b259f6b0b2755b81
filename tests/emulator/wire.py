"""What every part of the emulated Graph reads of a request, and the errors it answers with.

An error has Graph's shape: https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Scope

VERSIONS = ("v1.0", "beta")
# In the scope of a request: the seconds after which what it writes can be read.
LAG = "emulator.lag"
# The code and the message of Graph's error body, by status.
_ERRORS = {
    400: ("BadRequest", "The request is not valid."),
    401: ("InvalidAuthenticationToken", "Access token validation failure."),
    403: ("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    404: ("ResourceNotFound", "Resource could not be discovered."),
    405: ("Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
    429: ("TooManyRequests", "Too many requests."),
    500: ("InternalServerError", "An internal server error occurred."),
    502: ("BadGateway", "The gateway had no usable response."),
    503: ("serviceNotAvailable", "The service is temporarily unavailable."),
    504: ("GatewayTimeout", "The gateway did not receive a response in time."),
}


def graph_path(scope: Scope) -> str | None:
    """The path after the version, however many slashes it was written with; None for what is not asked of Graph."""
    if scope["type"] != "http":
        return None
    version, _, path = "/".join(part for part in scope["path"].split("/") if part).partition("/")
    return path if version in VERSIONS else None


def ids(scope: Scope) -> dict[str, str]:
    """Graph's own id of the request, and the caller's, where he sent one."""
    own = str(uuid4())
    return {"request-id": own, "client-request-id": Headers(scope=scope).get("client-request-id", own)}


def error(scope: Scope, status: int, message: str = "", headers: Mapping[str, str] | None = None, code: str | None = None) -> JSONResponse:
    """Graph's refusal of a request. Without `code` and `message` they are the usual ones of the status; some services leave it empty."""
    usual_code, usual = _ERRORS.get(status, ("UnknownError", ""))
    sent = ids(scope) | dict(headers or {})
    if status == 401:
        sent.setdefault("www-authenticate", 'Bearer realm="", client_id="00000003-0000-0000-c000-000000000000"')
    inner = {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
        "request-id": sent["request-id"],
        "client-request-id": sent["client-request-id"],
    }
    return JSONResponse(
        {"error": {"code": usual_code if code is None else code, "message": message or usual, "innerError": inner}}, status, sent
    )
