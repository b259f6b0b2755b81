"""`--explain ACTION`: one improvement action at a glance, in the terminal. Nothing is judged, and no report is touched."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

import pytest

from fixtures.actions import CLAIMED, action_of
from fixtures.areas import BY_SLUG
from fixtures.evidence import STORE, is_active, is_worker, preflights
from fixtures.judging import evidence_of, record_of
from fixtures.licences import EVIDENCE_GATES
from fixtures.permissions import title
from fixtures.record import Record
from fixtures.secure_score import catalogue
from fixtures.text import one_line, some, visible

from .markup import HTTPS
from .text import lines_of

_CHOSEN = pytest.StashKey[str]()
_MOST_SUGGESTED = 8
_LABELS, _WIDEST = 14, 110


def pytest_addoption(parser: pytest.Parser) -> None:
    help_text = "one action at a glance: what it is, what our check reads, what to do; ACTION is its id, or a part of its id or title"
    parser.getgroup("m365").addoption("--explain", metavar="ACTION", help=help_text)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    wanted, option = config.getoption("--explain"), config.option
    if wanted is None or not is_active(config):
        return
    if not wanted.strip():
        raise pytest.UsageError("--explain wants an action, for example --explain AdminMFAV2.")
    if preflights(config) or option.area or option.action or option.keyword or option.markexpr:
        raise pytest.UsageError("--explain is about one action alone: leave out --preflight, --area, --action, -k and -m.")
    if getattr(option, "dist", "no") != "no":
        option.dist, option.tx = "no", []  # there is nothing to distribute


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The action is known before anything is collected, and one that is none is one line."""
    config = session.config
    if config.getoption("--explain") is None or STORE not in config.stash or is_worker(config):
        return
    found = catalogue(config)
    titles = dict.fromkeys(config.stash[CLAIMED] - EVIDENCE_GATES.keys(), "")
    titles |= {action.id: action.title for action in found.actions.values()}
    for key in found.actions.keys() & titles.keys():
        if found.actions[key].id != key:
            del titles[key]  # the tenant's own spelling stands beside it
    try:
        config.stash[_CHOSEN] = chosen(config.getoption("--explain").strip(), titles)
    except LookupError as error:
        lost = f" The catalogue could not be read: {found.problem.reason}" if found.problem else ""
        raise pytest.UsageError(one_line(f"{error.args[0]}{lost}")) from None


def chosen(wanted: str, titles: Mapping[str, str]) -> str:
    """The id among `titles` (titles by id) that is meant: the very one, else the only one without regard to case that it is, or that it
    is a part of, by id or by title. Raises `LookupError` with suggestions.
    """
    if wanted in titles:
        return wanted
    folded = wanted.casefold()
    same = [action for action in titles if action.casefold() == folded]
    near = same or [action for action, name in titles.items() if folded in action.casefold() or folded in name.casefold()]
    if len(near) == 1:
        return near[0]
    if near:
        raise LookupError(f"{wanted!r} is in several actions: {some(sorted(near, key=str.casefold), _MOST_SUGGESTED)}.")
    by_fold = {action.casefold(): action for action in titles}
    close = [by_fold[match] for match in get_close_matches(folded, by_fold, _MOST_SUGGESTED, 0.6)]
    hint = f"Perhaps {', '.join(close)}." if close else "A part of its id or title is enough."
    raise LookupError(f"unknown action {wanted!r}: neither the tenant's catalogue nor a check has it. {hint}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """In place of the checks."""
    config = session.config
    if _CHOSEN not in config.stash or session.testsfailed:
        return None
    wanted = config.stash[_CHOSEN].casefold()
    item = next((item for item in session.items if (action_of(item) or "").casefold() == wanted), None)
    if item is None:
        raise pytest.UsageError(f"--explain: the check of {visible(config.stash[_CHOSEN])} was not collected: name no file.")
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    width = min(terminal._tw.fullwidth if terminal else 80, _WIDEST)
    for line in told(record_of(item), [title(name) for name in evidence_of(item)], width):
        terminal.write_line(line) if terminal else print(line)
    return True


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if _CHOSEN in session.config.stash and int(session.exitstatus) in {0, 5}:
        session.exitstatus = 0


def told(record: Record, reads: list[str], width: int = 80) -> Iterator[str]:
    """Line by line, no longer than `width` where there is a space to break at. What comes from the tenant can do nothing to a terminal."""
    yield from _wrapped(one_line(record.title), width)
    rank = f", rank {record.rank}" if record.rank is not None else ""
    yield one_line(f"{record.action or record.claims} - {BY_SLUG[record.area].name}{rank}")
    yield ""
    for label, paragraphs in _facts(record, reads):
        for number, paragraph in enumerate(part for part in paragraphs if part):
            begin = f"{label if not number else '':<{_LABELS}}"
            lines = _wrapped(paragraph, max(width - _LABELS, 40))
            yield from (f"{begin if not place else ' ' * _LABELS}{line}" for place, line in enumerate(lines))


def _facts(record: Record, reads: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Label and paragraphs."""
    known = record.action is not None
    points = f"{record.points.earned:g} of {record.points.max:g}" if record.points else "not known"
    yield "points", [points if known else "It is not in this tenant's Secure Score."]
    yield "Microsoft", list(_microsoft(record))
    direct = record.basis == "direct"
    yield "our check", [record.claim, record.expected if direct and record.expected != record.claim else ""]
    yield "reads", [f"{', '.join(reads)}." if direct else "Microsoft's score alone: no setting is read for it."]
    yield "permissions", [", ".join(record.permissions) or "none"]
    yield "licence", list(_licence(record))
    yield "user impact", [record.user_impact or "not said"]
    yield "cost", [record.implementation_cost or "not said"]
    yield "threats", [", ".join(record.threats) or "not said"]
    yield "what to do", [*_plain(record.remediation)] or ["not said"]
    yield "users notice", [*_plain(record.remediation_impact)] or ["not said"]
    yield "link", [record.url if HTTPS.fullmatch(record.url) else "none that is an https address"]


def _licence(record: Record) -> Iterator[str]:
    """Whether what it needs is held, and what that is where the note does not say so already."""
    licence = record.licence
    if licence is None:
        yield "Not known."
        return
    said = {"absent": "Not held. ", "unknown": "Not known. "}
    yield f"{said.get(licence.state, '')}{licence.note}"
    if licence.wanted and licence.wanted not in licence.note:
        yield f"It needs {licence.wanted}."


def _microsoft(record: Record) -> Iterator[str]:
    """Its score with its date, its words, and what somebody clicked."""
    theirs = record.microsoft
    if theirs is None or theirs.score is None:
        yield "It is not scored for this tenant."
    else:
        yield f"{theirs.score:g} points, as of {f'{theirs.last_synced:%Y-%m-%d}' if theirs.last_synced else 'a day it does not say'}."
    if record.deprecated:
        yield "It is deprecated."
    if theirs:
        yield from _plain(theirs.status)
    if theirs and theirs.state:
        by = f" by {theirs.state_by}" if theirs.state_by else ""
        at = f" on {theirs.state_at:%Y-%m-%d}" if theirs.state_at else ""
        said = f": {theirs.state_comment}" if theirs.state_comment else "."
        yield f"Set to {theirs.state}{by}{at}{said}"


def _plain(markup: str) -> Iterator[str]:
    """Microsoft's HTML, a paragraph a line."""
    yield from (f"{prefix}{text}" for prefix, text in lines_of(markup))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(one_line(text), width, break_long_words=False, break_on_hyphens=False) or [""]
