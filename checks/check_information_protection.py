"""Purview Information Protection, formerly Azure Information Protection: labels, and policies that keep data in."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import configured_action, needs_licence
from fixtures.judging import Observed
from fixtures.licences import LABELS
from fixtures.resources.answers import asked
from fixtures.resources.purview import AutoLabelPolicy, DlpPolicy, LabelPolicy
from fixtures.resources.workloads import SensitivityLabels
from fixtures.text import some


@needs_licence(LABELS)
def check_sensitivity_labels_exist(sensitivity_labels: SensitivityLabels, observed: Observed) -> None:
    """At least one sensitivity label exists. Whether labels are published to people is an action of its own."""
    observed("labels", list(sensitivity_labels.names))
    assert sensitivity_labels.names, "The tenant has no sensitivity label, so nothing can be labelled."


@configured_action("mip_sensitivitylabelspolicies")
def check_labels_are_published_to_everyone(label_policies: tuple[LabelPolicy, ...], observed: Observed) -> None:
    """A label policy publishes sensitivity labels to every user.

    Microsoft's score counts the users who are offered labels. Policies that together name everybody, group by group, are not known to:
    one that is for all, without exceptions, is wanted. Whether a policy is switched off an export does not show.
    """
    everyone = asked(label_policies, lambda policy: policy.reaches_everyone)
    some_only = [policy.title for policy in label_policies if policy.reaches_somebody and policy.reaches_everyone is False]
    observed("policies for everyone", list(everyone.yes))
    observed("policies for some", some_only)
    if not everyone.yes:
        everyone.settle("whom these label policies are for")
    assert everyone.yes or not some_only, f"Labels are published to some alone, and not to everyone else: {some(some_only)}."
    assert everyone.yes, f"None of {len(everyone.no)} label policies publishes a label to anyone."


@configured_action("mip_autosensitivitylabelspolicies")
def check_labels_are_put_on_by_themselves(auto_label_policies: tuple[AutoLabelPolicy, ...], observed: Observed) -> None:
    """An auto-labelling policy is on for all of Exchange, OneDrive or SharePoint: one of the three is enough.

    One that only simulates labels nothing. Microsoft's score counts the users it reaches, so one for some of them is not enough.
    """
    everyone = asked(auto_label_policies, lambda policy: policy.reaches_everyone)
    observed("policies for everyone", list(everyone.yes))
    observed("other policies", [*everyone.no, *everyone.silent])
    if not everyone.yes:
        everyone.settle("whether these auto-labelling policies are on, and for whom")
    assert everyone.no or everyone.yes, "There is no auto-labelling policy."
    assert everyone.yes, f"None of {len(everyone.no)} auto-labelling policies is on for a whole service: {some(everyone.no)}."


@configured_action("dlp_datalossprevention")
def check_data_loss_prevention_is_on(dlp_policies: tuple[DlpPolicy, ...], observed: Observed) -> None:
    """At least one data loss prevention policy is on and watches a place.

    Microsoft is content with a policy that exists. One that only tests keeps nothing in, and does not count here.
    """
    protecting = asked(dlp_policies, lambda policy: policy.protects)
    observed("policies that are on", list(protecting.yes))
    observed("other policies", [*protecting.no, *protecting.silent])
    if not protecting.yes:
        protecting.settle("whether these policies are on, and where")
    assert protecting.no or protecting.yes, "There is no data loss prevention policy."
    assert protecting.yes, f"None of {len(protecting.no)} data loss prevention policies is on: {some(protecting.no)}."


@configured_action("mip_DLP_policies_Teams")
def check_data_loss_prevention_watches_teams(dlp_policies: tuple[DlpPolicy, ...], observed: Observed) -> None:
    """A data loss prevention policy is on for the Teams messages of everyone.

    One that only tests keeps nothing in, and one for some accounts leaves out all others: neither counts.
    """
    everyone = asked(dlp_policies, lambda policy: policy.protects_all_chats)
    some_only = [policy.chats for policy in dlp_policies if policy.protects_some_chats and policy.protects_all_chats is False]
    observed("policies for everyone's messages", list(everyone.yes))
    observed("policies for some accounts' messages", some_only)
    observed("other policies", [policy.title for policy in dlp_policies if not policy.protects_some_chats])
    if not everyone.yes:
        everyone.settle("whether these policies are on for Teams, and for whom")
    assert everyone.yes or not some_only, f"Teams messages are watched of some alone, and not of everyone else: {some(some_only)}."
    assert everyone.yes, f"None of {len(everyone.no)} data loss prevention policies is on for Teams messages."
