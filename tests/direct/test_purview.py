"""The checks of Purview's policies: on and for whom, both ways, and over exports that do not answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.demo.teams_and_purview import objects
from tests.direct.configured import LEFT_OUT, Object, altered, exported, faults, without
from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, every, judged, rows, together
from tests.direct.quick import concluded, conclusion, first_of_each
from tests.harness import Bench, Run

POSTURE_ALONE = True
DEMO = objects()
LABELS, AUTO, DLP = "labelpolicy", "autosensitivitylabelpolicy", "dlpcompliancepolicy"
PUBLISHED, LABELLED = "mip_sensitivitylabelspolicies", "mip_autosensitivitylabelspolicies"
PREVENTED, CHATS = "dlp_datalossprevention", "mip_DLP_policies_Teams"
EVERYONE, CARDS, OLD = "Labels for everyone", "Payment cards", "Personal data (2023)"
# An E5 subscription that has not lapsed brings the automatic labels that the demo tenant lacks.
licensed = rows("subscribedSkus", every(capabilityStatus="Enabled"))


def set_to(kind: str, name: str | None = None, **values: Any) -> Change:
    return exported(altered(DEMO, kind, name, **values))


def labelling(**values: Any) -> Change:
    """The one auto-labelling policy is on, with these values."""
    return together(licensed, exported(altered(DEMO, AUTO, **{"Mode": "Enable", **values})))


def only(kind: str, name: str) -> list[Object]:
    """Without the other policies of this type."""
    return [(each, properties) for each, properties in DEMO if not each.endswith(f".{kind}") or properties["Name"] == name]


def watching(**values: Any) -> Change:
    """One policy that is on, for what `values` say, and no other."""
    return exported(altered(only(DLP, OLD), DLP, Mode="Enable", **{"TeamsLocation": [], **values}))


LOCATIONS = ("EndpointDlp", "Exchange", "OnPremisesScannerDlp", "OneDrive", "PowerBIDlp", "SharePoint", "Teams", "ThirdPartyAppDlp")
CASES: list[Case] = [
    (PUBLISHED, MET, exported(DEMO)),
    (PUBLISHED, MET, exported(only(LABELS, EVERYONE))),
    (PUBLISHED, NOT, exported(only(LABELS, "Legal"))),
    (PUBLISHED, NOT, exported(without(DEMO, LABELS))),
    (PUBLISHED, NOT, set_to(LABELS, Labels=[])),
    (PUBLISHED, NOT, set_to(LABELS, ExchangeLocation=[])),
    (PUBLISHED, NOT, set_to(LABELS, ExchangeLocation=[], ModernGroupLocation=["All"])),
    (PUBLISHED, NOT, set_to(LABELS, EVERYONE, ExchangeLocationException=["board@fjordline.example"])),
    (PUBLISHED, MET, set_to(LABELS, EVERYONE, ExchangeLocation=["ALL"], ModernGroupLocation=None)),
    (PUBLISHED, MET, set_to(LABELS, "Legal", Labels=None)),
    *(
        (PUBLISHED, NE, set_to(LABELS, EVERYONE, **{name: LEFT_OUT}))
        for name in ("Labels", "ExchangeLocation", "ExchangeLocationException")
    ),
    (PUBLISHED, NE, set_to(LABELS, EVERYONE, Labels="Public")),
    (LABELLED, NOT, together(licensed, exported(DEMO))),
    (LABELLED, NOT, together(licensed, exported(without(DEMO, AUTO)))),
    (LABELLED, MET, labelling()),
    (LABELLED, MET, labelling(Mode="enable")),
    *(
        (LABELLED, NOT, labelling(Mode=mode))
        for mode in ("Disable", "TestWithNotifications", "testwithoutnotifications", "PendingDeletion")
    ),
    *((LABELLED, NE, labelling(Mode=mode)) for mode in (None, LEFT_OUT, "", "On")),
    *((LABELLED, NE, labelling(ApplySensitivityLabel=label)) for label in (LEFT_OUT, " ")),
    (LABELLED, NOT, labelling(ExchangeLocation=[])),
    (LABELLED, NOT, labelling(ExchangeLocation=["legal@fjordline.example"])),
    (LABELLED, MET, labelling(ExchangeLocation=[], OneDriveLocation=["All"])),
    (LABELLED, MET, labelling(ExchangeLocation=["All"], SharePointLocation=None)),
    (LABELLED, NE, labelling(ExchangeLocation=[], SharePointLocation=None)),
    (LABELLED, NOT, labelling(ExchangeLocation=[], SharePointLocation=["All"], SharePointLocationException=["https://x.example"])),
    *((LABELLED, NOT, labelling(**{f"ExchangeSender{who}": ["someone"]})) for who in ("", "Exception", "MemberOf", "MemberOfException")),
    (LABELLED, NE, labelling(ExchangeSenderException=LEFT_OUT)),
    (PREVENTED, NOT, exported(DEMO)),
    (PREVENTED, NOT, exported(without(DEMO, DLP))),
    (PREVENTED, MET, set_to(DLP, CARDS, Mode="Enable")),
    *((PREVENTED, MET, watching(**{f"{place}Location": ["one place"]})) for place in LOCATIONS),
    *((PREVENTED, NE, set_to(DLP, CARDS, Mode=mode)) for mode in (None, LEFT_OUT, "", "Enabled")),
    *((PREVENTED, NOT, set_to(DLP, CARDS, Mode=mode)) for mode in ("Disable", "TestWithoutNotifications", "PendingDeletion")),
    (PREVENTED, NE, watching()),
    (PREVENTED, NE, watching(TeamsLocation=None)),
    (PREVENTED, MET, exported(altered(altered(DEMO, DLP, CARDS, Mode="Enable"), DLP, OLD, Mode=None))),
    (CHATS, NOT, exported(DEMO)),
    (CHATS, NOT, exported(without(DEMO, DLP))),
    (CHATS, NOT, set_to(DLP, CARDS, Mode="Enable")),
    (CHATS, MET, set_to(DLP, OLD, Mode="Enable")),
    (CHATS, NOT, watching(TeamsLocation=["sales@fjordline.example"])),
    (CHATS, NOT, watching(TeamsLocation=["All"], TeamsLocationException=["board@fjordline.example"])),
    (CHATS, NOT, watching(SharePointLocation=["All"])),
    (CHATS, NE, watching(TeamsLocation=LEFT_OUT)),
    (CHATS, NE, watching(TeamsLocation=["All"], TeamsLocationException=LEFT_OUT)),
    (CHATS, NE, set_to(DLP, OLD, Mode="On")),
    (CHATS, NOT, set_to(DLP, CARDS, Mode="Enable", TeamsLocation=["sales@fjordline.example"])),
]
NAMES = sorted({name for name, _, _ in CASES})


@each_of(CASES)
def test_purview(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_purview_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


@pytest.mark.parametrize("fault", faults(DEMO))
def test_nothing_is_concluded_from_a_damaged_export(fault: str, bench: Bench) -> None:
    faults(DEMO)[fault](bench)
    assert {name: concluded(name, bench) for name in NAMES} == dict.fromkeys(NAMES, NE)


def test_a_gap_says_whom_labels_are_for(bench: Bench) -> None:
    set_to(LABELS, EVERYONE, ExchangeLocationException=["board@fjordline.example"])(bench)
    reason = conclusion(PUBLISHED, bench.folder)[1]
    assert "'Labels for everyone' (All but board@fjordline.example), 'Legal' (legal@fjordline.example)" in reason


def test_a_gap_says_what_each_policy_does(bench: Bench) -> None:
    exported(DEMO)(bench)
    reason = conclusion(PREVENTED, bench.folder)[1]
    assert "'Payment cards' (TestWithNotifications), 'Personal data (2023)' (Disable)" in reason
