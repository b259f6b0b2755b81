"""Defender for Office 365: what happens to incoming spam, bulk mail and phishing, and who is let past the filter."""

from __future__ import annotations

from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.mail_protection.findings import Protection, said
from fixtures.mail_protection.wanted import ACTIONS, SWITCH, empty, every, number, on, word
from fixtures.resources.mail_policies import ConnectionFilterPolicy


@configured_action("mdo_spamaction")
def check_spam_is_moved_away(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy moves spam to Junk or to quarantine, as the Standard and the Strict preset do."""
    found = anti_spam.asks(word("SpamAction", "MoveToJmf", "Quarantine", known=ACTIONS))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_highconfidencespamaction")
def check_certain_spam_is_quarantined(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy quarantines what is spam with high confidence."""
    found = anti_spam.asks(word("HighConfidenceSpamAction", "Quarantine", known=ACTIONS))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_phisspamacation")
def check_phishing_is_quarantined(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy quarantines phishing."""
    found = anti_spam.asks(word("PhishSpamAction", "Quarantine", known=ACTIONS))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_highconfidencephishaction")
def check_certain_phishing_is_quarantined(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy quarantines what is phishing with high confidence."""
    found = anti_spam.asks(word("HighConfidencePhishAction", "Quarantine", known=ACTIONS))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_bulkspamaction")
def check_bulk_mail_is_moved_away(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy has Junk as the action on bulk mail, or quarantine, as the Strict preset does."""
    found = anti_spam.asks(word("BulkSpamAction", "MoveToJmf", "Quarantine", known=ACTIONS))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_bulkthreshold")
def check_the_bulk_threshold_is_six_or_less(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy takes bulk mail for spam from a bulk complaint level of 6 or less."""
    found = anti_spam.asks(every(number("BulkThreshold", range(1, 7), range(1, 10)), word("MarkAsSpamBulkMail", "On", known=SWITCH)))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_quarantineretentionperiod")
def check_quarantined_mail_is_kept_for_thirty_days(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy keeps what it quarantines for 30 days, which is the longest there is."""
    found = anti_spam.asks(number("QuarantineRetentionPeriod", range(30, 31), range(1, 31)))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_allowedsenderscombined")
def check_no_sender_is_let_past_the_spam_filter(anti_spam: Protection, observed: Observed) -> None:
    """Nobody's inbound spam policy lets a sender or a sender's domain past the filter."""
    found = anti_spam.asks(every(empty("AllowedSenders"), empty("AllowedSenderDomains")))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_zapspam")
def check_spam_is_purged_after_delivery(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy has zero-hour auto purge for spam switched on."""
    found = anti_spam.asks(on("SpamZapEnabled"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_zapphish")
def check_phishing_is_purged_after_delivery(anti_spam: Protection, observed: Observed) -> None:
    """Everyone's inbound spam policy has zero-hour auto purge for phishing switched on."""
    found = anti_spam.asks(on("PhishZapEnabled"))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_connectionfilter")
def check_no_address_is_let_past_the_connection_filter(connection_filter: ConnectionFilterPolicy, observed: Observed) -> None:
    """The connection filter lets no IP address past the spam filter."""
    found = said(connection_filter, empty("IPAllowList"), "The connection filter policy")
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()
