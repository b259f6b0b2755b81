"""The directory's users and the registration report, folded: what is counted, what is kept, and that the two are held together."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.resources.ids import Ids
from fixtures.resources.users import _RegistrationFold, _UserFold
from tests.harness import Bench, Run

POSTURE_ALONE = True

NO_GUIDS = (
    *("", "x", "ABC", "no-guid-but-of-its-length-in-letters"),
    *("0000000 -0000-0000-0000-000000000000", "0000000--0000-0000-0000-000000000000"),
    *("00000000-0000-0000-0000-00000000000\n", "00000000\n0000-0000-0000-000000000000"),
)
names = st.uuids().map(str) | st.sampled_from(NO_GUIDS)
REGISTRATIONS = "reports/authenticationMethods/userRegistrationDetails"
EVERYONE = "MFARegistrationV2"


def _one_by_one(some: list[str]) -> Ids:
    packed = Ids()
    for name in some:
        packed.add(name)
    return packed


@given(st.lists(names, unique_by=str.casefold, max_size=30), st.lists(names, unique_by=str.casefold, max_size=30))
def test_packed_ids_are_a_set_without_regard_to_case(some: list[str], others: list[str]) -> None:
    packed, held = _one_by_one(some), Ids()
    held.update(others)
    assert list(held) == list(_one_by_one(others))
    plain = {name.casefold() for name in some}
    assert len(packed) == len(plain)
    assert set(packed) == plain
    assert all((name in packed) == (name.casefold() in plain) for name in (*some, *others))
    assert set(packed.missing_from(held)) == plain - {name.casefold() for name in others}


def test_bytes_of_two_neighbours_are_no_third_id() -> None:
    packed = Ids()
    for number in (0x11, 0x22):
        packed.add(str(UUID(int=number << 64 | number)))
    astride = (bytes(packed._packed))[4:20]
    assert str(UUID(bytes=astride)) not in packed
    assert str(UUID(int=0x22 << 64 | 0x22)) in packed


def _user(number: int, **changes: object) -> dict[str, object]:
    created = "2024-01-01T00:00:00Z"
    return {"id": str(UUID(int=number)), "accountEnabled": True, "userType": "Member", "createdDateTime": created, **changes}


@pytest.mark.parametrize(
    ("changes", "settled"),
    [
        ({}, 1),
        ({"userType": "Guest"}, 0),
        ({"accountEnabled": False}, 0),
        ({"createdDateTime": "2026-11-19T00:00:00Z"}, 0),
        ({"createdDateTime": None}, 1),
        ({"createdDateTime": "yesterday"}, 1),
        ({"userType": None}, 1),
    ],
)
def test_of_whom_the_reports_must_know(changes: dict[str, object], settled: int) -> None:
    fold = _UserFold("2026-11-13T12:00:00Z")
    fold.add(json.dumps({"value": [_user(1, **changes)]}).encode())
    assert len(fold.result().settled) == settled


@pytest.mark.parametrize("changes", [{"accountEnabled": None}, {"id": None}, {"createdDateTime": 7}])
def test_a_user_who_cannot_be_understood_spoils_the_page(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        _UserFold("2026").add(json.dumps({"value": [_user(1, **changes)]}).encode())


@pytest.mark.parametrize("fold", [_UserFold("2026"), _RegistrationFold()])
def test_nobody_at_all_is_no_directory(fold: _UserFold | _RegistrationFold) -> None:
    fold.add(b'{"value": []}')
    with pytest.raises(ValueError):
        fold.result()


def _without(bench: Bench, left_out: int) -> None:
    """The demo tenant with everyone registered and protected, and so many left out of the report."""
    bench.write("policies/identitySecurityDefaultsEnforcementPolicy", {"isEnabled": True})
    for page in (REGISTRATIONS, f"{REGISTRATIONS}.page2", f"{REGISTRATIONS}.page3"):
        body = bench.read(page)
        rows = [{**row, "isMfaRegistered": True} for row in body["value"]]
        body["value"] = rows[left_out:] if page == REGISTRATIONS else rows
        bench.write(page, body)


def test_a_report_that_does_not_know_everybody_proves_nothing(bench: Bench, run: Callable[..., Run]) -> None:
    _without(bench, 0)
    assert run(f"--tenant={bench.folder}", "--action", EVERYONE).verdicts() == {EVERYONE: "met"}
    _without(bench, 3)
    record = run(f"--tenant={bench.folder}", "--action", EVERYONE).records[EVERYONE]
    assert (record.verdict, record.cause) == ("not evaluated", "unavailable")
    assert "3 enabled users" in record.reason
