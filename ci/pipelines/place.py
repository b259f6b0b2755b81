"""Where a run takes place: what the variables of GitHub Actions, Azure Pipelines and GitLab say of it, and how each is told something.

A baseline is kept only where it is certain that the run is of the default branch and of no pull request: what is not said is not so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import msgspec

Vendor = Literal["github", "azure", "gitlab", "none"]


class Place(msgspec.Struct, frozen=True):
    """One run of a pipeline. `default_branch` is true where that is certain; `manual` where a person started it.

    `form` is how annotations are written (`ci.annotate.FORMS`); `summary` and `outputs` are GitHub's files, `link` where the run is seen.
    """

    vendor: Vendor
    form: str = "plain"
    default_branch: bool = False
    manual: bool = False
    link: str = ""
    summary: Path | None = None
    outputs: Path | None = None


def place(environment: Mapping[str, str], default_branch: str = "") -> Place:
    """The place of this run. `default_branch` is needed where the vendor does not name it, which is Azure."""
    if environment.get("GITHUB_ACTIONS") == "true":
        return _github(environment, default_branch)
    if environment.get("TF_BUILD", "").casefold() == "true":
        return _azure(environment, default_branch)
    if environment.get("GITLAB_CI") == "true":
        return _gitlab(environment, default_branch)
    return Place("none")


def _github(env: Mapping[str, str], named: str) -> Place:
    """https://docs.github.com/actions/reference/variables-reference"""
    event, ref = env.get("GITHUB_EVENT_NAME", ""), env.get("GITHUB_REF", "")
    if event == "schedule":  # its payload names no branch, and it runs on the default branch and no other
        on_default = ref.startswith("refs/heads/")
    else:
        wanted = named or _default_branch_of(env.get("GITHUB_EVENT_PATH", ""))
        on_default = event in {"push", "workflow_dispatch"} and bool(wanted) and ref == f"refs/heads/{wanted}"
    parts = [env.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return Place(
        "github",
        "github",
        on_default,
        event == "workflow_dispatch",
        "{}/{}/actions/runs/{}".format(*parts) if all(parts) else "",
        _file(env, "GITHUB_STEP_SUMMARY"),
        _file(env, "GITHUB_OUTPUT"),
    )


def _default_branch_of(event: str) -> str:
    try:
        payload: Any = msgspec.json.decode(Path(event).read_bytes()) if event else {}
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    repository = payload.get("repository") if isinstance(payload, dict) else None
    return str(repository.get("default_branch") or "") if isinstance(repository, dict) else ""


def _file(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]) if env.get(name) else None


def _azure(env: Mapping[str, str], named: str) -> Place:
    """https://learn.microsoft.com/azure/devops/pipelines/build/variables"""
    reason = env.get("BUILD_REASON", "")
    of_a_request = reason == "PullRequest" or bool(env.get("SYSTEM_PULLREQUEST_PULLREQUESTID"))
    known = reason in {"Schedule", "Manual", "IndividualCI", "BatchedCI"} and not of_a_request
    on_default = known and bool(named) and env.get("BUILD_SOURCEBRANCH") == f"refs/heads/{named}"
    collection, project, build = (env.get(name, "") for name in ("SYSTEM_COLLECTIONURI", "SYSTEM_TEAMPROJECT", "BUILD_BUILDID"))
    link = f"{collection.rstrip('/')}/{quote(project)}/_build/results?buildId={build}" if collection and project and build else ""
    return Place("azure", "azure", on_default, reason == "Manual", link)


def _gitlab(env: Mapping[str, str], named: str) -> Place:
    """https://docs.gitlab.com/ci/variables/predefined_variables/"""
    source, wanted = env.get("CI_PIPELINE_SOURCE", ""), named or env.get("CI_DEFAULT_BRANCH", "")
    known = source in {"push", "schedule", "web", "api"} and not env.get("CI_MERGE_REQUEST_IID") and not env.get("CI_COMMIT_TAG")
    on_default = known and bool(wanted) and env.get("CI_COMMIT_BRANCH") == wanted
    return Place("gitlab", "plain", on_default, source in {"web", "api"}, env.get("CI_JOB_URL", ""))


def tell(where: Place, name: str, value: str) -> None:
    """Give later steps a value, on one line. Raises `OSError` where the vendor's file cannot be written, `ValueError` for more lines."""
    if "\n" in value or "\r" in value:
        raise ValueError(f"{name}: a value of one line is wanted.")
    if where.outputs is not None:
        with where.outputs.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{name}={value}\n")
    if where.vendor == "azure":
        print(f"##vso[task.setvariable variable=m365_{name}]{value.replace('%', '%AZP25')}", flush=True)


def summarize(where: Place, summary: Path) -> None:
    """Show a Markdown file beside the run. Raises `OSError` where it cannot be read, or the vendor's own not be written."""
    if where.summary is not None:
        text = summary.read_text("utf-8")
        with where.summary.open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"{text}\n")
    if where.vendor == "azure":
        print(f"##vso[task.uploadsummary]{str(summary.resolve(strict=True)).replace('%', '%AZP25')}", flush=True)
