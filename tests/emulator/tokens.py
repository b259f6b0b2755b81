"""The tokens of the emulated Graph: issued, read, and refused as Graph refuses them.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Collection
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import jwt

from .directory import PERSON, Caller, Directory
from .keys import encoded

_GRAPH = "00000003-0000-0000-c000-000000000000"
_REVOKED = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: {code}"
_CODE = "TokenIssuedBeforeRevocationTimestamp"


class Tokens:
    """All that were issued. A capable client is one that said it knows what to do with a claims challenge."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._valid: set[str] = set()
        self._revoked_at = 0

    def answer(self, caller: Caller, capabilities: Collection[str] = ()) -> dict[str, object]:
        """The body of a successful answer of the token endpoint."""
        lifetime = self._directory.behaviour.token_lifetime
        token = self.issue(caller, capabilities)
        return {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token}

    def issue(self, caller: Caller, capabilities: Collection[str] = ()) -> str:
        """A token as Graph's are: version 1.0, for an application or for a person."""
        directory, behaviour = self._directory, self._directory.behaviour
        now, tenant, uti = int(time.time()), behaviour.token_tenant or directory.tenant_id, encoded(uuid4().bytes)
        claims: dict[str, object] = {
            "aud": directory.base,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + behaviour.token_lifetime,
            "appid": caller.app,
            "appidacr": caller.proof,
            "idtyp": "user" if caller.is_person else "app",
            "oid": PERSON if caller.is_person else str(uuid5(NAMESPACE_URL, caller.app)),
            "tid": tenant,
            "uti": uti,
            "ver": "1.0",
        }
        if caller.is_person:
            claims |= {"scp": " ".join(behaviour.roles), "upn": directory.upn, "name": "Posture reader"}
        elif behaviour.roles:
            claims["roles"] = list(behaviour.roles)
        if capabilities:
            claims["xms_cc"] = list(capabilities)
        self._valid.add(uti)
        return directory.key.sign(claims)

    def id_token(self, client: str, nonce: str) -> str:
        """Who signed in, for the application itself."""
        directory, now = self._directory, int(time.time())
        claims = {
            "aud": client,
            "iss": f"{directory.base}/{directory.tenant_id}/v2.0",
            "iat": now,
            "nbf": now,
            "exp": now + 3600,
            "sub": PERSON,
            "oid": PERSON,
            "tid": directory.tenant_id,
            "preferred_username": directory.upn,
            "name": "Posture reader",
            "ver": "2.0",
        }
        return directory.key.sign({**claims, **({"nonce": nonce} if nonce else {})})

    def refusal(self, token: str) -> str | None:
        """Why Graph refuses it, in Graph's words. None: it does not."""
        if token.count(".") != 2:
            return "CompactToken parsing failed with error code: 80049217"
        try:
            claims = self._directory.key.verify(token)
        except jwt.InvalidSignatureError:
            return "Access token validation failure. Invalid signature."
        except jwt.InvalidTokenError:
            return "CompactToken parsing failed with error code: 80049217"
        if claims["exp"] <= time.time():
            return "Lifetime validation failed, the token is expired."
        if claims["aud"] != self._directory.base:
            return "Access token validation failure. Invalid audience."
        if claims["uti"] not in self._valid:
            return _REVOKED.format(code=_CODE)
        return None

    def permissions(self, token: str) -> frozenset[str]:
        """What a good token grants, to an application or to a person."""
        claims = self._directory.key.verify(token)
        return frozenset(claims.get("roles") or str(claims.get("scp", "")).split())

    def revoke(self) -> None:
        """Every token that was issued so far is refused from now on."""
        self._valid.clear()
        self._revoked_at = int(time.time())

    def challenge(self, token: str) -> str:
        """The WWW-Authenticate of a refusal. A revoked token of a capable client is told which one to come back with.

        https://learn.microsoft.com/entra/identity-platform/claims-challenge
        """
        authorize = f"{self._directory.base}/common/oauth2/authorize"
        told = f'Bearer realm="", authorization_uri="{authorize}", client_id="{_GRAPH}"'
        if not self._is_revoked(token):
            return told
        wanted = {"access_token": {"nbf": {"essential": True, "value": str(self._revoked_at)}}}
        claims = base64.b64encode(json.dumps(wanted).encode()).decode()
        reason = _REVOKED.format(code=_CODE).replace("in challenge", "in claims challenge")
        return f'{told}, error="insufficient_claims", claims="{claims}", errorDescription="{reason}"'

    def _is_revoked(self, token: str) -> bool:
        if self.refusal(token) != _REVOKED.format(code=_CODE):
            return False
        return "CP1" in self._directory.key.verify(token).get("xms_cc", ())


def capabilities_of(claims: str) -> list[str]:
    """What a client says of itself in the `claims` of a request for a token."""
    try:
        asked: Any = json.loads(claims or "{}")
        return [str(value) for value in asked["access_token"]["xms_cc"]["values"]]
    except (ValueError, KeyError, TypeError):
        return []
