"""Microsoft 365 apps: Forms, Sway, and what users add to them by themselves."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import improvement_action
from fixtures.graph.failure import Cause
from fixtures.judging import Observed
from fixtures.resources.apps import FormsSettings, OwnAppsSettings
from fixtures.verdicts import NotEvaluated


@improvement_action("forms_phishing_protection")
def check_forms_are_scanned_for_phishing(forms_settings: FormsSettings, observed: Observed) -> None:
    """A form of the organization's own that asks for passwords is blocked until an administrator has looked at it."""
    scanned = forms_settings.scans_for_phishing
    observed("forms are scanned for phishing", scanned)
    assert scanned, "Internal phishing protection for Forms is off (isInOrgFormsPhishingScanEnabled is false)."


@improvement_action("admincenter_owned_apps_and_services")
def check_users_get_no_apps_and_trials_by_themselves(own_apps_settings: OwnAppsSettings, observed: Observed) -> None:
    """Users can neither open the Office Store nor start a trial on behalf of the organization.

    Microsoft's score counts the store alone.
    """
    store, trials = own_apps_settings.store, own_apps_settings.trials
    observed("users may open the Office Store", store)
    observed("users may start trials", trials)
    told = ["Users may open the Office Store (isOfficeStoreEnabled is true)."] if store else []
    told += ["Users may start trials on behalf of the organization (isAppAndServicesTrialEnabled is true)."] if trials else []
    assert not told, " ".join(told)
    if store is None or trials is None:
        raise NotEvaluated(Cause.MALFORMED, "The settings of users' own apps and services do not say both of store and trials.")
