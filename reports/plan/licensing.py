"""What the licences cover, and what another would open."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from fixtures.licences import PLAN_IDS
from fixtures.record import Record
from fixtures.verdicts import Verdict

from ..posture import Posture, missing_points
from .facts import Closed, MoreSeats, Opening, Step

# Plans by what they are sold in. Only the usual products: Microsoft's list has hundreds.
_PRODUCTS = {
    "AAD_PREMIUM": "Entra ID P1: Microsoft 365 E3, Business Premium, EMS E3",
    "AAD_PREMIUM_P2": "Entra ID P2: Microsoft 365 E5, EMS E5, the E5 Security add-on",
    "ADALLOM_S_O365": "Office 365 Cloud App Security: Office 365 E5",
    "ADALLOM_S_STANDALONE": "Defender for Cloud Apps: Microsoft 365 E5, EMS E5, the E5 Security add-on",
    "ATA": "Defender for Identity: Microsoft 365 E5, EMS E5, the E5 Security add-on",
    "ATP_ENTERPRISE": "Defender for Office 365 plan 1: Business Premium and, since 2026, Microsoft 365 E3",
    "EXCHANGE_S_STANDARD": "Exchange Online: every plan with mailboxes",
    "INTUNE_A": "Intune: Microsoft 365 E3 and E5, Business Premium, EMS",
    "LOCKBOX_ENTERPRISE": "Customer Lockbox: Microsoft 365 E5, Office 365 E5, the E5 Compliance add-on",
    "MDE_LITE": "Defender for Endpoint plan 1: Microsoft 365 E3",
    "MDE_SMB": "Defender for Business: Business Premium",
    "MIP_S_CLP1": "sensitivity labels: Microsoft 365 E3, Office 365 E3",
    "MIP_S_CLP2": "automatic labelling: Microsoft 365 E5, Office 365 E5, the E5 Compliance add-on",
    "RMS_S_ENTERPRISE": "Azure Rights Management: Microsoft 365 E3, Office 365 E3, Business Premium",
    "SHAREPOINTSTANDARD": "SharePoint Online: every plan with SharePoint",
    "THREAT_INTELLIGENCE": "Defender for Office 365 plan 2: Microsoft 365 E5, Office 365 E5, the E5 Security add-on",
    "WINDEFATP": "Defender for Endpoint plan 2: Microsoft 365 E5, the E5 Security add-on",
}
_PLAN = re.compile(r"\w+")


def seats(record: Record, posture: Posture) -> tuple[int, int]:
    """For how many of how many people the tenant holds what an action needs, as its licence decision counts them: seats in use. The
    same twice where nobody is left out, or it is not known whether somebody is."""
    decision = record.licence
    counted = [licence for licence in posture.licences or [] if licence.counts]
    most = max((licence.consumed or 0 for licence in counted), default=0)
    if decision is None or not most or decision.state in ("none needed", "unknown"):
        return most, most
    if decision.state != "held":
        return 0, most
    held = sum(licence.consumed or 0 for licence in counted if licence.sku in decision.brought_by)
    return min(held, most), most


def counted(record: Record, posture: Posture) -> float:
    """The points of an action that may be counted on: in proportion, where the licence is held for some people only."""
    covered, of = seats(record, posture)
    if covered == of or record.points is None:
        return missing_points(record)
    return min(missing_points(record), max(record.points.max * covered / of - record.points.earned, 0.0))


def openings(posture: Posture) -> tuple[Opening, ...]:
    """What the tenant holds no licence for, by the plans that would bring it; what is worth most first."""
    groups = defaultdict[str, list[Record]](list)
    for record in posture.of_actions():
        if record.verdict is Verdict.NOT_LICENSED:
            groups[record.licence.wanted if record.licence else ""].append(record)
    made = [Opening(plans or "not known", products(plans), _closed(records)) for plans, records in groups.items()]
    return tuple(sorted(made, key=lambda each: (-each.points, -len(each.actions), each.plans)))


def _closed(records: Iterable[Record]) -> tuple[Closed, ...]:
    found = [Closed(record.action or "", record.title, missing_points(record) if is_scored(record) else None) for record in records]
    return tuple(sorted(found, key=lambda each: (-(each.points or 0.0), each.action)))


def is_scored(record: Record) -> bool:
    """Whether it is known how many points an action can still earn."""
    return record.points is not None and record.microsoft is not None and record.microsoft.score is not None


def products(plans: str) -> str:
    """What is sold with one of these plans, in words; nothing where no name is known."""
    named = [name for name in dict.fromkeys(_PLAN.findall(plans)) if name in PLAN_IDS]
    return "; ".join(_PRODUCTS[name] for name in named if name in _PRODUCTS)


def more_seats(steps: Sequence[Step], posture: Posture) -> tuple[MoreSeats, ...]:
    """The steps whose licences are held for some people only, by what brings them."""
    records = {record.item: record for record in posture.verdicts}
    groups = defaultdict[tuple[tuple[str, ...], int, int], list[Step]](list)
    for step in steps:
        covered, of = seats(records[step.item], posture)
        decision = records[step.item].licence
        if step.action and decision is not None and covered < of and decision.state == "held":
            groups[(decision.brought_by, covered, of)].append(step)
    made = [
        MoreSeats(skus, covered, of, tuple(step.number for step in group), sum(step.points - step.counted for step in group))
        for (skus, covered, of), group in groups.items()
    ]
    return tuple(sorted(made, key=lambda each: (-each.points, each.skus)))
