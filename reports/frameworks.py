"""Where an improvement action stands in the frameworks that auditors ask about, by its id: only where a public mapping says so.

Every reference is a chain that can be followed. The first link is the requirement's own words: Microsoft titles these actions with the
sentence of the CIS recommendation or sets the very setting a SCuBA policy or a Prowler check is about. The other links are published:

- **CIS Microsoft 365 Foundations Benchmark v6.0.0**, recommendation numbers: Prowler, `prowler/compliance/m365/cis_6.0_m365.json`
  (github.com/prowler-cloud/prowler, commit 01431dec). Those of sections 1, 5 and 7 stand with the same numbers and their titles in
  `cis_v600/section_*.pp` of github.com/turbot/steampipe-mod-microsoft365-compliance.
- **NIST SP 800-53 Rev. 5**: CISA's own mapping of its SCuBA policies, limited to controls of the FedRAMP High baseline:
  `PowerShell/ScubaGear/mappings/scuba-to-nist-sp-800-53-r5-fedramp-high.csv` (github.com/cisagov/ScubaGear, commit 02027d98). Policies
  have the numbers of that file; CISA moved those of Defender and some of Exchange into other baselines in April 2026.
- **ISO/IEC 27001:2022**, Annex A: Prowler, `prowler/compliance/m365/iso27001_2022_m365.json` (the same commit), by the name of the check.

What these do not map is left out, and so is what asks for something else: SCuBA blocks a risky sign-in where the action asks for a second
factor. A reference says that a requirement is about the same setting, and not that who meets the action meets the requirement.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple


class Framework(NamedTuple):
    """A framework in one edition, and who published the mapping that its references are taken from."""

    name: str
    edition: str
    mapped_by: str
    source: str


class Reference(NamedTuple):
    """The requirements of one framework that an action is about. `through` are the published ids the mapping goes by, if not these."""

    framework: Framework
    requirements: tuple[str, ...]
    through: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for people: `NIST SP 800-53 Rev. 5: IA-2(1), IA-2(2) (CISA SCuBA, MS.AAD.3.2v1)`."""
        by = ", ".join((self.framework.mapped_by, *self.through))
        return f"{self.framework.name} {self.framework.edition}: {', '.join(self.requirements)} ({by})"


_PROWLER = "github.com/prowler-cloud/prowler/blob/01431decbff31f5173e2921a31bae01fcf1099f3/prowler/compliance/m365"
_SCUBA = "github.com/cisagov/ScubaGear/blob/02027d984949534684155c1f3b9787aac2ec987b/PowerShell/ScubaGear/mappings"
CIS = Framework("CIS Microsoft 365 Foundations Benchmark", "v6.0.0", "Prowler", f"https://{_PROWLER}/cis_6.0_m365.json")
NIST = Framework("NIST SP 800-53", "Rev. 5", "CISA SCuBA", f"https://{_SCUBA}/scuba-to-nist-sp-800-53-r5-fedramp-high.csv")
ISO = Framework("ISO/IEC", "27001:2022", "Prowler", f"https://{_PROWLER}/iso27001_2022_m365.json")
FRAMEWORKS = (CIS, NIST, ISO)

# action: CIS recommendations | SCuBA policies | Prowler checks
_ACTIONS = """
AdminMFAV2: 5.2.2.1 | MS.AAD.3.2v1 | entra_admin_users_mfa_enabled
MFARegistrationV2: 5.2.2.2 | MS.AAD.3.2v1 | entra_users_mfa_enabled
BlockLegacyAuthentication: 5.2.2.3 | MS.AAD.1.1v1 | entra_legacy_authentication_blocked
aad_sign_in_freq_session_timeout: 5.2.2.4 | | entra_admin_users_sign_in_frequency_enabled
aad_phishing_MFA_strength: 5.2.2.5 | MS.AAD.3.6v1 | entra_admin_users_phishing_resistant_mfa_enabled
UserRiskPolicy: 5.2.2.6 | | entra_identity_protection_user_risk_enabled
SigninRiskPolicy: 5.2.2.7 | | entra_identity_protection_sign_in_risk_enabled
aad_custom_banned_passwords: 5.2.3.2 | |
aad_password_protection: 5.2.3.3 | |
SelfServicePasswordReset: 5.2.4.1 | |
aad_third_party_apps: 5.1.2.2 | MS.AAD.5.1v1 | entra_thirdparty_integrated_apps_not_allowed
aad_linkedin_connection_disables: 5.1.2.6 | |
IntegratedApps: 5.1.5.1 | MS.AAD.5.2v1 | entra_policy_restricts_user_consent_for_apps
aad_admin_consent_workflow: 5.1.5.2 | MS.AAD.5.3v1 | entra_admin_consent_workflow_enabled
PasswordHashSync: 5.1.8.1 | |
aad_admin_accounts_separate_unassigned_cloud_only: 1.1.1 1.1.4 | MS.AAD.7.3v1 | entra_admin_users_cloud_only
OneAdmin: 1.1.3 | MS.AAD.7.1v1 | admincenter_users_between_two_and_four_global_admins
RoleOverlap: | MS.AAD.7.2v1 |
aad_managed_approved_public_groups_only: 1.2.1 | | admincenter_groups_not_public_visibility
PWAgePolicyNew: 1.3.1 | MS.AAD.6.1v1 | admincenter_settings_password_never_expire
exo_individualsharing: 1.3.3 | MS.EXO.6.2v1 | admincenter_external_calendar_sharing_disabled
admincenter_owned_apps_and_services: 1.3.4 | |
forms_phishing_protection: 1.3.5 | |
CustomerLockBoxEnabled: 1.3.6 | | admincenter_organization_customer_lockbox_enabled
sway_block_sharing_with_outside_users: 1.3.8 | |
mdo_safelinksforOfficeApps: 2.1.1 | | defender_safelinks_policy_enabled
mdo_commonattachmentsfilter: 2.1.2 | MS.EXO.9.1v2 | defender_malware_policy_common_attachments_filter_enabled
mdo_safeattachmentpolicy: 2.1.4 | | defender_safe_attachments_policy_enabled
mdo_atpprotection: 2.1.5 | MS.DEFENDER.3.1v1 |
mdo_safedocuments: 2.1.5 | |
mdo_spam_notifications_only_for_admins: 2.1.6 | |
mdo_antiphishingpolicies: 2.1.7 | | defender_antiphishing_policy_configured
mdo_targetedusersprotection: 2.1.7 | MS.DEFENDER.2.1v1 |
mdo_enabledomainstoprotect: 2.1.7 | MS.DEFENDER.2.2v1 |
mdo_enablemailboxintelligence: 2.1.7 | MS.EXO.11.3v1 |
mdo_mailboxintelligenceprotection: 2.1.7 | |
mdo_targeteduserprotectionaction: 2.1.7 | |
mdo_targeteddomainprotectionaction: 2.1.7 | |
mdo_similaruserssafetytips: 2.1.7 | MS.EXO.11.2v1 |
mdo_similardomainssafetytips: 2.1.7 | MS.EXO.11.2v1 |
mdo_unusualcharacterssafetytips: 2.1.7 | MS.EXO.11.2v1 |
exo_SPF_records_for_all_domains: 2.1.8 | MS.EXO.2.2v2 |
mdo_connectionfilter: 2.1.12 | MS.EXO.12.1v1 | defender_antispam_connection_filter_policy_empty_ip_allowlist
mdo_allowedsenderscombined: 2.1.14 | MS.EXO.14.3v1 | defender_antispam_policy_inbound_no_allowed_domains
mdo_recipientexternallimitperhour: 2.1.15 | | defender_antispam_outbound_policy_configured
mdo_recipientinternallimitperhour: 2.1.15 | | defender_antispam_outbound_policy_configured
mdo_recipientlimitperday: 2.1.15 | | defender_antispam_outbound_policy_configured
mdo_thresholdreachedaction: 2.1.15 | | defender_antispam_outbound_policy_configured
mdo_zapmalware: | MS.EXO.10.3v1 |
mcas_mda_enabled: 2.4.3 | |
mip_search_auditlog: 3.1.1 | MS.EXO.17.1v1 | purview_audit_log_search_enabled
dlp_datalossprevention: 3.2.1 | MS.EXO.8.1v2 |
mip_DLP_policies_Teams: 3.2.2 | |
mip_sensitivitylabelspolicies: 3.3.1 | |
exo_mailboxaudit: 6.1.2 | MS.EXO.13.1v1 | exchange_user_mailbox_auditing_enabled
mdo_blockmailforward: 6.2.1 | MS.EXO.1.1v1 | exchange_transport_rules_mail_forwarding_disabled
exo_transportrulesallowlistdomains: 6.2.2 | | exchange_transport_rules_whitelist_disabled
exo_outlookaddins: 6.3.1 | | exchange_roles_assignment_policy_addins_disabled
exo_oauth2clientprofileenabled: 6.5.1 | | exchange_organization_modern_authentication_enabled
exo_mailtipsenabled: 6.5.2 | |
exo_storageproviderrestricted: 6.5.3 | | exchange_mailbox_policy_additional_storage_restricted
spo_legacy_auth: 7.2.1 | | sharepoint_modern_authentication_required
spo_external_users_sharing: 7.2.5 | |
spo_external_sharing_managed: 7.2.6 | MS.SHAREPOINT.1.3v1 | sharepoint_external_sharing_restricted
spo_block_onedrive_sync_unmanaged_devices: 7.3.2 | | sharepoint_onedrive_sync_restricted_unmanaged_devices
meeting_restrictanonymousjoin_v1: 8.5.1 | |
meeting_anonymousstartmeeting_v1: 8.5.2 | MS.TEAMS.1.2v1 |
meeting_autoadmitusers_v1: 8.5.3 | |
meeting_pstnusersbypasslobby_v1: 8.5.4 | MS.TEAMS.1.5v1 |
meeting_designatedpresenter_v1: 8.5.6 | |
meeting_externalrequestcontrol_v1: 8.5.7 | MS.TEAMS.1.1v1 | teams_meeting_external_control_disabled
"""

# SCuBA policy: NIST controls
_NIST_OF = """
MS.AAD.1.1v1: CM-7
MS.AAD.3.2v1: IA-2(1) IA-2(2)
MS.AAD.3.6v1: IA-2(1) IA-5c IA-5g IA-2(8)
MS.AAD.5.1v1: AC-6(10) CM-5
MS.AAD.5.2v1: AC-6(10) CM-5
MS.AAD.5.3v1: CM-4
MS.AAD.6.1v1: IA-5(1)
MS.AAD.7.1v1: AC-6(5)
MS.AAD.7.2v1: AC-5
MS.AAD.7.3v1: AC-6(5)
MS.DEFENDER.2.1v1: SI-8
MS.DEFENDER.2.2v1: SI-8
MS.DEFENDER.3.1v1: SI-3a
MS.EXO.1.1v1: AC-4
MS.EXO.2.2v2: AC-2d
MS.EXO.6.2v1: AC-3 SC-7(10)(a)
MS.EXO.8.1v2: SC-7(10)
MS.EXO.9.1v2: SI-3
MS.EXO.10.3v1: SI-3
MS.EXO.11.2v1: AT-2b SI-8
MS.EXO.11.3v1: SI-8
MS.EXO.12.1v1: AC-4
MS.EXO.13.1v1: AU-12c
MS.EXO.14.3v1: SI-8
MS.EXO.17.1v1: AU-12
MS.SHAREPOINT.1.3v1: AC-3 AC-6(10)
MS.TEAMS.1.1v1: AC-17a
MS.TEAMS.1.2v1: SC-15a
MS.TEAMS.1.5v1: SC-15a
"""

# Prowler check: controls of Annex A, without their "A."
_ISO_OF = """
admincenter_external_calendar_sharing_disabled: 5.2 8.2 8.20
admincenter_groups_not_public_visibility: 5.2 5.33 8.2
admincenter_organization_customer_lockbox_enabled: 5.2 8.2
admincenter_settings_password_never_expire: 5.2 5.16 5.36 8.2
admincenter_users_between_two_and_four_global_admins: 5.2 8.2
defender_antiphishing_policy_configured: 5.1 5.7 5.36 5.37 8.12
defender_antispam_connection_filter_policy_empty_ip_allowlist: 5.25 5.36 5.37
defender_antispam_outbound_policy_configured: 5.2 5.5 5.7 5.25 5.26 5.36 5.37 6.4 8.2
defender_antispam_policy_inbound_no_allowed_domains: 5.1 5.25 5.36 5.37 8.21
defender_malware_policy_common_attachments_filter_enabled: 5.25 5.26 5.36 6.8 8.7 8.8
defender_safe_attachments_policy_enabled: 8.7
defender_safelinks_policy_enabled: 5.7 8.7 8.12 8.23
entra_admin_consent_workflow_enabled: 5.2 5.3 8.2
entra_admin_users_cloud_only: 5.2 5.3 8.2
entra_admin_users_mfa_enabled: 5.2 5.3 5.17 5.24 8.2 8.5
entra_admin_users_phishing_resistant_mfa_enabled: 5.2 5.3 5.7 5.15 8.1 8.2 8.12
entra_admin_users_sign_in_frequency_enabled: 5.2 5.3 5.17 7.4 8.2 8.5
entra_identity_protection_sign_in_risk_enabled: 5.1 5.7 5.19 5.21 5.34 5.36 8.5 8.30
entra_identity_protection_user_risk_enabled: 5.1 5.7 5.19 5.21 5.34 5.36 8.30
entra_legacy_authentication_blocked: 5.17 5.36
entra_policy_restricts_user_consent_for_apps: 5.36 8.18 8.26
entra_thirdparty_integrated_apps_not_allowed: 8.18 8.26
entra_users_mfa_enabled: 5.17 8.1 8.5
exchange_mailbox_policy_additional_storage_restricted: 5.36 7.10 7.14
exchange_organization_modern_authentication_enabled: 5.17
exchange_roles_assignment_policy_addins_disabled: 5.2 5.24 5.36
exchange_transport_rules_mail_forwarding_disabled: 5.14
exchange_transport_rules_whitelist_disabled: 5.14 8.21
exchange_user_mailbox_auditing_enabled: 8.34
purview_audit_log_search_enabled: 5.22 5.28 8.15 8.34
sharepoint_external_sharing_restricted: 5.10 5.14 5.18 5.34 6.7 8.3 8.23
sharepoint_modern_authentication_required: 5.14 5.17 8.26
sharepoint_onedrive_sync_restricted_unmanaged_devices: 5.14
teams_meeting_external_control_disabled: 5.2
"""


def _table(text: str) -> dict[str, str]:
    return {key: value.strip() for key, _, value in (line.partition(":") for line in text.strip().splitlines())}


@cache
def references() -> dict[str, tuple[Reference, ...]]:
    """All that is known, by an action's id, casefolded."""
    nist_of, iso_of = _table(_NIST_OF), _table(_ISO_OF)
    found = {}
    for action, row in _table(_ACTIONS).items():
        cis, policies, checks = (tuple(cell.split()) for cell in row.split("|"))
        controls = tuple(dict.fromkeys(control for policy in policies for control in nist_of[policy].split()))
        annex = tuple(dict.fromkeys(f"A.{control}" for check in checks for control in iso_of[check].split()))
        every = (Reference(CIS, cis), Reference(NIST, controls, policies), Reference(ISO, annex, checks))
        found[action.casefold()] = tuple(reference for reference in every if reference.requirements)
    return found


def references_of(action: str | None) -> tuple[Reference, ...]:
    """What is known of an action, CIS first; nothing where no public mapping is known. Ids are compared without regard to case."""
    return references().get((action or "").casefold(), ())
