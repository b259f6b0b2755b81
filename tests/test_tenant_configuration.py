"""Which snapshot job counts, and what of it: nothing is concluded from one that is old, unfinished, half, or says nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.snapshot import Declared
from fixtures.resources.tenant_configuration import (
    JOBS,
    OURS,
    STALE,
    TENANT_CONFIGURATION,
    Configuration,
    Job,
    Jobs,
    decoded,
    part,
    the_only,
)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KIND, OTHER = "microsoft.exchange.transportrule", "microsoft.exchange.sharingpolicy"
NEVER = datetime(1, 1, 1, tzinfo=UTC)
_ROOT = "https://graph.example/v1.0/admin/configurationManagement/configurationSnapshots"


class Known:
    """What a resource may look at, with a value for each resource that was read before it."""

    def __init__(self, jobs: Jobs, found: Configuration) -> None:
        self.declared, self.as_of = Declared(tenant_configuration="existing"), NOW
        self._values: dict[str, Any] = {JOBS.name: jobs, TENANT_CONFIGURATION.name: found}

    def value(self, name: str) -> Any:
        return self._values[name]


def job(key: str = "one", *, hours: float = 1, status: str = "succeeded", kinds: tuple[str, ...] = (KIND,), **changes: Any) -> Job:
    made = NOW - timedelta(hours=hours)
    fields: dict[str, Any] = {"created_date_time": made, "completed_date_time": made, "resources": kinds, "error_details": ()}
    return Job(key, f"{OURS}{key}", status, **{**fields, "resource_location": f"{_ROOT}('{key}')", **changes})


def listed(*jobs: Job, only_ours: bool = False) -> Jobs:
    return Jobs(tuple(sorted(jobs, key=lambda each: each.made or NEVER, reverse=True)), NOW, only_ours)


class _Rule(msgspec.Struct, frozen=True, rename="pascal"):
    name: str


def taken(jobs: Jobs, objects: dict[str, list[dict[str, Any]]] | None = None, key: str = "one", at_least: int = 0, kind: str = KIND) -> Any:
    found = {key: {name: tuple(map(msgspec.json.encode, rows)) for name, rows in (objects or {}).items()}}
    resource = part("rules", kind, decoded(_Rule), at_least=at_least)
    assert resource.take is not None
    return resource.take(Known(jobs, found))


def refused(cause: Cause, jobs: Jobs, said: str, **options: Any) -> None:
    with pytest.raises(Unreadable) as raised:
        taken(jobs, **options)
    assert raised.value.cause is cause
    assert said in raised.value.reason


def test_the_objects_of_a_fresh_and_whole_export_are_read() -> None:
    assert taken(listed(job()), {KIND: [{"Name": "a"}, {"Name": "b"}], OTHER: [{"Name": "c"}]}) == (_Rule("a"), _Rule("b"))


def test_an_empty_list_is_believed_where_the_job_succeeded_in_whole() -> None:
    assert taken(listed(job())) == ()


def test_it_is_not_believed_of_what_every_tenant_has() -> None:
    refused(Cause.TRUNCATED, listed(job()), "at least 1", at_least=1)


@pytest.mark.parametrize(
    ("jobs", "cause", "said"),
    [
        ((), Cause.UNAVAILABLE, "no snapshot job"),
        ((job(kinds=(OTHER,)),), Cause.UNAVAILABLE, "no snapshot job"),
        ((job(kinds=()),), Cause.UNAVAILABLE, "no snapshot job"),
        ((job(resources=None),), Cause.UNAVAILABLE, "no snapshot job"),
        ((job(status="running", completed_date_time=NEVER),), Cause.UNAVAILABLE, "is running"),
        ((job(status="failed", error_details=("Access denied",)),), Cause.UNAVAILABLE, "Access denied"),
        ((job(status=""),), Cause.UNAVAILABLE, "without a status"),
        ((job(status="aNewWord"),), Cause.UNAVAILABLE, "aNewWord"),
        ((job(hours=49),), Cause.STALE, "48 hours"),
        ((job(hours=24 * 8),), Cause.STALE, "8 days"),
        ((job(hours=-5),), Cause.STALE, "a time to come"),
        ((job(created_date_time=None, completed_date_time=None),), Cause.UNAVAILABLE, "succeeded"),
        ((job(resource_location=None),), Cause.MALFORMED, "where its snapshot is"),
        ((job(resource_location=f"{_ROOT}/../../users"),), Cause.MALFORMED, "where its snapshot is"),
    ],
)
def test_why_there_is_nothing_to_read(jobs: tuple[Job, ...], cause: Cause, said: str) -> None:
    refused(cause, listed(*jobs), said)


def test_the_year_one_is_no_completion() -> None:
    assert job(hours=2, completed_date_time=NEVER).made == NOW - timedelta(hours=2)


def test_a_job_of_somebody_else_is_not_read_where_the_run_makes_its_own() -> None:
    other = msgspec.structs.replace(job(), display_name="Weekly")
    assert listed(other).holding(KIND) is other
    refused(Cause.UNAVAILABLE, listed(other, only_ours=True), "no snapshot job")


def test_a_whole_export_goes_before_a_newer_one_that_is_half() -> None:
    half = job("half", hours=1, status="partiallySuccessful", error_details=(f"{KIND} failed",))
    assert taken(listed(half, job("whole", hours=20)), {KIND: [{"Name": "a"}]}, key="whole") == (_Rule("a"),)


@pytest.mark.parametrize(
    ("details", "objects", "trusted"),
    [
        ((f"{OTHER}: access denied",), 1, True),
        (("SharingPolicy could not be exported",), 1, True),
        ((f"{OTHER}: access denied",), 0, False),
        ((f"{KIND}: access denied",), 1, False),
        (("TransportRule could not be exported",), 1, False),
        (({"resourceType": OTHER, "errorMessage": "access denied"},), 1, True),
        (({"resourceType": KIND, "errorMessage": "access denied"},), 1, False),
        (("Something went wrong",), 1, False),
        ((f"{OTHER}: access denied", "Something went wrong"), 1, False),
        ((), 1, False),
    ],
)
def test_what_is_trusted_of_a_job_that_succeeded_in_part(details: tuple[Any, ...], objects: int, trusted: bool) -> None:
    half = job(status="partiallySuccessful", kinds=(KIND, OTHER), error_details=details)
    found = {KIND: [{"Name": "a"}] * objects, OTHER: [{"Name": "b"}]}
    if trusted:
        assert len(taken(listed(half), found)) == objects
    else:
        refused(Cause.TRUNCATED, listed(half), "in part", objects=found)


def test_a_job_that_succeeded_and_names_errors_is_half() -> None:
    refused(Cause.TRUNCATED, listed(job(error_details=("throttled",))), "throttled", objects={KIND: [{"Name": "a"}]})


def test_an_object_that_is_said_to_be_absent_is_no_evidence() -> None:
    refused(Cause.TRUNCATED, listed(job()), "says that it is absent", objects={KIND: [{"Name": "a"}, {"Name": "b", "Ensure": "Absent"}]})
    assert len(taken(listed(job()), {KIND: [{"Name": "a", "Ensure": "Present"}]})) == 1


def test_two_of_what_there_is_one_of_are_malformed() -> None:
    with pytest.raises(ValueError, match="2 of what a tenant has one of"):
        the_only(_Rule)([b'{"Name": "a"}', b'{"Name": "b"}'])


_MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 21)).map(lambda moment: moment.replace(tzinfo=UTC))
_STATUSES = st.sampled_from(["succeeded", "Succeeded", "partiallySuccessful", "failed", "running", "notStarted", "unknownFutureValue", ""])
_JOBS = st.builds(
    Job,
    id=st.uuids().map(str),
    display_name=st.sampled_from([f"{OURS}x", "other"]),
    status=_STATUSES,
    created_date_time=st.none() | _MOMENTS,
    completed_date_time=st.none() | st.just(NEVER) | _MOMENTS,
    resources=st.none() | st.lists(st.sampled_from([KIND, OTHER, KIND.upper()]), max_size=2).map(tuple),
    resource_location=st.just(f"{_ROOT}('k')"),
    error_details=st.none() | st.lists(st.sampled_from([KIND, "other"]), max_size=2).map(tuple),
)


@given(st.lists(_JOBS, max_size=6), st.booleans())
def test_whatever_is_chosen_is_done_fresh_and_holds_the_type(jobs: list[Job], only_ours: bool) -> None:
    usable = [each for each in jobs if each.holds(KIND) and each.made and (each.display_name.startswith(OURS) or not only_ours)]
    whole = [each for each in usable if each.is_whole and each.made and NOW - STALE <= each.made <= NOW]
    try:
        chosen = listed(*jobs, only_ours=only_ours).holding(KIND)
    except Unreadable:
        chosen = None
    assert not whole or (chosen is not None and chosen.is_whole)
    assert chosen is None or (chosen in usable and chosen.is_done)
    assert chosen is None or (chosen.made is not None and NOW - STALE <= chosen.made <= NOW + timedelta(hours=1))


@pytest.mark.parametrize("name", ["resources", "configurationItems"])
def test_both_shapes_of_an_export_are_read(name: str) -> None:
    fold = TENANT_CONFIGURATION.fold(Known(listed(), {}))
    fold.add(msgspec.json.encode({name: [{"displayName": "a", "resourceType": KIND.upper(), "properties": {"Name": "a"}}]}))
    assert list(fold.result()) == [KIND]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"resources": null}', b'{"resources": [{"resourceType": "x"}]}', b'{"resources": ['])
def test_a_damaged_export_is_no_empty_one(body: bytes) -> None:
    fold = TENANT_CONFIGURATION.fold(Known(listed(), {}))
    with pytest.raises((ValueError, msgspec.MsgspecError)):
        fold.add(body)
