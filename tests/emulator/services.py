"""The services that vouch for who runs on them: GitHub Actions, Azure Pipelines, a machine's identity, and the logins of Microsoft's tools.

https://docs.github.com/actions/reference/security/oidc
https://learn.microsoft.com/rest/api/azure/devops/distributedtask/oidctoken/create
https://learn.microsoft.com/azure/app-service/overview-managed-identity
"""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .directory import AZURE_CLI, AZURE_POWERSHELL, MANAGED_IDENTITY, Caller, Directory
from .refusals import Refusal
from .tokens import Tokens

# What each service gives to the process it starts: nobody's, and never to be seen again.
GITHUB_TOKEN = "the-request-token-of-the-emulated-github-job"
PIPELINES_TOKEN = "the-access-token-of-the-emulated-pipeline"
IDENTITY_HEADER = "the-identity-header-of-the-emulated-machine"
SERVICE_CONNECTION = "2d3a5f4e-90b1-4c8d-a3f0-3b5f8e6d7c10"
GITHUB, PIPELINES, MACHINE, LOGIN = "/actions/idtoken", "/pipelines/oidctoken", "/msi/token", "/login"
# Azure Developer CLI signs in as Azure CLI does.
TOOLS = {"az": AZURE_CLI, "azd": AZURE_CLI, "pwsh": AZURE_POWERSHELL}


class Services:
    def __init__(self, directory: Directory, tokens: Tokens) -> None:
        self._directory, self._tokens = directory, tokens

    def routes(self) -> list[Route]:
        return [
            Route(GITHUB, self.github),
            Route(PIPELINES, self.pipelines, methods=["POST"]),
            Route(MACHINE, self.machine),
            Route(f"{LOGIN}/{{tool}}", self.login),
        ]

    async def github(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {GITHUB_TOKEN}":
            return JSONResponse({"message": "The job is not authorized to request an ID token."}, 403)
        return JSONResponse({"count": 1, "value": self._directory.assertion("github", request.query_params.get("audience", ""))})

    async def pipelines(self, request: Request) -> Response:
        query = request.query_params
        if request.headers.get("authorization") != f"Bearer {PIPELINES_TOKEN}":
            return JSONResponse({"message": "TF400813: The user is not authorized to access this resource."}, 401)
        if query.get("serviceConnectionId") != SERVICE_CONNECTION or "api-version" not in query:
            return JSONResponse({"message": "The service connection does not exist, or the pipeline may not use it."}, 404)
        return JSONResponse({"oidcToken": self._directory.assertion("azure-pipelines")})

    async def machine(self, request: Request) -> Response:
        """App Service's endpoint for the identity of what runs there: the system's own, or by its client id."""
        query = request.query_params
        if request.headers.get("x-identity-header") != IDENTITY_HEADER:
            return JSONResponse({"statusCode": 401, "message": "Unauthorized"}, 401)
        client = query.get("client_id", MANAGED_IDENTITY)
        if not self._directory.behaviour.machine_has_identity or client != MANAGED_IDENTITY:
            said = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return JSONResponse({"statusCode": 400, "message": said}, 400)
        token = self._tokens.issue(Caller(client, "2"))
        expires = int(time.time()) + self._directory.behaviour.token_lifetime
        body = {"access_token": token, "expires_on": str(expires), "resource": query.get("resource"), "token_type": "Bearer"}
        return JSONResponse({**body, "client_id": client})

    async def login(self, request: Request) -> Response:
        """A token for the person who logged in to a tool; 401 where nobody did."""
        app, query = TOOLS[request.path_params["tool"]], request.query_params
        if not self._directory.behaviour.logged_in:
            return JSONResponse({}, 401)
        try:
            self._directory.check_tenant(query.get("tenant") or self._directory.tenant_id)
            self._directory.check_resource(f"{query.get('resource', '').removesuffix('/.default')}/.default")
        except Refusal as refusal:
            return refusal.response(self._directory.base)
        return JSONResponse(self._tokens.answer(Caller(app, is_person=True)))
