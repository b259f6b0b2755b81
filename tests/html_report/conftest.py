"""What the tests of the HTML report share: the demo tenant's report, one of a tenant that attacks it, and a browser."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from fixtures.demo.builder import write_demo
from reports import posture as postures
from reports.html.counterexample import cards

from .made import EVIL, EVIL_HTML, Made, make


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("demo-report"), "--tenant=demo")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A tenant that names its things in HTML, and refuses a read with some of it."""
    tenant = tmp_path_factory.mktemp("hostile") / "tenant"
    write_demo(tenant, datetime.now(UTC))
    manifest = tenant / "snapshot.json"
    if manifest.exists():  # the hashes of what is about to change
        manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | {"requests": []}), "utf-8")
    organization = tenant / "v1.0" / "organization.json"
    body = json.loads(organization.read_bytes())
    body["value"][0]["displayName"] = f"Evil {EVIL}"
    organization.write_text(json.dumps(body), "utf-8")
    for file in (tenant / "v1.0" / "security").glob("secureScoreControlProfiles*.json"):
        body = json.loads(file.read_bytes())
        for number, profile in enumerate(body["value"]):
            profile |= {key: f"{EVIL_HTML} {key}" for key in ("title", "remediation", "remediationImpact", "userImpact", "tier")}
            profile |= {"threats": [EVIL], "actionUrl": "javascript:alert(1)" if number % 2 else 'https://ok.example/"onmouseover="x()'}
        file.write_text(json.dumps(body), "utf-8")
    policies = tenant / "v1.0" / "identity" / "conditionalAccess" / "policies.json"
    body = json.loads(policies.read_bytes())
    for policy in body["value"]:
        policy["displayName"] = f"{policy['displayName'][:5]}' is not for them. '{EVIL}"
    policies.write_text(json.dumps(body), "utf-8")
    settings = tenant / "v1.0" / "admin" / "sharepoint" / "settings.json"
    settings.rename(settings.with_name("settings.403.json")).write_text(json.dumps({"error": {"code": "x", "message": EVIL}}), "utf-8")
    areas = ("identity", "information-rights-management", "information-protection", "multifactor-authentication")
    return make(tmp_path_factory.mktemp("report"), f"--tenant={tenant}", *(f"--area={area}" for area in areas))


@pytest.fixture(scope="session")
def small(demo: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole page with one action of each kind: axe looks at every pair of colours, and 267 of the same take it minutes."""
    kinds = {(r.verdict, r.basis, bool(cards(r)), bool(r.second_opinion), bool(r.exception)): r for r in reversed(demo.posture.verdicts)}
    records = list(kinds.values())
    posture = msgspec.structs.replace(
        demo.posture,
        verdicts=records,
        totals=postures.count(records, 258),
        areas=demo.posture.areas[:4],
        licences=(demo.posture.licences or [])[-2:],
        history=demo.posture.history[-40:],  # with days that are missing, frozen and inconsistent
        movements=demo.posture.movements[:12],
        evidence=demo.posture.evidence[:5],
    )
    path = demo.of(posture, tmp_path_factory.mktemp("small") / "report.html")
    source = path.read_text("utf-8")
    data = re.search(r"data-jsonblob='(.*?)'", source)
    rows = re.search(r'"checks/check_identity\.py::[^"]+":\[\{.*?\}\]', data[1]) if data else None
    assert data
    assert rows
    # pytest's own rows are all alike, too
    short = re.sub(r'"tests":\{.*\}\]\}', lambda _: f'"tests":{{{rows[0]}}}', data[1], flags=re.DOTALL)
    path.write_text(source.replace(data[1], short), "utf-8")
    return path
