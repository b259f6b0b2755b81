"""Clients that are not ours, unchanged but for the address and the certificate: Microsoft's own, for Python and for JavaScript."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.models.o_data_errors.o_data_error import ODataError
from msgraph.generated.models.user import User
from msgraph.generated.users.users_request_builder import UsersRequestBuilder
from msgraph_core.tasks.page_iterator import PageIterator

from . import CLIENT_ID, CLIENT_SECRET, Emulator, running

SCRIPT = Path(__file__).with_name("client.mjs")
# In the demo tenant.
EVERYBODY = 462
Work = Callable[[GraphServiceClient], Awaitable[Any]]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running() as emulator:
        yield emulator


@pytest.fixture
def sdk(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Work], Any]:
    """Does a piece of work with msgraph-sdk's own client, signed in by azure-identity."""
    for name, value in {**emulator.environment, "NO_PROXY": "localhost"}.items():
        monkeypatch.setenv(name, value)

    async def signed_in(work: Work) -> Any:
        options = {"authority": emulator.authority, "disable_instance_discovery": True}
        async with ClientSecretCredential(emulator.tenant_id, CLIENT_ID, CLIENT_SECRET, **options) as credential:
            client = GraphServiceClient(credential, [f"{emulator.graph}/.default"])
            client.request_adapter.base_url = f"{emulator.graph}/v1.0"
            return await work(client)

    return lambda work: asyncio.run(signed_in(work))


def refused(sdk: Callable[[Work], Any], work: Work) -> tuple[int | None, str | None]:
    """The status and the code of the SDK's error."""
    with pytest.raises(ODataError) as found:
        sdk(work)
    return found.value.response_status_code, found.value.error.code if found.value.error else None


def test_the_sdk_selects_filters_and_pages(sdk: Callable[[Work], Any]) -> None:
    async def work(client: GraphServiceClient) -> list[User]:
        query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
            select=["id", "displayName"], filter="accountEnabled eq true and startswith(userPrincipalName,'a')", top=10
        )
        everybody: list[User] = []

        def keep(user: User) -> bool:
            everybody.append(user)
            return True

        first: Any = await client.users.get(RequestConfiguration(query_parameters=query))
        assert len(first.value) == 10
        await PageIterator(first, client.request_adapter).iterate(keep)
        return everybody

    everybody = sdk(work)
    assert len({user.id for user in everybody}) == len(everybody) > 20
    assert all(user.display_name and user.user_principal_name is None for user in everybody)


def test_the_sdk_finds_one_and_is_told_of_none(sdk: Callable[[Work], Any]) -> None:
    async def work(client: GraphServiceClient) -> list[Any]:
        first: Any = await client.users.get()
        keys = (first.value[0].id, first.value[0].user_principal_name)
        return [first.value[0], *[await client.users.by_user_id(key).get() for key in keys]]

    assert len({(user.id, user.display_name) for user in sdk(work)}) == 1
    nobody = refused(sdk, lambda client: client.users.by_user_id("nobody@fjordline.example").get())
    assert nobody == (404, "Request_ResourceNotFound")


def test_the_sdk_counts(sdk: Callable[[Work], Any]) -> None:
    eventual: RequestConfiguration[Any] = RequestConfiguration()
    eventual.headers.add("ConsistencyLevel", "eventual")
    assert sdk(lambda client: client.users.count.get(eventual)) == EVERYBODY
    assert refused(sdk, lambda client: client.users.count.get()) == (400, "Request_BadRequest")


@pytest.fixture(scope="module")
def javascript(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What Microsoft's client for JavaScript found out, run by node."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are needed to run Microsoft's client for JavaScript")
    folder = tmp_path_factory.mktemp("javascript")
    client = "@microsoft/microsoft-graph-client@3"
    install = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefer-offline", "--prefix", str(folder), client]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    shutil.copy(SCRIPT, folder)
    told = {"GRAPH": emulator.graph, "AUTHORITY": emulator.authority, "TENANT": emulator.tenant_id}
    environment = {**os.environ, **emulator.environment, **told, "NODE_EXTRA_CA_CERTS": str(emulator.ca_file)}
    ran = subprocess.run([node, SCRIPT.name], cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_javascript_pages_and_filters(javascript: Any) -> None:
    assert javascript["everybody"] == EVERYBODY
    assert javascript["pages"] > 4
    assert javascript["found"] == ["emergency-1@fjordline.example", "emergency-2@fjordline.example"]
    assert int(javascript["counted"]) == EVERYBODY


def test_javascript_is_told_what_went_wrong(javascript: Any) -> None:
    assert javascript["refused"] == [404, "Request_ResourceNotFound"]
    assert javascript["invalid"] == [400, "Request_UnsupportedQuery"]


def test_javascript_batches(javascript: Any) -> None:
    assert javascript["batched"] == {"organization": 200, "nobody": 404, "after": 424}
