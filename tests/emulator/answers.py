"""What the emulated tenant answers to a reading request: as it was recorded, or from the recorded rows as the query wants them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import msgspec

from .collection import Collection
from .hunting import check_query, cut
from .licensing import Licences
from .odata import Query, Refused, is_directory, parse, projected
from .population import DEVICES, REGISTRATIONS, USERS, Generated, Wanted, populate
from .recording import Recorded, Recording, Rows

_SOMEWHERE = "tenant.example"
_KEYED = re.compile(r"(?P<path>[^()]+)\((?P<key>[^()]+)\)")
# Of each collection, the properties that lead elsewhere. `id` names the property of the row that says where to, among the
# collections `among`; without it they lie below the row's own address.
_PRINCIPALS = (("users", "user"), ("groups", "group"), ("servicePrincipals", "servicePrincipal"))


class _Way(NamedTuple):
    id: str = ""
    among: tuple[tuple[str, str], ...] = ()


_ROLE = {
    "principal": _Way("principalId", _PRINCIPALS),
    "roleDefinition": _Way("roleDefinitionId", (("roleManagement/directory/roleDefinitions", ""),)),
}
_BELOW = _Way()
_NAVIGATION: dict[str, dict[str, _Way]] = {
    "rolemanagement/directory/roleassignments": _ROLE,
    "rolemanagement/directory/roleassignmentschedules": _ROLE,
    "rolemanagement/directory/roleassignmentscheduleinstances": _ROLE,
    "rolemanagement/directory/roleeligibilityschedules": _ROLE,
    "rolemanagement/directory/roleeligibilityscheduleinstances": _ROLE,
    "policies/rolemanagementpolicyassignments": {"policy": _Way("policyId", (("policies/roleManagementPolicies", ""),))},
    "policies/rolemanagementpolicies": {"rules": _BELOW, "effectiveRules": _BELOW},
    "devicemanagement/devicecompliancepolicies": {"assignments": _BELOW, "scheduledActionsForRule": _BELOW},
    "devicemanagement/deviceconfigurations": {"assignments": _BELOW},
    "devicemanagement/configurationpolicies": {"assignments": _BELOW, "settings": _BELOW},
    "deviceappmanagement/managedapppolicies": {"assignments": _BELOW},
    "directory/recommendations": {"impactedResources": _BELOW},
    "directoryroles": {"members": _BELOW},
    "groups": {"members": _BELOW, "owners": _BELOW, "transitiveMembers": _BELOW},
    "users": {"manager": _BELOW, "memberOf": _BELOW, "licenseDetails": _BELOW},
    "applications": {"owners": _BELOW},
    "serviceprincipals": {"owners": _BELOW, "appRoleAssignments": _BELOW, "appRoleAssignedTo": _BELOW},
}


class Asked(NamedTuple):
    """A request: `path` is decoded and without its version, `url` path and query as they were sent. `eventual` as in `odata.parse`."""

    version: str
    path: str
    query: str
    url: str
    eventual: bool = False


class Answer(NamedTuple):
    """What is sent: `media_type` is None for Graph's usual JSON."""

    status: int
    body: bytes
    media_type: str | None = None


class Answers:
    """One tenant: what was recorded of it, and the people and devices it was given besides."""

    def __init__(self, recording: Recording, base: str) -> None:
        self._recording, self._base = recording, base
        skus = recording.rows("v1.0/subscribedSkus")
        self.licences = Licences(skus.rows if skus and skus.missing is None else None)
        self._grown: dict[str, Generated] = {}
        self._collections: dict[tuple[str, str], Collection] = {}

    def grow(self, users: int, devices: int) -> None:
        """Make the tenant this large; 0 leaves it as it is. What was recorded as a refusal or in part does not grow.

        Raises `ValueError` for less than was recorded.
        """
        self._collections.clear()
        recorded = {path: self._growing(path) for path in (USERS, REGISTRATIONS, DEVICES)}
        sizes = {path: len(rows.rows) for path, rows in recorded.items() if rows}
        grown = populate(Wanted(users, devices, self._domain(), self.licences.first_sku), sizes)
        self._grown = {path.casefold(): generated for path, generated in grown.items() if recorded[path]}

    def is_grown(self, asked: Asked) -> bool:
        return f"{asked.version}/{asked.path}".casefold().removesuffix("/$count") in self._grown

    def is_listed(self, asked: Asked) -> bool:
        """Whether a recorder noted this very address: what it was answered with is the tenant's own word."""
        return self._recording.is_listed(asked.url) and not self.is_grown(asked)

    def is_refusal(self, asked: Asked) -> bool:
        """Whether the tenant was recorded to refuse this path itself."""
        recorded = self._recording.answer(asked.url)
        return recorded is not None and recorded.status != 200

    def answer(self, asked: Asked) -> Answer:
        """Raises `Refused`."""
        options = [(name, value) for name, value in parse_qsl(asked.query, keep_blank_values=True) if name.strip().startswith("$")]
        if not self.is_grown(asked) and (not options or self._recording.is_listed(asked.url) or self._recording.is_page(asked.url)):
            recorded = self._recording.answer(asked.url)
            if recorded or options:
                return _sent(recorded, asked.path)
        if asked.path.casefold().endswith("/$count"):
            return self._count(asked, options)
        collection = self._collection(asked.version, asked.path)
        if collection:
            query = self._parsed(collection, options, asked.eventual)
            return Answer(200, collection.answer(query, asked.version, self._base, asked.query))
        if recorded := self._recording.answer(asked.url):
            return _selected(recorded, asked.path, options)
        return self._one(asked, options)

    def hunted(self, asked: Asked, body: bytes) -> Answer:
        """The result of a hunting query, as it was recorded. Raises `Refused`."""
        check_query(body)
        recorded = self._recording.posted(asked.url, body.decode())
        sent = _sent(recorded, asked.path)
        return sent._replace(body=cut(sent.body)) if sent.status == 200 else sent

    def _count(self, asked: Asked, options: list[tuple[str, str]]) -> Answer:
        path = asked.path[: -len("/$count")]
        collection = self._collection(asked.version, path)
        if collection is None or collection.missing is not None:
            raise not_found(asked.path)
        if is_directory(path) and not asked.eventual:
            raise Refused(400, "Request_BadRequest", "$count is not currently supported.")
        query = parse(path, [*options, ("$count", "true")], asked.eventual)
        return Answer(200, str(collection.count(query)).encode(), "text/plain")

    def _one(self, asked: Asked, options: list[tuple[str, str]]) -> Answer:
        """An object by its key in a collection that was recorded."""
        keyed = _KEYED.fullmatch(asked.path)
        path, key = (keyed["path"], keyed["key"]) if keyed else (asked.path.rpartition("/")[0], asked.path.rpartition("/")[2])
        collection = self._collection(asked.version, path) if path else None
        if collection is None:
            if self.licences.is_empty(asked.path):
                empty = Collection(asked.path, Rows([], None, None), None, (), lambda name, row: None)
                return Answer(200, empty.answer(parse(asked.path, options, asked.eventual), asked.version, self._base, asked.query))
            raise not_found(asked.path)
        try:
            row = collection.find(key)
        except LookupError:
            raise not_found(asked.path) from None
        if row is None:
            said = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
            raise Refused(404, "Request_ResourceNotFound", said)
        found = collection.whole(row, self._parsed(collection, options, asked.eventual))
        return Answer(200, msgspec.json.encode({"@odata.context": f"{self._base}/{asked.version}/$metadata#{path}/$entity", **found}))

    def _parsed(self, collection: Collection, options: list[tuple[str, str]], eventual: bool) -> Query:
        query = parse(collection.path, options, eventual)
        unknown = next((name for name in query.expand if not collection.may_expand(name)), None)
        if unknown:
            said = f"Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on the type of {collection.path}."
            raise Refused(400, "BadRequest", said)
        return query

    def _collection(self, version: str, path: str) -> Collection | None:
        key = version, path.casefold()
        if key not in self._collections:
            generated = self._grown.get("/".join(key))
            rows = self._growing("/".join(key)) if generated else self._recording.rows("/".join(key))
            if rows is None:
                return None
            ways = _NAVIGATION.get(key[1], {})
            self._collections[key] = Collection(
                path, rows, generated, ways, lambda name, row: self._led(version, path, row, name, ways[name])
            )
        return self._collections[key]

    def _led(self, version: str, path: str, row: dict[str, Any], name: str, way: _Way) -> Any:
        """Where a property of a row leads, as far as it was recorded."""
        if not way.id:
            below = self._recording.rows(f"{version}/{path}/{row.get('id')}/{name}")
            return below.rows if below and below.missing is None else None
        wanted = str(row.get(way.id)).casefold()
        for other, kind in way.among:
            rows = self._recording.rows(f"{version}/{other}")
            found = next((item for item in rows.rows if str(item.get("id")).casefold() == wanted), None) if rows else None
            if found:
                return {"@odata.type": f"#microsoft.graph.{kind}", **found} if kind else found
        return None

    def _growing(self, path: str) -> Rows | None:
        """The recorded rows that others may follow: none where nothing was recorded, None where it ends in a gap or an error."""
        if self._recording.answer(f"/{path}") is None:
            return Rows([], None, None)
        rows = self._recording.rows(path)
        return rows if rows and rows.missing is None else None

    def _domain(self) -> str:
        organization = self._recording.rows("v1.0/organization")
        listed = organization.rows[0].get("verifiedDomains") if organization and organization.rows else None
        domains = [domain for domain in listed if isinstance(domain, dict)] if isinstance(listed, list) else []
        chosen = sorted(domains, key=lambda domain: domain.get("isDefault") is not True)
        return str(chosen[0].get("name")) if chosen else _SOMEWHERE


def not_found(path: str) -> Refused:
    """A path that was not recorded. Never `Request_ResourceNotFound`: by that Graph says that an object does not exist."""
    return Refused(404, "ResourceNotFound", f"Resource not found for the path '{path}'.")


def _sent(recorded: Recorded | None, path: str) -> Answer:
    if recorded is None:
        raise not_found(path)
    return Answer(recorded.status, recorded.body)


def _selected(recorded: Recorded, path: str, options: list[tuple[str, str]]) -> Answer:
    """A single object with what `$select` leaves of it; what is none is answered as it was recorded."""
    try:
        body = msgspec.json.decode(recorded.body) if recorded.status == 200 else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    if not isinstance(body, dict) or "value" in body:
        return _sent(recorded, path)
    return Answer(200, msgspec.json.encode(projected(body, parse(path, options, True).select)))
