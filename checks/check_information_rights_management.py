"""SharePoint Online and OneDrive: what may leave, with whom, and from which devices. Successor to Information Rights Management."""

from __future__ import annotations

import pytest

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action, needs_licence
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.licences import RIGHTS_MANAGEMENT
from fixtures.resources.exchange_settings import RightsManagement
from fixtures.resources.workloads import SharePointSettings
from fixtures.verdicts import NotEvaluated


@improvement_action("spo_legacy_auth")
def check_sharepoint_refuses_legacy_authentication(sharepoint_settings: SharePointSettings, observed: Observed) -> None:
    """SharePoint accepts modern authentication only."""
    accepts = sharepoint_settings.says("is_legacy_auth_protocols_enabled")
    observed("legacy protocols enabled", accepts)
    assert not accepts, "SharePoint and OneDrive accept legacy authentication (isLegacyAuthProtocolsEnabled is true)."


@improvement_action("spo_external_users_sharing")
def check_guests_cannot_share_on(sharepoint_settings: SharePointSettings, observed: Observed) -> None:
    """A guest cannot share what is not his."""
    may = sharepoint_settings.says("is_resharing_by_external_users_enabled")
    observed("guests may share items they do not own", may)
    assert not may, "Guests may share files and folders they do not own (isResharingByExternalUsersEnabled is true)."


@improvement_action("spo_external_sharing_managed")
def check_external_sharing_is_limited_to_named_domains(sharepoint_settings: SharePointSettings, observed: Observed) -> None:
    """Sharing outside is limited by a list of domains that are allowed or blocked."""
    mode = (sharepoint_settings.sharing_domain_restriction_mode or "").casefold()
    lists = {"allowlist": sharepoint_settings.sharing_allowed_domain_list, "blocklist": sharepoint_settings.sharing_blocked_domain_list}
    observed("restriction", sharepoint_settings.sharing_domain_restriction_mode)
    observed("domains", list(lists.get(mode) or ()))
    if mode not in {*lists, "none"}:
        raise NotEvaluated(Cause.MALFORMED, "SharePoint's settings name no known domain restriction.")
    assert mode != "none", "Files may be shared with any domain (sharingDomainRestrictionMode is none)."
    assert lists[mode], f"Sharing is limited by an {mode} that is empty."


@improvement_action("spo_idle_session_timeout")
def check_idle_sessions_are_signed_out(sharepoint_settings: SharePointSettings, observed: Observed) -> None:
    """Who leaves a browser open is signed out of SharePoint and OneDrive."""
    idle = sharepoint_settings.idle_session_sign_out
    if idle is None or idle.is_enabled is None:
        raise NotEvaluated(Cause.MALFORMED, "SharePoint's settings came without the idle session sign-out.")
    observed("sign-out enabled", idle.is_enabled)
    observed("seconds until sign-out", idle.sign_out_after_in_seconds)
    if idle.is_enabled and not idle.sign_out_after_in_seconds:
        raise NotEvaluated(Cause.MALFORMED, "Idle session sign-out is on, and after how long is not said.")
    assert idle.is_enabled, "Idle session sign-out is off."


@improvement_action("spo_block_onedrive_sync_unmanaged_devices")
def check_onedrive_syncs_to_managed_devices_only(sharepoint_settings: SharePointSettings, observed: Observed) -> None:
    """OneDrive synchronises only to computers joined to named domains."""
    restricted = sharepoint_settings.says("is_unmanaged_sync_app_for_tenant_restricted")
    domains = list(sharepoint_settings.allowed_domain_guids_for_sync_app or ())
    observed("limited to joined computers", restricted)
    observed("domains", domains)
    assert restricted, "OneDrive synchronises to any computer (isUnmanagedSyncAppForTenantRestricted is false)."
    assert domains, "OneDrive's synchronisation is limited to joined computers, and no domain is named."


@pytest.mark.configured
@needs_licence(RIGHTS_MANAGEMENT)
def check_exchange_uses_azure_rights_management(rights_management_settings: RightsManagement, observed: Observed) -> None:
    """Exchange Online takes its keys from Azure Rights Management, and people may protect what they send inside."""
    enabled = rights_management_settings.enabled
    observed("on", list(enabled.yes))
    observed("off", list(enabled.no))
    assert not enabled.no, f"Mail cannot be protected with Azure Rights Management: {', '.join(enabled.no)}."
    enabled.settle("how rights management is set")
