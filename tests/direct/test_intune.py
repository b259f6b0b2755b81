"""The checks of Intune, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, emptied, every, judged, nothing, rows
from tests.harness import Bench, Run

COMPLIANCE = "deviceManagement/deviceCompliancePolicies"

CASES: list[Case] = [
    ("intune_conection_from_jail_broken_rooted_devices", NOT, nothing),  # the Android policy reaches nobody
    (
        "intune_conection_from_jail_broken_rooted_devices",
        MET,
        rows(COMPLIANCE, lambda items: [{**i, "assignments": items[0]["assignments"]} for i in items]),
    ),
    ("intune_conection_from_jail_broken_rooted_devices", NE, rows(COMPLIANCE, every(assignments=None))),
    ("intune_conection_from_jail_broken_rooted_devices", NE, rows(COMPLIANCE, every(**{"@odata.type": None}))),
    (
        "intune_conection_from_jail_broken_rooted_devices",
        NOT,
        rows(
            COMPLIANCE,
            lambda items: [{**i, "assignments": items[0]["assignments"], "securityBlockJailbrokenDevices": False} for i in items],
        ),
    ),
    ("intune_conection_from_jail_broken_rooted_devices", NOT, emptied(COMPLIANCE)),
    ("intune_mobile_email_profiles_requirement", MET, nothing),
    ("intune_mobile_email_profiles_requirement", NOT, rows(COMPLIANCE, every(managedEmailProfileRequired=False))),
    ("intune_mobile_email_profiles_requirement", NOT, emptied(COMPLIANCE)),
    ("intune_mobile_email_profiles_requirement", NE, rows(COMPLIANCE, every(managedEmailProfileRequired=None))),
]


@each_of(CASES)
def test_intune(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
