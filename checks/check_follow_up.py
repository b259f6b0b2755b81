"""Follow-up and review: actions that ask people to look at something again and again, most of them retired, and directory
synchronisation, which goes on only as long as somebody looks after it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.people import Administrators
from fixtures.resources.directory import AdministratorAccount, Synchronization
from fixtures.resources.directory_sync import LastPasswordSync, SyncConflicts
from fixtures.resources.tenant import Organization
from fixtures.synchronisation import FRESH, HOUR, PASSWORD_RUN, age_of, minute, only_where_synchronised
from fixtures.text import some
from fixtures.verdicts import NotApplicable, NotEvaluated


def check_password_hashes_were_synchronised_lately(
    organization: Organization,
    directory_synchronization: Synchronization,
    last_password_sync: LastPasswordSync,
    as_of: datetime,
    observed: Observed,
) -> None:
    """Password hashes were synchronised within the last 3 hours, so that a password changed on premises is the one that counts.

    Entra Connect looks for changed passwords every two minutes. Where hashes stand still, see docs/directory-sync.md.
    """
    only_where_synchronised(organization)
    if not directory_synchronization.copies_password_hashes:
        raise NotApplicable("Password hashes are not synchronised (passwordSyncEnabled is false).")
    last = last_password_sync.on_premises_last_password_sync_date_time
    observed("last synchronisation of password hashes", minute(last) if last else None)
    age = age_of("last synchronisation of password hashes", last, as_of)
    if age > FRESH:
        observed("to be run on the server", list(PASSWORD_RUN))
    assert age <= FRESH, (
        f"Password hashes were last synchronised {age / HOUR:,.1f} hours before this run. On the server that runs Entra Connect: "
        f"{'; '.join(PASSWORD_RUN)} (docs/directory-sync.md)."
    )


def check_nothing_is_synchronised_with_a_conflict(organization: Organization, sync_conflicts: SyncConflicts, observed: Observed) -> None:
    """No user, group or contact is synchronised with a conflict: each arrives as it is on premises.

    A conflict is a user principal name or an address that another object has already. Entra ID holds it back until one of them gives way.
    """
    only_where_synchronised(organization)
    found = [conflict.told for conflict in sync_conflicts.objects]
    for kind in ("user", "group", "contact"):
        observed(f"{kind}s with a conflict", sum(conflict.kind == kind for conflict in sync_conflicts.objects))
    observed("conflicts", found)
    assert not found, f"Synchronised with a conflict: {len(found)}, namely {some(found)}."
    if sync_conflicts.unclear:
        raise NotEvaluated(
            Cause.MALFORMED, f"Of {sync_conflicts.unclear} objects Graph does not say what went wrong (onPremisesProvisioningErrors)."
        )


def check_no_synchronised_account_holds_a_role(
    organization: Organization,
    role_holders: Administrators,
    administrator_accounts: dict[str, AdministratorAccount],
    observed: Observed,
) -> None:
    """Nobody holds a role, or may activate one, with an account that is synchronised: who rules on premises would rule here as well.

    The declared accounts are looked at like all others. An account of another organization is not synchronised with this one.
    """
    only_where_synchronised(organization)
    synchronised, unclear = list[str](), list[str]()
    for person in role_holders:
        account = administrator_accounts.get(person.id) or AdministratorAccount(person.id)
        if account.on_premises_sync_enabled is msgspec.UNSET:
            unclear.append(person.name)
        elif account.on_premises_sync_enabled:
            synchronised.append(person.name)
    observed("accounts with a role", len(role_holders))
    observed("synchronised from on premises", synchronised)
    assert not synchronised, f"{len(synchronised)} of {len(role_holders)} accounts with a role are synchronised: {some(synchronised)}."
    if unclear:
        raise NotEvaluated(Cause.UNAVAILABLE, f"Of {some(unclear)} it is not seen whether the account is synchronised.")
