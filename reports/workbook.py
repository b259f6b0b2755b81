from pathlib import Path

from .posture import Posture


def write(posture: Posture, path: Path) -> None: ...
