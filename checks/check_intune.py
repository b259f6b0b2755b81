"""Intune: what a phone must be like before it reaches the organization's data."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.resources.workloads import CompliancePolicies
from fixtures.verdicts import NotEvaluated


@improvement_action("intune_conection_from_jail_broken_rooted_devices")
def check_jailbroken_devices_are_not_compliant(compliance_policies: CompliancePolicies, observed: Observed) -> None:
    """Every assigned iOS and Android compliance policy refuses jailbroken or rooted devices, and both platforms have one."""
    assigned = compliance_policies.assigned("ios", "android")
    observed("assigned policies", [f"{policy.platform}: {policy.display_name}" for policy in assigned])
    lax = [policy.display_name for policy in assigned if policy.security_block_jailbroken_devices is False]
    missing = [platform for platform in ("ios", "android") if platform not in {policy.platform for policy in assigned}]
    told = [f"{', '.join(lax)} let jailbroken or rooted devices pass."] if lax else []
    told += [f"No compliance policy for {platform} is assigned to anyone." for platform in missing]
    assert not told, " ".join(told)
    silent = [policy.display_name for policy in assigned if policy.security_block_jailbroken_devices is None]
    if silent:
        raise NotEvaluated(Cause.MALFORMED, f"{', '.join(silent)} came without the setting for jailbroken devices.")


@improvement_action("intune_mobile_email_profiles_requirement")
def check_mail_needs_a_managed_profile(compliance_policies: CompliancePolicies, observed: Observed) -> None:
    """Every assigned iOS compliance policy asks for a managed email profile, and there is one."""
    assigned = compliance_policies.assigned("ios")
    observed("assigned iOS policies", [policy.display_name for policy in assigned])
    lax = [policy.display_name for policy in assigned if policy.managed_email_profile_required is False]
    assert assigned, "No compliance policy for iOS is assigned to anyone."
    assert not lax, f"{', '.join(lax)} ask for no managed email profile."
    if any(policy.managed_email_profile_required is None for policy in assigned):
        raise NotEvaluated(Cause.MALFORMED, "An iOS compliance policy came without the setting for managed email profiles.")
