"""Whatever is changed in a package is found, whoever changed it and whatever he made true of it again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports.package.comparing import differences
from tests.packages import Checked, Files, change, files_of, listed, sealed, write


def removed(name: str) -> Callable[[Files], Files]:
    return lambda files: {key: body for key, body in files.items() if key != name}


def set_in(name: str, how: Callable[[Any], object]) -> Callable[[Files], Files]:
    return lambda files: {**files, name: change(files[name], how)}


def judged_met(posture: Any) -> None:
    row = next(row for row in posture["verdicts"] if row["verdict"] == "known")
    row.update(verdict="met", reason="All is well.")


def without_a_verdict(posture: Any) -> None:
    """And it says that it has all of them."""
    posture["verdicts"].remove(next(row for row in posture["verdicts"] if row["verdict"] == "known" and row["action"] is None))
    posture["selection"].update(complete=True, selected=len(posture["verdicts"]))


def another_answer(files: Files) -> Files:
    """The setting itself is another in the snapshot, sealed again, and its hash in the posture."""
    body = re.sub(rb'"passwordValidityPeriodInDays": ?\d+', b'"passwordValidityPeriodInDays":90', files[FIRST])
    assert body != files[FIRST]

    def rehashed(posture: Any) -> None:
        (row,) = (row for row in posture["evidence"] if row["id"] == "v1.0/domains")
        row["sha256"] = hashlib.sha256(body).hexdigest()

    return sealed({**files, FIRST: body, "posture.json": change(files["posture.json"], rehashed)})


FIRST = "snapshot/v1.0/domains.json"


def another_byte(files: Files) -> Files:
    return {**files, FIRST: files[FIRST].replace(b"e", b"a", 1)}


# By whoever seals the zip again and knows nothing else.
CHANGED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "a report": (lambda files: {**files, "reports/report.html": b"<p>All is well."}, "reports/report.html is not the file"),
    "an answer": (another_byte, f"{FIRST} is not the file"),
    "the exceptions": (lambda files: {**files, "exceptions.toml": b""}, "exceptions.toml is not the file"),
    "a member added": (lambda files: {**files, "reports/more.txt": b"more"}, "reports/more.txt is not listed"),
    "a member removed": (removed("reports/junit.xml"), "reports/junit.xml is listed in manifest.json and missing"),
    "the baseline removed": (removed("baseline.json"), "baseline.json is listed in manifest.json and missing"),
    "the posture removed": (removed("posture.json"), "posture.json is listed in manifest.json and missing"),
    "the manifest's tenant": (set_in("manifest.json", lambda m: m["tenant"].update(name="Another")), "differ in tenant"),
    "the manifest's status": (set_in("manifest.json", lambda m: m.update(exit_status=0)), "differ in exit_status"),
    "the manifest's spaces": (lambda files: {**files, "manifest.json": files["manifest.json"] + b" "}, "is not written as"),
    "the manifest's sense": (lambda files: {**files, "manifest.json": b'{"format": 1}'}, "manifest.json is damaged"),
    "a signature from elsewhere": (lambda files: {**files, "manifest.json.p7s": b"x"}, "not signed, and there is a signature"),
    "said to be signed": (set_in("manifest.json", lambda m: m.update(signed=True)), "its signature is missing"),
}
# By whoever makes the manifest true again as well.
REHASHED: dict[str, tuple[Callable[[Files], Files], str]] = {
    "an answer": (another_byte, "v1.0/domains.json is not the file that was recorded"),
    "an answer removed": (removed(FIRST), "v1.0/domains.json is listed in snapshot.json and missing"),
    "an answer added": (lambda files: {**files, "snapshot/v1.0/x.json": b"{}"}, "v1.0/x.json is not listed in snapshot.json"),
    "the seal removed": (set_in("snapshot/snapshot.json", lambda m: [m.pop("sha256"), m.pop("files")]), "it is not sealed"),
    "an answer, sealed again": (lambda files: sealed(another_byte(files)), "v1.0/domains: the snapshot does not hold the answer"),
    "the baseline removed": (removed("baseline.json"), "compared with a baseline and there is none"),
    "no posture": (lambda files: {**files, "posture.json": b"{}"}, "not a posture"),
    "a posture written by hand": (lambda files: {**files, "posture.json": files["posture.json"] + b"\n"}, "is not written as"),
    "a posture that says a thing twice": (
        lambda files: {**files, "posture.json": files["posture.json"].replace(b'"schema": 1,', b'"schema": 1,\n "schema": 1,', 1)},
        "is not written as",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGED)
def test_what_is_changed_is_named(name: str, part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    how, said = CHANGED[name]
    told = verify(write(tmp_path / "it.zip", how(files_of(part))))
    assert told.status == 1
    assert any(said in line for line in told.failures), told.out


@pytest.mark.parametrize("name", REHASHED)
def test_what_is_changed_and_listed_again_is_named(name: str, part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    how, said = REHASHED[name]
    told = verify(write(tmp_path / "it.zip", listed(how(files_of(part)))))
    assert told.status == 1
    assert any(said in line for line in told.failures), told.out


def test_what_fits_together_and_is_not_so(part: Path, tmp_path: Path, verify: Callable[..., Checked]) -> None:
    """Only judging again shows it: each of these changes alone, and so all of them in one."""
    files = another_answer({**files_of(part), "exceptions.toml": b""})
    for how in (judged_met, without_a_verdict, lambda posture: posture["tool"].update(version="0.0.1")):
        files = set_in("posture.json", how)(files)
    files = set_in("manifest.json", lambda manifest: manifest["tool"].update(version="0.0.1"))(files)
    told = verify(write(tmp_path / "it.zip", listed(files)))
    assert told.status == 1
    for said in (
        "aad_admin_accounts_separate_unassigned_cloud_only: met in posture.json, known when replayed",
        "PWAgePolicyNew: met in posture.json, not met when replayed",
        "aad_third_party_apps: accepted in posture.json, not met when replayed",
        "changes: posture.json has another than the replay",
        "selection: posture.json says that all checks ran",
    ):
        assert any(said in line and line.startswith("replay") for line in told.failures), told.out
    assert "made by version 0.0.1" in told.out
    assert not any("tool: " in line for line in told.failures)


def test_differences_are_of_what_is_written() -> None:
    row = {"item": "checks/a.py::b", "action": "A", "verdict": "met", "cause": None, "observed": {"on": True}}
    posture: dict[str, Any] = {
        "verdicts": [row],
        "totals": {"met": 1},
        "tenant": {"id": "a", "label": "x"},
        "selection": {"complete": True},
    }

    def found(**changes: Any) -> list[str]:
        return list(differences({**posture, **changes}, posture))

    assert found() == found(started_at="then", tenant={"id": "a", "label": "y", "source": "live"}) == []
    assert found(verdicts=[{**row, "observed": {"on": 1}}]) == ["A: another observed than the replay gives."]
    assert found(verdicts=[{**row, "cause": "stale"}]) == ["A: met (stale) in posture.json, met when replayed."]
    assert found(verdicts=[row, row]) == ["A: posture.json judges it more than once."]
    assert found(verdicts=[]) == ["A: met when replayed, and not in posture.json."]
    assert found(verdicts=[row, {**row, "item": "c", "action": "C"}]) == ["C: met in posture.json, and the replay has no such check."]
    assert found(totals={"met": 1.0}) == ["totals: posture.json has another than the replay."]
    assert found(more=None) == ["more: posture.json has another than the replay."]
    assert found(tenant={"id": "b"}) == ["tenant, id: posture.json has another than the replay."]
    assert found(selection={"complete": False, "arguments": ["-k x"]}) == []
    assert found(selection={"complete": True, "selected": 2}) == ["selection: posture.json has another than the replay."]
