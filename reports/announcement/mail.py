"""The announcement as a mail that is ready to be sent: `.eml`, which Outlook, Thunderbird and Apple Mail open."""

from __future__ import annotations

import re
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

import msgspec

from fixtures.text import one_line

_NAMED = re.compile(r"(?P<name>[^<>]*?)\s*<(?P<address>[^<>\s]+)>")


class Sender(msgspec.Struct, frozen=True):
    """Who tells it: a role, and the address it is sent from, if that was named."""

    role: str
    address: Address | None


def sender(said: str) -> Sender:
    """`Head of IT`, or `Head of IT <it@example.com>`. Raises `ValueError` with one line where it is neither."""
    plain = one_line(said)
    found = _NAMED.fullmatch(plain)
    role = (found["name"] if found else plain).strip().strip('"')
    if not role or (found is None and re.search(r"[<>]", plain)):
        raise ValueError(
            f'{plain or "an empty name"} is nobody to sign: write --from "Head of IT" or --from "Head of IT <it@example.com>".'
        )
    return Sender(role, _address(role, found["address"]) if found else None)


def _address(role: str, said: str) -> Address:
    try:
        address = Address(role, addr_spec=said)
        if not said.isascii() or not address.username or not address.domain:
            raise ValueError
    except (ValueError, HeaderParseError, IndexError):
        raise ValueError(f"{said} is no mail address.") from None
    return address


def render(subject: str, text: str, html: str, who: Sender, now: datetime) -> bytes:
    """The mail: both forms of the message, to nobody yet. Without an address it is from an empty group (RFC 6854), for the mail program
    that sends it puts its own there."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = one_line(subject)
    mail["From"] = who.address if who.address is not None else Group(who.role)
    mail["Date"] = format_datetime(now)
    mail["X-Unsent"] = "1"  # Outlook opens it as a draft
    mail.set_content(text, cte="quoted-printable")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    mail.set_boundary(f"=_{sha256(f'{text}{html}'.encode()).hexdigest()[:32]}")  # the same message gives the same file
    return mail.as_bytes()
