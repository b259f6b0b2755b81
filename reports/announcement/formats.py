"""The message in its formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from . import mail
from .mail import Sender
from .message import Message
from .templates import Templates


def render(message: Message, templates: Templates, who: Sender, suffixes: Iterable[str], now: datetime) -> dict[str, bytes]:
    """What is asked for, by the suffix of its file: `.md`, `.eml`, `.docx`. Raises `ValueError` where a template cannot be used."""
    context = message.context()

    def in_word() -> bytes:
        from . import word

        return word.render(templates.render("word", context), message.title, message.role, templates.letterhead, now)

    makers: dict[str, Callable[[], bytes]] = {
        ".md": lambda: templates.render("markdown", context).encode(),
        ".eml": lambda: mail.render(message.subject, templates.render("text", context), templates.render("html", context), who, now),
        ".docx": in_word,
    }
    return {suffix: makers[suffix]() for suffix in suffixes}
