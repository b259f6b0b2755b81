"""The one call of this project that changes anything in a tenant: the control state of one action of Secure Score.

Nothing but `applying` may import this module (an import linter holds it), and a run of the checks never loads it.
https://learn.microsoft.com/graph/api/securescorecontrolprofile-update
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote

import httpx
import msgspec
from kiota_abstractions.method import Method
from kiota_abstractions.native_response_handler import NativeResponseHandler
from kiota_abstractions.request_information import RequestInformation
from kiota_http.middleware.options import RedirectHandlerOption, ResponseHandlerOption
from kiota_http.middleware.options.retry_handler_option import RetryHandlerOption
from msgraph.graph_request_adapter import GraphRequestAdapter
from msgraph.graph_request_adapter import options as graph_options
from msgraph_core import GraphClientFactory

from fixtures.graph.client import TIMEOUT
from fixtures.graph.clouds import Cloud
from fixtures.graph.tokens import Bearer

from .states import State

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_VENDOR = {"provider": "SecureScore", "vendor": "Microsoft"}


class Written(msgspec.Struct, frozen=True):
    """What Graph said to one write."""

    status: int
    body: bytes
    retry_after: str | None
    request_id: str | None


class Writer:
    """Sets control states, one at a time and each with one request: who repeats it, and when, is the caller's business.

    A token that was refused is renewed once: then Graph did not look at the request.
    """

    def __init__(self, cloud: Cloud, authentication: Bearer) -> None:
        self._graph, self._authentication = cloud.graph, authentication
        never = {
            RedirectHandlerOption.get_key(): RedirectHandlerOption(should_redirect=False),
            RetryHandlerOption.get_key(): RetryHandlerOption(should_retry=False),
        }
        client = httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False)
        self._http = GraphClientFactory.create_with_default_middleware(client=client, options={**graph_options, **never})
        self._adapter = GraphRequestAdapter(authentication, client=self._http)

    async def set_state(self, action: str, state: State, comment: str, longest: float | None = None) -> Written:
        """Graph's answer, within `longest` seconds. Raises `ValueError` for an id or a state that is none, before anything is sent;
        `httpx.HTTPError` or `TimeoutError` where no answer came, and azure-identity's errors where there is no token.
        """
        request = RequestInformation()
        request.http_method = Method.PATCH
        request.url = address(self._graph, action)
        body = {"state": State(state).value, "comment": comment, "vendorInformation": _VENDOR}
        request.headers.try_add("accept", "application/json")
        request.set_stream_content(msgspec.json.encode(body), "application/json; charset=utf-8")
        request.add_request_options([ResponseHandlerOption(NativeResponseHandler())])
        async with asyncio.timeout(longest):
            answer = await self._send(request)
            if answer.status_code == 401:
                await self._authentication.renew(request)
                answer = await self._send(request)
        headers = answer.headers
        return Written(answer.status_code, answer.content, headers.get("retry-after"), headers.get("request-id"))

    async def _send(self, request: RequestInformation) -> httpx.Response:
        response = await self._adapter.send_primitive_async(request, "bytes", {})
        assert isinstance(response, httpx.Response)
        return response

    async def aclose(self) -> None:
        await self._http.aclose()


def address(graph: str, action: str) -> str:
    """Where the state of an action is set. Raises `ValueError` for an id that could lead anywhere else, and for a device control."""
    if not _ID.fullmatch(action) or ".." in action or re.match(r"(\d+\.)?scid_", action, re.IGNORECASE):
        raise ValueError(f"{action!r} is no id of an action whose state can be set.")
    return f"{graph}/v1.0/security/secureScoreControlProfiles/{quote(action, safe='')}"
