"""A run that is ended at its first check: by Ctrl-C, or by pytest's own exit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from tests.harness import Run

each_end = pytest.mark.parametrize("how", [KeyboardInterrupt(), pytest.exit.Exception("enough")], ids=["interrupted", "exit"])


class _Ends:
    def __init__(self, how: BaseException) -> None:
        self.how = how

    def pytest_runtest_call(self) -> None:
        raise self.how


def end(run: Callable[..., Run], how: BaseException, *arguments: str) -> None:
    with suppress(KeyboardInterrupt):  # pytester passes it on
        run(*arguments, plugins=[_Ends(how)])
