"""What the vendors' runners set for a step, and a stand-in for the suite that leaves what it is told to."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ci.pipelines import run
from ci.pipelines.job import Job
from fixtures.verdicts import Verdict
from reports import plugin
from reports.posture import Posture
from tests.test_changes import posture, record

MET, OPEN, UNKNOWN = record("A", Verdict.MET), record("B", Verdict.NOT_MET), record("C", Verdict.NOT_EVALUATED)
RECORDS = {0: [MET], 1: [OPEN], 10: [MET, UNKNOWN], 11: [OPEN, UNKNOWN]}
LATER = datetime(2100, 1, 1, tzinfo=UTC)  # of a posture that is this run's own, whenever that is


def found(status: int | None, *records: Any, **values: Any) -> Posture:
    made = posture(*(records or RECORDS.get(status or 0, [MET])), as_of=LATER, **values)
    made.exit_status = status
    return made


OWN = ("GITHUB_", "RUNNER_", "BUILD_", "SYSTEM_", "CI_", "AZURE_", "M365_", "ACTIONS_")


def github(folder: Path, event: str = "schedule", ref: str = "refs/heads/main", default: str | None = "main") -> dict[str, str]:
    payload = {} if event == "schedule" or default is None else {"repository": {"default_branch": default}}
    (folder / "event.json").write_text(json.dumps(payload), "utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_REF": ref,
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REPOSITORY": "contoso/posture",
        "GITHUB_RUN_ID": "7",
        "GITHUB_TOKEN": "ghs_secret_of_the_job",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "ey_secret_of_the_job",
    }


def azure(folder: Path, reason: str = "Schedule", ref: str = "refs/heads/main") -> dict[str, str]:
    return {
        "TF_BUILD": "True",
        "BUILD_REASON": reason,
        "BUILD_SOURCEBRANCH": ref,
        "BUILD_BUILDID": "7",
        "SYSTEM_COLLECTIONURI": "https://dev.azure.com/contoso/",
        "SYSTEM_TEAMPROJECT": "the posture",
        "SYSTEM_ACCESSTOKEN": "secret_of_the_job",
    }


def gitlab(folder: Path, source: str = "schedule", branch: str = "main", **more: str) -> dict[str, str]:
    return {
        "GITLAB_CI": "true",
        "CI_PIPELINE_SOURCE": source,
        "CI_COMMIT_BRANCH": branch,
        "CI_DEFAULT_BRANCH": "main",
        "CI_JOB_URL": "https://gitlab.com/contoso/posture/-/jobs/7",
        "CI_JOB_TOKEN": "secret_of_the_job",
        "CI_REPOSITORY_URL": "https://gitlab-ci-token:secret_of_the_job@gitlab.com/contoso/posture.git",
        **more,
    }


VENDORS: dict[str, Callable[[Path], dict[str, str]]] = {"github": github, "azure": azure, "gitlab": gitlab}

# Where no baseline may ever come of a run.
NEVER: dict[str, Callable[[Path], dict[str, str]]] = {
    "a pull request": lambda folder: github(folder, "pull_request", "refs/pull/1/merge"),
    "a pull request that says it is main": lambda folder: github(folder, "pull_request"),
    "a request of a fork, with rights": lambda folder: github(folder, "pull_request_target"),
    "after another workflow": lambda folder: github(folder, "workflow_run"),
    "a merge queue": lambda folder: github(folder, "merge_group"),
    "another branch": lambda folder: github(folder, "push", "refs/heads/feature"),
    "a tag of the branch's name": lambda folder: github(folder, "push", "refs/tags/main"),
    "Azure, a pull request": lambda folder: azure(folder, "PullRequest"),
    "Azure, with a pull request's number": lambda folder: azure(folder, "Manual") | {"SYSTEM_PULLREQUEST_PULLREQUESTID": "1"},
    "Azure, another branch": lambda folder: azure(folder, "IndividualCI", "refs/heads/feature"),
    "GitLab, a merge request": lambda folder: gitlab(folder, "merge_request_event", CI_MERGE_REQUEST_IID="1"),
    "GitLab, another branch": lambda folder: gitlab(folder, "push", "feature"),
    "GitLab, another pipeline's": lambda folder: gitlab(folder, "pipeline"),
    "GitLab, a tag": lambda folder: gitlab(folder, "push", CI_COMMIT_TAG="v1"),
    "nobody's": lambda folder: {},
}


def only(environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """These variables of a vendor's and no others."""
    for name in [name for name in os.environ if name.startswith(OWN) or name in {"CI", "TF_BUILD", "GITLAB_CI"}]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)


class Suite:
    """Stands in for pytest: ends with `code` and leaves `posture`, where there is one, and a baseline where one is asked for.

    `before` is Python that runs first, in the process that is to be pytest; of the posture only `cut` characters are written.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.code, self.before = folder, 0, ""
        self.posture: Posture | None = None
        self.cut: int | None = None
        self.lines: list[list[str]] = []
        self._command = run._command
        monkeypatch.setattr(run, "_command", self.command)

    def command(self, job: Job, fresh: Path) -> list[str]:
        line = self._command(job, fresh)
        self.lines.append(line)
        files: dict[str, Any] = {}
        if self.posture is not None:
            body = msgspec.json.encode(self.posture).decode()
            files = {str(job.reports / plugin.JSON): body[: self.cut], str(job.reports / plugin.SUMMARY): "# What there is\n"}
            if any(argument.startswith("--write-baseline=") for argument in line) and self.code in {0, 1}:
                files[str(fresh)] = body
        script = (
            f"import os, sys, json, pathlib, signal, time\n{self.before}\n"
            f"for name, body in json.loads({json.dumps(json.dumps(files))}).items():\n"
            "    path = pathlib.Path(name); path.parent.mkdir(parents=True, exist_ok=True); path.write_text(body, 'utf-8')\n"
            f"sys.exit({self.code})"
        )
        return [sys.executable, "-c", script]
