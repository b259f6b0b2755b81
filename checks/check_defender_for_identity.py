"""Defender for Identity, formerly Azure ATP: the on-premises directory and its sensors."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
