"""Advanced hunting: the one action that reads, and so the one POST besides a batch. It knows no KQL, but what was recorded.

https://learn.microsoft.com/graph/api/security-security-runhuntingquery, https://learn.microsoft.com/defender-xdr/advanced-hunting-limits
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from .odata import Refused

# The path, in lower case, and the table whose rows are in a snapshot.
HUNTING = "security/runhuntingquery"
DEVICE_SETTINGS = "DeviceTvmSecureConfigurationAssessment"
MOST_ROWS = 100_000
_NAME = re.compile(r"[A-Za-z_]\w*")


def unresolved(table: str) -> Refused:
    """What Defender says to a table that the tenant has not, for want of the workload that fills it or for a wrong name."""
    return Refused(400, "BadRequest", f"Failed to resolve table or column expression named '{table}'")


def check_query(body: bytes) -> None:
    """Raises `Refused` for a body that asks for nothing, and for a query of another table."""
    try:
        sent = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Refused(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set.") from None
    query = next((value for name, value in sent.items() if name.casefold() == "query"), None)
    if not isinstance(query, str) or not query.strip():
        raise Refused(400, "BadRequest", "The Query parameter is missing or empty.")
    if DEVICE_SETTINGS not in query:
        named = _NAME.search(query)
        raise unresolved(named[0] if named else query.strip()[:40])


def cut(body: bytes) -> bytes:
    """A result with no more rows than Graph gives: nothing in it says that there were more. What is no result stays as it is."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return body
    rows = found.get("results")
    if not isinstance(rows, list) or len(rows) <= MOST_ROWS:
        return body
    return msgspec.json.encode({**found, "results": rows[:MOST_ROWS]})
