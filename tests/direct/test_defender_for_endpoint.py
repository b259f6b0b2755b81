"""The check of the settings Defender for Endpoint assesses, both ways: what hunting says of the demo tenant, changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.resources.hunting import MOST_NAMES
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, judged, nothing, rows
from tests.harness import Bench, Run

POSTURE_ALONE = True

HUNTING = "security/runHuntingQuery"
NUMBERS = ("AssessedDevices", "ApplicableDevices", "CompliantDevices", "NotCompliantDevices", "UnknownDevices")


def hunted(name: str = "", **values: Any) -> Change:
    """Change the row of one setting, or of all."""

    def change(bench: Bench) -> None:
        def apply(body: Any) -> None:
            found = [row for row in body["results"] if name in {"", row["ConfigurationId"]}]
            assert found
            for row in found:
                row.update(values)

        bench.change(HUNTING, apply)

    return change


def counted(name: str, *numbers: int, names: tuple[str, ...] = ()) -> Change:
    """The numbers of one setting: assessed, applicable, compliant, not compliant, unknown."""
    return hunted(name, **dict(zip(NUMBERS, numbers, strict=True)), NotCompliantNames=json.dumps(names))


def without(*names: str) -> Change:
    """The rows of these settings gone, of all where none is named; the answer agrees with itself."""

    def change(bench: Bench) -> None:
        def apply(body: Any) -> None:
            body["results"] = [row for row in body["results"] if names and row["ConfigurationId"] not in names]
            for row in body["results"]:
                row["FleetConfigurations"] = len(body["results"])

        bench.change(HUNTING, apply)

    return change


def answered(body: Any) -> Change:
    return lambda bench: bench.write(HUNTING, body)


CASES: list[Case] = [
    ("scid_2012", MET, nothing),
    ("scid_2003", NOT, nothing),
    ("scid_111", MET, nothing),  # Microsoft scores it nowhere
    ("scid_2516", NA, nothing),  # 0 of 410 devices
    ("scid_20000", NOT, nothing),
    ("scid_20000", NE, without("scid-20000")),
    ("scid_2012", NOT, counted("scid-2012", 120, 110, 107, 3, 0, names=("a", "b", "c"))),
    ("scid_2012", NOT, counted("scid-2012", 120, 110, 100, 3, 7)),  # a gap that is certain, without a name
    ("scid_2012", NE, counted("scid-2012", 120, 110, 109, 0, 1)),
    ("scid_2012", NE, counted("scid-2012", 120, 0, 0, 0, 120)),  # whether it applies to any is not known
    ("scid_2012", NA, counted("scid-2012", 120, 0, 0, 0, 0)),
    ("scid_2012", MET, counted("scid-2012", 1, 1, 1, 0, 0)),
    ("scid_2012", MET, hunted("scid-2012", ConfigurationId="SCID-2012")),
    ("scid_2012", MET, hunted("scid-2012", LastAssessed="2026-11-13T12:00:00.0000000Z")),
    ("scid_2012", NE, hunted("scid-2012", LastAssessed="2026-11-13T11:59:59Z")),
    ("scid_2003", NE, hunted("scid-2003", LastAssessed="2026-11-01T00:00:00Z")),
    ("scid_2003", NE, hunted("scid-2003", LastAssessed=None)),
    ("scid_2012", NE, without("scid-2012")),
    ("scid_2012", NE, without()),
    ("scid_2012", NE, answered({})),
    ("scid_2012", NE, answered({"schema": [], "results": None})),
    ("scid_2012", NE, hunted("scid-2003", ConfigurationId="scid_2012")),  # twice
    ("scid_2012", NE, hunted(FleetConfigurations=1000)),  # rows are missing
    ("scid_2012", NE, hunted("scid-2012", FleetDevices=1000)),  # rows that do not agree
]


@each_of(CASES)
def test_defender_for_endpoint(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (counted("scid-2012", 120, 110, 107, 3, 0, names=("b", "a\nassert", "c")), "Not so on 3 of 110 devices: b, a assert, c."),
        (counted("scid-2012", 120, 110, 107, 3, 0), "Not so on 3 of 110 devices: 3 without a name."),
        (
            counted("scid-2012", 120, 110, 50, 60, 0, names=tuple(f"pc{n}" for n in range(MOST_NAMES))),
            "Not so on 60 of 110 devices: pc0, pc1, pc2, pc3, pc4 and 55 more.",
        ),
        (counted("scid-2012", 120, 110, 109, 0, 1), "Of 1 of 120 devices Defender does not say how they stand."),
        (counted("scid-2012", 120, 0, 0, 0, 0), "It applies to 0 of 120 devices."),
        (without("scid-2012"), "Advanced hunting has no record of scid_2012: none of 454 devices was assessed for it."),
        (without(), "Advanced hunting has no record of any setting of any device in the last 30 days."),
        (
            hunted("scid-2012", LastAssessed="2026-11-01T00:00:00Z"),
            "No device was assessed for it since 2026-11-01, 19 days before this run.",
        ),
        (hunted(FleetConfigurations=1000), "The result of the hunting query was cut off after 72 rows."),
    ],
)
def test_the_reason_says_what_and_who(change: Change, reason: str, bench: Bench, run: Callable[..., Run]) -> None:
    change(bench)
    assert run(f"--tenant={bench.folder}", "--action=scid_2012").records["scid_2012"].reason == reason


def holding(*plans: str) -> Change:
    """Of the plans that speak of devices, these only."""
    spoken_of = {"WINDEFATP", "MDE_LITE", "MDE_SMB", "TVM_PREMIUM_1"}

    def kept(items: list[Any]) -> None:
        for sku in items:
            sku["servicePlans"] = [plan for plan in sku["servicePlans"] if plan["servicePlanName"] not in spoken_of - {*plans}]

    return rows("subscribedSkus", kept)


@pytest.mark.parametrize(
    ("change", "basis", "verdicts"),
    [
        (nothing, "direct", {"scid_2012": "met", "scid_2070": "not met", "scid_111": "met"}),
        (holding("MDE_LITE"), "scored", {"scid_2012": "met", "scid_2070": "met", "scid_111": "not scored"}),
        (lambda bench: bench.refuse("subscribedSkus"), "direct", dict.fromkeys(("scid_2012", "scid_2070", "scid_111"), "not evaluated")),
    ],
    ids=["plan 2", "plan 1", "not known"],
)
def test_where_nothing_fills_the_table_the_score_speaks(
    change: Change, basis: str, verdicts: dict[str, str], bench: Bench, run: Callable[..., Run]
) -> None:
    change(bench)
    found = run(f"--tenant={bench.folder}", "--area=defender-for-endpoint")
    assert {record.basis for record in found.records.values()} == {basis}
    assert {name: str(found.records[name].verdict) for name in verdicts} == verdicts
    assert len(found.records) == 72, "each action is one item, whoever judges it"
    assert any(item.id.endswith("@device_configurations") for item in found.posture.evidence) == (basis == "direct")
