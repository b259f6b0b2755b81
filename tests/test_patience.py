"""Waiting for Graph: as long as it asks, never longer than the run may, and nothing that is no use is tried again."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from fixtures.graph.client import GraphClient
from fixtures.graph.clouds import GLOBAL, Cloud
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.limits import Gates, Window
from fixtures.graph.patience import Patience, pause, seconds_of
from tests.emulator import running
from tests.emulator.tiny import write_tiny

URL = "https://graph.microsoft.com/v1.0/things"


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def patience(self, seconds: float = 300) -> Patience:
        return Patience(seconds, lambda: self.now, self.sleep)


class Answers(httpx.AsyncBaseTransport):
    """Gives these answers in turn, the last for ever: a status, a status with its Retry-After, or an error to raise."""

    def __init__(self, *answers: int | tuple[int, str] | type[httpx.HTTPError]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, type):
            raise answer("broken", request=request)  # type: ignore[call-arg]
        status, headers = (answer, {}) if isinstance(answer, int) else (answer[0], {"retry-after": answer[1]})
        return httpx.Response(status, headers=headers, content=b"{}", request=request)


def ask(transport: Answers, clock: Clock, seconds: float = 300) -> int | Unreadable:
    """The status the client ends with, or how it failed."""

    async def once() -> int:
        client = GraphClient(GLOBAL, transport=transport, patience=clock.patience(seconds))
        return (await client.get(URL, "things")).status

    try:
        return asyncio.run(once())
    except Unreadable as error:
        return error


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("0.25", 0.25),
        ("300", 300),
        (" 12 ", 12),
        ("", None),
        (None, None),
        ("soon", None),
        ("-3", None),
        ("1e3", None),
        ("٣", None),
    ],
)
def test_what_a_retry_after_asks_for(said: str | None, seconds: float | None) -> None:
    assert seconds_of(said) == seconds


def test_a_date_is_as_many_seconds_as_are_left() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < (seconds_of(later) or 0) <= 90
    assert seconds_of(format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)) == 0


@given(st.text(max_size=12))
def test_no_header_whatever_breaks_the_reader(said: str) -> None:
    assert (seconds_of(said) or 0) >= 0


@pytest.mark.parametrize(("status", "said"), [(429, "0.25"), (503, "7"), (504, "170"), (429, "299")])
def test_waits_are_what_the_service_asks(status: int, said: str) -> None:
    clock = Clock()
    assert ask(Answers((status, said), 200), clock) == 200
    assert clock.waits == [float(said)]


@pytest.mark.parametrize("failing", [500, 502, 503, 504, 429, httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_what_passes_is_tried_again(failing: int | type[httpx.HTTPError]) -> None:
    clock = Clock()
    assert ask(Answers(failing, failing, 200), clock) == 200
    first, second = clock.waits
    assert 1 <= first <= 1.25
    assert 2 <= second <= 2.5


@pytest.mark.parametrize("failing", [500, 502, 503, 504])
def test_a_service_that_stays_broken_is_given_up_in_seconds(failing: int) -> None:
    clock, transport = Clock(), Answers(failing)
    assert ask(transport, clock) == failing
    assert transport.asked == 5
    assert 15 <= sum(clock.waits) <= 20


def test_a_connection_that_stays_broken_is_unavailable() -> None:
    found = ask(Answers(httpx.ConnectError), Clock())
    assert isinstance(found, Unreadable)
    assert found.cause is Cause.UNAVAILABLE


@pytest.mark.parametrize("answer", [400, 401, 403, 404, 405, 410, 501])
def test_an_answer_that_would_be_the_same_again_is_final(answer: int) -> None:
    clock, transport = Clock(), Answers(answer)
    assert ask(transport, clock) == answer
    assert (transport.asked, clock.waits) == (1, [])


@pytest.mark.parametrize("said", ["10", "0", "0.001"])
def test_throttling_without_an_end_ends_with_the_patience_of_the_run(said: str) -> None:
    clock, transport = Clock(), Answers((429, said))
    assert ask(transport, clock, 120) == 429
    assert 60 <= sum(clock.waits) <= 120
    assert transport.asked < 40, "a service that asks for no time is hammered"


def test_more_than_the_run_may_wait_is_not_waited_for() -> None:
    clock, transport = Clock(), Answers((429, "301"))
    assert ask(transport, clock, 300) == 429
    assert (transport.asked, clock.waits) == (1, [])


def test_no_patience_is_one_try() -> None:
    clock, transport = Clock(), Answers(503)
    assert ask(transport, clock, 0) == 503
    assert transport.asked == 1


def test_a_stall_is_counted_and_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.graph.patience.HEALTHY", 0.2)

    class Silent(Answers):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.asked += 1
            await asyncio.sleep(3600)
            raise AssertionError

    async def once() -> None:
        await GraphClient(GLOBAL, transport=transport, patience=Patience(0.2)).get(URL, "things")

    transport = Silent()
    with pytest.raises(Unreadable, match="TimeoutError") as caught:
        asyncio.run(asyncio.wait_for(once(), 10))
    assert caught.value.cause is Cause.UNAVAILABLE
    assert transport.asked == 1


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50)), max_size=20))
def test_time_in_which_several_wait_is_counted_once(spells: list[tuple[float, float]]) -> None:
    patience = Patience(1e6)
    spells.sort()
    for start, length in spells:
        patience.spend(start, start + length)
    ticks, covered = sorted({edge for start, length in spells for edge in (start, start + length)}), 0.0
    for left, right in pairwise(ticks):
        middle = (left + right) / 2
        covered += (right - left) if any(start <= middle <= start + length for start, length in spells) else 0
    assert 1e6 - patience.left == pytest.approx(covered, abs=1e-6)


@given(st.integers(1, 60), st.sampled_from([429, 500, 502, 503, 504, None]), st.sampled_from([None, "0", "3", "0.5"]))
def test_a_pause_is_never_below_nothing_nor_long_unasked(tries: int, status: int | None, said: str | None) -> None:
    seconds = pause(status, said, tries)
    assert seconds is None or 0 <= seconds <= 37.5


def test_a_window_lets_no_more_through_than_the_service_counts() -> None:
    """Whenever within a request's span the service counts it, no window of its own holds more than it allows."""
    spans: list[tuple[float, float]] = []

    async def one(window: Window, latency: float) -> None:
        loop = asyncio.get_running_loop()
        async with window:
            start = loop.time()
            await asyncio.sleep(latency)
            spans.append((start, loop.time()))

    async def all_of_them() -> None:
        window = Window(3, 0.2)
        await asyncio.gather(*(one(window, latency) for latency in (0.01, 0.09, 0.02, 0.0, 0.05, 0.01, 0.03, 0.0, 0.01, 0.02)))

    asyncio.run(all_of_them())
    for counted in (lambda span: span[0], lambda span: span[1], lambda span: (span[0] + span[1]) / 2):
        times = sorted(map(counted, spans))
        assert all(later - earlier >= 0.199 for earlier, later in zip(times, times[3:], strict=False)), times
    assert max(end for _, end in spans) - min(start for start, _ in spans) < 1.2, "slower than the limit asks for"


@pytest.mark.parametrize(
    ("path", "like"),
    [
        ("v1.0/identity/conditionalAccess/namedLocations", "v1.0/identityProtection/riskyUsers"),
        ("beta/Identity/ConditionalAccess/policies", "v1.0/identity/conditionalAccess/policies"),
        ("v1.0/auditLogs/signIns", "v1.0/reports/authenticationMethods/userRegistrationDetails"),
        ("v1.0/security/secureScores", "v1.0/security/secureScoreControlProfiles"),
    ],
)
def test_paths_of_one_service_share_its_limit(path: str, like: str) -> None:
    gates = Gates(live=True)
    assert gates.of(path) is gates.of(like)
    assert gates.of(path) is not gates.of("v1.0/users")
    assert Gates(live=False).of(path) is not Gates(live=False).of(like)


def test_a_certificate_that_is_not_trusted_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No second try makes it a better one, and the reason says what is wrong."""
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "another.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "another.pem"))
    clock = Clock()
    with running(write_tiny(tmp_path / "tiny")) as emulator:

        async def once() -> None:
            client = GraphClient(Cloud("lab", emulator.authority, emulator.graph), patience=clock.patience())
            await client.get(f"{emulator.graph}/v1.0/domains", "domains")

        with pytest.raises(Unreadable, match="its certificate is not trusted") as raised:
            asyncio.run(once())
    assert raised.value.cause is Cause.UNAVAILABLE
    assert not clock.waits
