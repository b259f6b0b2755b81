"""Purview Information Protection, formerly Azure Information Protection: labels, and policies that keep data in."""

from __future__ import annotations

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every other action of this area)
from fixtures.actions import needs_licence
from fixtures.judging import Observed
from fixtures.licences import LABELS
from fixtures.resources.workloads import SensitivityLabels


@needs_licence(LABELS)
def check_sensitivity_labels_exist(sensitivity_labels: SensitivityLabels, observed: Observed) -> None:
    """At least one sensitivity label exists. To whom labels are published Graph does not say: that action is judged by its score."""
    observed("labels", list(sensitivity_labels.names))
    assert sensitivity_labels.names, "The tenant has no sensitivity label, so nothing can be labelled."
