"""`python -m ci explain posture.json`: why a run ended as it did, in plain words. `annotate` marks it in a pipeline's log, `notify` tells
a chat what changed, `fleet` sums up many postures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from fixtures.text import one_line, visible
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Posture

from . import annotate, fleet, notify
from .baseline import why_no_baseline
from .exit_status import ALONE, INCOMPLETE, INCOMPLETE_AND_NOT_MET, MET, NOT_MET, reasons

_MEANS = {
    MET: "Everything was evaluated, and nothing that counts is wrong.",
    NOT_MET: "Everything was evaluated, and something that counts is wrong.",
    INCOMPLETE: "Something was not evaluated: nobody knows whether it is met. Nothing else that counts is wrong.",
    INCOMPLETE_AND_NOT_MET: "Something that counts is wrong, and something else was not evaluated.",
    2: "The run was interrupted: what it had not judged by then is unknown.",
    3: "An error of this tool. Nothing can be concluded from the run; report it with its output.",
    4: "The run was asked for something it could not do; its last lines say what.",
    5: "No check was selected: nothing was judged.",
}


def explain(posture: Posture) -> Iterator[str]:
    """Line by line: the status and what it means, what counted, what is missing, and what to do."""
    status = posture.exit_status
    yield f"{posture.tenant.name}, as of {posture.as_of:%Y-%m-%d %H:%M} UTC: exit status {'unknown' if status is None else status}."
    if status is not None:
        yield _MEANS.get(status, "A status that pytest or a plugin of it gave.")
    words = posture.fail_on or list(ALONE)
    yield f"What counts: {', '.join(words)}" + (f", since the baseline of {posture.baseline.as_of:%Y-%m-%d}." if posture.baseline else ".")
    yield from (f"- {sentence}" for sentence in reasons(posture, words))
    if posture.selection.stopped:
        yield f"- The run stopped early: {posture.selection.stopped}."
    yield from _not_evaluated(posture)
    if posture.baseline:
        told = ", ".join(f"{number} {effect}" for effect, number in posture.effects.items())
        yield f"Since the baseline: {told or 'nothing changed'}."
    accepted = sum(record.verdict is Verdict.ACCEPTED for record in posture.verdicts)
    if accepted:
        yield f"{accepted} not met and accepted by exceptions.toml: they count for nothing until they expire."
    why = why_no_baseline(posture)
    yield "It can be kept as a baseline." if why is None else f"It can be no baseline: {why}."


def _not_evaluated(posture: Posture) -> Iterator[str]:
    by_cause: dict[str, list[str]] = {}
    for record in posture.not_evaluated:
        by_cause.setdefault(str(record.cause), []).append(record.action or record.title)
    for cause, named in sorted(by_cause.items()):
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        yield f"- {len(named)} not evaluated ({cause}): {', '.join(named[:5])}{more}."


_REPORT = "report-to-secure-score"


def main(arguments: list[str]) -> int:
    if arguments[:1] == [_REPORT]:
        from .secure_score import command as report  # it has options and exit statuses of its own, and nothing else loads it

        return report.main(arguments[1:])
    parser = argparse.ArgumentParser(prog="python -m ci", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    told = commands.add_parser("explain", help="why a run ended as it did, from its posture.json")
    told.add_argument("posture", type=Path)
    for command in (annotate, fleet, notify):
        command.add_to(commands)
    commands.add_parser(_REPORT, add_help=False, help="write what exceptions.toml says to the tenant's Secure Score, or show what would be")
    options = parser.parse_args(arguments)
    try:
        if "run" in options:
            return int(options.run(options))
        posture = postures.read(options.posture)
    except ValueError as error:
        parser.error(one_line(str(error)))
    sys.stdout.write("".join(f"{visible(line)}\n" for line in explain(posture)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
