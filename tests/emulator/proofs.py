"""How an application proves who it is: by a secret, by its certificate, or by the word of an issuer it trusts.

https://learn.microsoft.com/entra/identity-platform/certificate-credentials
https://learn.microsoft.com/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import time
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from .behaviour import CLIENT_SECRET
from .directory import AUDIENCE, FEDERATIONS, Directory
from .refusals import Refusal

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def proof_of(directory: Directory, form: Mapping[str, str]) -> str:
    """How the application proved itself, as the token's `appidacr` says it. Raises `Refusal` where it did not."""
    if form.get("client_assertion_type") == _ASSERTION:
        _check_assertion(directory, form)
        return "2"
    if "client_secret" not in form:
        raise Refusal(7000216)
    if directory.behaviour.wrong_secret or form["client_secret"] != CLIENT_SECRET:
        raise Refusal(7000215, app=form["client_id"])
    if directory.behaviour.secret_expired:
        raise Refusal(7000222, app=form["client_id"])
    return "1"


def _check_assertion(directory: Directory, form: Mapping[str, str]) -> None:
    assertion = form.get("client_assertion", "")
    try:
        header = jwt.get_unverified_header(assertion)
        claims = jwt.decode(assertion, options={"verify_signature": False})
        start, end = (float(claims[name]) for name in ("iat", "exp"))
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        raise Refusal(50027) from None
    if end <= time.time():
        raise Refusal(700024, now=_moment(time.time()), start=_moment(start), end=_moment(end))
    named = [name for name in ("x5t#S256", "x5t") if header.get(name)]
    if named and "kid" not in header:
        _check_certificate(directory, form, claims, named[0], str(header[named[0]]))
    else:
        _check_federation(directory, assertion, claims)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S.0000000Z}"


def _check_certificate(directory: Directory, form: Mapping[str, str], claims: Mapping[str, Any], name: str, thumbprint: str) -> None:
    shown = urlsafe_b64decode(f"{thumbprint}===").hex().upper()
    if thumbprint.rstrip("=") != directory.certificate.thumbprints[name]:
        raise Refusal(700027, reason="The key was not found.", thumbprint=shown)
    try:
        directory.certificate.verify(form["client_assertion"])
    except jwt.InvalidTokenError:
        raise Refusal(700027, reason="Key was found, but use of the key to verify the signature failed.", thumbprint=shown) from None
    if not claims.get("iss") == claims.get("sub") == form["client_id"]:
        raise Refusal(700021)
    tenant = f"{directory.base}/{directory.tenant_id}"
    if claims.get("aud") not in {f"{tenant}/v2.0", f"{tenant}/oauth2/v2.0/token"}:
        raise Refusal(700023)


def _check_federation(directory: Directory, assertion: str, claims: Mapping[str, Any]) -> None:
    issuer, subject = str(claims.get("iss")), str(claims.get("sub"))
    trusted = [federation.subject for federation in FEDERATIONS.values() if federation.issuer == issuer]
    if not trusted:
        raise Refusal(700211, claim=issuer)
    try:
        directory.issuer.verify(assertion)
    except jwt.InvalidTokenError:
        raise Refusal(50013) from None
    if subject not in trusted:
        alike = subject.casefold() in {known.casefold() for known in trusted}
        raise Refusal(7002138 if alike else 700213, claim=subject)
    if claims.get("aud") != AUDIENCE:
        raise Refusal(700212, claim=claims.get("aud"))
