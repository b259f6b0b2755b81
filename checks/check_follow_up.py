"""Follow-up and review: actions that ask people to look at something again and again. Most are retired."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
