"""What the emulated tenant knows: its names, its application with a secret and a certificate, whom it trusts, and one person."""

from __future__ import annotations

import time
from collections.abc import Collection
from functools import cached_property
from typing import NamedTuple
from uuid import uuid4

from .behaviour import CLIENT_ID, Behaviour
from .keys import Key
from .refusals import Refusal

AUDIENCE = "api://AzureADTokenExchange"
# The application ids of Microsoft's own tools.
AZURE_CLI, AZURE_POWERSHELL = "04b07795-8ddb-461a-bbee-02f9e1bf7b46", "1950a258-227b-4e31-a9cf-717495945fc2"
MANAGED_IDENTITY = "7c1f0d52-3b57-4b1e-8a4e-51d7f0c6b8a3"
PERSON = "1f6c2f0e-90a4-4e0f-9a55-6a1f2f7c9d34"


class Federation(NamedTuple):
    """An issuer elsewhere, and the subject of its tokens that stands for the application."""

    issuer: str
    subject: str


# https://learn.microsoft.com/entra/workload-id/workload-identity-federation, by the kind of credential that uses it.
FEDERATIONS = {
    "github": Federation("https://token.actions.githubusercontent.com", "repo:contoso/posture:environment:audit"),
    "azure-pipelines": Federation("https://vstoken.dev.azure.com/9a1d7d1e-5f0b-4a77-8a6c-3f9f4b1f2c60", "sc://contoso/posture/reader"),
    "workload-identity": Federation("https://oidc.cluster.contoso.com/", "system:serviceaccount:posture:reader"),
}


class Caller(NamedTuple):
    """Who a token is for: an application, or a person by means of one. `proof` is what its `appidacr` says: "0" that nothing proved
    the application, "1" a secret, "2" an assertion.
    """

    app: str = CLIENT_ID
    proof: str = "0"
    is_person: bool = False


class Directory:
    """One tenant, known by its id and its domains. `base` is authority and Graph in one."""

    def __init__(self, base: str, tenant_id: str, domains: Collection[str], behaviour: Behaviour) -> None:
        self.base, self.tenant_id, self.behaviour = base, tenant_id, behaviour
        self.upn = f"reader@{next(iter(domains), 'contoso.com')}"
        self.key = Key()
        self._names = {name.casefold() for name in (tenant_id, *domains)}

    @cached_property
    def certificate(self) -> Key:
        """The one that is registered for the application."""
        return Key()

    @cached_property
    def issuer(self) -> Key:
        """What the issuers elsewhere sign with."""
        return Key()

    def check_tenant(self, asked: str) -> None:
        if asked.casefold() not in self._names:
            raise Refusal(90002, tenant=asked)

    def check_app(self, client: str) -> None:
        if client.casefold() != CLIENT_ID:
            raise Refusal(700016, app=client, tenant=self.tenant_id)
        if self.behaviour.app_disabled:
            raise Refusal(7000112, app=client)

    def check_resource(self, scope: str) -> None:
        """Graph and nothing else can be asked for, as one resource."""
        asked = [part for part in scope.split() if part not in {"openid", "profile", "offline_access"}]
        if asked != [f"{self.base}/.default"]:
            raise Refusal(500011, resource=" ".join(asked), tenant=self.tenant_id)

    def assertion(self, kind: str, audience: str = AUDIENCE) -> str:
        """A token of the issuer behind this kind of credential, for the application; `Behaviour.assertion` has the last word."""
        issuer, subject = FEDERATIONS[kind]
        now = int(time.time())
        claims = {"iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + 300, "jti": str(uuid4())}
        return self.issuer.sign({**claims, **self.behaviour.assertion})
