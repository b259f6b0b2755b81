"""The demo tenant's card."""

from __future__ import annotations

import pytest

from reports.posture import Posture
from reports.scorecard.facts import card_of
from tests.scorecard.cards import Made


@pytest.fixture(scope="module")
def made(demo: Posture) -> Made:
    return Made(card_of(demo))
