"""The three documents of any posture whatever: honest about every verdict, harmless to who opens them, and small."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import cmarkgfm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fixtures.graph.failure import Cause
from fixtures.graph.reading import Evidence
from fixtures.licences import LicenceDecision
from fixtures.record import ExceptionNote, Microsofts, Points, Record
from fixtures.verdicts import Verdict
from reports import markup
from reports import posture as p
from reports.posture import Posture
from reports.standards import names
from tests.harness import NOW
from tests.standards.documents import TRICKS, checked, everything, made, own, record, resolves

texts = st.one_of(st.sampled_from(TRICKS), st.text(max_size=40), st.lists(st.sampled_from(TRICKS[:9]), max_size=3).map(" ".join))
points = st.one_of(st.none(), st.builds(Points, st.floats(0, 20), st.floats(0, 20)))
notes = st.builds(
    ExceptionNote,
    state=st.sampled_from(("risk-accepted", "third-party", "alternate-mitigation")),
    status=texts,
    in_force=st.booleans(),
    reason=texts,
    owner=texts,
    expires=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
records = st.builds(
    Record,
    item=st.one_of(texts, st.sampled_from(("checks/check_teams.py::check_a", "checks/check_teams.py::check_b"))),
    action=st.one_of(st.none(), st.sampled_from(("OneAdmin", "oneadmin", "11770.MDA_x")), texts),
    claims=st.one_of(st.none(), texts),
    title=texts,
    area=st.one_of(st.sampled_from(("identity", "prerequisites")), texts),
    claim=texts,
    expected=texts,
    verdict=st.sampled_from(Verdict),
    cause=st.one_of(st.none(), st.sampled_from(Cause)),
    basis=st.sampled_from(("direct", "scored")),
    reason=texts,
    observed=st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans(), st.lists(texts, max_size=3), st.none()), max_size=2),
    evidence=st.lists(st.one_of(st.just("v1.0/users"), texts), max_size=2),
    points=points,
    rank=st.one_of(st.none(), st.integers(0, 500)),
    category=texts,
    tier=texts,
    remediation=texts,
    url=st.one_of(st.sampled_from(("https://learn.microsoft.com/x?y=z#a", "https://e.example/%zz {}")), texts),
    licence=st.one_of(st.none(), st.builds(LicenceDecision, state=st.just("held"), wanted=texts)),
    microsoft=st.one_of(st.none(), st.builds(Microsofts, st.floats(0, 20), st.none(), st.none(), st.just("agree"))),
    exception=st.one_of(st.none(), notes),
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.one_of(st.none(), st.just(UTC)))
rows_of_evidence = st.builds(
    Evidence,
    id=st.one_of(st.just("v1.0/users"), texts),
    url=texts,
    status=st.integers(100, 599),
    retrieved_at=moments,
    sha256=st.one_of(st.just("0" * 64), texts),
    bytes=st.integers(0, 10),
    items=st.none(),
    pages=st.integers(0, 3),
    permission=texts,
    method=st.sampled_from(("GET", "POST")),
    body=st.one_of(st.none(), texts),
)


@st.composite
def postures(draw: st.DrawFn) -> Posture:
    found = draw(st.lists(records, max_size=4))
    changes = draw(st.lists(st.builds(p.Movement, texts, texts, moments, st.floats(0, 9), st.floats(0, 9)), max_size=3))
    rows = draw(st.lists(st.fixed_dictionaries({"action": texts, "status": texts, "in_force": st.booleans()}), max_size=4))
    return made(
        *found,
        tool=p.Tool(draw(texts), draw(texts)),
        tenant=p.TenantFacts(
            draw(st.one_of(st.none(), texts)), draw(texts), draw(texts), draw(st.sampled_from(("live", "demo"))), draw(texts)
        ),
        started_at=draw(moments),
        selection=p.Selection(draw(st.booleans()), [draw(texts)], len(found), draw(st.one_of(st.none(), texts))),
        evidence=draw(st.lists(rows_of_evidence, max_size=3)),
        unread=draw(st.lists(st.builds(p.Unread, texts, texts, texts, texts, st.just([])), max_size=2)),
        history=[p.Day(draw(moments), 1.0, 2.0), p.Day(draw(moments), 3.5, 4.0)],
        movements=changes,
        baseline=draw(st.one_of(st.none(), st.just(p.Compared(NOW, p.Tool("m365-posture", "1.0"))))),
        changes=[p.Change(draw(texts), draw(texts), draw(texts), "teams", None, Verdict.MET, "other", "tool changed", draw(texts))],
        exceptions=rows,
        exit_status=draw(st.one_of(st.none(), st.sampled_from((0, 1, 3, 10, 11)))),
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.data_too_large])
@given(posture=postures())
def test_of_any_posture_nothing_is_good_but_what_is_met(posture: Posture) -> None:
    results, log, page = checked(posture)
    resolves(results)
    result = results["results"][0]
    assert len(result.get("observations", [])) == len(log["results"]) == len(posture.verdicts)
    for each, told in zip(posture.verdicts, log["results"], strict=True):
        assert (told["kind"] == "pass") == (each.verdict is Verdict.MET)
        assert (told["kind"] == "fail") == (each.verdict in {Verdict.NOT_MET, Verdict.KNOWN, Verdict.ACCEPTED})
    good = {seen["observation-uuid"] for each in satisfied(result) for seen in each["related-observations"]}
    for seen in result.get("observations", []):
        assert seen["uuid"] not in good or own(seen)["verdict"] == "met"
    harmless(results, log, page)


def satisfied(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in result.get("findings", []) if each["target"]["status"]["state"] == "satisfied"]


def harmless(results: dict[str, Any], log: dict[str, Any], page: str) -> None:
    """No text of the tenant's is a link, a picture, markup, or anything else than the words it consists of."""
    assert len(page.encode()) < 64_000
    shown = cmarkgfm.github_flavored_markdown_to_html(page)
    allowed = {"h1", "h2", "p", "strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code"}
    assert set(re.findall(r"</?([a-z0-9]+)", re.sub(r'<a href="(mailto|xmpp):[^"]*">|</a>', "", shown))) <= allowed
    assert "$" not in page.replace("\\$", "")
    for message in (each["message"]["text"] for each in log["results"]):
        assert "](" not in message
        assert not re.search(r"\{|\}", message.replace("{{", "").replace("}}", ""))
    helps = [rule["help"]["markdown"] for rule in log["tool"]["driver"]["rules"]]
    prose = [value for node in everything(results) for name, value in node.items() if name in {"description", "title", "prose", "remarks"}]
    for text in (*helps, *(value for value in prose if isinstance(value, str))):
        made_of_it = cmarkgfm.markdown_to_html(text, options=cmarkgfm.Options.CMARK_OPT_UNSAFE)
        assert set(re.findall(r"</?([a-z0-9]+)", made_of_it)) <= {"p", "strong", "ul", "ol", "li"}, text
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2028\ufeff]", json.dumps([results, log], ensure_ascii=False))


def test_the_summary_stays_small_whatever_the_tenant() -> None:
    worst = "\U0001f600" * 9_000
    rows = [
        record(
            f"{worst}{n}",
            verdict,
            title=worst,
            reason=f"{n}{worst}",
            exception=ExceptionNote("third-party", worst, True, worst, worst, NOW.date()),
        )
        for n, verdict in enumerate([Verdict.NOT_MET, Verdict.ACCEPTED, Verdict.NOT_EVALUATED] * 40)
    ]
    rows += [record(verdict=Verdict.NOT_MET, action=None, title=worst) for _ in range(20)]
    moves = [p.Movement(worst, worst, NOW, 0.0, 1.0)] * 99
    changes = [p.Change(worst, worst, worst, worst, None, None, "other", "tool changed", worst)] * 99
    exceptions = [{"action": worst, "status": worst}] * 99
    days = [p.Day(NOW, 1.0, 2.0)] * 2
    posture = made(*rows, movements=moves, exceptions=exceptions, history=days, tenant=p.TenantFacts(None, worst, worst, "demo", worst))
    posture.baseline, posture.changes = p.Compared(NOW, posture.tool), changes
    *_, page = checked(posture)
    assert 10_000 < len(page.encode()) < 64_000
    assert page.count("30 more in the workbook and the report.") == 3


def test_an_address_is_no_link_and_a_long_text_is_cut() -> None:
    assert markup.on_github("see https://a.example and www.b.example") == r"see https\://a.example and www\.b.example"
    assert markup.on_github("a" * 20, 10) == "a" * 9 + "…"
    assert names.number(12_345.678) == "12,345.68"
    assert names.number(100.0) == "100"


@given(name=st.text(max_size=120))
def test_a_token_is_one_and_stays_what_it_is(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", names.token(name))
    assert names.token(name) == names.token(name)
    assert names.token("11770.MDA_x") != names.token("11770.MDA x")
