"""How an emulator behaves beyond its snapshot, and what it notes of each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fixtures.permissions import needed

# The one application that is registered here, and its secret: neither is anyone's.
CLIENT_ID = "5a0c1d1e-4d6f-4b0a-9d53-0f6f3c1b7e21"
CLIENT_SECRET = "the-secret-of-the-emulated-application"


class Seen(NamedTuple):
    """One request as it arrived, and the status it was answered with. `path` and `query` are as sent, still encoded."""

    method: str
    path: str
    query: str
    status: int

    @property
    def is_read(self) -> bool:
        """Whether it asked Graph for something, and not the sign-in."""
        return self.path.lstrip("/").startswith(("v1.0/", "beta/"))


def _needed_roles() -> tuple[str, ...]:
    """The application permissions of a reader that may read all that the checks ask for."""
    return tuple(needed())


@dataclass
class Behaviour:
    """What a test may ask of an emulator. Paths are those after the version (`security/secureScores`).

    `roles` are put into every token (none: the claim is left out, as Entra does); `deny` gives every path that begins so a
    status; `flaky` gives a path these statuses first, each once and with `Retry-After: 1`; `wrong_secret` refuses every
    secret, as when it was renewed; `token_tenant` is the `tid` of the tokens, where it is not the tenant that was asked.
    """

    roles: Sequence[str] = field(default_factory=_needed_roles)
    deny: Mapping[str, int] = field(default_factory=dict)
    flaky: Mapping[str, Sequence[int]] = field(default_factory=dict)
    wrong_secret: bool = False
    token_tenant: str | None = None

    def __post_init__(self) -> None:
        self._due = {path: list(statuses) for path, statuses in self.flaky.items()}

    def denied(self, path: str) -> int | None:
        """The status this path is refused with."""
        return next((status for prefix, status in self.deny.items() if path.startswith(prefix)), None)

    def stumble(self, path: str) -> int | None:
        """The next passing failure of this path, until all of them were given."""
        due = self._due.get(path)
        return due.pop(0) if due else None
