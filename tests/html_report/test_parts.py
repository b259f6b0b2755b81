"""The report's parts: text made fit to be shown, the chart, and what is put together for the sections."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from fixtures.record import Record
from reports.html import charts, parts, text, words
from reports.posture import Day

from .made import Made


def test_two_records_of_one_action_have_each_an_address(demo: Made) -> None:
    record = next(record for record in demo.posture.verdicts if record.action)
    twice = [record, msgspec.structs.replace(record, item=f"{record.item}-again")]
    assert list(text.slugs(twice).values()) == [text.slug_of(record), f"{text.slug_of(record)}-2"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("<script>x()</script>a", "a"),
        ('<p onclick="x()" style="color:red">a</p>', "<p>a</p>"),
        ('<a href="https://ok.example/?a=1&b=2">a</a>', '<a href="https://ok.example/?a=1&amp;b=2" rel="noopener noreferrer">a</a>'),
        ('<a href="javascript:x()">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="http://plain.example">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<a href="//elsewhere.example">a</a>', '<a rel="noopener noreferrer">a</a>'),
        ('<img src="https://x.example/a.png">a', "a"),
        ("<ol><li>a<li>b", "<ol><li>a</li><li>b</li></ol>"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_remediation_keeps_words_lists_and_https_links(given: str, kept: str) -> None:
    assert text.remediation(given) == kept


def test_what_shows_nothing_is_made_visible() -> None:
    assert text.visible("a\u202eb\u2066c\x1bd\x00e\u200bf") == "a[U+202E]b[U+2066]c[U+001B]d[U+0000]e[U+200B]f"
    assert text.visible("Ærøskøbing\n日本語\t👩‍💻") == "Ærøskøbing\n日本語\t👩‍💻"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://security.microsoft.com/x", "Open in the portal (security.microsoft.com)"),
        ("https://learn.microsoft.com/x", "Read the instructions (learn.microsoft.com)"),
        ("https://aka.ms/x", "Open Microsoft's page (aka.ms)"),
    ],
)
def test_a_link_says_where_it_leads(url: str, said: str) -> None:
    assert words.where_it_leads(url) == said


def test_a_day_without_a_score_is_a_gap_in_the_line_and_no_zero() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    values = [10.0, 11.0, None, 12.0, 13.0]
    history = [Day(start + timedelta(days=number), value, 20.0) for number, value in enumerate(values)]
    drawn = charts.line(history, [], [])
    assert drawn is not None
    assert len(drawn.segments) == 2
    assert drawn.bridges == [f"{drawn.segments[0].split()[-1]} {drawn.segments[1].split()[0]}"]
    apart = charts.line([history[0], history[3], history[4]], [], [])
    assert apart is not None
    assert len(apart.segments) == 2, "nor is a day of which there is no row"
    assert "rose by 3 points, from 10 on 1 January 2026 to 13 on 5 January 2026" in drawn.words
    assert charts.line(history[:1], [], []) is None


@pytest.mark.parametrize(
    ("expires", "in_force", "left"),
    [
        ("2026-06-01", True, "ends soon: 0 days left"),
        (date(2026, 6, 2), True, "ends soon: 1 day left"),
        ("2026-08-01", True, "61 days left"),
        ("2026-05-01", False, ""),
        ("2026-08-01", False, ""),
    ],
)
def test_an_accepted_risk_says_how_long_it_holds(expires: date | str, in_force: bool, left: str) -> None:
    row = {"action": "a", "state": "risk-accepted", "status": "s", "in_force": in_force, "reason": "r", "owner": "o", "expires": expires}
    (found,) = parts.accepted([row], {"a": "Title"}, date(2026, 6, 1))
    assert (found.title, found.left) == ("Title", left)


def test_names_are_listed_to_the_last_until_all_lists_together_get_too_long() -> None:
    record = Record(item="i", action=None, title="", area="", claim="", basis="direct", observed={"who": ["someone@example.com"] * 10_000})
    assert text.most_items([record]) == 10_000
    many = text.most_items([record] * 40)
    assert text.FEWEST_ITEMS <= many < 10_000
    assert many * 40 * len("someone@example.com\n") <= text.MOST_LISTED
    record.observed = {"what": ["x" * 50_000] * 200}
    assert text.most_items([record]) == text.FEWEST_ITEMS
