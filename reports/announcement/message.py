"""What an announcement says, before it has a format."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

import msgspec

from fixtures.areas import BY_SLUG, plain_id
from fixtures.record import Record
from fixtures.text import one_line
from fixtures.verdicts import Verdict

from ..html.text import day
from ..plan import Plan, Step
from ..posture import Posture
from .noticing import is_fit, noticed
from .templates import Silent, Templates, Texts

_CLOSED = {
    Verdict.MET: "is met already",
    Verdict.ACCEPTED: "is accepted as it is",
    Verdict.NOT_EVALUATED: "could not be evaluated: find out first whether it is to be done",
    Verdict.NOT_LICENSED: "needs a licence that the tenant does not hold",
    Verdict.NOT_APPLICABLE: "does not apply to this tenant",
    Verdict.NOT_SCORED: "is not scored for this tenant, and no setting is read directly",
}


# Connected apps, by what the ids of their actions begin with after `MDA_`.
_APPS = {
    "atlassian": "Atlassian", "citrixsf": "ShareFile", "docusign": "DocuSign", "dropbox": "Dropbox", "github": "GitHub",
    "google": "Google Workspace", "netdocuments": "NetDocuments", "okta": "Okta", "sf": "Salesforce", "snow": "ServiceNow",
    "workplace": "Workplace", "zendesk": "Zendesk", "zoom": "Zoom",
}  # fmt: skip


class Change(msgspec.Struct, frozen=True):
    """One change, in words for staff: from which day (`since` says it), what they notice, why, and what they have to do, if anything."""

    title: str
    on: date
    since: str
    changes: str
    why: str
    do: tuple[str, ...]


class Message(msgspec.Struct, frozen=True):
    """An announcement. `words` are those around the changes, filled in; `left_out` the chosen actions nobody notices anything of."""

    title: str
    subject: str
    organisation: str
    role: str
    contact: str
    changes: tuple[Change, ...]
    words: dict[str, str]
    left_out: tuple[str, ...]

    def context(self) -> dict[str, Any]:
        """What a template may show."""
        return {name: getattr(self, name) for name in ("title", "organisation", "role", "contact", "words", "changes")}


def chosen(posture: Posture, plan: Plan, names: Sequence[str], texts: Texts) -> list[Step]:
    """The steps to announce: those of the actions named, or else the next of the plan that people notice.

    Raises `ValueError` with one line for an action that is unknown, or is not to be done.
    """
    if not names:
        found = [step for step in plan.steps if _is_noticed(step, posture, texts)]
        if not found:
            raise ValueError("no step of the plan is one that staff would notice: there is nothing to announce.")
        return found[:1]
    steps = {(step.action or "").casefold(): step for step in plan.steps if step.action}
    actions = {(record.action or "").casefold(): record for record in posture.of_actions()}
    picked: dict[str, Step] = {}
    for name in names:
        ids = [id for id in actions if name.casefold() == id] or [id for id in actions if plain_id(name) == plain_id(id)]
        if not ids:
            near = get_close_matches(name.casefold(), actions, 1)
            hint = f" Did you mean {actions[near[0]].action}?" if near else ""
            raise ValueError(f"{name} is no action of this posture.{hint}")
        for id in ids:
            if id not in steps:
                raise ValueError(f"{actions[id].action} {_CLOSED.get(actions[id].verdict, 'is not to be done')}: it is not announced.")
            picked[id] = steps[id]
    return sorted(picked.values(), key=lambda step: step.number)


def _is_noticed(step: Step, posture: Posture, texts: Texts) -> bool:
    return step.action is not None and change_of(_record(posture, step), step.made, texts) is not None


def _record(posture: Posture, step: Step) -> Record:
    return next(record for record in posture.verdicts if record.item == step.item)


def change_of(record: Record, on: date, texts: Texts) -> Change | None:
    """The change in our words, or else what the action's profile says users notice; None where that is nothing.

    The title and words of such another are templates still: `message_of` fills them in.
    """
    told = texts.of(record.action or "")
    if isinstance(told, Silent):
        return None
    if told is not None:
        return Change(told.title, on, texts.words.since, told.changes, told.why, tuple(told.do))
    words, said = texts.words, noticed(record.remediation_impact)
    return Change("", on, words.since, said, words.other_why, (words.other_do,)) if said else None


def message_of(posture: Posture, steps: Sequence[Step], templates: Templates, role: str, contact: str, on: date | None = None) -> Message:
    """The announcement of `steps`, each from its own day, or all from `on`. Actions with the same text are one change.

    Raises `ValueError` with one line where nobody notices anything of any of them, or a text cannot be used.
    """
    texts, left_out, found = templates.texts, list[str](), dict[Change, Change]()
    who = {"organisation": _organisation(posture), "role": one_line(role), "contact": one_line(contact)}
    for step in sorted(steps, key=lambda step: (step.made, step.number)):
        record = _record(posture, step)
        change = change_of(record, on or step.made, texts)
        if change is None:
            left_out.append(step.action or step.title)
        else:
            filled = _filled(change, record, templates, who)
            found.setdefault(msgspec.structs.replace(filled, on=date.min, since=""), filled)
    if not found:
        raise ValueError(f"nothing is known that staff would notice of {', '.join(left_out)}: there is nothing to announce.")
    return _message(tuple(found.values()), templates, who, tuple(left_out))


def _filled(change: Change, record: Record, templates: Templates, who: dict[str, str]) -> Change:
    """A change with its words filled in, and a title of its own if it has none. A profile's words are no template."""
    area = {
        **who,
        **dated(change.on),
        "app": _app(record),
        "area": BY_SLUG[record.area].title if record.area in BY_SLUG else "Microsoft 365",
    }
    fill = templates.words
    if change.title:
        title, said = fill(change.title, area), fill(change.changes, area)
    else:
        title = one_line(record.title) if is_fit(record.title) else fill(templates.texts.words.other_title, area)
        said = change.changes
    do = tuple(fill(what, area) for what in change.do)
    return Change(title, change.on, fill(change.since, area), said, fill(change.why, area), do)


def _app(record: Record) -> str:
    """The connected app an action is about."""
    kind, _, rest = plain_id(record.action or "").partition("_")
    return _APPS.get(rest.partition("_")[0], "the app") if kind == "mda" else "Microsoft 365"


def _message(changes: tuple[Change, ...], templates: Templates, who: dict[str, str], left_out: tuple[str, ...]) -> Message:
    words = templates.texts.words
    facts: dict[str, Any] = {**who, "count": len(changes), **dated(changes[0].on)}
    title = changes[0].title if len(changes) == 1 else templates.words(words.title, facts)
    facts["title"] = title
    filled = {
        name: templates.words(getattr(words, name), facts)
        for name in ("greeting", "intro", "changes", "why", "do", "nothing", "questions", "ask", "care", "closing")
    }
    subject = templates.words(words.subject, facts)
    return Message(title, subject, who["organisation"], who["role"], who["contact"], changes, filled, left_out)


def dated(on: date) -> dict[str, str]:
    """A day, as texts may show it."""
    return {"day": day(on), "date": on.isoformat()}


def _organisation(posture: Posture) -> str:
    """The organisation's name; nothing where it is called by how the run named it, such as the folder of a snapshot."""
    return "" if posture.tenant.name == posture.tenant.label else one_line(posture.tenant.name)
