"""The limits of Graph's services, enforced: what a client may ask of a tenant in so many seconds.

https://learn.microsoft.com/graph/throttling-limits. All requests count, those that were refused too, as Microsoft says of its own.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .behaviour import CLIENT_ID
from .wire import error, graph_path

Clock = Callable[[], float]


class Service(NamedTuple):
    """A service by what its paths begin with: `most` in any `seconds`, and `at_once` of them at the same time.

    `counts_units` for a service that weighs its requests; `says_when` unless its refusals come without a Retry-After.
    """

    name: str
    paths: tuple[str, ...]
    most: int
    seconds: float
    at_once: int | None = None
    counts_units: bool = False
    says_when: bool = True


_REPORTS = Service("reports and sign-ins", ("reports", "auditlogs"), 5, 10.0)
# The limit of a tenant of more than 500 users, for all paths of the directory.
_IDENTITY = Service(
    "identity",
    (
        *("users", "groups", "devices", "contacts", "contracts", "organization", "domains", "subscribedskus"),
        *("applications", "serviceprincipals", "oauth2permissiongrants", "directoryobjects", "directoryroles"),
        *("directoryroletemplates", "directory", "groupsettings", "groupsettingtemplates", "policies"),
    ),
    8000,
    10.0,
    counts_units=True,
)
SERVICES = (
    Service("conditional access and identity protection", ("identity/conditionalaccess", "identityprotection"), 1, 1.0, says_when=False),
    _REPORTS,
    Service("secure score", ("security/securescores", "security/securescorecontrolprofiles"), 150, 60.0, at_once=4),
    Service("advanced hunting", ("security/runhuntingquery",), 45, 60.0),
    Service("intune", ("devicemanagement", "deviceappmanagement"), 1000, 20.0),
    _IDENTITY,
)
# Resource units of a GET; of any other path of the directory it costs 1.
_COSTS = (
    (re.compile(r"(contracts|subscribedskus|groups/[^/]+/members)"), 3),
    (re.compile(r"domains/[^/]+/domainnamereferences"), 4),
    (re.compile(r"groups/[^/]+/transitivemembers"), 5),
    (re.compile(r"(users|applications|applications/[^/]+/extensionproperties|oauth2permissiongrants(/[^/]+)?)"), 2),
    (re.compile(r"serviceprincipals/[^/]+/approleassignments"), 2),
    (re.compile(r"users/[^/]+/(licensedetails|memberof|ownedobjects|transitivememberof)"), 2),
)


def service_of(path: str, query: str = "") -> Service | None:
    """Whose limit a request is under. Asked for `signInActivity`, users are the business of the reports."""
    asked = path.casefold()
    if asked == "users" and "signinactivity" in query.casefold():
        return _REPORTS
    return next((service for service in SERVICES if any(f"{asked}/".startswith(f"{begins}/") for begins in service.paths)), None)


def cost_of(path: str, query: str = "") -> int:
    """The resource units of a request to the directory, never less than one."""
    cost = next((units for pattern, units in _COSTS if pattern.fullmatch(path.casefold())), 1)
    options = {name.casefold(): value for name, value in parse_qsl(query)}
    top = options.get("$top", "")
    return max(1, cost - ("$select" in options) - (top.isdecimal() and int(top) < 20) + ("$expand" in options))


class Window:
    """At most `most` in any `seconds`, counted from each moment back. `clock` is monotonic."""

    def __init__(self, most: int, seconds: float, clock: Clock) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._taken: deque[tuple[float, int]] = deque()
        self._sum = 0

    @property
    def share(self) -> float:
        """How much of the limit is used up; beyond 1 of what was refused."""
        return self._sum / self._most

    def take(self, cost: int = 1) -> float:
        """Count a request: 0 where it is within the limit, else the seconds after which it would be."""
        now = self._clock()
        while self._taken and now - self._taken[0][0] >= self._seconds:
            self._sum -= self._taken.popleft()[1]
        self._taken.append((now, cost))
        self._sum += cost
        if self._sum <= self._most:
            return 0.0
        left = self._sum
        for at, taken in self._taken:
            left -= taken
            if left + cost <= self._most:
                return at + self._seconds - now
        return self._seconds


class _Gate:
    """What one service has been asked for."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self.window = Window(service.most, service.seconds, clock)
        self.inside = 0
        self._at_once = service.at_once

    def wait(self, cost: int) -> float:
        """Count a request; the seconds it would have to wait."""
        seconds = self.window.take(cost)
        return seconds or (1.0 if self._at_once is not None and self.inside >= self._at_once else 0.0)


class Limits:
    """Refuses what goes beyond a service's limit, while `enforced`. `throttled` says whose limit was met how often."""

    def __init__(self, app: ASGIApp, tenant_id: str, enforced: bool, clock: Clock = time.monotonic) -> None:
        self.enforced = enforced
        self._app, self._tenant_id, self._clock = app, tenant_id, clock
        self.renew()

    def renew(self) -> None:
        """Forget all that was asked so far."""
        self.throttled: Counter[str] = Counter()
        self._gates = {service.name: _Gate(service, self._clock) for service in SERVICES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = graph_path(scope) if self.enforced else None
        query = scope.get("query_string", b"").decode()
        service = service_of(path, query) if path is not None else None
        if path is None or service is None:
            return await self._app(scope, receive, send)
        gate = self._gates[service.name]
        cost = cost_of(path, query) if service.counts_units else 1
        if seconds := gate.wait(cost):
            self.throttled[service.name] += 1
            return await error(scope, 429, headers=self._refusal(service, seconds, gate))(scope, receive, send)

        async def metered(message: Message) -> None:
            if message["type"] == "http.response.start" and service.counts_units:
                MutableHeaders(scope=message).update({"x-ms-resource-unit": str(cost), **_warning(gate)})
            await send(message)

        gate.inside += 1
        try:
            return await self._app(scope, receive, metered)
        finally:
            gate.inside -= 1

    def _refusal(self, service: Service, seconds: float, gate: _Gate) -> dict[str, str]:
        """The headers of a 429. Only the directory says whose limit it was."""
        headers = {"retry-after": str(math.ceil(seconds))} if service.says_when else {}
        if service.counts_units:
            headers["x-ms-throttle-scope"] = f"Tenant_Application/ReadWrite/{CLIENT_ID}/{self._tenant_id}"
            headers["x-ms-throttle-information"] = "ResourceUnitLimitExceeded"
            headers |= _warning(gate)
        return headers


def _warning(gate: _Gate) -> dict[str, str]:
    """From four fifths of the limit on, Graph says how near it is."""
    share = gate.window.share
    return {"x-ms-throttle-limit-percentage": f"{min(share, 1.8):.2f}"} if share >= 0.8 else {}
