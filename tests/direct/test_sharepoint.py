"""The checks of SharePoint and OneDrive, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

from collections.abc import Callable

from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, judged, nothing, setting
from tests.direct.quick import concluded, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True

SHAREPOINT = "admin/sharepoint/settings"

CASES: list[Case] = [
    ("spo_legacy_auth", NOT, nothing),
    ("spo_legacy_auth", MET, setting(SHAREPOINT, isLegacyAuthProtocolsEnabled=False)),
    ("spo_legacy_auth", NE, setting(SHAREPOINT, isLegacyAuthProtocolsEnabled=None)),
    ("spo_external_users_sharing", NOT, nothing),
    ("spo_external_users_sharing", MET, setting(SHAREPOINT, isResharingByExternalUsersEnabled=False)),
    ("spo_external_users_sharing", NE, setting(SHAREPOINT, isResharingByExternalUsersEnabled="no")),
    ("spo_external_sharing_managed", NOT, nothing),
    (
        "spo_external_sharing_managed",
        MET,
        setting(SHAREPOINT, sharingDomainRestrictionMode="allowList", sharingAllowedDomainList=["a.example"]),
    ),
    (
        "spo_external_sharing_managed",
        NOT,
        setting(SHAREPOINT, sharingDomainRestrictionMode="blockList", sharingAllowedDomainList=["a.example"]),
    ),
    ("spo_external_sharing_managed", NE, setting(SHAREPOINT, sharingDomainRestrictionMode="unknownFutureValue")),
    ("spo_idle_session_timeout", MET, nothing),
    ("spo_idle_session_timeout", NOT, setting(SHAREPOINT, idleSessionSignOut={"isEnabled": False})),
    ("spo_idle_session_timeout", NE, setting(SHAREPOINT, idleSessionSignOut=None)),
    ("spo_idle_session_timeout", NE, setting(SHAREPOINT, idleSessionSignOut={"isEnabled": True, "signOutAfterInSeconds": 0})),
    ("spo_block_onedrive_sync_unmanaged_devices", MET, nothing),
    ("spo_block_onedrive_sync_unmanaged_devices", NOT, setting(SHAREPOINT, isUnmanagedSyncAppForTenantRestricted=False)),
    ("spo_block_onedrive_sync_unmanaged_devices", NOT, setting(SHAREPOINT, allowedDomainGuidsForSyncApp=[])),
]


@each_of(CASES)
def test_sharepoint(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_sharepoint_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
