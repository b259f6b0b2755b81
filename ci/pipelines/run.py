"""`python -m ci.pipelines --tenant NAME`: judges one tenant in a pipeline, and ends with the exit status of the run.

Whatever happens, the status is kept: 0 is said of a run that left a whole posture of its own which says 0, and of nothing else. A message
or a summary that could not be delivered makes it another. A new baseline is left only where the run is of the default branch, of no pull
request, and ended with 0, or where a person asked for one; it is put into `--new-baselines` for a step that may write to the repository.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from io import TextIOWrapper
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from fixtures.text import one_line
from reports import plugin
from reports import posture as postures
from reports.markup import on_github
from reports.posture import Posture

from .. import annotate, notify
from ..annotate import disarmed
from ..exit_status import INCOMPLETE, INCOMPLETE_AND_NOT_MET, MET, NOT_MET, OUR_ERROR, USAGE_ERROR
from .job import SUITE, Job, options
from .place import summarize, tell

ENDED = {MET, NOT_MET, INCOMPLETE, INCOMPLETE_AND_NOT_MET}
OF_PYTEST = {2, OUR_ERROR, USAGE_ERROR, 5}
# What became of a posture that says something else than the run: no file of that name may be taken for the truth.
ASIDE = "posture.unfinished.json"
# How long the output of a run may outlive it, in seconds: a worker that hangs must not hang the pipeline.
_LAST_WORDS = 60.0


def main(arguments: list[str]) -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a console that lacks a letter must not end the run
    job = options(arguments)
    steps = _Steps()
    steps.take(lambda: _announce(job))
    steps.take(lambda: plugin.clear(job.reports))
    if steps.status == MET:  # otherwise what an earlier run left may still lie there
        _run(job, steps)
    steps.take(lambda: tell(job.where, "status", str(steps.status)))
    print(f"Exit status {steps.status}.", flush=True)
    return steps.status


def _run(job: Job, steps: _Steps) -> None:
    with tempfile.TemporaryDirectory(prefix="m365-") as kept:
        fresh = Path(kept) / "baseline.json"
        started = datetime.now(UTC)
        code = _judge(_command(job, fresh), job.webhook_env)
        steps.status, posture = _believed(job, code, started)
        _show(job, posture, steps.status, steps)
        if posture and posture.changes and job.webhook_env and job.where.default_branch:
            steps.take(lambda: notify.run(_message(job)))
        if posture:
            steps.take(lambda: _keep(job, posture, steps.status, fresh))


class _Steps:
    """What is done besides judging. A step that fails is told, costs no other step, and turns 0 into something else and nothing into 0."""

    def __init__(self) -> None:
        self.status = MET

    def take(self, step: Callable[[], int | None]) -> None:
        try:
            status = step() or MET
        except (OSError, ValueError) as error:
            why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else str(error)
            print(f"error: {disarmed(one_line(why))}", flush=True)
            status = USAGE_ERROR
        if self.status == MET:
            self.status = status


# Judging


def _announce(job: Job) -> None:
    """Told before anything can go wrong, so that what there is gets uploaded."""
    tell(job.where, "slug", job.slug)
    tell(job.where, "reports", job.reports.as_posix())


def _command(job: Job, fresh: Path) -> list[str]:
    line = [sys.executable, "-m", "pytest", "-c", str(SUITE / "pyproject.toml"), f"--rootdir={SUITE}", str(SUITE / "checks")]
    line += [f"--tenant={job.tenant}", f"--reports={job.reports}", f"-n{job.workers}"]
    line += [f"--tenants={job.tenants}"] if job.tenants else []
    line += [f"--exceptions={job.exceptions}"] if job.exceptions else []
    line += [f"--baseline={job.baseline}"] if job.compares else []
    if job.fail_on and (job.compares or not job.wants_a_first):
        line.append(f"--fail-on={job.fail_on}")
    if job.where.default_branch:
        line.append(f"--write-baseline={fresh}")
    return line + job.others


def _judge(line: Sequence[str], keep_back: str) -> int:
    """Run it and pass on what it says, with nothing in it that the vendor would obey. Returns its code; below 0, the signal it died of.

    The variable `keep_back` is no business of its.
    """
    clean = {name: value for name, value in os.environ.items() if name != keep_back}
    environment = {**clean, "CI": "true", "PYTHONUTF8": "1"}
    process = subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # noqa: S603
    before = signal.signal(signal.SIGTERM, lambda number, frame: _end(process, frame))
    reader = threading.Thread(target=_pass_on, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        while True:
            try:
                code = process.wait()
                break
            except KeyboardInterrupt:
                continue  # it got the same signal, and ends in its own time
    finally:
        signal.signal(signal.SIGTERM, before)
    reader.join(_LAST_WORDS)
    return code


def _end(process: subprocess.Popen[bytes], _frame: FrameType | None) -> None:
    """A pipeline that is cancelled: the run ends as by Ctrl-C, and leaves reports that say how far it came."""
    process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)


def _pass_on(output: BinaryIO) -> None:
    for line in output:
        with contextlib.suppress(OSError):  # who no longer listens does not stop the run
            sys.stdout.write(disarmed(line.decode("utf-8", "replace")))
            sys.stdout.flush()


def _believed(job: Job, code: int, started: datetime) -> tuple[int, Posture | None]:
    """The status of the run, and its posture. A code of a run that judged is believed where the posture it left says the same."""
    path = job.reports / plugin.JSON
    posture, why = _own(path, code, started)
    if posture is None:
        with contextlib.suppress(OSError):
            path.replace(path.with_name(ASIDE))
    if code in ENDED and posture is None:
        print(disarmed(f"error: the run ended with {code}, and {one_line(why)}: nothing can be concluded."), flush=True)
        return OUR_ERROR, None
    if code not in ENDED | OF_PYTEST:
        print(f"error: the run died ({f'signal {-code}' if code < 0 else f'code {code}'}): nothing can be concluded.", flush=True)
        return OUR_ERROR, None
    return code, posture


def _own(path: Path, code: int, started: datetime) -> tuple[Posture | None, str]:
    """The posture that this run left there, or why there is none."""
    try:
        posture = postures.read(path)
    except ValueError as error:
        return None, f"its posture cannot be read: {error}" if path.exists() else "it left no posture"
    if posture.started_at < started - timedelta(seconds=1):
        return None, "its posture is an earlier run's"
    if posture.exit_status != code:
        return None, f"its posture says {posture.exit_status}"
    return posture, ""


# Telling


def _show(job: Job, posture: Posture | None, status: int, steps: _Steps) -> None:
    rows = annotate.remarks(posture) if posture else [annotate.Annotation("error", job.tenant, f"No posture: exit status {status}.")]
    print(annotate.lines(rows, job.where.form), end="", flush=True)
    summary = job.reports / plugin.SUMMARY
    if posture is None:
        steps.take(lambda: _write_without(job, summary, status))
    steps.take(lambda: summarize(job.where, summary))
    if posture:
        steps.take(lambda: tell(job.where, "posture", (job.reports / plugin.JSON).as_posix()))
        steps.take(lambda: tell(job.where, "changed", "true" if posture.changes else "false"))
    if posture and (job.reports / plugin.SARIF).exists():
        steps.take(lambda: tell(job.where, "sarif", (job.reports / plugin.SARIF).as_posix()))


def _write_without(job: Job, summary: Path, status: int) -> None:
    summary.parent.mkdir(parents=True, exist_ok=True)
    told = f"# {on_github(job.tenant)}: no posture\n\n**Exit status {status}. Nothing can be concluded; the log says why.**\n"
    summary.write_text(told, "utf-8")


def _message(job: Job) -> argparse.Namespace:
    path = job.reports / plugin.JSON
    return argparse.Namespace(posture=path, webhook_env=job.webhook_env, format=job.webhook_format or None, link=job.where.link)


# The baseline


def _keep(job: Job, posture: Posture, status: int, fresh: Path) -> None:
    """Leave the baseline that the run wrote, if it is to be one, whole or not at all. One that would say the same stays as it is."""
    if not job.where.default_branch or not (status == MET or (job.wants_a_first and status in {MET, NOT_MET})):
        return
    if not fresh.exists():
        print("No new baseline: the run wrote none.", flush=True)
        return
    says_the_same = posture.baseline and not posture.changes and posture.baseline.tool == posture.tool
    if says_the_same:
        print("The baseline stays: nothing changed.", flush=True)
        return
    target = job.new_baselines / f"{job.slug}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".new")
    shutil.copyfile(fresh, unfinished)
    unfinished.replace(target)
    tell(job.where, "baseline", target.as_posix())
    print(f"New baseline: {one_line(str(target))}", flush=True)
