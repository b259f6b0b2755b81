"""The plan in the report: the same steps, dates and points as `reports.plan` has, each a line that leads to its action."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
import pytest
from lxml import html

from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.html import page, text
from reports.plan import Plan, plan_of
from reports.plan.telling import by_week
from reports.posture import Posture
from tests.browsing import needs_browser, visit
from tests.planning import EVIL, needing, posture, prerequisite, record, sku

from .made import ZOOMED, Made, squeezed


@cache
def shown(found: Any) -> Any:
    return html.fromstring(found)


def section(found: Posture) -> Any:
    (node,) = shown(page.render(found)).xpath('//section[@id="plan"]')
    return node


def rows(node: Any) -> dict[int, list[Any]]:
    """The cells of each step, by its number."""
    return {int(row[0].text): list(row) for row in node.xpath('.//table[contains(@class, "plan")]/tbody/tr')}


@pytest.fixture(scope="module")
def plan(demo: Made) -> Plan:
    return plan_of(demo.posture)


@pytest.fixture(scope="module")
def of_demo(demo: Made) -> Any:
    return demo.tree.xpath('//section[@id="plan"]')[0]


def test_every_step_stands_once_in_its_order_and_leads_to_its_action(demo: Made, plan: Plan, of_demo: Any) -> None:
    found = rows(of_demo)
    assert list(found) == [step.number for step in plan.steps] == list(range(1, len(plan.steps) + 1))
    records = {each.item: each for each in demo.posture.verdicts}
    for step in plan.steps:
        (link,) = found[step.number][2].xpath("./a")
        assert link.get("href") == f"#{text.slug_of(records[step.item])}"
        assert link.get("href")[1:] in demo.items
        assert squeezed(link) == step.title


def test_each_says_when_what_for_at_what_price_and_when_it_shows(plan: Plan, of_demo: Any) -> None:
    found = rows(of_demo)
    for step in (each for each in plan.steps if each.phase > 1):
        _, made, _, points, notice, cost, shows = map(squeezed, found[step.number])
        assert made == step.made.isoformat()
        worth = text.number(step.points) if step.scored else "not known" if step.action else "none"
        assert points.startswith(worth)
        assert ("counted" in points) == (round(step.counted, 2) != round(step.points, 2))
        assert notice == ("–" if step.user_impact == "unknown" else step.user_impact)
        days = {"low": "¼ day", "moderate": "1 day", "high": "5 days", "unknown": "½ day"}[step.cost]
        assert cost == f"{step.cost}, {days}"
        assert shows == (f"{step.by}{step.shows.first}–{step.shows.last} days" if step.points else "–")


def test_a_row_has_a_cell_for_each_head(of_demo: Any) -> None:
    for table in of_demo.xpath(".//table"):
        assert {len(row) for row in table.xpath("./tbody/tr")} == {len(table.xpath("./thead/tr/th"))}


def test_a_step_names_what_it_waits_for_and_leads_there(demo: Made, plan: Plan, of_demo: Any) -> None:
    found = rows(of_demo)
    waiting = [step for step in plan.steps if step.depends_on]
    assert waiting
    for step in plan.steps:
        small = "".join(map(squeezed, found[step.number][2].xpath("./small")))
        assert all(f"{after.because}." in small for after in step.depends_on)
        links = found[step.number][2].xpath("./small/a/@href")
        assert sorted(links) == sorted(f"#step-{after.number}" for after in step.depends_on)
        assert all(demo.tree.xpath(f'//tr[@id="{link[1:]}"]') for link in links)


def test_the_score_by_date_is_the_plans(plan: Plan, of_demo: Any) -> None:
    wanted = [[each.date.isoformat(), text.number(each.score), text.number(each.at_most)] for each in by_week(plan.projection)]
    table = of_demo.xpath('.//details[summary="The score by date, as a table"]//tbody/tr')
    assert [[squeezed(row[0]), squeezed(row[1]), squeezed(row[3])] for row in table] == wanted
    (chart,) = of_demo.xpath(".//svg")
    assert f"to {text.number(plan.projection[-1].score)} by " in chart.get("aria-label")
    assert text.number(plan.projection[-1].at_most) in squeezed(of_demo.xpath("./p")[0])


def test_what_another_licence_would_open_is_named_with_its_actions(plan: Plan, of_demo: Any) -> None:
    found = of_demo.xpath('.//table[@class="openings"]/tbody/tr')
    assert len(found) == len(plan.openings) > 0
    for row, opening in zip(found, plan.openings, strict=True):
        said = squeezed(row)
        assert opening.plans in said
        assert text.number(opening.points) in squeezed(row[1])
        assert all(closed.title in said for closed in opening.actions)
        assert len(row.xpath(".//a")) == len(opening.actions)
    seats = plan.more_seats[0]
    assert f"More seats of {seats.skus[0]}: {seats.covered} of {seats.of} seats in use have it." in squeezed(of_demo)


def test_it_says_nothing_again_that_the_card_says_and_so_stays_small(demo: Made, plan: Plan, of_demo: Any) -> None:
    said = squeezed(of_demo)
    assert not [step.title for step in plan.steps if len(step.reason) > 40 and step.reason in said]
    markup = html.tostring(of_demo, encoding="unicode")
    assert len(markup.encode()) < 6_000 + 400 * len(plan.steps)


def test_phases_come_in_their_order_prerequisites_first() -> None:
    records = [record("spo_legacy_auth", rank=1), record("AdminMFAV2", rank=50), record("mcas_mda_enabled", rank=90)]
    found = section(posture([*records, prerequisite("check_the_reader_may_read_what_the_checks_need")]))
    assert [squeezed(each)[:2] for each in found.xpath("./h3")] == ["1.", "2.", "3.", "4."]
    titles = [squeezed(cells[2].xpath("./a")[0]) for cells in rows(found).values()]
    assert titles[1:] == [f"Title of {name}" for name in ("mcas_mda_enabled", "AdminMFAV2", "spo_legacy_auth")]
    assert len(rows(found)[1]) == 4


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (posture([record("OneAdmin", Verdict.MET)]), "Nothing: no gap was found."),
        (posture([record("OneAdmin")], None), "nothing is projected"),
        (msgspec.structs.replace(posture([record("OneAdmin")]), as_of=datetime(1901, 1, 1, tzinfo=UTC)), "No plan can be made from 1901"),
    ],
)
def test_where_there_is_nothing_to_plan_with_that_is_said(found: Posture, said: str) -> None:
    node = section(found)
    assert said in squeezed(node)
    assert not node.xpath(".//svg")


def test_whatever_a_tenant_calls_its_things_is_text_in_the_plan() -> None:
    records = [record("OneAdmin", title=EVIL), record("b", Verdict.NOT_LICENSED, title=EVIL, licence=needing("absent", EVIL))]
    held = record("c", title=EVIL, licence=needing("held", "X", (EVIL,)))
    found = section(posture([*records, held], licences=[sku(EVIL, 1), sku("B", 10)], name=EVIL))
    assert not found.xpath(".//img | .//script")
    assert squeezed(found).count("onerror=") == 5
    assert "[U+202E]" in squeezed(found)


@needs_browser
def test_a_step_opens_its_action_with_the_mouse_and_by_keyboard(browser: Any, demo: Made, plan: Plan) -> None:
    opened, trouble = visit(browser, demo.path)
    step = plan.steps[-1]
    link = opened.locator("table.plan a", has_text=step.title)
    slug = str(link.get_attribute("href"))
    link.click()
    opened.wait_for_selector(f"{slug}[open]")
    other = opened.locator("table.plan a", has_text=plan.steps[0].title).first
    other.focus()
    opened.keyboard.press("Enter")
    opened.wait_for_selector(f"{other.get_attribute('href')}[open]")
    assert trouble == []
    opened.context.close()


@needs_browser
def test_it_is_complete_with_javascript_off_and_at_400_percent(browser: Any, demo: Made, plan: Plan) -> None:
    opened, trouble = visit(browser, demo.path, "#plan", java_script_enabled=False, viewport=ZOOMED)
    link = opened.locator("table.plan a", has_text=plan.steps[0].title).first
    link.scroll_into_view_if_needed()
    box = link.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= ZOOMED["width"]
    assert opened.locator("table.plan tbody tr").count() == len(plan.steps)
    assert opened.locator("#plan svg").is_visible()
    assert trouble == []
    opened.context.close()


def test_one_action_that_two_checks_judge_is_one_step(demo: Made) -> None:
    gap = demo.posture.gaps[0]
    again = msgspec.convert(msgspec.to_builtins(gap) | {"item": "checks/check_other.py::check_again"}, type(gap))
    twice = msgspec.structs.replace(demo.posture, verdicts=[gap, again], totals=postures.count([gap, again]))
    assert len(rows(section(twice))) == 1
