"""How long it takes until a step shows in the score."""

from __future__ import annotations

from fixtures.areas import plain_id
from fixtures.record import Record

from .facts import Phase, Shows

SETTING = Shows(1, 2, "24 to 48 hours")
WEEKLY = Shows(2, 7, "up to a week: Microsoft scores Entra ID anew once a week")
DEVICES = Shows(2, 7, "up to a week: each device has to report first")
MONTHLY = Shows(2, 30, "up to 30 days: Microsoft scores Teams anew once a month")
PEOPLE = Shows(2, 30, "up to 30 days: it depends on what people do")
NEVER = Shows(0, 0, "no points")

LONGEST = max(each.last for each in (SETTING, WEEKLY, DEVICES, MONTHLY, PEOPLE))
TIMES = (
    ("Minutes", "to make most settings; the dates leave time to prepare and to watch"),
    ("24 to 48 hours", "until Microsoft has scored it"),
    ("A week", "until a rise is plain to see: Entra ID is scored weekly, and devices report one by one"),
    ("Up to 30 days", "for what depends on people, such as registering a phone, and for Teams, which is scored monthly"),
)
_OF_AREA = {
    "multifactor-authentication": WEEKLY,
    "identity": WEEKLY,
    "defender-for-endpoint": DEVICES,
    "teams": MONTHLY,
    "intune": PEOPLE,
    "follow-up": PEOPLE,
}
_ON_PEOPLE = {"mfaregistrationv2", "adminmfav2", "selfservicepasswordreset", "aad_phishing_mfa_strength"}


def shows(record: Record, phase: Phase) -> Shows:
    """The time a step takes to show."""
    if phase is Phase.PREREQUISITES or not record.action:
        return NEVER
    plain = plain_id(record.action)
    own_accounts = plain.startswith("mda_") and ("mfa" in plain or "twofactor" in plain)
    return PEOPLE if plain in _ON_PEOPLE or own_accounts else _OF_AREA.get(record.area, SETTING)
