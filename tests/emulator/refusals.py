"""Entra's refusals: the HTTP status, OAuth's error, and Entra's own number and sentence, for what is read of them is their text.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from starlette.responses import JSONResponse, Response

_FEDERATED = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
_CHECK = f"Check your federated identity credential Subject, Audience and Issuer against the presented assertion. {_FEDERATED}"
_ELSEWHERE = (
    "This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the "
    "tenant. You may have sent your authentication request to the wrong tenant."
)
_REFUSALS: dict[int, tuple[int, str, str]] = {
    50011: (400, "invalid_request", "The redirect URI '{uri}' specified in the request does not match those of the application '{app}'."),
    50013: (401, "invalid_client", "Assertion failed signature validation. [Reason - The key was not found.]"),
    50027: (401, "invalid_client", "JWT token is invalid or malformed."),
    53003: (
        400,
        "invalid_grant",
        "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance.",
    ),
    54005: (
        400,
        "invalid_grant",
        "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.",
    ),
    65004: (400, "authorization_declined", "User declined to consent to access the app."),
    70000: (400, "invalid_grant", "The provided value for the input parameter '{name}' is not valid."),
    70003: (400, "unsupported_grant_type", "The app requested an unsupported grant type '{grant}'."),
    70016: (400, "authorization_pending", "OAuth 2.0 device flow error. Authorization is pending. Continue polling."),
    70020: (
        400,
        "expired_token",
        "The provided value for the input parameter 'device_code' is not valid. This device code has expired.",
    ),
    90002: (
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
        "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
    ),
    500011: (400, "invalid_resource", "The resource principal named {resource} was not found in the tenant named {tenant}. " + _ELSEWHERE),
    501481: (400, "invalid_grant", "The Code_Verifier does not match the code_challenge supplied in the authorization request."),
    700016: (
        400,
        "unauthorized_client",
        "Application with identifier '{app}' was not found in the directory '{tenant}'. " + _ELSEWHERE,
    ),
    700021: (401, "invalid_client", "Client assertion application identifier doesn't match 'client_id' parameter."),
    700023: (401, "invalid_client", "Client assertion audience claim does not match Realm issuer."),
    700024: (
        401,
        "invalid_client",
        "Client assertion is not within its valid time range. Current time: {now}, assertion valid from {start}, expiry time of "
        "assertion {end}.",
    ),
    700027: (
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - {reason}, "
        "Thumbprint of key used by client: '{thumbprint}']",
    ),
    700211: (401, "invalid_client", "No matching federated identity record found for presented assertion issuer '{claim}'. " + _CHECK),
    700212: (401, "invalid_client", "No matching federated identity record found for presented assertion audience '{claim}'. " + _CHECK),
    700213: (401, "invalid_client", "No matching federated identity record found for presented assertion subject '{claim}'. " + _CHECK),
    7000112: (401, "unauthorized_client", "Application '{app}'(Posture reader) is disabled."),
    7000215: (
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client "
        "secret ID, for a secret added to app '{app}'.",
    ),
    7000216: (
        401,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    ),
    7000218: (
        401,
        "invalid_client",
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    ),
    7000222: (
        401,
        "invalid_client",
        "The provided client secret keys for app '{app}' are expired. Visit the Azure portal to create new keys for your app: "
        "https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7002138: (
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject '{claim}'. The subject matches with "
        "case-insensitive comparison, but not with case-sensitive comparison. " + _CHECK,
    ),
}


class Refusal(Exception):
    """No token. `facts` fill the sentence of the number `code`."""

    def __init__(self, code: int, **facts: object) -> None:
        self.code = code
        self.status, self.error, sentence = _REFUSALS[code]
        self.sentence = sentence.format(**facts)
        super().__init__(self.sentence)

    @property
    def description(self) -> str:
        now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
        return f"AADSTS{self.code}: {self.sentence} Trace ID: {uuid4()} Correlation ID: {uuid4()} Timestamp: {now}"

    def response(self, base: str) -> Response:
        said = self.description
        parts = dict(zip(("trace_id", "correlation_id"), (said.split(" ID: ")[n].split()[0] for n in (1, 2)), strict=True))
        body = {
            "error": self.error,
            "error_description": said,
            "error_codes": [self.code],
            "timestamp": said.rpartition("Timestamp: ")[2],
            **parts,
            "error_uri": f"{base}/error?code={self.code}",
        }
        return JSONResponse(body, self.status)
