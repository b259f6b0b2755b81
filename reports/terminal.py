"""The summary under pytest's own output: what an administrator reads first, and often all that he reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fixtures.evidence import STORE, is_active, is_worker
from fixtures.graph.failure import Cause
from fixtures.record import Record
from fixtures.text import one_line, visible
from fixtures.verdicts import Verdict

from .collecting import POSTURE
from .plugin import NOTES, written_in
from .posture import AreaSummary, Posture, missing_points

_MARK = {"met": "+", "not met": "-", "accepted": "~", "known": "~", "not evaluated": "?"}
_CURE = {
    Cause.PERMISSION: "grant the permission named, then run again",
    Cause.THROTTLED: "run again later, or with more --patience",
    Cause.UNAVAILABLE: "see whether the service is set up, and run again",
    Cause.NOT_IN_CLOUD: "nothing: Microsoft does not offer it there",
    Cause.TRUNCATED: "run again, or record the snapshot again",
    Cause.MALFORMED: "run again; report it if it stays",
    Cause.STALE: "wait until Secure Score refreshes it",
    Cause.DEFECT: "report it, with the output of --tb=long",
    Cause.NOT_RUN: "run all of it",
}


def pytest_report_header(config: pytest.Config) -> str | None:
    store = config.stash.get(STORE, None)
    if store is None:
        return None
    tenant = store.tenant
    told = "the demo tenant, which does not exist" if tenant.source == "demo" else f"{tenant.label} ({tenant.source}, {tenant.cloud.name})"
    return visible(f"tenant: {told}")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Reasons stand in full under each failure and the gaps in the summary below: pytest's list of both would be a third."""
    if is_active(config) and not is_worker(config) and getattr(config.option, "reportchars", "") == "fE":
        config.option.reportchars = "N"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Reasons quote the tenant: what a terminal would obey is taken out of them before any reporter prints."""
    report: pytest.TestReport = yield  # type: ignore[assignment]
    if hasattr(report, "m365"):
        if isinstance(report.longrepr, str):
            report.longrepr = visible(report.longrepr)
        elif isinstance(report.longrepr, tuple):
            path, line, reason = report.longrepr
            report.longrepr = (path, line, visible(reason))
        elif report.longrepr is not None:
            report.longrepr = visible(str(report.longrepr))  # a traceback that was asked for quotes the tenant too
        if hasattr(report, "wasxfail"):
            report.wasxfail = visible(report.wasxfail)
    return report  # type: ignore[return-value]


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    posture = config.stash.get(POSTURE, None)
    if posture is None or terminalreporter.verbosity < -1:
        return
    write = terminalreporter.write_line
    terminalreporter.section(one_line(f"posture of {posture.tenant.name}"), sep="=", bold=True)
    for line in (*_changed(posture), *_summary(posture)):
        write(_line(line))
    if posture.gaps:
        terminalreporter.section("gaps worth most", sep="-")
        for record in posture.gaps[:10]:
            write(_line(_gap(record)))
    if posture.not_evaluated:
        terminalreporter.section("not evaluated", sep="-", red=True)
        for line in _not_evaluated(posture):
            write(_line(line))
    terminalreporter.section("deliverables", sep="-")
    for name, path in written_in(config):
        write(f"{name:<10} {path}")
    for note in config.stash.get(NOTES, []):
        write(_line(note))


def _line(text: str) -> str:
    """A line of ours stays one, whatever a name in it holds; its columns stay too."""
    return visible(text).replace("\n", " ")


# What stands in front of the line of each effect.
_EFFECTS = {"regression": "-", "lost coverage": "?", "not evaluated": "?", "new": "*", "accepted": "~", "improvement": "+", "other": " "}
_MOST_CHANGES = 15


def _changed(posture: Posture) -> Iterator[str]:
    """What is different from the baseline, the worst first: the first thing that anybody wants to know."""
    if posture.baseline is None:
        return
    found, told = posture.changed, ", ".join(f"{number} {effect}" for effect, number in posture.effects.items())
    yield f"changed    since the baseline of {posture.baseline.as_of:%Y-%m-%d}: {told or 'nothing'}"
    for change in found[:_MOST_CHANGES]:
        yield (
            f"{_EFFECTS[change.effect]} {change.effect:<13} {change.before or 'not there'} -> {change.after or 'not there'}, "
            f"{change.because}: {change.title} [{change.action or change.key}]"
        )
    if len(found) > _MOST_CHANGES:
        yield f"  and {len(found) - _MOST_CHANGES} more: they are in the report"
    yield ""


def _summary(posture: Posture) -> Iterator[str]:
    if posture.tenant.source == "demo":
        yield "This is the demo tenant. Name your own with --tenant."
    tenant = posture.tenant
    yield f"tenant     {tenant.name} ({tenant.id or 'id unknown'}), {tenant.source}, as of {posture.as_of:%Y-%m-%d %H:%M} UTC"
    yield f"score      {_score(posture)}"
    totals = posture.totals
    told = ", ".join(f"{count} {verdict}" for verdict, count in totals.items() if count and verdict != "actions")
    yield f"actions    {totals['actions']}: {told or 'none known'}"
    if not posture.selection.complete:
        yield f"partial    {_partial(posture)}"
    yield ""
    yield f"{'area':<47}{'met':>5}{'not met':>9}{'accepted':>10}{'unknown':>9}{'other':>7}{'points':>15}"
    for area in posture.areas:
        yield _area(area, posture)


def _partial(posture: Posture) -> str:
    if posture.selection.stopped:
        return f"the run stopped early: {posture.selection.stopped}"
    return f"{posture.selection.selected} checks were selected: {' '.join(posture.selection.arguments) or 'by what was asked for'}"


def _score(posture: Posture) -> str:
    score = posture.score
    if score is None or score.current is None:
        return "unknown: Secure Score could not be read"
    told = (
        f"{score.current:g} of {score.max:g} points ({score.percentage:.1f} %)"
        if score.max and score.percentage is not None
        else f"{score.current:g}"
    )
    others = "; ".join(f"{c.whom}: {c.average:g}" for c in score.compared_with)
    return f"{told}, of {score.date:%Y-%m-%d}" + (f"; average of {others}" if others else "")


def _area(area: AreaSummary, posture: Posture) -> str:
    totals = area.totals
    if not totals["actions"]:  # prerequisites are no actions: counted as what they are
        verdicts = [record.verdict for record in posture.verdicts if record.area == area.slug]
        totals = {str(verdict): verdicts.count(verdict) for verdict in Verdict} | {"not selected": 0}
    unknown = totals["not evaluated"]
    accepted = totals["accepted"] + totals["known"]
    other = totals["not licensed"] + totals["not applicable"] + totals["not scored"] + totals["not selected"]
    points = f"{area.points:g}/{area.max_points:g}" if area.max_points else ""
    return (
        f"{area.name.split(' (formerly')[0]:<47.46}{totals['met']:>5}{totals['not met']:>9}{accepted:>10}{unknown:>9}{other:>7}{points:>15}"
    )


def _gap(record: Record) -> str:
    rank = f"rank {record.rank}" if record.rank is not None else "no rank"
    return f"{_MARK[record.verdict]} {missing_points(record):>5.2f} points  {rank:<9} {record.title} [{record.action}]"


def _not_evaluated(posture: Posture) -> Iterator[str]:
    """By cause, the same reason once, with what it cost."""
    by_reason: dict[tuple[str, str], list[Record]] = {}
    for record in posture.not_evaluated:
        by_reason.setdefault((str(record.cause), record.reason), []).append(record)
    for (cause, reason), records in sorted(by_reason.items(), key=lambda entry: (entry[0][0], -len(entry[1]))):
        named = ", ".join(record.action or record.title for record in records[:4])
        more = f" and {len(records) - 4} more" if len(records) > 4 else ""
        yield f"? {cause}: {reason} [{named}{more}] To cure: {_CURE[Cause(cause)]}."
