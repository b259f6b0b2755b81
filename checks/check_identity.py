"""Identity and sign-in: legacy protocols, administrators and their roles, consent to applications, passwords."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.conditional_access.grants import BLOCK
from fixtures.conditional_access.proof import Question
from fixtures.conditional_access.signins import LEGACY
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.people import Administrators
from fixtures.resources.conditional_access import ConditionalAccess
from fixtures.resources.identity import (
    GLOBAL_ADMINISTRATOR,
    AdminConsentPolicy,
    AuthorizationPolicy,
    SecurityDefaults,
)
from fixtures.resources.tenant import NEVER, Domains
from fixtures.resources.users import Registrations
from fixtures.sign_ins import Enforcement
from fixtures.verdicts import NotApplicable, NotEvaluated

# Consent policies whose content is known: Microsoft's own for low-risk permissions, and the one it recommends.
_NARROW_CONSENT = {"microsoft-user-default-low", "microsoft-user-default-recommended"}
_WIDE_CONSENT = "microsoft-user-default-legacy"


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


@improvement_action("OneAdmin")
def check_more_than_one_global_administrator(administrators: Administrators, observed: Observed) -> None:
    """At least two people are Global Administrators, so that one who is gone or locked out is not the end."""
    holders = [person.name for person, roles in administrators.items() if GLOBAL_ADMINISTRATOR in roles and person.kind == "user"]
    observed("Global Administrators", holders)
    observed("Microsoft's advice", "two to four")
    assert len(holders) >= 2, f"{len(holders)} Global Administrators: {', '.join(holders) or 'none'}. Two are the least."


@improvement_action("RoleOverlap")
def check_least_privileged_roles_are_used(administrators: Administrators, observed: Observed) -> None:
    """Someone administers with a narrower role than Global Administrator."""
    narrower = [
        person.name for person, roles in administrators.items() if roles and GLOBAL_ADMINISTRATOR not in roles and person.kind == "user"
    ]
    observed("administrators with narrower roles", narrower)
    observed("administrators in all", len(administrators))
    assert narrower, f"All {len(administrators)} administrators hold Global Administrator, and nobody a narrower role for the whole tenant."


@improvement_action("IntegratedApps")
def check_users_cannot_consent_to_any_application(authorization_policy: AuthorizationPolicy, observed: Observed) -> None:
    """Users cannot let just any application at the organization's data."""
    policies = authorization_policy.self_consent_policies
    observed("policies users may consent under", list(policies))
    names = {policy.split(".", 1)[1].casefold() for policy in policies}
    assert _WIDE_CONSENT not in names, "Users may consent to any application that asks for permissions on their own data."
    unread = names - _NARROW_CONSENT
    if unread:
        raise NotEvaluated(
            Cause.UNAVAILABLE, f"Users may consent under {', '.join(sorted(unread))}, a policy of the tenant's own that is not read here."
        )


@improvement_action("aad_third_party_apps")
def check_users_cannot_register_applications(authorization_policy: AuthorizationPolicy, observed: Observed) -> None:
    """Users cannot register applications in the directory."""
    may = authorization_policy.users_may_register_apps
    observed("users may register applications", may)
    assert not may, "The default user role may create app registrations (allowedToCreateApps is true)."


@improvement_action("aad_admin_consent_workflow")
def check_consent_requests_reach_an_administrator(admin_consent_policy: AdminConsentPolicy, observed: Observed) -> None:
    """A user who may not consent can ask, and a named reviewer decides."""
    observed("workflow enabled", admin_consent_policy.is_enabled)
    observed("reviewers", len(admin_consent_policy.reviewers))
    assert admin_consent_policy.is_enabled, "The admin consent workflow is off."
    assert admin_consent_policy.reviewers, "The admin consent workflow is on and has no reviewer."


@improvement_action("PWAgePolicyNew")
def check_passwords_do_not_expire(domains: Domains, observed: Observed) -> None:
    """No managed domain makes passwords expire: forced changes make weak passwords."""
    if not domains.all:
        raise NotEvaluated(Cause.MALFORMED, "Graph names no domain, and every tenant has one.")
    if not domains.managed:
        raise NotApplicable("Every domain is federated: its passwords are kept, and expire, elsewhere.")
    days = {domain.id: domain.password_validity_period_in_days for domain in domains.managed}
    observed("validity in days", [f"{name}: {'never expires' if value == NEVER else value}" for name, value in days.items()])
    expiring = [f"{name} after {value} days" for name, value in days.items() if value is not None and value != NEVER]
    assert not expiring, f"Passwords expire in {', '.join(expiring)}."
    unset = [name for name, value in days.items() if value is None]
    if unset:
        raise NotEvaluated(
            Cause.MALFORMED, f"Graph gives no validity for {', '.join(unset)}, and Microsoft's sources disagree on what that means."
        )


@improvement_action("SelfServicePasswordReset")
def check_everyone_can_reset_a_password(user_registrations: Registrations, observed: Observed) -> None:
    """Self-service password reset is enabled for every user."""
    without = list(user_registrations.no_password_reset.values())
    observed("users in the registration report, without guests", user_registrations.users)
    observed("not enabled", without)
    assert not without, f"{len(without)} of {user_registrations.users} users cannot reset their password: {', '.join(without[:5])}."
