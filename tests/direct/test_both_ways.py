"""No direct check without a case in which it is met and one in which it is not."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import tests.direct
from tests.direct.judged import MET, NOT, direct_checks, family_of

# Not met in the demo tenant as it is, and accepted there: `test_exceptions` looks at it.
_JUDGED_ELSEWHERE = {NOT: {"aad_third_party_apps"}, MET: set[str]()}


@pytest.mark.parametrize("verdict", [MET, NOT])
def test_every_direct_check_is_judged_so_somewhere(verdict: str) -> None:
    modules = [importlib.import_module(f"tests.direct.{module.name}") for module in pkgutil.iter_modules(tests.direct.__path__)]
    cases = (case for module in modules for case in getattr(module, "CASES", ()))
    found = {family_of(name) or name for name, wanted, _ in cases if wanted == verdict}
    assert direct_checks() == found | _JUDGED_ELSEWHERE[verdict]
