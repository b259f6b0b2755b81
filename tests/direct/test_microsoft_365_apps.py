"""The checks of Microsoft 365's apps, both ways."""

from __future__ import annotations

from collections.abc import Callable

from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, judged, nothing, setting
from tests.direct.quick import concluded, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True

FORMS, OWN_APPS = "beta/admin/forms", "beta/admin/appsAndServices"


def own_apps(store: bool | None, trials: bool | None) -> Change:
    return setting(OWN_APPS, settings={"isOfficeStoreEnabled": store, "isAppAndServicesTrialEnabled": trials})


def wrapped(bench: Bench) -> None:
    """As Microsoft's page shows it."""
    bench.change(FORMS, lambda body: {"value": body})


CASES: list[Case] = [
    ("forms_phishing_protection", MET, nothing),
    ("forms_phishing_protection", MET, wrapped),
    ("forms_phishing_protection", NOT, setting(FORMS, settings={"isInOrgFormsPhishingScanEnabled": False})),
    ("forms_phishing_protection", NE, setting(FORMS, settings={"isInOrgFormsPhishingScanEnabled": None})),
    ("forms_phishing_protection", NE, setting(FORMS, settings={})),
    ("forms_phishing_protection", NE, setting(FORMS, settings=None)),
    ("forms_phishing_protection", NE, setting(FORMS, settings={"isInOrgFormsPhishingScanEnabled": "true"})),
    ("admincenter_owned_apps_and_services", NOT, nothing),
    ("admincenter_owned_apps_and_services", MET, own_apps(False, False)),
    ("admincenter_owned_apps_and_services", NOT, own_apps(True, False)),
    ("admincenter_owned_apps_and_services", NOT, own_apps(False, True)),
    ("admincenter_owned_apps_and_services", NOT, own_apps(None, True)),
    ("admincenter_owned_apps_and_services", NE, own_apps(None, False)),
    ("admincenter_owned_apps_and_services", NE, own_apps(False, None)),
    ("admincenter_owned_apps_and_services", NE, setting(OWN_APPS, settings=None)),
]


@each_of(CASES)
def test_microsoft_365_apps(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_microsoft_365_apps_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)
