"""What redaction costs: `python -m benchmarks.redaction`, a few seconds.

The claim: a page of users is redacted for at most 10 times what it costs the standard library to decode and encode it again, so that
`--redact` adds seconds to a tenant of 100,000 users and not minutes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from fixtures.graph.redaction import Redactor

USERS, PAGE, MOST = 100_000, 999, 10


def _page(first: int) -> bytes:
    rows = [
        {
            "id": f"7a7a7a7a-1234-4bcd-8abc-{number:012d}",
            "displayName": f"Person {number}",
            "userPrincipalName": f"person.{number}@contoso.com",
            "userType": "Member",
            "accountEnabled": True,
            "createdDateTime": "2026-01-01T00:00:00Z",
        }
        for number in range(first, first + PAGE)
    ]
    return json.dumps({"value": rows}).encode()


def _spent(work: Callable[[bytes], object], pages: list[bytes]) -> float:
    began = time.process_time()
    for page in pages:
        work(page)
    return time.process_time() - began


def main() -> int:
    pages, redactor = [_page(first) for first in range(0, USERS, PAGE)], Redactor()
    plain = _spent(lambda page: json.dumps(json.loads(page)), pages)
    redacted = _spent(lambda page: redactor.body("v1.0/users.json", page), pages)
    held = redacted <= MOST * plain
    print(f"{USERS:,} users decoded and encoded by the standard library: {plain:.2f} s of CPU")
    print(f"the same pages redacted: {redacted:.2f} s of CPU, {redacted / plain:.1f} times, at most {MOST}{'' if held else '  NOT HELD'}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
