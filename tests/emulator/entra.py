"""Microsoft Entra ID as far as msal and azure-identity ask it: discovery, keys, tokens, and the pages a person signs in on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .behaviour import Behaviour
from .directory import Directory
from .grants import Grants
from .refusals import Refusal
from .services import Services
from .tokens import Tokens


class Entra:
    """The sign-in of one tenant, known by its id and its domains, and the services that vouch for who runs on them."""

    def __init__(self, base: str, tenant_id: str, domains: Collection[str], behaviour: Behaviour) -> None:
        self.directory = Directory(base, tenant_id, domains, behaviour)
        self._tokens = Tokens(self.directory)
        self._grants = Grants(self.directory, self._tokens)
        self._services = Services(self.directory, self._tokens)

    @property
    def behaviour(self) -> Behaviour:
        return self.directory.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self.directory.behaviour = behaviour

    def routes(self) -> list[Route]:
        return [
            Route("/common/discovery/instance", self.instance),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.configuration),
            Route("/{tenant}/discovery/v2.0/keys", self.keys),
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/devicecode", self.device_code, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/authorize", self.authorize),
            Route("/device", self.device, methods=["GET", "POST"]),
            *self._services.routes(),
        ]

    def refusal(self, token: str) -> str | None:
        """Why Graph refuses a token, in Graph's words. None: it does not."""
        return self._tokens.refusal(token)

    def permissions(self, token: str) -> frozenset[str]:
        """What a good token grants."""
        return self._tokens.permissions(token)

    def challenge(self, token: str) -> str:
        """The WWW-Authenticate of Graph's refusal of a token."""
        return self._tokens.challenge(token)

    def revoke(self) -> None:
        """Every token that was issued so far is refused from now on."""
        self._tokens.revoke()

    async def instance(self, request: Request) -> Response:
        """Instance discovery: which authority a sign-in address belongs to. Here there is one."""
        host = self.directory.base.removeprefix("https://")
        endpoint = f"{self.directory.base}/{self.directory.tenant_id}/v2.0/.well-known/openid-configuration"
        metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
        return JSONResponse({"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": metadata})

    async def configuration(self, request: Request) -> Response:
        """The OpenID configuration of a tenant. Asked for by a domain, it answers with the tenant's id, as Entra does."""
        root = f"{self.directory.base}/{self.directory.tenant_id}"
        body = {
            "token_endpoint": f"{root}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "response_modes_supported": ["query", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return self._answered(request, lambda: body)

    async def keys(self, request: Request) -> Response:
        """What tokens are verified with. Asked of any tenant, as `common` is."""
        return JSONResponse({"keys": [self.directory.key.jwk]})

    async def token(self, request: Request) -> Response:
        form = await _form(request)
        return self._answered(request, lambda: self._grants.token(form))

    async def device_code(self, request: Request) -> Response:
        form = await _form(request)
        return self._answered(request, lambda: self._grants.begin_device(form))

    def _answered(self, request: Request, answer: Callable[[], Mapping[str, object]]) -> Response:
        try:
            self.directory.check_tenant(request.path_params["tenant"])
            return JSONResponse(dict(answer()))
        except Refusal as refusal:
            return refusal.response(self.directory.base)

    async def authorize(self, request: Request) -> Response:
        """A person signs in, or declines, without a question; the answer goes where the application listens."""
        query = dict(request.query_params)
        try:
            self.directory.check_tenant(request.path_params["tenant"])
            code = self._grants.begin_code(query)
        except Refusal as refusal:
            return HTMLResponse(f"<h1>Sign in</h1><p>{escape(refusal.description)}</p>", refusal.status)
        told = {"code": code}
        if self.behaviour.person == "declines":
            told = {"error": "access_denied", "error_subcode": "cancel", "error_description": Refusal(65004).description}
        told["state"] = query.get("state", "")
        if query.get("response_mode") != "form_post":
            return RedirectResponse(f"{query['redirect_uri']}?{urlencode(told)}", 302)
        return HTMLResponse(_posting(query["redirect_uri"], told))

    async def device(self, request: Request) -> Response:
        """Where a person types the code that a device shows."""
        if request.method == "GET":
            return HTMLResponse("<form method=post><label>Code <input name=otc></label><button>Next</button></form>")
        approved = self._grants.approve((await _form(request)).get("otc", ""))
        return HTMLResponse(f"<p>{'You have signed in.' if approved else 'That code did not work.'}</p>", 200 if approved else 400)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def _posting(address: str, fields: Mapping[str, str]) -> str:
    """A page that posts itself, as a browser opens it."""
    inputs = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(value)}"/>' for name, value in fields.items())
    form = f'<form method="POST" name="hiddenform" action="{escape(address)}">{inputs}</form>'
    return f"<html><body>{form}<script>document.forms[0].submit()</script></body></html>"
