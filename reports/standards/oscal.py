"""OSCAL assessment results (NIST, version 1.1.3), in JSON.

What the specification decides here:

* Every item is an observation, with the Graph responses behind it; these are resources of the back matter, for only a resource's
  link can carry a hash.
* A finding is a conclusion, so there is one for each action that was judged: *met* is `satisfied`; *not met*, *known* and *accepted*
  are `not-satisfied` with the reason `fail`. *Not evaluated* is `not-satisfied` with the reason `other`, which is what neither
  passed nor failed: OSCAL's `not-satisfied` is the "other than satisfied" of SP 800-53A, which also covers an assessor who could
  not obtain the information.
* *Not licensed*, *not applicable* and *not scored* conclude nothing, and OSCAL has no third state: such an item is an observation
  that says so, and has no finding.
* An accepted action is also a risk with the status `deviation-approved`, due when the exception ends.
* There is no OSCAL catalogue of improvement actions, so each judged action is defined here, as a local objective.

Every id is a uuid5: the tenant's and the tool's stay the same, those of a run are made of the tenant, the run and the item.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..markup import markdown
from ..posture import Posture
from . import write_json
from .names import named, token, utc
from .oscal_items import Group, Ids, Json, finding, objective, observation, prop, resource, risks_of

VERSION = "1.1.3"


def write(posture: Posture, path: Path) -> None:
    """Write the assessment results: whole or not at all."""
    write_json(document(posture), path)


def document(posture: Posture) -> Json:
    """The assessment results of a posture, as JSON values."""
    ids = Ids(posture)
    groups: dict[str, Group] = {}
    for row in named(posture.verdicts):
        group = groups.setdefault(row.key, Group(token(row.name), row.name))
        group.rows.append(row)
        group.observations.append(observation(posture, group, row, ids))
    judged = [group for group in groups.values() if group.status]
    objectives = [objective(group) for group in judged]
    body = {
        "uuid": ids.of("document"),
        "metadata": {
            "title": f"Microsoft 365 posture of {markdown(posture.tenant.name)}",
            "last-modified": utc(posture.finished_at),
            "version": utc(posture.started_at),
            "oscal-version": VERSION,
        },
        "import-ap": {"href": f"#{ids.of('plan')}", "remarks": "The plan is the suite itself; there is none in OSCAL."},
        **({"local-definitions": {"objectives-and-methods": objectives}} if objectives else {}),
        "results": [_result(posture, ids, list(groups.values()), judged)],
        "back-matter": {"resources": [_plan(posture, ids), *(resource(row, ids) for row in ids.evidence.values())]},
    }
    return {"assessment-results": body}


def _result(posture: Posture, ids: Ids, groups: list[Group], judged: list[Group]) -> Json:
    lists = {
        "observations": [seen for group in groups for seen in group.observations],
        "risks": [risk for group in judged for risk in risks_of(group, ids)],
        "findings": [finding(group, ids) for group in judged],
    }
    return {
        "uuid": ids.of("result"),
        "title": "Improvement actions of Microsoft Secure Score",
        "description": _coverage(posture),
        "start": utc(posture.started_at),
        "end": utc(posture.finished_at),
        "props": list(_facts(posture)),
        "local-definitions": _local(posture, ids),
        "reviewed-controls": _reviewed(judged),
        **{name: rows for name, rows in lists.items() if rows},
        "remarks": _remarks(posture),
    }


def _coverage(posture: Posture) -> str:
    """The ledger in a sentence: its parts add up to the catalogue."""
    parts = ", ".join(f"{count} {name}" for name, count in posture.totals.items() if name != "actions")
    return markdown(f"{posture.totals.get('actions', 0)} improvement actions: {parts}.")


def _remarks(posture: Posture) -> str:
    chosen = posture.selection
    said = ["Not licensed, not applicable and not scored actions have an observation and no finding: nothing was concluded of them."]
    said += ["Only part of the suite ran: actions that were not selected are not in here."] if not chosen.complete else []
    said += [f"The run ended early: {markdown(chosen.stopped)}"] if chosen.stopped else []
    said += ["Nothing was judged."] if not posture.verdicts else []
    said += [f"{markdown(row.resource)} could not be read ({markdown(row.cause)}): {markdown(row.reason)}" for row in posture.unread]
    return "\n\n".join(said)


def _facts(posture: Posture) -> Iterator[Json]:
    """The coverage ledger, and what else is said of the whole run."""
    for name, count in posture.totals.items():
        yield prop("actions" if name == "actions" else f"actions-{token(name.replace(' ', '-'))}", count, "coverage")
    yield prop("complete", "yes" if posture.selection.complete else "no", "coverage")
    yield prop("items", len(posture.verdicts), "coverage")
    yield prop("as-of", utc(posture.as_of))
    yield prop("source", posture.tenant.source)
    yield prop("cloud", posture.tenant.cloud)
    if posture.score and posture.score.current is not None:
        yield prop("secure-score", f"{posture.score.current:.2f}")
    if posture.score and posture.score.max is not None:
        yield prop("secure-score-maximum", f"{posture.score.max:.2f}")
    if posture.exit_status is not None:
        yield prop("exit-status", posture.exit_status)


def _local(posture: Posture, ids: Ids) -> Json:
    """The tenant, as what was assessed, and the tool, as what it was assessed with."""
    tenant, running = posture.tenant, {"state": "operational"}
    name = f"{markdown(tenant.name)} (Microsoft 365 tenant)"
    about = f"Tenant {markdown(tenant.id or 'of unknown id')}, as of {utc(posture.as_of)}."
    component = {"uuid": ids.tenant, "type": "service", "title": name, "description": about, "status": running}
    said = "Reads Microsoft Graph and judges what it read; writes nothing."
    asset = {"uuid": ids.tool, "type": "software", "title": _tool(posture), "description": said, "status": running}
    platform = {"uuid": ids.of("platform"), "title": _tool(posture), "uses-components": [{"component-uuid": ids.tool}]}
    return {"components": [component], "assessment-assets": {"components": [asset], "assessment-platforms": [platform]}}


def _reviewed(judged: list[Group]) -> Json:
    """What was judged, and no more: `include-all` would claim the whole catalogue."""
    if not judged:
        return {"control-selections": [{"description": "Nothing was judged."}]}
    return {
        "control-selections": [{"include-controls": [{"control-id": group.id} for group in judged]}],
        "control-objective-selections": [{"include-objectives": [{"objective-id": group.objective} for group in judged]}],
    }


def _plan(posture: Posture, ids: Ids) -> Json:
    return {
        "uuid": ids.of("plan"),
        "title": f"The checks of {_tool(posture)}",
        "description": "One check for each improvement action of the tenant's own Secure Score catalogue, and some prerequisites.",
        "props": [{"name": "type", "value": "plan"}],
        "citation": {"text": f"{_tool(posture)}, checks/"},
    }


def _tool(posture: Posture) -> str:
    return f"{markdown(posture.tool.name)} {markdown(posture.tool.version)}"
