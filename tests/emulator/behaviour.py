"""How an emulator behaves beyond its snapshot, and what it notes of each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from typing import NamedTuple

from fixtures.permissions import needed

from .plan import Fault, Plan, parse

# The one application that is registered here, and its secret: neither is anyone's.
CLIENT_ID = "5a0c1d1e-4d6f-4b0a-9d53-0f6f3c1b7e21"
CLIENT_SECRET = "the-secret-of-the-emulated-application"


class Seen(NamedTuple):
    """One request as it arrived, and the status it was answered with: 0 where no answer began. `path` and `query` are as sent,
    still encoded; `at` is the monotonic time it arrived at.
    """

    method: str
    path: str
    query: str
    status: int
    at: float = 0.0

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
    `faults` are the lines of a plan (docs/emulator.md), which go before `flaky` and `deny`; `limits` enforces those of the services.
    """

    roles: Sequence[str] = field(default_factory=_needed_roles)
    deny: Mapping[str, int] = field(default_factory=dict)
    flaky: Mapping[str, Sequence[int]] = field(default_factory=dict)
    wrong_secret: bool = False
    token_tenant: str | None = None
    faults: Sequence[str] = ()
    limits: bool = False

    def __post_init__(self) -> None:
        """Raises `ValueError` for a line of `faults` that says nothing."""
        flaky = [
            Fault(escape(path), str(status), retry_after="1", times=1, after=number)
            for path, statuses in self.flaky.items()
            for number, status in enumerate(statuses)
        ]
        denied = [Fault(f"{escape(path)}*", str(status)) for path, status in self.deny.items()]
        self.plan = Plan([*map(parse, self.faults), *flaky, *denied])
