"""What a plan promises: points by who has the licence, and nothing of what cannot be known."""

from __future__ import annotations

import csv
import re
from datetime import date

import msgspec

from fixtures.verdicts import Verdict
from reports.plan import plan_of
from reports.plan.licensing import _PRODUCTS, products
from reports.plan.markdown import render
from tests.harness import SHARED, Run, needs_shared
from tests.plan.reading import BREAK_GLASS, order
from tests.planning import needing, posture, prerequisite, record, sku


def test_points_are_counted_by_who_has_the_licence() -> None:
    held = needing("held", skus=("E5",))
    records = [
        record("scid_96", most=10, licence=held),
        record("scid_2012", most=10, earned=8, licence=held),
        record("spo_legacy_auth", most=4, licence=needing("held", skus=("E3",))),
        record("SigninRiskPolicy", most=7, licence=needing("absent")),
    ]
    plan = plan_of(posture(records, licences=[sku("E3", 100), sku("E5", 40), sku("OLD", 900, counts=False)]))
    counted = {step.action: (step.points, step.counted) for step in plan.steps}
    assert counted == {"scid_96": (10, 4), "scid_2012": (2, 0), "spo_legacy_auth": (4, 4), "SigninRiskPolicy": (7, 0)}
    assert (plan.projection[-1].score, plan.projection[-1].at_most) == (108, 123)
    [seats] = plan.more_seats
    assert (seats.skus, seats.covered, seats.of, seats.points) == (("E5",), 40, 100, 8)
    page = render(plan)
    assert "40 of 100 seats in use have it" in page
    assert "10 (4 counted)" in page
    assert "get that clear first" in page


def test_what_cannot_be_known_is_said_and_counts_for_nothing() -> None:
    records = [record("spo_x", most=None), record("spo_y", Verdict.NOT_EVALUATED), record("spo_full", earned=5, basis="direct")]
    plan = plan_of(msgspec.structs.replace(posture(records), licences=None))
    assert order(plan) == ["spo_full", "spo_x"]
    assert plan.projection[-1].score == 100
    page = render(plan)
    assert "not known" in page
    assert "One action could not be evaluated" in page
    assert "which licences the tenant holds is not known" in page
    assert "counts it as done; what was read shows that it is not" in page
    unread = render(plan_of(posture(records, None)))
    assert "nothing is projected" in unread
    assert "The score by date" not in unread


def test_the_next_licence_is_told_by_its_plans_and_none_of_its_points_are_promised() -> None:
    p2, lockbox = needing("absent", "AAD_PREMIUM_P2"), needing("absent", "LOCKBOX_ENTERPRISE or LOCKBOX_ENTERPRISE_GOV")
    records = [
        record("CustomerLockBoxEnabled", Verdict.NOT_LICENSED, most=1, licence=lockbox),
        record("SigninRiskPolicy", Verdict.NOT_LICENSED, most=7, licence=p2),
        record("UserRiskPolicy", Verdict.NOT_LICENSED, most=7, earned=1, licence=p2),
        record("aad_new", Verdict.NOT_LICENSED, most=None, licence=p2),
        record("spo_legacy_auth", most=4),
    ]
    plan = plan_of(posture(records))
    assert [(each.plans, each.points, len(each.actions)) for each in plan.openings] == [
        ("AAD_PREMIUM_P2", 13, 3),
        ("LOCKBOX_ENTERPRISE or LOCKBOX_ENTERPRISE_GOV", 1, 1),
    ]
    assert plan.projection[-1].score == 104
    page = render(plan)
    assert "Entra ID P2: Microsoft 365 E5" in page
    assert "13, and 1 not scored today" in page
    assert products("a plan of 2031") == ""


@needs_shared
def test_the_products_hold_the_plans_they_are_named_for() -> None:
    """By Microsoft's list, from which the names are not taken, but against which they are held."""
    sold = {
        "Microsoft 365 E3": "SPE_E3", "Microsoft 365 E5": "SPE_E5", "Office 365 E3": "ENTERPRISEPACK", "Office 365 E5": "ENTERPRISEPREMIUM",
        "Business Premium": "SPB", "EMS E5": "EMSPREMIUM", "EMS E3": "EMS", "EMS": "EMS", "E5 Security": "IDENTITY_THREAT_PROTECTION",
        "E5 Compliance": "INFORMATION_PROTECTION_COMPLIANCE",
    }  # fmt: skip
    holds: dict[str, set[str]] = {}
    with (SHARED / "reference/licence-skus.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            holds.setdefault(row["String_Id"], set()).add(row["Service_Plan_Name"])
    checked = 0
    for plan, words in _PRODUCTS.items():
        offers = words.partition(": ")[2].replace("Microsoft 365 E3 and E5", "Microsoft 365 E3, Microsoft 365 E5")
        for offer in re.split(r", (?:since 2026, )?| and,? (?:since 2026, )?", offers):
            name = offer.removeprefix("the ").removesuffix(" add-on")
            if name in sold:
                assert plan in holds[sold[name]], (plan, name)
                checked += 1
            else:
                assert name.startswith("every plan with") or name == "", (plan, name)
    assert checked > 25


def test_a_run_in_part_and_a_demo_say_so() -> None:
    found = posture([record("spo_legacy_auth")])
    part = msgspec.structs.replace(
        found,
        selection=msgspec.structs.replace(found.selection, complete=False, stopped="lost | <b>"),
        tenant=msgspec.structs.replace(found.tenant, source="demo"),
        exit_status=3,
    )
    page = render(plan_of(part))
    for said in ("It does not exist", "Only part of the suite ran", "The run ended early: lost \\| \\<b>", "The tool itself failed"):
        assert said in page


def test_nothing_to_do_is_a_plan_too() -> None:
    plan = plan_of(posture([record("spo_legacy_auth", Verdict.MET), prerequisite(BREAK_GLASS, Verdict.MET)]))
    assert plan.steps == ()
    assert "There is nothing to do" in render(plan)
    assert plan_of(posture([], None)).steps == ()


@needs_shared
def test_a_real_tenant_has_a_plan(real_run: Run) -> None:
    found = real_run.posture
    plan = plan_of(found)
    assert len(plan.steps) >= found.totals["not met"] > 30
    assert plan.steps[0].item.endswith(BREAK_GLASS)
    assert plan.start == date(2024, 1, 1)
    assert plan.projection[0].score == 128
    assert 128 < plan.projection[-1].score <= 274
    assert "not known" in render(plan)
    assert plan_of(found, date(2027, 1, 4)).steps[0].made == date(2027, 1, 4)
