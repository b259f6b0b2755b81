"""What each check of mail filtering wants of a policy: values that do, that do not, and that say nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.direct.configured import LEFT_OUT, Object, altered, exported
from tests.direct.judged import MET, NE, NOT, Case, Change, each_of
from tests.direct.mail import ANTI_PHISH, ATTACHMENTS, CONNECTION, FILES, LINKS, MALWARE, OUTBOUND, SPAM, TIGHT, told, verdict
from tests.direct.quick import concluded
from tests.harness import Bench


class Asked(NamedTuple):
    """A setting that an action's check asks for: values that are not as wanted, more that are, and what proves nothing besides a
    setting that is left out."""

    action: str
    kind: str
    setting: str
    bad: tuple[Any, ...]
    good: tuple[Any, ...] = ()
    silent: tuple[Any, ...] = ()


OTHER_ACTIONS = ("MoveToJmf", "NoAction", "Delete", "Redirect")
WORDS = ("Quarantined", "", "Off")
NUMBERS = ("many", "1.5", "", -1, 100_000)

ASKED = [
    Asked("mdo_antiphishingpolicies", ANTI_PHISH, "Enabled", (False,)),
    Asked("mdo_antiphishingpolicies", ANTI_PHISH, "PhishThresholdLevel", ("1",), ("2",)),
    Asked("mdo_antiphishingpolicies", ANTI_PHISH, "EnableSpoofIntelligence", (False,)),
    Asked("mdo_antiphishingpolicies", ANTI_PHISH, "EnableMailboxIntelligence", (False,)),
    Asked("mdo_antiphishingpolicies", ANTI_PHISH, "EnableMailboxIntelligenceProtection", (False,)),
    Asked("mdo_phishthresholdlevel", ANTI_PHISH, "PhishThresholdLevel", ("1", 1), ("2", 2, "4", " 3 "), (*NUMBERS, "0", "5")),
    Asked("mdo_phishthresholdlevel", ANTI_PHISH, "Enabled", (False,)),
    Asked("mdo_targetedusersprotection", ANTI_PHISH, "EnableTargetedUserProtection", (False,)),
    Asked("mdo_targetedusersprotection", ANTI_PHISH, "TargetedUsersToProtect", ([], [" "])),
    Asked("mdo_targeteduserprotectionaction", ANTI_PHISH, "TargetedUserProtectionAction", OTHER_ACTIONS, ("quarantine",), WORDS),
    Asked("mdo_targeteduserprotectionaction", ANTI_PHISH, "EnableTargetedUserProtection", (False,)),
    Asked("mdo_enabledomainstoprotect", ANTI_PHISH, "EnableOrganizationDomainsProtection", (False,)),
    Asked("mdo_enabledomainstoprotect", ANTI_PHISH, "EnableTargetedDomainsProtection", (False,)),
    Asked("mdo_targeteddomainprotectionaction", ANTI_PHISH, "TargetedDomainProtectionAction", OTHER_ACTIONS, ("QUARANTINE",), WORDS),
    Asked("mdo_enablemailboxintelligence", ANTI_PHISH, "EnableMailboxIntelligence", (False,)),
    Asked("mdo_mailboxintelligenceprotection", ANTI_PHISH, "EnableMailboxIntelligence", (False,)),
    Asked("mdo_mailboxintelligenceprotection", ANTI_PHISH, "EnableMailboxIntelligenceProtection", (False,)),
    Asked("mdo_mailboxintelligenceprotectionaction", ANTI_PHISH, "EnableMailboxIntelligence", (False,)),
    Asked("mdo_mailboxintelligenceprotectionaction", ANTI_PHISH, "EnableMailboxIntelligenceProtection", (False,)),
    Asked(
        "mdo_mailboxintelligenceprotectionaction",
        ANTI_PHISH,
        "MailboxIntelligenceProtectionAction",
        OTHER_ACTIONS[1:],
        ("MoveToJmf",),
        WORDS,
    ),
    Asked("mdo_similaruserssafetytips", ANTI_PHISH, "EnableSimilarUsersSafetyTips", (False,)),
    Asked("mdo_similardomainssafetytips", ANTI_PHISH, "EnableSimilarDomainsSafetyTips", (False,)),
    Asked("mdo_unusualcharacterssafetytips", ANTI_PHISH, "EnableUnusualCharactersSafetyTips", (False,)),
    Asked("mdo_spamaction", SPAM, "SpamAction", OTHER_ACTIONS[1:], ("Quarantine",), WORDS),
    Asked("mdo_highconfidencespamaction", SPAM, "HighConfidenceSpamAction", OTHER_ACTIONS, (), WORDS),
    Asked("mdo_phisspamacation", SPAM, "PhishSpamAction", OTHER_ACTIONS, (), WORDS),
    Asked("mdo_highconfidencephishaction", SPAM, "HighConfidencePhishAction", OTHER_ACTIONS, (), WORDS),
    Asked("mdo_bulkspamaction", SPAM, "BulkSpamAction", OTHER_ACTIONS[1:], ("Quarantine",), WORDS),
    Asked("mdo_bulkthreshold", SPAM, "BulkThreshold", (7, "9"), (1, "6"), (*NUMBERS, 0, 10)),
    Asked("mdo_bulkthreshold", SPAM, "MarkAsSpamBulkMail", ("Off", "Test"), ("on",), ("Yes",)),
    Asked("mdo_quarantineretentionperiod", SPAM, "QuarantineRetentionPeriod", (29, "15", 1), ("30",), (*NUMBERS, 0, 31)),
    Asked("mdo_allowedsenderscombined", SPAM, "AllowedSenders", (["ann@partner.example"],)),
    Asked("mdo_allowedsenderscombined", SPAM, "AllowedSenderDomains", (["partner.example"],)),
    Asked("mdo_zapspam", SPAM, "SpamZapEnabled", (False,)),
    Asked("mdo_zapphish", SPAM, "PhishZapEnabled", (False,)),
    Asked("mdo_connectionfilter", CONNECTION, "IPAllowList", (["203.0.113.25"],)),
    Asked("mdo_commonattachmentsfilter", MALWARE, "EnableFileFilter", (False,)),
    Asked("mdo_commonattachmentsfilter", MALWARE, "FileTypes", ([],)),
    Asked("mdo_zapmalware", MALWARE, "ZapEnabled", (False,)),
    Asked("mdo_autoforwardingmode", OUTBOUND, "AutoForwardingMode", ("On",), ("Automatic", "off"), ("Sometimes", "")),
    Asked("mdo_blockmailforward", OUTBOUND, "AutoForwardingMode", ("On", "Automatic"), ("OFF",), ("Sometimes", "")),
    Asked("mdo_recipientexternallimitperhour", OUTBOUND, "RecipientLimitExternalPerHour", (0, "0", 501), (1, "500"), NUMBERS),
    Asked("mdo_recipientinternallimitperhour", OUTBOUND, "RecipientLimitInternalPerHour", (0, 1001), (1, "1000"), NUMBERS),
    Asked("mdo_recipientlimitperday", OUTBOUND, "RecipientLimitPerDay", (0, 10_000), (1, "1000"), NUMBERS),
    Asked("mdo_thresholdreachedaction", OUTBOUND, "ActionWhenThresholdReached", ("Alert", "BlockUserForToday"), ("blockuser",), WORDS),
    Asked("mdo_spam_notifications_only_for_admins", OUTBOUND, "NotifyOutboundSpam", (False,)),
    Asked("mdo_spam_notifications_only_for_admins", OUTBOUND, "NotifyOutboundSpamRecipients", ([],)),
    Asked("mdo_spam_notifications_only_for_admins", OUTBOUND, "BccSuspiciousOutboundMail", (False,)),
    Asked("mdo_spam_notifications_only_for_admins", OUTBOUND, "BccSuspiciousOutboundAdditionalRecipients", ([],)),
    Asked("mdo_safeattachmentpolicy", ATTACHMENTS, "Enable", (False,)),
    Asked("mdo_safeattachments", ATTACHMENTS, "Enable", (False,)),
    Asked("mdo_safeattachments", ATTACHMENTS, "Action", ("Allow", "DynamicDelivery", "Replace"), ("block",), WORDS),
    Asked("mdo_safelinksforemail", LINKS, "EnableSafeLinksForEmail", (False,)),
    Asked("mdo_safelinksforemail", LINKS, "ScanUrls", (False,)),
    Asked("mdo_safelinksforOfficeApps", LINKS, "EnableSafeLinksForOffice", (False,)),
    Asked("mdo_safelinksforOfficeApps", LINKS, "AllowClickThrough", (True,)),
    Asked("mdo_atpprotection", FILES, "EnableATPForSPOTeamsODB", (False,)),
    Asked("mdo_safedocuments", FILES, "EnableSafeDocs", (False,)),
    Asked("mdo_safedocuments", FILES, "AllowSafeDocsOpen", (True,)),
]
ACTIONS = list(dict.fromkeys(asked.action for asked in ASKED))
_FIRST = {asked.action: asked for asked in reversed(ASKED)}


def _with(asked: Asked, value: Any) -> list[Object]:
    return altered(TIGHT, asked.kind, **{asked.setting: value})


CASES: list[Case] = [
    case
    for action, asked in _FIRST.items()
    for case in (
        (action, MET, exported(TIGHT)),
        (action, NOT, exported(_with(asked, asked.bad[0]))),
        (action, NE, exported(_with(asked, LEFT_OUT))),
    )
]
each_setting = pytest.mark.parametrize("asked", ASKED, ids=[f"{asked.action}-{asked.setting}" for asked in ASKED])


@each_of(CASES)
def test_mail_settings(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@each_setting
def test_a_value_that_is_not_as_wanted_is_a_gap_and_is_named(asked: Asked) -> None:
    for value in asked.bad:
        came, reason = told(asked.action, _with(asked, value))
        assert came == NOT, value
        assert asked.setting in reason


@each_setting
def test_a_value_that_is_as_good_will_do(asked: Asked) -> None:
    assert {value: verdict(asked.action, _with(asked, value)) for value in asked.good} == dict.fromkeys(asked.good, MET)


@each_setting
def test_what_says_nothing_proves_nothing(asked: Asked) -> None:
    for value in (LEFT_OUT, None, *asked.silent):
        came, reason = told(asked.action, _with(asked, value))
        assert came == NE, value
        assert asked.setting in reason


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_not_asked_for_changes_nothing(action: str) -> None:
    """Every setting is bad but for those of the action itself: no check looks at what is another's."""
    own = {(asked.kind, asked.setting) for asked in ASKED if asked.action == action}
    own |= {(ANTI_PHISH, setting) for setting in ("Enabled", "EnableOrganizationDomainsProtection")}
    objects = TIGHT
    for asked in ASKED:
        if (asked.kind, asked.setting) not in own:
            own.add((asked.kind, asked.setting))
            objects = altered(objects, asked.kind, **{asked.setting: asked.bad[0]})
    assert verdict(action, objects) == MET


def test_domains_are_protected_by_one_of_two_switches() -> None:
    action, own, named = "mdo_targeteddomainprotectionaction", "EnableOrganizationDomainsProtection", "EnableTargetedDomainsProtection"
    cases: list[tuple[dict[str, Any], str]] = [
        ({own: False}, MET),
        ({named: False}, MET),
        ({own: False, named: False}, NOT),
        ({own: False, named: LEFT_OUT}, NE),
        ({own: LEFT_OUT}, MET),
    ]
    for values, wanted in cases:
        assert verdict(action, altered(TIGHT, ANTI_PHISH, **values)) == wanted, values


def test_a_bad_setting_settles_it_whatever_else_is_not_said() -> None:
    silent = altered(TIGHT, ATTACHMENTS, Action=LEFT_OUT)
    assert verdict("mdo_safeattachments", silent) == NE
    assert verdict("mdo_safeattachments", altered(silent, ATTACHMENTS, Enable=False)) == NOT
    assert verdict("mdo_phishthresholdlevel", altered(TIGHT, ANTI_PHISH, Enabled=LEFT_OUT, PhishThresholdLevel="1")) == NOT


def test_no_limit_of_its_own_is_explained() -> None:
    reason = told("mdo_recipientlimitperday", altered(TIGHT, OUTBOUND, RecipientLimitPerDay=0))[1]
    assert "RecipientLimitPerDay is 0 (the service's own limit, which is higher), wanted 1 to 1000" in reason
