"""The score in the report: beside others', over time, and with the days of its history that are not to be taken at face value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from lxml import html

from fixtures.resources.secure_score import Comparison
from reports.history import listed, stretches
from reports.html import charts, page, text
from reports.plan.facts import Projected
from reports.posture import Day, Posture

from .made import Made, squeezed

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def section(found: Posture) -> Any:
    (node,) = html.fromstring(page.render(found)).xpath('//section[@id="score"]')
    return node


def with_days(found: Posture, days: list[Day]) -> Posture:
    return msgspec.structs.replace(found, verdicts=found.verdicts[:5], history=days, movements=[], as_of=days[-1].date)


def test_the_days_that_are_wrong_are_named_with_what_is_wrong(demo: Made) -> None:
    (node,) = demo.tree.xpath('//section[@id="score"]')
    wanted = stretches(demo.posture.history, demo.posture.as_of)
    assert {each.fault for each in wanted} == {"missing", "frozen", "inconsistent"}
    found = node.xpath('.//table[@class="wrong"]/tbody/tr')
    assert len(found) == len(wanted)
    for row, each in zip(found, wanted, strict=True):
        days, said = map(squeezed, row)
        assert days.startswith(each.first.isoformat())
        assert each.last.isoformat() in days
        assert said == f"{each.fault}: {each.said}"
    assert len(node.xpath(".//*[local-name()='rect']")) == len(wanted)


def test_every_day_stands_in_the_table_the_missing_ones_too(demo: Made) -> None:
    (node,) = demo.tree.xpath('//section[@id="score"]')
    found = node.xpath('.//details[summary="The days as a table"]//tbody/tr')
    wanted = listed(demo.posture.history, demo.posture.as_of)[::-1]
    assert [squeezed(row[0]) for row in found] == [each.date.isoformat() for each in wanted]
    for row, each in zip(found, wanted, strict=True):
        assert squeezed(row[1]) == (text.number(each.day.current) if each.day else "–")
        assert squeezed(row[3]) == each.wrong
    assert sum(squeezed(row[3]).startswith("missing") for row in found) == 1


def test_where_no_day_is_wrong_that_is_said_and_only_where_it_is_known(demo: Made) -> None:
    good = [Day(START + number * DAY, 10.0 + number, 200.0, 10.0 + number, False) for number in range(20)]
    assert "None is missing, frozen or inconsistent." in squeezed(section(with_days(demo.posture, good)))
    old = [Day(each.date, each.current, each.max) for each in good]
    said = squeezed(section(with_days(demo.posture, old)))
    assert "None is missing. This posture does not hold what frozen and inconsistent days are known by." in said
    assert "frozen or inconsistent." not in said


def test_of_very_many_stretches_the_rest_is_in_the_table_of_days(demo: Made) -> None:
    days = [Day(START + 2 * number * DAY, 10.0, 200.0, 10.0, False) for number in range(40)]
    node = section(with_days(demo.posture, days))
    assert len(node.xpath('.//table[@class="wrong"]/tbody/tr')) == page.STRETCHES
    assert f"{39 - page.STRETCHES} more are in the table of the days." in squeezed(node)


def test_a_total_that_is_not_the_sum_of_its_parts_is_told_and_rounding_is_not(demo: Made) -> None:
    assert demo.posture.score
    for parts, told in ((693.86, False), (693.9, False), (700.0, True)):
        score = msgspec.structs.replace(demo.posture.score, current=693.86, of_parts=parts)
        said = squeezed(section(msgspec.structs.replace(demo.posture, verdicts=[], score=score)))
        assert ("own points add up to 700" in said) == told


def test_the_tenant_stands_beside_all_others_its_own_size_and_its_industry(demo: Made) -> None:
    assert demo.posture.score
    given = [
        Comparison("AllTenants", 500.5, None),
        Comparison("TotalSeats", 400.25, "301 to 1000 seats"),
        Comparison("IndustryTypes", 300, None),
    ]
    score = msgspec.structs.replace(demo.posture.score, compared_with=given)
    node = section(msgspec.structs.replace(demo.posture, verdicts=[], score=score))
    shown = {squeezed(row[0]): squeezed(row[1]) for row in node.xpath('.//table[@class="bars"]/tbody/tr')}
    assert shown == {
        demo.posture.tenant.name: text.number(score.current),
        "all tenants": "500.5",
        "tenants with 301 to 1000 seats": "400.25",
        "tenants of the same industry": "300",
    }


def test_minus_one_is_no_average(demo: Made) -> None:
    """Microsoft has sent it where it had none."""
    assert demo.posture.score
    score = msgspec.structs.replace(demo.posture.score, compared_with=[Comparison("IndustryTypes", -1.0, None)])
    node = section(msgspec.structs.replace(demo.posture, verdicts=[], score=score))
    assert "Microsoft gave no average for tenants of the same industry." in squeezed(node)
    assert not node.xpath('.//table[@class="bars"]')
    assert not node.xpath(".//*[local-name()='line'][@class='other']")


@pytest.mark.parametrize(
    ("ends", "drawn"), [((0, 9), [0.0, 100.0]), ((4, 4), [38.89, 11.11]), ((8, 30), [83.33, 16.67]), ((0, 0), [0.0, 5.56])]
)
def test_a_stretch_is_shaded_as_far_as_the_drawing_goes(ends: tuple[int, int], drawn: list[float]) -> None:
    history = [Day(START + number * DAY, 10.0, 20.0) for number in range(10)]
    (found,) = stretches([Day(START, None, 20.0)], START)
    first, last = (START.date() + number * DAY for number in ends)
    line = charts.line(history, [], [], [found._replace(first=first, last=last)])
    assert line is not None
    assert [line.bands[0].left, line.bands[0].width] == drawn


def test_what_lies_before_or_after_the_drawing_is_not_shaded() -> None:
    history = [Day(START + number * DAY, 10.0, 20.0) for number in range(10)]
    (found,) = stretches([Day(START, None, 20.0)], START)
    after = found._replace(first=START.date() + 20 * DAY, last=START.date() + 25 * DAY)
    line = charts.line(history, [], [], [after])
    assert line is not None
    assert line.bands[0].width == 0


def test_the_score_of_a_plan_stays_level_until_the_next_points_show() -> None:
    days = [Projected((START + number * DAY).date(), score, at_most) for number, score, at_most in ((0, 10, 10), (4, 12, 15), (8, 20, 30))]
    line = charts.rising(days)
    assert line is not None
    tops = [float(point.partition(",")[2]) for point in line.segments[0].split()]
    assert tops[0] == tops[1] > tops[2] == tops[3] > tops[4]
    assert len(line.bridges) == 1
    assert "From 10 points on 1 January 2026 to 20 by 9 January 2026." in line.words
    assert charts.rising(days[:1]) is None
    same = [msgspec.structs.replace(each, at_most=each.score) for each in days]
    assert charts.rising(same).bridges == []  # type: ignore[union-attr]
