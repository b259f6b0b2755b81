"""Allure results, made from the posture alone: one result an item, so they can be made again from any `posture.json`.

allure-pytest's hooks would write a container file per fixture and know nothing of verdicts, so nothing of its runtime is used but its
words (file patterns, label names, statuses). What the report turns on:

* Allure 3 knows a test by `testCaseId`; ours is the tenant and the action, so history survives a renamed check or file.
* Tenant text is hostile: every string passes `_clean`, descriptions are escaped Markdown (never `descriptionHtml`, which the Allure 2
  report would run), and file names are UUIDs.
* An attachment shared by two results shows in the first only, so each has its own copy.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
from allure_commons.model2 import ATTACHMENT_PATTERN, TEST_CASE_PATTERN, Status
from allure_commons.types import AttachmentType, LabelType, LinkType, Severity

from fixtures.areas import BY_SLUG
from fixtures.graph.failure import Cause
from fixtures.graph.reading import Evidence
from fixtures.record import Points, Record
from fixtures.text import visible
from fixtures.verdicts import Verdict

from .markup import HTTPS, fact, markdown
from .posture import Posture
from .text import lines_of

Json = dict[str, Any]
RESULTS = UUID("0d9f4e5c-6c1b-5d0e-9a57-3f2f2c8f7b10")  # the namespace of our uuid5s; changing it breaks every kept history
STATUS = {
    Verdict.MET: Status.PASSED,
    Verdict.NOT_MET: Status.FAILED,
    Verdict.NOT_EVALUATED: Status.BROKEN,
}  # everything else is skipped, and so outside Allure's percentage
LICENCE_STATUS = {"held": Status.PASSED, "none needed": Status.PASSED, "unknown": Status.BROKEN}
# From the points an action can earn at most, its weight in Microsoft's own eyes.
SEVERITIES = ((9.0, Severity.BLOCKER), (7.0, Severity.CRITICAL), (3.0, Severity.NORMAL), (1.0, Severity.MINOR))
CATEGORIES = (
    (Verdict.NOT_MET, None, "Not met"),
    *((Verdict.NOT_EVALUATED, cause, f"Not evaluated: {cause}") for cause in Cause),
    (Verdict.NOT_EVALUATED, None, "Not evaluated"),
    (Verdict.ACCEPTED, None, "Accepted: an exception is in force"),
    (Verdict.KNOWN, None, "Known: not met in the baseline either"),
    (Verdict.NOT_LICENSED, None, "Not licensed"),
    (Verdict.NOT_APPLICABLE, None, "Not applicable"),
    (Verdict.NOT_SCORED, None, "Not scored"),
)
FILES = {"environment.properties", "executor.json", "categories.json", "allurerc.json"}
MOST_BYTES = 50_000  # of one attachment. The posture has all of it
_UUID_FILE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-((result|container|globals)\.json|attachment(\.\w+)?)(\.tmp)?")
_SPACE = r"\ "


def write(posture: Posture, folder: Path) -> None:
    """Write the results of one run into `folder`, in place of an earlier run's; other files there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    empty(folder)
    evidence: dict[str, list[Evidence]] = {}
    for row in posture.evidence:
        evidence.setdefault(row.id, []).append(row)
    for record, key, span in zip(posture.verdicts, _keys(posture.verdicts), _spans(posture), strict=True):
        _write_result(folder, posture, record, key, span, [row for name in record.evidence for row in evidence.get(name, [])])
    (folder / "environment.properties").write_text(_properties(_environment(posture)), encoding="ascii")
    _write_json(folder / "executor.json", _executor(posture))
    _write_json(folder / "categories.json", [_category_2(*category) for category in CATEGORIES])
    _write_json(folder / "allurerc.json", _config_3(posture))


def empty(folder: Path) -> None:
    """Remove what Allure results consist of: a second run beside a first would show as retries of it."""
    for path in folder.iterdir():
        if (path.name in FILES or _UUID_FILE.fullmatch(path.name)) and not path.is_dir():
            path.unlink()


def _write_json(path: Path, value: Any) -> None:
    path.write_bytes(_encoded(value))


def _encoded(value: Any) -> bytes:
    """`value` as JSON with every string in it, keys too, fit to show. Most of it is so already: that is seen faster in the whole."""
    with suppress(UnicodeEncodeError):  # half of a surrogate pair
        body = msgspec.json.encode(value)
        if body.decode().isprintable() and b"\\u" not in body:
            return body
    return msgspec.json.encode(_clean(value))


def _write_result(folder: Path, posture: Posture, record: Record, key: str, span: tuple[int, int], rows: list[Evidence]) -> None:
    """One result and its attachments. These are named after what they hold: results that rest on the same responses share one file."""
    case = str(uuid5(RESULTS, visible(f"{_tenant_key(posture)}\n{key}")))
    uuid = uuid5(RESULTS, visible(f"{case}\n{record.item}\n{posture.started_at.isoformat()}"))
    result = _result(posture, record, span)
    result |= {"uuid": str(uuid), "testCaseId": case, "historyId": case}
    for name, value in (("evidence", [_evidence(row) for row in rows]), ("deciding", record.deciding)):
        if value:
            body = _attachment(value)
            source = ATTACHMENT_PATTERN.format(prefix=uuid5(RESULTS, body.decode()), ext=AttachmentType.JSON.extension)
            result["attachments"].append({"name": f"{name}.json", "source": source, "type": AttachmentType.JSON.mime_type})
            if not (folder / source).exists():
                (folder / source).write_bytes(body)
    _write_json(folder / TEST_CASE_PATTERN.format(prefix=uuid), result)


def _attachment(value: Any) -> bytes:
    body = msgspec.json.format(_encoded(value), indent=1)
    if len(body) <= MOST_BYTES:
        return body
    return msgspec.json.encode({"left out": f"{len(body)} bytes; posture.json holds what is not shown here"})


# Who is who: identity, and time


def _tenant_key(posture: Posture) -> str:
    return (posture.tenant.id or posture.tenant.name).casefold()


def _keys(records: Iterable[Record]) -> Iterator[str]:
    """What each record is known by, run after run: its action, also where only the check names it (the catalogue could not be read);
    else its node id. A second record of one action adds its node id, or Allure would take it for a retry of the first."""
    seen: Counter[str] = Counter()
    for record in records:
        key = (record.action or record.claims or record.item).casefold()
        if seen[key]:
            key = f"{key}\n{record.item}"
        seen[key] += 1
        yield key if seen[key] == 1 else f"{key}\n{seen[key]}"


def _spans(posture: Posture) -> Iterator[tuple[int, int]]:
    """Start and stop of each result, in ms: the run's time in equal shares. Reads are shared, so no item has a time of its own."""
    start = int(posture.started_at.timestamp() * 1000)
    share = max(int(posture.finished_at.timestamp() * 1000) - start, 0) / max(len(posture.verdicts), 1)
    for position in range(len(posture.verdicts)):
        yield start + int(position * share), start + int((position + 1) * share)


# One result


def _result(posture: Posture, record: Record, span: tuple[int, int]) -> Json:
    """What Allure calls a test result, without its ids and attachments."""
    details = {"message": _message(record), "known": record.verdict in {Verdict.ACCEPTED, Verdict.KNOWN}}
    return {
        "name": record.title,
        "fullName": record.item,
        "titlePath": record.item.split("::")[0].split("/"),
        "status": STATUS.get(record.verdict, Status.SKIPPED),
        "statusDetails": details,
        "stage": "finished",
        "start": span[0],
        "stop": span[1],
        "description": _description(record),
        "labels": [{"name": name, "value": value} for name, value in _labels(record) if value],
        "links": [{"type": LinkType.LINK, "url": record.url, "name": "Open in the portal"}] if HTTPS.fullmatch(record.url) else [],
        # not part of the identity: testCaseId is
        "parameters": [{"name": "action", "value": record.action, "excluded": True}] if record.action else [],
        "steps": [{**step, "start": span[0], "stop": span[1]} for step in _steps(record)],
        "attachments": [],
    }


def _message(record: Record) -> str:
    """`not evaluated (permission): …`. The categories match on how it begins."""
    return f"{_word(record)}: {record.reason}"


def _word(record: Record) -> str:
    return f"{record.verdict} ({record.cause})" if record.cause else str(record.verdict)


def _labels(record: Record) -> Iterator[tuple[str, str]]:
    area = BY_SLUG[record.area].name if record.area in BY_SLUG else record.area
    yield LabelType.EPIC, area
    yield LabelType.FEATURE, record.category or record.service or "Without a category"
    yield LabelType.STORY, str(record.verdict)
    yield LabelType.SEVERITY, severity(record.points).value
    yield LabelType.PARENT_SUITE, "Microsoft 365 posture"
    yield LabelType.SUITE, area
    yield "owner", record.exception.owner if record.exception else ""
    for tag in dict.fromkeys((record.basis, record.tier.capitalize(), *record.threats)):
        yield LabelType.TAG, tag


def severity(points: Points | None) -> Severity:
    """Blocker from 9 points, critical from 7, normal from 3, minor from 1, else trivial; normal where nobody has set any points,
    as for the prerequisites, which are anything but trivial."""
    if points is None:
        return Severity.NORMAL
    return next((word for least, word in SEVERITIES if points.max >= least), Severity.TRIVIAL)


def _steps(record: Record) -> Iterator[Json]:
    """How the verdict was reached. A fact that was read has passed, whatever it says. The last step has the message of the result:
    to one that failed without it, Allure would add a step."""
    if record.licence:
        status = LICENCE_STATUS.get(record.licence.state, Status.SKIPPED)
        yield {"name": f"Licence: {record.licence.note or record.licence.state}", "status": status}
    for name, value in record.observed.items():
        yield {"name": f"Observed: {name} = {fact(value)}", "status": Status.PASSED}
    status = STATUS.get(record.verdict, Status.SKIPPED)
    yield {"name": f"Verdict: {_word(record)}", "status": status, "statusDetails": {"message": _message(record)}}


def _evidence(row: Evidence) -> Json:
    """What finds one response again, and proves that it is the same."""
    facts = {"id": row.id, "url": row.url, "status": row.status, "retrieved_at": row.retrieved_at}
    facts |= {"method": row.method, "body": row.body} if row.body else {}
    return {**facts, "sha256": row.sha256, "bytes": row.bytes, "pages": row.pages}


# The description, in Markdown


def _description(record: Record) -> str:
    facts = [f"- {markdown(str(name))}: {markdown(fact(value))}" for name, value in record.observed.items()]
    blocks = [
        *_paragraph("Claim", record.claim),
        *_paragraph("Expected", record.expected if record.expected != record.claim else ""),
        *(["**Observed**", "\n".join(facts)] if facts else []),
        *_paragraph("Licence", f"{record.licence.state}. {record.licence.note}" if record.licence else ""),
        *_paragraph("Points", _points(record)),
        *_paragraph("Microsoft's word", _microsofts(record)),
        *_paragraph("Entra recommendation", _second_opinion(record)),
        *_paragraph("Exception", _exception(record)),
        *_to_do(record.remediation),
        *_paragraph("User impact", ". ".join(_told(record.user_impact, record.remediation_impact))),
        *_paragraph("Implementation cost", " ".join(_told(record.implementation_cost))),
    ]
    return "\n\n".join(blocks)


def _paragraph(heading: str, text: str) -> list[str]:
    return [f"**{heading}:** {markdown(text)}"] if text.strip() else []


def _told(*texts: str) -> list[str]:
    """Those that say something: "Unknown" is what Microsoft writes where nobody filled the field in."""
    return [text for text in texts if text.casefold() not in {"", "unknown"}]


def _points(record: Record) -> str:
    if record.points is None:
        return ""
    rank = f", rank {record.rank}" if record.rank else ""
    return f"{record.points.earned:g} of {record.points.max:g}{rank}{'; deprecated by Microsoft' if record.deprecated else ''}"


def _microsofts(record: Record) -> str:
    """Microsoft's word on the action, and whether it agrees with ours."""
    said = record.microsoft
    if said is None:
        return ""
    points = f"{said.score:g} points" if said.score is not None else "no score"
    synced = f", last synced {_moment(said.last_synced)}" if said.last_synced else ""
    by = f" by {said.state_by}" if said.state_by else ""
    at = f" on {said.state_at:%Y-%m-%d}" if said.state_at else ""
    comment = f" ({said.state_comment})" if said.state_comment else ""
    state = f" State in the portal: {said.state}, set{by}{at}{comment}." if said.state else ""
    status = f" {said.status}" if said.status else ""
    return f"{points}{synced}.{status}{state} Against our verdict: {said.agreement}."


def _second_opinion(record: Record) -> str:
    said = record.second_opinion
    if said is None:
        return ""
    looked = f", {_moment(said.looked)}" if said.looked else ""
    return f"{said.status}{looked}." + (f" Against our verdict: {said.agreement}." if said.agreement != "not scored" else "")


def _exception(record: Record) -> str:
    note = record.exception
    return f"{note.state}, {note.status}. {note.reason} Owner: {note.owner}; until {note.expires:%Y-%m-%d}." if note else ""


def _to_do(remediation: str) -> list[str]:
    lines = [prefix + markdown(text) for prefix, text in lines_of(remediation)]
    return ["**What to do**", *lines] if lines else []


# What stands beside the results


def _environment(posture: Posture) -> dict[str, str]:
    tenant, chosen, score = posture.tenant, posture.selection, posture.score
    items = f"{chosen.selected} items"
    said = f"{items}, {' '.join(chosen.arguments) or 'a part of the suite'}" if not chosen.complete else f"{items}, everything"
    return {
        "Tenant": tenant.name,
        "Tenant id": tenant.id or "unknown",
        "Cloud": tenant.cloud,
        "Source": tenant.source,
        "As of": _moment(posture.as_of),
        "Score": _score(score.current, score.max, score.percentage, score.date) if score else "unknown",
        "Tool": f"{posture.tool.name} {posture.tool.version}",
        "Selection": said + (f"; stopped early: {chosen.stopped}" if chosen.stopped else ""),
    }


def _score(current: float | None, most: float | None, percentage: float | None, date: datetime) -> str:
    if current is None or most is None:
        return "unknown"
    share = f"{percentage:g} %, " if percentage is not None else ""
    return f"{share}{current:g} of {most:g} points on {date:%Y-%m-%d}"


def _properties(values: dict[str, str]) -> str:
    """Java properties. Anything beyond ASCII as `\\uXXXX`, as in JSON: Allure 3 reads UTF-8, Allure 2 Latin-1, and both read these."""
    return "".join(f"{key.replace(' ', _SPACE)}={json.dumps(visible(value))[1:-1]}\n" for key, value in values.items())


def _name(posture: Posture) -> str:
    return f"Microsoft 365 posture: {posture.tenant.name}"


def _executor(posture: Posture) -> Json:
    build = f"{posture.tool.name} {posture.tool.version}, as of {_moment(posture.as_of)}"
    order = int(posture.started_at.timestamp())
    return {"name": "m365-posture", "type": "m365-posture", "reportName": _name(posture), "buildName": build, "buildOrder": order}


def _regex(verdict: Verdict, cause: Cause | None) -> str:
    """Matches a message from its start to its end: Allure 2 wants the whole of it matched, Allure 3 a part."""
    return rf"^{verdict} \({cause}\):[\s\S]*$" if cause else rf"^{verdict}[ :][\s\S]*$"


def _category_2(verdict: Verdict, cause: Cause | None, name: str) -> Json:
    return {"name": name, "matchedStatuses": [STATUS.get(verdict, Status.SKIPPED)], "messageRegex": _regex(verdict, cause)}


def _category_3(verdict: Verdict, cause: Cause | None, name: str) -> Json:
    """By area; not by message, which is another one for every item."""
    matcher = {"statuses": [STATUS.get(verdict, Status.SKIPPED)], "message": _regex(verdict, cause)}
    return {"name": name, "matchers": [matcher], "groupBy": [{"label": "epic"}], "groupByMessage": False}


def _config_3(posture: Posture) -> Json:
    """`allure generate --config allurerc.json`: Allure 3's report does not read `categories.json`."""
    options = {"reportName": _name(posture), "singleFile": True, "reportLanguage": "en", "groupBy": ["epic", "feature"]}
    return {
        "name": _name(posture),
        "plugins": {"awesome": {"options": options}},
        "categories": [_category_3(*category) for category in CATEGORIES],
    }


# Text


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _clean(value: Any) -> Any:
    """`value` with every string in it, keys too, fit to show."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible(key) if isinstance(key, str) else key: _clean(one) for key, one in value.items()}
    return [_clean(one) for one in value] if isinstance(value, (list, tuple)) else value
