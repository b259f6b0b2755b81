"""Ways to read a plan back: its order, and its steps by what they are about."""

from __future__ import annotations

from fixtures.verdicts import Verdict
from reports.plan import Plan
from reports.plan.facts import Step

BREAK_GLASS = "check_an_emergency_access_account_is_ready"
SYNC = "check_the_directory_sync_account_is_excluded_from_mfa"
READER = "check_the_reader_may_read_what_the_checks_need"
GAPS = (Verdict.NOT_MET, Verdict.KNOWN)


def order(plan: Plan) -> list[str]:
    return [step.action or step.item.rpartition("::")[2] for step in plan.steps]


def by_action(plan: Plan) -> dict[str, Step]:
    return {step.action or step.item.rpartition("::")[2]: step for step in plan.steps}
