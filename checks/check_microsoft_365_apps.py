"""Microsoft 365 apps and settings: Forms, Sway, the store and trials."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
