"""The report's words: what a verdict, a cause, an exit status means, in one sentence for a reader who has only the report."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

NOT_SELECTED = "not selected"


class Word(NamedTuple):
    """A verdict with the sign that stands for it where colour does not help, and what it means."""

    name: str
    sign: str
    meaning: str

    @property
    def css(self) -> str:
        return "v-" + self.name.replace(" ", "-")


WORDS = (
    Word("met", "✓", "The evidence shows that the action is done."),
    Word("accepted", "◆", "Not done, and someone with a name took the risk, or solved it otherwise, until a date."),
    Word("known", "◇", "Not done, and it was not done in the baseline this run is compared with either."),
    Word("not met", "✗", "The evidence shows that it is not done, or not for everyone it is meant for."),
    Word("not evaluated", "?", "The evidence could not be had, or not be trusted. Nothing is said about the action, neither good nor bad."),
    Word("not licensed", "○", "The tenant holds none of the licences that bring the feature."),
    Word("not applicable", "–", "A fact in the evidence rules it out: there is nothing of the kind it would protect."),
    Word("not scored", "□", "In Microsoft's catalogue, but Microsoft gives this tenant no score for it, and no setting is read directly."),
    Word(NOT_SELECTED, "…", "In the catalogue, and left out of this run."),
)
BY_NAME = {word.name: word for word in WORDS}

# What needs someone's hands first. Met comes last.
NEEDS_ACTION = ("not met", "not evaluated", "known", "accepted", "not scored", "not licensed", "not applicable", "met")

SOURCES = {
    "live": "read live from Microsoft Graph",
    "snapshot": "replayed from a snapshot: what the tenant was when it was recorded",
    "demo": "the demo tenant",
}

CURES = {
    "permission": "Grant the reader the permission that is named, have an administrator consent, and run again. "
    "“pytest --preflight” lists all that are missing.",
    "throttled": "Graph asked for more patience than one run has. Run again at a quieter time.",
    "unavailable": "Graph gave an error, or has nothing at that address. Run again; where it stays so, the evidence holds Graph's answer.",
    "not in this cloud": "This cloud does not offer the data. Judge these by hand in the portal.",
    "truncated": "A page of the answer is missing. Run again, or record the snapshot again.",
    "malformed": "The answer was damaged, or not what Graph documents. Run again, or record the snapshot again.",
    "stale": "The data are too old to judge by. Wait for Microsoft's next refresh, or find out why it stopped.",
    "defect": "An error of this tool and not of the tenant. Run the check alone with “--tb=long”, and report what it says.",
    "not run": "The run ended before their turn came. Run again to the end.",
}

EXIT = {
    0: "everything was evaluated, and there is nothing to act on",
    1: "everything was evaluated, and something needs action",
    2: "interrupted: what did not run is not evaluated",
    3: "an error of the tool: do not rely on this run",
    4: "the command line was wrong",
    5: "nothing was selected",
    10: "incomplete: something could not be evaluated; nothing else is wrong",
    11: "incomplete: something could not be evaluated, and something needs action",
}

AGREEMENTS = {
    "agree": "agrees",
    "awaiting refresh": "awaits its refresh, ours is newer",
    "disagree": "disagrees",
    "not scored": "says nothing to compare with",
}

BASES = {
    "direct": "direct: from the setting itself",
    "scored": "scored: Microsoft's word alone",
}


class Effect(NamedTuple):
    """What a difference from the baseline does, said of one and of many, and the class that colours it."""

    one: str
    many: str
    css: str

    def counted(self, count: int) -> str:
        return f"{count} {self.one if count == 1 else self.many}"


# By the `Effect` of a change, the worst first.
EFFECTS: dict[str, Effect] = {
    "regression": Effect("got worse", "got worse", "fell"),
    "lost coverage": Effect("lost its coverage", "lost their coverage", "outdated"),
    "not evaluated": Effect("could not be evaluated", "could not be evaluated", "outdated"),
    "new": Effect("is new and not met", "are new and not met", ""),
    "accepted": Effect("was accepted", "were accepted", "accepted"),
    "improvement": Effect("got better", "got better", "rose"),
    "other": Effect("changed otherwise", "changed otherwise", ""),
}

EXCEPTION_STATES = {
    "risk-accepted": "risk accepted",
    "third-party": "resolved by a third party",
    "alternate-mitigation": "mitigated otherwise",
}

# What the address of an action leads to, where it is not the portal in which the setting is.
_INSTRUCTIONS = ("learn.", "docs.", "support.", "help.", "developer.", "blog.")
_FORWARDS = {"go.microsoft.com", "aka.ms"}


def where_it_leads(url: str) -> str:
    """What a link says: the portal it opens, or that it is a page to read."""
    host = urlsplit(url).hostname or ""
    if host in _FORWARDS:
        return f"Open Microsoft's page ({host})"
    return f"Read the instructions ({host})" if host.startswith(_INSTRUCTIONS) else f"Open in the portal ({host})"
