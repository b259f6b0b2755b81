"""The limits of Graph's services: the counting on a clock that a test turns, and the refusals over HTTPS."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import Message

from . import CLIENT_ID, Emulator
from .clients import client_of
from .limits import SERVICES, Limits, Window, cost_of, service_of
from .tiny import PROFILES, TENANT_ID

POLICIES = "identity/conditionalAccess/policies"
REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
PROTECTION = "conditional access and identity protection"


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Tenant:
    """The limits in front of a Graph that always answers."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.limits = Limits(JSONResponse({}), TENANT_ID, enforced=True, clock=self.clock)

    def ask(self, path: str, query: str = "") -> tuple[int, Headers]:
        return asyncio.run(self._ask(path, query))

    async def _ask(self, path: str, query: str) -> tuple[int, Headers]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.request"}

        scope = {"type": "http", "method": "GET", "path": f"/v1.0/{path}", "query_string": query.encode(), "headers": []}
        await self.limits(scope, receive, send)
        return sent[0]["status"], Headers(raw=sent[0]["headers"])

    def statuses(self, path: str, times: int) -> Counter[int]:
        return Counter(self.ask(path)[0] for _ in range(times))


@given(st.integers(1, 6), st.lists(st.tuples(st.floats(0, 5), st.integers(1, 3)), max_size=40))
def test_no_window_of_time_ever_holds_more(most: int, asked: list[tuple[float, int]]) -> None:
    clock = Clock()
    window, passed = Window(most, 4.0, clock), list[tuple[float, int]]()
    for pause, cost in asked:
        clock.now += pause
        if not window.take(cost):
            passed.append((clock.now, cost))
    for begin, _ in passed:
        assert sum(cost for at, cost in passed if begin <= at < begin + 4.0) <= most


@given(st.integers(1, 6), st.lists(st.floats(0, 2), min_size=1, max_size=40))
def test_who_waits_as_long_as_he_is_told_is_let_in(most: int, pauses: list[float]) -> None:
    clock = Clock()
    window = Window(most, 4.0, clock)
    for pause in pauses:
        clock.now += pause
        if seconds := window.take():
            assert 0 < seconds <= 4.0 + 1e-9, "the sums of seconds are floating"
            clock.now += seconds + 0.001
            assert window.take() == 0


def test_a_window_slides() -> None:
    clock = Clock()
    window = Window(2, 10.0, clock)
    assert window.take() == 0
    clock.now += 6
    assert window.take() == 0
    clock.now += 3.5
    assert window.take() == pytest.approx(6.5), "the refused one counts too, so the second has to go as well"
    clock.now += 0.5
    assert window.share == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("path", "query", "service"),
    [
        (POLICIES, "", PROTECTION),
        ("Identity/ConditionalAccess/namedLocations/1", "", PROTECTION),
        ("identityProtection/riskyUsers", "", PROTECTION),
        (REGISTRATIONS, "", "reports and sign-ins"),
        ("auditLogs/signIns", "", "reports and sign-ins"),
        ("users", "$select=id,signInActivity", "reports and sign-ins"),
        ("users", "$select=id", "identity"),
        ("usersOfAnotherKind", "", None),
        (PROFILES, "", "secure score"),
        ("security/alerts_v2", "", None),
        ("deviceManagement/managedDevices", "", "intune"),
        ("policies/authorizationPolicy", "", "identity"),
        ("admin/sharepoint/settings", "", None),
    ],
)
def test_a_path_is_under_the_limit_of_its_service(path: str, query: str, service: str | None) -> None:
    found = service_of(path, query)
    assert (found.name if found else None) == service


@pytest.mark.parametrize(
    ("path", "query", "cost"),
    [
        ("users", "", 2),
        ("Users", "$select=id", 1),
        ("users", "%24top=10&%24select=id", 1),
        ("users", "$top=999", 2),
        ("users", "$expand=manager", 3),
        ("users/1", "", 1),
        ("users/1/licenseDetails", "", 2),
        ("subscribedSkus", "", 3),
        ("groups/1/members", "$top=5", 2),
        ("groups/1/transitiveMembers", "$select=id", 4),
        ("servicePrincipals/1/appRoleAssignments", "", 2),
        ("oauth2PermissionGrants", "", 2),
        ("domains", "$select=id&$top=1", 1),
    ],
)
def test_a_request_costs_what_microsoft_says(path: str, query: str, cost: int) -> None:
    assert cost_of(path, query) == cost


@pytest.mark.parametrize(
    ("path", "most", "seconds", "wait"),
    [
        (POLICIES, 1, 1, None),
        (REGISTRATIONS, 5, 10, "10"),
        (PROFILES, 150, 60, "60"),
        ("deviceManagement/managedDevices", 1000, 20, "20"),
        ("subscribedSkus", 2666, 10, "10"),
    ],
)
def test_a_service_lets_so_many_through_in_so_many_seconds(path: str, most: int, seconds: float, wait: str | None) -> None:
    tenant = Tenant()
    assert tenant.statuses(path, most) == {200: most}
    assert not tenant.limits.throttled
    status, headers = tenant.ask(path)
    assert (status, headers.get("retry-after")) == (429, wait)
    service = service_of(path)
    assert service
    assert tenant.limits.throttled == {service.name: 1}
    tenant.clock.now += seconds
    assert tenant.ask(path)[0] == 200


def test_services_that_share_a_limit_share_it_and_others_do_not() -> None:
    tenant = Tenant()
    assert tenant.statuses("identityProtection/riskyUsers", 1) == {200: 1}
    assert tenant.statuses(POLICIES, 1) == {429: 1}
    assert tenant.statuses(REGISTRATIONS, 5) == {200: 5}
    assert tenant.statuses("auditLogs/signIns", 1) == {429: 1}
    assert tenant.statuses("organization", 1) == {200: 1}


DEAR = "groups/1/transitiveMembers"  # five units


def test_the_directory_says_what_was_used_and_warns_before_it_refuses() -> None:
    tenant = Tenant()
    _, headers = tenant.ask("users")
    assert (headers["x-ms-resource-unit"], headers.get("x-ms-throttle-limit-percentage")) == ("2", None)
    assert tenant.statuses(DEAR, 1279) == {200: 1279}
    tenant.ask("domains")
    assert "x-ms-throttle-limit-percentage" not in tenant.ask("domains")[1]
    assert tenant.ask("domains")[1]["x-ms-throttle-limit-percentage"] == "0.80"
    assert tenant.statuses(DEAR, 320) == {200: 320}
    status, headers = tenant.ask("users")
    assert status == 429
    assert headers["x-ms-throttle-scope"] == f"Tenant_Application/ReadWrite/{CLIENT_ID}/{TENANT_ID}"
    assert headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    assert headers["x-ms-throttle-limit-percentage"] == "1.00"
    tenant.statuses(DEAR, 1300)
    assert tenant.ask("users")[1]["x-ms-throttle-limit-percentage"] == "1.80"


def test_conditional_access_is_one_a_second_and_does_not_say_when(emulator: Emulator) -> None:
    with emulator.behaving(limits=True), client_of(emulator) as client:
        answers = [client.get(f"/v1.0/{POLICIES}") for _ in range(2)]
        assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [(200, None), (429, None)]
        assert answers[1].json()["error"]["code"] == "TooManyRequests"
        time.sleep(1.05)
        assert client.get(f"/v1.0//{POLICIES}").status_code == 200
        assert emulator.throttled == {PROTECTION: 1}


def test_reports_say_when(emulator: Emulator) -> None:
    with emulator.behaving(limits=True), client_of(emulator) as client:
        answers = [client.get(f"/v1.0/{REGISTRATIONS}") for _ in range(6)]
        users = client.get("/v1.0/users?$select=id")
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 8 <= int(answers[5].headers["retry-after"]) <= 10
    assert users.headers["x-ms-resource-unit"] == "1"


def test_four_requests_for_the_score_at_once(emulator: Emulator) -> None:
    async def at_once(client: httpx.AsyncClient, times: int) -> Counter[int]:
        answers = await asyncio.gather(*(client.get(f"/v1.0/{PROFILES}") for _ in range(times)))
        return Counter(answer.status_code for answer in answers)

    async def ask(token: str) -> list[Counter[int]]:
        trust, headers = ssl.create_default_context(cafile=str(emulator.ca_file)), {"authorization": token}
        async with httpx.AsyncClient(base_url=emulator.graph, verify=trust, trust_env=False, http2=True, headers=headers) as client:
            return [await at_once(client, 6), await at_once(client, 4)]

    with emulator.behaving(limits=True, faults=["* latency seconds=0.5"]):
        with client_of(emulator) as client:
            token = client.headers["authorization"]
        assert asyncio.run(ask(token)) == [{200: 4, 429: 2}, {200: 4}]
        assert emulator.throttled == {"secure score": 2}


def test_limits_are_enforced_where_asked_for_and_begin_anew(emulator: Emulator) -> None:
    with client_of(emulator) as client:
        for _ in range(2):
            with emulator.behaving(limits=True):
                assert [client.get(f"/v1.0/{POLICIES}").status_code for _ in range(2)] == [200, 429]
                assert sum(emulator.throttled.values()) == 1
        with emulator.behaving():
            assert [client.get(f"/v1.0/{POLICIES}").status_code for _ in range(3)] == [200] * 3
            assert not emulator.throttled


def test_every_service_has_its_own_name() -> None:
    assert len({service.name for service in SERVICES}) == len(SERVICES)
