"""The one thing this tenant lets itself be told: the state of an action of Secure Score. It shows in what is read from then on.

https://learn.microsoft.com/graph/api/securescorecontrolprofile-update
"""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from .answers import Answer
from .odata import Refused

_COLLECTION = "security/securescorecontrolprofiles"
_CONTROL = re.compile(rf"{_COLLECTION}/[^/]+")
_STATES = {state.casefold(): state for state in ("Default", "Ignored", "ThirdParty", "Reviewed")}
_TAKEN = ("state", "comment", "assignedTo")
_UNTOUCHED = {"assignedTo": None, "comment": None, "state": "Default", "updatedBy": None, "updatedDateTime": None}
# What the provider behind Graph makes of all it does not take: https://github.com/microsoftgraph/microsoft-graph-docs/issues/4691
_NOT_TAKEN = Refused(400, "", "Http request failed with statusCode=BadRequest")


class _Written(NamedTuple):
    """An entry of `controlStateUpdates`, and the monotonic time from which it shows."""

    entry: dict[str, Any]
    shows_at: float


def is_control(path: str) -> bool:
    """Whether a path (without its version) is one control profile."""
    return bool(_CONTROL.fullmatch(path.casefold()))


class ControlStates:
    """What was written since the emulator started, by the profile's id in lower case, oldest first."""

    def __init__(self) -> None:
        self._written: dict[str, list[_Written]] = {}

    def forget(self) -> None:
        self._written.clear()

    def write(self, profile: dict[str, Any], body: bytes, by: str, lag: float) -> bytes:
        """Take a PATCH of `profile` that shows `lag` seconds from now: the profile as it is then, as JSON. Raises `Refused`."""
        try:
            sent = msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise Refused(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set.") from None
        vendor = sent.get("vendorInformation")
        named = isinstance(vendor, dict) and all(isinstance(vendor.get(name), str) and vendor[name] for name in ("provider", "vendor"))
        key = str(profile["id"]).casefold()
        # device controls belong to Defender Vulnerability Management, which has exceptions of its own
        if not named or key.startswith("scid_") or str(sent.get("state", "default")).casefold() not in _STATES:
            raise _NOT_TAKEN
        entry = {**self._latest(key, profile), **{name: sent[name] for name in _TAKEN if name in sent}}
        entry |= {"state": _STATES[str(entry["state"]).casefold()], "updatedBy": by}
        entry["updatedDateTime"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        self._written.setdefault(key, []).append(_Written(entry, time.monotonic() + lag))
        return msgspec.json.encode(self._with(profile, [each.entry for each in self._written[key]]))

    def shown(self, path: str, answer: Answer) -> Answer:
        """An answer to `path` with what was written and shows by now; byte by byte as it was, where that is nothing."""
        if not self._written or answer.status != 200 or not f"{path.casefold()}/".startswith(f"{_COLLECTION}/"):
            return answer
        try:
            found = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return answer
        rows = found.get("value", [found]) if isinstance(found, dict) else []
        changed = {id(row): self._now(row) for row in rows if isinstance(row, dict)}
        if not any(changed.values()):
            return answer
        after = [self._with(row, changed[id(row)]) if changed.get(id(row)) else row for row in rows]
        return answer._replace(body=msgspec.json.encode({**found, "value": after} if "value" in found else after[0]))

    def _now(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        return [each.entry for each in self._written.get(str(row.get("id")).casefold(), ()) if each.shows_at <= time.monotonic()]

    def _latest(self, key: str, profile: dict[str, Any]) -> dict[str, Any]:
        """What a PATCH leaves as it is, where it does not say otherwise."""
        written = self._written.get(key)
        return written[-1].entry if written else {**_UNTOUCHED, **(_updates(profile) or [_UNTOUCHED])[-1]}

    def _with(self, profile: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
        before = [entry for entry in _updates(profile) if entry != _UNTOUCHED]
        return {**profile, "controlStateUpdates": [*before, *entries]}


def _updates(profile: dict[str, Any]) -> list[dict[str, Any]]:
    listed = profile.get("controlStateUpdates")
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
