"""Intune: what a phone or a computer must be like before it reaches the organization's data."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.device_settings import existing, heard
from fixtures.judging import Observed
from fixtures.passcodes import (
    ALPHANUMERIC,
    ASKED_AT_ONCE,
    COMPUTERS,
    ENCRYPTION,
    JAILBROKEN,
    LASTING,
    LASTING_AT_WORK,
    LENGTH,
    LOCK,
    MAIL_PROFILE,
    NOT_REUSED,
    NOT_SIMPLE,
    PASSCODE,
    WIPE,
)
from fixtures.resources.intune import Policies


@improvement_action("intune_conection_from_jail_broken_rooted_devices")
def check_jailbroken_devices_are_not_compliant(compliance_policies: Policies, observed: Observed) -> None:
    """Every assigned iOS and Android compliance policy refuses jailbroken or rooted devices, and both platforms have one.

    A policy for fully managed Android devices has no such setting and does not count.
    """
    found = heard({"ios": (JAILBROKEN,), "android": (JAILBROKEN,)}, compliance_policies)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_email_profiles_requirement")
def check_mail_needs_a_managed_profile(compliance_policies: Policies, observed: Observed) -> None:
    """Every assigned iOS compliance policy asks for a managed email profile, and there is one."""
    found = heard({"ios": (MAIL_PROFILE,)}, compliance_policies)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_AV_firewall_enabled")
def check_computers_need_firewall_and_antivirus(compliance_policies: Policies, observed: Observed) -> None:
    """Every assigned Windows compliance policy asks for firewall, antivirus and antispyware, and every one for macOS for the firewall.

    Both platforms must have one. Intune cannot ask a Mac for antivirus.
    """
    found = heard(COMPUTERS, compliance_policies)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_advanced_security_configuration")
def check_phones_have_a_configuration_profile(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Someone is assigned a configuration profile for iOS, and someone one for Android.

    What it sets is the organization's own affair. Microsoft is content with one of the two and advises both; here both are wanted.
    """
    found = existing(("ios", "android"), device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_device_encryption")
def check_android_storage_is_encrypted(device_profiles: Policies, compliance_policies: Policies, observed: Observed) -> None:
    """A policy that is assigned for Android asks for encrypted storage.

    One is enough, and Android alone is meant: iOS encrypts by itself. Only profiles for device administrators have the setting;
    everywhere else on Android a compliance policy asks for it, and counts.
    """
    found = heard({"android": (ENCRYPTION,)}, device_profiles, compliance_policies)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_password_requirement")
def check_phones_need_a_passcode(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for iOS and for Android ask for a passcode, and none does without.

    A platform without any such profile is not covered. A profile that leaves it open does no harm beside one that reaches everyone.
    A password of the work profile alone leaves the phone open.
    """
    found = heard({"ios": (PASSCODE,), "android": (PASSCODE,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_minimum_password_length")
def check_phones_need_a_passcode_of_six_characters(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for iOS and for Android ask for passcodes of six characters or more, and none for fewer.

    A platform without any such profile is not covered. A profile that leaves it open does no harm beside one that reaches everyone.
    """
    found = heard({"ios": (LENGTH,), "android": (LENGTH,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_complex_password_alphanumeric")
def check_phones_need_letters_and_digits(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for iOS and for Android ask for letters and digits in a passcode, and none for less.

    A platform without any such profile is not covered. A profile that leaves it open does no harm beside one that reaches everyone.
    """
    found = heard({"ios": (ALPHANUMERIC,), "android": (ALPHANUMERIC,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_complex_password_simple_password_blocked")
def check_simple_passwords_are_refused(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for macOS refuse simple passwords such as 1234, and none allows them.

    Microsoft means macOS alone. Without a profile for it the action is not met: no policy is no proof that there is no Mac.
    """
    found = heard({"macos": (NOT_SIMPLE,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_never_expires_password")
def check_phone_passcodes_do_not_expire(
    device_profiles: Policies, settings_catalogue: Policies, compliance_policies: Policies, observed: Observed
) -> None:
    """No policy that is assigned for iOS or Android makes passcodes expire.

    Without a period none expires, so a platform without a policy is as Microsoft wants it.
    """
    wanted = {"ios": (LASTING,), "android": (LASTING, LASTING_AT_WORK)}
    found = heard(wanted, device_profiles, settings_catalogue, compliance_policies, required=())
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_password_reused_prohibited")
def check_phone_passcodes_are_not_reused(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for iOS and for Android refuse the last five passcodes, and none fewer.

    A platform without any such profile is not covered. A profile that leaves it open does no harm beside one that reaches everyone.
    """
    found = heard({"ios": (NOT_REUSED,), "android": (NOT_REUSED,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_mobile_device_lock_after_inactivity")
def check_idle_devices_lock(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """A locked iPhone asks for its passcode at once, and an idle Android phone locks within five minutes.

    Assigned profiles for both say so, and none says otherwise. Nor does one for macOS, which need not exist.
    """
    wanted = {"ios": (ASKED_AT_ONCE,), "android": (LOCK,), "macos": (ASKED_AT_ONCE,)}
    found = heard(wanted, device_profiles, settings_catalogue, required=("ios", "android"))
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()


@improvement_action("intune_wipe_on_multiple_signin_failures")
def check_phones_are_wiped_after_wrong_passcodes(device_profiles: Policies, settings_catalogue: Policies, observed: Observed) -> None:
    """Assigned profiles for iOS and for Android wipe a phone after ten wrong passcodes at the latest, and none later.

    A platform without any such profile is not covered. A profile that leaves it open does no harm beside one that reaches everyone.
    """
    found = heard({"ios": (WIPE,), "android": (WIPE,)}, device_profiles, settings_catalogue)
    found.record(observed)
    assert not found.gaps, found.told
    found.settle()
