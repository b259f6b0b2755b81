"""The scorecard as a PDF of one page, set by Typst: tagged (PDF/UA-1), its text selectable, its fonts within it.

Typst comes as one Python package, without a browser and without libraries of the system. The facts reach its template as JSON, so a
name is text there and never code. Letters that our own font lacks are taken from the fonts of the machine.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from .facts import Card

_FOLDER = Path(__file__).parent
# Said by the template, which alone knows how many pages it makes.
_TOO_LONG = "more than one page"
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed')
_CODE = re.compile(r"\\u\{(\w+)\}")


def render(card: Card) -> bytes:
    """The PDF. Raises `ValueError` with one line where Typst is not installed, or where the name cannot be shown."""
    try:
        import typst
    except ImportError:
        raise ValueError("a PDF needs the package typst: pip install typst. Or make FILE.html, which prints to one page.") from None
    data = msgspec.json.encode(card).decode()
    try:
        made: Any = typst.compile(
            (_FOLDER / "scorecard.typ").read_bytes(),
            font_paths=typst.Fonts(font_paths=[str(_FOLDER / "fonts")]),
            sys_inputs={"card": data},
            pdf_standards=["ua-1"],
            timestamp=int(card.made_at.timestamp()),
        )
    except typst.TypstError as error:
        raise ValueError(_why(error.message)) from None
    return bytes(made)


def _why(message: str) -> str:
    glyph = _NO_GLYPH.search(message)
    if glyph:
        letter = _CODE.sub(lambda code: f"U+{code[1].upper()}", glyph[1])
        return f"no font of this machine shows “{letter}” of the name: install one that does, make FILE.html, or leave out --named."
    if _TOO_LONG in message:
        return "the name leaves no room for the rest on one page: make FILE.html, or leave out --named."
    return f"the PDF could not be made: {message}. Make FILE.html, which prints to one page."
