"""The parts of OSCAL assessment results that one item makes: objective, observation, finding, risk, and the evidence behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import msgspec

from fixtures.graph.reading import Evidence
from fixtures.record import Record
from fixtures.text import one_line
from fixtures.verdicts import Verdict

from ..markup import fact, markdown
from ..posture import Posture
from .names import Named, aware, tenant_key, utc, web_address

Json = dict[str, Any]
IDS = UUID("5c0c8a53-6d0f-5f0e-8c57-0a1f7f4f2d11")  # the namespace of our uuid5s, and of our property names
NAMESPACE = f"urn:uuid:{IDS}"
_FAILED = {Verdict.NOT_MET, Verdict.KNOWN, Verdict.ACCEPTED}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_UNKNOWN = "Not evaluated: the evidence could not be had or trusted. Nothing is known of the action, neither good nor bad."


class Group(msgspec.Struct):
    """All records of one action, under its name, each with its observation; `id` is what OSCAL knows the action by."""

    id: str
    name: str
    rows: list[Named] = []
    observations: list[Json] = []

    @property
    def objective(self) -> str:
        """The id of its objective, which a finding is about."""
        return f"{self.id}_objective"

    @property
    def status(self) -> tuple[str, str] | None:
        """State and reason of the finding, by the worst of its records; None where there is nothing to conclude."""
        return _status({row.record.verdict for row in self.rows})


def _status(verdicts: set[Verdict]) -> tuple[str, str] | None:
    """Satisfied is what is met and nothing else."""
    if Verdict.NOT_EVALUATED in verdicts:
        return "not-satisfied", "other"
    if verdicts & _FAILED:
        return "not-satisfied", "fail"
    return ("satisfied", "pass") if verdicts == {Verdict.MET} else None


class Ids:
    """The uuid5s of one posture, and its evidence by id. `tenant` and `tool` are the same in every run."""

    def __init__(self, posture: Posture) -> None:
        key = ascii(tenant_key(posture))
        self.tenant = str(uuid5(IDS, f"tenant\n{key}"))
        self.tool = str(uuid5(IDS, f"tool\n{posture.tool.name!a}\n{posture.tool.version!a}"))
        self.origins = [{"actors": [{"type": "tool", "actor-uuid": self.tool}]}]
        self.evidence = {row.id: row for row in posture.evidence}
        self._relevant: dict[str, Json] = {}
        self._run = uuid5(IDS, f"run\n{key}\n{utc(posture.started_at)}")

    def of(self, kind: str, name: str = "") -> str:
        """The id of one thing of this run."""
        return str(uuid5(self._run, f"{kind}\n{name!a}"))

    def relevant(self, row: Evidence) -> Json:
        """How an observation names a piece of evidence: made once, for some are behind two hundred of them."""
        if row.id not in self._relevant:
            self._relevant[row.id] = {"href": f"#{self.of('evidence', row.id)}", "description": _asked(row)}
        return self._relevant[row.id]


def prop(name: str, value: object, kind: str = "") -> Json:
    """A property of our own. Its value is one line and never empty, as OSCAL wants it: a number and a word of ours always are."""
    text = one_line(value) or "unknown" if type(value) is str else str(value)
    made = {"name": name, "ns": NAMESPACE, "value": text}
    return {**made, "class": kind} if kind else made


def objective(group: Group) -> Json:
    """What the action asks for. Findings are about this."""
    first, title = group.rows[0].record, group.observations[0]["title"]
    claim = markdown(first.claim) or title
    expected = f"\n\nExpected: {markdown(first.expected)}" if first.expected and first.expected != first.claim else ""
    part = {"id": group.objective, "name": "objective", "title": title, "prose": claim + expected}
    return {"control-id": group.id, "description": claim, "props": [prop("action", group.name)], "parts": [part]}


def observation(posture: Posture, group: Group, row: Named, ids: Ids) -> Json:
    """One item: what was concluded and why, from which evidence, collected when."""
    record = row.record
    evidence = [ids.evidence[name] for name in dict.fromkeys(record.evidence) if name in ids.evidence]
    relevant = [ids.relevant(each) for each in evidence]
    return {
        "uuid": ids.of("observation", row.item),
        "title": markdown(record.title) or markdown(group.name) or "unnamed",
        "description": _description(record),
        "props": list(_props(group, record)),
        "methods": ["TEST" if record.basis == "direct" else "EXAMINE"],
        **({"types": ["control-objective"]} if _status({record.verdict}) else {}),
        "origins": ids.origins,
        "subjects": [{"subject-uuid": ids.tenant, "type": "component"}],
        **({"relevant-evidence": relevant} if relevant else {}),
        "collected": utc(_collected(posture, evidence)),
    }


def _collected(posture: Posture, evidence: list[Evidence]) -> datetime:
    """When the oldest of its evidence was read: what was observed is no newer than that."""
    return min((aware(row.retrieved_at) for row in evidence), default=posture.as_of)


def _description(record: Record) -> str:
    """`Not evaluated (permission): …` in a paragraph of its own, and the facts."""
    word = f"{record.verdict} ({record.cause})" if record.cause else str(record.verdict)
    lines = [f"{word.capitalize()}: {markdown(record.reason or record.claim or record.title)}"]
    lines += ["This is Microsoft's own score, not the setting itself."] if record.basis == "scored" else []
    facts = [f"- {markdown(str(name))}: {markdown(fact(value))}" for name, value in record.observed.items()]
    return "\n\n".join([*lines, *(["\n".join(facts)] if facts else [])])


def _props(group: Group, record: Record) -> Iterator[Json]:
    yield prop("action", group.name)
    yield prop("verdict", record.verdict)
    if record.cause:
        yield prop("cause", record.cause)
    yield prop("basis", record.basis)
    yield prop("check", record.item)
    yield prop("area", record.area)
    if record.points:
        yield prop("points", f"{record.points.earned:.2f}")
        yield prop("points-maximum", f"{record.points.max:.2f}")
    if record.microsoft:
        yield prop("microsoft-agreement", record.microsoft.agreement)
    if record.licence:
        yield prop("licence", record.licence.state)


def finding(group: Group, ids: Ids) -> Json:
    """The conclusion of one action that was judged, by the worst of its items."""
    state, reason = group.status or ("not-satisfied", "other")
    pairs = list(zip(group.rows, group.observations, strict=True))
    worst, seen = next((row.record, seen) for row, seen in pairs if _status({row.record.verdict}) == (state, reason))
    status = {"state": state, "reason": reason, **({"remarks": _UNKNOWN} if reason == "other" else {})}
    risks = [{"risk-uuid": ids.of("risk", row.item)} for row in group.rows if row.record.verdict is Verdict.ACCEPTED]
    return {
        "uuid": ids.of("finding", group.id),
        "title": seen["title"],
        "description": seen["description"].split("\n\n")[0],
        "props": [prop("action", group.name), prop("verdict", worst.verdict), prop("basis", worst.basis)],
        "origins": ids.origins,
        "target": {"type": "objective-id", "target-id": group.objective, "title": seen["title"], "status": status},
        "related-observations": [{"observation-uuid": seen["uuid"]} for seen in group.observations],
        **({"related-risks": risks} if risks else {}),
    }


def risks_of(group: Group, ids: Ids) -> Iterator[Json]:
    """The risks of an action that is accepted. Only one that someone takes is called accepted; the others are mitigated otherwise."""
    for row, seen in zip(group.rows, group.observations, strict=True):
        if row.record.verdict is Verdict.ACCEPTED:
            yield _risk(group, row, seen, ids)


def _risk(group: Group, row: Named, seen: Json, ids: Ids) -> Json:
    note, why = row.record.exception, markdown(row.record.reason) or "Accepted."
    made: Json = {
        "uuid": ids.of("risk", row.item),
        "title": seen["title"],
        "description": f"Not met, and an exception in force covers it. {why}",
        "statement": markdown(row.record.claim) or seen["title"],
        "props": [prop("action", group.name)],
        "status": "deviation-approved",
        "origins": ids.origins,
        "related-observations": [{"observation-uuid": seen["uuid"]}],
    }
    if note is None:
        return made
    made["props"] += [prop("owner", note.owner), prop("exception", note.state)]
    made["deadline"] = f"{note.expires.isoformat()}T23:59:59Z"
    if note.state == "risk-accepted":
        made["props"].append({"name": "accepted", "value": "yes"})
    else:
        made["mitigating-factors"] = [{"uuid": ids.of("mitigation", row.item), "description": markdown(note.reason) or why}]
    return made


def resource(row: Evidence, ids: Ids) -> Json:
    """One request, and what proves that an answer is the one it got."""
    hashes = {"hashes": [{"algorithm": "SHA-256", "value": row.sha256}]} if _SHA256.fullmatch(row.sha256) else {}
    address = web_address(row.url)
    links = [{"href": address, "media-type": "application/json", **hashes}] if address else []
    return {
        "uuid": ids.of("evidence", row.id),
        "title": markdown(row.id),
        "description": _asked(row),
        "props": [
            {"name": "type", "value": "evidence"},
            prop("collected", utc(row.retrieved_at)),
            prop("http-method", row.method),
            *([prop("http-body", row.body)] if row.body else []),
            prop("http-status", row.status),
            prop("sha-256", row.sha256),
            prop("bytes", row.bytes),
            prop("pages", row.pages),
        ],
        **({"rlinks": links} if links else {}),
        **({"remarks": "The hash covers the bodies of all pages, one after the other."} if row.pages > 1 else {}),
    }


def _asked(row: Evidence) -> str:
    return f"{markdown(row.method)} {markdown(row.url)}: {row.status}, collected {utc(row.retrieved_at)}, SHA-256 {markdown(row.sha256)}"
