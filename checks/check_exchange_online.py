"""Exchange Online: auditing, mail tips, add-ins, sharing, mail flow. Graph shows these settings only where a snapshot job exports them."""

from __future__ import annotations

from datetime import datetime

import pytest

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import configured_action, needs_licence
from fixtures.judging import Observed
from fixtures.licences import EXCHANGE
from fixtures.resources.answers import asked
from fixtures.resources.exchange_settings import (
    DkimSigning,
    ExchangeOrganization,
    OutlookWebPolicy,
    RoleAssignmentPolicy,
    SharingPolicy,
    TransportSettings,
    signing,
)
from fixtures.resources.mail_flow import MailFlowRule, trusting_domains
from fixtures.resources.tenant import Domains
from fixtures.text import some
from fixtures.verdicts import NotApplicable


@configured_action("exo_mailboxaudit")
def check_mailboxes_are_audited(exchange_organization: ExchangeOrganization, observed: Observed) -> None:
    """Mailbox auditing is on for the organization.

    A single mailbox that is exempt from it (Get-MailboxAuditBypassAssociation), and mailboxes of rooms, public folders and discovery
    searches, which are audited only where that was set for each, are not covered: exports do not show them.
    """
    off = exchange_organization.says("audit_disabled")
    observed("auditing is switched off", off)
    assert not off, "Mailbox auditing is off for the whole organization (AuditDisabled is true)."


@configured_action("exo_mailtipsenabled")
def check_people_are_warned_before_they_send(exchange_organization: ExchangeOrganization, observed: Observed) -> None:
    """MailTips warn of recipients outside and of audiences of 25 or more.

    All tips, those of external recipients and those that count a group's members are on. Microsoft sets the large audience to 25; a
    smaller number warns earlier and counts.
    """
    tips = exchange_organization.mail_tips
    observed("as wanted", list(tips.yes))
    observed("otherwise", [*tips.no, *tips.silent])
    assert not tips.no, f"MailTips are not as wanted in {len(tips.no)} of 4 settings: {', '.join(tips.no)}."
    tips.settle("how MailTips are set")


@configured_action("exo_oauth2clientprofileenabled")
def check_outlook_uses_modern_authentication(exchange_organization: ExchangeOrganization, observed: Observed) -> None:
    """Modern authentication is on for Exchange Online."""
    on = exchange_organization.says("modern_authentication")
    observed("modern authentication", on)
    assert on, "Modern authentication is off for Exchange Online (OAuth2ClientProfileEnabled is false)."


@configured_action("exo_storageproviderrestricted")
def check_outlook_on_the_web_offers_no_outside_storage(outlook_web_policies: tuple[OutlookWebPolicy, ...], observed: Observed) -> None:
    """No Outlook on the web policy offers storage of other providers.

    Every policy counts, the default one and those that nobody may have yet.
    """
    offering = asked(outlook_web_policies, lambda policy: policy.additional_storage_providers_available)
    observed("policies that offer it", list(offering.yes))
    observed("policies that do not", list(offering.no))
    assert not offering.yes, (
        f"Storage outside is offered by {len(offering.yes)} of {len(outlook_web_policies)} policies: {some(offering.yes)}."
    )
    offering.settle("whether these offer storage outside")


@configured_action("exo_outlookaddins")
def check_people_install_no_outlook_add_ins(role_assignment_policies: tuple[RoleAssignmentPolicy, ...], observed: Observed) -> None:
    """No role assignment policy lets people install Outlook add-ins.

    None holds My Custom Apps, My Marketplace Apps or My ReadWriteMailbox Apps. Microsoft's score looks at the default policy alone and
    advises it for all; here all count. A role made from one of these under another name is not recognised.
    """
    installing = asked(role_assignment_policies, lambda policy: policy.installs_add_ins)
    observed("policies that let people install add-ins", list(installing.yes))
    observed("policies that do not", list(installing.no))
    assert not installing.yes, (
        f"People may install add-ins under {len(installing.yes)} of {len(role_assignment_policies)} policies: {some(installing.yes)}."
    )
    installing.settle("which roles these hold")


@configured_action("exo_individualsharing")
def check_calendars_are_not_shared_outside(sharing_policies: tuple[SharingPolicy, ...], observed: Observed) -> None:
    """Every sharing policy is off, so that nobody can share a calendar outside.

    Microsoft wants all of them off, whatever they share and with whom. Every policy counts, also one that nobody may have yet.
    """
    enabled = asked(sharing_policies, lambda policy: policy.enabled)
    observed("policies that are on", list(enabled.yes))
    observed("policies that are off", list(enabled.no))
    assert not enabled.yes, (
        f"Calendars can be shared outside under {len(enabled.yes)} of {len(sharing_policies)} policies: {some(enabled.yes)}."
    )
    enabled.settle("whether these sharing policies are on")


@configured_action("exo_transportrulesallowlistdomains")
def check_no_mail_flow_rule_trusts_domains(mail_flow_rules: tuple[MailFlowRule, ...], as_of: datetime, observed: Observed) -> None:
    """No mail flow rule in force takes the mail of named sender domains past the spam filter.

    That is a rule that sets the spam confidence level below 0 for senders' domains, for words or patterns in their address that are no
    single person's, or for a header that says who sends. One that only audits, or whose time has not come or is over, is not in force.
    What goes past the filter for anything else (an address range, another header, no condition at all) is named and not judged.
    """
    trusting = trusting_domains(mail_flow_rules, as_of)
    past = [rule for rule in mail_flow_rules if rule.skips_the_filter is not False]
    observed("mail flow rules", len(mail_flow_rules))
    observed("rules that trust domains", list(trusting.yes))
    observed("other rules that go past the filter, or would", [rule.title for rule in past if rule.title not in trusting.yes])
    assert not trusting.yes, (
        f"Domains are taken past the spam filter by {len(trusting.yes)} of {len(mail_flow_rules)} rules: {some(trusting.yes)}."
    )
    trusting.settle("whether these take domains past the spam filter")


@pytest.mark.configured
@needs_licence(EXCHANGE)
def check_smtp_authentication_is_off(transport_settings: TransportSettings, observed: Observed) -> None:
    """Sending mail with SMTP AUTH, which knows a password and no second factor, is off for the organization.

    A mailbox can be exempted from this (Set-CASMailbox); exports do not show which.
    """
    off = transport_settings.says("smtp_client_authentication_disabled")
    observed("SMTP AUTH is switched off", off)
    assert off, "Every mailbox may send with SMTP AUTH (SmtpClientAuthenticationDisabled is false)."


@pytest.mark.configured
@needs_licence(EXCHANGE)
def check_mail_is_signed_with_dkim(domains: Domains, dkim_signing: tuple[DkimSigning, ...], observed: Observed) -> None:
    """Every verified domain with mail signs it with DKIM.

    Microsoft signs the onmicrosoft.com domain of a tenant of itself. Whether the public keys stand in DNS is not looked at.
    """
    signs = signing(domains, dkim_signing)
    observed("domains that sign", list(signs.yes))
    observed("domains that do not", list(signs.no))
    if not any(signs):
        raise NotApplicable("The tenant sends mail from Microsoft's own domain alone.")
    assert not signs.no, f"Mail is not signed with DKIM in {len(signs.no)} of {sum(map(len, signs))} domains: {some(signs.no)}."
    signs.settle("whether these domains sign with DKIM")
