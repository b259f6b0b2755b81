"""Multifactor authentication: who must use it, proved over the enabled Conditional Access policies together."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.conditional_access.grants import FREQUENCY, MFA, NOT_PERSISTENT, PHISHING_RESISTANT
from fixtures.conditional_access.proof import Question
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.people import Administrators
from fixtures.resources.conditional_access import ConditionalAccess
from fixtures.resources.identity import SecurityDefaults
from fixtures.resources.users import Registrations, Users
from fixtures.sign_ins import Enforcement
from fixtures.verdicts import NotEvaluated

MULTIFACTOR = Question(frozenset({MFA}))
RESISTANT = Question(frozenset({PHISHING_RESISTANT}))
# learn.microsoft.com/entra/identity/conditional-access/howto-conditional-access-session-lifetime
SESSIONS = {
    "signs in again every day": Question(frozenset({FREQUENCY})),
    "leaves no browser signed in": Question(frozenset({NOT_PERSISTENT})),
}


@improvement_action("AdminMFAV2")
def check_administrators_use_mfa(
    role_holders: Administrators,
    eligible: Administrators,
    exempt: frozenset[str],
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    security_defaults: SecurityDefaults,
    user_registrations: Registrations,
    observed: Observed,
) -> None:
    """Everyone who holds a directory role, or may activate one, is registered for MFA; no sign-in of one who holds it goes without it."""
    people = [person for person in role_holders if person.id not in exempt]
    bare = enforcement.over_administrators(MULTIFACTOR)
    covered = security_defaults.is_enabled or not bare
    unregistered = [person.name for person in people if person.id not in user_registrations.registered]
    observed("administrators, without the declared accounts", len(people))
    observed("who may activate a role", [person.name for person in eligible])
    observed("security defaults", security_defaults.is_enabled)
    observed("policies that may ask for MFA", conditional_access.mentioning(MFA))
    observed("not registered for MFA", unregistered)
    observed("not covered by a policy", [] if covered else bare.people)
    observed("sign-ins that go without it", [] if covered else bare.told)
    told = [] if covered else [bare.describe()]
    told += (
        [f"{len(unregistered)} of {len(people)} administrators are not registered for MFA: {', '.join(unregistered[:5])}."]
        if unregistered
        else []
    )
    assert people, "No administrator but the declared accounts was found; there must be one who is not for emergencies."
    assert not told, " ".join(told)


@improvement_action("MFARegistrationV2")
def check_everyone_uses_mfa(
    exempt: frozenset[str],
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    security_defaults: SecurityDefaults,
    users: Users,
    user_registrations: Registrations,
    observed: Observed,
) -> None:
    """Every user is registered for MFA, and no sign-in of one goes without it."""
    bare = enforcement.over_everyone(MULTIFACTOR)
    covered = security_defaults.is_enabled or not bare
    missing = [name for user, name in user_registrations.not_registered.items() if user not in exempt]
    unlisted = [user for user in users.settled.missing_from(user_registrations.listed) if user not in exempt]
    observed("users in the directory", users.users)
    observed("users in the registration report, without guests", user_registrations.users)
    observed("enabled for over a week, and not in the report", unlisted)
    observed("security defaults", security_defaults.is_enabled)
    observed("policies that may ask for MFA", conditional_access.mentioning(MFA))
    observed("not registered for MFA", missing)
    observed("not covered by a policy", [] if covered else bare.people)
    observed("sign-ins that go without it", [] if covered else bare.told)
    told = [] if covered else [bare.describe()]
    told += [f"{len(missing)} of {user_registrations.users} users are not registered for MFA."] if missing else []
    assert not told, " ".join(told)
    if unlisted:
        raise NotEvaluated(Cause.UNAVAILABLE, f"The registration report does not list {len(unlisted)} enabled users of the directory.")


@improvement_action("aad_phishing_MFA_strength")
def check_administrators_use_what_cannot_be_phished(
    role_holders: Administrators,
    exempt: frozenset[str],
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    observed: Observed,
) -> None:
    """No sign-in of an administrator goes without a phishing-resistant method: a passkey, Windows Hello or a certificate.

    Of everyone who holds a directory role, also by activating it. A policy's authentication strength must allow nothing else.
    """
    people = [person for person in role_holders if person.id not in exempt]
    bare = enforcement.over_administrators(RESISTANT)
    observed("administrators, without the declared accounts", len(people))
    observed("policies that may ask for such a strength", conditional_access.mentioning(PHISHING_RESISTANT))
    observed("not covered by a policy", bare.people)
    observed("sign-ins that go without it", bare.told)
    assert people, "No administrator but the declared accounts was found; there must be one who is not for emergencies."
    assert not bare, bare.describe()


@improvement_action("aad_sign_in_freq_session_timeout")
def check_sessions_of_administrators_end(
    role_holders: Administrators,
    exempt: frozenset[str],
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    observed: Observed,
) -> None:
    """Every administrator signs in again within a day, and no browser of one stays signed in once it is closed."""
    people = [person for person in role_holders if person.id not in exempt]
    gaps = {wanted: enforcement.over_administrators(question) for wanted, question in SESSIONS.items()}
    observed("administrators, without the declared accounts", len(people))
    observed("policies on sessions", conditional_access.mentioning(FREQUENCY, NOT_PERSISTENT))
    for wanted, bare in gaps.items():
        observed(f"not everyone {wanted}", bare.people)
        observed(f"sign-ins where nobody {wanted}", bare.told)
    assert people, "No administrator but the declared accounts was found; there must be one who is not for emergencies."
    assert not any(gaps.values()), " ".join(bare.describe() for bare in gaps.values() if bare)
