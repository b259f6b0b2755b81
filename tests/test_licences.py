"""Licences: by plan id, in states that count, and never from an error code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.licences import (
    AREA_LICENCES,
    CLOUD_APPS,
    ENTRA_P1,
    EXCHANGE,
    INTUNE,
    LOCKBOX,
    OFFICE_P1,
    PLAN_IDS,
    RIGHTS_MANAGEMENT,
    Gate,
    Licences,
    all_of,
    any_of,
    gate_for,
)
from fixtures.resources.tenant import PrepaidUnits, ServicePlan, SubscribedSku
from tests.harness import Bench, Run

POSTURE_ALONE = True


def sku(*plans: str, status: str = "Enabled", name: str = "SKU", provisioning: str = "Success", used: int = 5) -> SubscribedSku:
    held = tuple(ServicePlan(PLAN_IDS.get(plan, plan), provisioning, plan) for plan in plans)
    return SubscribedSku(name, status, held, name, used, PrepaidUnits(10))


@pytest.mark.parametrize(
    ("skus", "gate", "state"),
    [
        ((sku("INTUNE_A"),), INTUNE, "held"),
        ((sku("INTUNE_A", status="Warning"),), INTUNE, "held"),
        ((sku("INTUNE_A", status="Suspended"),), INTUNE, "absent"),
        ((sku("INTUNE_A", status="Deleted"),), INTUNE, "absent"),
        ((sku("INTUNE_A", status="LockedOut"),), INTUNE, "absent"),
        ((sku("INTUNE_A", provisioning="Disabled"),), INTUNE, "absent"),
        ((sku("INTUNE_A", provisioning="PendingActivation"),), INTUNE, "not active"),
        ((sku("INTUNE_A", provisioning="PendingProvisioning"),), INTUNE, "not active"),
        ((sku("INTUNE_A", provisioning="Error"),), INTUNE, "unknown"),
        ((sku("INTUNE_A", status="unknownFutureValue"),), INTUNE, "unknown"),
        ((sku("SHAREPOINT_S_DEVELOPER", "RMS_S_ENTERPRISE"),), RIGHTS_MANAGEMENT, "held"),
        ((sku("882e1d05-acd1-4ccb-8708-6ee03664b117"),), INTUNE, "absent"),  # INTUNE_O365
        ((sku("113feb6c-3fe4-4440-bddc-54d774bf0318"),), EXCHANGE, "absent"),  # EXCHANGE_S_FOUNDATION
        ((sku("932ad362-64a8-4783-9106-97849a1a30b9"),), CLOUD_APPS, "absent"),  # discovery only
        ((sku("ATP_ENTERPRISE_GOV"),), OFFICE_P1, "held"),
        ((sku("THREAT_INTELLIGENCE"),), OFFICE_P1, "held"),
        ((sku("AAD_PREMIUM_P2"),), ENTRA_P1, "held"),
        ((sku("LOCKBOX_ENTERPRISE_GOV"),), LOCKBOX, "held"),
        ((sku("SHAREPOINTSTANDARD"),), RIGHTS_MANAGEMENT, "absent"),
        ((sku("SHAREPOINTSTANDARD"), sku("RMS_S_ENTERPRISE")), RIGHTS_MANAGEMENT, "held"),
        ((), EXCHANGE, "absent"),
        (None, EXCHANGE, "unknown"),
        (None, None, "none needed"),
    ],
)
def test_a_gate(skus: tuple[SubscribedSku, ...] | None, gate: Gate | None, state: str) -> None:
    assert Licences(skus).decide(gate).state == state


def test_a_name_grants_nothing() -> None:
    plan = ServicePlan("00000000-0000-0000-0000-000000000000", "Success", "LOCKBOX_ENTERPRISE")
    held = SubscribedSku("s", "Enabled", (plan,), "SKU", 1)
    assert Licences((held,)).decide(LOCKBOX).state == "unknown", "neither granted by its name nor called absent"


def test_a_skip_names_what_is_wanted_and_what_is_held() -> None:
    note = (
        Licences((sku("EXCHANGE_S_STANDARD", name="O365_BUSINESS"), sku("LOCKBOX_ENTERPRISE", name="SPE_E5", status="Suspended")))
        .decide(LOCKBOX)
        .note
    )
    assert "LOCKBOX_ENTERPRISE" in note
    assert "O365_BUSINESS" in note
    assert "SPE_E5 (Suspended)" in note


def test_for_how_many_it_is_held() -> None:
    decision = Licences((sku("EXCHANGE_S_STANDARD", name="BASIC", used=400), sku("ATA", name="ADDON", used=20))).decide(any_of("ATA"))
    assert "for 20 of 400 licensed users" in decision.note


_PLANS = st.sampled_from(["INTUNE_A", "AAD_PREMIUM", "ATA", "WINDEFATP"])
_GATES = st.recursive(
    _PLANS,
    lambda part: st.builds(lambda rule, parts: (any_of if rule else all_of)(*parts), st.booleans(), st.lists(part, min_size=1, max_size=3)),
)


@given(_GATES, st.sets(_PLANS))
def test_a_gate_means_what_it_says(gate: Any, plans: set[str]) -> None:
    def holds(part: Any) -> bool:
        if isinstance(part, str):
            return part in plans
        return (any if part.rule == "any" else all)(holds(inner) for inner in part.parts)

    gate = gate if isinstance(gate, Gate) else any_of(gate)
    licences = Licences(tuple(sku(plan) for plan in sorted(plans)))
    assert (licences.decide(gate).state == "held") is holds(gate)


def test_actions_and_their_gates() -> None:
    assert gate_for("mdo_spamaction") is EXCHANGE
    assert gate_for("mdo_safelinksforemail") is OFFICE_P1
    assert gate_for("BlockLegacyAuthentication") is None
    assert gate_for("11770.MDA_Google_EnableTwoFactorAuth")
    assert gate_for("SomethingNew") is None
    assert {slug for slug, needed in AREA_LICENCES.items() if needed.article} == {
        "cloud-app-security",
        "multifactor-authentication",
        "exchange-online",
        "information-rights-management",
        "intune",
        "defender-for-office-365",
        "information-protection",
        "defender-for-endpoint",
        "customer-lockbox",
    }


def test_unlicensed_is_skipped_unless_microsoft_scores_it(bench: Bench, run: Callable[..., Run]) -> None:
    name = "mip_autosensitivitylabelspolicies"
    skipped = run(f"--tenant={bench.folder}", "--action", name)
    assert skipped.records[name].verdict == "not licensed"
    assert skipped.status == 0

    def score(body: Any) -> None:
        row = next(row for row in body["value"][0]["controlScores"] if row["controlName"] == name)
        row.update({"score": 1, "scoreInPercentage": 100})

    bench.change("security/secureScores", score)
    judged = run(f"--tenant={bench.folder}", "--action", name).records[name]
    assert judged.verdict == "not met"
    assert judged.licence
    assert "contradict" in judged.licence.note


def test_subscriptions_that_cannot_be_read(bench: Bench, run: Callable[..., Run]) -> None:
    bench.refuse("subscribedSkus")
    found = run(f"--tenant={bench.folder}", "-k", "not scid_")
    posture = found.posture
    assert posture.licences is None
    assert posture.totals["not licensed"] == 0
    scored = [record for record in found.records.values() if record.basis == "scored" and record.licence]
    assert {"met", "not met"} <= {str(record.verdict) for record in scored if record.licence and record.licence.state == "unknown"}
    assert found.records["CustomerLockBoxEnabled"].cause == "permission", "a gated direct check, and its licence is not known"
    assert found.records["spo_legacy_auth"].cause == "permission", "a gated direct check"
    assert found.records["OneAdmin"].verdict == "met", "no licence is needed"


def test_unlicensed_direct_checks_read_no_setting(bench: Bench, run: Callable[..., Run]) -> None:
    bench.change("subscribedSkus", lambda body: {**body, "value": []})
    bench.refuse("beta/deviceManagement/deviceCompliancePolicies", 400, "BadRequest")

    def unscored(body: Any) -> None:
        for row in body["value"][0]["controlScores"]:
            if row["controlName"].startswith("intune_"):
                row.update({"score": 0, "scoreInPercentage": 0})

    bench.change("security/secureScores", unscored)
    record = run(f"--tenant={bench.folder}", "--area", "intune").records["intune_conection_from_jail_broken_rooted_devices"]
    assert record.verdict == "not licensed"
    assert "Held: no subscription" in record.reason


@pytest.mark.parametrize("key", ["capabilityStatus", "servicePlans"])
def test_a_subscription_that_leaves_out_what_decides_is_not_absent(key: str, bench: Bench, run: Callable[..., Run]) -> None:
    """Of an area with an action that is not licensed."""
    bench.change("subscribedSkus", lambda body: [sku.pop(key) for sku in body["value"]] and None)
    posture = run(f"--tenant={bench.folder}", "--area", "information-protection").posture
    assert posture.licences is None
    assert posture.totals["not licensed"] == 0
