"""The demo tenant's posture, where announcements may be written beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.harness import Run


@pytest.fixture(scope="module")
def folder(demo_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The posture of the demo tenant in a folder of its own: announcements are written beside it."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(demo_run.folder / "posture.json", folder)
    return folder
