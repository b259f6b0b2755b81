"""The three formats: whole, loading nothing, and harmless whatever the tenant holds."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import cmarkgfm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.text import one_line
from reports.announcement.mail import sender
from reports.announcement.message import chosen, message_of
from reports.plan import plan_of
from reports.posture import Posture
from tests.announcement.made import NOW, OURS, Made, made_of
from tests.planning import EVIL, INJECTED, posture, record

needs_writer = pytest.mark.skipif(shutil.which("lowriter") is None, reason="no LibreOffice Writer here to open the document with")


def test_the_mail_is_a_draft_with_two_forms_and_loads_nothing(demo: Posture) -> None:
    made = made_of(demo)
    mail = made.mail
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert list(mail.keys()) == ["Subject", "From", "Date", "X-Unsent", "MIME-Version", "Content-Type"]
    assert [part.defects for part in mail.walk()] == [[], [], []]
    assert [header.defects for header in mail.values() if hasattr(header, "defects")] == [()] * 6
    assert mail["Date"].datetime == NOW
    assert b"\r\n" in made.files[".eml"]
    assert not re.search(rb"(?<!\r)\n", made.files[".eml"])
    assert max(map(len, made.files[".eml"].splitlines())) <= 998
    assert not made.tree.xpath("//img | //link | //script | //iframe | //style | //a | //@src | //@href | //@background | //@srcset")
    assert not re.search(r"url\(|@import|https?:", made.html)
    assert made_of(demo).files[".eml"] == made.files[".eml"]


def test_an_address_is_who_it_is_from_and_without_one_it_is_nobody_s_yet(demo: Posture) -> None:
    message = made_of(demo, role="Größe & Søn, IT").message
    named = Made(message, who=sender('"Größe & Søn, IT" <it@example.com>')).mail["From"]
    assert [(each.display_name, each.addr_spec) for each in named.addresses] == [("Größe & Søn, IT", "it@example.com")]
    nobody = Made(message, who=sender("Größe & Søn, IT")).mail["From"]
    assert nobody.addresses == ()
    assert [group.display_name for group in nobody.groups] == ["Größe & Søn, IT"]


@pytest.mark.parametrize(
    "said", ["", " ", "<it@example.com>", "IT <>", "IT <it>", "IT <a@b@c>", "IT <ü@example.com>", "IT <it@>", "a<b", "IT <x@y> z"]
)
def test_who_cannot_sign_or_send_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"nobody to sign|no mail address"):
        sender(said)


def test_the_word_document_says_whose_it_is_and_nothing_of_what_made_it(demo: Posture) -> None:
    facts = made_of(demo).word.core_properties
    assert (facts.author, facts.title, facts.comments) == ("Head of IT", "A second step when you sign in", "")
    assert facts.created == NOW


HOSTILE = {
    "tenant": EVIL,
    "injected": INJECTED,
    "long": "W" * 9000,
    "right to left": "שלום \u202e",
    "emoji": "👩‍💻 ✉️",
    "marks": "# x",
    "odd": "\\ | ! - {{ x }}",
}


@pytest.mark.parametrize("evil", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_does_nothing_in_any_format(evil: str) -> None:
    plain = made_of(hostile("Plain"), "newThisMorning", "MFARegistrationV2", role="Plain", contact="Plain")
    made = made_of(hostile(evil), "newThisMorning", "MFARegistrationV2", role=evil, contact=evil)
    assert len(made.message.changes) == 2
    same_shape(plain, made)
    for reading in made.readings:
        assert one_line(evil)[:40].rstrip() in reading or "\\" in evil or "W" in evil or "\u200d" in evil


def hostile(evil: str) -> Posture:
    """`evil` wherever a tenant can put a text that an announcement may show."""
    impact = f"Uploading takes one more click. {evil}"
    return posture([record("newThisMorning", title=evil, remediation_impact=impact, area="teams"), record("MFARegistrationV2")], name=evil)


def same_shape(plain: Made, other: Made) -> None:
    """The same elements, headers and paragraphs as with text that means nothing anywhere."""
    assert [(node.tag, sorted(node.attrib)) for node in other.tree.iter()] == [
        (node.tag, sorted(node.attrib)) for node in plain.tree.iter()
    ]
    styles = [[p.style.name for p in made.word.paragraphs if p.style is not None] for made in (plain, other)]
    assert styles[0] == styles[1]
    assert list(other.mail.keys()) == list(plain.mail.keys())
    assert [part.get_content_type() for part in other.mail.walk()] == [part.get_content_type() for part in plain.mail.walk()]
    pages = [cmarkgfm.github_flavored_markdown_to_html(made.markdown, options=cmarkgfm.Options.CMARK_OPT_UNSAFE) for made in (plain, other)]
    assert re.findall(r"</?[a-z0-9]+", pages[0]) == [tag for tag in re.findall(r"</?[a-z0-9]+", pages[1]) if tag not in ("<a", "</a")]
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ufffe]",
        "".join([other.markdown, other.text, other.html, other.in_word]).replace("\r\n", "\n"),
    )


@cache
def plain() -> Made:
    return made_of(posture([record("MFARegistrationV2")], name="Plain"), role="Plain", contact="Plain")


@given(st.text(min_size=1).filter(lambda text: bool(one_line(text)) and not re.search("[<>]", text)))
@settings(max_examples=8)
def test_any_text_gives_the_same_shape(any_text: str) -> None:
    named = posture([record("MFARegistrationV2")], name=f"A{any_text}")
    steps = chosen(named, plan_of(named), (), OURS.texts)
    who = sender(f"B{any_text}")
    same_shape(plain(), Made(message_of(named, steps, OURS, who.role, f"C{any_text}"), who))


@needs_writer
def test_a_word_processor_opens_the_document(demo: Posture, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_bytes(made_of(demo, role=EVIL).files[".docx"])
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    for _ in range(2):  # the first start may do no more than make the profile
        line = [
            "lowriter",
            profile,
            "--headless",
            "--convert-to",
            "txt:Text (encoded):UTF8",
            "--outdir",
            str(tmp_path),
            str(tmp_path / "a.docx"),
        ]
        subprocess.run(line, check=False, capture_output=True, timeout=120)
        if (tmp_path / "a.txt").exists():
            break
    read = (tmp_path / "a.txt").read_text("utf-8-sig")
    assert "A second step when you sign in" in read
    assert one_line(EVIL)[:60] in read
