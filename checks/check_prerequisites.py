"""What must hold before the rest can be believed or safely turned on. None of these is an improvement action."""

from __future__ import annotations

from datetime import datetime, timedelta

from fixtures.graph.failure import Cause
from fixtures.graph.snapshot import Declared
from fixtures.judging import Observed
from fixtures.people import Administrators, Reader
from fixtures.resources.conditional_access import ConditionalAccess
from fixtures.resources.identity import GLOBAL_ADMINISTRATOR, GroupMembers
from fixtures.resources.secure_score import ControlProfile, SecureScores
from fixtures.resources.tenant import Accounts, Organization, Person
from fixtures.synchronisation import FRESH, FULL_RUN, HOUR, age_of, minute, only_where_synchronised
from fixtures.verdicts import NotEvaluated

FRESH_SCORE = timedelta(hours=48)


def check_the_catalogue_of_actions_is_readable(
    secure_scores: SecureScores, control_profiles: tuple[ControlProfile, ...], observed: Observed
) -> None:
    """Secure Score and its control profiles can be read, so every improvement action of the tenant is known."""
    observed("control profiles", len(control_profiles))
    observed("scored actions", len(secure_scores.controls))
    assert control_profiles, "Secure Score answered with no control profile at all."


def check_the_score_is_not_older_than_48_hours(secure_scores: SecureScores, as_of: datetime, observed: Observed) -> None:
    """The newest Secure Score is at most 48 hours old."""
    date = secure_scores.newest.date
    observed("newest score", f"{date:%Y-%m-%d %H:%M} UTC")
    observed("as of", f"{as_of:%Y-%m-%d %H:%M} UTC")
    if date - as_of > timedelta(days=1):
        raise NotEvaluated(Cause.MALFORMED, f"The newest score is of {date:%Y-%m-%d}, after this run.")
    assert as_of - date <= FRESH_SCORE, f"The newest score is of {date:%Y-%m-%d}, {(as_of - date).days} days before this run."


def check_the_reader_may_read_what_the_checks_need(reader: Reader, observed: Observed) -> None:
    """The identity that reads has every permission the selected checks need."""
    observed("who it is, by its token", reader.name)
    observed("granted to it, by its token", sorted(reader.granted) if reader.granted is not None else "not known")
    observed("answered", reader.answered)
    observed("refused", reader.refused)
    missing = reader.permissions_for(reader.refused)
    assert not reader.refused, f"Refused: {', '.join(reader.refused)}. Grant {', '.join(missing)} to the application that reads."
    if reader.unknown:
        raise NotEvaluated(
            Cause.UNAVAILABLE, f"Whether it may read {', '.join(reader.unknown)} is not known: Graph gave no answer that tells."
        )


def check_an_emergency_access_account_is_ready(
    declared: Declared,
    declared_accounts: Accounts,
    administrators: Administrators,
    conditional_access: ConditionalAccess,
    group_members: GroupMembers,
    observed: Observed,
) -> None:
    """A declared emergency-access (break-glass) account is ready to be used.

    Enabled, cloud-only, without a licence, Global Administrator, and reached by no enabled Conditional Access policy.
    """
    roles_of = {person.id: (person, roles) for person, roles in administrators.items()}
    faults = {}
    for name in declared.break_glass_accounts:
        account = declared_accounts.find(name)
        if account is None:
            faults[name] = ["does not exist"]
            continue
        person, roles = roles_of.get(account.id, (Person(account.id, name, internal=True), frozenset()))
        reached = conditional_access.may_apply_to(person, roles, group_members)
        checked = {
            "is disabled": not account.account_enabled,
            "is synchronised from on premises": bool(account.on_premises_sync_enabled),
            "holds a licence": account.assigned_licenses != (),
            "is no Global Administrator": GLOBAL_ADMINISTRATOR not in roles,
            f"is reached by {', '.join(repr(policy) for policy in reached)}": bool(reached),
        }
        faults[name] = [fault for fault, is_so in checked.items() if is_so]
    observed("declared emergency-access accounts", list(declared.break_glass_accounts))
    observed("ready", [name for name, found in faults.items() if not found])
    assert faults, "No emergency-access account is declared. Declare one in tenants.toml (break_glass_accounts); none is ever guessed."
    told = "; ".join(f"{name} {' and '.join(found)}" for name, found in faults.items())
    assert not all(faults.values()), f"None of the {len(faults)} declared emergency-access accounts is ready: {told}."


def check_the_directory_sync_account_is_excluded_from_mfa(
    organization: Organization,
    declared: Declared,
    declared_accounts: Accounts,
    administrators: Administrators,
    conditional_access: ConditionalAccess,
    group_members: GroupMembers,
    observed: Observed,
) -> None:
    """The declared directory-sync account is excluded from every enabled policy that asks for MFA or blocks, so synchronisation goes on.

    Also from one that asks for a device, terms of use or anything else before it lets somebody in: a service can give none of them.
    """
    only_where_synchronised(organization)
    observed("declared directory-sync accounts", list(declared.sync_accounts))
    assert declared.sync_accounts, (
        "The directory is synchronised and no sync account is declared. Declare it in tenants.toml (sync_accounts)."
    )
    asking = set(conditional_access.letting_in_on_terms())
    roles_of = {person.id: (person, roles) for person, roles in administrators.items()}
    faults = []
    for name in declared.sync_accounts:
        account = declared_accounts.find(name)
        person, roles = roles_of.get(account.id, (Person(account.id, name, internal=True), frozenset())) if account else (None, frozenset())
        reached = [p for p in conditional_access.may_apply_to(person, roles, group_members) if p in asking] if person else []
        faults += [f"{name} does not exist"] if person is None else [f"{name} is reached by '{policy}'" for policy in reached]
    observed("policies that reach it", faults)
    assert not faults, f"{'; '.join(faults)}. Exclude the account there, or synchronisation stops."


def check_directory_synchronisation_is_fresh(organization: Organization, as_of: datetime, observed: Observed) -> None:
    """Directory synchronisation ran within the last 3 hours.

    Entra Connect synchronises every 30 minutes. Where it stands still, the server that runs it must be seen to: docs/directory-sync.md.
    """
    only_where_synchronised(organization)
    last = organization.on_premises_last_sync_date_time
    observed("last synchronisation", minute(last) if last else None)
    age = age_of("last directory synchronisation", last, as_of)
    if age > FRESH:
        observed("full import, full synchronisation and export", list(FULL_RUN))
    assert age <= FRESH, (
        f"The directory was last synchronised {age / HOUR:,.1f} hours before this run. On the server that runs Entra Connect: "
        "Start-ADSyncSyncCycle -PolicyType Delta; for a full import, full synchronisation and export: Start-ADSyncSyncCycle -PolicyType "
        "Initial (step by step: docs/directory-sync.md)."
    )
