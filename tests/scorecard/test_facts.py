"""What is on the scorecard is the posture's, the same in HTML and PDF, and what is missing is said."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from fixtures.graph.failure import Cause
from fixtures.verdicts import Verdict
from reports.__main__ import main
from reports.posture import Posture
from reports.scorecard import facts, pdf
from reports.scorecard.facts import card_of
from tests.harness import Bench, Run
from tests.scorecard.cards import Made, squeezed, strings

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="no pdftotext here to read the PDF with")


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
