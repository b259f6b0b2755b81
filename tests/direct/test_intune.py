"""The checks of Intune, both ways: the demo tenant changed until the claim holds, and until it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures import passcodes
from fixtures.demo.intune import catalogue_policy, choice, number
from fixtures.device_settings import Findings, Says, Setting, existing, heard
from fixtures.resources import RESOURCES
from fixtures.resources.intune import Policies
from fixtures.verdicts import NotEvaluated
from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, emptied, every, judged, nothing, rows, together
from tests.direct.quick import concluded, first_of_each
from tests.harness import SHARED, Bench, Run, needs_shared

POSTURE_ALONE = True

COMPLIANCE = "beta/deviceManagement/deviceCompliancePolicies"
PROFILES = "beta/deviceManagement/deviceConfigurations"
CATALOGUE = "beta/deviceManagement/configurationPolicies"
IOS, WORK, SCANNERS = range(3)


def target(kind: str, **more: str) -> dict[str, Any]:
    return {"id": "a", "target": {"@odata.type": f"#microsoft.graph.{kind}AssignmentTarget", **more}}


USERS, DEVICES = target("allLicensedUsers"), target("allDevices")
GROUP, WITHOUT = target("group", groupId="g1"), target("exclusionGroup", groupId="g2")
FILTERED = target("allDevices", deviceAndAppManagementAssignmentFilterType="include")


def at(path: str, place: int, **values: Any) -> Change:
    return rows(path, lambda items: [{**item, **values} if n == place else item for n, item in enumerate(items)])


# What is wanted of each of the demo tenant's profiles where it is not there yet.
EVERY_LOCK = together(
    at(PROFILES, IOS, passcodeMinutesOfInactivityBeforeLock=0), at(PROFILES, SCANNERS, passwordMinutesOfInactivityBeforeScreenTimeout=1)
)
EVERY_TYPE = together(
    at(PROFILES, IOS, passcodeRequiredType="Alphanumeric"),
    at(PROFILES, WORK, passwordRequiredType="atLeastAlphanumeric"),
    at(PROFILES, SCANNERS, passwordRequiredType="alphanumericWithSymbols"),
)
EVERY_HISTORY = together(
    at(PROFILES, IOS, passcodePreviousPasscodeBlockCount=5),
    rows(PROFILES, lambda items: [items[IOS], *({**i, "passwordPreviousPasswordBlockCount": 24} for i in items[1:])]),
)
EVERY_WIPE = rows(PROFILES, lambda items: [items[IOS], *({**i, "passwordSignInFailureCountBeforeFactoryReset": 10} for i in items[1:])])

CASES: list[Case] = [
    ("intune_conection_from_jail_broken_rooted_devices", NOT, nothing),  # the Android policy reaches nobody
    ("intune_conection_from_jail_broken_rooted_devices", MET, at(COMPLIANCE, 1, assignments=[USERS])),
    ("intune_conection_from_jail_broken_rooted_devices", NE, rows(COMPLIANCE, every(assignments=None))),
    ("intune_conection_from_jail_broken_rooted_devices", NOT, emptied(COMPLIANCE)),
    ("intune_mobile_email_profiles_requirement", MET, nothing),
    ("intune_mobile_email_profiles_requirement", NOT, rows(COMPLIANCE, every(managedEmailProfileRequired=False))),
    ("intune_mobile_email_profiles_requirement", NE, rows(COMPLIANCE, every(managedEmailProfileRequired=None))),
    ("intune_AV_firewall_enabled", MET, nothing),
    ("intune_AV_firewall_enabled", NOT, at(COMPLIANCE, 2, antivirusRequired=False)),
    ("intune_AV_firewall_enabled", NE, at(COMPLIANCE, 2, activeFirewallRequired=None)),
    ("intune_mobile_advanced_security_configuration", MET, nothing),
    ("intune_mobile_advanced_security_configuration", NOT, at(PROFILES, IOS, assignments=[])),
    (
        "intune_mobile_advanced_security_configuration",
        MET,
        together(at(PROFILES, IOS, assignments=[]), at(CATALOGUE, 1, assignments=[GROUP])),
    ),
    ("intune_mobile_device_encryption", MET, nothing),
    ("intune_mobile_device_encryption", NOT, at(PROFILES, SCANNERS, storageRequireDeviceEncryption=False)),
    ("intune_mobile_password_requirement", NOT, nothing),  # the scanners ask for none
    ("intune_mobile_password_requirement", MET, at(PROFILES, SCANNERS, passwordRequired=True)),
    ("intune_mobile_minimum_password_length", MET, nothing),
    ("intune_mobile_minimum_password_length", NOT, at(PROFILES, WORK, passwordMinimumLength=5)),
    ("intune_mobile_complex_password_alphanumeric", NOT, nothing),
    ("intune_mobile_complex_password_alphanumeric", MET, EVERY_TYPE),
    ("intune_mobile_complex_password_simple_password_blocked", MET, nothing),
    ("intune_mobile_complex_password_simple_password_blocked", NOT, emptied(CATALOGUE)),
    ("intune_mobile_complex_password_simple_password_blocked", NE, at(CATALOGUE, 0, settings=None)),
    ("intune_mobile_never_expires_password", NOT, nothing),
    ("intune_mobile_never_expires_password", MET, at(PROFILES, WORK, passwordExpirationDays=None)),
    ("intune_mobile_never_expires_password", MET, together(emptied(PROFILES), emptied(CATALOGUE), emptied(COMPLIANCE))),
    (
        "intune_mobile_never_expires_password",
        NOT,
        together(at(PROFILES, WORK, passwordExpirationDays=None), at(COMPLIANCE, 0, passcodeExpirationDays=365)),
    ),
    ("intune_mobile_password_reused_prohibited", NOT, nothing),
    ("intune_mobile_password_reused_prohibited", MET, EVERY_HISTORY),
    ("intune_mobile_device_lock_after_inactivity", NOT, nothing),
    ("intune_mobile_device_lock_after_inactivity", MET, EVERY_LOCK),
    ("intune_wipe_on_multiple_signin_failures", NOT, nothing),
    ("intune_wipe_on_multiple_signin_failures", MET, EVERY_WIPE),
]


@each_of(CASES)
def test_intune(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_intune_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


def policies(resource: str, *items: dict[str, Any]) -> Policies:
    """What the resource makes of these."""
    fold = RESOURCES[resource].fold(None)  # type: ignore[arg-type]
    fold.add(json.dumps({"value": items}).encode())
    return fold.result()  # type: ignore[no-any-return]


def profile(value: Any, *targets: dict[str, Any], kind: str = "iosGeneral", **more: Any) -> dict[str, Any]:
    """A profile, `value` being its shortest passcode."""
    name = f"{'passcode' if kind.startswith('ios') else 'password'}MinimumLength"
    kind = f"#microsoft.graph.{kind}DeviceConfiguration"
    return {"@odata.type": kind, "id": "p", "displayName": f"{value}", name: value, "assignments": list(targets), **more}


def verdict(found: Findings) -> str:
    if found.gaps:
        return NOT
    try:
        found.settle()
    except NotEvaluated:
        return NE
    return MET


def length(*profiles: dict[str, Any], platform: str = "ios") -> str:
    return verdict(heard({platform: (passcodes.LENGTH,)}, policies("device_profiles", *profiles)))


@pytest.mark.parametrize(
    ("profiles", "wanted"),
    [
        ([profile(6, USERS)], MET),
        ([profile(6, GROUP)], MET),
        ([profile(6, DEVICES)], MET),
        ([profile(6)], NOT),
        ([profile(6, WITHOUT)], NOT),
        ([profile(6, target("exclusionGroup", groupId="g1"), GROUP)], NOT),
        ([profile(6, target("configurationManagerCollection"))], NE),
        ([profile(6, target("group"))], NE),
        ([profile(6, {"id": "a", "target": None})], NE),
        ([profile(6, assignments=None)], NE),
        ([profile(6, USERS), profile(4, assignments=None)], NE),
        ([profile(6, USERS), profile(4)], MET),
        ([profile(6, USERS), profile(4, GROUP)], NOT),
        ([profile(6, USERS), profile(4, target("unknown"))], NE),
        ([profile(4, GROUP), profile(None, assignments=None)], NOT),
        ([profile(None, USERS)], NOT),
        ([profile(None, assignments=None)], NOT),
        ([profile(6, USERS), profile(None, GROUP)], MET),
        ([profile(6, GROUP), profile(None, USERS)], NOT),
        ([profile(6, USERS, WITHOUT), profile(None, DEVICES)], NOT),
        ([profile(6, FILTERED), profile(None, DEVICES)], NOT),
        ([profile(6, USERS), profile(6.0, GROUP)], NE),
        ([profile(6, USERS), profile(True, GROUP)], NE),
        ([profile(6, USERS), {**profile(6, USERS), "@odata.type": None}], NE),
        ([profile(6, USERS), {**profile(6, USERS), "@odata.type": "#microsoft.graph.deviceConfiguration"}], NE),
        ([profile(6, USERS), {"@odata.type": "#microsoft.graph.iosWiFiConfiguration", "id": "w", "assignments": [USERS]}], MET),
        ([profile(6, USERS), {"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "id": "w", "assignments": [USERS]}], NE),
        ([profile(6, USERS, **{"@odata.type": "#MICROSOFT.GRAPH.IOSGENERALDEVICECONFIGURATION"})], MET),
        ([profile(4, USERS, kind="macOSGeneral"), profile(6, USERS)], MET),
        ([], NOT),
    ],
)
def test_whom_a_profile_reaches_and_what_it_is_worth(profiles: list[dict[str, Any]], wanted: str) -> None:
    assert length(*profiles) == wanted


def test_one_way_to_enrol_is_not_another() -> None:
    """A work profile's length does not reach a phone that is managed as a whole."""
    work = profile(6, USERS, DEVICES, kind="androidWorkProfileGeneral")
    assert length(work, platform="android") == MET
    assert length(work, profile(None, GROUP, kind="androidWorkProfileGeneral"), platform="android") == MET
    assert length(work, profile(None, GROUP, kind="androidDeviceOwnerGeneral"), platform="android") == NOT


def compliance(kind: str, value: Any, *targets: dict[str, Any], **more: Any) -> dict[str, Any]:
    settings = {"securityBlockJailbrokenDevices": value, "passcodeExpirationDays": None}
    kind = f"#microsoft.graph.{kind}CompliancePolicy"
    return {"@odata.type": kind, "id": "c", "displayName": kind, **settings, "assignments": list(targets), **more}


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([compliance("ios", True, USERS), compliance("androidWorkProfile", True, GROUP)], MET),
        ([compliance("ios", True, USERS), compliance("aospDeviceOwner", True, GROUP)], MET),
        ([compliance("ios", True, USERS), compliance("android", True, GROUP), compliance("ios", False, GROUP)], NOT),
        ([compliance("ios", True, USERS), compliance("android", True, GROUP), compliance("ios", False)], MET),
        ([compliance("ios", True, USERS), compliance("android", True, GROUP), compliance("ios", None, GROUP)], NE),
        ([compliance("ios", True, USERS), compliance("android", "true", GROUP)], NE),
        ([compliance("ios", True, USERS), compliance("android", True, GROUP), compliance("device", False, GROUP)], NE),
        ([compliance("ios", True, USERS), compliance("windows10", True, GROUP)], NOT),
        ([compliance("ios", True, USERS), {**compliance("androidDeviceOwner", None, USERS), "securityBlockJailbrokenDevices": None}], NE),
        ([compliance("ios", False, USERS), compliance("android", None, USERS)], NOT),
    ],
)
def test_every_compliance_policy_must_ask(rows: list[dict[str, Any]], wanted: str) -> None:
    found = heard({"ios": (passcodes.JAILBROKEN,), "android": (passcodes.JAILBROKEN,)}, policies("compliance_policies", *rows))
    assert verdict(found) == wanted


def test_a_policy_for_fully_managed_phones_has_no_place_for_it() -> None:
    owner = {"@odata.type": "#microsoft.graph.androidDeviceOwnerCompliancePolicy", "id": "c", "assignments": [USERS]}
    assert verdict(heard({"android": (passcodes.JAILBROKEN,)}, policies("compliance_policies", owner))) == NOT


@pytest.mark.parametrize(
    ("setting", "kind", "values", "wanted"),
    [
        (passcodes.ENCRYPTION, "androidGeneral", {"storageRequireDeviceEncryption": "yes"}, NE),
        (passcodes.ENCRYPTION, "androidGeneral", {"storageRequireDeviceEncryption": True}, MET),
        (passcodes.PASSCODE, "androidGeneral", {"passwordRequired": None}, NE),
        (passcodes.PASSCODE, "androidDeviceOwnerGeneral", {"passwordRequiredType": "required"}, MET),
        (
            passcodes.PASSCODE,
            "androidWorkProfileGeneral",
            {"passwordRequiredType": "deviceDefault", "workProfileRequirePassword": True},
            NOT,
        ),
        (passcodes.ALPHANUMERIC, "androidDeviceOwnerGeneral", {"passwordRequiredType": "customPassword"}, NE),
        (passcodes.ALPHANUMERIC, "androidDeviceOwnerGeneral", {"passwordRequiredType": "alphabetic"}, NOT),
        (passcodes.ALPHANUMERIC, "androidForWorkGeneral", {"passwordRequiredType": "ATLEASTALPHANUMERIC"}, MET),
        (passcodes.NOT_REUSED, "androidDeviceOwnerGeneral", {"passwordPreviousPasswordCountToBlock": 5}, MET),
        (passcodes.LOCK, "androidGeneral", {"passwordMinutesOfInactivityBeforeScreenTimeout": 0}, NOT),
        (passcodes.LOCK, "androidGeneral", {"passwordMinutesOfInactivityBeforeScreenTimeout": 5}, MET),
        (passcodes.LASTING_AT_WORK, "androidWorkProfileGeneral", {"workProfilePasswordExpirationDays": 30}, NOT),
        (passcodes.LASTING, "androidGeneral", {"passwordExpirationDays": -1}, NE),
    ],
)
def test_what_a_profile_for_android_says(setting: Setting, kind: str, values: dict[str, Any], wanted: str) -> None:
    one = {"@odata.type": f"#microsoft.graph.{kind}DeviceConfiguration", "id": "p", "assignments": [USERS], **values}
    assert verdict(heard({"android": (setting,)}, policies("device_profiles", one))) == wanted


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([profile(6, GROUP)], MET),
        ([profile(6, kind="macOSGeneral")], NOT),
        ([profile(6, assignments=None)], NE),
        ([profile(6)], NOT),
        ([{**profile(6, GROUP), "@odata.type": None}], NE),
    ],
)
def test_what_counts_as_a_profile(rows: list[dict[str, Any]], wanted: str) -> None:
    assert verdict(existing(("ios",), policies("device_profiles", *rows))) == wanted


def catalogue(setting: Setting, *children: dict[str, Any], platforms: Any = "iOS", platform: str = "ios", **more: Any) -> str:
    policy = {**catalogue_policy(1, "c", platforms, *children, to=(USERS["target"],)), **more}
    return verdict(heard({platform: (setting,)}, policies("settings_catalogue", policy)))


def other(definition: str, value: Any) -> dict[str, Any]:
    kind = "choiceSettingValue" if isinstance(value, str) else "simpleSettingValue"
    return {"settingDefinitionId": definition, kind: {"value": value}}


ANDROID = "com.android.devicerestrictionpolicy"


@pytest.mark.parametrize(
    ("setting", "children", "more", "wanted"),
    [
        (passcodes.PASSCODE, [choice("forcePIN", "TRUE")], {}, MET),
        (passcodes.PASSCODE, [choice("forcepin", "false")], {}, NOT),
        (passcodes.PASSCODE, [choice("forcepin", "perhaps")], {}, NE),
        (passcodes.PASSCODE, [choice("forcepin", "true"), choice("forcepin", "false")], {}, NOT),
        (passcodes.PASSCODE, [other("passcode_requirepasscode", "passcode_requirepasscode_true")], {}, MET),
        (passcodes.PASSCODE, [other("passcode_requirepasscode", "true")], {}, MET),
        (passcodes.PASSCODE, [other("someones.forcepin", "someones.forcepin_true")], {}, NOT),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"platforms": "macOS,iOS"}, MET),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"platforms": "macOS"}, NOT),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"platforms": None}, NE),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"platforms": "unknownFutureValue"}, NE),
        (passcodes.PASSCODE, [number("minlength", 6)], {"settingCount": 2}, NE),
        (passcodes.PASSCODE, [number("minlength", 6)], {"settings@odata.nextLink": "https://graph.microsoft.com/beta/x"}, NE),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"settingCount": 2}, MET),
        (passcodes.PASSCODE, [choice("forcepin", "true")], {"settings": []}, NE),
        (passcodes.LENGTH, [number("minlength", 6)], {}, MET),
        (passcodes.LENGTH, [number("minlength", 5)], {}, NOT),
        (passcodes.LENGTH, [other("com.apple.mobiledevice.passwordpolicy_minlength", None)], {}, NE),
        (passcodes.NOT_SIMPLE, [choice("allowsimple", "false")], {}, MET),
        (passcodes.NOT_SIMPLE, [choice("allowsimple", "true")], {}, NOT),
        (passcodes.NOT_SIMPLE, [other("passcode_requirecomplexpasscode", "passcode_requirecomplexpasscode_true")], {}, MET),
        (passcodes.WIPE, [number("maxfailedattempts", 10)], {}, MET),
        (passcodes.WIPE, [number("maxfailedattempts", 11)], {}, NOT),
        (passcodes.WIPE, [number("maxfailedattempts", 0)], {}, NOT),
        (passcodes.ASKED_AT_ONCE, [number("maxgraceperiod", 0)], {}, MET),
        (passcodes.ASKED_AT_ONCE, [number("maxgraceperiod", 1)], {}, NOT),
        (passcodes.NOT_REUSED, [number("pinhistory", 5)], {}, MET),
        (passcodes.NOT_REUSED, [number("pinhistory", 4)], {}, NOT),
        (passcodes.ALPHANUMERIC, [choice("requirealphanumeric", "true")], {}, MET),
        (passcodes.ALPHANUMERIC, [choice("requirealphanumeric", "false")], {}, NOT),
    ],
)
def test_what_the_settings_catalogue_says(setting: Setting, children: list[Any], more: dict[str, Any], wanted: str) -> None:
    assert catalogue(setting, *children, **more) == wanted


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("passwordrequiredtype", "alphanumeric", MET),
        ("passwordrequiredtype", "numericcomplex", NOT),
        ("passwordrequiredtype", "devicedefault", NOT),
        ("passwordrequiredtype", "lowsecuritybiometric", NE),
    ],
)
def test_what_the_catalogue_says_for_android(setting: str, value: str, wanted: str) -> None:
    child = other(f"{ANDROID}.{setting}", f"{ANDROID}.{setting}_{value}")
    assert catalogue(passcodes.ALPHANUMERIC, child, platforms="androidEnterprise", platform="android") == wanted


@pytest.mark.parametrize(
    ("child", "wanted"),
    [
        (number("maxpinageindays", 90), NOT),
        (number("maxpinageindays", 0), MET),
        (number("minlength", 6), MET),
        (other("com.example.workpasswordexpirationdays", 90), NE),  # not known, and named after what is looked for
    ],
)
def test_a_period_in_the_catalogue(child: dict[str, Any], wanted: str) -> None:
    policy = catalogue_policy(1, "c", "iOS", child, to=(USERS["target"],))
    assert verdict(heard({"ios": (passcodes.LASTING,)}, policies("settings_catalogue", policy), required=())) == wanted


def test_facts_say_whom_a_policy_reaches() -> None:
    found = heard({"ios": (passcodes.LENGTH,)}, policies("device_profiles", profile(6, GROUP, WITHOUT), profile(8, FILTERED)))
    assert found.facts == {
        "iOS/iPadOS: passcodes of 6 characters or more": ["6 (group g1, not group g2): 6", "8 (all devices, by a filter): 8"]
    }
    assert existing(("ios",), policies("device_profiles")).facts == {"iOS/iPadOS: profiles": []}


VALUES = st.sampled_from([None, 0, 4, 5, 6, 8, True, "6", 6.5])
TARGETS = st.lists(st.sampled_from([USERS, DEVICES, GROUP, WITHOUT, FILTERED, target("new"), {"id": "a"}]), max_size=3)


@given(st.lists(st.tuples(VALUES, st.none() | TARGETS), max_size=4))
def test_met_is_what_is_proved(tenant: Sequence[tuple[Any, Any]]) -> None:
    """Whatever the policies: met needs one that certainly asks for it and reaches someone, and no value that asks for less anywhere."""
    profiles = [profile(value, assignments=targets) for value, targets in tenant]
    reaching = [(v, t) for v, t in tenant if t is None or any(one not in (WITHOUT,) for one in t)]
    certain = [v for v, t in reaching if t and any(one in (USERS, DEVICES, GROUP, FILTERED) for one in t)]
    if length(*profiles) == MET:
        assert any(type(value) is int and value >= 6 for value in certain)
        assert all(value is None or (type(value) is int and value >= 6) for value, _ in reaching)
    if any(type(value) is int and value < 6 for value in certain):
        assert length(*profiles) == NOT


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2))
def test_no_value_stops_a_rule(value: Any) -> None:
    for setting in (s for s in vars(passcodes).values() if isinstance(s, Setting)):
        for meant in (True, False):
            assert setting.rule(value, meant) in Says


@needs_shared
def test_every_property_exists_in_graph() -> None:
    """What v1.0 knows of; the rest is of the beta."""
    schema = (SHARED / "reference/graph-v1.0.csdl").read_text("utf-8")
    bodies = {name.casefold(): body for name, body in re.findall(r'<EntityType Name="(\w+)"[^>]*>(.*?)</EntityType>', schema, re.DOTALL)}
    settings = [s for s in vars(passcodes).values() if isinstance(s, Setting)] + [s for some in passcodes.COMPUTERS.values() for s in some]
    looked_at = [
        (kind, name) for s in settings for kind, name in s.places.items() if kind in bodies and kind != "windows10compliancepolicy"
    ]
    assert len(looked_at) > 25
    assert [(kind, name) for kind, name in looked_at if f'Name="{name}"' not in bodies[kind]] == []
