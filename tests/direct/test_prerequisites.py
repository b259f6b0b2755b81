"""The prerequisites, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from fixtures.demo.people import BREAK_GLASS, GLOBAL, SYNC_ACCOUNT
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, every, judged, nothing, people, policy, rows, together
from tests.harness import Bench, Run

POSTURE_ALONE = True

ROLES = "roleManagement/directory/roleAssignments"
UNSAID = rows("organization", lambda items: [{k: v for k, v in i.items() if k != "onPremisesSyncEnabled"} for i in items])


def _no_profiles(bench: Bench) -> None:
    bench.write("security/secureScoreControlProfiles", {"value": []})


CASES: list[Case] = [
    ("check_an_emergency_access_account_is_ready", MET, nothing),
    ("check_an_emergency_access_account_is_ready", NOT, people({name: {"accountEnabled": False} for name in BREAK_GLASS})),
    ("check_an_emergency_access_account_is_ready", NOT, people({BREAK_GLASS[0]: {"assignedLicenses": [{"skuId": "x"}]}})),
    ("check_an_emergency_access_account_is_ready", NE, people({BREAK_GLASS[0]: {"assignedLicenses": None}})),
    ("check_an_emergency_access_account_is_ready", NOT, policy(2, users={"excludeGroups": [], "includeUsers": ["all"]})),
    ("check_an_emergency_access_account_is_ready", NOT, together(policy(2, users={"excludeGroups": []}), policy(2, state="Enabled "))),
    (
        "check_the_directory_sync_account_is_excluded_from_mfa",
        NE,
        UNSAID,
    ),
    ("check_directory_synchronisation_is_fresh", NE, rows("organization", every(onPremisesLastSyncDateTime="2099-01-01T00:00:00Z"))),
    ("check_an_emergency_access_account_is_ready", NOT, people({BREAK_GLASS[0]: {"onPremisesSyncEnabled": True}})),
    (
        "check_an_emergency_access_account_is_ready",
        NOT,
        rows("users", lambda items: [i for i in items if i["userPrincipalName"] not in BREAK_GLASS]),
    ),
    (
        "check_an_emergency_access_account_is_ready",
        NOT,
        policy(6, users={"excludeUsers": [], "excludeRoles": []}),
    ),  # a policy on one app reaches it
    ("check_an_emergency_access_account_is_ready", NOT, rows(ROLES, lambda items: [i for i in items if i["roleDefinitionId"] != GLOBAL])),
    ("check_the_directory_sync_account_is_excluded_from_mfa", MET, nothing),
    ("check_the_directory_sync_account_is_excluded_from_mfa", NOT, policy(4, users={"excludeUsers": []})),
    (
        "check_the_directory_sync_account_is_excluded_from_mfa",
        NOT,
        rows("users", lambda items: [i for i in items if i["userPrincipalName"] != SYNC_ACCOUNT]),
    ),
    ("check_the_directory_sync_account_is_excluded_from_mfa", NA, rows("organization", every(onPremisesSyncEnabled=None))),
    ("check_directory_synchronisation_is_fresh", MET, nothing),
    ("check_directory_synchronisation_is_fresh", NOT, rows("organization", every(onPremisesLastSyncDateTime="2026-11-18T00:00:00Z"))),
    ("check_directory_synchronisation_is_fresh", NE, rows("organization", every(onPremisesLastSyncDateTime=None))),
    ("check_directory_synchronisation_is_fresh", NA, rows("organization", every(onPremisesSyncEnabled=None))),
    ("check_the_score_is_not_older_than_48_hours", MET, nothing),
    ("check_the_score_is_not_older_than_48_hours", NOT, rows("security/secureScores", lambda items: items[3:])),
    ("check_the_reader_may_read_what_the_checks_need", MET, nothing),
    ("check_the_reader_may_read_what_the_checks_need", NE, lambda bench: bench.file("security/secureScores").unlink()),
    ("check_the_reader_may_read_what_the_checks_need", NOT, lambda bench: bench.refuse("security/secureScores")),
    ("check_the_catalogue_of_actions_is_readable", MET, nothing),
    ("check_the_catalogue_of_actions_is_readable", NOT, _no_profiles),
    ("check_the_catalogue_of_actions_is_readable", NE, lambda bench: bench.cut("security/secureScoreControlProfiles")),
]


@each_of(CASES)
def test_prerequisites(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
