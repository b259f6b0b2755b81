"""Multifactor authentication: who must use it, proved over the enabled Conditional Access policies together."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.conditional_access.grants import MFA
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


@improvement_action("AdminMFAV2")
def check_administrators_use_mfa(
    administrators: Administrators,
    exempt: frozenset[str],
    conditional_access: ConditionalAccess,
    enforcement: Enforcement,
    security_defaults: SecurityDefaults,
    user_registrations: Registrations,
    observed: Observed,
) -> None:
    """Everyone who holds a directory role now is registered for MFA, and no sign-in of theirs goes without it."""
    people = {person: roles for person, roles in administrators.items() if person.id not in exempt}
    bare = enforcement.over(people, MULTIFACTOR)
    covered = security_defaults.is_enabled or not bare
    unregistered = [person.name for person in people if person.id not in user_registrations.registered]
    observed("administrators, without the declared accounts", len(people))
    observed("who may activate a role and holds none now", "not looked at")
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
