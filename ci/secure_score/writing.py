"""The one call of these commands that changes anything in a tenant: the control state of one action of Secure Score.

Nothing but `applying` may import this module (an import linter holds it), and a run of the checks never loads it.
https://learn.microsoft.com/graph/api/securescorecontrolprofile-update
"""

from __future__ import annotations

import re
from urllib.parse import quote

from kiota_abstractions.method import Method

from fixtures.graph.clouds import Cloud
from fixtures.graph.sending import Sender
from fixtures.graph.sending import Sent as Written
from fixtures.graph.tokens import Bearer

from .states import State

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_VENDOR = {"provider": "SecureScore", "vendor": "Microsoft"}


class Writer:
    """Sets control states, one at a time and each with one request: who repeats it, and when, is the caller's business."""

    def __init__(self, cloud: Cloud, authentication: Bearer) -> None:
        self._graph, self._sender = cloud.graph, Sender(authentication)

    async def set_state(self, action: str, state: State, comment: str, longest: float | None = None) -> Written:
        """Graph's answer, within `longest` seconds. Raises `ValueError` for an id or a state that is none, before anything is sent;
        `httpx.HTTPError` or `TimeoutError` where no answer came, and azure-identity's errors where there is no token.
        """
        body = {"state": State(state).value, "comment": comment, "vendorInformation": _VENDOR}
        return await self._sender.send(Method.PATCH, address(self._graph, action), body, longest)

    async def aclose(self) -> None:
        await self._sender.aclose()


def address(graph: str, action: str) -> str:
    """Where the state of an action is set. Raises `ValueError` for an id that could lead anywhere else, and for a device control."""
    if not _ID.fullmatch(action) or ".." in action or re.match(r"(\d+\.)?scid_", action, re.IGNORECASE):
        raise ValueError(f"{action!r} is no id of an action whose state can be set.")
    return f"{graph}/v1.0/security/secureScoreControlProfiles/{quote(action, safe='')}"


__all__ = ["Writer", "Written", "address"]
