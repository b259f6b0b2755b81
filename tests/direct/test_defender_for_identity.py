"""The checks of Defender for Identity, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, emptied, every, judged, nothing, rows, together
from tests.direct.quick import concluded, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True

SENSORS, DETECTIONS = "security/identities/sensors", "identityProtection/riskDetections"


def first(path: str, **values: Any) -> Change:
    """Change the first item of a collection."""
    return rows(path, lambda items: [{**items[0], **values}, *items[1:]])


def no_p2(bench: Bench) -> None:
    """What brings Entra ID P2 brings Defender for Identity too: here it brings that alone."""

    def without(items: list[Any]) -> list[Any]:
        return [{**i, "servicePlans": [plan for plan in i["servicePlans"] if plan["servicePlanName"] != "AAD_PREMIUM_P2"]} for i in items]

    rows("subscribedSkus", without)(bench)


CASES: list[Case] = [
    ("AATP_Sensor", MET, nothing),
    ("AATP_Sensor", NOT, emptied(SENSORS)),
    ("AATP_Sensor", NOT, rows(SENSORS, every(deploymentStatus="unreachable"))),
    ("AATP_Sensor", NOT, rows(SENSORS, every(sensorType="adfsIntegrated"))),
    *(("AATP_Sensor", MET, first(SENSORS, sensorType=kind)) for kind in ("ADCSIntegrated", "DomainControllerStandalone")),
    *(("AATP_Sensor", MET, first(SENSORS, deploymentStatus=status)) for status in ("Updating", "syncing", "UPTODATE")),
    *(
        ("AATP_Sensor", NOT, first(SENSORS, deploymentStatus=status))
        for status in ("Disconnected", "outdated", "updateFailed", "startFailure", "notConfigured")
    ),
    *(("AATP_Sensor", NOT, first(SENSORS, healthStatus=health)) for health in ("notHealthyLow", "NotHealthyMedium", "notHealthyHigh")),
    ("AATP_Sensor", MET, first(SENSORS, sensorType="adfsIntegrated", healthStatus="notHealthyHigh")),
    *(("AATP_Sensor", NE, first(SENSORS, healthStatus=health)) for health in (None, "unknownFutureValue", "")),
    *(("AATP_Sensor", NE, first(SENSORS, deploymentStatus=status)) for status in (None, "unknownFutureValue", "retired")),
    *(("AATP_Sensor", NE, first(SENSORS, sensorType=kind)) for kind in (None, "unknownFutureValue")),
    ("AATP_Sensor", NE, rows(SENSORS, every(sensorType="unknownFutureValue"))),
    ("AATP_Sensor", NOT, first(SENSORS, deploymentStatus=None, healthStatus="notHealthyHigh")),
    ("AATP_Sensor", NE, rows(SENSORS, every(id=None))),
    ("AATP_AccountWithLeakedCredentials", NOT, nothing),
    ("AATP_AccountWithLeakedCredentials", MET, emptied(DETECTIONS)),
    *(
        ("AATP_AccountWithLeakedCredentials", MET, rows(DETECTIONS, every(riskState=state)))
        for state in ("remediated", "Dismissed", "confirmedSafe", "none")
    ),
    ("AATP_AccountWithLeakedCredentials", NOT, rows(DETECTIONS, every(riskState="ConfirmedCompromised"))),
    *(
        ("AATP_AccountWithLeakedCredentials", NE, rows(DETECTIONS, every(riskState=state)))
        for state in (None, "unknownFutureValue", "hidden")
    ),
    ("AATP_AccountWithLeakedCredentials", NOT, first(DETECTIONS, riskState=None)),
    ("AATP_AccountWithLeakedCredentials", MET, rows(DETECTIONS, every(riskEventType="unfamiliarFeatures"))),
    ("AATP_AccountWithLeakedCredentials", NOT, rows(DETECTIONS, every(riskEventType="LeakedCredentials"))),
    ("AATP_AccountWithLeakedCredentials", NE, rows(DETECTIONS, every(riskEventType=None))),
    ("AATP_AccountWithLeakedCredentials", NE, together(emptied(DETECTIONS), no_p2)),
    ("AATP_AccountWithLeakedCredentials", NOT, no_p2),
]


@each_of(CASES)
def test_defender_for_identity(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_defender_for_identity_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


def test_one_account_is_named_once(bench: Bench, run: Callable[..., Run]) -> None:
    rows(DETECTIONS, lambda items: [{**item, "riskState": "atRisk", "userPrincipalName": None, "userId": "u\n1"} for item in items])(bench)
    record = run(f"--tenant={bench.folder}", "-k", "check_leaked").records["AATP_AccountWithLeakedCredentials"]
    assert record.observed["accounts with open detections"] == ["u 1"]
    assert "u 1 (1 in all)" in record.reason
