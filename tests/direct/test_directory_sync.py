"""Directory synchronisation, both ways: how fresh it is, what it left behind, and whom it makes an administrator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.demo.people import user_id
from fixtures.graph.reading import Request
from fixtures.resources.directory_sync import SYNC_CONFLICTS
from fixtures.resources.tenant import Organization
from fixtures.synchronisation import FULL_RUN, PASSWORD_RUN
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, every, judged, nothing, policy, rows, together
from tests.direct.quick import concluded, conclusion, first_of_each
from tests.harness import ROOT, Bench, Run
from tests.redacting import REDACTOR

POSTURE_ALONE = True

FRESH, HASHES = "check_directory_synchronisation_is_fresh", "check_password_hashes_were_synchronised_lately"
CONFLICTS, ROLES = "check_nothing_is_synchronised_with_a_conflict", "check_no_synchronised_account_holds_a_role"
EXCLUDED = "check_the_directory_sync_account_is_excluded_from_mfa"
BETA, SYNC, ERRORS = "beta/organization", "directory/onPremisesSynchronization", "onPremisesProvisioningErrors"


def without(path: str, key: str) -> Change:
    return rows(path, lambda items: [{k: v for k, v in item.items() if k != key} for item in items])


def organization(**values: Any) -> Change:
    return rows("organization", every(**values))


def hashes(moment: str | None) -> Change:
    return rows(BETA, every(onPremisesLastPasswordSyncDateTime=moment))


def ran(moment: str | None) -> Change:
    return organization(onPremisesLastSyncDateTime=moment)


def errors(value: Any, *paths: str) -> Change:
    return together(*(rows(path, every(**{ERRORS: value})) for path in paths or ("users", "groups", "contacts")))


def account(number: int, **changes: Any) -> Change:
    return rows("users", lambda items: [{**i, **changes} if i["id"] == user_id(number) else i for i in items])


def hostile(bench: Bench) -> None:
    """No contact and no user has a conflict: only a group with a name that attacks the reader, and an error of no known shape."""
    errors([])(bench)
    bad = [{"category": None, "propertyCausingError": None, "value": "\x1b[31m\u202ex\n=1+1"}]
    rows("groups", lambda items: [{**items[0], "displayName": "</script>\n=2+5", ERRORS: bad}, *items[1:]])(bench)


DEVICE = {"operator": "OR", "builtInControls": ["compliantDevice"]}
CUSTOM = {"operator": "OR", "builtInControls": [], "customAuthenticationFactors": ["Another company's second factor"]}
CLOUD_ONLY = rows("users", every(onPremisesSyncEnabled=None))
CASES: list[Case] = [
    (FRESH, MET, nothing),
    (FRESH, MET, ran("2026-11-20T09:00:00Z")),
    (FRESH, NOT, ran("2026-11-20T08:59:59Z")),
    (FRESH, NOT, ran("0001-01-01T00:00:00Z")),
    (FRESH, MET, ran("2026-11-20T12:59:00Z")),  # two clocks differ
    (FRESH, NE, ran("2026-11-20T13:01:00Z")),
    (FRESH, NE, ran(None)),
    (FRESH, NE, without("organization", "onPremisesLastSyncDateTime")),
    (FRESH, NE, ran("yesterday")),
    (FRESH, NE, without("organization", "onPremisesSyncEnabled")),
    (FRESH, NA, together(ran(None), organization(onPremisesSyncEnabled=False))),
    (HASHES, MET, nothing),
    (HASHES, MET, hashes("2026-11-20T09:00:00Z")),
    (HASHES, MET, hashes("2026-11-20T11:00:00+02:00")),
    (HASHES, NOT, hashes("2026-11-20T08:59:59Z")),
    (HASHES, NOT, hashes("2026-11-20T08:59:59.9000000Z")),
    (HASHES, NE, hashes("2027-01-01T00:00:00Z")),
    (HASHES, NE, hashes(None)),
    (HASHES, NE, hashes("soon")),
    (HASHES, NE, without(BETA, "onPremisesLastPasswordSyncDateTime")),
    (HASHES, NE, rows(BETA, lambda items: items * 2)),
    (HASHES, NE, rows(BETA, lambda items: items.clear())),
    (HASHES, NE, lambda bench: bench.refuse(BETA)),
    (HASHES, NE, rows(SYNC, every(features={}))),
    (HASHES, NE, lambda bench: bench.refuse(SYNC)),
    (HASHES, NA, rows(SYNC, every(features={"passwordSyncEnabled": False}))),
    (HASHES, NA, together(organization(onPremisesSyncEnabled=None), lambda bench: bench.refuse(BETA))),
    (HASHES, NE, without("organization", "onPremisesSyncEnabled")),
    (CONFLICTS, NOT, nothing),
    (CONFLICTS, MET, errors([])),
    (CONFLICTS, MET, together(errors([]), rows("contacts", lambda items: items.clear()))),
    (CONFLICTS, NOT, together(errors([]), errors([{"category": "PropertyConflict"}], "contacts"))),
    (CONFLICTS, NOT, together(errors([]), errors([{"category": "SomethingNew"}], "groups"))),
    (CONFLICTS, NOT, together(errors(None), errors([{}], "contacts"))),
    (CONFLICTS, NOT, hostile),
    (CONFLICTS, NE, together(errors([]), errors(None, "groups"))),
    (CONFLICTS, NE, together(errors([]), without("users", ERRORS))),
    (CONFLICTS, NE, together(errors([]), errors("none", "users"))),
    (CONFLICTS, NE, together(errors([]), lambda bench: bench.refuse("contacts"))),
    (CONFLICTS, NE, together(errors([]), lambda bench: bench.cut("groups"))),
    (CONFLICTS, NA, together(organization(onPremisesSyncEnabled=None), lambda bench: bench.refuse("contacts"))),
    (ROLES, NOT, nothing),
    (ROLES, MET, CLOUD_ONLY),
    (ROLES, MET, together(CLOUD_ONLY, account(1, onPremisesSyncEnabled=False))),
    (ROLES, MET, together(CLOUD_ONLY, account(100, onPremisesSyncEnabled=True))),  # administers nothing
    (ROLES, MET, together(CLOUD_ONLY, account(1, userType="Guest", userPrincipalName="x_y.example#EXT#@fjordline.example"))),
    *((ROLES, NOT, together(CLOUD_ONLY, account(n, onPremisesSyncEnabled=True))) for n in (1, 4, 10, 11, 460, 462)),
    (ROLES, NE, together(CLOUD_ONLY, rows("users", lambda items: [i for i in items if i["id"] != user_id(1)]))),
    (ROLES, NE, together(CLOUD_ONLY, without("users", "onPremisesSyncEnabled"))),
    (ROLES, NA, organization(onPremisesSyncEnabled=None)),
    (EXCLUDED, MET, nothing),
    (EXCLUDED, NOT, policy(4, users={"excludeUsers": []}, grantControls=DEVICE)),
    (EXCLUDED, NOT, policy(4, users={"excludeUsers": []}, grantControls=CUSTOM)),
    (EXCLUDED, MET, policy(4, users={"excludeUsers": []}, grantControls=None)),
    (EXCLUDED, MET, policy(4, users={"excludeUsers": []}, state="disabled")),
]


@each_of(CASES)
def test_directory_synchronisation(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each([case for case in CASES if case[0] not in {FRESH, EXCLUDED}])  # test_prerequisites has runs of those
def test_directory_synchronisation_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


def test_who_conflicts_and_over_what_is_told_on_one_line(bench: Bench) -> None:
    _, told = conclusion(CONFLICTS, bench.folder)
    assert "(UserPrincipalName shop.manager@fjordline.example)" in told
    assert "contact <img src=x" in told
    assert "(ProxyAddress SMTP:orders@fjordline.example)" in told
    hostile(bench)
    assert "\n" not in conclusion(CONFLICTS, bench.folder)[1]


def test_who_is_synchronised_and_holds_a_role_is_named(bench: Bench) -> None:
    together(CLOUD_ONLY, account(462, onPremisesSyncEnabled=True))(bench)
    assert "sync_fjdc01@fjordline.example" in conclusion(ROLES, bench.folder)[1]


@pytest.mark.parametrize(
    ("name", "change", "commands"), [(FRESH, ran("2026-11-01T00:00:00Z"), FULL_RUN), (HASHES, hashes("2026-11-01T00:00:00Z"), PASSWORD_RUN)]
)
def test_what_is_stale_comes_with_the_commands(
    name: str, change: Change, commands: tuple[str, ...], bench: Bench, run: Callable[..., Run]
) -> None:
    change(bench)
    record = run(f"--tenant={bench.folder}", "-k", name).records[name]
    assert list(commands) in record.observed.values()
    page = (ROOT / "docs" / "directory-sync.md").read_text("utf-8")
    assert "docs/directory-sync.md" in record.reason
    assert not [line for line in commands if line not in page]


def test_a_full_run_imports_then_synchronises_then_exports_to_the_cloud_first() -> None:
    steps = [line for line in FULL_RUN if "Invoke-ADSyncRunProfile" in line]
    assert ["Full Import" in steps[0], "Full Synchronization" in steps[1], "Export" in steps[2]] == [True] * 3
    assert "$cloud + $onPremises" in steps[2]


def test_a_tenant_of_the_cloud_is_asked_for_nothing(bench: Bench, run: Callable[..., Run]) -> None:
    organization(onPremisesSyncEnabled=None)(bench)
    found = run(f"--tenant={bench.folder}", "-k", f"{HASHES} or {CONFLICTS}")
    assert found.verdicts() == {HASHES: NA, CONFLICTS: NA}
    assert {item.id for item in found.posture.evidence} & {"beta/organization", "v1.0/contacts@sync_conflicts"} == set()


def test_conflicts_are_asked_for_without_an_advanced_query() -> None:
    class Known:
        def value(self, name: str) -> Any:
            return Organization("x", on_premises_sync_enabled=True)

    requests = SYNC_CONFLICTS.requests(Known())  # type: ignore[arg-type]
    assert [request.path for request in requests] == ["v1.0/users", "v1.0/groups", "v1.0/contacts"]
    assert not [request for request in requests if request.headers or "$count" in request.query or " ne " in request.query["$filter"]]
    assert [("userPrincipalName" in request.query["$select"]) for request in requests] == [True, False, False]


_TEXT = st.none() | st.text(max_size=8)
_ROW = st.fixed_dictionaries(
    {"id": st.text(min_size=1, max_size=4)},
    optional={
        "displayName": _TEXT,
        ERRORS: st.none()
        | st.lists(st.fixed_dictionaries({}, optional={"category": _TEXT, "propertyCausingError": _TEXT, "value": _TEXT}), max_size=2),
    },
)


@given(st.lists(st.lists(_ROW, max_size=3), min_size=1, max_size=3))
def test_no_object_is_lost_whatever_is_said_of_it(pages: list[list[dict[str, Any]]]) -> None:
    """Each is a conflict, unclear, or certainly without an error."""
    fold = SYNC_CONFLICTS.fold(None)  # type: ignore[arg-type]
    for page in pages:
        assert fold.add(json.dumps({"value": page}).encode()) == len(page)
    found = SYNC_CONFLICTS.combine([Request("v1.0/groups")], [fold.result()])
    items = [row.get(ERRORS) for page in pages for row in page]
    assert len(found.objects) == sum(bool(item) for item in items)
    assert found.unclear == sum(item is None for item in items)
    assert all(conflict.told.startswith("group ") and "\n" not in conflict.told for conflict in found.objects)


def test_redaction_keeps_what_went_wrong_and_hides_with_whom() -> None:
    error = {
        "category": "PropertyConflict",
        "occurredDateTime": "2026-01-02T03:04:05Z",
        "propertyCausingError": "ProxyAddress",
        "value": "SMTP:anna@contoso.com",
    }
    body = {"value": [{"id": user_id(1), "displayName": "Anna Berg", ERRORS: [error]}]}
    text = REDACTOR.body("v1.0/contacts@sync_conflicts.json", json.dumps(body).encode())
    [row] = json.loads(text)["value"]
    [kept] = row[ERRORS]
    assert (kept["category"], kept["propertyCausingError"]) == ("PropertyConflict", "ProxyAddress")
    assert b"anna" not in text.lower()


def test_a_redacted_recording_is_judged_like_the_tenant(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    run(f"--tenant={bench.folder}", "-k", CONFLICTS, f"--record={tmp_path / 'kept.zip'}", "--redact")
    record = run(f"--tenant={tmp_path / 'kept.zip'}", "-k", CONFLICTS).records[CONFLICTS]
    assert record.verdict == NOT
    assert "Seilduk" not in record.reason
