"""The page grows with what was found and not with the size of the tenant, and stays quick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from reports.html import text
from reports.posture import Posture
from tests.browsing import needs_browser, visit

from .made import Made

AFFECTED = 10_000
# An interaction, done when the page has been laid out anew.
STEP = "work => { new Function(work)(); document.body.getBoundingClientRect(); }"


def crowded(posture: Posture, people: int) -> Posture:
    """The same tenant with so many people: all of them are in each list of people that was long."""
    names = [f"firstname.lastname.{number}@a-subsidiary.example" for number in range(people)]
    records = []
    for record in posture.verdicts:
        long = {name for name, value in record.observed.items() if isinstance(value, list) and len(value) > 25 and "@" in value[-1]}
        facts = {name: names if name in long else value for name, value in record.observed.items()}
        records.append(msgspec.structs.replace(record, observed=facts))
    assert sum(value is names for record in records for value in record.observed.values()) >= 4
    return msgspec.structs.replace(posture, verdicts=records)


@pytest.fixture(scope="module")
def large(demo: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return demo.of(crowded(demo.posture, AFFECTED), tmp_path_factory.mktemp("large") / "report.html")


def test_a_report_of_the_demo_tenant_is_below_one_megabyte(demo: Made) -> None:
    assert demo.path.stat().st_size < 1_000_000


def test_ten_thousand_affected_people_stay_below_five(large: Path) -> None:
    assert large.stat().st_size < 5_000_000
    assert large.read_text("utf-8").count(f"firstname.lastname.{AFFECTED - 1}@") >= 4


def test_any_number_of_them_does_and_the_report_says_how_many_are_left(demo: Made, tmp_path: Path) -> None:
    posture = crowded(demo.posture, 20 * AFFECTED)
    shown = text.most_items(posture.verdicts)
    path = demo.of(posture, tmp_path / "report.html")
    assert path.stat().st_size < 5_000_000
    said = path.read_text("utf-8")
    assert shown < 20 * AFFECTED
    assert f"{20 * AFFECTED - shown:,} more are in posture.json." in said
    assert f"all {20 * AFFECTED:,} are in" in said


SOMEONE = f"firstname.lastname.{AFFECTED - 1}@a-subsidiary.example"
_TYPED = "const box = document.getElementById('search'); box.value = '{}'; box.dispatchEvent(new Event('input'));"
STEPS = {
    "search": _TYPED.format(SOMEONE),
    "search again": _TYPED.format(SOMEONE[:-1]),
    "clear": "document.getElementById('clear').click();",
    "order": "const box = document.getElementById('order'); box.value = 'first'; box.dispatchEvent(new Event('change'));",
    "open": "document.getElementById('a-MFARegistrationV2').open = true;",
    "unfold": "document.querySelectorAll('#a-MFARegistrationV2 details').forEach(each => { each.open = true; });",
    "move": "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));",
}


def worked_on(opened: Any) -> float:
    """Seconds for which the page's own thread was at work to load it and to take every step once."""
    tools = opened.context.new_cdp_session(opened)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def worked() -> float:
        return next(float(each["value"]) for each in tools.send("Performance.getMetrics")["metrics"] if each["name"] == "TaskDuration")

    before = worked()
    opened.reload()
    for work in STEPS.values():
        opened.evaluate(STEP, work)
    return worked() - before


@needs_browser
def test_ten_thousand_affected_people_are_not_much_more_work_than_the_demos_hundreds(demo: Made, large: Path, browser: Any) -> None:
    few, _ = visit(browser, demo.path)
    many, trouble = visit(browser, large)
    assert worked_on(many) < 6 * worked_on(few)
    many.evaluate(STEP, STEPS["search"])
    assert many.locator("#a-MFARegistrationV2").is_visible()
    assert many.locator("#a-MFARegistrationV2 .names", has_text=SOMEONE).count() >= 1
    assert trouble == []
    for opened in (few, many):
        opened.context.close()
