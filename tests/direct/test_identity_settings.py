"""The checks of the directory's settings and of the accounts of administrators, both ways."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.applications import APPLICATIONS, NO_APPLICATIONS, held
from fixtures.demo.people import GLOBAL, user_id
from fixtures.licences import PLAN_IDS
from fixtures.resources.directory import ADMINISTRATOR_ACCOUNTS, PASSWORD_RULES, AssignedPlan
from fixtures.resources.identity import GroupMembers, Holder, RoleAssignments
from fixtures.resources.tenant import Person
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, emptied, every, judged, nothing, rows, together
from tests.direct.quick import concluded, first_of_each
from tests.harness import SHARED, Bench, Run, needs_shared
from tests.redacting import REDACTOR

POSTURE_ALONE = True

SETTINGS, SYNC, GROUPS = "groupSettings", "directory/onPremisesSynchronization", "groups"
OWN, ON_PREMISES, HASHES = "aad_custom_banned_passwords", "aad_password_protection", "PasswordHashSync"
ADMINS, PUBLIC = "aad_admin_accounts_separate_unassigned_cloud_only", "aad_managed_approved_public_groups_only"
CHECK, LIST = "EnableBannedPasswordCheck", "BannedPasswordList"
CHECK_ON_PREMISES, MODE = "EnableBannedPasswordCheckOnPremises", "BannedPasswordCheckOnPremisesMode"


def rules(**changes: str | None) -> Change:
    """Change values of the password rules; `None` leaves one out."""

    def change(items: list[Any]) -> list[Any]:
        return [
            {
                **item,
                "values": [
                    {**v, "value": changes.get(v["name"], v["value"])} for v in item["values"] if changes.get(v["name"], v) is not None
                ],
            }
            for item in items
        ]

    return rows(SETTINGS, change)


def null(name: str) -> Change:
    return rows(
        SETTINGS,
        lambda items: [{**i, "values": [{**v, "value": None} if v["name"] == name else v for v in i["values"]]} for i in items],
    )


def synchronised(value: bool | None) -> Change:
    return rows("organization", every(onPremisesSyncEnabled=value))


def account(number: int, **changes: Any) -> Change:
    return rows("users", lambda items: [{**i, **changes} if i["id"] == user_id(number) else i for i in items])


def lacking(number: int, key: str) -> Change:
    return rows("users", lambda items: [{k: v for k, v in i.items() if i["id"] != user_id(number) or k != key} for i in items])


def plans(*wanted: tuple[str | None, str | None]) -> list[dict[str, str | None]]:
    return [{"servicePlanId": plan, "capabilityStatus": status} for plan, status in wanted]


P2 = (PLAN_IDS["AAD_PREMIUM_P2"], "Enabled")
MAILBOX = PLAN_IDS["EXCHANGE_S_ENTERPRISE"]
# All of them of the cloud and without applications.
SEPARATE = rows("users", every(onPremisesSyncEnabled=None, assignedPlans=plans(P2)))


def holding(*wanted: tuple[str | None, str | None]) -> Change:
    return together(SEPARATE, account(1, assignedPlans=plans(*wanted)))


def visible(*values: str | None) -> Change:
    """Microsoft 365 groups of these visibilities, and no other."""
    made = [{"id": f"g{n}", "displayName": f"G{n}", "visibility": v, "groupTypes": ["Unified"]} for n, v in enumerate(values)]
    return rows(GROUPS, lambda items: made)


CASES: list[Case] = [
    (OWN, MET, nothing),
    (OWN, MET, rules(**{CHECK: "true"})),
    (OWN, NOT, rules(**{CHECK: "False"})),
    (OWN, NOT, rules(**{LIST: ""})),
    (OWN, NOT, rules(**{LIST: " \t\t "})),
    (OWN, MET, rules(**{LIST: "\tfjordline"})),
    (OWN, NOT, emptied(SETTINGS)),  # Microsoft's defaults: enforced, and empty
    (OWN, NOT, rows(SETTINGS, lambda items: [i for i in items if i["templateId"] != PASSWORD_RULES])),
    (OWN, MET, rows(SETTINGS, lambda items: [{**i, "templateId": i["templateId"].upper()} for i in items])),
    (OWN, NE, rules(**{CHECK: None})),
    (OWN, NE, rules(**{LIST: None})),
    (OWN, NE, null(LIST)),
    (OWN, NE, rules(**{CHECK: "yes"})),
    (OWN, NOT, rules(**{CHECK: None, LIST: ""})),
    (OWN, NOT, rules(**{CHECK: "false", LIST: None})),
    (OWN, NE, rows(SETTINGS, every(values=None))),
    (OWN, NE, rows(SETTINGS, lambda items: items * 2)),
    (ON_PREMISES, NOT, nothing),
    (ON_PREMISES, MET, rules(**{MODE: "Enforce"})),
    (ON_PREMISES, MET, rules(**{MODE: "enforce", CHECK_ON_PREMISES: "true"})),
    (ON_PREMISES, NOT, rules(**{MODE: "Enforce", CHECK_ON_PREMISES: "False"})),
    (ON_PREMISES, NOT, rules(**{MODE: None, CHECK_ON_PREMISES: "False"})),
    (ON_PREMISES, NOT, rules(**{CHECK_ON_PREMISES: None})),
    (ON_PREMISES, NE, rules(**{MODE: "Enforce", CHECK_ON_PREMISES: None})),
    (ON_PREMISES, NE, rules(**{MODE: None})),
    (ON_PREMISES, NE, null(MODE)),
    (ON_PREMISES, NE, rules(**{MODE: "Sometimes"})),
    (ON_PREMISES, NOT, emptied(SETTINGS)),
    (ON_PREMISES, NA, synchronised(None)),
    (ON_PREMISES, NA, synchronised(False)),
    (ON_PREMISES, NE, rows("organization", lambda items: [{k: v for k, v in i.items() if k != "onPremisesSyncEnabled"} for i in items])),
    (HASHES, MET, nothing),
    (HASHES, NOT, rows(SYNC, every(features={"passwordSyncEnabled": False}))),
    (HASHES, NE, rows(SYNC, every(features={"passwordSyncEnabled": None}))),
    (HASHES, NE, rows(SYNC, every(features={}))),
    (HASHES, NE, rows(SYNC, every(features=None))),
    (HASHES, NE, emptied(SYNC)),
    (HASHES, NE, rows(SYNC, lambda items: items * 2)),
    (HASHES, MET, lambda bench: bench.change(SYNC, lambda body: body["value"][0])),  # as Microsoft's page shows it
    (HASHES, NOT, lambda bench: bench.change(SYNC, lambda body: {**body["value"][0], "features": {"passwordSyncEnabled": False}})),
    (HASHES, NA, synchronised(None)),
    (HASHES, NA, together(synchronised(False), lambda bench: bench.refuse(SYNC))),
    (HASHES, NE, lambda bench: bench.refuse(SYNC)),
    (ADMINS, NOT, nothing),
    (ADMINS, MET, SEPARATE),
    (ADMINS, MET, together(SEPARATE, account(1, onPremisesSyncEnabled=False))),
    (ADMINS, NOT, together(SEPARATE, account(1, onPremisesSyncEnabled=True))),
    (ADMINS, NE, together(SEPARATE, lacking(1, "onPremisesSyncEnabled"))),
    (ADMINS, NE, together(SEPARATE, lacking(1, "assignedPlans"))),
    (ADMINS, NE, together(SEPARATE, account(1, assignedPlans=None))),
    (ADMINS, NE, together(SEPARATE, rows("users", lambda items: [i for i in items if i["id"] != user_id(1)]))),
    (ADMINS, MET, holding()),
    (ADMINS, NOT, holding(P2, (MAILBOX, "Enabled"))),
    (ADMINS, NOT, holding((MAILBOX.upper(), "warning"))),
    (ADMINS, NOT, holding((APPLICATIONS["TEAMS1"], None))),
    (ADMINS, NOT, holding((APPLICATIONS["OFFICESUBSCRIPTION"], "SomethingNew"))),
    *((ADMINS, MET, holding(P2, (MAILBOX, status))) for status in ("Deleted", "suspended", "LockedOut")),
    (ADMINS, MET, holding((NO_APPLICATIONS["EXCHANGE_S_FOUNDATION"], "Enabled"))),
    (ADMINS, NE, holding(("00000000-0000-4000-8000-0000000000ff", "Enabled"))),
    (ADMINS, MET, holding(("00000000-0000-4000-8000-0000000000ff", "Deleted"))),
    (ADMINS, NE, holding((None, "Enabled"))),
    (ADMINS, NE, together(SEPARATE, account(1, userType="Guest"))),
    (ADMINS, NE, together(SEPARATE, account(1, userPrincipalName="x_y.example#EXT#@fjordline.example"))),
    (ADMINS, NOT, together(SEPARATE, account(1, userType="guest"), account(2, onPremisesSyncEnabled=True))),
    (ADMINS, MET, together(SEPARATE, account(462, onPremisesSyncEnabled=True, assignedPlans=plans((MAILBOX, "Enabled"))))),
    (ADMINS, MET, together(SEPARATE, account(100, onPremisesSyncEnabled=True))),  # administers nothing
    (
        ADMINS,
        NA,
        together(
            emptied("roleManagement/directory/roleEligibilityScheduleInstances"),
            rows("roleManagement/directory/roleAssignments", lambda items: [i for i in items if i["principalId"] == user_id(460)]),
        ),
    ),
    (PUBLIC, NOT, nothing),
    (PUBLIC, MET, visible("Private", "hiddenmembership", "private")),
    (PUBLIC, NOT, visible("Private", "public")),
    (PUBLIC, NOT, visible(None, "Public")),
    (PUBLIC, NE, visible("Private", None)),
    (PUBLIC, NE, visible("Private", "Somehow")),
    (PUBLIC, NA, emptied(GROUPS)),
    (PUBLIC, NA, rows(GROUPS, every(groupTypes=[]))),
    (PUBLIC, NOT, rows(GROUPS, every(groupTypes=None))),
    (PUBLIC, NOT, together(visible("Public"), rows(GROUPS, every(displayName=None)))),
]


@each_of(CASES)
def test_identity_settings(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_identity_settings_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


def test_a_directory_of_the_cloud_is_not_asked_how_it_synchronises(bench: Bench, run: Callable[..., Run]) -> None:
    synchronised(None)(bench)
    record = run(f"--tenant={bench.folder}", "-k", "password_hashes").records[HASHES]
    assert record.evidence == ["v1.0/organization"]


def test_banned_words_are_in_no_report(bench: Bench, run: Callable[..., Run]) -> None:
    found = run(f"--tenant={bench.folder}", "-k", "own_words or organizations_own", deliverables=True)
    assert found.records[OWN].observed["words on the list"] == 5
    for path in (path for path in found.folder.rglob("*") if path.is_file()):
        assert b"rullestad" not in path.read_bytes(), path


@pytest.mark.parametrize("listed", ["true", "Audit", "enforce\ttrue", "Enforce", "nordlys", "2026", "2026-01-01\t x"])
def test_redaction_replaces_banned_words_and_keeps_their_number(listed: str) -> None:
    values = [{"name": LIST, "value": listed}, {"name": MODE, "value": "Audit"}, {"value": "True", "name": CHECK}]
    body = {"value": [{"templateId": PASSWORD_RULES, "displayName": "Password Rule Settings", "values": values}]}
    [row] = json.loads(REDACTOR.body("v1.0/groupSettings.json", json.dumps(body).encode()))["value"]
    assert row["templateId"] == PASSWORD_RULES
    assert row["values"][1:] == values[1:]
    redacted = row["values"][0]["value"]
    assert not {word.strip().casefold() for word in listed.split("\t")} & {word.casefold() for word in redacted.split("\t")}
    assert redacted.count("\t") == listed.count("\t")


def test_administrators_are_asked_for_in_fifteens() -> None:
    held_by = [Holder(Person(f"u{n}" if n else "o'x", "n"), GLOBAL, True) for n in range(31)]

    class Known:
        def value(self, name: str) -> Any:
            now, later = RoleAssignments(tuple(held_by[:30])), RoleAssignments(tuple(held_by[29:]))
            nobody = GroupMembers({})
            return {"role_assignments": now, "role_eligibilities": later, "group_members": nobody, "group_eligibilities": nobody}[name]

    requests = ADMINISTRATOR_ACCOUNTS.requests(Known())  # type: ignore[arg-type]
    assert [request.variant for request in requests] == [f"administrator_accounts{n}" for n in ("", 2, 3)]
    assert requests[0].query["$filter"].startswith("id in ('o''x','u1',")
    assert [request.query["$filter"].count(",") + 1 for request in requests] == [15, 15, 1]


def test_a_plan_is_an_application_or_none() -> None:
    assert not set(APPLICATIONS.values()) & set(NO_APPLICATIONS.values())
    named, unknown = held([AssignedPlan(plan, "Enabled") for plan in (*APPLICATIONS.values(), *NO_APPLICATIONS.values(), "x", "x")])
    assert named == list(APPLICATIONS)
    assert unknown == ["x"]


@needs_shared
def test_every_plan_is_called_what_microsoft_calls_it() -> None:
    with (SHARED / "reference/licence-skus.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row["Service_Plan_Id"]: row["Service_Plan_Name"].strip(")") for row in csv.DictReader(file)}
    ours = {**APPLICATIONS, **NO_APPLICATIONS}.items() - PLAN_IDS.items()
    assert {name: known.get(plan) for name, plan in ours if known.get(plan) != name} == {}
