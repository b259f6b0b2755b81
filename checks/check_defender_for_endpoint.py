"""Defender for Endpoint, formerly Windows Defender ATP: the state of devices. Each score is a ratio of the fleet."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_actions
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.resources.hunting import DeviceConfigurations
from fixtures.verdicts import NotApplicable, NotEvaluated


@improvement_actions("scid_*")
def check_devices_are_configured(action_id: str, device_configurations: DeviceConfigurations, observed: Observed) -> None:
    """Every device that the setting applies to complies with it, as Defender for Endpoint last assessed it.

    No device without it, none whose state is unknown, and at least one it applies to.
    """
    setting = device_configurations.of(action_id)
    observed("devices assessed", setting.assessed)
    observed("it applies to", setting.applicable)
    observed("devices that comply", setting.compliant)
    observed("devices that do not", list(setting.names))
    observed("last assessed", f"{setting.last_assessed:%Y-%m-%d %H:%M} UTC")
    assert not setting.not_compliant, f"Not so on {setting.not_compliant} of {setting.applicable} devices: {setting.who}."
    if setting.unknown:
        raise NotEvaluated(Cause.UNAVAILABLE, f"Of {setting.unknown} of {setting.assessed} devices Defender does not say how they stand.")
    if not setting.applicable:
        raise NotApplicable(f"It applies to 0 of {setting.assessed} devices.")
