"""Exchange Online: auditing, mail tips, add-ins, sharing. Graph shows none of these settings; Microsoft's score is the evidence."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
