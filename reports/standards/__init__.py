"""The posture in other tools' formats, each made from the posture alone: OSCAL assessment results, SARIF, and a Markdown summary.

What was not found out never becomes good in any of them: `satisfied` and `pass` are said of *met* and of nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec


def write_json(document: Any, path: Path) -> None:
    """Write a JSON file: whole or not at all."""
    write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file: whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.write_bytes(content)
    unfinished.replace(path)
