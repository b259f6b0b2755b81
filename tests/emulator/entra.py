"""Microsoft Entra ID as far as msal and azure-identity ask it: two discovery documents and a token for an application.

Errors are worded as Entra words them, for what is read of them is their text.
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import parse_qsl
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .behaviour import CLIENT_ID, CLIENT_SECRET, Behaviour

_LIFETIME = 3599
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refusal(Exception):
    """No token: the HTTP status, OAuth's error, and Entra's number and sentence."""

    def __init__(self, status: int, error: str, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.error, self.code, self.sentence = status, error, code, sentence

    def response(self, base: str) -> Response:
        trace, correlation, now = str(uuid4()), str(uuid4()), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}"
        said = f"AADSTS{self.code}: {self.sentence} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
        body = {
            "error": self.error,
            "error_description": said,
            "error_codes": [self.code],
            "timestamp": now,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"{base}/error?code={self.code}",
        }
        return JSONResponse(body, self.status)


class Entra:
    """The sign-in of one tenant, known by its id and its domains. `base` is authority and Graph in one."""

    def __init__(self, base: str, tenant_id: str, domains: Collection[str], behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self._base = base
        self._tenant_id = tenant_id
        self._names = {name.casefold() for name in (tenant_id, *domains)}
        self._issued: dict[str, float] = {}

    def routes(self) -> list[Route]:
        return [
            Route("/common/discovery/instance", self.instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.configuration),
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
        ]

    def accepts(self, token: str) -> bool:
        """Whether the token was issued here and still holds."""
        return self._issued.get(token, 0) > time.time()

    def revoke(self) -> None:
        """Every token that was issued so far is refused from now on, as one that ended."""
        self._issued.clear()

    async def instance(self, request: Request) -> Response:
        """Instance discovery: which authority a sign-in address belongs to. Here there is one."""
        host = self._base.removeprefix("https://")
        endpoint = f"{self._base}/{self._tenant_id}/v2.0/.well-known/openid-configuration"
        metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
        return JSONResponse({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": metadata})

    async def configuration(self, request: Request) -> Response:
        """The OpenID configuration of a tenant. Asked for by a domain, it answers with the tenant's id, as Entra does."""
        try:
            self._check_tenant(request)
        except Refusal as refusal:
            return refusal.response(self._base)
        root = f"{self._base}/{self._tenant_id}"
        body = {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return JSONResponse(body)

    async def token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            self._check_tenant(request)
            proof = self._check_client(form)
        except Refusal as refusal:
            return refusal.response(self._base)
        token = self._issue(proof)
        return JSONResponse({"token_type": "Bearer", "expires_in": _LIFETIME, "ext_expires_in": _LIFETIME, "access_token": token})

    def _check_tenant(self, request: Request) -> None:
        asked = request.path_params["tenant"]
        if asked.casefold() not in self._names:
            raise Refusal(
                400,
                "invalid_request",
                90002,
                f"Tenant '{asked}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. "
                "Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.",
            )

    def _check_client(self, form: dict[str, str]) -> str:
        """How the application proved itself, as the token's `appidacr` says it: "1" by a secret, "2" by an assertion."""
        client, scope = form.get("client_id", ""), form.get("scope", "")
        if form.get("grant_type") != "client_credentials":
            raise Refusal(400, "unsupported_grant_type", 70003, f"The app requested an unsupported grant type '{form.get('grant_type')}'.")
        if client.casefold() != CLIENT_ID:
            missing = f"Application with identifier '{client}' was not found in the directory '{self._tenant_id}'."
            raise Refusal(400, "unauthorized_client", 700016, missing)
        if f"{self._base}/.default" not in scope.split():
            missing = f"The resource principal named {scope} was not found in the tenant named {self._tenant_id}."
            raise Refusal(400, "invalid_resource", 500011, missing)
        if form.get("client_assertion_type") == _ASSERTION:
            return self._check_assertion(form.get("client_assertion", ""))
        if "client_secret" not in form:
            raise Refusal(
                401,
                "invalid_client",
                7000216,
                "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
            )
        if self.behaviour.wrong_secret or form["client_secret"] != CLIENT_SECRET:
            raise Refusal(
                401,
                "invalid_client",
                7000215,
                "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client "
                f"secret ID, for a secret added to app '{client}'.",
            )
        return "1"

    def _check_assertion(self, assertion: str) -> str:
        """A certificate's or a federation's JWT: well formed and not expired. Whose signature it bears is not looked at."""
        try:
            payload = assertion.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            expires = float(claims["exp"])
        except (IndexError, KeyError, TypeError, ValueError):
            raise Refusal(401, "invalid_client", 50027, "JWT token is invalid or malformed.") from None
        if expires < time.time():
            raise Refusal(401, "invalid_client", 700024, "Client assertion is not within its valid time range.")
        return "2"

    def _issue(self, proof: str) -> str:
        """A token as Graph's are: version 1.0, for an application. Nobody can check its signature, and nobody does."""
        now, tenant = int(time.time()), self.behaviour.token_tenant or self._tenant_id
        claims: dict[str, object] = {
            "aud": self._base,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + _LIFETIME,
            "appid": CLIENT_ID,
            "appidacr": proof,
            "idtyp": "app",
            "tid": tenant,
            "uti": uuid4().hex,
            "ver": "1.0",
        }
        if self.behaviour.roles:
            claims["roles"] = list(self.behaviour.roles)
        token = ".".join((_encoded({"typ": "JWT", "alg": "none"}), _encoded(claims), base64.urlsafe_b64encode(b"unsigned").decode()))
        self._issued[token] = now + _LIFETIME
        return token


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
