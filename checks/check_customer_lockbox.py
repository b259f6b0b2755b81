"""Customer Lockbox: Microsoft's engineers ask before they reach content."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.resources.exchange_settings import ExchangeOrganization


@configured_action("CustomerLockBoxEnabled")
def check_engineers_ask_before_they_reach_content(exchange_organization: ExchangeOrganization, observed: Observed) -> None:
    """Customer Lockbox is on: an engineer of Microsoft's reaches content only when somebody of the organization has agreed."""
    on = exchange_organization.says("customer_lockbox_enabled")
    observed("Customer Lockbox", on)
    assert on, "Customer Lockbox is off (CustomerLockboxEnabled is false)."
