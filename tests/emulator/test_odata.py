"""The query options, on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from . import Emulator, running

ADA, BEN, CARL = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000003"
USERS = [
    {
        "id": ADA,
        "displayName": "Ada",
        "userPrincipalName": "ada@odata.example",
        "accountEnabled": True,
        "userType": "Member",
        "createdDateTime": "2020-01-02T03:04:05Z",
        "mail": None,
        "assignedLicenses": [{"skuId": "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46"}],
        "proxyAddresses": ["SMTP:ada@odata.example"],
    },
    {
        "id": BEN,
        "displayName": "ben O'Neil",
        "userPrincipalName": "ben@odata.example",
        "accountEnabled": False,
        "userType": "Guest",
        "createdDateTime": "2024-06-01T00:00:00.1234567Z",
        "mail": "Ben@Elsewhere.example",
        "assignedLicenses": [],
        "proxyAddresses": [],
    },
    {
        "id": CARL,
        "displayName": "Carl",
        "userPrincipalName": "carl@odata.example",
        "accountEnabled": True,
        "userType": "Member",
        "createdDateTime": "2022-01-01T00:00:00Z",
        "mail": "carl@odata.example",
        "assignedLicenses": [],
        "proxyAddresses": ["smtp:c@odata.example", "SMTP:carl@odata.example"],
    },
]
ROLE = "62e90394-69f5-4237-9190-012177145e10"
PROFILES = "security/secureScoreControlProfiles"
LINK = "https://graph.microsoft.com/v1.0"
FILES: dict[str, Any] = {
    "users": {"value": USERS},
    "groups": {"value": [{"id": "g1", "displayName": "All"}]},
    "groups/g1/transitiveMembers": {"value": [{"@odata.type": "#microsoft.graph.user", "id": ADA, "displayName": "Ada"}]},
    "roleManagement/directory/roleAssignments": {
        "value": [
            {"id": "r1", "principalId": ADA, "roleDefinitionId": ROLE, "directoryScopeId": "/"},
            {"id": "r2", "principalId": "gone", "roleDefinitionId": ROLE, "directoryScopeId": "/", "principal": {"id": "gone", "x": 1}},
        ]
    },
    "roleManagement/directory/roleDefinitions": {"value": [{"id": ROLE, "displayName": "Global Administrator"}]},
    PROFILES: {"value": [{"id": "b", "maxScore": 2}, {"id": "A", "maxScore": None}], "@odata.nextLink": f"{LINK}/{PROFILES}?$skiptoken=2"},
    f"{PROFILES}.page2": {"value": [{"id": "c", "maxScore": 10}]},
    "auditLogs/directoryAudits": {"value": [{"id": "1"}], "@odata.nextLink": f"{LINK}/auditLogs/directoryAudits?$skiptoken=lost"},
    "applications": {"value": [{"id": "a1", "appId": "b2", "displayName": "It"}]},
    "policies/authorizationPolicy": {"id": "authorizationPolicy", "allowInvitesFrom": "none", "blockMsolPowerShell": True},
    "reports/authenticationMethods/userRegistrationDetails": {"value": [{"id": ADA, "isMfaRegistered": True}]},
    "domains": {"value": ["no object"]},
    "organization.403": {"error": {"code": "Recorded", "message": "As it was."}},
    "devices": "[broken",
    "contacts": {"value": [{"id": "only a part"}]},
}
ADVANCED = {"ConsistencyLevel": "eventual"}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("odata")
    for name, body in FILES.items():
        file = folder / "v1.0" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(body if isinstance(body, str) else json.dumps(body), "utf-8")
    listed = {"file": "v1.0/contacts.json", "url": f"{LINK}/contacts?$filter=startswith(id,'only')"}
    (folder / "snapshot.json").write_text(json.dumps({"format": 1, "requests": [listed]}), "utf-8")
    with running(folder, roles=["Directory.Read.All", "AuditLog.Read.All", "SecurityEvents.Read.All", "Policy.Read.All"]) as emulator:
        yield emulator


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["value"]]


def pages(client: httpx.Client, address: str, headers: dict[str, str] | None = None) -> list[list[str]]:
    found, following = [], address
    while following:
        answer = client.get(following, headers=headers)
        found.append(ids(answer))
        following = answer.json().get("@odata.nextLink")
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=accountEnabled eq true", [ADA, CARL]),
        ("$filter=userPrincipalName eq 'ADA@odata.example'", [ADA]),
        (f"$filter=id in ('{ADA}','{CARL.upper()}')", [ADA, CARL]),
        ("$filter=id in ('nobody')", []),
        (f"$filter=id eq {BEN}", [BEN]),
        ("$filter=displayName eq 'Ben o''neil'", [BEN]),
        ("$filter=startsWith(displayName,'b') or startswith(displayName,'C')", [BEN, CARL]),
        ("$filter=mail eq null", [ADA]),
        ("$filter=createdDateTime ge 2022-01-01T00:00:00Z", [BEN, CARL]),
        ("$filter=createdDateTime gt 2022-01-01 and createdDateTime lt 2030-01-01", [BEN]),
        ("$filter=assignedLicenses/any(x:x/skuId eq cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46)", [ADA]),
        ("$filter=proxyAddresses/any(p:startswith(p,'smtp:c@'))", [CARL]),
        ("$orderby=displayName desc", [CARL, BEN, ADA]),
        ("$orderby=createdDateTime", [ADA, CARL, BEN]),
        ("$FILTER=DISPLAYNAME eq 'ada'", [ADA]),
        ("unknown=1&$filter=userType eq 'guest'", [BEN]),
    ],
)
def test_what_is_asked_of_users(client: httpx.Client, query: str, expected: list[str]) -> None:
    assert ids(client.get(f"/v1.0/users?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=accountEnabled ne true", [BEN]),
        ("$filter=not(startswith(displayName,'a'))", [BEN, CARL]),
        ("$filter=NOT (userType eq 'Guest')", [ADA, CARL]),
        ("$filter=endsWith(mail,'@odata.example')", [CARL]),
        ("$filter=assignedLicenses/$count eq 0", [BEN, CARL]),
        ("$filter=accountEnabled eq true&$orderby=displayName desc", [CARL, ADA]),
    ],
)
def test_an_advanced_query_needs_the_header_and_the_count(client: httpx.Client, query: str, expected: list[str]) -> None:
    answer = client.get(f"/v1.0/users?{query}&$count=true", headers=ADVANCED)
    assert ids(answer) == expected
    assert answer.json()["@odata.count"] == len(expected)
    for headers, more in (({}, ""), ({}, "&$count=true"), (ADVANCED, "")):
        refused = client.get(f"/v1.0/users?{query}{more}", headers=headers)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize(
    ("path", "status", "code", "message"),
    [
        ("users?$filter=displayName eq", 400, "BadRequest", "Invalid filter clause"),
        ("users?$filter=nonsense(displayName,'a')", 400, "BadRequest", "Invalid filter clause"),
        ("users?$filter=displayName", 400, "BadRequest", "Invalid filter clause"),
        ("users?$filter=contains(displayName,'a')", 400, "Request_UnsupportedQuery", "Filter operator 'Contains' is not supported."),
        ("users?$filter=id in (" + ",".join(f"'{n}'" for n in range(16)) + ")", 400, "Request_UnsupportedQuery", "Max allowed: 15"),
        ("users?$top=1000", 400, "Request_UnsupportedQuery", "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive."),
        ("users?$top=0", 400, "Request_UnsupportedQuery", "Invalid page size specified: '0'."),
        ("users?$top=-1", 400, "BadRequest", "requires a non-negative integer"),
        ("users?$skip=1", 400, "Request_BadRequest", "'$skip' is not supported by the service."),
        ("users?$skiptoken=made-up", 400, "Directory_ExpiredPageToken", "has expired"),
        (f"{PROFILES}?$skiptoken=made-up", 400, "BadRequest", "Invalid Skip Token"),
        ("users?$orderby=displayName up", 400, "BadRequest", "orderby"),
        ("users?$select=a b", 400, "BadRequest", "Parsing OData Select and Expand failed"),
        ("users?$expand=nothing", 400, "BadRequest", "Could not find a property named 'nothing'"),
        ('users?$search="displayName:a"', 400, "Request_UnsupportedQuery", "$search"),
        ("users?$wrong=1", 400, "BadRequest", "'$wrong' is not supported"),
        ("users/$count", 400, "Request_BadRequest", "$count is not currently supported."),
        ("users/nobody@odata.example", 404, "Request_ResourceNotFound", "Resource 'nobody@odata.example' does not exist"),
        ("security/secureScoreControlProfiles/none", 404, "Request_ResourceNotFound", "Resource 'none' does not exist"),
        ("auditLogs/directoryAudits/2", 404, "ResourceNotFound", "Resource not found"),
        ("users/nobody/manager", 404, "ResourceNotFound", "Resource not found"),
        ("never", 404, "ResourceNotFound", "Resource not found"),
        ("never?$top=1", 404, "ResourceNotFound", "Resource not found"),
        ("never/$count", 404, "ResourceNotFound", "Resource not found"),
        ("reports/authenticationMethods/userRegistrationDetails?$top=5", 400, "BadRequest", "Query option 'Top' is not allowed."),
        ("reports/authenticationMethods/userRegistrationDetails?$select=id", 400, "BadRequest", "Query option 'Select' is not allowed."),
        ("auditLogs/directoryAudits?$skiptoken=lost", 404, "ResourceNotFound", "Resource not found"),
        ("auditLogs/directoryAudits/$count", 404, "ResourceNotFound", "Resource not found"),
        ("organization?$select=id", 403, "Recorded", "As it was."),
    ],
)
def test_what_is_refused(client: httpx.Client, path: str, status: int, code: str, message: str) -> None:
    answer = client.get(f"/v1.0/{path}", headers={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert message in answer.json()["error"]["message"]


def test_select_leaves_what_was_asked_for(client: httpx.Client, emulator: Emulator) -> None:
    body = client.get("/v1.0/users?$select=ID,displayName,neverRecorded&$top=1").json()
    assert body["value"] == [{"id": ADA, "displayName": "Ada"}]
    assert body["@odata.context"].startswith(f"{emulator.graph}/v1.0/$metadata#users(")
    (member,) = client.get("/v1.0/groups/g1/transitiveMembers?$select=id&$top=999").json()["value"]
    assert member == {"@odata.type": "#microsoft.graph.user", "id": ADA}
    assert client.get("/v1.0/policies/authorizationPolicy?$select=allowInvitesFrom").json() == {"allowInvitesFrom": "none"}


def test_an_object_is_found_by_its_keys(client: httpx.Client) -> None:
    for path in (f"users/{BEN.upper()}", "users/Ben@odata.example", f"USERS('{BEN}')", f"users//{BEN}"):
        assert client.get(f"/v1.0/{path}").json()["id"] == BEN
    assert client.get("/v1.0/applications(appId='B2')?$select=id").json()["id"] == "a1"
    body = client.get(f"/v1.0/users/{BEN}?$select=userType").json()
    assert {name: value for name, value in body.items() if not name.startswith("@")} == {"userType": "Guest"}


def test_counts(client: httpx.Client) -> None:
    counted = client.get("/v1.0/users/$count", headers=ADVANCED)
    assert (counted.text, counted.headers["content-type"].partition(";")[0]) == ("3", "text/plain")
    assert client.get("/v1.0/users/$count?$filter=accountEnabled eq true", headers=ADVANCED).text == "2"
    assert client.get(f"/v1.0/{PROFILES}/$count").text == "3"
    assert "@odata.count" not in client.get("/v1.0/users?$count=true").json(), "the directory leaves it out without the header"
    assert client.get(f"/v1.0/{PROFILES}?$count=true&$top=1").json()["@odata.count"] == 3


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (f"/v1.0/{PROFILES}", [["b", "A"], ["c"]]),
        (f"/v1.0/{PROFILES}?$select=id", [["b", "A"], ["c"]]),
        (f"/v1.0/{PROFILES}?$top=1", [["b"], ["A"], ["c"]]),
        (f"/v1.0/{PROFILES}?$top=2&$orderby=id", [["A", "b"], ["c"]]),
        (f"/v1.0/{PROFILES}?$orderby=maxScore desc,id&$top=2", [["c", "b"], ["A"]]),
        (f"/v1.0/{PROFILES}?$skip=1&$top=1", [["A"], ["c"]]),
        (f"/v1.0/{PROFILES}?$skip=1&$filter=maxScore gt 0&$top=1", [["c"]]),
        (f"/v1.0/{PROFILES}?$filter=maxScore gt 1 and maxScore le 10.0&$top=1", [["b"], ["c"]]),
        (f"/v1.0/{PROFILES}?$filter=contains(id,'a')", [["A"]]),
        ("/v1.0/users?$top=2&$select=id", [[ADA, BEN], [CARL]]),
        ("/v1.0/users?$filter=accountEnabled eq true&$top=1", [[ADA], [CARL]]),
    ],
)
def test_pages_lead_to_the_end(client: httpx.Client, address: str, expected: list[list[str]]) -> None:
    assert pages(client, address) == expected


def test_a_page_token_is_of_its_own_query(client: httpx.Client) -> None:
    link = client.get("/v1.0/users?$top=1&$select=id,displayName&mine=kept").json()["@odata.nextLink"]
    assert "mine=kept" in link
    second = client.get(link).json()
    assert [set(row) for row in second["value"]] == [{"id", "displayName"}]
    assert link.count("skiptoken") == second["@odata.nextLink"].count("skiptoken") == 1
    token = link.rpartition("skiptoken=")[2]
    for other in ("$top=2&$select=id,displayName", "$top=1"):
        assert client.get(f"/v1.0/users?{other}&$skiptoken={token}").json()["error"]["code"] == "Directory_ExpiredPageToken"


def test_a_collection_that_was_cut_short_ends_in_the_gap(client: httpx.Client) -> None:
    for query in ("", "?$top=5", "?$filter=id eq '1'"):
        link = client.get(f"/v1.0/auditLogs/directoryAudits{query}").json()["@odata.nextLink"]
        assert client.get(link).status_code == 404


def test_expand_takes_what_was_recorded(client: httpx.Client) -> None:
    path = "/v1.0/roleManagement/directory/roleAssignments"
    assert not any("principal" in row for row in client.get(f"{path}?$top=5").json()["value"])
    expanded = client.get(f"{path}?$expand=principal($select=id,displayName),roleDefinition").json()["value"]
    assert expanded[0]["principal"] == {"@odata.type": "#microsoft.graph.user", "id": ADA, "displayName": "Ada"}
    assert expanded[1]["principal"] == {"id": "gone"}
    assert {row["roleDefinition"].get("displayName") for row in expanded} == {"Global Administrator"}


def test_what_cannot_be_asked_is_answered_as_recorded(client: httpx.Client, emulator: Emulator) -> None:
    for query in ("", "?$top=1"):
        assert client.get(f"/v1.0/domains{query}").json() == FILES["domains"]
        assert client.get(f"/v1.0/devices{query}").text == FILES["devices"]
    assert client.get("/v1.0/contacts?" + quote("$filter=startswith(id,'only')", safe="=")).json() == FILES["contacts"]
    assert client.get("/v1.0/contacts/only").status_code == 404, "a filtered reading says nothing of the rest"
