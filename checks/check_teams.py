"""Teams: who may join, start and present in meetings."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
