"""What an announcement says: what staff will notice, when, why, what to do and whom to ask."""

from __future__ import annotations

from datetime import date, timedelta

from reports.announcement.message import message_of
from reports.plan import plan_of
from reports.posture import Posture
from tests.announcement.made import OURS, Made, made_of
from tests.harness import Run, needs_shared
from tests.planning import AS_OF, posture, record


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
