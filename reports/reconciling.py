"""Our verdicts against Microsoft's: how often they agree, every action on which they do not, and what is known of why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fixtures.record import Record
from fixtures.secure_score import refreshed_within
from fixtures.verdicts import Verdict

from .posture import Posture, missing_points

DIFFER = {
    "disagree": "Microsoft should have seen this by now, and still says otherwise. Look at both before believing either.",
    "awaiting refresh": "Microsoft's figure may be older than the change. Look again after its next refresh.",
}
"""The ways in which two verdicts differ, the worse first, and what to make of each."""
SCORE, RECOMMENDATION = "Secure Score", "Entra ID's recommendation"
"""Whose word it is."""
_ORDER = list(DIFFER)
_BOTH = "judged by both: "
_JUDGED = {Verdict.MET, Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.KNOWN}
_LAST_RANK = 100_000
_OFTEN = {timedelta(days=1): "once a day", timedelta(days=7): "once a week", timedelta(days=31): "once a month"}


def groups(posture: Posture) -> list[tuple[str, list[Record]]]:
    """Every action that ran, once: what was judged by evidence of our own and by Microsoft, by how the two stand, and the rest."""
    found: dict[str, list[Record]] = {_BOTH + word: [] for word in ("agree", *DIFFER)}
    alone, ours, neither = "judged by Microsoft's score alone", "judged by us alone", "judged by neither"
    found |= {alone: [], ours: [], neither: []}
    for record in posture.of_actions():
        theirs = record.microsoft is not None and record.microsoft.agreement != "not scored"
        if record.verdict not in _JUDGED:
            found[neither].append(record)
        elif record.basis != "direct":
            found[alone].append(record)
        elif not theirs or record.microsoft is None:
            found[ours].append(record)
        else:
            found[_BOTH + record.microsoft.agreement].append(record)
    return list(found.items())


def differing(posture: Posture) -> list[Record]:
    """The actions on which Microsoft's score, or Entra ID's recommendation, says otherwise than we do: disagreement first, then what is
    worth most, then by rank and id."""
    found = [record for record in posture.of_actions() if how(record) is not None]
    return sorted(
        found,
        key=lambda r: (_ORDER.index(how(r) or ""), -abs(at_stake(r) or 0), r.rank or _LAST_RANK, (r.action or "").casefold()),
    )


def how(record: Record) -> str | None:
    """How the verdicts on an action differ; None where nobody says otherwise."""
    said = {word for word, _ in who_differs(record)}
    return next((word for word in _ORDER if word in said), None)


def who_differs(record: Record) -> list[tuple[str, str]]:
    """Who of the two says otherwise, and how."""
    said: list[tuple[str, str]] = [(record.microsoft.agreement, SCORE)] if record.microsoft else []
    said += [(record.second_opinion.agreement, RECOMMENDATION)] if record.second_opinion else []
    return [(word, who) for word, who in said if word in DIFFER]


def at_stake(record: Record) -> float | None:
    """The points by which the score would change, should Microsoft come to see it as we do. None where it gives no score."""
    theirs = record.microsoft
    if theirs is None or theirs.score is None:
        return None
    if theirs.agreement not in DIFFER:
        return 0.0
    return missing_points(record) if record.verdict is Verdict.MET else -theirs.score


def reasons(record: Record) -> list[str]:
    """What is known of how Microsoft scores that bears on a difference, a sentence each."""
    return [said for word, who in who_differs(record) for said in (_of_score(record) if who == SCORE else _of_recommendation(record))]


def _of_score(record: Record) -> Iterator[str]:
    """learn.microsoft.com/defender-xdr/microsoft-secure-score, and microsoft-secure-score-improvement-actions beside it."""
    theirs, points = record.microsoft, record.points
    assert theirs is not None
    if record.verdict is not Verdict.MET and (theirs.state or "").casefold() == "thirdparty":
        yield "Somebody marked it as resolved by a third party: Microsoft gives all points for that, and looks at nothing."
    if record.verdict is not Verdict.MET and record.licence and record.licence.state in ("absent", "not active"):
        yield "Microsoft scores every action of a product of which one licence is held, whatever the plan."
    if record.verdict is not Verdict.MET and record.area == "defender-for-endpoint":
        yield (
            "An exception for all devices in Defender Vulnerability Management changes Microsoft's score within hours; one for a group of "
            "devices does not."
        )
    if record.verdict is Verdict.MET and points is not None and 0 < (theirs.score or 0.0) < points.max:
        yield "Microsoft gives points in proportion to the people or devices it has counted, and has not counted all of them as done."
    if theirs.last_synced is None:
        yield "Microsoft does not say when it last looked."
    else:
        often = _OFTEN[refreshed_within(record.area)]
        longer = ", which is longer ago than that" if theirs.agreement == "disagree" else ""
        yield f"Microsoft scores this {often}, and last did on {theirs.last_synced:%Y-%m-%d}{longer}."


def _of_recommendation(record: Record) -> Iterator[str]:
    """learn.microsoft.com/entra/identity/monitoring-health/overview-recommendations."""
    opinion = record.second_opinion
    looked = f", and last did on {opinion.looked:%Y-%m-%d}" if opinion and opinion.looked else ""
    yield f"Entra ID looks at its recommendations once a day{looked}."
