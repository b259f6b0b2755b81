"""RSA keys: what signs a JWT, what others verify it with, and the certificate an application proves itself by."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

_BITS = 2048
_PEM = serialization.Encoding.PEM


class Key:
    """A private key of somebody's own. `id` is the thumbprint of its public half."""

    def __init__(self) -> None:
        self._private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        self._public = self._private.public_key()
        digest = hashes.Hash(hashes.SHA256())
        digest.update(self._public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))
        self.id = encoded(digest.finalize())

    def sign(self, claims: Mapping[str, object]) -> str:
        return jwt.encode(dict(claims), self._private, "RS256", headers={"kid": self.id, "x5t": self.id})

    def verify(self, token: str) -> dict[str, Any]:
        """The claims of what this key signed, whatever they say. Raises `jwt.InvalidTokenError`."""
        never = dict.fromkeys(("verify_exp", "verify_nbf", "verify_iat", "verify_aud", "verify_iss", "verify_sub", "verify_jti"), False)
        return jwt.decode(token, self._public, algorithms=["RS256", "PS256"], options=never)  # type: ignore[arg-type]

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as a key set shows it."""
        return {**json.loads(RSAAlgorithm.to_jwk(self._public)), "use": "sig", "kid": self.id, "x5t": self.id}

    @cached_property
    def certificate(self) -> x509.Certificate:
        """A certificate of the key, signed by itself, good for a day on either side of now."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Posture reader")])
        now, day = datetime.now(UTC), timedelta(days=1)
        builder = x509.CertificateBuilder(name, name, self._public, x509.random_serial_number(), now - day, now + day)
        return builder.sign(self._private, hashes.SHA256())

    @property
    def thumbprints(self) -> dict[str, str]:
        """By the header that a JWT names the certificate with."""
        made = {"x5t": hashes.SHA1(), "x5t#S256": hashes.SHA256()}
        return {header: encoded(self.certificate.fingerprint(algorithm)) for header, algorithm in made.items()}

    def pem(self, password: str | None = None) -> bytes:
        """The private key and its certificate, as an application keeps them."""
        kept = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
        return self._private.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, kept) + self.certificate.public_bytes(_PEM)


def encoded(data: bytes) -> str:
    """Base64 as JWTs use it: for URLs, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")
