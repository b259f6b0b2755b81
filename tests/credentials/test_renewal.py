"""A token is kept until it is refused; then there is one new one for all, and nobody is asked again."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from kiota_abstractions.request_information import RequestInformation

from fixtures.graph.clouds import Cloud
from fixtures.graph.credentials import KINDS
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.tokens import TokenSource
from tests.emulator.tiny import TENANT_ID

from .place import (
    Place,
    asked_for,
    read,
)


def token_of(request: RequestInformation) -> str:
    (sent,) = request.headers.get("Authorization")
    return str(sent).removeprefix("Bearer ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_kept_until_it_is_refused(place: Place, kind: str) -> None:
    bearer, _ = place.sign_in(kind)

    async def three() -> list[str]:
        request, found = RequestInformation(), []
        request.url = f"{place.emulator.graph}/v1.0/domains"
        for refused in (False, False, True):
            if refused:
                await bearer.renew(request)
            await bearer.authenticate_request(request)
            found.append(token_of(request))
        return found

    first, second, third = asyncio.run(three())
    assert first == second
    assert third != first, "a cache of azure-identity, or of msal, answered"


PATHS = ("domains", "organization", "users", "policies/authorizationPolicy", "subscribedSkus")


@pytest.mark.parametrize("kind", ["secret", "github", "device-code", "azure-cli"])
def test_requests_that_are_challenged_together_share_one_new_token(place: Place, kind: str) -> None:
    bearer, _ = place.sign_in(kind)
    place.emulator.revoke()
    place.emulator.requests.clear()
    assert read(bearer, place.emulator, *PATHS) == [200] * 5
    assert asked_for(place.emulator, "/login/az" if kind == "azure-cli" else f"/{TENANT_ID}/oauth2/v2.0/token") == 1
    statuses = [seen.status for seen in place.emulator.reads]
    assert statuses.count(200) == 5
    assert 1 <= statuses.count(401) <= 5


@pytest.mark.parametrize("kind", ["browser", "device-code"])
def test_a_person_is_not_asked_again_in_the_middle_of_a_run(
    place: Place, opened: list[str], capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    bearer, _ = place.sign_in(kind)
    asked = (len(opened), capsys.readouterr().out.count("To sign in"))
    with place.emulator.behaving(blocked=True):
        place.emulator.revoke()
        (failure,) = read(bearer, place.emulator, "domains")
    assert isinstance(failure, Unreadable)
    assert failure.cause is Cause.PERMISSION
    assert asked == ((1, 0) if kind == "browser" else (0, 1))
    assert (len(opened), capsys.readouterr().out) == (asked[0], "")


def test_a_github_that_is_gone_in_the_middle_of_a_run(place: Place) -> None:
    bearer, _ = place.sign_in("github")
    place.emulator.revoke()

    def unreachable(*_: object, **__: object) -> None:
        raise httpx.ConnectError("gone")

    place.environment.setattr("fixtures.graph.credentials.httpx.get", unreachable)
    (failure,) = read(bearer, place.emulator, "domains")
    assert isinstance(failure, Unreadable)
    assert "No token for /v1.0/domains" in failure.reason


@pytest.mark.parametrize("error", [FileNotFoundError("the token's file"), ValueError("no JSON")])
def test_a_token_that_cannot_be_renewed_is_azure_identitys_own_error(error: Exception) -> None:
    class Broken:
        def get_token(self, *_: str, **__: object) -> AccessToken:
            raise error

    source = TokenSource(Broken(), Cloud("emulated", "https://localhost", "https://localhost"), AccessToken("first", 0))
    with pytest.raises(ClientAuthenticationError, match=type(error).__name__):
        asyncio.run(source.get_authorization_token("https://localhost/v1.0/users"))


@pytest.mark.parametrize("challenge", ["", "x", "bm90IGpzb24=", "W10=", "eyJhIjoxfQ"])
def test_a_challenge_that_is_none_still_brings_another_token(place: Place, challenge: str) -> None:
    bearer, _ = place.sign_in("secret")

    async def go() -> tuple[str, str]:
        request = RequestInformation()
        request.url = f"{place.emulator.graph}/v1.0/domains"
        await bearer.authenticate_request(request)
        first = token_of(request)
        await bearer.authenticate_request(request, {"claims": challenge})
        return first, token_of(request)

    first, second = asyncio.run(go())
    assert (first == second) is (challenge == "")
