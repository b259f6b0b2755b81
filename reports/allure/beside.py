"""What stands beside the results: environment, executor, and the categories by verdict and cause, for Allure 2 and for Allure 3."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from allure_commons.model2 import Status

from fixtures.graph.failure import Cause
from fixtures.text import visible
from fixtures.verdicts import Verdict

from ..posture import Posture
from .describing import moment_of

Json = dict[str, Any]
STATUS = {
    Verdict.MET: Status.PASSED,
    Verdict.NOT_MET: Status.FAILED,
    Verdict.NOT_EVALUATED: Status.BROKEN,
}  # everything else is skipped, and so outside Allure's percentage
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
_SPACE = r"\ "


def environment(posture: Posture) -> dict[str, str]:
    tenant, chosen, score = posture.tenant, posture.selection, posture.score
    items = f"{chosen.selected} items"
    said = f"{items}, {' '.join(chosen.arguments) or 'a part of the suite'}" if not chosen.complete else f"{items}, everything"
    return {
        "Tenant": tenant.name,
        "Tenant id": tenant.id or "unknown",
        "Cloud": tenant.cloud,
        "Source": tenant.source,
        "As of": moment_of(posture.as_of),
        "Score": _score(score.current, score.max, score.percentage, score.date) if score else "unknown",
        "Tool": f"{posture.tool.name} {posture.tool.version}",
        "Selection": said + (f"; stopped early: {chosen.stopped}" if chosen.stopped else ""),
    }


def _score(current: float | None, most: float | None, percentage: float | None, date: datetime) -> str:
    if current is None or most is None:
        return "unknown"
    share = f"{percentage:g} %, " if percentage is not None else ""
    return f"{share}{current:g} of {most:g} points on {date:%Y-%m-%d}"


def properties(values: dict[str, str]) -> str:
    """Java properties. Anything beyond ASCII as `\\uXXXX`, as in JSON: Allure 3 reads UTF-8, Allure 2 Latin-1, and both read these."""
    return "".join(f"{key.replace(' ', _SPACE)}={json.dumps(visible(value))[1:-1]}\n" for key, value in values.items())


def _name(posture: Posture) -> str:
    return f"Microsoft 365 posture: {posture.tenant.name}"


def executor(posture: Posture) -> Json:
    build = f"{posture.tool.name} {posture.tool.version}, as of {moment_of(posture.as_of)}"
    order = int(posture.started_at.timestamp())
    return {"name": "m365-posture", "type": "m365-posture", "reportName": _name(posture), "buildName": build, "buildOrder": order}


def _regex(verdict: Verdict, cause: Cause | None) -> str:
    """Matches a message from its start to its end: Allure 2 wants the whole of it matched, Allure 3 a part."""
    return rf"^{verdict} \({cause}\):[\s\S]*$" if cause else rf"^{verdict}[ :][\s\S]*$"


def category_2(verdict: Verdict, cause: Cause | None, name: str) -> Json:
    return {"name": name, "matchedStatuses": [STATUS.get(verdict, Status.SKIPPED)], "messageRegex": _regex(verdict, cause)}


def _category_3(verdict: Verdict, cause: Cause | None, name: str) -> Json:
    """By area; not by message, which is another one for every item."""
    matcher = {"statuses": [STATUS.get(verdict, Status.SKIPPED)], "message": _regex(verdict, cause)}
    return {"name": name, "matchers": [matcher], "groupBy": [{"label": "epic"}], "groupByMessage": False}


def config_3(posture: Posture) -> Json:
    """`allure generate --config allurerc.json`: Allure 3's report does not read `categories.json`."""
    options = {"reportName": _name(posture), "singleFile": True, "reportLanguage": "en", "groupBy": ["epic", "feature"]}
    return {
        "name": _name(posture),
        "plugins": {"awesome": {"options": options}},
        "categories": [_category_3(*category) for category in CATEGORIES],
    }
