"""Sign-in, proved over the enabled Conditional Access policies together: legacy protocols, risk, Azure management, flows."""

from __future__ import annotations

from fixtures.actions import improvement_action, needs_licence
from fixtures.conditional_access.grants import BLOCK, MFA, PASSWORD_CHANGE, RISK_REMEDIATION
from fixtures.conditional_access.proof import Question
from fixtures.conditional_access.signins import AZURE_MANAGEMENT, LEGACY, SECURITY_INFO
from fixtures.judging import Observed
from fixtures.licences import ENTRA_P1
from fixtures.people import Administrators
from fixtures.resources.conditional_access import ConditionalAccess
from fixtures.resources.identity import SecurityDefaults
from fixtures.resources.tenant import Person
from fixtures.sign_ins import Enforcement
from fixtures.verdicts import NotApplicable

# From which risk on Microsoft advises what: learn.microsoft.com/entra/id-protection/howto-identity-protection-configure-risk-policies
RISKY_SIGN_INS = Question(frozenset({MFA}), {"sign-in risk": frozenset({"medium", "high"})})
RISKY_USERS = Question(frozenset({PASSWORD_CHANGE, RISK_REMEDIATION}), {"user risk": frozenset({"high"})})
AZURE = Question(frozenset(), {"target": frozenset({AZURE_MANAGEMENT})})
DEVICE_CODE = Question(frozenset(), {"flow": frozenset({"devicecodeflow"})})
REGISTRATION = Question(frozenset({MFA}), {"target": frozenset({SECURITY_INFO})})


@improvement_action("BlockLegacyAuthentication")
def check_legacy_authentication_is_blocked(
    conditional_access: ConditionalAccess, enforcement: Enforcement, security_defaults: SecurityDefaults, observed: Observed
) -> None:
    """No client can sign in with a protocol that cannot do MFA."""
    escaping = enforcement.over_everyone(Question(frozenset(), {"client": LEGACY}))
    observed("security defaults", security_defaults.is_enabled)
    observed("policies that block", conditional_access.mentioning(BLOCK))
    observed("not blocked", [] if security_defaults.is_enabled else escaping.people)
    observed("sign-ins that are not blocked", [] if security_defaults.is_enabled else escaping.told)
    assert security_defaults.is_enabled or not escaping, escaping.describe()


@improvement_action("SigninRiskPolicy")
def check_risky_sign_ins_are_challenged(
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    entra_id_p2_holders: dict[str, Person] | None,
    exempt: frozenset[str],
    observed: Observed,
) -> None:
    """A policy looks at sign-in risk, and no sign-in of medium or high risk goes without MFA.

    For everyone; where Entra ID P2 is held for some users only, for those.
    """
    looking = conditional_access.looking_at("sign-in risk")
    escaping = enforcement.over(_judged(entra_id_p2_holders, exempt, observed), RISKY_SIGN_INS)
    observed("policies that look at sign-in risk", looking)
    observed("not covered by a policy", escaping.people)
    observed("risky sign-ins that go without it", escaping.told)
    assert looking, "No enabled policy looks at sign-in risk."
    assert not escaping, escaping.describe()


@improvement_action("UserRiskPolicy")
def check_risky_users_must_change_their_password(
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    entra_id_p2_holders: dict[str, Person] | None,
    exempt: frozenset[str],
    observed: Observed,
) -> None:
    """A policy looks at user risk, and nobody of high risk gets in without a new password.

    For everyone; where Entra ID P2 is held for some users only, for those.
    """
    looking = conditional_access.looking_at("user risk")
    escaping = enforcement.over(_judged(entra_id_p2_holders, exempt, observed), RISKY_USERS)
    observed("policies that look at user risk", looking)
    observed("not covered by a policy", escaping.people)
    observed("sign-ins that go without it", escaping.told)
    assert looking, "No enabled policy looks at user risk."
    assert not escaping, escaping.describe()


def _judged(holders: dict[str, Person] | None, exempt: frozenset[str], observed: Observed) -> dict[str, Person] | None:
    """Those who hold the licence, where not everybody does. Whom nobody is judged for is no pass."""
    observed("users who hold Entra ID P2", "taken to be everyone" if holders is None else len(holders))
    if holders is not None and not holders.keys() - exempt:
        raise NotApplicable("Nobody but the declared accounts holds Entra ID P2.")
    return holders


@improvement_action("aad_limited_administrative_roles")
def check_only_administrators_manage_azure(
    conditional_access: ConditionalAccess, enforcement: Enforcement, role_holders: Administrators, observed: Observed
) -> None:
    """Nobody but administrators gets to Azure management: the portal, the command lines and what manages subscriptions.

    Sign-in to it is blocked for everyone, guests included, who holds no directory role and may activate none.
    """
    open_to = enforcement.over_all_but_administrators(AZURE)
    observed("administrators", len(role_holders))
    observed("policies that block", conditional_access.mentioning(BLOCK))
    observed("who gets there besides", open_to.people)
    observed("sign-ins that are not blocked", open_to.told)
    assert not open_to, open_to.describe()


@needs_licence(ENTRA_P1)
def check_device_code_flow_is_blocked(conditional_access: ConditionalAccess, enforcement: Enforcement, observed: Observed) -> None:
    """Nobody can be talked into signing somebody else's device in: device code flow is blocked."""
    escaping = enforcement.over_everyone(DEVICE_CODE)
    observed("policies that look at the flow", conditional_access.looking_at("flow"))
    observed("not blocked", escaping.people)
    observed("sign-ins that are not blocked", escaping.told)
    assert not escaping, escaping.describe()


@needs_licence(ENTRA_P1)
def check_security_information_is_not_registered_with_a_password_alone(
    conditional_access: ConditionalAccess, enforcement: Enforcement, observed: Observed
) -> None:
    """Whoever registers how he proves who he is, proves it then: with MFA, or a pass that was issued to him for it."""
    bare = enforcement.over_everyone(REGISTRATION)
    observed("policies that may ask for MFA", conditional_access.mentioning(MFA))
    observed("not covered by a policy", bare.people)
    observed("where a password is enough", bare.told)
    assert not bare, bare.describe()
