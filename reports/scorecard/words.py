"""The scorecard's constant words."""

from __future__ import annotations

from . import shares

TITLE = "Microsoft 365 security scorecard"

# Whom Microsoft compares with, by its name in lower case. The range of seats is left out: it tells who this may be.
PEERS = {"totalseats": "tenants of the same size", "alltenants": "all tenants"}

SOURCES = {
    "live": "Microsoft Graph, read live",
    "snapshot": "a recording of Microsoft Graph: the tenant as it was then",
    "demo": "the demonstration tenant",
}

# The parts of the catalogue, in their order.
SLICES = {
    "direct": "judged by the setting itself, read directly",
    "scored": "judged by Microsoft’s score for the action",
    "not licensed": "not judged: no licence for the feature",
    "not applicable": "not judged: nothing there that it would protect",
    "not scored": "not judged: no score from Microsoft, and no setting to read",
    "not evaluated": "could not be evaluated",
    "not selected": "left out of this run",
}

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight")
METHOD = (
    (
        "Method",
        "Each improvement action in the organisation’s own Microsoft Secure Score catalogue counts once. Where Microsoft Graph shows "
        "the setting, it was read and judged; elsewhere Microsoft’s score for the action decides, and only full points pass. "
        "What could not be read is never taken for good, and never leaves the total. Judging changes nothing in the tenant.",
    ),
    (
        "Shares",
        f"The share of Secure Score points is given in three bands, for areas with at least {_NUMBERS[shares.LEAST]} judged actions "
        "that carry points, each less than a quarter of them; so no single action can be told from it. "
        "Where Microsoft’s points and the verdict differ, the lower counts.",
    ),
)
LIMITS = (
    (
        "Scope and limits",
        "This page covers what Microsoft Secure Score lists for one Microsoft 365 tenant at the time of the run, and not servers on "
        "the premises, other clouds or what people do. The Secure Score is Microsoft’s figure, counts what was declared "
        "as solved elsewhere, and neither it nor this page is a certificate or proves that the organisation is safe.",
    ),
)
