"""The scorecard: nothing on it but what may be shown to anyone, the same in HTML and PDF, and one page whatever a tenant is called."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cached_property
from itertools import accumulate, combinations
from pathlib import Path
from typing import Any

import msgspec
import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from fixtures.areas import AREAS
from fixtures.graph.failure import Cause
from fixtures.record import Microsofts, Points
from fixtures.text import one_line
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.__main__ import main
from reports.posture import Posture
from reports.scorecard import facts, page, pdf, shares, words
from reports.scorecard.facts import Card, card_of
from reports.scorecard.shares import Worth, band
from tests.harness import Bench, Run

EVIL = "<img src=x onerror=\"document.title='owned'\"></style></script><script>document.title='owned'</script> #eval(1) \u202egnp\x1b[31m"
NAMES = {
    "plain": "Ærøskøbing & Żółć Ελλάς ООО",
    "hostile": EVIL,
    "long": "Wide Company Holdings " * 14,
    "one word": "W" * 300,
    "right to left": "شركة الأمن",
}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here to open the scorecard with")
needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here to read the PDF with")


class Made(msgspec.Struct, dict=True):
    """A card, and what is made of it."""

    card: Card

    @cached_property
    def source(self) -> str:
        return page.render(self.card).decode()

    @cached_property
    def tree(self) -> Any:
        return html.fromstring(self.source)

    @cached_property
    def pdf(self) -> pypdf.PdfReader:
        return pypdf.PdfReader(io.BytesIO(pdf.render(self.card)))

    @cached_property
    def seen(self) -> str:
        """What of the page is text for a reader, on a screen or aloud."""
        told = self.tree.xpath("//title/text() | //body//text() | //@aria-label")
        return " ".join(" ".join(told).split())

    @cached_property
    def read(self) -> str:
        """The text of the PDF."""
        return " ".join(each.extract_text() for each in self.pdf.pages)


def squeezed(said: str) -> str:
    """Without what setting a text may add or take: spaces, line ends, and places where a word may break."""
    return re.sub(r"[\s\u200b]+", "", said)


def strings(node: Any) -> Iterator[str]:
    """Every string in a value of JSON, keys left out."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for each in node.values():
            yield from strings(each)
    elif isinstance(node, list | tuple):
        for each in node:
            yield from strings(each)


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> Posture:
    return demo_run.posture


@pytest.fixture(scope="module")
def made(demo: Posture) -> Made:
    return Made(card_of(demo))


def called(posture: Posture, name: str) -> Posture:
    return msgspec.structs.replace(posture, tenant=msgspec.structs.replace(posture.tenant, name=name))


def at_worst(posture: Posture) -> Posture:
    """A run of which everything has to be said that a card can say: stopped, in part, and half of it lost for every cause there is."""
    causes = list(Cause)
    lost = [
        msgspec.structs.replace(record, verdict=Verdict.NOT_EVALUATED, cause=causes[number % len(causes)])
        if number % 2 or not record.action
        else record
        for number, record in enumerate(posture.verdicts)
    ]
    assert posture.score is not None
    return msgspec.structs.replace(
        posture,
        verdicts=lost,
        totals=postures.count(lost, posture.totals["actions"] + 1000),
        selection=msgspec.structs.replace(posture.selection, complete=False, stopped="lost", arguments=["--action AdminMFAV2"]),
        score=msgspec.structs.replace(posture.score, compared_with=posture.score.compared_with[:1]),
        as_of=datetime(2020, 2, 2, tzinfo=UTC),
        tool=postures.Tool("m" * 300, EVIL),
    )


# What is not on it


def test_no_text_of_the_posture_gets_on_the_card(demo: Posture, made: Made) -> None:
    """Whatever it is: titles, ids, people, domains, reasons, licences, exceptions, addresses. Only our own words are let through."""
    tool = f"{demo.tool.name} {demo.tool.version}"
    ours = " ".join([*strings([words.METHOD, words.LIMITS]), *words.SLICES.values(), *words.SOURCES.values(), *words.PEERS.values(), tool])
    ours = squeezed(ours + " ".join(area.title for area in AREAS)).casefold()
    told = {one_line(each) for each in strings(msgspec.to_builtins(demo)) if len(each) > 2}
    told = {each for each in told if squeezed(each).casefold() not in ours and re.search(r"[^\W\d_]{3}", each.replace(" UTC", ""))}
    assert len(told) > 1500
    assert {record.title for record in demo.verdicts} - told == set()
    assert demo.tenant.name in told
    for shown in (made.seen, made.read):
        text = " ".join(shown.replace("\u200b", "").split()).casefold()
        found = [each for each in map(str.casefold, told) if each in text]
        assert [each for each in found if re.search(rf"(?<!\w){re.escape(each)}(?!\w)", text)] == []


def test_no_person_domain_or_id_is_anywhere_in_the_files(demo: Posture, made: Made) -> None:
    everything = msgspec.json.encode(demo).decode()
    people = set(re.findall(r"[\w.+-]+@[\w.-]+\w", everything))
    ids = set(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", everything)) | {r.action for r in demo.verdicts if r.action and len(r.action) > 6}
    domains = {person.partition("@")[2] for person in people}
    assert len(people) > 10
    assert len(ids) > 200
    for shown in (made.source, made.read, repr(made.pdf.metadata)):
        assert [each for each in people | domains | ids if each.casefold() in shown.casefold()] == []


def test_no_verdict_is_counted_but_what_was_judged(demo: Posture, made: Made) -> None:
    for word in ("not met", "failed", "passed", "accepted", "known", "gap"):
        assert not re.search(rf"\b{word}\b", made.seen)
        assert not re.search(rf"\b{word}\b", made.read)
    assert sum(part.actions for part in made.card.slices) == demo.totals["actions"]


def test_the_range_of_seats_tells_nobody_who_it_is(demo: Posture, made: Made) -> None:
    assert demo.score is not None
    assert any(row.size for row in demo.score.compared_with)
    assert "seats" not in made.seen + made.read


def test_the_name_is_there_only_where_it_is_asked_for(demo: Posture, made: Made) -> None:
    assert "This organisation" in made.seen
    named = Made(card_of(demo, named=True))
    assert named.tree.xpath("//h1/text()") == [demo.tenant.name]
    assert demo.tenant.name in named.read
    assert named.pdf.metadata is not None
    assert named.pdf.metadata.title == f"Microsoft 365 security scorecard: {demo.tenant.name}"


def test_a_name_that_could_not_be_read_is_not_made_up(demo: Posture) -> None:
    lost = postures.Unread("organization", "permission", "refused", "Organization.Read.All", [])
    unread = msgspec.structs.replace(demo, unread=[lost])
    with pytest.raises(ValueError, match="could not read the organisation's display name"):
        card_of(unread, named=True)
    assert card_of(unread).who == "This organisation"
    with pytest.raises(ValueError, match="empty"):
        card_of(called(demo, " \n "), named=True)


# What is on it


def test_page_and_pdf_show_every_fact_of_the_card(made: Made) -> None:
    hidden = {part.key for part in made.card.slices} | {made.card.direction, msgspec.to_builtins(made.card.made_at)}
    told = [each for each in strings(msgspec.to_builtins(made.card)) if each and each not in hidden]
    assert len(told) > 70
    for each in told:
        assert squeezed(each) in squeezed(made.seen), each
        assert squeezed(each) in squeezed(made.read), each


@needs_poppler
def test_another_reader_finds_the_same_figures_in_the_pdf(made: Made, tmp_path: Path) -> None:
    (tmp_path / "card.pdf").write_bytes(pdf.render(made.card))
    done = subprocess.run(["pdftotext", "-enc", "UTF-8", tmp_path / "card.pdf", "-"], capture_output=True, check=True)
    read = squeezed(done.stdout.decode())
    for each in (made.card.percentage, made.card.points, made.card.coverage, *(area.judged for area in made.card.areas)):
        assert squeezed(each) in read


def test_the_figures_are_those_of_the_posture(demo: Posture, made: Made) -> None:
    card, score = made.card, demo.score
    assert score is not None
    assert card.percentage == f"{score.percentage:g}\u00a0%"
    assert card.points.startswith(f"{score.current:g} of {score.max:,g} points on {score.date.day} ")
    assert [peer.points for peer in card.peers] == [f"{score.current:g}", *(f"{r.average:g}" for r in reversed(score.compared_with))]
    judged = [r for r in demo.of_actions() if r.verdict in {Verdict.MET, Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.KNOWN}]
    bases = Counter(record.basis for record in judged)
    counts = {part.key: part.actions for part in card.slices}
    assert (counts["direct"], counts["scored"]) == (bases["direct"], bases["scored"])
    for verdict in ("not licensed", "not applicable", "not scored", "not evaluated"):
        assert counts.get(verdict.replace(" ", "-"), 0) == demo.totals[verdict]
    assert card.coverage.startswith(f"{len(judged)} of the {demo.totals['actions']} actions")
    pairs = [tuple(map(int, area.judged.split(" of "))) for area in card.areas]
    assert [sum(each) for each in zip(*pairs, strict=True)] == [len(judged), demo.totals["actions"]]


def test_the_nine_areas_come_first_and_the_others_are_one_line(made: Made) -> None:
    names = [area.name for area in made.card.areas]
    assert len(names) == 10
    assert names[:2] == ["Defender for Cloud Apps", "Multifactor authentication"]
    assert names[-2:] == ["Customer Lockbox", "All other areas"]
    assert "Identity and sign-in" in made.card.areas[-1].note


def test_the_trend_is_ninety_days_at_most(demo: Posture, made: Made) -> None:
    trend = made.card.trend
    assert trend is not None
    assert trend.title == "The last 90 days"
    assert made.tree.xpath('//svg[@role="img"]/@aria-label') == [f"Secure Score over time. {trend.words}"]
    older = [msgspec.structs.replace(day, date=day.date.replace(year=day.date.year - 1)) for day in demo.history]
    assert card_of(msgspec.structs.replace(demo, history=older + demo.history)).trend == trend
    assert card_of(msgspec.structs.replace(demo, history=demo.history[:1])).trend is None


def test_what_microsoft_did_not_give_is_said(demo: Posture) -> None:
    score = demo.score
    assert score is not None
    alone = Made(card_of(msgspec.structs.replace(demo, score=msgspec.structs.replace(score, compared_with=[]), history=[])))
    for shown in (alone.seen, alone.read):
        assert "Microsoft gave no average of tenants of the same size or of all tenants to compare with." in " ".join(shown.split())
        assert "Microsoft gave no history of the score" in shown
    unread = Made(card_of(msgspec.structs.replace(demo, score=None)))
    for shown in (unread.seen, unread.read):
        assert "The Secure Score could not be read." in shown
    maxless = card_of(msgspec.structs.replace(demo, score=msgspec.structs.replace(score, max=None, percentage=None)))
    assert maxless.percentage == ""
    assert "Microsoft gave no maximum" in maxless.points


# It does not lie


def heads(posture: Posture) -> list[str]:
    return [notice.head for notice in card_of(posture).notices]


def test_the_demo_tenant_is_no_customer_s(demo: Posture, made: Made) -> None:
    assert heads(demo) == ["This is a demonstration."]
    assert "nothing on this page is about a real one" in made.seen
    assert heads(msgspec.structs.replace(demo, tenant=msgspec.structs.replace(demo.tenant, source="live"))) == []


def test_what_was_left_out_and_what_could_not_be_evaluated_is_said(bench: Bench, run: Callable[..., Run]) -> None:
    bench.refuse("identity/conditionalAccess/policies")
    posture = run(f"--tenant={bench.folder}", "--area=identity", "--area=multifactor-authentication", deliverables=False).posture
    made = Made(card_of(posture))
    whole, left_out, lost = (posture.totals[name] for name in ("actions", "not selected", "not evaluated"))
    assert left_out > 100
    assert lost > 3
    for shown in (made.seen, made.read):
        text = " ".join(shown.split())
        assert f"This is a part of the posture. {left_out} of {whole} actions were left out" in text
        assert f"This page is incomplete. {lost} of {whole} actions" in text
        assert f"could not be evaluated (permission {lost})" in text
    counts = {part.key: part.actions for part in made.card.slices}
    assert (counts["not-selected"], counts["not-evaluated"]) == (left_out, lost)


def test_a_run_that_judged_nothing_makes_no_scorecard(
    bench: Bench, run: Callable[..., Run], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(f"--tenant={bench.folder}", "--area=prerequisites", deliverables=False).folder
    capsys.readouterr()
    for name in ("card.html", "card.pdf"):
        assert main(["scorecard", str(folder / "posture.json"), "-o", str(tmp_path / name)]) == 2
        assert not (tmp_path / name).exists()
        said = capsys.readouterr().err
        assert said.count("\n") == 1
        assert "judged none of the tenant's improvement actions" in said


def test_prerequisites_that_failed_to_run_make_it_incomplete_too(demo: Posture) -> None:
    lost = [
        msgspec.structs.replace(record, verdict=Verdict.NOT_EVALUATED, cause=Cause.STALE) if not record.action else record
        for record in demo.verdicts
    ]
    assert "This page is incomplete." in heads(msgspec.structs.replace(demo, verdicts=lost))


def test_a_stopped_or_narrowed_run_says_so(demo: Posture) -> None:
    stopped = msgspec.structs.replace(demo, selection=msgspec.structs.replace(demo.selection, complete=False, stopped="-x AdminMFAV2"))
    assert "This run stopped early." in heads(stopped)
    assert "AdminMFAV2" not in Made(card_of(stopped)).source
    narrowed = msgspec.structs.replace(demo, selection=msgspec.structs.replace(demo.selection, complete=False))
    assert "This is a part of the posture." in heads(narrowed)


def test_a_posture_that_cannot_be_relied_on_makes_none(demo: Posture) -> None:
    with pytest.raises(ValueError, match="the tool itself failed"):
        card_of(msgspec.structs.replace(demo, exit_status=3))
    better = {**demo.totals, "met": demo.totals["met"] + 1, "not met": demo.totals["not met"] - 1}
    with pytest.raises(ValueError, match="totals of the posture"):
        card_of(msgspec.structs.replace(demo, totals=better))


@pytest.mark.parametrize(("judged", "whole", "said"), [(1, 258, "under 1"), (257, 258, "99"), (258, 258, "100"), (129, 258, "50")])
def test_coverage_is_never_rounded_to_more_than_it_is(demo: Posture, judged: int, whole: int, said: str) -> None:
    posture = msgspec.structs.replace(demo, totals={"actions": whole})
    assert f"({said}\u00a0%)" in facts._coverage(posture, demo.verdicts[:judged])


# Shares

worths = st.sampled_from([1, 1, 2, 3, 5, 8, 9, 10]).flatmap(
    lambda most: st.builds(Worth, st.sampled_from([0.0, most / 2, most]), st.just(float(most)))
)


@given(st.lists(worths, max_size=12))
def test_a_band_is_true_and_gives_no_action_away(actions: list[Worth]) -> None:
    found = band(actions)
    assert (found is None) == (band([each._replace(earned=0.0) for each in actions]) is None)  # silence says nothing either
    if found is None:
        return
    whole = sum(each.max for each in actions)
    assert found.low <= sum(each.earned for each in actions) / whole < found.high
    for one, two in combinations(range(len(actions)), 2):  # whichever they are, both may be met: with some of the others met as well
        others = [each.max for number, each in enumerate(actions) if number not in {one, two}]
        possible = accumulate(others, initial=actions[one].max + actions[two].max)
        assert any(found.low <= points / whole < found.high for points in possible)


@pytest.mark.parametrize(
    ("points", "shown"),
    [([1] * 4, False), ([1] * 5, True), ([3, 3, 3, 2, 2], True), ([3, 3, 2, 2, 2], False), ([9, 1, 1, 1, 1, 1, 1], False), ([], False)],
)
def test_few_actions_or_a_dear_one_have_no_band(points: list[int], shown: bool) -> None:
    assert (band([Worth(0.0, float(each)) for each in points]) is not None) is shown


def test_the_page_states_the_rule(made: Made) -> None:
    (rule,) = [said for head, said in made.card.method if head == "Shares"]
    assert "at least five judged actions" in rule
    assert "each less than a quarter" in rule
    assert shares.LEAST == 5


@pytest.mark.parametrize(
    ("verdict", "earned", "counted"),
    [
        (Verdict.MET, 10.0, 10.0),
        (Verdict.MET, 4.0, 4.0),
        (Verdict.NOT_MET, 10.0, 0.0),
        (Verdict.NOT_MET, 4.0, 4.0),
        (Verdict.ACCEPTED, 10.0, 0.0),
        (Verdict.KNOWN, 12.0, 0.0),
        (Verdict.NOT_MET, -3.0, 0.0),
    ],
)
def test_points_count_only_as_far_as_the_verdict_bears_them_out(demo: Posture, verdict: Verdict, earned: float, counted: float) -> None:
    score = Microsofts(earned, None, None, "agree")
    record = msgspec.structs.replace(demo.verdicts[-1], verdict=verdict, points=Points(earned, 10.0), microsoft=score)
    assert shares.worth(record) == Worth(counted, 10.0)
    assert shares.worth(msgspec.structs.replace(record, microsoft=None)) is None
    assert shares.worth(msgspec.structs.replace(record, points=Points(0.0, 0.0))) is None


# Hostile names


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_name_is_text_and_nothing_else(demo: Posture, name: str) -> None:
    made = Made(card_of(called(demo, name), named=True))
    shown = one_line(name)[:40].strip()
    (head,) = made.tree.xpath("//h1")
    assert head.text.startswith(shown)
    assert len(head.text) <= facts.LONGEST_NAME
    assert len(head) == 0
    assert not made.tree.xpath("//script | //img | //link | //iframe | //@onerror | //@href | //@src")
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", made.source)
    if made.card.direction == "ltr":
        assert squeezed(shown) in squeezed(made.read)
        assert made.pdf.metadata is not None
        assert made.pdf.metadata.title == made.card.title == made.tree.xpath("//title/text()")[0]


def test_a_name_written_from_the_right_says_so(demo: Posture) -> None:
    assert Made(card_of(called(demo, NAMES["right to left"]), named=True)).tree.xpath("//h1/@dir") == ["rtl"]
    assert card_of(called(demo, "2 Å شركة"), named=True).direction == "ltr"


def test_a_letter_that_no_font_shows_is_said_and_not_printed_as_a_box(demo: Posture) -> None:
    strange = card_of(called(demo, "Firm \U0010fffd"), named=True)
    with pytest.raises(ValueError, match="no font of this machine shows “U\\+10FFFD” of the name") as error:
        pdf.render(strange)
    assert "\n" not in str(error.value)


def test_a_name_in_chinese_letters_is_shown_or_refused(demo: Posture) -> None:
    card = card_of(called(demo, "株式会社セキュリティ"), named=True)
    assert "株式会社セキュリティ" in page.render(card).decode()
    try:
        made = pypdf.PdfReader(io.BytesIO(pdf.render(card)))
    except ValueError as error:
        assert "no font of this machine shows “株”" in str(error)  # noqa: PT017  both are right: it depends on the machine's fonts
    else:
        assert "株式会社セキュリティ" in squeezed(made.pages[0].extract_text())


# The PDF


def test_the_pdf_has_one_page_a_title_a_language_and_tags(made: Made) -> None:
    root: Any = made.pdf.root_object
    assert len(made.pdf.pages) == 1
    assert [round(float(each)) for each in made.pdf.pages[0].mediabox] == [0, 0, 595, 842]
    assert made.pdf.metadata is not None
    assert made.pdf.metadata.title == "Microsoft 365 security scorecard"
    assert root["/Lang"].startswith("en")
    assert root["/MarkInfo"]["/Marked"]
    tags = Counter(tags_of(root["/StructTreeRoot"]))
    assert tags["/H1"] == 1
    assert tags["/H2"] == len(made.tree.xpath("//h2"))
    assert tags["/Table"] == 3
    assert tags["/Figure"] == 1


def tags_of(node: Any) -> Iterator[str]:
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from tags_of(each)
    elif isinstance(node, dict):
        if "/S" in node:
            yield str(node["/S"])
        if "/K" in node:
            yield from tags_of(node["/K"])


def test_the_figure_in_the_pdf_is_told_in_words(made: Made) -> None:
    assert made.card.trend is not None
    assert any(made.card.trend.words in str(each) for each in alternatives(made.pdf.root_object["/StructTreeRoot"]))


def alternatives(node: Any) -> Iterator[str]:
    node = node.get_object()
    if isinstance(node, list):
        for each in node:
            yield from alternatives(each)
    elif isinstance(node, dict):
        if "/Alt" in node:
            yield str(node["/Alt"])
        if "/K" in node:
            yield from alternatives(node["/K"])


def test_the_same_posture_gives_the_same_files(demo: Posture) -> None:
    assert page.render(card_of(demo)) == page.render(card_of(demo))
    assert pdf.render(card_of(demo)) == pdf.render(card_of(demo))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_the_pdf_is_one_page_however_much_there_is_to_say(demo: Posture, name: str) -> None:
    made = Made(card_of(called(at_worst(demo), name), named=True))
    assert len(made.card.notices) == 4
    assert len(made.pdf.pages) == 1
    assert squeezed(made.card.foot) in squeezed(made.read)


# The command


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


# In a browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield opened
        opened.close()


def visit(browser: Any, made: Made, folder: Path, **options: Any) -> tuple[Any, list[str]]:
    """The opened page, and everything that should not happen: requests, errors on the console."""
    path = folder / "card.html"
    path.write_text(made.source, "utf-8")
    opened = browser.new_context(**options).new_page()
    trouble: list[str] = []
    opened.on("console", lambda message: trouble.append(message.text))
    opened.on("pageerror", lambda error: trouble.append(str(error)))
    opened.on("request", lambda sent: trouble.append(sent.url) if not sent.is_navigation_request() else None)
    opened.goto(path.as_uri())
    return opened, trouble


# The contrast of every piece of text with what is painted behind it, as WCAG reckons it.
CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((v) => v / 255).map((v) => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (node) => { for (; node; node = node.parentElement) { const c = getComputedStyle(node).backgroundColor;
    if ((parts(c)[3] ?? 1) > 0) return c; } return "rgb(255, 255, 255)"; };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const low = [];
  let seen = 0;
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim()) continue;
    seen += 1;
    const [a, b] = [light(getComputedStyle(node.parentElement).color), light(behind(node.parentElement))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${node.data}`);
  }
  return [seen, low];
}"""


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_without_a_request_and_can_be_read(demo: Posture, browser: Any, tmp_path: Path, scheme: str) -> None:
    made = Made(card_of(called(at_worst(demo), EVIL), named=True))
    opened, trouble = visit(browser, made, tmp_path, color_scheme=scheme, viewport={"width": 1100, "height": 900})
    assert opened.title() == made.card.title
    seen, low = opened.evaluate(CONTRAST)
    assert seen > 60
    assert low == []
    dark = opened.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"
    assert dark is (scheme == "dark")
    assert [opened.locator(f"h{level}").count() for level in (1, 2)] == [1, 8]
    assert trouble == []
    opened.context.close()


@needs_browser
@pytest.mark.parametrize("width", [320, 390, 800])
def test_it_fits_every_screen(demo: Posture, browser: Any, tmp_path: Path, width: int) -> None:
    opened, _ = visit(browser, Made(card_of(called(demo, "W" * 300), named=True)), tmp_path, viewport={"width": width, "height": 800})
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.context.close()


@needs_browser
@pytest.mark.parametrize("which", ["plain", "at worst", "nothing given"])
def test_it_prints_to_one_page(demo: Posture, browser: Any, tmp_path: Path, which: str) -> None:
    cards = {
        "plain": lambda: card_of(demo),
        "at worst": lambda: card_of(called(at_worst(demo), "W" * 300), named=True),
        "nothing given": lambda: card_of(msgspec.structs.replace(demo, score=None, history=[])),
    }
    opened, _ = visit(browser, Made(cards[which]()), tmp_path, color_scheme="dark")
    printed = pypdf.PdfReader(io.BytesIO(opened.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    assert [round(float(each)) for each in printed.pages[0].mediabox[2:]] == [595, 842]
    opened.context.close()
