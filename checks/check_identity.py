"""Identity: administrators and their roles, consent to applications, passwords, groups."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.applications import held
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.people import Administrators
from fixtures.resources.directory import AdministratorAccount, Groups, PasswordRules, Synchronization
from fixtures.resources.identity import (
    GLOBAL_ADMINISTRATOR,
    AdminConsentPolicy,
    AuthorizationPolicy,
)
from fixtures.resources.tenant import NEVER, Domains, Organization
from fixtures.resources.users import Registrations
from fixtures.text import some
from fixtures.verdicts import NotApplicable, NotEvaluated

# Consent policies whose content is known: Microsoft's own for low-risk permissions, and the one it recommends.
_NARROW_CONSENT = {"microsoft-user-default-low", "microsoft-user-default-recommended"}
_WIDE_CONSENT = "microsoft-user-default-legacy"


@improvement_action("OneAdmin")
def check_more_than_one_global_administrator(role_holders: Administrators, observed: Observed) -> None:
    """At least two people are Global Administrators or may become so, so that one who is gone or locked out is not the end."""
    holders = [person.name for person, roles in role_holders.items() if GLOBAL_ADMINISTRATOR in roles and person.kind == "user"]
    observed("Global Administrators", holders)
    observed("Microsoft's advice", "two to four")
    assert len(holders) >= 2, f"{len(holders)} Global Administrators: {', '.join(holders) or 'none'}. Two are the least."


@improvement_action("RoleOverlap")
def check_least_privileged_roles_are_used(role_holders: Administrators, observed: Observed) -> None:
    """Someone administers with a narrower role than Global Administrator."""
    narrower = [
        person.name for person, roles in role_holders.items() if roles and GLOBAL_ADMINISTRATOR not in roles and person.kind == "user"
    ]
    observed("administrators with narrower roles", narrower)
    observed("administrators in all", len(role_holders))
    assert narrower, f"All {len(role_holders)} administrators hold Global Administrator, and nobody a narrower role for the whole tenant."


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
    """No managed domain makes passwords expire: forced changes make weak passwords. A subdomain goes by its root."""
    if not domains.all:
        raise NotEvaluated(Cause.MALFORMED, "Graph names no domain, and every tenant has one.")
    if not domains.managed:
        raise NotApplicable("Every domain is federated: its passwords are kept, and expire, elsewhere.")
    days = {domain.id: domains.password_validity(domain) for domain in domains.managed}
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


@improvement_action("aad_custom_banned_passwords")
def check_the_organizations_own_words_are_banned_from_passwords(password_rules: PasswordRules, observed: Observed) -> None:
    """No password can be made of the organization's own words: it has a list of them, and the list is enforced."""
    enforced, words = password_rules.own_list_enforced, password_rules.own_words
    observed("password rules were changed", password_rules.changed)
    observed("own list enforced", enforced)
    observed("words on the list", words)
    told = ["The custom list of banned passwords is not enforced."] if enforced is False else []
    told += ["There is no word on the custom list of banned passwords."] if words == 0 else []
    assert not told, " ".join(told)
    if enforced is None or words is None:
        raise NotEvaluated(Cause.MALFORMED, "The password rules do not say whether the custom list is enforced, and what is on it.")


@improvement_action("aad_password_protection")
def check_weak_passwords_are_refused_on_premises(organization: Organization, password_rules: PasswordRules, observed: Observed) -> None:
    """Entra Password Protection is set to refuse weak passwords in Active Directory. Graph does not show its agents: whether each
    domain controller has one is not seen.

    Enabled for Windows Server Active Directory, in the mode Enforced. Where a tenant changed nothing, it is enabled and only audits.
    """
    if not organization.synchronises:
        raise NotApplicable("No directory on premises is synchronised with this tenant.")
    enabled, mode = password_rules.on_premises, (password_rules.mode or "").casefold()
    observed("password rules were changed", password_rules.changed)
    observed("enabled on premises", enabled)
    observed("only audits", mode == "audit")
    told = ["Password protection is not enabled for Windows Server Active Directory."] if enabled is False else []
    told += ["Password protection for Windows Server Active Directory only audits: weak passwords are taken."] if mode == "audit" else []
    assert not told, " ".join(told)
    if enabled is None or mode != "enforce":
        raise NotEvaluated(Cause.MALFORMED, "The password rules do not say whether protection on premises is enabled, and in which mode.")


@improvement_action("PasswordHashSync")
def check_password_hashes_are_synchronised(
    organization: Organization, directory_synchronization: Synchronization, observed: Observed
) -> None:
    """Password hashes are synchronised, so that sign-in outlives an outage on premises and leaked passwords are found."""
    if not organization.synchronises:
        raise NotApplicable("No directory on premises is synchronised with this tenant.")
    copied = directory_synchronization.copies_password_hashes
    observed("password hashes are synchronised", copied)
    assert copied, "A directory on premises is synchronised without its password hashes (passwordSyncEnabled is false)."


@improvement_action("aad_admin_accounts_separate_unassigned_cloud_only")
def check_administrators_have_accounts_for_that_alone(
    role_holders: Administrators,
    administrator_accounts: dict[str, AdministratorAccount],
    exempt: frozenset[str],
    observed: Observed,
) -> None:
    """Whoever holds a role, or may activate one, does so with an account of the cloud that has no application.

    An application is a mailbox, SharePoint, Teams or Office; Entra ID P1 and P2 are none. Never synchronised from on premises, or not any
    more. An account of another organization is kept where it is not seen. The declared accounts are left out.
    """
    people = [person for person in role_holders if person.id not in exempt]
    if not people:
        raise NotApplicable("Nobody but the declared accounts holds a role.")
    faults: dict[str, list[str]] = {"synchronised from on premises": [], "with applications": []}
    unclear: list[str] = []
    for person in people:
        account = administrator_accounts.get(person.id) or AdministratorAccount(person.id)
        applications, unknown = held(account.assigned_plans or ())
        faults["synchronised from on premises"] += [person.name] if account.is_synchronised else []
        faults["with applications"] += [person.name] if applications else []
        if account.is_synchronised is None or account.assigned_plans is None or unknown:
            unclear.append(person.name)
    observed("administrators without the declared accounts", len(people))
    for fault, names in faults.items():
        observed(fault, names)
    told = [f"{len(names)} of {len(people)} use an account {fault}: {some(names)}." for fault, names in faults.items() if names]
    assert not told, f"Administrators: {' '.join(told)}"
    if unclear:
        raise NotEvaluated(
            Cause.UNAVAILABLE, f"Of {some(unclear)} it is not seen whether the account is of the cloud only and without applications."
        )


@improvement_action("aad_managed_approved_public_groups_only")
def check_no_group_is_open_to_everyone(microsoft_365_groups: Groups, observed: Observed) -> None:
    """No Microsoft 365 group is public. Which ones the organization approved Graph does not know: an exception says so."""
    groups, public = microsoft_365_groups.groups, microsoft_365_groups.public
    observed("Microsoft 365 groups", groups)
    observed("public", list(public))
    if not groups:
        raise NotApplicable("There is no Microsoft 365 group.")
    assert not public, f"{len(public)} of {groups} Microsoft 365 groups are public: {some(public)}."
    if microsoft_365_groups.unclear:
        raise NotEvaluated(Cause.MALFORMED, f"Graph does not say who may join {some(microsoft_365_groups.unclear)}.")
