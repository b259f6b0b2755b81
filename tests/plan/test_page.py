"""The plan as a page, and the command that writes it."""

from __future__ import annotations

import re
from pathlib import Path

import cmarkgfm
import msgspec
import pytest

from fixtures.verdicts import Verdict
from reports.__main__ import main
from reports.choosing import posture_file
from reports.plan import plan_of
from reports.plan.markdown import by_week, render
from reports.posture import Posture
from tests.harness import Run
from tests.planning import EVIL, needing, posture, record, sku


@pytest.fixture(scope="module")
def folder(demo_run: Run) -> Path:
    """Where a run of the demo tenant left its posture."""
    return demo_run.folder


def test_a_hostile_tenant_writes_nothing_into_the_page() -> None:
    records = [
        record("spo_`|$evil", title=EVIL, reason=EVIL, url="https://x.example/a)|b_c?d=<e>&f=$g$"),
        record("spo_b", title=EVIL, url="javascript:alert(1)"),
        record("spo_c", Verdict.NOT_LICENSED, title=EVIL, licence=needing("absent", EVIL)),
        record(None, item="checks/check_x.py::evil", title=EVIL, area="prerequisites", reason=EVIL, claim=EVIL),
        record(None, Verdict.MET, item="checks/check_x.py::good", area="prerequisites", claim=EVIL),
    ]
    found = msgspec.structs.replace(posture(records, name=EVIL), licences=[sku(EVIL, 10)])
    held = msgspec.structs.replace(records[1], licence=needing("held", skus=(EVIL,)), action="scid_1", item="x::y")
    page = render(plan_of(msgspec.structs.replace(found, verdicts=[*records, held], licences=[sku(EVIL, 1), sku("B", 10)])))
    shown = cmarkgfm.github_flavored_markdown_to_html(page, options=cmarkgfm.Options.CMARK_OPT_UNSAFE)
    allowed = {"h1", "h2", "h3", "p", "strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "a"}
    assert set(re.findall(r"</?([a-z0-9]+)", shown)) <= allowed
    assert set(re.findall(r'href="(.*?)"', shown)) == {"https://x.example/a%29%7Cb%5Fc?d=%3Ce%3E&amp;f=%24g%24"}
    assert not re.search(r"(?<!\\)\$", page)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ufeff\ufffe]", page)
    for table in re.findall(r"(?m)(?:^\|.*\n)+", page):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    assert shown.count("<tr>") == len(re.findall(r"(?m)^\| (?!---|--:)", page))


def test_the_demo_s_page_says_all_that_a_plan_has_to(demo: Posture) -> None:
    plan, page = plan_of(demo), render(plan_of(demo))
    assert len(plan.steps) > 100
    for heading in (
        "How long it takes",
        "1. Prerequisites",
        "2. Defender for Cloud Apps",
        "3. Multifactor authentication",
        "The score by date",
    ):
        assert f"## {heading}" in page
    for said in (
        "24 to 48 hours",
        "A week",
        "Up to 30 days",
        "What this takes for granted",
        "What the next licence would open",
        "In place:",
    ):
        assert said in page
    assert {step.action for step in plan.steps} >= {r.action for r in demo.gaps}
    weeks = by_week(plan.projection)
    assert (weeks[0], weeks[-1]) == (plan.projection[0], plan.projection[-1])
    assert len(weeks) < len(plan.projection)
    rows = re.findall(r"(?m)^\| (\d+) \|", page)
    assert rows == [str(step.number) for step in plan.steps]


def test_the_command_writes_a_file_or_to_standard_output(folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source, out = str(folder / "posture.json"), tmp_path / "plan.md"
    assert main(["plan", source, "--start", "2027-03-01", "--pace", "2", "-o", str(out)]) == 0
    assert capfdbinary.readouterr().out == b""
    assert main(["plan", source, "--start", "2027-03-01", "--pace", "2"]) == 0
    assert capfdbinary.readouterr().out == out.read_bytes()
    assert "1 March 2027" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start", "1.3.2027"], "1.3.2027 is no date"),
        (["--start", "1999-01-01"], "cannot start on 1999-01-01"),
        (["--pace", "fast"], "--pace fast is no number"),
        (["--pace", "inf"], "--pace inf is no number"),
        (["--pace", "nan"], "--pace nan is no number"),
        (["--pace", "1e999999999"], "is no number"),
        (["--pace", "0"], "a pace of 0"),
        (["--pace", "-1"], "a pace of -1"),
        (["-o", "nowhere/at/all/plan.md"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(folder / "posture.json"), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err


def test_a_file_that_is_no_posture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "posture.json").write_text("{}", "utf-8")
    for path in (tmp_path / "posture.json", tmp_path / "none.json", tmp_path):
        assert main(["plan", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_without_a_name_it_is_the_only_posture_there_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no posture yet"):
        posture_file(None, tmp_path)
    for name in ("demo", "contoso"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo" / "posture.json").touch()
    assert posture_file(None, tmp_path) == tmp_path / "demo" / "posture.json"
    (tmp_path / "contoso" / "posture.json").touch()
    with pytest.raises(ValueError, match="more than one posture"):
        posture_file(None, tmp_path)
    assert posture_file(Path("x"), tmp_path) == Path("x")
