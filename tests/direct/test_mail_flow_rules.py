"""Mail flow rules that take mail past the spam filter: whose mail, whether in force, and what an export leaves open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.demo.exchange_settings import objects
from fixtures.resources.mail_flow import MailFlowRule, trusting_domains
from tests.direct.configured import LEFT_OUT, altered, exported, faults, without
from tests.direct.judged import MET, NE, NOT, Case, Change, each_of, judged
from tests.direct.quick import concluded, conclusion, first_of_each
from tests.harness import NOW, Bench, Run

POSTURE_ALONE = True
ACTION, KIND = "exo_transportrulesallowlistdomains", "transportrule"
DEMO = objects()
CONDITIONS = ("FromAddressContainsWords", "FromAddressMatchesPatterns", "HeaderContainsWords", "HeaderMatchesPatterns")
TRUSTING: dict[str, Any] = {
    "Name": "Partner",
    "Enabled": True,
    "Mode": "Enforce",
    "SetSCL": "-1",
    "SenderDomainIs": ["partner.example"],
    **{condition: [] for condition in CONDITIONS},
}


def rule(**changes: Any) -> Change:
    """A rule in force that trusts a domain, with changes, beside those of the demo tenant."""
    changed = {name: value for name, value in {**TRUSTING, **changes}.items() if value is not LEFT_OUT}
    return exported([*DEMO, (f"microsoft.exchange.{KIND}", changed)])


def senders(**conditions: Any) -> Change:
    return rule(SenderDomainIs=[], **conditions)


def header(name: str, *words: str) -> Change:
    return senders(HeaderContainsMessageHeader=name, HeaderContainsWords=list(words))


CASES: list[Case] = [
    (ACTION, MET, exported(DEMO)),
    (ACTION, MET, exported(without(DEMO, KIND))),
    (ACTION, NOT, exported(altered(DEMO, KIND, "Payroll provider, until the move", Enabled=True))),
    (ACTION, NOT, rule()),
    (ACTION, NOT, rule(SetSCL=-1, Mode="ENFORCE")),
    # The level
    *((ACTION, MET, rule(SetSCL=level)) for level in ("0", 5, "9", "", LEFT_OUT, None)),
    *((ACTION, NE, rule(SetSCL=level)) for level in ("-2", "10", "bypass", "−1")),
    # Whether it is in force
    (ACTION, MET, rule(Enabled=False)),
    (ACTION, NE, rule(Enabled=LEFT_OUT)),
    *((ACTION, MET, rule(Mode=mode)) for mode in ("Audit", "auditandnotify")),
    *((ACTION, NE, rule(Mode=mode)) for mode in (None, "", "Observe")),
    (ACTION, NE, rule(Enabled=None, Mode=None)),
    (ACTION, MET, rule(Enabled=False, Mode="Observe")),
    (ACTION, MET, rule(ExpiryDate="2026-11-20T11:59:00Z")),
    (ACTION, NOT, rule(ExpiryDate="2026-11-20T12:01:00Z")),
    (ACTION, MET, rule(ActivationDate="2026-11-20T13:00:00+00:00")),
    (ACTION, NOT, rule(ActivationDate="2026-11-20T13:00:00+02:00")),
    (ACTION, MET, rule(ExpiryDate="06/30/2026 22:00:00")),
    (ACTION, MET, rule(ExpiryDate="30/06/2026 10:00:00 PM")),
    (ACTION, NE, rule(ExpiryDate="12/11/2026 00:00:00")),
    (ACTION, NE, rule(ExpiryDate="2026-11-20 20:00")),
    (ACTION, NE, rule(ExpiryDate="next year")),
    (ACTION, NOT, rule(ExpiryDate="0001-01-01T00:00:00", ActivationDate="0001-01-01T00:00:00Z")),
    (ACTION, NOT, rule(ExpiryDate="9999-12-31T23:59:59")),
    # Whom it is for
    (ACTION, MET, senders()),
    (ACTION, MET, senders(SenderIpRanges=["203.0.113.17"])),
    *((ACTION, NOT, senders(FromAddressContainsWords=[word])) for word in ("partner.example", "@partner.example", "partner")),
    (ACTION, MET, senders(FromAddressContainsWords=["first.last@partner.example"])),
    (ACTION, NOT, senders(FromAddressContainsWords=["first.last@partner.example", "@other.example"])),
    *(
        (ACTION, NOT, senders(FromAddressMatchesPatterns=[pattern]))
        for pattern in (r"@partner\.example$", r".*@partner\.example", r"\w+@partner\.example", r"^[a-z]+@partner\.example", ".")
    ),
    *(
        (ACTION, MET, senders(FromAddressMatchesPatterns=[pattern]))
        for pattern in (r"^ceo@partner\.example$", r"first\.last@partner\.example", "first.last@partner.example")
    ),
    (ACTION, NOT, header("From", "partner.example")),
    (ACTION, NOT, header("authentication-results", "dmarc=pass")),
    (ACTION, NOT, senders(HeaderMatchesMessageHeader="Return-Path", HeaderMatchesPatterns=[r"partner\.example"])),
    (ACTION, MET, header("X-Exercise", "partner.example")),
    (ACTION, MET, senders(HeaderContainsWords=["partner.example"])),
    *((ACTION, NE, senders(**{condition: LEFT_OUT})) for condition in ("FromAddressContainsWords", "FromAddressMatchesPatterns")),
    (ACTION, NE, rule(SenderDomainIs=None)),
    (ACTION, NE, senders(HeaderContainsMessageHeader="From", HeaderContainsWords=None)),
    (ACTION, NOT, rule(FromAddressContainsWords=None)),
    (ACTION, MET, rule(SenderDomainIs=[" "])),
    (ACTION, NE, rule(SenderDomainIs="partner.example")),
    # One that does not answer hides no gap in another
    (ACTION, NOT, exported([*DEMO, (f"microsoft.exchange.{KIND}", TRUSTING), (f"microsoft.exchange.{KIND}", {**TRUSTING, "Mode": None})])),
]


@each_of(CASES)
def test_mail_flow_rules(name: str, verdict: str, change: Change, bench: Bench) -> None:
    change(bench)
    assert concluded(name, bench) == verdict


@first_of_each(CASES)
def test_mail_flow_rules_in_a_run(name: str, verdict: str, change: Change, bench: Bench, run: Callable[..., Run]) -> None:
    judged(name, verdict, change, bench, run)


@pytest.mark.parametrize("fault", [fault for fault in faults(DEMO) if fault != "objects without a setting"])
def test_nothing_is_concluded_from_a_damaged_export(fault: str, bench: Bench) -> None:
    """But of a rule that sets no level: exports leave out what is not set."""
    faults(DEMO)[fault](bench)
    assert concluded(ACTION, bench) == NE


def test_a_gap_names_the_rule_and_the_domains(bench: Bench) -> None:
    rule(FromAddressContainsWords=["@more.example"])(bench)
    assert "'Partner' (partner.example, @more.example)" in conclusion(ACTION, bench.folder)[1]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda moment: moment.replace(microsecond=0, tzinfo=UTC))
# How an export may write a moment, and in which time zone.
FORMS = st.sampled_from(["%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p"])
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timedelta(minutes=minutes))


def trusts(as_of: datetime = NOW, **changes: Any) -> bool | None:
    """True, False or None where it cannot be told: whether the rule in force takes domains past the filter."""
    found = trusting_domains((msgspec.convert({**TRUSTING, **changes}, MailFlowRule),), as_of)
    return True if found.yes else False if found.no else None


@given(st.none() | MOMENTS, st.none() | MOMENTS, MOMENTS)
def test_a_rule_is_in_force_between_its_dates(begins: datetime | None, ends: datetime | None, as_of: datetime) -> None:
    written = {"ActivationDate": begins and begins.isoformat(), "ExpiryDate": ends and ends.isoformat()}
    assert trusts(as_of, **written) is ((begins is None or begins <= as_of) and (ends is None or as_of < ends))


@given(MOMENTS, MOMENTS, FORMS, ZONES)
def test_however_a_date_is_written_no_rule_in_force_is_taken_for_one_that_is_over(
    ends: datetime, as_of: datetime, form: str, zone: timedelta
) -> None:
    answer = trusts(as_of, ExpiryDate=f"{ends + zone:{form}}")
    assert answer in {None, as_of < ends}


@given(MOMENTS, MOMENTS, FORMS, ZONES)
def test_nor_for_one_that_has_not_begun(begins: datetime, as_of: datetime, form: str, zone: timedelta) -> None:
    answer = trusts(as_of, ActivationDate=f"{begins + zone:{form}}")
    assert answer in {None, begins <= as_of}


@given(st.text(max_size=40))
def test_any_text_for_a_date_is_read_or_left_open(text: str) -> None:
    assert trusts(ExpiryDate=text) in {True, False, None}
