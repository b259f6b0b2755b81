"""The checks of Exchange Online's settings and of Customer Lockbox, both ways, and over exports that do not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.demo.exchange_settings import objects
from tests.direct.configured import LEFT_OUT, altered, exported, faults, without
from tests.direct.judged import MET, NA, NE, NOT, Case, Change, each_of, every, judged, rows, together
from tests.direct.quick import concluded, conclusion, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True
DEMO = objects()


def set_to(kind: str, name: str | None = None, **values: Any) -> Change:
    """The demo tenant's export with other values."""
    return exported(altered(DEMO, kind, name, **values))


def lacking(kind: str, name: str | None = None) -> Change:
    return exported(without(DEMO, kind, name))


def beside(**domain: Any) -> Change:
    """One more domain."""
    return rows("domains", lambda all_: [*all_, {"id": "more.example", "isVerified": True, "authenticationType": "Managed", **domain}])


# An E5 subscription that has not lapsed brings what the demo tenant lacks.
licensed = rows("subscribedSkus", every(capabilityStatus="Enabled"))
DEMO_EXPORT = exported(DEMO)
TIPS = ("MailTipsAllTipsEnabled", "MailTipsExternalRecipientsTipsEnabled", "MailTipsGroupMetricsEnabled")
WARNED = altered(DEMO, "organizationconfig", MailTipsExternalRecipientsTipsEnabled=True)
OUTLOOK, DEFAULT_OUTLOOK, SALES = "owamailboxpolicy", "OwaMailboxPolicy-Default", "OwaMailboxPolicy-Sales"
ROLES, DEFAULT_ROLES = "roleassignmentpolicy", "Default Role Assignment Policy"
TIGHTENED = altered(DEMO, ROLES, DEFAULT_ROLES, Roles=["MyBaseOptions"])
DKIM = "dkimsigningconfig"
SIGNED = altered(DEMO, DKIM, "shop.fjordline.example", Enabled=True)
RIGHTS = "irmconfiguration"

CASES: list[Case] = [
    ("exo_mailboxaudit", MET, DEMO_EXPORT),
    ("exo_mailboxaudit", NOT, set_to("organizationconfig", AuditDisabled=True)),
    ("exo_mailboxaudit", NE, set_to("organizationconfig", AuditDisabled=None)),
    ("exo_mailboxaudit", NE, exported([*DEMO, (DEMO[0][0], {**DEMO[0][1], "AuditDisabled": True})])),
    ("exo_mailboxaudit", MET, exported([*DEMO, DEMO[0]])),  # the same object, from a page that came twice
    ("exo_oauth2clientprofileenabled", MET, DEMO_EXPORT),
    ("exo_oauth2clientprofileenabled", NOT, set_to("organizationconfig", OAuth2ClientProfileEnabled=False)),
    ("CustomerLockBoxEnabled", MET, together(licensed, DEMO_EXPORT)),
    ("CustomerLockBoxEnabled", NOT, together(licensed, set_to("organizationconfig", CustomerLockboxEnabled=False))),
    ("CustomerLockBoxEnabled", NE, together(licensed, set_to("organizationconfig", CustomerLockboxEnabled=LEFT_OUT))),
    ("exo_mailtipsenabled", MET, exported(WARNED)),
    ("exo_mailtipsenabled", MET, exported(altered(WARNED, "organizationconfig", MailTipsLargeAudienceThreshold="10"))),
    *(("exo_mailtipsenabled", NOT, exported(altered(WARNED, "organizationconfig", None, **{tip: False}))) for tip in TIPS),
    *(("exo_mailtipsenabled", NE, exported(altered(WARNED, "organizationconfig", None, **{tip: LEFT_OUT}))) for tip in TIPS),
    ("exo_mailtipsenabled", NOT, exported(altered(WARNED, "organizationconfig", MailTipsLargeAudienceThreshold=26))),
    ("exo_mailtipsenabled", NOT, exported(altered(DEMO, "organizationconfig", MailTipsLargeAudienceThreshold=LEFT_OUT))),
    *(
        ("exo_mailtipsenabled", NE, exported(altered(WARNED, "organizationconfig", MailTipsLargeAudienceThreshold=said)))
        for said in (LEFT_OUT, 0, -1, "", "many", "٢٥")
    ),
    ("exo_storageproviderrestricted", NOT, DEMO_EXPORT),
    ("exo_storageproviderrestricted", MET, set_to(OUTLOOK, SALES, AdditionalStorageProvidersAvailable=False)),
    ("exo_storageproviderrestricted", MET, lacking(OUTLOOK, SALES)),
    ("exo_storageproviderrestricted", NE, set_to(OUTLOOK, SALES, AdditionalStorageProvidersAvailable=LEFT_OUT)),
    ("exo_storageproviderrestricted", NOT, set_to(OUTLOOK, DEFAULT_OUTLOOK, AdditionalStorageProvidersAvailable=None)),
    ("exo_storageproviderrestricted", NE, lacking(OUTLOOK)),
    ("exo_outlookaddins", NOT, DEMO_EXPORT),
    ("exo_outlookaddins", MET, exported(TIGHTENED)),
    ("exo_outlookaddins", MET, exported(altered(TIGHTENED, ROLES, Roles=[]))),
    *(
        ("exo_outlookaddins", NOT, exported(altered(TIGHTENED, ROLES, "Warehouse and shops", Roles=[role])))
        for role in ("My Custom Apps", "MY MARKETPLACE APPS", "My ReadWriteMailboxApps", "My Custom Apps-Warehouse and shops")
    ),
    ("exo_outlookaddins", NE, exported(altered(TIGHTENED, ROLES, "Warehouse and shops", Roles=None))),
    ("exo_outlookaddins", NOT, set_to(ROLES, "Warehouse and shops", Roles=LEFT_OUT)),
    ("exo_outlookaddins", NE, lacking(ROLES)),
    ("exo_individualsharing", MET, DEMO_EXPORT),
    ("exo_individualsharing", NOT, set_to("sharingpolicy", Enabled=True)),
    ("exo_individualsharing", NOT, exported([*DEMO, ("microsoft.exchange.sharingpolicy", {"Name": "Partners", "Enabled": True})])),
    ("exo_individualsharing", NE, set_to("sharingpolicy", Enabled=LEFT_OUT)),
    ("exo_individualsharing", NE, lacking("sharingpolicy")),
    ("check_smtp_authentication_is_off", NOT, DEMO_EXPORT),
    ("check_smtp_authentication_is_off", MET, set_to("transportconfig", SmtpClientAuthenticationDisabled=True)),
    ("check_smtp_authentication_is_off", NE, set_to("transportconfig", SmtpClientAuthenticationDisabled=LEFT_OUT)),
    ("check_smtp_authentication_is_off", NE, lacking("transportconfig")),
    ("check_mail_is_signed_with_dkim", NOT, DEMO_EXPORT),
    ("check_mail_is_signed_with_dkim", MET, exported(SIGNED)),
    ("check_mail_is_signed_with_dkim", MET, exported(altered(SIGNED, DKIM, "fjordline.example", Identity="FJORDLINE.example"))),
    ("check_mail_is_signed_with_dkim", NOT, exported(without(SIGNED, DKIM, "fjordline.example"))),
    ("check_mail_is_signed_with_dkim", NE, exported(altered(SIGNED, DKIM, "fjordline.example", Enabled=None))),
    ("check_mail_is_signed_with_dkim", NOT, lacking(DKIM)),
    ("check_mail_is_signed_with_dkim", MET, together(beside(supportedServices=["Intune"]), exported(SIGNED))),
    ("check_mail_is_signed_with_dkim", NOT, together(beside(supportedServices=["Email"]), exported(SIGNED))),
    ("check_mail_is_signed_with_dkim", MET, together(beside(isVerified=False), exported(SIGNED))),
    ("check_mail_is_signed_with_dkim", NE, together(rows("domains", every(isVerified=False)), exported(SIGNED))),
    ("check_exchange_uses_azure_rights_management", MET, DEMO_EXPORT),
    ("check_exchange_uses_azure_rights_management", NOT, set_to(RIGHTS, AzureRMSLicensingEnabled=False)),
    ("check_exchange_uses_azure_rights_management", NOT, set_to(RIGHTS, InternalLicensingEnabled=False, AzureRMSLicensingEnabled=None)),
    ("check_exchange_uses_azure_rights_management", NE, set_to(RIGHTS, InternalLicensingEnabled=LEFT_OUT)),
]
NAMES = sorted({name for name, _, _ in CASES})


@each_of(CASES)
def test_exchange_settings(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_exchange_settings_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


@pytest.mark.parametrize("fault", faults(DEMO))
def test_nothing_is_concluded_from_a_damaged_export(fault: str, bench: Bench) -> None:
    faults(DEMO)[fault](bench)
    assert {name: concluded(name, bench) for name in NAMES} == dict.fromkeys(NAMES, NE)


def test_none_of_these_is_judged_where_nobody_chose_exports(bench: Bench, run: Callable[..., Run]) -> None:
    declared = bench.folder / "tenant.toml"
    chosen = [line for line in declared.read_text("utf-8").splitlines() if not line.startswith("tenant_configuration")]
    declared.write_text("\n".join(chosen), "utf-8")
    records = run(f"--tenant={bench.folder}", "--area=exchange-online", "--area=customer-lockbox").records
    assert not records.keys() & {"check_smtp_authentication_is_off", "check_mail_is_signed_with_dkim"}
    assert {record.basis for record in records.values()} == {"scored"}


def test_microsofts_own_domain_needs_no_configuration(bench: Bench) -> None:
    rows("domains", lambda _: [{"id": "fjordline.onmicrosoft.com", "isVerified": True, "supportedServices": ["Email"]}])(bench)
    exported(without(DEMO, DKIM))(bench)
    assert concluded("check_mail_is_signed_with_dkim", bench) == NA
    set_to(DKIM, "fjordline.example", Identity="fjordline.onmicrosoft.com", Enabled=False)(bench)
    assert concluded("check_mail_is_signed_with_dkim", bench) == NOT


def test_a_gap_names_the_policy_and_what_it_allows(bench: Bench) -> None:
    set_to("sharingpolicy", Enabled=True)(bench)
    assert "Anonymous:CalendarSharingFreeBusyReviewer" in conclusion("exo_individualsharing", bench.folder)[1]
    assert "'Default Role Assignment Policy' (My Custom Apps" in conclusion("exo_outlookaddins", bench.folder)[1]
