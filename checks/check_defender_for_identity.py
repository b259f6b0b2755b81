"""Defender for Identity (formerly Azure ATP): its sensors, and what it and Entra ID Protection know of accounts."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.licences import ENTRA_P2, Licences
from fixtures.resources.defender_for_identity import LeakedCredentials, Sensor
from fixtures.text import some
from fixtures.verdicts import NotEvaluated


@improvement_action("AATP_Sensor")
def check_sensors_watch_the_domain_controllers(identity_sensors: tuple[Sensor, ...], observed: Observed) -> None:
    """Sensors watch domain controllers, and each of them is in order. Graph does not list the domain controllers: one that has
    no sensor is not seen.

    At least one sensor on a domain controller; each runs in a current version without a health issue. Those that Active Directory
    knows no more, and those on other servers, are left out.
    """
    watching = [sensor for sensor in identity_sensors if sensor.on_domain_controller and not sensor.is_left_behind]
    unclear = [s.name for s in identity_sensors if s.on_domain_controller is None and not s.is_left_behind]
    observed("sensors on domain controllers", [sensor.name for sensor in watching])
    observed("left behind by deleted domain controllers", [sensor.name for sensor in identity_sensors if sensor.is_left_behind])
    broken = [f"{sensor.name} ({sensor.state})" for sensor in watching if sensor.is_in_order is False]
    observed("not in order", [sensor.name for sensor in watching if sensor.is_in_order is False])
    assert not broken, f"{len(broken)} of {len(watching)} sensors on domain controllers are not in order: {some(broken)}."
    unclear += [sensor.name for sensor in watching if sensor.is_in_order is None]
    assert watching or unclear, "No sensor of Defender for Identity is on a domain controller."
    if unclear:
        raise NotEvaluated(Cause.MALFORMED, f"Graph says in words not known here what {some(unclear)} watches, or how it is.")


@improvement_action("AATP_AccountWithLeakedCredentials")
def check_leaked_credentials_are_changed(leaked_credentials: LeakedCredentials, licences: Licences, observed: Observed) -> None:
    """No account has leaked credentials that Entra ID Protection reports as open. It keeps a detection for 90 days.

    No detection of leaked credentials whose state is at risk or confirmed compromised: a changed password closes it, and so does
    an administrator who dismisses it.
    """
    open_, unclear = list(leaked_credentials.open), leaked_credentials.unclear
    observed("accounts with open detections", open_)
    observed("closed detections", leaked_credentials.closed)
    assert not open_, f"Leaked and not changed since: the credentials of {some(open_)} ({len(open_)} in all)."
    if unclear:
        raise NotEvaluated(Cause.MALFORMED, f"Graph says in words not known here whether the detections for {some(unclear)} are open.")
    premium = licences.decide(ENTRA_P2)
    if premium.state != "held":
        raise NotEvaluated(Cause.UNAVAILABLE, f"No detection is open, and without Entra ID P2 not all are shown. {premium.note}")
