"""Which posture a command is about, where nobody says: that of the only tenant there is one of."""

from __future__ import annotations

from pathlib import Path

OUT = Path(__file__).resolve().parent / "out"


def posture_file(named: Path | None, out: Path = OUT) -> Path:
    """`named`, or the only `posture.json` under `reports/out/`. Raises `ValueError` with one line where there is none, or more."""
    if named is not None:
        return named
    found = sorted(out.glob("*/posture.json"))
    if not found:
        raise ValueError("there is no posture yet: run pytest first, or name the posture.json to use.")
    if len(found) > 1:
        raise ValueError(f"there is more than one posture: name one of {', '.join(str(path) for path in found)}.")
    return found[0]
