"""The announcement: about what staff will notice and nothing else, and harmless in each of its formats whatever the tenant holds."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import re
import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import cmarkgfm
import docx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from fixtures.areas import plain_id
from fixtures.text import one_line
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.__main__ import main
from reports.announcement import formats
from reports.announcement.mail import Sender, sender
from reports.announcement.message import Message, chosen, message_of
from reports.announcement.noticing import is_fit, noticed
from reports.announcement.templates import LETTERHEAD, NAMES, ChangeText, Silent, Templates
from reports.plan import plan_of
from reports.posture import Posture
from tests.harness import SHARED, Run, needs_shared
from tests.planning import AS_OF, EVIL, INJECTED, posture, record

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
HEAD_OF_IT = sender("Head of IT")
OURS = Templates()
ALL = {".md", ".eml", ".docx"}
needs_writer = pytest.mark.skipif(shutil.which("lowriter") is None, reason="no LibreOffice Writer here to open the document with")


class Made:
    """An announcement in its three formats, and what a reader finds in each."""

    def __init__(self, message: Message, who: Sender = HEAD_OF_IT) -> None:
        self.message = message
        self.files = formats.render(message, OURS, who, ALL, NOW)
        self.markdown = self.files[".md"].decode()
        self.mail: EmailMessage = email.message_from_bytes(self.files[".eml"], policy=email.policy.default)
        self.text, self.html = (self._part(kind) for kind in ("plain", "html"))
        self.word = docx.Document(io.BytesIO(self.files[".docx"]))

    def _part(self, kind: str) -> str:
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    @property
    def tree(self) -> Any:
        return html.fromstring(self.html)

    @property
    def in_word(self) -> str:
        return "\n".join(paragraph.text for paragraph in self.word.paragraphs)

    @property
    def readings(self) -> list[str]:
        """What a person reads, of each format, with every run of white space as one space."""
        shown = html.fromstring(cmarkgfm.github_flavored_markdown_to_html(self.markdown)).text_content()
        return [" ".join(said.split()) for said in (shown, self.text, self.tree.find("body").text_content(), self.in_word)]


def made_of(found: Posture, *actions: str, role: str = "Head of IT", contact: str = "the helpdesk", on: date | None = None) -> Made:
    steps = chosen(found, plan_of(found), actions, OURS.texts)
    return Made(message_of(found, steps, OURS, role, contact, on))


@pytest.fixture(scope="module")
def folder(demo_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The posture of the demo tenant in a folder of its own: announcements are written beside it."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(demo_run.folder / "posture.json", folder)
    return folder


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> Posture:
    return demo_run.posture


# What it says


def test_by_default_it_is_the_next_step_that_staff_notice(demo: Posture) -> None:
    made = made_of(demo)
    assert made.message.title == "A second step when you sign in"
    step = next(step for step in plan_of(demo).steps if step.action == "MFARegistrationV2")
    assert [change.on for change in made.message.changes] == [step.made]
    assert made.mail["Subject"] == f"{made.message.title}: from {step.made.day} {step.made:%B %Y}"


def test_every_format_says_what_when_why_what_to_do_and_whom_to_ask(demo: Posture) -> None:
    made = made_of(demo, "MFARegistrationV2", "BlockLegacyAuthentication", contact="the front desk, extension 12", on=date(2027, 1, 11))
    message = made.message
    told = [message.title, message.organisation, message.role, "extension 12", "From 11 January 2027", *message.words.values()]
    told.remove(message.words["nothing"])
    for change in message.changes:
        told += [change.title, change.changes, change.why, *change.do]
    assert len(told) > 20
    for reading in made.readings:
        assert [each for each in told if each not in reading] == []
    headings = [(p.style.name, p.text) for p in made.word.paragraphs if p.style is not None and p.style.name != "Normal"]
    assert headings[:3] == [("Title", message.title), ("Heading 1", message.changes[0].title), ("Intense Quote", "From 11 January 2027")]
    assert [node.text for node in made.tree.iter("h2")] == [*(change.title for change in message.changes), "Questions"]


def test_actions_with_the_same_text_are_one_change_from_the_first_of_their_days(demo: Posture) -> None:
    passcodes = (
        "intune_mobile_complex_password_alphanumeric",
        "INTUNE_mobile_password_requirement",
        "intune_mobile_password_reused_prohibited",
    )
    made = made_of(demo, *passcodes)
    days = [step.made for step in plan_of(demo).steps if step.action and step.action.casefold() in map(str.casefold, passcodes)]
    assert len(days) == 3
    assert [change.on for change in made.message.changes] == [min(days)]


def test_an_action_nobody_notices_is_left_out_and_named(demo: Posture) -> None:
    message = made_of(demo, "AdminMFAV2", "MFARegistrationV2", "exo_SPF_records_for_all_domains").message
    assert message.left_out == ("AdminMFAV2", "exo_SPF_records_for_all_domains")
    assert len(message.changes) == 1


def test_without_a_text_of_ours_it_is_what_microsoft_says_users_notice() -> None:
    said = "Administrators see a report. <b>Uploading a file</b> takes one more click. 31 people have no MFA."
    made = made_of(posture([record("newThisMorning", title="Classify files", remediation_impact=said, area="teams")]))
    [change] = made.message.changes
    assert (change.title, change.changes) == ("Classify files", "Uploading a file takes one more click.")
    assert change.do
    admin = posture([record("newThisMorning", title="Block 31 admins", remediation_impact=said, area="teams")])
    assert made_of(admin).message.title == "A change in Teams"


def test_a_connected_app_is_called_by_its_name(demo: Posture) -> None:
    made = made_of(demo, "MDA_GitHub_MFA", "11770.MDA_Google_EnableTwoFactorAuth")
    assert {change.title for change in made.message.changes} == {
        "A second step when you sign in to GitHub",
        "A second step when you sign in to Google Workspace",
    }
    assert made_of(demo, "MDA_Google_EnableTwoFactorAuth").message.changes[0].title.endswith("Google Workspace")


def test_a_tenant_without_a_name_is_not_called_by_its_folder() -> None:
    nameless = posture([record("MFARegistrationV2")], name="contoso")
    for reading in made_of(nameless).readings:
        assert "contoso" not in reading
        assert "All of us work with accounts" in reading


# What it must not say


@pytest.mark.parametrize(
    "sentence",
    [
        *(
            "31 people have no MFA.",
            "Thirty-one people have no MFA.",
            "Some of your users lack it.",
            "Half of the staff notice it.",
            "97 % of us.",
        ),
        *(
            "anders.haug@contoso.example signs in again.",
            "See https://aka.ms/x.",
            "Look at www.x.example for it.",
            "The guide is on contoso.example.",
        ),
        *(
            "Administrators confirm each sign-in.",
            "The Global Administrator is asked.",
            "Privileged accounts move.",
            "Break-glass accounts stay.",
        ),
        *("Unknown", "None.", "", "...", "This change has no known impact on your users.", "Users notice nothing.", "No change for staff."),
        *(
            "People with a weak password change it.",
            "Accounts without a second factor are blocked.",
            "<script>alert()</script>",
            "See learn more link.",
        ),
    ],
)
def test_figures_names_addresses_and_what_says_nothing_are_left_out(sentence: str) -> None:
    assert not is_fit(sentence)
    assert noticed(sentence) == ""
    assert noticed(f"{sentence} People sign in again after a pause.") in ("People sign in again after a pause.", "")


@pytest.mark.parametrize(
    "sentence",
    [
        "People sign in again after a pause.",
        "Office 2010 can no longer open sites.",
        "A form that asks for a password is blocked from collecting.",
    ],
)
def test_what_staff_notice_is_told(sentence: str) -> None:
    assert is_fit(sentence)
    assert noticed(f"<p>{sentence}</p>") == sentence


def test_nobody_and_nothing_found_out_is_in_any_announcement(demo: Posture) -> None:
    """All that can be announced, at once: no account, no address, no figure or name of those that were counted."""
    steps = [step for step in plan_of(demo).steps if step.action]
    made = Made(message_of(demo, steps, OURS, "Head of IT", "the helpdesk"))
    assert len(made.message.changes) > 25
    everything = msgspec.json.encode(demo).decode()
    people = set(re.findall(r"[\w.+-]+@[\w.-]+\w", everything))
    observed = {str(each) for r in demo.verdicts for value in r.observed.values() if isinstance(value, list) for each in value}
    reasons = {r.reason for r in demo.verdicts}
    assert len(people) > 10
    for reading in made.readings:
        assert "@" not in reading
        assert "://" not in reading
        assert [said for said in (people | reasons | {each for each in observed if len(each) > 12}) if said in reading] == []
        figures = set(re.findall(r"\d+", re.sub(r"From \d+ \w+ \d{4}|Office 2010|Microsoft 365", "", reading)))
        assert figures <= {str(len(made.message.changes))}, figures


def test_our_texts_name_no_figure_no_address_and_no_culprit() -> None:
    texts = Templates().texts
    for each in texts.change:
        for said in (each.title, each.changes, each.why, *each.do):
            assert not re.search(r"\d|@|://|\b(fault|careless|failed to|mistakes?|admin\w*|tenant)\b", said.replace("Office 2010", "")), (
                said
            )
    words = msgspec.to_builtins(texts.words)
    assert not [said for said in words.values() if re.search(r"@|://|\d", said.replace("count == 1", ""))]


@needs_shared
def test_every_text_is_about_an_action_that_exists_and_every_user_facing_one_has_a_text() -> None:
    texts = Templates().texts
    with (SHARED / "reference/improvement-actions.csv").open(encoding="utf-8", newline="") as file:
        known = {plain_id(row["id"]): row for row in csv.DictReader(file)}
    every: list[ChangeText | Silent] = [*texts.change, *texts.silent]
    for each in every:
        for id in each.ids:
            assert id == id.casefold()
            assert any(fnmatchcase(action, id) for action in known), id
            assert any(texts.of(action) is each for action in known if fnmatchcase(action, id)), f"{id} stands behind another"
    high = [id for id, row in known.items() if row["userImpact"].casefold() == "high" and not id.startswith(("aatp_", "mip_purview"))]
    assert len(high) > 10
    assert [id for id in high if texts.of(id) is None or isinstance(texts.of(id), Silent)] == []


# Formats


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
@settings(max_examples=12, deadline=None)
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


# Templates


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


# The command


def test_the_command_makes_three_files_or_the_one_that_is_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(folder / "posture.json")
    arguments = ["announcement", source, "--from", "Head of IT", "--actions", "MFARegistrationV2,AdminMFAV2", "MDA_GitHub_MFA"]
    assert main([*arguments, "-o", str(tmp_path), "--on", "2999-01-01"]) == 0
    told = capsys.readouterr()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["announcement.docx", "announcement.eml", "announcement.md"]
    assert told.out.splitlines()[-1] == "left out: AdminMFAV2, of which nothing is known that staff would notice"
    assert told.err == ""
    assert main([*arguments, "-o", str(tmp_path / "only.EML"), "--on", "2020-01-01"]) == 0
    assert capsys.readouterr().err == "2020-01-01 has passed: give another day with --on, or another start of the plan with --start.\n"
    assert len(list(tmp_path.iterdir())) == 4
    assert main(["announcement", source, "--from", "Head of IT", "--start", "2999-01-01"]) == 0
    assert "2999" in (folder / "announcement.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--actions", "MFARegistration"], "MFARegistration is no action of this posture. Did you mean MFARegistrationV2?"),
        (["--actions", "\x1b[31mnothing"], "[U+001B][31mnothing is no action of this posture."),
        (["--actions", "UserRiskPolicy"], "UserRiskPolicy is met already: it is not announced."),
        (["--actions", "MFARegistrationV2", "dlp_datalossprevention"], "dlp_datalossprevention is accepted as it is: it is not announced."),
        (
            ["--actions", "mip_autosensitivitylabelspolicies"],
            "mip_autosensitivitylabelspolicies needs a licence that the tenant does not hold",
        ),
        (["--actions", "MDA_Atlassian_ForceSSO"], "MDA_Atlassian_ForceSSO is not scored for this tenant"),
        (["--actions", "AdminMFAV2"], "nothing is known that staff would notice of AdminMFAV2: there is nothing to announce."),
        (["--actions", ","], "an id is missing after --actions."),
        (["--on", "soon"], "--on soon is no date"),
        (["--start", "soon"], "--start soon is no date"),
        (["-o", "nowhere.pdf"], "nowhere.pdf is no folder"),
        (["-o", "no/where.md"], "cannot be written"),
        (["--from", "a <b"], "nobody to sign"),
        (["--print-template", "pdf"], "no template is called pdf"),
        (["--templates", "no/where"], "holds no template"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["announcement", str(folder / "posture.json"), "--from", "IT", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err


def test_somebody_has_to_sign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["announcement", str(folder / "posture.json")]) == 2
    assert capsys.readouterr().err == 'say who tells it: --from "Head of IT".\n'


def test_where_staff_notice_nothing_there_is_nothing_to_announce(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = posture(
        [record("AdminMFAV2"), record("newThisMorning", remediation_impact="Unknown"), record("MFARegistrationV2", Verdict.MET)]
    )
    postures.write(quiet, tmp_path / "posture.json")
    assert main(["announcement", str(tmp_path / "posture.json"), "--from", "IT"]) == 2
    assert capsys.readouterr().err == "no step of the plan is one that staff would notice: there is nothing to announce.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["posture.json"]
    unknown = posture([record("MFARegistrationV2", Verdict.NOT_EVALUATED)])
    with pytest.raises(ValueError, match="could not be evaluated"):
        made_of(unknown, "MFARegistrationV2")


@needs_shared
def test_a_real_tenant_has_an_announcement(real_run: Run) -> None:
    found = real_run.posture
    made = made_of(found)
    assert made.message.changes[0].on >= AS_OF.date() - timedelta(days=3000)
    for reading in made.readings:
        assert "mitre" not in reading
    steps = [step for step in plan_of(found).steps if step.action]
    everything = Made(message_of(found, steps, OURS, "Head of IT", "the helpdesk"))
    assert len(everything.message.changes) > 8
    assert len(everything.message.left_out) > 5
