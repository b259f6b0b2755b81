"""Defender for Office 365: malware in attachments and files, and links that lead to it."""

from __future__ import annotations

from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.mail_protection.findings import Protection, said
from fixtures.mail_protection.wanted import ATTACHMENT_ACTIONS, every, listed, off, on, word
from fixtures.resources.mail_policies import OfficeProtection

_FILES = "Defender for Office 365 outside of mail"


@configured_action("mdo_commonattachmentsfilter")
def check_dangerous_types_of_attachments_are_stopped(anti_malware: Protection, observed: Observed) -> None:
    """Everyone's malware policy has the common attachments filter on, with types that it stops."""
    found = anti_malware.asks(every(on("EnableFileFilter"), listed("FileTypes")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_zapmalware")
def check_malware_is_purged_after_delivery(anti_malware: Protection, observed: Observed) -> None:
    """Everyone's malware policy has zero-hour auto purge switched on."""
    found = anti_malware.asks(on("ZapEnabled"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_safeattachmentpolicy")
def check_everyone_has_a_safe_attachments_policy_that_is_on(safe_attachments: Protection, observed: Observed) -> None:
    """Everyone has a Safe Attachments policy, and it is on.

    Whom the presets reach, and whom built-in protection spares, is not exported: with them alone it stays open.
    """
    found = safe_attachments.asks(on("Enable"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_safeattachments")
def check_harmful_attachments_are_blocked(safe_attachments: Protection, observed: Observed) -> None:
    """Everyone's Safe Attachments policy is on and blocks the message with what it finds.

    Whom the presets reach, and whom built-in protection spares, is not exported: with them alone it stays open.
    """
    found = safe_attachments.asks(every(on("Enable"), word("Action", "Block", known=ATTACHMENT_ACTIONS)))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_safelinksforemail")
def check_links_in_mail_are_checked(safe_links: Protection, observed: Observed) -> None:
    """Everyone's Safe Links policy is on for mail, and scans suspicious links.

    Whom the presets reach, and whom built-in protection spares, is not exported: with them alone it stays open.
    """
    found = safe_links.asks(every(on("EnableSafeLinksForEmail"), on("ScanUrls")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_safelinksforOfficeApps")
def check_links_in_office_apps_are_checked(safe_links: Protection, observed: Observed) -> None:
    """Everyone's Safe Links policy is on for Office apps, and nobody may go on to a page that was found harmful.

    Built-in protection lets people go on, and Microsoft does not score it as enough either.
    """
    found = safe_links.asks(every(on("EnableSafeLinksForOffice"), off("AllowClickThrough")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_atpprotection")
def check_files_outside_of_mail_are_scanned(office_protection: OfficeProtection, observed: Observed) -> None:
    """Files in SharePoint, OneDrive and Teams are scanned for malware."""
    found = said(office_protection, on("EnableATPForSPOTeamsODB"), _FILES)
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_safedocuments")
def check_documents_are_checked_before_they_leave_protected_view(office_protection: OfficeProtection, observed: Observed) -> None:
    """Safe Documents checks files before they leave Protected View, and nobody may open one that it found harmful."""
    found = said(office_protection, every(on("EnableSafeDocs"), off("AllowSafeDocsOpen")), _FILES)
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()
