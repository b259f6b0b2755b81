"""What each service answers in a tenant that has not bought it, decided by the subscriptions of the snapshot itself.

Which errors they are is known from the field, not from Microsoft's pages: codes and statuses differ from service to service.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from fixtures.licences import PLAN_IDS

from .hunting import DEVICE_SETTINGS, unresolved
from .odata import Refused

_NAMES = {plan_id: name for name, plan_id in PLAN_IDS.items()}
_P2_OR_GOVERNANCE = ("AAD_PREMIUM_P2", "Entra_Identity_Governance", "Entra_ID_Governance", "AAD_GOVERNANCE")
NOT_PREMIUM = Refused(
    403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "Tenant is not a B2C tenant and doesn't have premium license"
)
_NO_PIM = Refused(
    400, "AadPremiumLicenseRequired", "The tenant needs to have Microsoft Entra ID P2 or Microsoft Entra ID Governance license."
)
_NO_GOVERNANCE = Refused(
    403, "NoLicense", "User is not authorized to perform the operation. Reason: Tenant does not meet license requirement!"
)


class _Rule(NamedTuple):
    """Paths (a pattern, in lower case) that need a plan whose name begins with one of `plans`, and what is answered without."""

    paths: re.Pattern[str]
    plans: tuple[str, ...]
    refusal: Refused


def _rule(paths: str, plans: tuple[str, ...], refusal: Refused) -> _Rule:
    return _Rule(re.compile(rf"({paths})(/.*)?"), plans, refusal)


_RULES = (
    _rule(r"reports/authenticationmethods|auditlogs/signins", ("AAD_PREMIUM",), NOT_PREMIUM),
    _rule(
        r"identityprotection/riskdetections", ("AAD_PREMIUM",), Refused(403, "Forbidden", "Your tenant is not licensed for this feature.")
    ),
    _rule(r"identityprotection/risky\w+", ("AAD_PREMIUM_P2",), Refused(403, "Forbidden", "Your tenant is not licensed for this feature.")),
    _rule(r"rolemanagement/directory/role(eligibility|assignment)schedule\w*", _P2_OR_GOVERNANCE, _NO_PIM),
    _rule(r"policies/rolemanagementpolic\w+", _P2_OR_GOVERNANCE, _NO_PIM),
    _rule(r"identitygovernance/(accessreviews|entitlementmanagement|lifecycleworkflows)", _P2_OR_GOVERNANCE, _NO_GOVERNANCE),
    _rule(
        r"devicemanagement|deviceappmanagement",
        ("INTUNE_A", "INTUNE_SMB", "INTUNE_EDU"),
        Refused(400, "BadRequest", "Request not applicable to target tenant."),
    ),
    _rule(
        r"admin/sharepoint",
        ("SHAREPOINTSTANDARD", "SHAREPOINTENTERPRISE", "SHAREPOINTDESKLESS", "SHAREPOINT_S_"),
        Refused(400, "BadRequest", "Tenant does not have a SPO license."),
    ),
    _rule(r"security/runhuntingquery", ("WINDEFATP", "TVM_PREMIUM"), unresolved(DEVICE_SETTINGS)),
    _rule(r"security/identities", ("ATA",), Refused(404, "ResourceNotFound", "Resource could not be discovered.")),
)
_SIGN_INS = re.compile(r"reports/authenticationmethods/.+|auditlogs/signins(/.*)?")
_CONDITIONAL_ACCESS = re.compile(r"identity/conditionalaccess/(policies|namedlocations)")


class _Plan(msgspec.Struct, rename="camel"):
    service_plan_id: str
    service_plan_name: str = ""
    provisioning_status: str = ""


class _Sku(msgspec.Struct, rename="camel"):
    capability_status: str
    service_plans: list[_Plan]
    sku_id: str = ""


class Licences:
    """The service plans of a tenant: those of its subscriptions that are enabled or in grace, and not switched off.

    `skus` are the rows of `subscribedSkus`; None, or what cannot be read, means that nobody knows, and nothing is refused.
    """

    def __init__(self, skus: Iterable[object] | None) -> None:
        self._plans: frozenset[str] | None = None
        self.first_sku = ""
        try:
            held = msgspec.convert(list(skus), list[_Sku]) if skus is not None else None
        except msgspec.ValidationError:
            held = None
        if held is not None:
            active = [sku for sku in held if sku.capability_status.casefold() in {"enabled", "warning"}]
            plans = (plan for sku in active for plan in sku.service_plans if plan.provisioning_status.casefold() != "disabled")
            self._plans = frozenset(_NAMES.get(plan.service_plan_id.casefold(), plan.service_plan_name) for plan in plans)
            self.first_sku = active[0].sku_id if active else ""

    def refusal(self, path: str, asks_sign_ins: bool) -> Refused | None:
        """What the service behind `path` (without its version) answers for want of a licence. `asks_sign_ins`: of users, too."""
        asked = path.casefold()
        if asks_sign_ins and not self._holds(("AAD_PREMIUM",)):
            return NOT_PREMIUM
        rule = next((rule for rule in _RULES if rule.paths.fullmatch(asked)), None)
        return rule.refusal if rule and not self._holds(rule.plans) else None

    def is_empty(self, path: str) -> bool:
        """Whether a collection that was not recorded is known to be empty: without Entra ID P1 there are no policies, and no error."""
        return bool(_CONDITIONAL_ACCESS.fullmatch(path.casefold())) and not self._holds(("AAD_PREMIUM",))

    def _holds(self, plans: tuple[str, ...]) -> bool:
        return self._plans is None or any(plan.startswith(plans) for plan in self._plans)


def is_trapped(path: str, asks_sign_ins: bool, granted: Collection[str]) -> bool:
    """Whether the service cannot see the tenant's licences, and says that there are none.

    It looks them up with the caller's own Directory.Read.All. In life it fails now and then, here always:
    learn.microsoft.com, "b2c-or-tenant-premium-license-sign-in-activities".
    """
    looked_up = asks_sign_ins or _SIGN_INS.fullmatch(path.casefold())
    return bool(looked_up) and not {"directory.read.all", "directory.readwrite.all"} & {name.casefold() for name in granted}
