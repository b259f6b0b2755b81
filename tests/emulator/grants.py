"""What a token is given for: an application's own proof, a person's sign-in by code or on another device, or a refresh token.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from .directory import PERSON, Caller, Directory
from .keys import encoded
from .proofs import proof_of
from .refusals import Refusal
from .tokens import Tokens, capabilities_of

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
# Seconds until a code ends, and between two polls: Entra says five, and a test has better things to do.
_CODE_HOLDS, _INTERVAL = 900, 1
Form = Mapping[str, str]


@dataclass
class _Code:
    """A sign-in in a browser that waits to be redeemed."""

    redirect: str
    challenge: str
    nonce: str
    redeemed: bool = False


@dataclass
class _Device:
    """A sign-in on another device. `user_code` is what the person types there."""

    user_code: str
    ends: float
    polls: int = 0
    approved: bool = False


class Grants:
    """The token endpoint of one tenant, and the sign-ins that are under way."""

    def __init__(self, directory: Directory, tokens: Tokens) -> None:
        self._directory, self._tokens = directory, tokens
        self._codes: dict[str, _Code] = {}
        self._devices: dict[str, _Device] = {}
        self._refresh: set[str] = set()
        self._grants: dict[str, Callable[[Form], dict[str, object]]] = {
            "client_credentials": self._application,
            "authorization_code": self._authorization_code,
            _DEVICE: self._device_code,
            "refresh_token": self._refresh_token,
        }

    def token(self, form: Form) -> dict[str, object]:
        """The answer to a request for a token. Raises `Refusal`."""
        grant = self._grants.get(form.get("grant_type", ""))
        if grant is None:
            raise Refusal(70003, grant=form.get("grant_type"))
        self._directory.check_app(form.get("client_id", ""))
        if form.get("grant_type") != _DEVICE:  # its scope was said when it began
            self._directory.check_resource(form.get("scope", ""))
        return grant(form)

    def _application(self, form: Form) -> dict[str, object]:
        proof = proof_of(self._directory, form)
        return self._tokens.answer(Caller(form["client_id"], proof), capabilities_of(form.get("claims", "")))

    def begin_code(self, query: Form) -> str:
        """A code for a person who signs in with a browser. Raises `Refusal` for a request that is none of this application's."""
        redirect = query.get("redirect_uri", "")
        self._directory.check_app(query.get("client_id", ""))
        self._directory.check_resource(query.get("scope", ""))
        if urlsplit(redirect).scheme != "http" or urlsplit(redirect).hostname != "localhost":
            raise Refusal(50011, uri=redirect, app=query["client_id"])
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            raise Refusal(70000, name="code_challenge_method")
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(redirect, query.get("code_challenge", ""), query.get("nonce", ""))
        return code

    def _authorization_code(self, form: Form) -> dict[str, object]:
        code = self._codes.get(form.get("code", ""))
        if code is None or code.redirect != form.get("redirect_uri"):
            raise Refusal(70000, name="code")
        if code.redeemed:
            raise Refusal(54005)
        if code.challenge != encoded(sha256(form.get("code_verifier", "").encode()).digest()):
            raise Refusal(501481)
        code.redeemed = True
        return self._person(form, code.nonce)

    def begin_device(self, form: Form) -> dict[str, object]:
        """Where a person goes to sign in for a device that has no browser, and with which code."""
        self._directory.check_app(form.get("client_id", ""))
        self._directory.check_resource(form.get("scope", ""))
        device, user_code = secrets.token_urlsafe(32), secrets.token_hex(4).upper()
        self._devices[device] = _Device(user_code, time.time() + _CODE_HOLDS)
        page = f"{self._directory.base}/device"
        return {
            "user_code": user_code,
            "device_code": device,
            "verification_uri": page,
            "expires_in": _CODE_HOLDS,
            "interval": _INTERVAL,
            "message": f"To sign in, use a web browser to open the page {page} and enter the code {user_code} to authenticate.",
        }

    def approve(self, user_code: str) -> bool:
        """Whether a device waited for this code; if so, it waits no longer."""
        waiting = [device for device in self._devices.values() if device.user_code == user_code.strip().upper()]
        for device in waiting:
            device.approved = True
        return bool(waiting)

    def _device_code(self, form: Form) -> dict[str, object]:
        """Who is at home approves after the first poll; who is away does on the page, or never."""
        device, person = self._devices.get(form.get("device_code", "")), self._directory.behaviour.person
        if device is None:
            raise Refusal(70000, name="device_code")
        device.polls += 1
        if person == "late" or device.ends < time.time():
            raise Refusal(70020)
        if not device.approved and (person == "away" or device.polls == 1):
            raise Refusal(70016)
        if person == "declines":
            raise Refusal(65004)
        del self._devices[form["device_code"]]
        return self._person(form)

    def _refresh_token(self, form: Form) -> dict[str, object]:
        if form.get("refresh_token") not in self._refresh:
            raise Refusal(70000, name="refresh_token")
        return self._person(form)

    def _person(self, form: Form, nonce: str = "") -> dict[str, object]:
        """A token for a person, with all that msal keeps to ask for the next one silently."""
        directory = self._directory
        if not directory.behaviour.public_client:
            raise Refusal(7000218)
        if directory.behaviour.blocked:
            raise Refusal(53003)
        refresh = secrets.token_urlsafe(32)
        self._refresh.add(refresh)
        return {
            **self._tokens.answer(Caller(form["client_id"], is_person=True), capabilities_of(form.get("claims", ""))),
            "scope": " ".join(f"{directory.base}/{role}" for role in directory.behaviour.roles),
            "refresh_token": refresh,
            "id_token": self._tokens.id_token(form["client_id"], nonce),
            "client_info": encoded(json.dumps({"uid": PERSON, "utid": directory.tenant_id}).encode()),
        }
