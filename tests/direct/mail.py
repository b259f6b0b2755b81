"""What the tests of mail filtering share: policies that are as they should be, rules over them, and a check's word on what was exported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from fixtures.graph.snapshot import Declared
from fixtures.resources import RESOURCES
from fixtures.resources.tenant import DOMAINS, Domain, Domains
from fixtures.resources.tenant_configuration import JOBS, TENANT_CONFIGURATION, Job, Jobs
from tests.direct.configured import Object
from tests.direct.quick import conclusion_over
from tests.harness import NOW

HOME, SHOPS, CLOUD = "fjordline.example", "shop.fjordline.example", "fjordline.onmicrosoft.example"
TENANT = (HOME, SHOPS, CLOUD)
ANTI_PHISH, SPAM, MALWARE, OUTBOUND = (
    "antiphishpolicy",
    "hostedcontentfilterpolicy",
    "malwarefilterpolicy",
    "hostedoutboundspamfilterpolicy",
)
ATTACHMENTS, LINKS, CONNECTION, FILES = "safeattachmentpolicy", "safelinkspolicy", "hostedconnectionfilterpolicy", "atppolicyforo365"
# What each kind of policy says where every action is met.
GOOD: dict[str, dict[str, Any]] = {
    ANTI_PHISH: {
        "Enabled": True,
        "PhishThresholdLevel": "3",
        "EnableSpoofIntelligence": True,
        "EnableMailboxIntelligence": True,
        "EnableMailboxIntelligenceProtection": True,
        "MailboxIntelligenceProtectionAction": "Quarantine",
        "EnableOrganizationDomainsProtection": True,
        "EnableTargetedDomainsProtection": True,
        "TargetedDomainProtectionAction": "Quarantine",
        "EnableTargetedUserProtection": True,
        "TargetedUsersToProtect": [f"Ann;ann@{HOME}"],
        "TargetedUserProtectionAction": "Quarantine",
        "EnableSimilarUsersSafetyTips": True,
        "EnableSimilarDomainsSafetyTips": True,
        "EnableUnusualCharactersSafetyTips": True,
    },
    SPAM: {
        "SpamAction": "MoveToJmf",
        "HighConfidenceSpamAction": "Quarantine",
        "PhishSpamAction": "Quarantine",
        "HighConfidencePhishAction": "Quarantine",
        "BulkSpamAction": "MoveToJmf",
        "BulkThreshold": 6,
        "MarkAsSpamBulkMail": "On",
        "QuarantineRetentionPeriod": 30,
        "AllowedSenders": [],
        "AllowedSenderDomains": [],
        "SpamZapEnabled": True,
        "PhishZapEnabled": True,
    },
    MALWARE: {"EnableFileFilter": True, "FileTypes": ["exe"], "ZapEnabled": True},
    OUTBOUND: {
        "AutoForwardingMode": "Off",
        "RecipientLimitExternalPerHour": 500,
        "RecipientLimitInternalPerHour": 1000,
        "RecipientLimitPerDay": 1000,
        "ActionWhenThresholdReached": "BlockUser",
        "NotifyOutboundSpam": True,
        "NotifyOutboundSpamRecipients": [f"security@{HOME}"],
        "BccSuspiciousOutboundMail": True,
        "BccSuspiciousOutboundAdditionalRecipients": [f"security@{HOME}"],
    },
    ATTACHMENTS: {"Enable": True, "Action": "Block"},
    LINKS: {"EnableSafeLinksForEmail": True, "ScanUrls": True, "EnableSafeLinksForOffice": True, "AllowClickThrough": False},
    CONNECTION: {"IPAllowList": []},
    FILES: {"IsSingleInstance": "Yes", "EnableATPForSPOTeamsODB": True, "EnableSafeDocs": True, "AllowSafeDocsOpen": False},
}
_RULES = {
    ANTI_PHISH: ("antiphishrule", "AntiPhishPolicy"),
    SPAM: ("hostedcontentfilterrule", "HostedContentFilterPolicy"),
    MALWARE: ("malwarefilterrule", "MalwareFilterPolicy"),
    OUTBOUND: ("hostedoutboundspamfilterrule", "HostedOutboundSpamFilterPolicy"),
    ATTACHMENTS: ("safeattachmentrule", "SafeAttachmentPolicy"),
    LINKS: ("safelinksrule", "SafeLinksPolicy"),
}
PRESET = "eopprotectionpolicyrule"


def policy(kind: str, name: str, **values: Any) -> Object:
    """A policy that is good but for `values`."""
    return f"microsoft.exchange.{kind}", {"Identity": name, **GOOD[kind], **values}


def rule(kind: str, of: str, priority: Any = 0, **values: Any) -> Object:
    """The rule of a policy of that kind, of the same name, switched on."""
    rules, place = _RULES[kind]
    return f"microsoft.exchange.{rules}", {"Identity": of, place: of, "Enabled": True, "Priority": priority, **values}


def preset(level: str, state: str | None = "Enabled", **values: Any) -> Object:
    name = f"{level} Preset Security Policy"
    return f"microsoft.exchange.{PRESET}", {"Identity": name, "Name": name, "State": state, **values}


def of_preset(kind: str, level: str, number: int = 1622650008019, **values: Any) -> Object:
    return policy(kind, f"{level} Preset Security Policy{number}", **values)


def everywhere(kind: str, name: str = "Everywhere", priority: int = 0, **values: Any) -> list[Object]:
    """A custom policy for all domains."""
    return [policy(kind, name, **values), rule(kind, name, priority, RecipientDomainIs=list(TENANT))]


# Where all is as it should be: the defaults, and a policy of one's own where there is no default that can be relied upon.
TIGHT: list[Object] = [
    policy(ANTI_PHISH, "Office365 AntiPhish Default"),
    *(policy(kind, "Default") for kind in (SPAM, MALWARE, OUTBOUND, CONNECTION)),
    *everywhere(ATTACHMENTS),
    *everywhere(LINKS),
    policy(FILES, "Default"),
]


class Exported:
    """A store in which the newest snapshot job exported `objects`, of a tenant with these domains."""

    declared, as_of = Declared(tenant_configuration="existing"), NOW

    def __init__(self, objects: Iterable[Object], domains: Sequence[str] = TENANT) -> None:
        found: dict[str, list[bytes]] = {}
        for kind, properties in objects:
            found.setdefault(kind, []).append(msgspec.json.encode(properties))
        kinds = tuple(each.configuration for each in RESOURCES.values() if each.configuration)
        place = "https://graph.microsoft.com/v1.0/admin/configurationManagement/configurationSnapshots('one')"
        job = Job("one", "Weekly export", "succeeded", NOW, NOW, kinds, place, ())
        self._values = {
            JOBS.name: Jobs((job,), NOW),
            TENANT_CONFIGURATION.name: {"one": {kind: tuple(bodies) for kind, bodies in found.items()}},
            DOMAINS.name: Domains(tuple(Domain(domain, is_verified=True, supported_services=("Email",)) for domain in domains)),
        }

    def value(self, name: str) -> Any:
        take = RESOURCES[name].take
        return take(self) if take else self._values[name]


def told(action: str, objects: Iterable[Object], domains: Sequence[str] = TENANT) -> tuple[str, str]:
    """The verdict of an action's check on what was exported, and its reason."""
    return conclusion_over(action, Exported(objects, domains))


def verdict(action: str, objects: Iterable[Object], domains: Sequence[str] = TENANT) -> str:
    return told(action, objects, domains)[0]
