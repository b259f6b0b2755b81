"""Announcements in their three formats, and what a reader finds in each."""

from __future__ import annotations

import email
import email.policy
import io
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import Any

import cmarkgfm
import docx
from lxml import html

from reports.announcement import formats
from reports.announcement.mail import Sender, sender
from reports.announcement.message import Message, chosen, message_of
from reports.announcement.templates import Templates
from reports.plan import plan_of
from reports.posture import Posture

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
HEAD_OF_IT = sender("Head of IT")
OURS = Templates()
ALL = {".md", ".eml", ".docx"}


class Made:
    """An announcement in its three formats, and what a reader finds in each."""

    def __init__(self, message: Message, who: Sender = HEAD_OF_IT) -> None:
        self.message = message
        self.files = formats.render(message, OURS, who, ALL, NOW)
        self.markdown = self.files[".md"].decode()
        self.mail: EmailMessage = email.message_from_bytes(self.files[".eml"], policy=email.policy.default)
        self.text, self.html = (self._part(kind) for kind in ("plain", "html"))
        self.word = docx.Document(io.BytesIO(self.files[".docx"]))

    def _part(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    @property
    def tree(self) -> Any:
        return html.fromstring(self.html)

    @property
    def in_word(self) -> str:
        return "\n".join(paragraph.text for paragraph in self.word.paragraphs)

    @property
    def readings(self) -> list[str]:
        """What a person reads, of each format, with every run of white space as one space."""
        shown = html.fromstring(cmarkgfm.github_flavored_markdown_to_html(self.markdown)).text_content()
        return [" ".join(said.split()) for said in (shown, self.text, self.tree.find("body").text_content(), self.in_word)]


def made_of(found: Posture, *actions: str, role: str = "Head of IT", contact: str = "the helpdesk", on: date | None = None) -> Made:
    steps = chosen(found, plan_of(found), actions, OURS.texts)
    return Made(message_of(found, steps, OURS, role, contact, on))
