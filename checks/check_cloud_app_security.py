"""Defender for Cloud Apps, formerly Cloud App Security, with app governance and the connected SaaS apps."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
