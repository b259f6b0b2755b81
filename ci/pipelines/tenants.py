"""`python ci/pipelines/tenants.py`: the tenants of a `tenants.toml` as GitHub's matrix wants them. Needs nothing but Python.

A matrix makes 256 jobs at most, so thousands of tenants are a matrix of parts, each of which is a matrix of its own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path

USAGE_ERROR, MOST = 4, 256


def names(path: Path) -> list[str]:
    """The names in the order of the file. Raises `ValueError` with one line where there are none."""
    try:
        entries = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}. It names the tenants: a table for each, as in [contoso].") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not entries or not all(isinstance(entry, dict) for entry in entries.values()):
        raise ValueError(f"{path} names no tenants: a table for each is wanted, as in [contoso].")
    return list(entries)


def parts(tenants: list[str], most: int) -> list[dict[str, str]]:
    """`[{"part": "1", "tenants": "[…]"}]`, each with `most` at most: the tenants are JSON once more, to be handed on."""
    cut = [tenants[start : start + most] for start in range(0, len(tenants), most)]
    if len(cut) > MOST:
        raise ValueError(f"{len(tenants)} tenants are more than one workflow can fan out: give each of several its own tenants.toml.")
    return [{"part": str(number), "tenants": json.dumps(some)} for number, some in enumerate(cut, 1)]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=Path("tenants.toml"))
    parser.add_argument("--most", type=int, default=MOST, choices=range(1, MOST + 1), metavar="N", help="tenants in a part; default: 256")
    options = parser.parse_args(arguments)
    try:
        sys.stdout.write(json.dumps(parts(names(options.file), options.most)) + "\n")
    except ValueError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return USAGE_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
