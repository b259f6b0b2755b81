"""Defender for Office 365: what an account that was taken over could send, and who would hear of it."""

from __future__ import annotations

from fixtures.actions import configured_action
from fixtures.judging import Observed
from fixtures.mail_protection.findings import Protection
from fixtures.mail_protection.wanted import AT_THE_LIMIT, FORWARDING, Wanted, every, listed, number, on, word


def _limit(setting: str, most: int) -> Wanted:
    """By Exchange's page on Set-HostedOutboundSpamFilterPolicy 0 is the service's own limit, and what is wanted is less than that."""
    return number(setting, range(1, most + 1), range(10_001), "the service's own limit, which is higher")


@configured_action("mdo_autoforwardingmode")
def check_forwarding_is_left_to_the_service_or_off(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy leaves automatic forwarding to the service, or has it off."""
    found = outbound_spam.asks(word("AutoForwardingMode", "Automatic", "Off", known=FORWARDING))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_blockmailforward")
def check_outbound_policies_forbid_forwarding(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy has automatic forwarding to the outside off.

    Of Microsoft's two steps this is the one that it scores. Mail flow rules and remote domains that forward are not looked at.
    """
    found = outbound_spam.asks(word("AutoForwardingMode", "Off", known=FORWARDING))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_recipientexternallimitperhour")
def check_recipients_outside_are_limited_per_hour(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy sets a limit of 500 recipients outside per hour, or a lower one."""
    found = outbound_spam.asks(_limit("RecipientLimitExternalPerHour", 500))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_recipientinternallimitperhour")
def check_recipients_inside_are_limited_per_hour(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy sets a limit of 1000 recipients inside per hour, or a lower one."""
    found = outbound_spam.asks(_limit("RecipientLimitInternalPerHour", 1000))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_recipientlimitperday")
def check_recipients_are_limited_per_day(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy sets a limit of 1000 recipients per day, or a lower one."""
    found = outbound_spam.asks(_limit("RecipientLimitPerDay", 1000))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_thresholdreachedaction")
def check_who_reaches_the_limit_is_blocked(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy blocks who reaches its limits until an administrator lifts it."""
    found = outbound_spam.asks(word("ActionWhenThresholdReached", "BlockUser", known=AT_THE_LIMIT))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()


@configured_action("mdo_spam_notifications_only_for_admins")
def check_administrators_hear_of_outbound_spam(outbound_spam: Protection, observed: Observed) -> None:
    """Everyone's outbound spam policy is set to tell somebody when a sender is blocked, and to copy suspicious mail to somebody.

    Both must name an address. Exchange itself sends copies by the default policy alone, whatever another says.
    """
    told = every(on("NotifyOutboundSpam"), listed("NotifyOutboundSpamRecipients"))
    copied = every(on("BccSuspiciousOutboundMail"), listed("BccSuspiciousOutboundAdditionalRecipients"))
    found = outbound_spam.asks(every(told, copied))
    found.record(observed)
    assert not found.gap, found.gap
    found.settle()
