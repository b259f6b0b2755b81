"""`python -m ci notify posture.json --webhook-env NAME`: tells a chat what changed since the baseline, and nothing where nothing did.

The webhook's address is a secret: it is taken from the environment and from nowhere else, and no output names it. Text of a tenant goes
into fields in which neither Teams nor Slack looks for links, mentions or formatting.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from reports import posture as postures
from reports.markup import clip
from reports.posture import Change, Posture
from reports.standards.names import web_address

Json = dict[str, Any]
NOT_SENT = 13  # what this command exits with where there was something to say and nobody heard it
TIMEOUT = 20.0  # seconds, for the whole exchange
MOST, MOST_NAME, MOST_TEXT = 10, 100, 160
_HOSTS = {
    "teams": (".logic.azure.com", ".logic.azure.us", ".api.powerplatform.com", ".api.powerplatform.us", ".webhook.office.com"),
    "slack": (".slack.com", ".slack-gov.com"),
}


class NotSentError(Exception):
    """Why a message did not arrive, in one line without the address."""


# What is said


def heading(posture: Posture) -> str:
    """The message in one line."""
    told = ", ".join(f"{number} {effect}" for effect, number in posture.effects.items())
    return f"{clip(posture.tenant.name, MOST_NAME)}: {told}"


def _line(change: Change) -> str:
    action = f" [{clip(change.action, MOST_NAME)}]" if change.action else ""
    was, now = change.before or "not there", change.after or "not there"
    said = f"{clip(change.title, MOST_NAME)}{action}: it was {was} and is {now} ({change.because})."
    return f"{said} {clip(change.reason, MOST_TEXT)}".rstrip()


def _foot(posture: Posture) -> str:
    percentage = posture.score.percentage if posture.score else None
    before = posture.baseline.percentage if posture.baseline else None
    score = "not known" if percentage is None else f"{percentage:.1f} %" + ("" if before is None else f", {before:.1f} % then")
    since = f" since the baseline of {posture.baseline.as_of:%Y-%m-%d}" if posture.baseline else ""
    status = "unknown" if posture.exit_status is None else posture.exit_status
    return f"As of {posture.as_of:%Y-%m-%d %H:%M} UTC{since}. Secure Score {score}. Exit status {status}."


def _more(posture: Posture) -> str:
    return f"{len(posture.changes) - MOST} more are in the report." if len(posture.changes) > MOST else ""


def teams(posture: Posture, link: str | None = None) -> Json:
    """An Adaptive Card for a workflow of Teams. Text runs know no Markdown; of dates in braces they make others, so braces are parted."""
    rows = [(f"{change.effect}: ", _line(change)) for change in posture.changed[:MOST]]
    body = [_text(heading(posture), weight="Bolder", size="Medium")]
    body += [_runs({"text": label, "weight": "Bolder"}, {"text": line}) for label, line in rows]
    body += [_text(line, isSubtle=True) for line in (_more(posture), _foot(posture)) if line]
    card = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body}
    if link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open the run", "url": link}]
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, **style: Any) -> Json:
    return _runs({"text": text, **style})


def _runs(*runs: Json) -> Json:
    parted = [{"type": "TextRun", **run, "text": re.sub(r"(?<=[{}])(?=[{}])", " ", run["text"])} for run in runs]
    return {"type": "RichTextBlock", "inlines": parted}


def slack(posture: Posture, link: str | None = None) -> Json:
    """A message for Slack. Elements of rich text are shown as they are; `text`, for notifications, is escaped as Slack asks."""
    sections = [_section({"text": heading(posture), "style": {"bold": True}})]
    for change in posture.changed[:MOST]:
        sections.append(_section({"text": f"{change.effect}: ", "style": {"bold": True}}, {"text": _line(change)}))
    sections += [_section({"text": line}) for line in (_more(posture), _foot(posture)) if line]
    if link:
        sections.append({"type": "rich_text_section", "elements": [{"type": "link", "url": link, "text": "Open the run"}]})
    blocks = [{"type": "rich_text", "elements": [section]} for section in sections]
    escaped = heading(posture).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return {"text": escaped, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": [{"type": "text", **element} for element in elements]}


FORMATS: dict[str, Callable[[Posture, str | None], Json]] = {"teams": teams, "slack": slack}


# How it is sent


def address(name: str, environment: Mapping[str, str]) -> str:
    """The webhook in this variable. Raises `ValueError`, without it, where it is none that may be used."""
    value = environment.get(name, "").strip()
    if not value:
        raise ValueError(f"--webhook-env: {name} is not set.")
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not value.isprintable() or parts.scheme != "https" or parts.username is not None:
        raise ValueError(f"--webhook-env: {name} holds no https address.")
    return value


def format_of(url: str) -> str:
    """The format that the host of a webhook takes. Raises `ValueError` where it tells nothing."""
    host = f".{urlsplit(url).hostname or ''}"
    for name, ends in _HOSTS.items():
        if host.endswith(ends):
            return name
    raise ValueError(f"--format: which of {', '.join(FORMATS)} the webhook takes cannot be told from its host; say it.")


async def send(url: str, message: Json) -> None:
    """Post it once. Raises `NotSentError`."""
    try:
        async with asyncio.timeout(TIMEOUT), httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False) as client:
            body = msgspec.json.encode(message)
            async with client.stream("POST", url, content=body, headers={"content-type": "application/json"}) as answer:
                status = answer.status_code
    except TimeoutError:
        raise NotSentError(f"no answer within {TIMEOUT:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise NotSentError(type(error).__name__) from None  # its text may hold the address
    if not 200 <= status < 300:
        raise NotSentError(f"the webhook answered {status}")


def add_to(commands: Any) -> None:
    """`notify`, as a command of `python -m ci`."""
    command: argparse.ArgumentParser = commands.add_parser("notify", help="tell a chat what changed since the baseline")
    command.add_argument("posture", type=Path)
    command.add_argument("--webhook-env", metavar="NAME", required=True, help="the variable that holds the webhook's address")
    command.add_argument("--format", choices=FORMATS, help="default: by the webhook's host")
    command.add_argument("--link", metavar="URL", help="where the run is to be seen, for people who get the message")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 where it was sent or nothing changed, `NOT_SENT` where it was not. Raises `ValueError` for what cannot be done."""
    posture = postures.read(options.posture)
    url = address(options.webhook_env, os.environ)
    form = options.format or format_of(url)
    if not posture.changes:
        sys.stdout.write("Nothing changed: no message.\n")
        return 0
    try:
        asyncio.run(send(url, FORMATS[form](posture, web_address(options.link or ""))))
    except NotSentError as error:
        sys.stderr.write(f"The message was not sent: {error}.\n")
        return NOT_SENT
    sys.stdout.write(f"{len(posture.changes)} changes told.\n")
    return 0
