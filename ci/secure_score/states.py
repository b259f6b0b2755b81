"""How each action stands in Secure Score now: its latest control state, by whom and when. Read, never written."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from fixtures.areas import plain_id
from fixtures.graph.failure import Cause, Unreadable
from fixtures.resources.secure_score import StateUpdate, latest_update
from fixtures.text import one_line


class State(StrEnum):
    """The control states of Secure Score. https://learn.microsoft.com/graph/api/resources/securescorecontrolstateupdate"""

    DEFAULT = "Default"
    IGNORED = "Ignored"
    THIRD_PARTY = "ThirdParty"
    REVIEWED = "Reviewed"


_BY_NAME = {"": State.DEFAULT, **{state.casefold(): state for state in State}}


class Present(msgspec.Struct, frozen=True):
    """One action. `update` is None where nobody ever touched its state; `problem` says why its state is not known."""

    id: str
    service: str = ""
    update: StateUpdate | None = None
    problem: str | None = None

    @property
    def state(self) -> str:
        """In the spelling of `State`; a word that is none of them as it came."""
        said = self.update.state if self.update else ""
        return _BY_NAME.get(said.casefold(), said)

    @property
    def is_device(self) -> bool:
        """A device control: its states are Defender Vulnerability Management's, and Secure Score refuses to set them."""
        return plain_id(self.id).startswith("scid_") or self.service.casefold() == "mdatp"

    def __str__(self) -> str:
        return one_line(f"{self.state}{', set ' + self.set_by if self.update else ''}")

    @property
    def set_by(self) -> str:
        """Who set the state and when, as far as Graph says."""
        update = self.update
        who = f"by {update.by}" if update and update.by else "by somebody whom Graph does not name"
        return one_line(f"{who} on {update.at:%Y-%m-%d}" if update and update.at else who)


class States:
    """Folds control profiles: one of them, or all. An action with several profiles that do not say the same is not known."""

    def __init__(self) -> None:
        self._found: dict[str, Present] = {}

    def add(self, body: bytes) -> int:
        decoded = msgspec.json.decode(body, type=dict[str, Any])
        rows = decoded.get("value", [decoded])
        if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"] for row in rows):
            raise ValueError("the response holds no control profiles")
        for row in rows:
            found = _present(row)
            held = self._found.setdefault(found.id.casefold(), found)
            if (held.id, held.update) != (found.id, found.update):
                self._found[found.id.casefold()] = Present(held.id, problem="it has two profiles, and they differ")
        return len(rows) if "value" in decoded else -1

    def result(self) -> dict[str, Present]:
        """By folded id."""
        if not self._found:
            raise Unreadable(Cause.UNAVAILABLE, "Secure Score has no actions in this tenant yet.")
        return self._found


def _present(row: dict[str, Any]) -> Present:
    updates, service = row.get("controlStateUpdates"), row.get("service")
    name = service if isinstance(service, str) else ""
    if updates is not None and not (isinstance(updates, list) and all(isinstance(each, dict) for each in updates)):
        return Present(row["id"], name, problem="its state cannot be read")
    latest = latest_update(updates)
    touched = latest and (latest.state.casefold() not in {"", "default"} or latest.by or latest.at or latest.comment)
    return Present(row["id"], name, latest if touched else None)
