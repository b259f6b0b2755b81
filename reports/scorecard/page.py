"""The scorecard as one HTML file: no script, and nothing that is loaded from anywhere."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from ..html.text import visible
from .facts import SHORT_NAME, Card

_FOLDER = Path(__file__).parent


def render(card: Card) -> bytes:
    """The page, in UTF-8."""
    return _template().render(c=card, short_name=SHORT_NAME, style=Markup(_style())).encode()  # noqa: S704 - our own file


@cache
def _style() -> str:
    return (_FOLDER / "style.css").read_text("utf-8")


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("scorecard.html.j2")
