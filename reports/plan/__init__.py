"""The plan: what to do in which order, when it shows in the score, and what another licence would open. `plan_of` makes it of a posture."""

from __future__ import annotations

from .facts import Plan, Step
from .making import plan_of

__all__ = ["Plan", "Step", "plan_of"]
