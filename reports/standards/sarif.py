"""SARIF 2.1.0: a rule for each action, a result for each item. GitHub's code scanning takes the file as it is.

`pass` is said of *met* and of nothing else. What nobody knows, *not evaluated* and *not scored*, is `open`; an accepted action is a
failure with a suppression, and one known from the baseline a failure. A result that is no failure has the level `none`: the
specification allows no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from fixtures.areas import BY_SLUG
from fixtures.record import Points, Record
from fixtures.verdicts import Verdict

from ..markup import clip, on_github
from ..posture import Posture
from ..text import lines_of
from . import write_json
from .names import Named, named, number, tenant_key, token, utc, web_address

Json = dict[str, Any]
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KINDS = {
    Verdict.MET: "pass",
    Verdict.NOT_MET: "fail",
    Verdict.KNOWN: "fail",
    Verdict.ACCEPTED: "fail",
    Verdict.NOT_EVALUATED: "open",
    Verdict.NOT_SCORED: "open",
    Verdict.NOT_LICENSED: "notApplicable",
    Verdict.NOT_APPLICABLE: "notApplicable",
}
# From the points an action can earn at most, its weight in Microsoft's own eyes.
LEVELS = ((7.0, "error"), (3.0, "warning"))
MOST_TEXT, MOST_TITLE, MOST_LINES = 1_000, 250, 60
_ENDED = {0, 1, 10, 11}  # the exit statuses of a run that came to its end
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CHECK = re.compile(r"(?:[\w-]+/)*[\w-]+\.py", re.ASCII)


def write(posture: Posture, path: Path) -> None:
    """Write the log: whole or not at all."""
    write_json(document(posture), path)


def document(posture: Posture) -> Json:
    """The log of a posture, as JSON values."""
    rules: dict[str, Json] = {}
    places: dict[str, int] = {}
    results = []
    for row in named(posture.verdicts):
        if row.key not in rules:
            places[row.key] = len(rules)
            rules[row.key] = _rule(row)
        results.append(_result(posture, row, rules[row.key]["id"], places[row.key]))
    tool = {"name": _plain(posture.tool.name), "version": _plain(posture.tool.version), "rules": list(rules.values())}
    run = {
        "tool": {"driver": tool},
        "automationDetails": {"id": _category(posture)},
        "invocations": [_invocation(posture)],
        "results": results,
        "properties": _properties(posture),
    }
    return {"version": "2.1.0", "$schema": SCHEMA, "runs": [run]}


# The run


def _category(posture: Posture) -> str:
    """What GitHub keeps alerts apart by: one tenant's upload must not close another's, nor a part of the suite those of all of it."""
    whole = "" if posture.selection.complete else "part/"
    tenant = tenant_key(posture)
    return f"{token(posture.tool.name)}/{tenant if _ID.fullmatch(tenant) else token(tenant)}/{whole}"


def _invocation(posture: Posture) -> Json:
    stopped = posture.selection.stopped
    said = [(f"{row.resource} could not be read ({row.cause}): {row.reason}", "error") for row in posture.unread]
    said += [(f"The run ended early: {stopped}", "error")] if stopped else []
    said += [("Only part of the suite ran.", "warning")] if not posture.selection.complete else []
    return {
        "executionSuccessful": posture.exit_status in _ENDED and not stopped,
        **({"exitCode": posture.exit_status} if posture.exit_status is not None else {}),
        "startTimeUtc": utc(posture.started_at),
        "endTimeUtc": utc(posture.finished_at),
        "toolExecutionNotifications": [{"level": level, "message": {"text": _plain(text)}} for text, level in said],
    }


def _properties(posture: Posture) -> Json:
    tenant = posture.tenant
    facts = {"tenant": _plain(tenant.name), "tenantId": _plain(tenant.id or ""), "source": tenant.source, "asOf": utc(posture.as_of)}
    return {**facts, "complete": posture.selection.complete, "coverage": posture.totals}


# One rule


def _rule(row: Named) -> Json:
    record = row.record
    title = _plain(record.title or row.name, MOST_TITLE)
    rule = {
        "id": _id(row.name),
        "shortDescription": {"text": title},
        "fullDescription": {"text": _plain(record.claim or record.title or row.name)},
        "help": _help(record),
        "defaultConfiguration": {"level": level(record.points)},
        "properties": {"tags": list(dict.fromkeys(("security", *_tags(record)))), **_severity(record)},
    }
    address = web_address(record.url)
    return {**rule, "helpUri": address} if address else rule


def _id(name: str) -> str:
    """The name of a rule. One that is too long, or has in it what shows nothing, gets a hash: no two rules have the same."""
    shown = clip(name, MOST_TITLE)
    return shown if shown == name and name else f"{shown} {sha256(ascii(name).encode()).hexdigest()[:16]}".strip()


def level(points: Points | None) -> str:
    """Error from 7 points, warning from 3, else note; warning where nobody has set any, as for the prerequisites."""
    if points is None:
        return "warning"
    return next((word for least, word in LEVELS if points.max >= least), "note")


def _severity(record: Record) -> Json:
    """Microsoft's own weight of the action: its points, of ten at most. It is no CVSS score; without points there is none."""
    scored = record.points is not None and record.microsoft is not None and record.microsoft.score is not None and not record.deprecated
    if not scored or record.points is None or not 0 < record.points.max <= 10:
        return {}
    return {"security-severity": f"{max(record.points.max, 0.1):.1f}"}


def _tags(record: Record) -> Iterator[str]:
    for tag in (record.area, record.basis, record.category, record.tier):
        if tag.strip():
            yield _plain(tag, 60)


def _help_lines(record: Record) -> Iterator[tuple[str, str]]:
    """What the rule is about: (heading, text)."""
    yield "Claim", record.claim
    yield "Expected", record.expected if record.expected != record.claim else ""
    yield "Area", BY_SLUG[record.area].name if record.area in BY_SLUG else record.area
    yield "Judged by", "the setting itself" if record.basis == "direct" else "Microsoft's own score"
    yield "Points at most", number(record.points.max) if record.points else ""
    yield "Licence", record.licence.wanted if record.licence else ""


def _help(record: Record) -> Json:
    """The same twice: as plain text, and as Markdown."""
    facts = [(heading, text) for heading, text in _help_lines(record) if text.strip()]
    to_do = lines_of(record.remediation)[:MOST_LINES]
    plain = [*(f"{heading}: {_plain(text)}" for heading, text in facts), *(_plain(prefix + text) for prefix, text in to_do)]
    marked = [f"**{heading}:** {_braces(on_github(text))}" for heading, text in facts]
    marked += ["**What to do**", *(prefix + _braces(on_github(text)) for prefix, text in to_do)] if to_do else []
    return {"text": "\n".join(plain), "markdown": "\n\n".join(marked)}


# One result


def _result(posture: Posture, row: Named, rule: str, place: int) -> Json:
    record = row.record
    kind = KINDS[record.verdict]
    result = {
        "ruleId": rule,
        "ruleIndex": place,
        "kind": kind,
        "level": level(record.points) if kind == "fail" else "none",
        "message": {"text": _message(row)},
        "locations": [{"physicalLocation": _location(record)}],
        "partialFingerprints": _fingerprints(posture, row),
        "properties": dict(_result_properties(record)),
    }
    if record.verdict is Verdict.ACCEPTED:
        why = record.reason or "An exception in force covers it."
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": _plain(why)}]
    return result


def _message(row: Named) -> str:
    record = row.record
    said = record.reason or record.title or row.name
    if record.verdict is Verdict.NOT_MET:
        return _plain(said)
    cause = f" ({record.cause})" if record.cause else ""
    return _plain(f"{record.verdict.capitalize()}{cause}: {said}")


def _location(record: Record) -> Json:
    """The check's file, at its first line: a posture knows no lines. A path that is none of ours is replaced by the area's."""
    path = record.item.split("::")[0]
    if not _CHECK.fullmatch(path):
        area = record.area if record.area in BY_SLUG else "other"
        path = f"checks/check_{area.replace('-', '_')}.py"
    return {"artifactLocation": {"uri": path, "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}


def _fingerprints(posture: Posture, row: Named) -> dict[str, str]:
    """The same for one action of one tenant, run after run, wherever its check stands; GitHub goes by the first of them.

    Should more than one item be of one action, each has its own.
    """
    who = (tenant_key(posture), row.key, "" if row.first else row.item)
    digest = sha256(ascii(who).encode()).hexdigest()
    return {"primaryLocationLineHash": f"{digest[:16]}:1", "m365Action/v1": digest}


def _result_properties(record: Record) -> Iterator[tuple[str, Any]]:
    yield "verdict", str(record.verdict)
    if record.cause:
        yield "cause", str(record.cause)
    yield "basis", record.basis
    yield "area", _plain(record.area)
    if record.points:
        yield "points", {"earned": record.points.earned, "max": record.points.max}
    if record.exception:
        yield "owner", _plain(record.exception.owner)
        yield "expires", record.exception.expires.isoformat()


# Text


def _plain(text: str, most: int = MOST_TEXT) -> str:
    """Tenant text as a plain message: one line, never empty, and nothing in it is a link or a placeholder."""
    return _braces(clip(text, most).replace("](", "] (")) or "unknown"


def _braces(text: str) -> str:
    """In a message of SARIF a brace is doubled: a single one begins a placeholder."""
    return text.replace("{", "{{").replace("}", "}}")
