"""How an emulator behaves beyond its snapshot, and what it notes of each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape
from typing import NamedTuple

from fixtures.permissions import needed
from fixtures.resources import RESOURCES

from .plan import Fault, Plan, parse
from .snapshot_jobs import Exporting

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
    return tuple(needed(RESOURCES))


@dataclass
class Behaviour:
    """What a test may ask of an emulator. Paths are those after the version (`security/secureScores`).

    `roles` are put into every token (none: the claim is left out, as Entra does); `deny` gives every path that begins so a
    status; `flaky` gives a path these statuses first, each once and with `Retry-After: 1`; `wrong_secret` refuses every
    secret, as when it was renewed; `token_tenant` is the `tid` of the tokens, where it is not the tenant that was asked.
    `secret_expired`, `app_disabled` and `blocked` (by Conditional Access, a person only) refuse a token; `token_lifetime` is in seconds;
    `assertion` changes claims of what an issuer elsewhere says of the application; `person` is who signs in on a page: "at home",
    "declines", "late" (the code ended) or "away" (until the page is used); `public_client` lets people sign in at all;
    `logged_in` is whether somebody did in Microsoft's tools, `machine_has_identity` whether the machine was given one.
    `faults` are the lines of a plan (docs/emulator.md), which go before `flaky` and `deny`; `limits` enforces those of the services.
    `users` and `devices` make the tenant that large; 0 leaves it as the snapshot has it; `exporting` says how snapshot jobs fare.
    """

    roles: Sequence[str] = field(default_factory=_needed_roles)
    deny: Mapping[str, int] = field(default_factory=dict)
    flaky: Mapping[str, Sequence[int]] = field(default_factory=dict)
    wrong_secret: bool = False
    secret_expired: bool = False
    app_disabled: bool = False
    blocked: bool = False
    token_tenant: str | None = None
    token_lifetime: int = 3599
    assertion: Mapping[str, object] = field(default_factory=dict)
    person: str = "at home"
    public_client: bool = True
    logged_in: bool = True
    machine_has_identity: bool = True
    faults: Sequence[str] = ()
    limits: bool = False
    users: int = 0
    devices: int = 0
    exporting: Exporting = field(default_factory=Exporting)

    def __post_init__(self) -> None:
        """Raises `ValueError` for a line of `faults` that says nothing."""
        flaky = [
            Fault(escape(path), str(status), retry_after="1", times=1, after=number)
            for path, statuses in self.flaky.items()
            for number, status in enumerate(statuses)
        ]
        denied = [Fault(f"{escape(path)}*", str(status)) for path, status in self.deny.items()]
        self.plan = Plan([*map(parse, self.faults), *flaky, *denied])
