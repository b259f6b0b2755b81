"""Redacted snapshots: nothing of the tenant is left in one, and it is judged as the original is."""

from __future__ import annotations

import contextlib
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.demo import people
from fixtures.demo.builder import build_demo
from fixtures.demo.settings import GROUPS, TENANT_ID
from fixtures.graph.names import file_name
from fixtures.graph.redaction_vocabulary import PUBLIC_IDS
from tests.harness import DIRECT, MITRE, NOW, SHARED, Bench, Run, needs_shared
from tests.redacting import REDACTOR, assert_absent, redact, redact_file, strings

POSTURE_ALONE = True


# What the demo tenant's people would not want to find in anybody's hands.
def secrets_of_the_demo() -> set[str]:
    numbers = range(1, people.USERS + 1)
    users = [people.user(n, "", "") for n in numbers]
    names = {user["displayName"] for user in users} - {"Emergency 1", "Emergency 2"}
    return {
        TENANT_ID, *GROUPS, people.DOMAIN, "fjordline", "Outfitters", *names, *(user["id"] for user in users),
        *(user["userPrincipalName"] for user in users), *(user["userPrincipalName"].partition("@")[0] for user in users),
        "CA001", "CA009", "30000000-0000-4000-8000", "40000000-0000-4000-8000", "50000000-0000-4000-8000", "5d1c3f6e-0c42",
        "old test", "iPhones", "Head of IT", "Agents on the road", "security provider",
    }  # fmt: skip


def test_nothing_of_the_demo_tenant_is_left() -> None:
    snapshot = build_demo(NOW)
    files = {name: snapshot.read(name) for name in snapshot.names if "secureScores" not in name}
    secrets = {secret for secret in secrets_of_the_demo() if len(secret) >= 5}
    redacted = {REDACTOR.name(name): redact_file(name, body) for name, body in files.items()}
    assert len(redacted) == len(files)
    catalogue = "v1.0/security/secureScoreControlProfiles"
    assert_absent(secrets, {name: body for name, body in redacted.items() if not name.startswith(catalogue)})
    words = {name for name in secrets if re.fullmatch(r"[\w ]+", name)}  # ordinary ones, which Microsoft may use too, and not alone
    left = {text for name, body in redacted.items() if name.startswith(catalogue) for text in strings(json.loads(body))}
    assert_absent(secrets - words, {"catalogue": "\n".join(left).encode()})
    assert not {text.casefold() for text in left} & {word.casefold() for word in words}
    by = {
        update["updatedBy"]
        for name, body in files.items()
        if name.startswith(catalogue)
        for row in json.loads(body)["value"]
        for update in row["controlStateUpdates"]
    }
    assert by - {None}
    assert not by - {None} & left


def test_the_demo_tenants_score_keeps_its_numbers(demo_template: Path) -> None:
    path = demo_template / "v1.0/security/secureScores.json"
    before = json.loads(path.read_bytes())["value"]
    after = json.loads(REDACTOR.body("v1.0/security/secureScores.json", path.read_bytes()))["value"]
    assert TENANT_ID not in json.dumps(after)
    for day, made in zip(before, after, strict=True):
        kept = [{k: v for k, v in row.items() if k not in {"description", "implementationStatus"}} for row in day["controlScores"]]
        assert [{k: v for k, v in row.items() if k not in {"description", "implementationStatus"}} for row in made["controlScores"]] == kept


def replaced(original: Any, redacted: Any) -> Iterator[tuple[str, str]]:
    """Each string with its stand-in, from a body and what became of it."""
    if isinstance(original, str) and original.startswith('["'):  # a list within a string, as hunting gives names
        yield from replaced(json.loads(original), json.loads(redacted))
    elif isinstance(original, str) and original.strip() and original != redacted:
        yield original, redacted
    elif isinstance(original, dict):
        assert len(original) == len(redacted)
        for inner, made in zip(original.values(), redacted.values(), strict=True):
            yield from replaced(inner, made)
    elif isinstance(original, list):
        for inner, made in zip(original, redacted, strict=True):
            yield from replaced(inner, made)
    else:
        assert original == redacted


class Translation:
    """What the reports of a tenant must say once it is redacted."""

    def __init__(self, snapshot: Path) -> None:
        pairs: dict[str, str] = {}
        for path in (path for path in snapshot.rglob("*") if path.suffix in {".json", ".toml"} and path.stem != "roleDefinitions"):
            body, name = path.read_bytes(), path.relative_to(snapshot).as_posix()
            load: Callable[[bytes], Any] = json.loads if path.suffix == ".json" else lambda text: tomllib.loads(text.decode())
            with contextlib.suppress(json.JSONDecodeError):
                pairs.update({" ".join(old.split()): new for old, new in replaced(load(body), load(redact_file(name, body)))})
        plain = {re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", old)).strip(): new for old, new in pairs.items() if new.startswith("status-")}
        self._pairs = pairs | plain
        longest = sorted(self._pairs, key=len, reverse=True)  # and a word is no part of another
        self._pattern = re.compile("|".join(rf"\b{old}\b" if re.fullmatch(r"\w+", old) else re.escape(old) for old in longest))

    def __call__(self, value: Any) -> Any:
        if isinstance(value, list):
            return sorted((self(inner) for inner in value), key=str)
        return self._pattern.sub(lambda found: self._pairs[found[0]], value) if isinstance(value, str) else value


def in_order(value: Any) -> Any:
    return sorted(value, key=str) if isinstance(value, list) else value


def assert_same(before: Run, after: Run, translated: Translation) -> None:
    where = re.compile(r"\(byte \d+\)")  # a stand-in is longer or shorter
    assert after.status == before.status
    assert after.posture.totals == before.posture.totals
    assert list(after.records) == list(before.records)
    for name, old in before.records.items():
        new = after.records[name]
        assert (new.verdict, new.cause, new.points, new.basis) == (old.verdict, old.cause, old.points, old.basis), name
        assert where.sub("", new.reason) == where.sub("", translated(old.reason)), name
        assert new.observed.keys() == old.observed.keys(), name
        for fact, value in old.observed.items():
            assert in_order(new.observed[fact]) == translated(value), (name, fact)
            if fact == "Microsoft says":
                assert new.observed[fact].startswith("status-")
        assert new.licence == old.licence
        assert (new.microsoft and new.microsoft.agreement) == (old.microsoft and old.microsoft.agreement), name


def test_the_demo_tenant_is_judged_as_before(run: Callable[..., Run], bench: Bench, tmp_path: Path) -> None:
    before = run(f"--tenant={bench.folder}")
    before.folder.rename(tmp_path / "before")
    after = run(f"--tenant={redact(bench.folder, tmp_path / 'redacted')}")
    assert_same(Run(before.status, before.output, tmp_path / "before"), after, Translation(bench.folder))
    assert after.posture.tenant.id == REDACTOR.text(TENANT_ID)


def test_a_damaged_tenant_is_judged_as_before(run: Callable[..., Run], bench: Bench, tmp_path: Path) -> None:
    bench.refuse("users")
    bench.refuse("reports/authenticationMethods/userRegistrationDetails", 403, "NoLicense")
    bench.refuse(f"groups/{next(iter(GROUPS))}/transitiveMembers", 404, "Request_ResourceNotFound")
    bench.cut("identity/conditionalAccess/policies")
    bench.lead_nowhere("domains")
    bench.file("admin/sharepoint/settings").write_bytes(b"<html>sign in to Fjordline</html>")
    bench.change("policies/authorizationPolicy", lambda body: {**body, "defaultUserRolePermissions": "Fjordline"})
    bench.change("security/secureScores", lambda body: body["value"][0]["controlScores"][0].update(score="Fjordline"))
    before = run(f"--tenant={bench.folder}", *DIRECT)
    before.folder.rename(tmp_path / "before")
    redacted = redact(bench.folder, tmp_path / "redacted")
    after = run(f"--tenant={redacted}", *DIRECT)
    assert len({record.cause for record in after.posture.verdicts}) > 4
    assert_same(Run(before.status, before.output, tmp_path / "before"), after, Translation(bench.folder))
    assert_absent({"fjordline"}, {path.name: path.read_bytes() for path in redacted.rglob("*.json")})


@needs_shared
def test_a_real_tenant_is_judged_as_before(real_run: Run, run: Callable[..., Run], tmp_path: Path) -> None:
    redacted = redact(MITRE, tmp_path / "redacted")
    after = run(f"--tenant={redacted}")
    assert_same(real_run, after, Translation(MITRE))
    [day] = json.loads((MITRE / "v1.0/security/secureScores.json").read_bytes())["value"]
    files = {path.name: path.read_bytes() for path in redacted.rglob("*.json")}
    assert_absent({day["azureTenantId"], day["azureTenantId"].replace("-", "")[:20], "MARY@"}, files)
    titles = {row["title"] for row in json.loads(files["secureScoreControlProfiles.json"])["value"]}
    assert titles == {row["title"] for row in json.loads((MITRE / "v1.0/security/secureScoreControlProfiles.json").read_bytes())["value"]}


@needs_shared
@pytest.mark.parametrize("path", sorted((SHARED / "real" / "graph-docs").rglob("*.json")), ids=lambda path: path.stem)
def test_nothing_of_microsofts_examples_is_left(path: Path) -> None:
    """Accounts, hosts and ids of their invented tenants. Products are no tenant's."""
    name = file_name("v1.0/" + path.stem.removeprefix("v1.0__").split("__")[0])
    body = path.read_bytes()
    before, after = json.loads(body), json.loads(REDACTOR.body(name, body))
    own = re.compile(r"contoso|fabrikam|@|[0-9a-f]{8}-[0-9a-f]{4}-", re.IGNORECASE)
    tenants = {text.casefold() for text in strings(before, keys=False) if own.search(text)} - PUBLIC_IDS
    products = set(re.findall(r'"(?:skuId|servicePlanId)": "([0-9a-f-]+)"', json.dumps(before)))
    left = {text.casefold() for text in strings(after, keys=False)} & tenants
    assert not [text for text in left - products if "graph.microsoft.com" not in text and "microsoft.graph" not in text]
    assert not re.search("contoso|fabrikam", json.dumps(after), re.IGNORECASE)
