"""Which action needs which: by id, without case and without a connector's instance in front. Patterns as `fnmatch` has them.

A need counts while it is a step of the same plan; what is done already stands in nobody's way.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

import msgspec

REGISTERING = 30  # days that people may take to register for multifactor authentication


class Need(msgspec.Struct, frozen=True):
    """That each action of `of` needs each of `others` before it, and `days` between them; `because` goes on after "after step 3: "."""

    of: tuple[str, ...]
    others: tuple[str, ...]
    because: str
    days: int = 0


def others_of(action: str) -> Iterator[tuple[str, Need]]:
    """The patterns of what an action needs, each with the rule that says so. `action` is a plain id."""
    for need in NEEDS:
        if fits(action, need.of):
            yield from ((other, need) for other in need.others if not fits(action, (other,)))


def fits(action: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns is that of a plain id."""
    names, wild = _split(patterns)
    return action in names or any(fnmatchcase(action, pattern) for pattern in wild)


@cache
def _split(patterns: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The patterns that are an id in full, which is most of them, and those that a regular expression has to be made of."""
    wild = tuple(pattern for pattern in patterns if any(sign in pattern for sign in "*?["))
    return frozenset(patterns).difference(wild), wild


# A mistake in one of these can keep everybody out, and so they need an account that still gets in, and one that still synchronises.
CAN_LOCK_OUT = (
    "adminmfav2", "mfaregistrationv2", "aad_phishing_mfa_strength", "aad_sign_in_freq_session_timeout", "aad_limited_administrative_roles",
    "blocklegacyauthentication", "signinriskpolicy", "userriskpolicy", "intune_av_firewall_enabled",
    "intune_conection_from_jail_broken_rooted_devices", "spo_idle_session_timeout",
)  # fmt: skip
_REDUCTION = ("scid_250?", "scid_251?")  # the attack surface reduction rules
_PHISHING = (
    "mdo_phishthresholdlevel", "mdo_targetedusersprotection", "mdo_enabledomainstoprotect", "mdo_enablemailboxintelligence",
    "mdo_mailboxintelligenceprotection", "mdo_unusualcharacterssafetytips",
)  # fmt: skip

NEEDS = (
    Need(("mcas*", "appg_*", "mda_*"), ("mcas_mda_enabled",), "it works inside Defender for Cloud Apps"),
    Need(("mcas_mda_enabled", "mcascutomactivitypolicy"), ("mip_search_auditlog",), "it reads the audit log"),
    Need(("aatp_*",), ("aatp_defenderforidentityisnotinstalled",), "only a sensor sees it"),
    Need(("aad_phishing_mfa_strength",), ("adminmfav2",), "a second factor comes before a stronger one"),
    Need(
        ("signinriskpolicy", "userriskpolicy"),
        ("mfaregistrationv2",),
        "people who are not registered by then would be shut out",
        REGISTERING,
    ),
    Need(("userriskpolicy",), ("selfservicepasswordreset",), "people have to change a password without the helpdesk"),
    Need(("userriskpolicy",), ("passwordhashsync",), "without the hashes no leaked password is found"),
    Need(("pwagepolicynew",), ("mfaregistrationv2",), "a password may stay for good where it is not the only proof"),
    Need(("blocklegacyauthentication",), ("exo_oauth2clientprofileenabled",), "mail programs need modern authentication to change to"),
    Need(("integratedapps",), ("aad_admin_consent_workflow",), "people need a way to ask for an app"),
    Need(("mip_autosensitivitylabelspolicies", "mip_purviewlabelconsent"), ("mip_sensitivitylabelspolicies",), "it uses the labels"),
    Need(("mip_dlp_policies_teams",), ("dlp_datalossprevention",), "it extends those policies"),
    Need(("mip_management_api_enabled_four_workloads",), ("mip_search_auditlog",), "it hands the audit log on"),
    Need(
        ("intune_mobile_complex_*", "intune_mobile_minimum_*", "intune_mobile_never_*", "intune_mobile_password_reused_*", "intune_wipe_*"),
        ("intune_mobile_password_requirement",),
        "it is about the passcode that one asks for",
    ),
    Need(_PHISHING, ("mdo_antiphishingpolicies",), "it is a setting of that policy"),
    Need(("mdo_mailboxintelligenceprotection",), ("mdo_enablemailboxintelligence",), "it acts on what that learns"),
    Need(("mdo_mailboxintelligenceprotectionaction",), ("mdo_mailboxintelligenceprotection",), "it says what happens then"),
    Need(("mdo_targeteduserprotectionaction", "mdo_similaruserssafetytips"), ("mdo_targetedusersprotection",), "it says what happens then"),
    Need(
        ("mdo_targeteddomainprotectionaction", "mdo_similardomainssafetytips"), ("mdo_enabledomainstoprotect",), "it says what happens then"
    ),
    Need(("mdo_safeattachments",), ("mdo_safeattachmentpolicy",), "it is a setting of that policy"),
    Need(("mdo_blockmailforward",), ("mdo_autoforwardingmode",), "that is one half of it"),
    Need((*_REDUCTION, "scid_96", "scid_2021"), ("scid_2010", "scid_2012"), "it works with Defender Antivirus in real time only"),
    Need(("scid_96", "scid_2507", "scid_2508"), ("scid_2016",), "it asks the cloud service"),
    Need(("scid_2071", "scid_2072", "scid_2073"), ("scid_2070",), "the firewall has to run first"),
    Need(("scid_2090",), ("scid_2093",), "the drives have to be ready for it"),
)
