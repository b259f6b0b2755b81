"""What a run wrote: the files its folder of deliverables got, whichever deliverable wrote them, and those that were sent elsewhere."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

import pytest

from ..plugin import ALLURE, FOLDER, JSON, JUNIT, REPORT, written_in
from .manifest import POSTURE, REPORTS

# When it was written, its size in bytes, and which file it is.
_State = tuple[int, int, int]
_NAMES = {"report": REPORT, "Allure": ALLURE, "JUnit": JUNIT}


class Outputs:
    """Begun before the run writes anything: what is there already, and is at most given another name, is none of the run's."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._before = {state for root in self._roots() for state in listing(root).values()}

    def _roots(self) -> dict[Path, str]:
        """The folders that deliverables go to, each with the name it has in a package."""
        own = {self._config.stash[FOLDER].resolve(): REPORTS}
        return own | {path.resolve(): f"{REPORTS}{ALLURE}/" for name, path in self._elsewhere() if name == "Allure"}

    def _elsewhere(self) -> list[tuple[str, Path]]:
        """Deliverables that the user wants in another place than the folder."""
        folder = self._config.stash[FOLDER].resolve()
        places = [(name, place(self._config, path)) for name, path in written_in(self._config)]
        return [(name, path) for name, path in places if folder not in path.resolve().parents]

    def members(self, but: Collection[Path]) -> dict[str, Path]:
        """Each file of the run by its name in a package; none of `but`, nor of what lies in one of them."""
        found: dict[str, Path] = {}
        for root, name in self._roots().items():
            for path, state in listing(root).items():
                if state not in self._before and not any(other in (path, *path.parents) for other in but):
                    found[name + path.relative_to(root).as_posix()] = path
        files = ((_NAMES.get(name, path.name), path) for name, path in self._elsewhere() if path.is_file())
        found |= {REPORTS + name: path for name, path in files}
        return in_package(found)


def in_package(found: dict[str, Path]) -> dict[str, Path]:
    """The posture stands beside the reports, not among them."""
    return {POSTURE if name == REPORTS + JSON else name: path for name, path in found.items()}


def place(config: pytest.Config, path: Path) -> Path:
    """Where pytest-html and JUnit take a path to be that the user gave them."""
    return config.invocation_params.dir / Path(os.path.expandvars(path)).expanduser()


def listing(root: Path) -> dict[Path, _State]:
    """Each file below `root`, but for what is hidden, what Python keeps and links."""
    found: dict[Path, _State] = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "__pycache__"]
        for path in (Path(folder) / name for name in files if not name.startswith(".")):
            if not path.is_symlink() and path.is_file():
                state = path.stat()
                found[path] = (state.st_mtime_ns, state.st_size, state.st_ino)
    return found
