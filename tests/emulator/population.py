"""People and devices beside those of the snapshot: made as they are asked for, the same ones every time, and never all in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

USERS = "v1.0/users"
REGISTRATIONS = "v1.0/reports/authenticationMethods/userRegistrationDetails"
DEVICES = "v1.0/deviceManagement/managedDevices"
# A number becomes an id and back again: an odd factor has an inverse among the numbers of 64 bits.
_FACTOR, _BITS = 0x9E3779B97F4A7C15, 1 << 64
_INVERSE = pow(_FACTOR, -1, _BITS)
# The last digit of an id says of what it is.
_USER, _DEVICE = "1", "2"
_DIGITS = re.compile(r"[0-9]{6,12}$")
_BOOLEANS = ("false", "true")
_KINDS, _REPORTED_KINDS = ("Member", "Guest"), ("member", "guest")
_BEGINNING = datetime(2016, 1, 4, 8, tzinfo=UTC)
# One a day from the beginning, for about eight years.
_DAYS = tuple(f"{_BEGINNING + timedelta(days=day, minutes=7 * day % 600):%Y-%m-%dT%H:%M:%SZ}" for day in range(3000))
_REPORTED = "2025-01-06T04:00:00Z"


class Kind(NamedTuple):
    """A collection that can be continued. `template` gives each property as JSON, with the marks of `Generated` in it; `keys` are the
    properties (in lower case) by which a row is found at once; `digit` is the last of its ids and says of what they are.
    """

    template: Mapping[str, str]
    keys: frozenset[str]
    digit: str


def _quoted(text: str) -> str:
    """JSON, as it stands in a template."""
    return json.dumps(text, ensure_ascii=False).replace("%", "%%")


def _name(domain: str, mark: str = "number") -> str:
    return f'"user-%({mark})s@{_quoted(domain)[1:]}'


def _user(domain: str, sku: str) -> Kind:
    name = _name(domain)
    template = {
        "id": '"%(id)s"',
        "displayName": '"User %(number)s"',
        "userPrincipalName": name,
        "mail": name,
        "accountEnabled": "%(enabled)s",
        "userType": '"%(kind)s"',
        "createdDateTime": '"%(since)s"',
        "onPremisesSyncEnabled": "null",
        "passwordPolicies": "null",
        "assignedLicenses": f'[{{"disabledPlans": [], "skuId": {_quoted(sku)}}}]' if sku else "[]",
    }
    return Kind(template, frozenset({"id", "userprincipalname", "mail"}), _USER)


def _registration(domain: str) -> Kind:
    template = {
        "id": '"%(id)s"',
        "userPrincipalName": _name(domain),
        "userDisplayName": '"User %(number)s"',
        "userType": '"%(reported_kind)s"',
        "isAdmin": "false",
        "isMfaRegistered": "%(registered)s",
        "isMfaCapable": "%(registered)s",
        "isSsprRegistered": "%(registered)s",
        "isSsprEnabled": "true",
        "isSsprCapable": "%(registered)s",
        "isPasswordlessCapable": "false",
        "methodsRegistered": "[%(methods)s]",
        "lastUpdatedDateTime": _quoted(_REPORTED),
    }
    return Kind(template, frozenset({"id", "userprincipalname"}), _USER)


def _device(domain: str) -> Kind:
    template = {
        "id": '"%(id)s"',
        "deviceName": '"device-%(number)s"',
        "userId": '"%(owner)s"',
        "userPrincipalName": _name(domain, "owner_number"),
        "managedDeviceOwnerType": '"company"',
        "enrolledDateTime": '"%(since)s"',
        "lastSyncDateTime": _quoted(_REPORTED),
        "operatingSystem": '"Windows"',
        "osVersion": '"10.0.26100.2605"',
        "complianceState": '"compliant"',
        "isEncrypted": "%(registered)s",
        "jailBroken": '"False"',
        "managementAgent": '"mdm"',
        "azureADRegistered": "true",
        "serialNumber": '"SN%(number)s"',
    }
    return Kind(template, frozenset({"id", "devicename", "serialnumber"}), _DEVICE)


class Generated:
    """The rows that follow the recorded ones of a collection: `count` of them, numbered from 0.

    `owners` is how many users the devices are spread over. A user's number is the same in every collection.
    """

    def __init__(self, kind: Kind, count: int, owners: int = 0) -> None:
        self.keys = kind.keys
        self.count = count
        self._kind, self._owners = kind, owners
        self._whole = _template(kind.template.items())

    def row(self, number: int) -> dict[str, Any]:
        """One row. Raises `IndexError` beyond the last."""
        if not 0 <= number < self.count:
            raise IndexError(number)
        return msgspec.json.decode(self._whole % self._marks(number), type=dict[str, Any])

    def rendered(self, numbers: range, select: frozenset[str] | None) -> Iterator[bytes]:
        """These rows as JSON, with the properties `select` (in lower case) only."""
        chosen = [item for item in self._kind.template.items() if select is None or item[0].casefold() in select]
        template, marks = _template(chosen), self._marks
        return ((template % marks(number)).encode() for number in numbers)

    def find(self, key: str, value: str) -> int | None:
        """The number of the row whose `key` (one of `keys`) may be `value`: whoever asks looks at the row itself."""
        if key == "id":
            number = _number(value, self._kind.digit)
        else:
            found = _DIGITS.search(value.partition("@")[0])
            number = int(found[0]) if found else None
        return number if number is not None and number < self.count else None

    def _marks(self, number: int) -> dict[str, str]:
        owner = number % self._owners if self._owners else number
        registered, guest = number % 200 != 77, number % 40 == 19
        return {
            "id": _id(number, self._kind.digit),
            "number": f"{number:06}",
            "owner": _id(owner, _USER) if self._owners else "",
            "owner_number": f"{owner:06}",
            "since": _DAYS[number % len(_DAYS)],
            "enabled": _BOOLEANS[number % 50 != 33],
            "kind": _KINDS[guest],
            "reported_kind": _REPORTED_KINDS[guest],
            "registered": _BOOLEANS[registered],
            "methods": '"microsoftAuthenticatorPush", "mobilePhone"' if registered else "",
        }


def _template(items: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{_quoted(name)}: {value}" for name, value in items) + "}"


def _id(number: int, digit: str) -> str:
    mixed = f"{number * _FACTOR % _BITS:016x}"
    return f"{mixed[:8]}-{mixed[8:12]}-4{mixed[12:15]}-8{mixed[15]}00-00000000000{digit}"


def _number(name: str, digit: str) -> int | None:
    """The number whose id this is; None where it is of no such row."""
    try:
        mixed = int(name[:8] + name[9:13] + name[15:18] + name[20], 16)
    except (ValueError, IndexError):
        return None
    number = mixed * _INVERSE % _BITS
    return number if _id(number, digit) == name.casefold() else None


class Wanted(NamedTuple):
    """How large a tenant is to be, and in whose names: `domain` is where its people live, `sku` the subscription they hold."""

    users: int
    devices: int
    domain: str
    sku: str = ""


def populate(wanted: Wanted, recorded: Mapping[str, int]) -> dict[str, Generated]:
    """What follows the `recorded` rows of each collection (how many there are, by path), so that there are as many as wanted.

    Raises `ValueError` for fewer than were recorded.
    """
    for path, most in ((USERS, wanted.users), (DEVICES, wanted.devices)):
        if most and most < recorded.get(path, 0):
            raise ValueError(f"the snapshot alone has {recorded[path]} {path.rpartition('/')[2]}, more than {most}")
    found = {}
    people = max(0, wanted.users - recorded.get(USERS, recorded.get(REGISTRATIONS, 0)))
    if wanted.users:
        found[USERS] = Generated(_user(wanted.domain, wanted.sku), people)
        found[REGISTRATIONS] = Generated(_registration(wanted.domain), people)
    if wanted.devices:
        found[DEVICES] = Generated(_device(wanted.domain), wanted.devices - recorded.get(DEVICES, 0), people)
    return found
