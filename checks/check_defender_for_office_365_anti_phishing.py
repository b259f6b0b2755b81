"""Defender for Office 365: what happens to mail that pretends to be from somebody else."""

from __future__ import annotations

from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.mail_protection.findings import Protection
from fixtures.mail_protection.wanted import ACTIONS, either, every, listed, number, on, word

_THRESHOLD = number("PhishThresholdLevel", range(2, 5), range(1, 5))
_INTELLIGENCE = every(on("EnableMailboxIntelligence"), on("EnableMailboxIntelligenceProtection"))


@configured_action("mdo_antiphishingpolicies")
def check_everyone_has_an_anti_phishing_policy_that_acts(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy is on, has a threshold of 2 or more, and uses spoof and mailbox intelligence.

    These are the settings that Microsoft's remediation asks for; that a policy exists is not enough.
    """
    found = anti_phishing.asks(every(_THRESHOLD, on("EnableSpoofIntelligence"), _INTELLIGENCE))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_phishthresholdlevel")
def check_the_phishing_threshold_is_two_or_more(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy has a phishing threshold of 2 (aggressive) or more."""
    found = anti_phishing.asks(_THRESHOLD)
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_targetedusersprotection")
def check_people_are_protected_from_impersonation(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy protects people from being impersonated, and names some."""
    found = anti_phishing.asks(every(on("EnableTargetedUserProtection"), listed("TargetedUsersToProtect")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_targeteduserprotectionaction")
def check_mail_that_impersonates_people_is_quarantined(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy protects people from being impersonated, and quarantines mail that does."""
    quarantined = word("TargetedUserProtectionAction", "Quarantine", known=ACTIONS)
    found = anti_phishing.asks(every(on("EnableTargetedUserProtection"), quarantined))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_enabledomainstoprotect")
def check_domains_are_protected_from_impersonation(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy protects the organization's own domains and those it names from being impersonated.

    Both switches must be on. That partners' domains are named besides is advised, and not asked for.
    """
    found = anti_phishing.asks(every(on("EnableOrganizationDomainsProtection"), on("EnableTargetedDomainsProtection")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_targeteddomainprotectionaction")
def check_mail_that_impersonates_domains_is_quarantined(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy protects domains from being impersonated, own or named ones, and quarantines mail that does."""
    protected = either(on("EnableOrganizationDomainsProtection"), on("EnableTargetedDomainsProtection"))
    found = anti_phishing.asks(every(protected, word("TargetedDomainProtectionAction", "Quarantine", known=ACTIONS)))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_enablemailboxintelligence")
def check_mailbox_intelligence_is_on(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy learns whom each mailbox usually hears from."""
    found = anti_phishing.asks(on("EnableMailboxIntelligence"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_mailboxintelligenceprotection")
def check_mailbox_intelligence_finds_impersonation(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy finds impersonators by mailbox intelligence, which is on."""
    found = anti_phishing.asks(_INTELLIGENCE)
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_mailboxintelligenceprotectionaction")
def check_impersonation_found_by_mailbox_intelligence_is_moved(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy moves mail of impersonators that mailbox intelligence finds to quarantine or to Junk."""
    moved = word("MailboxIntelligenceProtectionAction", "Quarantine", "MoveToJmf", known=ACTIONS)
    found = anti_phishing.asks(every(_INTELLIGENCE, moved))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_similaruserssafetytips")
def check_the_tip_for_impersonated_people_is_on(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy has the safety tip for impersonated people switched on.

    It is shown for the people whom the policy protects, which is an action of its own.
    """
    found = anti_phishing.asks(on("EnableSimilarUsersSafetyTips"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_similardomainssafetytips")
def check_the_tip_for_impersonated_domains_is_on(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy has the safety tip for impersonated domains switched on.

    It is shown for the domains that the policy protects, which is an action of its own.
    """
    found = anti_phishing.asks(on("EnableSimilarDomainsSafetyTips"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_unusualcharacterssafetytips")
def check_the_tip_for_unusual_characters_is_on(anti_phishing: Protection, observed: Observed) -> None:
    """Everyone's anti-phishing policy has the safety tip for unusual characters in a sender's address switched on."""
    found = anti_phishing.asks(on("EnableUnusualCharactersSafetyTips"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()
