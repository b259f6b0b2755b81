"""Customer Lockbox: Microsoft's engineers ask before they reach content."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
