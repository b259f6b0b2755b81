"""The signature of a package: CMS (RFC 5652), detached, over `manifest.json`, as `openssl cms -verify` and every mail program know it.

The key is the user's, read once and kept in memory; its passphrase comes from the environment alone.
"""

from __future__ import annotations

import os
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from pyasn1.codec.der import decoder, encoder
from pyasn1.error import PyAsn1Error
from pyasn1_modules import rfc5652

from fixtures.text import one_line

from .manifest import PackageError

PASSPHRASE = "M365_SIGN_PASSPHRASE"  # noqa: S105  the name of a variable
LEAST_BITS = 2048
_HASHES: dict[str, hashes.SHA256 | hashes.SHA384 | hashes.SHA512] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
# How a signature may be made: RSA without PSS (PKCS #1 v1.5), and ECDSA.
_RSA = {f"1.2.840.113549.1.1.{number}" for number in (1, 11, 12, 13)}
_ECDSA = {f"1.2.840.10045.4.3.{number}" for number in (2, 3, 4)}
# What a library that reads somebody else's ASN.1 may end in, besides its own error.
_UNREADABLE = (
    PyAsn1Error,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    Warning,
)


class SignatureError(Exception):
    """A signature that does not hold, in one line."""


class Signer(NamedTuple):
    """A key, its certificate, and the certificates that lead to the one who issued it."""

    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def sign(self, manifest: bytes) -> bytes:
        """The signature, in DER."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(manifest).add_signer(self.certificate, self.key, hashes.SHA256())
        for certificate in self.chain:
            builder = builder.add_certificate(certificate)
        options = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
        return builder.sign(serialization.Encoding.DER, options)


def signer_of(path: Path) -> Signer:
    """Who signs with the PEM file at `path`: a private key and its certificate. Raises `PackageError` with one line."""
    try:
        pem = path.read_bytes()
    except OSError as error:
        raise PackageError(f"--sign: the key cannot be read from {path}: {error.strerror}.") from None
    key = _key_in(pem, path)
    certificates = _certificates_in(pem)
    own = next((found for found in certificates or () if found.public_key() == key.public_key()), None)
    if own is None:
        raise PackageError(f"--sign: {path} holds no certificate of its key: put both in one PEM file.")
    now = datetime.now(UTC)
    if not own.not_valid_before_utc <= now <= own.not_valid_after_utc:
        raise PackageError(f"--sign: the certificate in {path} is not valid today: it is from {_period(own)}.")
    return Signer(key, own, tuple(found for found in certificates or () if found != own))


def _key_in(pem: bytes, path: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    passphrase = os.environ.get(PASSPHRASE, "").encode("utf-8", "surrogateescape") or None
    try:
        key = serialization.load_pem_private_key(pem, passphrase)
    except TypeError:  # as the library says it
        needs = "has a passphrase, which is not" if passphrase is None else "has no passphrase, and there is one"
        raise PackageError(f"--sign: the key in {path} {needs} in {PASSPHRASE}.") from None
    except (ValueError, UnsupportedAlgorithm):
        wrong = "" if passphrase is None else f", or {PASSPHRASE} is not its passphrase"
        raise PackageError(f"--sign: {path} holds no private key in PEM that can be read{wrong}.") from None
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key
    raise PackageError(f"--sign: the key in {path} is neither RSA of {LEAST_BITS} bits or more nor of an elliptic curve (ECDSA).")


def certificates_of(path: Path) -> list[x509.Certificate]:
    """The certificates in the PEM file at `path`, at least one. Raises `PackageError` with one line."""
    try:
        found = _certificates_in(path.read_bytes())
    except OSError as error:
        raise PackageError(f"the certificate cannot be read from {one_line(str(path))}: {error.strerror}.") from None
    if not found:
        raise PackageError(f"{one_line(str(path))} holds no certificate in PEM that can be read.")
    return found


def _certificates_in(pem: bytes) -> list[x509.Certificate] | None:
    try:
        return x509.load_pem_x509_certificates(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None


def verify(signature: bytes, manifest: bytes) -> x509.Certificate:
    """The certificate whose key signed `manifest`: nothing yet says whose that is. Raises `SignatureError`."""
    try:
        info, certificates = _read(signature)
        digest_algorithm = _HASHES[str(info["digestAlgorithm"]["algorithm"])]
        _of_this_content(info["signedAttrs"], manifest, digest_algorithm)
        issuer, serial = info["sid"]["issuerAndSerialNumber"]["issuer"], int(info["sid"]["issuerAndSerialNumber"]["serialNumber"])
        name = encoder.encode(issuer)
        certificate = next(c for c in certificates if c.serial_number == serial and c.issuer.public_bytes() == name)
        # What is signed is the attributes, as a set of its own and not as a part of the container (RFC 5652, 5.4).
        signed = b"\x31" + encoder.encode(info["signedAttrs"])[1:]
        _verify_with(certificate, str(info["signatureAlgorithm"]["algorithm"]), bytes(info["signature"]), signed, digest_algorithm)
        if certificate.issuer == certificate.subject:
            certificate.verify_directly_issued_by(certificate)
    except StopIteration:
        raise SignatureError("the certificate of its signer is not in it.") from None
    except InvalidSignature:
        raise SignatureError("manifest.json is not what was signed, or the signature is damaged.") from None
    except _UNREADABLE:
        raise SignatureError("it cannot be read.") from None
    return certificate


def _read(signature: bytes) -> tuple[Any, list[x509.Certificate]]:
    """The one signer's part of the container, and the certificates in it."""
    content, rest = decoder.decode(signature, asn1Spec=rfc5652.ContentInfo())
    if rest or content["contentType"] != rfc5652.id_signedData:
        raise ValueError(signature)
    signed, rest = decoder.decode(content["content"], asn1Spec=rfc5652.SignedData())
    if rest or len(signed["signerInfos"]) != 1 or signed["encapContentInfo"]["eContent"].hasValue():
        raise ValueError(signature)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that it is no DER, and would be read more leniently
        return signed["signerInfos"][0], pkcs7.load_der_pkcs7_certificates(signature)


def _of_this_content(attributes: Any, manifest: bytes, algorithm: hashes.HashAlgorithm) -> None:
    """The signed attributes name a content of this type, and of this digest. Without attributes nothing is taken."""
    digest = hashes.Hash(algorithm)
    digest.update(manifest)
    wanted = {
        rfc5652.id_contentType: encoder.encode(rfc5652.id_data),
        rfc5652.id_messageDigest: encoder.encode(rfc5652.MessageDigest(digest.finalize())),
    }
    for kind, value in wanted.items():
        found = [attribute["attrValues"] for attribute in attributes if attribute["attrType"] == kind]
        if len(found) != 1 or len(found[0]) != 1 or bytes(found[0][0]) != value:
            raise InvalidSignature


def _verify_with(
    certificate: x509.Certificate, how: str, signature: bytes, signed: bytes, algorithm: hashes.SHA256 | hashes.SHA384 | hashes.SHA512
) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and how in _RSA:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey) and how in _ECDSA:
        key.verify(signature, signed, ec.ECDSA(algorithm))
    else:
        raise ValueError(how)


def vouched_for(certificate: x509.Certificate, by: list[x509.Certificate], when: datetime) -> None:
    """`certificate` is one of `by`, or was issued by one of them, and was valid `when` the package was made. Raises `SignatureError`."""
    issuer = certificate if certificate in by else next((known for known in by if _issued(known, certificate)), None)
    if issuer is None:
        raise SignatureError("its certificate is neither the one given nor issued by it.")
    for each in (certificate, issuer):
        if not each.not_valid_before_utc <= when <= each.not_valid_after_utc:
            raise SignatureError(f"the certificate of {who(each)} was not valid then: it is from {_period(each)}.")


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        if not issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def who(certificate: x509.Certificate) -> str:
    """Whose certificate it says it is, and its SHA-256: fit to be shown."""
    return f"{one_line(certificate.subject.rfc4514_string()) or 'nobody'} (SHA-256 {certificate.fingerprint(hashes.SHA256()).hex()})"


def _period(certificate: x509.Certificate) -> str:
    return f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
