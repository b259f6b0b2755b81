"""What a pipeline asks for: the options of its script, with what they are where a template leaves them empty."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import NoReturn

import msgspec

from fixtures.tenant import slug_of
from fixtures.text import one_line

from .. import notify
from ..exit_status import USAGE_ERROR
from .place import Place, place

SUITE = Path(__file__).resolve().parents[2]


class _Parser(argparse.ArgumentParser):
    """With pytest's own status for what was asked wrongly: 2 would say that a run was interrupted."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {one_line(message)}\n")


class Job(msgspec.Struct, frozen=True):
    """What is to be done. An option that is empty is as one that is not given, as templates pass them."""

    tenant: str
    where: Place
    reports: Path
    baseline: Path
    new_baselines: Path
    tenants: str = ""
    exceptions: str = ""
    fail_on: str = ""
    workers: str = "auto"
    new_baseline: bool = False
    webhook_env: str = ""
    webhook_format: str = ""
    others: list[str] = []

    @property
    def slug(self) -> str:
        return slug_of(self.tenant)

    @property
    def compares(self) -> bool:
        return self.baseline.exists()

    @property
    def wants_a_first(self) -> bool:
        """Whether a person asked that this run's posture be the baseline, whatever it found."""
        return self.new_baseline and self.where.manual


def options(arguments: list[str]) -> Job:
    parser = _Parser(prog="python -m ci.pipelines", description="Judge one tenant in a pipeline, and end with the exit status of the run.")
    parser.add_argument("--tenant", required=True, help="a name in tenants.toml, or whatever pytest's --tenant takes")
    parser.add_argument("--tenants", default="", help="default: tenants.toml of this folder, where there is one")
    parser.add_argument("--exceptions", default="", help="default: exceptions.toml of this folder, where there is one")
    parser.add_argument("--baseline", default="", help="default: baselines/NAME.json, where it exists")
    parser.add_argument("--new-baselines", default="", help="the folder a new baseline is left in; default: new-baselines")
    parser.add_argument(
        "--new-baseline", default="", metavar="true", help="what is found becomes the baseline, where a person starts the run"
    )
    parser.add_argument("--fail-on", default="", help="what counts, as for pytest")
    parser.add_argument("--reports", default="", help="where the deliverables go; default: posture/NAME")
    parser.add_argument("--workers", default="", help="as for pytest's -n; default: auto")
    parser.add_argument("--default-branch", default="", help="where the vendor does not name it")
    parser.add_argument("--webhook-env", default="", help="the variable with a webhook that is told what changed")
    parser.add_argument("--webhook-format", default="", choices=["", *notify.FORMATS])
    parser.add_argument("pytest", nargs="*", help="after --: more for pytest")
    given = parser.parse_args(arguments)
    if not given.tenant.strip():
        parser.error("--tenant names none.")
    slug = slug_of(given.tenant)
    return Job(
        given.tenant,
        place(os.environ, given.default_branch),
        Path(given.reports or f"posture/{slug}"),
        Path(given.baseline or f"baselines/{slug}.json"),
        Path(given.new_baselines or "new-baselines"),
        given.tenants or _here("tenants.toml"),
        given.exceptions or _here("exceptions.toml"),
        given.fail_on,
        given.workers or "auto",
        given.new_baseline.casefold() == "true",
        given.webhook_env,
        given.webhook_format,
        given.pytest,
    )


def _here(name: str) -> str:
    """A file of this folder, where it has one and is not the suite's own, which the suite finds by itself."""
    return name if Path(name).exists() and Path.cwd() != SUITE else ""
