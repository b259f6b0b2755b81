"""The order of a plan: it holds for what it says, and what is needed first comes first."""

from __future__ import annotations

import csv
from datetime import timedelta
from fnmatch import fnmatchcase

from fixtures.areas import plain_id
from fixtures.verdicts import Verdict
from reports.plan import plan_of
from reports.plan.facts import Phase
from reports.plan.markdown import render
from reports.plan.needs import CAN_LOCK_OUT, NEEDS, others_of
from tests.harness import SHARED, needs_shared
from tests.plan.reading import BREAK_GLASS, READER, SYNC, by_action, order
from tests.planning import AS_OF, posture, prerequisite, record


def test_prerequisites_then_cloud_apps_then_mfa_then_by_rank() -> None:
    records = [
        record("spo_legacy_auth", rank=3),
        record("mfaRegistrationV2", rank=2),
        record("BlockLegacyAuthentication", rank=68),
        record("aad_phishing_MFA_strength", rank=1),
        record("AdminMFAV2", rank=9),
        record("McasFirewallLogUpload", rank=1),
        record("mcas_mda_enabled", rank=99),
        record("MDA_GitHub_MFA", rank=4),
        prerequisite(READER),
        prerequisite(SYNC, Verdict.NOT_EVALUATED),
        prerequisite("check_directory_synchronisation_is_fresh"),
        prerequisite(BREAK_GLASS),
    ]
    assert order(plan_of(posture(records))) == [
        *(BREAK_GLASS, SYNC, READER, "check_directory_synchronisation_is_fresh"),
        *("mcas_mda_enabled", "McasFirewallLogUpload"),
        *("AdminMFAV2", "mfaRegistrationV2", "aad_phishing_MFA_strength"),
        *("spo_legacy_auth", "MDA_GitHub_MFA", "BlockLegacyAuthentication"),
    ]


def test_cloud_apps_go_on_two_days_before_the_rest_and_cost_no_time_where_they_are_done() -> None:
    plan = by_action(plan_of(posture([record("mcas_mda_enabled"), record("AdminMFAV2"), record("spo_legacy_auth")])))
    assert plan["mcas_mda_enabled"].made == AS_OF.date()
    assert plan["AdminMFAV2"].made == AS_OF.date() + timedelta(days=2)
    done = [record("mcas_mda_enabled", Verdict.MET), record("AdminMFAV2")]
    assert by_action(plan_of(posture(done)))["AdminMFAV2"].made == AS_OF.date()


def test_who_could_be_locked_out_waits_for_people_to_register() -> None:
    records = [record("SigninRiskPolicy", rank=1), record("MFARegistrationV2", rank=2), record("spo_legacy_auth", rank=50)]
    plan = plan_of(posture(records))
    assert order(plan) == ["MFARegistrationV2", "spo_legacy_auth", "SigninRiskPolicy"]
    risk, mfa = by_action(plan)["SigninRiskPolicy"], by_action(plan)["MFARegistrationV2"]
    assert risk.made >= mfa.made + timedelta(days=30)
    assert [(after.number, after.days) for after in risk.depends_on] == [(mfa.number, 30)]
    assert "30 days after 1: people who are not registered by then would be shut out." in render(plan)


def test_what_another_phase_needs_moves_up_with_the_reason() -> None:
    plan = plan_of(posture([record("mip_search_auditlog", rank=90), record("mcas_mda_enabled"), record("AdminMFAV2")]))
    assert order(plan)[:2] == ["mip_search_auditlog", "mcas_mda_enabled"]
    assert plan.steps[0].phase is Phase.CLOUD_APPS
    assert plan.steps[0].why.startswith("Step 2 needs it.")


def test_what_can_lock_people_out_comes_after_the_account_that_still_gets_in() -> None:
    plan = plan_of(posture([record("BlockLegacyAuthentication"), record("OneAdmin"), prerequisite(BREAK_GLASS), prerequisite(READER)]))
    steps = by_action(plan)
    assert [after.number for after in steps["BlockLegacyAuthentication"].depends_on] == [steps[BREAK_GLASS].number]
    assert steps["OneAdmin"].depends_on == ()


def test_no_need_goes_in_a_circle() -> None:
    ids = {pattern for need in NEEDS for pattern in (*need.of, *need.others)} | set(CAN_LOCK_OUT)
    edges = {id: {other for other in ids for pattern, _ in others_of(id) if fnmatchcase(other, pattern)} for id in ids}

    def walk(id: str, seen: tuple[str, ...]) -> None:
        assert id not in seen, (*seen, id)
        for other in edges[id]:
            walk(other, (*seen, id))

    for id in ids:
        walk(id, ())


@needs_shared
def test_every_need_is_about_an_action_that_exists() -> None:
    with (SHARED / "reference/improvement-actions.csv").open(encoding="utf-8", newline="") as file:
        known = {plain_id(row["id"]) for row in csv.DictReader(file)}
    named = {pattern for need in NEEDS for pattern in (*need.of, *need.others)} | set(CAN_LOCK_OUT)
    assert not [pattern for pattern in named if not any(fnmatchcase(id, pattern) for id in known)]
