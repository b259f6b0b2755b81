"""The templates and texts, ours or those of a folder that people made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from jinja2.sandbox import ImmutableSandboxedEnvironment

from fixtures.areas import plain_id
from fixtures.text import one_line

from ..html.text import visible
from ..markup import on_github

OURS = Path(__file__).parent
NAMES = {
    "markdown": "announcement.md.j2",
    "html": "announcement.html.j2",
    "text": "announcement.txt.j2",
    "word": "announcement.docx.j2",
    "texts": "texts.toml",
}
LETTERHEAD = "announcement.docx"
_LONGEST = 5_000
_MARK = re.compile(r"\\|#{1,3} |[-!|] ")


class ChangeText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What staff are told of the actions `ids` stand for. What they have to `do` may be nothing."""

    ids: list[str]
    title: str
    changes: str
    why: str
    do: list[str] = []


class Silent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Actions that are never announced."""

    ids: list[str]


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands around the changes; each is a template of its own."""

    title: str
    subject: str
    greeting: str
    intro: str
    since: str
    changes: str
    why: str
    do: str
    nothing: str
    questions: str
    ask: str
    care: str
    closing: str
    other_title: str
    other_why: str
    other_do: str


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`texts.toml`."""

    words: Words
    change: list[ChangeText] = []
    silent: list[Silent] = []

    def of(self, action: str) -> ChangeText | Silent | None:
        """The text of an action; `Silent` where staff notice nothing of it, None where the file does not say."""
        plain = plain_id(action)
        every: list[ChangeText | Silent] = [*self.change, *self.silent]
        return next((each for each in every if any(fnmatchcase(plain, id.casefold()) for id in each.ids)), None)


def _for_word(value: Any) -> str:
    """A value at the beginning of a line must not look like one of the marks; `word.py` takes the backslash away."""
    line = one_line(str(value))
    return f"\\{line}" if _MARK.match(line) else line


_SHOWN: dict[str, Callable[[Any], Any]] = {
    "markdown": lambda value: on_github(str(value), _LONGEST),
    "html": visible,
    "text": lambda value: one_line(str(value)),
    "word": _for_word,
}


class Templates:
    """Templates by name. Raises `ValueError` with one line for what is none of them, or cannot be used."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        if folder is not None and not any((folder / name).is_file() for name in (*NAMES.values(), LETTERHEAD)):
            raise ValueError(f"{folder} holds no template: it may hold {', '.join([*NAMES.values(), LETTERHEAD])}.")

    @cached_property
    def texts(self) -> Texts:
        """The texts: all of one file, for a part of two would be half in one language and half in another."""
        path = self._path("texts")
        try:
            return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Texts)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise ValueError(f"{path}: {error}.") from None

    @property
    def letterhead(self) -> Path | None:
        """The Word document that the message is written into, if people have one."""
        path = self.folder / LETTERHEAD if self.folder else None
        return path if path is not None and path.is_file() else None

    def source(self, name: str) -> str:
        """A template as it is, to be copied."""
        return self._path(name).read_text("utf-8")

    def render(self, name: str, context: dict[str, Any]) -> str:
        """The message in one format. Each value is made harmless for it here, whatever the template does with it."""
        return _rendered(NAMES[name], lambda: self._environments[name].get_template(NAMES[name]).render(context))

    def words(self, template: str, context: dict[str, Any]) -> str:
        """One of the words with what it names filled in, on one line, and not yet fit for any format."""
        if "{" not in template:
            return one_line(template)
        words = self._environments["text"]
        return one_line(_rendered(f"{NAMES['texts']}, {template!r}", lambda: words.from_string(template).render(context)))

    def _path(self, name: str) -> Path:
        theirs = self.folder / NAMES[name] if self.folder else None
        return theirs if theirs is not None and theirs.is_file() else OURS / NAMES[name]

    @cached_property
    def _environments(self) -> dict[str, jinja2.Environment]:
        loader = jinja2.FileSystemLoader([*([self.folder] if self.folder else []), OURS])
        return {
            name: ImmutableSandboxedEnvironment(
                loader=loader,
                autoescape=name == "html",
                undefined=jinja2.StrictUndefined,
                finalize=shown,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
            )
            for name, shown in _SHOWN.items()
        }


def _rendered(name: str, render: Callable[[], str]) -> str:
    try:
        return render()
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, UnicodeDecodeError) as error:
        line = f", line {error.lineno}" if isinstance(error, jinja2.TemplateSyntaxError) else ""
        raise ValueError(f"{name}{line} cannot be used: {error}.") from None
