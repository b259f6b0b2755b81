"""Defender for Endpoint, formerly Windows Defender ATP: the state of devices. Each score is a ratio of the fleet."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
