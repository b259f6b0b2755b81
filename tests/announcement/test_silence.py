"""What an announcement must not say: nobody, no figure, no address, nothing that was found out."""

from __future__ import annotations

import csv
import re
from fnmatch import fnmatchcase

import msgspec
import pytest

from fixtures.areas import plain_id
from reports.announcement.message import message_of
from reports.announcement.noticing import is_fit, noticed
from reports.announcement.templates import ChangeText, Silent, Templates
from reports.plan import plan_of
from reports.posture import Posture
from tests.announcement.made import OURS, Made
from tests.harness import SHARED, needs_shared


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
