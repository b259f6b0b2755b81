"""What a run exits with: nothing but a posture ends in 0 or 1."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest

from fixtures.areas import AREAS
from fixtures.text import visible
from fixtures.verdicts import Verdict
from reports.posture import Change, Effect, Posture

from .baseline import may_keep

MET, NOT_MET, INCOMPLETE, INCOMPLETE_AND_NOT_MET = 0, 1, 10, 11
USAGE_ERROR = 4
OUR_ERROR = 3
# What counts where nobody says: everything, and with a baseline what got worse.
ALONE, COMPARED = ("any",), ("regression", "lost-coverage")
_SCORE = re.compile(r"score<(\d{1,3}(?:\.\d{1,2})?)")
_EFFECTS: dict[str, Effect] = {"regression": "regression", "lost-coverage": "lost coverage", "new": "new"}
_AREAS = {f"area:{area.slug}" for area in AREAS}


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = (
        "what ends in exit status 1: any, regression, lost-coverage, new, score<N (per cent), area:NAME; several with commas. "
        "Default: any, and with a baseline regression,lost-coverage"
    )
    parser.getgroup("m365").addoption("--fail-on", metavar="WHAT", help=help_text)


def wanted(config: pytest.Config) -> list[str]:
    """What counts in this run. Raises `pytest.UsageError` for a word that is none of them, or that needs a baseline."""
    given = config.getoption("--fail-on")
    if given is None:
        return list(COMPARED if config.getoption("--baseline") else ALONE)
    words = [word.strip().casefold() for word in given.split(",")]
    for word in words:
        score = _SCORE.fullmatch(word)
        if not (word in {"any", *_EFFECTS, *_AREAS} or (score and float(score[1]) <= 100)):
            known = "any, regression, lost-coverage, new, score<N, area:NAME"
            raise pytest.UsageError(f"--fail-on: {visible(word)} is none of {known}.")
        if word in _EFFECTS and not config.getoption("--baseline"):
            raise pytest.UsageError(f"--fail-on {word} compares with a baseline, and none is given: add --baseline FILE.")
    return list(dict.fromkeys(words))


def pytest_sessionstart(session: pytest.Session) -> None:
    wanted(session.config)


def reasons(posture: Posture, words: Sequence[str]) -> list[str]:
    """Why the run ends in 1, one sentence a word that counts; none where it does not."""
    found = ((word, _counts(word)(posture)) for word in words)
    return [sentence for _, sentence in found if sentence]


def _counts(word: str) -> Callable[[Posture], str]:
    if word == "any":
        return _anything
    if word in _EFFECTS:
        return lambda posture: _changed(posture.changes, _EFFECTS[word])
    if word in _AREAS:
        return lambda posture: _in_area(posture, word.removeprefix("area:"))
    least = float(word.removeprefix("score<"))
    return lambda posture: _score(posture, least)


_NOT_MET = {Verdict.NOT_MET, Verdict.KNOWN}


def _anything(posture: Posture) -> str:
    number = sum(record.verdict in _NOT_MET for record in posture.verdicts)
    return f"{number} not met." if number else ""


def _changed(changes: Sequence[Change], effect: Effect) -> str:
    named = [change.action or change.key for change in changes if change.effect == effect]
    told = {"regression": "got worse since the baseline", "lost coverage": "were judged in the baseline and are not now", "new": "are new"}
    return f"{len(named)} {told[effect]}: {', '.join(named[:5])}{' and more' if len(named) > 5 else ''}." if named else ""


def _in_area(posture: Posture, slug: str) -> str:
    number = sum(record.verdict in _NOT_MET and record.area == slug for record in posture.verdicts)
    return f"{number} not met in {slug}." if number else ""


def _score(posture: Posture, least: float) -> str:
    """A score that nobody knows is not above anything: it counts."""
    percentage = posture.score.percentage if posture.score else None
    if percentage is None:
        return f"Secure Score is not known, and {least:g} per cent was asked for."
    return f"Secure Score is {percentage:g} per cent, below {least:g}." if percentage < least else ""


def exit_status(posture: Posture, words: Sequence[str] = ALONE) -> int:
    """The status of a run that came to its end, by what it found and what counts."""
    verdicts = {record.verdict for record in posture.verdicts}
    incomplete = Verdict.NOT_EVALUATED in verdicts or posture.selection.stopped is not None
    if reasons(posture, words):
        return INCOMPLETE_AND_NOT_MET if incomplete else NOT_MET
    return INCOMPLETE if incomplete else MET


@pytest.hookimpl(trylast=True)  # by then what is accepted and what changed is known
def pytest_m365_posture(config: pytest.Config, posture: Posture, status: int) -> None:
    """pytest's own statuses for a run that was interrupted, broke or had nothing to do stay as they are."""
    posture.fail_on = wanted(config)
    posture.exit_status = exit_status(posture, posture.fail_on) if status in {0, 1} else status
    if not may_keep(config, posture) and posture.exit_status == MET:
        posture.exit_status = USAGE_ERROR
