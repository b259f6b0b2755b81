"""`python -m reports scorecard`: what it writes, and what cannot be done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from reports import posture as postures
from reports.__main__ import main
from reports.posture import Posture


@pytest.fixture
def file(demo: Posture, tmp_path: Path) -> Path:
    postures.write(demo, tmp_path / "posture.json")
    return tmp_path / "posture.json"


def test_the_command_writes_html_beside_the_posture_or_what_is_named(file: Path, demo: Posture) -> None:
    assert main(["scorecard", str(file)]) == 0
    assert demo.tenant.name not in file.with_name("scorecard.html").read_text("utf-8")
    assert main(["scorecard", str(file), "--named", "-o", str(file.with_name("a.HTML"))]) == 0
    assert demo.tenant.name in file.with_name("a.HTML").read_text("utf-8")
    assert main(["scorecard", str(file), "--output", str(file.with_name("a.pdf"))]) == 0
    assert file.with_name("a.pdf").read_bytes().startswith(b"%PDF-")
    assert {each.name for each in file.parent.iterdir()} == {"posture.json", "scorecard.html", "a.HTML", "a.pdf"}


@pytest.mark.parametrize(
    ("posture", "output", "said"),
    [
        ("posture.json", "card.docx", "end the name of its file in .html or .pdf"),
        ("posture.json", "nowhere/card.pdf", "cannot be written"),
        ("none.json", "card.html", "is not a posture"),
        ("folder.html", "card.html", "is not a posture"),
    ],
)
def test_what_cannot_be_done_is_one_line(file: Path, posture: str, output: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.with_name("folder.html").mkdir()
    before = {each.name for each in file.parent.iterdir()}
    assert main(["scorecard", str(file.with_name(posture)), "-o", str(file.parent / output)]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert {each.name for each in file.parent.iterdir()} == before


def test_a_scorecard_that_cannot_be_made_leaves_the_earlier_one(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    earlier = file.with_name("scorecard.html")
    earlier.write_text("earlier")
    file.write_text(file.read_text("utf-8").replace('"schema": 1', '"schema": 9'), "utf-8")
    assert main(["scorecard", str(file)]) == 2
    assert "schema 9 is not known here" in capsys.readouterr().err
    assert earlier.read_text() == "earlier"


def test_without_typst_the_html_is_made_and_the_pdf_says_what_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    assert main(["scorecard", str(file), "-o", str(file.with_name("a.pdf"))]) == 2
    assert "pip install typst" in capsys.readouterr().err
    assert main(["scorecard", str(file)]) == 0
