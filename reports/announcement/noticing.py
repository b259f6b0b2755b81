"""What Microsoft says users notice of an action, fit to be told to them.

A profile's text is written for administrators, and comes from the tenant: whatever speaks of them, counts anybody, leads anywhere or
says nothing is left out, sentence by sentence.
"""

from __future__ import annotations

import re

from ..markup import clip
from ..text import lines_of

MOST = 500  # characters
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_PRODUCT = re.compile(r"\b(Office|Microsoft|Windows|Outlook) \d+\b", re.IGNORECASE)
_COUNTED = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|dozens?|hundreds?|thousands?|half|few|many|most|several|"
    r"some)(?:[ -]\w+){0,4}? (?:users?|people|persons?|accounts?|staff|employees|colleagues|members|devices?|computers?|phones?|guests)"
)
_UNFIT = re.compile(
    r"\d|[%@<>{}]|://|www\.|\w\.\w"  # figures, names of accounts, addresses, markup
    rf"|\b{_COUNTED}\b"
    r"|\b(?:admin\w*|tenant\w*|global|privileged|break.?glass|analysts?|impact\w*|attackers?|vulnerab\w*|polic(?:y|ies)|implement\w*)\b"
    r"|\b(?:learn more|guideline|remediation|this settings?|instance|apis?|acl|soap|plugin|allowlist|configur\w*|customer is|your users?)\b"
    r"|\b(?:no|not|without|lacks?|weak|missing) (?:\w+ ){0,2}(?:mfa|multi\w*|passwords?|protect\w*|second|methods?)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"\b(?:unknown|none|not applicable|no change|no difference|notices? nothing|nobody notices|see no|nothing visible|unaffected|"
    r"not affected|no known)\b",
    re.IGNORECASE,
)


def noticed(said: str) -> str:
    """The sentences of a remediation impact that can be told to staff, on one line; empty where there are none."""
    text = " ".join(line for _, line in lines_of(said))
    kept = [sentence for sentence in _SENTENCE.split(text) if is_fit(sentence)]
    return clip(" ".join(kept), MOST)


def is_fit(sentence: str) -> bool:
    """Whether a sentence tells staff something, and nobody else anything."""
    plain = _PRODUCT.sub("Office", sentence)
    return bool(re.search(r"\w", plain)) and not _UNFIT.search(plain) and not _NOTHING.search(plain)
