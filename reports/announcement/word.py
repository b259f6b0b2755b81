"""The announcement as a Word document."""

from __future__ import annotations

import io
import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.exceptions import OpcError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

if TYPE_CHECKING:
    from docx.document import Document
    from docx.styles.style import ParagraphStyle
    from docx.text.paragraph import Paragraph

_LINE = re.compile(r"(#{1,3}|[!|-]) (.*)")
_STYLES = {"#": "Title", "##": "Heading 1", "###": "Heading 2", "-": "List Bullet", "!": "Intense Quote", "|": "No Spacing"}
_ACCENT, _INK = RGBColor(0x1D, 0x4F, 0x7C), RGBColor(0x1F, 0x29, 0x37)


def render(lines: str, title: str, role: str, letterhead: Path | None, now: datetime) -> bytes:
    """The document: `lines` as the Word template makes them, after what `letterhead` holds.

    Raises `ValueError` with one line where the letterhead is no Word document.
    """
    document = _opened(letterhead)
    styles = {style.name for style in document.styles if style.type is WD_STYLE_TYPE.PARAGRAPH}
    for line in filter(str.strip, lines.splitlines()):
        found = _LINE.fullmatch(line)
        mark, text = (found[1], found[2]) if found else ("", line)
        _add(document, styles, mark, text.removeprefix("\\").strip())
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by, facts.comments, facts.language = title[:255], role[:255], role[:255], "", "en-GB"
    facts.created = facts.modified = now.replace(tzinfo=None)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _opened(letterhead: Path | None) -> Document:
    if letterhead is None:
        document = docx.Document()
        _dress(document)
        return document
    try:
        return docx.Document(str(letterhead))
    except (OpcError, BadZipFile, KeyError, ValueError) as error:
        raise ValueError(f"{letterhead} is no Word document: {error}.") from None


def _add(document: Document, styles: set[str | None], mark: str, text: str) -> Paragraph:
    """A paragraph. A letterhead may lack a style: then the text stands in its ordinary one."""
    style = _STYLES.get(mark, "Normal")
    if style in styles:
        return document.add_paragraph(text, style)
    paragraph = document.add_paragraph()
    run = paragraph.add_run(f"• {text}" if mark == "-" else text)
    run.bold = mark in ("#", "##", "###", "!")
    return paragraph


def _dress(document: Document) -> None:
    """A4, and styles that print well. All of it is in the styles, where people can change it."""
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.5)
    page.top_margin = page.bottom_margin = Cm(2.2)
    _style(document, "Normal", 11, _INK, after=7, line=1.15)
    _style(document, "Title", 22, _ACCENT, after=14, bold=True)
    _style(document, "Heading 1", 15, _ACCENT, before=18, after=6, bold=True)
    _style(document, "Heading 2", 11, _INK, before=8, after=2, bold=True)
    _style(document, "List Bullet", 11, _INK, after=4, line=1.15)
    _style(document, "Intense Quote", 11, _ACCENT, before=4, after=8, bold=True)
    _style(document, "No Spacing", 11, _INK, after=0, line=1.15)
    document.styles["Intense Quote"].paragraph_format.keep_with_next = True
    _unbordered(document.styles["Title"])


def _style(
    document: Document, name: str, size: float, ink: RGBColor, *, before: float = 0, after: float, line: float = 1.0, bold: bool = False
) -> None:
    style: ParagraphStyle = document.styles[name]
    font, space = style.font, style.paragraph_format
    font.name, font.size, font.bold, font.italic, font.color.rgb = "Calibri", Pt(size), bold, False, ink
    space.space_before, space.space_after, space.line_spacing = Pt(before), Pt(after), line
    if name == "Intense Quote":
        space.left_indent = space.right_indent = Cm(0)
    rpr = style.element.get_or_add_rPr()
    fonts = rpr.find(qn("w:rFonts"))
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    if name == "Normal":
        language = OxmlElement("w:lang")
        language.set(qn("w:val"), "en-GB")
        rpr.append(language)


def _unbordered(style: ParagraphStyle) -> None:
    """The title without the rule that python-docx's own document has under it."""
    found = style.element.find(f"{qn('w:pPr')}/{qn('w:pBdr')}")
    if found is not None:
        found.getparent().remove(found)
