"""Resources: what they ask for, what they make of bodies that are damaged, and that nothing is asked twice."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.graph.client import GraphClient
from fixtures.graph.clouds import GLOBAL
from fixtures.graph.failure import Cause
from fixtures.graph.limits import Gates
from fixtures.graph.reading import Reading, Request, read
from fixtures.graph.snapshot import Declared
from fixtures.licences import PLAN_IDS
from fixtures.resources import RESOURCES
from fixtures.resources.conditional_access import ConditionalAccess
from fixtures.resources.declaring import Rows, Single
from fixtures.resources.identity import ENTRA_ID_P2
from fixtures.resources.ids import Ids
from fixtures.resources.tenant import ServicePlan, SubscribedSku
from fixtures.resources.users import Users
from tests.harness import SHARED, Bench, Run, needs_shared

POSTURE_ALONE = True


class _Known:
    declared = Declared(None, ("bg@x.example",), ("sync@x.example",))
    as_of = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def value(self, name: str) -> Any:
        known = {
            "subscribed_skus": (SubscribedSku("a", "Enabled", (ServicePlan(ENTRA_ID_P2, "Success"),), consumed_units=1),),
            "users": Users(9, 1, 1, Ids()),
            "conditional_access": ConditionalAccess(()),
        }
        return known[name]


class _Transport(httpx.AsyncBaseTransport):
    """Answers with the bodies given, one after the other, and remembers what was asked."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        status, body = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return httpx.Response(status, content=body, request=request)


def reading(transport: _Transport, fold: Any, request: Request = Request("v1.0/things")) -> Reading[Any]:  # noqa: B008  frozen
    async def once() -> Reading[Any]:
        client = GraphClient(GLOBAL, transport=transport)
        return await read(client, Gates(False), "things", request, ("Things.Read.All",), fold)

    return asyncio.run(once())


def page(items: list[Any], next_link: str | None = None) -> tuple[int, bytes]:
    return 200, json.dumps({"value": items, **({"@odata.nextLink": next_link} if next_link else {})}).encode()


GRAPH = "https://graph.microsoft.com/v1.0/things"


def collected() -> Rows[Any, list[Any]]:
    return Rows(dict, list)


def test_pages_are_read_to_the_end_through_an_empty_one() -> None:
    transport = _Transport(page([{"a": 1}], f"{GRAPH}?p=2"), page([], f"{GRAPH}?p=3"), page([{"a": 2}]))
    found = reading(transport, collected())
    assert found.value == [{"a": 1}, {"a": 2}]
    assert found.evidence[0].pages == 3
    assert found.evidence[0].items == 2
    assert len(transport.asked) == 3


@pytest.mark.parametrize(
    ("next_link", "told"),
    [
        (f"{GRAPH}?p=1", "circle"),
        ("https://evil.example/v1.0/things", "outside Graph"),
        ("http://graph.microsoft.com/v1.0/things", "outside Graph"),
        ("https://graph.microsoft.com.evil.example/x", "outside Graph"),
        ("https://graph.microsoft.com@evil.example/x", "outside Graph"),
        ("https://[x/", "none"),
        ("//", "outside Graph"),
    ],
)
def test_a_next_page_that_must_not_be_followed(next_link: str, told: str) -> None:
    transport = _Transport(page([{"a": 1}], f"{GRAPH}?p=1"), page([{"a": 2}], next_link))
    found = reading(transport, collected())
    assert found.value is None
    assert found.failure
    assert found.failure.cause is Cause.TRUNCATED
    assert told in found.failure.reason
    assert len(transport.asked) == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((403, b'{"error": {"code": "Authorization_RequestDenied", "message": "no"}}'), Cause.PERMISSION),
        ((403, b"<html>"), Cause.PERMISSION),
        ((403, b'{"error": {"code": "Forbidden", "message": "Your tenant is not licensed for this feature."}}'), Cause.UNAVAILABLE),
        ((403, b'{"error": {"code": "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "message": "x"}}'), Cause.PERMISSION),
        ((401, b""), Cause.PERMISSION),
        ((400, b'{"error": {"code": "BadRequest", "message": "Request not applicable to target tenant."}}'), Cause.UNAVAILABLE),
        ((404, b""), Cause.UNAVAILABLE),
        ((429, b""), Cause.THROTTLED),
        ((500, b"oops"), Cause.UNAVAILABLE),
        ((206, b'{"value": []}'), Cause.TRUNCATED),
        ((302, b""), Cause.UNAVAILABLE),
        ((204, b""), Cause.UNAVAILABLE),
        ((200, b""), Cause.MALFORMED),
        ((200, b"<html>Sign in</html>"), Cause.MALFORMED),
        ((200, b'{"value": ['), Cause.MALFORMED),
        ((200, b'{"value": null}'), Cause.MALFORMED),
        ((200, b"{}"), Cause.MALFORMED),
        ((200, b'{"value": [], "@odata.nextLink": 7}'), Cause.MALFORMED),
    ],
)
def test_an_answer_that_is_no_evidence(answer: tuple[int, bytes], cause: Cause) -> None:
    found = reading(_Transport(answer), collected())
    assert found.value is None
    assert found.failure
    assert found.failure.cause is cause
    assert found.evidence[0].status == answer[0]


def test_only_a_deleted_object_is_absent_and_every_other_404_a_failure() -> None:
    request = Request("v1.0/groups/x/transitiveMembers", absent="Request_ResourceNotFound")
    gone = b'{"error": {"code": "Request_ResourceNotFound", "message": "gone"}}'
    assert reading(_Transport((404, gone)), collected(), request).value == []
    assert reading(_Transport((404, b'{"error": {"code": "ResourceNotFound"}}')), collected(), request).failure


def test_a_deleted_object_on_a_later_page_is_a_lost_page() -> None:
    request = Request("v1.0/things", absent="Request_ResourceNotFound")
    gone = b'{"error": {"code": "Request_ResourceNotFound", "message": "gone"}}'
    found = reading(_Transport(page([{"a": 1}], f"{GRAPH}?p=2"), (404, gone)), collected(), request)
    assert found.failure
    assert found.failure.cause is Cause.TRUNCATED


def test_a_transport_that_fails_gives_no_evidence_and_no_exception() -> None:
    class Broken(_Transport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ConnectError("no route")

    found = reading(Broken(page([])), collected())
    assert found.failure
    assert found.failure.cause is Cause.UNAVAILABLE
    assert not found.evidence


def test_a_wrapped_object_is_read_like_a_flat_one() -> None:
    fold = Single(dict)
    fold.add(b'{"value": {"isEnabled": true}}')
    assert fold.result() == {"isEnabled": True}


_WORDS = """value id conditions users applications grantControls operator builtInControls state includeUsers devices clientAppTypes
locations authenticationStrength createdDateTime controlScores controlName score principal roleDefinitionId principalId target assignments
servicePlans skuId isEnabled @odata.type averageComparativeScores""".split()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_WORDS), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=15)  # for each of the resources
@given(_JSON | st.dictionaries(st.just("value"), st.lists(_JSON, max_size=3), min_size=1))
@pytest.mark.parametrize("name", RESOURCES)
def test_no_body_whatever_ends_in_anything_but_a_value_or_a_failure(name: str, body: Any) -> None:
    found = reading(_Transport((200, json.dumps(body).encode())), RESOURCES[name].fold(_Known()), Request("v1.0/things", follow=False))
    assert (found.value is None) == (found.failure is not None)


def test_every_resource_is_read_once_whatever_uses_it(bench: Bench, run: Callable[..., Run]) -> None:
    posture = run(f"--tenant={bench.folder}").posture
    ids = [item.id for item in posture.evidence]
    assert len(ids) == len(set(ids))
    asking = [name for name, resource in RESOURCES.items() if not resource.take]
    assert len(ids) == len(asking) + 3 + 2  # of three groups the members, of three kinds the conflicts
    # Profiles have two pages; registrations, users and who has which meeting policy three, and so have the users among whom some are
    # looked for, five times.
    assert sum(item.pages for item in posture.evidence) == len(ids) + 1 + 2 * (3 + 5)


def test_only_what_the_selected_checks_name_is_read(bench: Bench, run: Callable[..., Run]) -> None:
    always = {"organization", "subscribedSkus", "security/secureScores", "security/secureScoreControlProfiles"}
    scored = run(f"--tenant={bench.folder}", "--area", "cloud-app-security").posture
    assert {item.id for item in scored.evidence} == {f"v1.0/{path}" for path in always}
    exported = run(f"--tenant={bench.folder}", "--area", "customer-lockbox").posture
    jobs, exports = "admin/configurationManagement/configurationSnapshotJobs", "v1.0/admin/configurationManagement/configurationSnapshots/"
    ids = {item.id for item in exported.evidence}
    assert {id for id in ids if not id.startswith(exports)} == {f"v1.0/{path}" for path in always | {jobs}}
    assert len(ids) == len(always) + 2


@needs_shared
def test_every_plan_is_one_microsoft_sells() -> None:
    with (SHARED / "reference/licence-skus.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row["Service_Plan_Id"]: row["Service_Plan_Name"] for row in csv.DictReader(file)}
    later = {"INTUNE_A_D", "INTUNE_A_D_GOV", "INTUNE_A_VL_GOV", "INTUNE_SMB"}  # newer than the list
    assert {name for name, plan in PLAN_IDS.items() if plan not in known} == later
    assert {name for name, plan in PLAN_IDS.items() if plan in known and known[plan].strip(")") != name} == set()


@needs_shared
def test_every_request_is_allowed_by_the_permission_declared_for_it() -> None:
    paths = json.loads((SHARED / "reference/graph-path-permissions.json").read_bytes())["paths"]
    checked = 0
    for resource in RESOURCES.values():
        if resource.after:
            continue
        for request in resource.requests(_Known()):
            entry = paths.get("/" + request.path.split("/", 1)[1])
            if entry and "Application" in entry:
                checked += 1
                assert set(resource.permissions) & set(entry["Application"]["accepted"]), resource.name
    assert checked >= 8


def test_times_in_evidence_are_utc(bench: Bench, run: Callable[..., Run]) -> None:
    for item in run(f"--tenant={bench.folder}", "--area", "teams").posture.evidence:
        assert item.retrieved_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
        assert len(item.sha256) == 64
