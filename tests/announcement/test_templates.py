"""Templates: printed, copied, changed; and one that cannot be used is one line."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import docx
import pytest

from reports.__main__ import main
from reports.announcement.templates import LETTERHEAD, NAMES, Templates


def test_every_template_can_be_printed_copied_and_changed(folder: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    ours, out = tmp_path / "templates", tmp_path / "out"
    ours.mkdir()
    out.mkdir()
    for name, file in NAMES.items():
        assert main(["announcement", "--print-template", name]) == 0
        source = capsysbinary.readouterr().out.decode()
        if name == "texts":
            source = source.replace('greeting = "Dear colleagues,"', 'greeting = "Hej alle på {{ organisation }},"')
        else:
            source = source.replace("{{ words.greeting }}", "{{ words.greeting }} Hello from " + name)
        (ours / file).write_text(source, "utf-8")
    letterhead = docx.Document()
    letterhead.add_paragraph("Fjordline letterhead")
    letterhead.save(str(ours / LETTERHEAD))
    assert main(["announcement", "--print-template"]) == 0
    assert capsysbinary.readouterr().out.decode() == Templates().source("markdown")
    assert main(["announcement", str(folder / "posture.json"), "--from", "IT", "--templates", str(ours), "-o", str(out)]) == 0
    parts = list(email.message_from_bytes((out / "announcement.eml").read_bytes(), policy=email.policy.default).iter_parts())
    text, page = (str(part.get_content()) for part in parts)
    word = docx.Document(str(out / "announcement.docx"))
    greeting = "Hej alle på Fjordline Outfitters, Hello from"
    assert f"{greeting} markdown" in (out / "announcement.md").read_text("utf-8")
    assert f"{greeting} text" in text
    assert f"{greeting} html" in page
    assert [p.text for p in word.paragraphs[:3]] == ["Fjordline letterhead", "A second step when you sign in", f"{greeting} word"]


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("announcement.md.j2", "{% if %}", "announcement.md.j2, line 1 cannot be used"),
        ("announcement.html.j2", "{{ tenant.users }}", "announcement.html.j2 cannot be used: 'tenant' is undefined"),
        ("announcement.txt.j2", "{{ 1 / 0 }}", "announcement.txt.j2 cannot be used"),
        ("announcement.docx.j2", "{{ ''.__class__.__mro__ }}", "announcement.docx.j2 cannot be used"),
        ("announcement.md.j2", "{% include '../../pyproject.toml' %}", "announcement.md.j2 cannot be used"),
        ("texts.toml", "words = [", "texts.toml:"),
        ("texts.toml", "[words]\ntitle = 'x'", "missing required field"),
        ("announcement.docx", "no zip", "is no Word document"),
        ("mine.j2", "x", "holds no template"),
    ],
)
def test_a_template_that_cannot_be_used_is_one_line(
    folder: Path, tmp_path: Path, file: str, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / file).write_text(content, "utf-8")
    out = tmp_path / "out"
    out.mkdir()
    assert main(["announcement", str(folder / "posture.json"), "--from", "IT", "--templates", str(tmp_path), "-o", str(out)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert said in told
    assert list(out.iterdir()) == []


def test_a_text_of_theirs_that_cannot_be_filled_in_is_one_line(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = Templates().source("texts").replace("Dear colleagues,", "Dear {{ everybody }},")
    (tmp_path / "texts.toml").write_text(source, "utf-8")
    assert main(["announcement", str(folder / "posture.json"), "--from", "IT", "--templates", str(tmp_path), "-o", str(tmp_path)]) == 2
    assert "'everybody' is undefined" in capsys.readouterr().err
