"""Graph itself: who asks and what he may ask is checked, then the tenant answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from .answers import Answer, Answers, Asked
from .batch import answer_batch
from .behaviour import Behaviour
from .entra import Entra
from .hunting import HUNTING
from .licensing import NOT_PREMIUM, is_trapped
from .odata import Refused
from .permissions import Caller, name_of, person_of, refusal, refusal_to_write
from .snapshot_jobs import CREATE, SnapshotJobs, is_job
from .wire import LAG, VERSIONS, error, ids
from .writes import ControlStates, is_control

_ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_ME = Refused(400, "Request_BadRequest", "/me request is only valid with delegated authentication flow.")


class Graph:
    """Answers every address that is none of the sign-in's. `inner` is who answers the requests of a batch: all that stands before it."""

    inner: ASGIApp

    def __init__(self, answers: Answers, entra: Entra, behaviour: Behaviour, jobs: SnapshotJobs) -> None:
        self._answers = answers
        self._entra = entra
        self.states = ControlStates()
        self.jobs = jobs
        self.behaviour = behaviour

    @property
    def behaviour(self) -> Behaviour:
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        """Raises `ValueError` for a tenant smaller than its snapshot."""
        self._behaviour = behaviour
        self.jobs.exporting = behaviour.exporting
        self._answers.grow(behaviour.users, behaviour.devices)

    def routes(self) -> list[Route]:
        return [Route("/{address:path}", self.answer, methods=_METHODS)]

    async def answer(self, request: Request) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind.casefold() != "bearer" or not token:
            return error(request.scope, 401, "Access token is empty.")
        if reason := self._entra.refusal(token):
            return error(request.scope, 401, reason, {"www-authenticate": self._entra.challenge(token)})
        raw_path = request.scope["raw_path"].decode()
        version, _, path = "/".join(part for part in unquote(raw_path).split("/") if part).partition("/")
        if version not in VERSIONS:
            return error(request.scope, 400, f"Invalid version: {version}.")
        try:
            if request.method == "POST" and path.casefold() == "$batch":
                return await answer_batch(request, version, self.inner)
            hunts, writes = path.casefold() == HUNTING, request.method == "PATCH" and is_control(path)
            exports = (request.method == "POST" and path.casefold() == CREATE) or (request.method == "DELETE" and is_job(path))
            if not writes and not exports and request.method != ("POST" if hunts else "GET"):
                return error(request.scope, 405)
            eventual = request.headers.get("consistencylevel", "").casefold() == "eventual"
            asked = Asked(version, path, request.url.query, f"{raw_path}?{request.url.query}", eventual)
            caller = Caller(self._entra.permissions(token), person_of(token))
            if writes:
                return await self._written(request, asked, caller, name_of(token))
            if exports:
                return await self._exports(request, asked, caller)
            asked = self._checked(asked, caller)
            if hunts:
                return _sent(request.scope, self._answers.hunted(asked, await request.body()))
            if exported := self.jobs.answer(asked):
                return _sent(request.scope, exported)
            work = self._answers.answer
            found = await run_in_threadpool(work, asked) if self._answers.is_grown(asked) else work(asked)
        except Refused as refused:
            return error(request.scope, refused.status, refused.message, code=refused.code)
        return _sent(request.scope, self.states.shown(asked.path, found))

    async def _exports(self, request: Request, asked: Asked, caller: Caller) -> Response:
        """A snapshot job is made, or deleted. Raises `Refused`."""
        if refused := refusal_to_write(asked.path, caller):
            raise refused
        if request.method == "POST":
            return _sent(request.scope, self.jobs.create(await request.body()))
        self.jobs.delete(asked.path)
        return Response(status_code=204, headers=ids(request.scope))

    async def _written(self, request: Request, asked: Asked, caller: Caller, name: str) -> Response:
        """A state is set: 204, or the profile as it will be, for a client that prefers that. Raises `Refused`."""
        if refused := refusal_to_write(asked.path, caller):
            raise refused
        found = self._answers.answer(asked._replace(query="", url=f"/{asked.version}/{asked.path}"))
        if found.status != 200:
            return _sent(request.scope, found)
        profile = msgspec.json.decode(found.body, type=dict[str, Any])
        written = self.states.write(profile, await request.body(), name, request.scope.get(LAG, 0.0))
        if "return=representation" not in request.headers.get("prefer", "").casefold():
            return Response(status_code=204, headers=ids(request.scope))
        return _sent(request.scope, Answer(200, written))

    def _checked(self, asked: Asked, caller: Caller) -> Asked:
        """The request as the tenant takes it. Raises `Refused` where the caller may not, or the tenant has not bought it."""
        first, slash, rest = asked.path.partition("/")
        mine = first.casefold() == "me"
        if mine and not caller.person:
            raise _ME
        asks_sign_ins = first.casefold() == "users" and "signinactivity" in asked.query.casefold()
        if refused := refusal(asked.path, caller, asks_sign_ins):
            raise refused
        if is_trapped(asked.path, asks_sign_ins, caller.granted):
            raise NOT_PREMIUM
        unlicensed = self._answers.licences.refusal(asked.path, asks_sign_ins)
        if unlicensed and not self._answers.is_listed(asked) and not self._answers.is_refusal(asked):
            raise unlicensed
        path = f"users/{caller.person}{slash}{rest}" if mine else asked.path
        return asked._replace(path=path, url=f"/{asked.version}/{path}?{asked.query}") if mine else asked


def _sent(scope: Scope, answer: Answer) -> Response:
    return Response(answer.body, answer.status, ids(scope), media_type=answer.media_type or _ODATA)
