"""No evidence, no pass and no skip: each resource missing, forbidden, malformed and truncated costs its own checks and no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.resources import RESOURCES
from tests.harness import DIRECT, Bench, Run

# Where each resource's first answer lies. The catalogue and the licences have tests of their own.
PATHS = {
    "organization": "organization",
    "conditional_access": "identity/conditionalAccess/policies",
    "security_defaults": "policies/identitySecurityDefaultsEnforcementPolicy",
    "authorization_policy": "policies/authorizationPolicy",
    "admin_consent_policy": "policies/adminConsentRequestPolicy",
    "role_assignments": "roleManagement/directory/roleAssignments",
    "group_members": "groups/20000000-0000-4000-8000-000000000001/transitiveMembers",
    "user_registrations": "reports/authenticationMethods/userRegistrationDetails",
    "declared_accounts": "users",
    "domains": "domains",
    "sharepoint_settings": "admin/sharepoint/settings",
    "compliance_policies": "deviceManagement/deviceCompliancePolicies",
    "sensitivity_labels": "security/dataSecurityAndGovernance/sensitivityLabels",
}
SINGLE = {"security_defaults", "authorization_policy", "admin_consent_policy", "sharepoint_settings"}
USERS = {
    "organization": {"check_directory_synchronisation_is_fresh", "check_the_directory_sync_account_is_excluded_from_mfa"},
    "authorization_policy": {"IntegratedApps", "aad_third_party_apps"},
    "admin_consent_policy": {"aad_admin_consent_workflow"},
    "domains": {"PWAgePolicyNew"},
    "sensitivity_labels": {"check_sensitivity_labels_exist"},
    "compliance_policies": {"intune_conection_from_jail_broken_rooted_devices", "intune_mobile_email_profiles_requirement"},
}
READER = "check_the_reader_may_read_what_the_checks_need"


def _missing(bench: Bench, path: str) -> str:
    bench.file(path).unlink()
    return "unavailable"


def _forbidden(bench: Bench, path: str) -> str:
    bench.refuse(path)
    return "permission"


def _throttled(bench: Bench, path: str) -> str:
    bench.refuse(path, 429, "TooManyRequests")
    return "throttled"


def _malformed(bench: Bench, path: str) -> str:
    bench.cut(path)
    return "malformed"


def _truncated(bench: Bench, path: str) -> str:
    bench.lead_nowhere(path)
    return "truncated"


def test_every_resource_has_a_place_in_these_tests() -> None:
    elsewhere = {"secure_scores", "control_profiles", "subscribed_skus"}
    assert set(PATHS) == set(RESOURCES) - elsewhere


@pytest.mark.parametrize("damage", [_missing, _forbidden, _throttled, _malformed, _truncated])
@pytest.mark.parametrize("resource", PATHS)
def test_a_resource_that_cannot_be_read(resource: str, damage: Callable[[Bench, str], str], bench: Bench, run: Callable[..., Run]) -> None:
    if damage is _truncated and resource in SINGLE:
        pytest.skip("a single object has no pages")
    whole = run(f"--tenant={bench.folder}", *DIRECT).verdicts() if "whole" not in _CACHE else _CACHE["whole"]
    _CACHE["whole"] = whole
    cause = damage(bench, PATHS[resource])
    found = run(f"--tenant={bench.folder}", *DIRECT)
    changed = {name for name, verdict in found.verdicts().items() if verdict != whole[name]} - {READER}
    suffering = {name for name, record in found.records.items() if record.cause == cause} - {READER}
    assert changed == suffering
    assert suffering, "nothing depends on it"
    assert all(found.records[name].verdict == "not evaluated" for name in suffering)
    if resource in USERS:
        assert suffering == USERS[resource]
    if cause == "permission":
        assert found.records[READER].verdict == "not met"
        assert any(permission in found.records[READER].reason for permission in RESOURCES[resource].permissions)
    assert found.status in {10, 11}
    assert [unread.resource for unread in found.posture.unread if unread.cause == cause]


_CACHE: dict[str, dict[str, str]] = {}
