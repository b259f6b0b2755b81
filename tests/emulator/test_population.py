"""A tenant of any size: the same people every time, found at once, and never all in memory."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import Emulator, running
from .clients import client_of
from .population import DEVICES, REGISTRATIONS, USERS, Generated, Wanted, populate
from .tiny import DOMAIN, write_tiny

PEOPLE, MACHINES = 2_500, 1_200
REPORT = "/v1.0/reports/authenticationMethods/userRegistrationDetails"
ADVANCED = {"ConsistencyLevel": "eventual"}
ROLES = ["Directory.Read.All", "AuditLog.Read.All", "DeviceManagementManagedDevices.Read.All"]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    """The demo tenant, grown."""
    with running(users=PEOPLE, devices=MACHINES, roles=ROLES) as emulator:
        yield emulator


def read(client: httpx.Client, address: str, headers: dict[str, str] | None = None) -> tuple[list[dict[str, Any]], list[int]]:
    """All rows, and how many came on each page."""
    rows, sizes, following = [], [], address
    while following:
        body = client.get(following, headers=headers).json()
        rows += body["value"]
        sizes.append(len(body["value"]))
        following = body.get("@odata.nextLink")
    return rows, sizes


def test_users_and_the_report_are_of_the_same_people(client: httpx.Client) -> None:
    users, sizes = read(client, "/v1.0/users?$select=id,accountEnabled,userType,createdDateTime,userPrincipalName&$top=999")
    assert sizes == [999, 999, PEOPLE - 2 * 999]
    report, _ = read(client, REPORT)
    assert [row["id"] for row in report] == [row["id"] for row in users]
    assert len({row["id"] for row in users}) == PEOPLE
    kinds = {row["id"]: row["userType"].casefold() for row in users}
    assert all(kinds[row["id"]] == row["userType"].casefold() for row in report)
    made = [row for row in users if row["userPrincipalName"].startswith("user-0")]
    assert len(made) > 2_000
    assert all(set(row) == {"id", "accountEnabled", "userType", "createdDateTime", "userPrincipalName"} for row in made)
    assert all(row["createdDateTime"] < "2025" for row in made)
    assert 0 < sum(not row["accountEnabled"] for row in made) < len(made) / 20
    ids = {row["id"] for row in made}
    missing = [row for row in report if row["id"] in ids and not row["isMfaRegistered"]]
    assert 0 < len(missing) < len(made) / 50


def test_the_usual_page_of_the_directory_has_a_hundred(client: httpx.Client) -> None:
    _, sizes = read(client, "/v1.0/users?$filter=startswith(userPrincipalName,'user-0002')&$select=id")
    assert sizes == [100]


def test_devices_belong_to_users(client: httpx.Client) -> None:
    devices, sizes = read(client, "/v1.0/deviceManagement/managedDevices")
    assert (len(devices), sizes[0]) == (MACHINES, 1000)
    owner = client.get(f"/v1.0/users/{devices[7]['userId']}").json()
    assert owner["userPrincipalName"] == devices[7]["userPrincipalName"]
    assert client.get(f"/v1.0/deviceManagement/managedDevices/{devices[1100]['id']}").json()["deviceName"] == devices[1100]["deviceName"]


def test_one_is_found_at_once(client: httpx.Client) -> None:
    """By its id or name, alone or among others, as a lookup and not by going through all."""
    users, _ = read(client, "/v1.0/users?$select=id,userPrincipalName&$top=999")
    one, two = users[-1], users[-2]
    found = [
        client.get(f"/v1.0/users/{one['id'].upper()}").json(),
        client.get(f"/v1.0/users/{one['userPrincipalName']}").json(),
        client.get(f"{REPORT}/{one['id']}").json(),
        *client.get(f"/v1.0/users?$filter=id eq '{one['id']}'").json()["value"],
        *client.get(f"/v1.0/users?$filter=userPrincipalName eq '{one['userPrincipalName']}' and accountEnabled eq true").json()["value"],
        *client.get(f"{REPORT}?$filter=id eq '{one['id']}'").json()["value"],
    ]
    assert {row["id"] for row in found} == {one["id"]}
    assert len(found) == 6
    recorded = users[0]
    listed = ",".join(f"'{row['userPrincipalName']}'" for row in (one, two, recorded, {"userPrincipalName": "nobody"}))
    several = client.get(f"/v1.0/users?$filter=userPrincipalName in ({listed})&$select=id").json()["value"]
    assert [row["id"] for row in several] == [recorded["id"], two["id"], one["id"]]
    for nobody in ("user-999999@fjordline.example", "00000000-0000-4000-8000-00000000dead"):
        assert client.get(f"/v1.0/users/{nobody}").json()["error"]["code"] == "Request_ResourceNotFound"


def test_counts_filters_and_orders_reach_everybody(client: httpx.Client) -> None:
    assert client.get("/v1.0/users/$count", headers=ADVANCED).text == str(PEOPLE)
    assert client.get("/v1.0/users?$count=true&$top=1", headers=ADVANCED).json()["@odata.count"] == PEOPLE
    everybody, _ = read(client, "/v1.0/users?$top=999")
    guests, sizes = read(client, "/v1.0/users?$filter=userType eq 'Guest'&$top=40")
    expected = [row["id"] for row in everybody if row["userType"] == "Guest"]
    assert [row["id"] for row in guests] == expected
    assert sizes[:-1] == [40] * (len(sizes) - 1)
    counted = client.get("/v1.0/users?$filter=userType eq 'Guest'&$count=true&$top=1", headers=ADVANCED).json()
    assert counted["@odata.count"] == len(expected)
    ordered, _ = read(client, "/v1.0/users?$orderby=displayName desc&$top=900&$select=displayName")
    names = [row["displayName"].casefold() for row in ordered]
    assert names == sorted(names, reverse=True)
    assert len(names) == PEOPLE


def test_it_may_grow_while_it_runs(emulator: Emulator, client: httpx.Client) -> None:
    first = client.get("/v1.0/users/user-000003@fjordline.example").json()["id"]
    with emulator.behaving(users=PEOPLE + 10):
        assert client.get("/v1.0/users/$count", headers=ADVANCED).text == str(PEOPLE + 10)
        assert client.get("/v1.0/users/user-000003@fjordline.example").json()["id"] == first, "they stay who they are"
    assert client.get("/v1.0/users/$count", headers=ADVANCED).text == str(PEOPLE)


def test_a_tenant_is_never_smaller_than_its_snapshot() -> None:
    with pytest.raises(ValueError, match="the snapshot alone has 462 users, more than 461"), running(users=461):
        pass


def test_what_was_refused_or_cut_short_does_not_grow(tmp_path: Path) -> None:
    folder = write_tiny(tmp_path)
    (folder / "v1.0/users.json").unlink()
    (folder / "v1.0/users.403.json").write_text('{"error": {"code": "Recorded", "message": ""}}', "utf-8")
    with running(folder, users=50) as emulator, client_of(emulator) as client:
        assert client.get("/v1.0/users?$top=5").json()["error"]["code"] == "Recorded"
        report = client.get(REPORT).json()["value"]
    assert len(report) == 50
    assert report[-1]["userPrincipalName"] == f"user-000046@{DOMAIN}"


# Without the network

LARGE = populate(Wanted(300_000, 50_000, 'a"b%s.example', 'sku"'), {USERS: 5})


def test_a_row_is_cheap_and_memory_is_flat() -> None:
    users = LARGE[USERS]
    select = frozenset({"id", "accountenabled", "usertype", "createddatetime"})

    def whole(count: int) -> None:
        for start in range(0, count, 999):
            b",".join(users.rendered(range(start, min(start + 999, count)), select))

    whole(1_000)
    began = time.process_time()
    whole(50_000)
    assert (time.process_time() - began) / 50_000 < 25e-6, "a row takes about 4 µs; this leaves room for a slow machine"
    tracemalloc.start()
    whole(20_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_000_000


@given(st.sampled_from([USERS, REGISTRATIONS, DEVICES]), st.data())
def test_every_row_is_found_by_each_of_its_keys(path: str, data: st.DataObject) -> None:
    generated: Generated = LARGE[path]
    number = data.draw(st.integers(0, generated.count - 1))
    row = generated.row(number)
    lowered = {name.casefold(): value for name, value in row.items()}
    for key in generated.keys:
        assert generated.find(key, lowered[key]) == number
    assert LARGE[USERS if path == DEVICES else DEVICES].find("id", row["id"]) is None


@given(st.text(max_size=40), st.sampled_from(["id", "userprincipalname"]))
def test_nobody_is_found_by_any_other_text(text: str, key: str) -> None:
    number = LARGE[USERS].find(key, text)
    assert number is None or 0 <= number < LARGE[USERS].count


def test_ids_are_of_one_each() -> None:
    ids = [row["id"] for row in map(LARGE[USERS].row, range(20_000))] + [row["id"] for row in map(LARGE[DEVICES].row, range(20_000))]
    assert len(set(ids)) == len(ids)
    with pytest.raises(IndexError):
        LARGE[USERS].row(LARGE[USERS].count)
