"""Defender for Office 365, formerly Office 365 ATP: mail filtering, Safe Links, Safe Attachments, anti-phishing."""

from checks.scored import check_scored_by_microsoft  # noqa: F401  (one item for every action of this area)
