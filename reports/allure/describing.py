"""The description of a result, in Markdown: what is known of one action, in paragraphs. Tenant text in it is escaped."""

from __future__ import annotations

from datetime import datetime

from fixtures.record import Record

from ..markup import fact, markdown
from ..text import lines_of


def moment_of(moment: datetime) -> str:
    """To the minute, in UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def description(record: Record) -> str:
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
    synced = f", last synced {moment_of(said.last_synced)}" if said.last_synced else ""
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
    looked = f", {moment_of(said.looked)}" if said.looked else ""
    return f"{said.status}{looked}." + (f" Against our verdict: {said.agreement}." if said.agreement != "not scored" else "")


def _exception(record: Record) -> str:
    note = record.exception
    return f"{note.state}, {note.status}. {note.reason} Owner: {note.owner}; until {note.expires:%Y-%m-%d}." if note else ""


def _to_do(remediation: str) -> list[str]:
    lines = [prefix + markdown(text) for prefix, text in lines_of(remediation)]
    return ["**What to do**", *lines] if lines else []
