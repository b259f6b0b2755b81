"""What no other area claims, among it whatever Microsoft added this morning."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
