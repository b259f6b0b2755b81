"""Checks of mail filtering over the demo tenant's export, over damaged ones, in a run, and where nobody chose exports."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

import fixtures.demo
from fixtures.demo.mail_policies import NEWSLETTERS, objects
from fixtures.graph.failure import Cause
from tests.direct.configured import altered, exported, faults
from tests.direct.judged import MET, NE, NOT, every, nothing, rows
from tests.direct.mail import CONNECTION, LINKS, TIGHT, policy, told, verdict
from tests.direct.quick import concluded
from tests.direct.test_mail_settings import ACTIONS
from tests.harness import ROOT, Bench, Run

POSTURE_ALONE = True
DEMO = objects()
# What our claim asks for and Microsoft's score, as the demo tenant has it, does not: each setting for everyone.
STRICTER = {"mdo_antiphishingpolicies"}
# One action of each resource, so that a damaged export is read a few times and not once for each action.
OF_EACH_KIND = (
    "mdo_phishthresholdlevel",
    "mdo_zapspam",
    "mdo_zapmalware",
    "mdo_autoforwardingmode",
    "mdo_safeattachments",
    "mdo_safelinksforemail",
    "mdo_connectionfilter",
    "mdo_atpprotection",
)


@cache
def _catalogue() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        (ROOT / fixtures.demo.__name__.replace(".", "/") / "catalogue" / "defender-for-office-365.json").read_bytes()
    )
    return found


def test_every_action_of_mail_filtering_has_a_check() -> None:
    assert set(ACTIONS) == {action["id"] for action in _catalogue() if action["id"].startswith("mdo_")}


@pytest.mark.parametrize("action", [each for each in _catalogue() if each["score"]], ids=lambda each: str(each["id"]))
def test_the_demo_tenants_export_agrees_with_its_score(action: dict[str, Any]) -> None:
    full = action["score"]["now"] == action["max"]
    assert verdict(action["id"], DEMO) == (MET if full and action["id"] not in STRICTER else NOT)


def test_the_demo_tenants_hostile_name_is_told_as_it_is() -> None:
    assert f'"{NEWSLETTERS}"' in told("mdo_recipientlimitperday", DEMO)[1]


@pytest.mark.parametrize("fault", faults(TIGHT))
def test_nothing_is_concluded_from_a_damaged_export(fault: str, bench: Bench) -> None:
    faults(TIGHT)[fault](bench)
    assert {action: concluded(action, bench) for action in OF_EACH_KIND} == dict.fromkeys(OF_EACH_KIND, NE)


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in TIGHT if not kind.endswith("rule")}))
def test_nothing_is_concluded_where_what_every_tenant_has_is_missing(kind: str) -> None:
    left = [each for each in TIGHT if each[0] != kind]
    came = {action: verdict(action, left) for action in ACTIONS}
    assert NE in came.values()
    assert NOT not in came.values()


def test_domains_without_mail_and_unverified_ones_do_not_count(bench: Bench) -> None:
    exported([*TIGHT, policy(LINKS, "Built-In Protection Policy")])(bench)
    own = bench.read("domains")["value"]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"supportedServices": ["Email", "Intune"]}, NE),
        ({"supportedServices": ["Intune"]}, MET),
        ({"isVerified": False}, MET),
    ]
    for changes, wanted in cases:
        more = {"id": "more.example", "isVerified": True, "authenticationType": "Managed", **changes}
        bench.write("domains", {"value": [*own, more]})
        assert concluded("mdo_safelinksforemail", bench) == wanted, changes
    rows("domains", every(isVerified=False))(bench)
    assert concluded("mdo_safelinksforemail", bench) == NE


def test_all_of_them_in_a_run(bench: Bench, run: Callable[..., Run]) -> None:
    """With verdicts as a check alone gives them, the export as their evidence, and facts behind each."""
    changed = altered(DEMO, CONNECTION, Identity="Ours", MakeDefault=False)
    exported([*changed, policy(LINKS, "Strict Preset Security Policy1622650008019")])(bench)
    none = bench.folder.parent / "none.toml"
    none.write_text("", "utf-8")
    found = run(f"--tenant={bench.folder}", "--area=defender-for-office-365", f"--exceptions={none}").records
    assert set(ACTIONS) <= found.keys()
    assert (found["mdo_connectionfilter"].verdict, found["mdo_connectionfilter"].cause) == (NE, Cause.MALFORMED)
    # For Safe Documents the demo tenant has no licence.
    for action in set(ACTIONS) - {"mdo_safedocuments", "mdo_connectionfilter"}:
        record, is_open = found[action], action.startswith("mdo_safelinks")
        assert record.verdict == (NE if is_open else verdict(action, DEMO)), record.reason
        assert record.cause == (Cause.UNAVAILABLE if is_open else None)
        assert not is_open or "Graph does not export whom" in record.reason
        assert record.basis == "direct"
        assert any("configurationSnapshots/" in evidence for evidence in record.evidence)
        assert record.observed["wanted"]


def test_none_of_these_is_judged_where_nobody_chose_exports(bench: Bench, run: Callable[..., Run]) -> None:
    nothing(bench)
    declared = bench.folder / "tenant.toml"
    kept = [line for line in declared.read_text("utf-8").splitlines() if not line.startswith("tenant_configuration")]
    declared.write_text("\n".join(kept), "utf-8")
    found = run(f"--tenant={bench.folder}", "--area=defender-for-office-365").records
    assert {record.basis for action, record in found.items() if action in ACTIONS} == {"scored"}
