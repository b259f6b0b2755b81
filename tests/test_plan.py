"""The plan: an order that holds, dates that follow, and a score that promises nothing it cannot keep."""

from __future__ import annotations

import csv
import re
from datetime import date, timedelta
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path

import cmarkgfm
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.areas import plain_id
from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.__main__ import main
from reports.choosing import posture_file
from reports.plan import Plan, plan_of
from reports.plan.calendar import Clock, on_or_after, working_day
from reports.plan.facts import Phase, Step
from reports.plan.licensing import _PRODUCTS, products
from reports.plan.markdown import by_week, render
from reports.plan.needs import CAN_LOCK_OUT, NEEDS, others_of
from reports.posture import Posture, missing_points
from tests.harness import SHARED, Run, needs_shared
from tests.planning import AS_OF, EVIL, needing, posture, prerequisite, record, sku

BREAK_GLASS = "check_an_emergency_access_account_is_ready"
SYNC = "check_the_directory_sync_account_is_excluded_from_mfa"
READER = "check_the_reader_may_read_what_the_checks_need"
GAPS = (Verdict.NOT_MET, Verdict.KNOWN)


@pytest.fixture(scope="module")
def folder(demo_run: Run) -> Path:
    """Where a run of the demo tenant left its posture."""
    return demo_run.folder


@pytest.fixture(scope="module")
def demo(demo_run: Run) -> Posture:
    return demo_run.posture


def order(plan: Plan) -> list[str]:
    return [step.action or step.item.rpartition("::")[2] for step in plan.steps]


def by_action(plan: Plan) -> dict[str, Step]:
    return {step.action or step.item.rpartition("::")[2]: step for step in plan.steps}


# The order


def test_prerequisites_then_cloud_apps_then_mfa_then_by_rank() -> None:
    records = [
        record("spo_legacy_auth", rank=3),
        record("mfaRegistrationV2", rank=2),
        record("BlockLegacyAuthentication", rank=68),
        record("aad_phishing_MFA_strength", rank=1),
        record("AdminMFAV2", rank=9),
        record("McasFirewallLogUpload", rank=1),
        record("mcas_mda_enabled", rank=99),
        record("MDA_GitHub_MFA", rank=4),
        prerequisite(READER),
        prerequisite(SYNC, Verdict.NOT_EVALUATED),
        prerequisite("check_directory_synchronisation_is_fresh"),
        prerequisite(BREAK_GLASS),
    ]
    assert order(plan_of(posture(records))) == [
        *(BREAK_GLASS, SYNC, READER, "check_directory_synchronisation_is_fresh"),
        *("mcas_mda_enabled", "McasFirewallLogUpload"),
        *("AdminMFAV2", "mfaRegistrationV2", "aad_phishing_MFA_strength"),
        *("spo_legacy_auth", "MDA_GitHub_MFA", "BlockLegacyAuthentication"),
    ]


def test_cloud_apps_go_on_two_days_before_the_rest_and_cost_no_time_where_they_are_done() -> None:
    plan = by_action(plan_of(posture([record("mcas_mda_enabled"), record("AdminMFAV2"), record("spo_legacy_auth")])))
    assert plan["mcas_mda_enabled"].made == AS_OF.date()
    assert plan["AdminMFAV2"].made == AS_OF.date() + timedelta(days=2)
    done = [record("mcas_mda_enabled", Verdict.MET), record("AdminMFAV2")]
    assert by_action(plan_of(posture(done)))["AdminMFAV2"].made == AS_OF.date()


def test_who_could_be_locked_out_waits_for_people_to_register() -> None:
    records = [record("SigninRiskPolicy", rank=1), record("MFARegistrationV2", rank=2), record("spo_legacy_auth", rank=50)]
    plan = plan_of(posture(records))
    assert order(plan) == ["MFARegistrationV2", "spo_legacy_auth", "SigninRiskPolicy"]
    risk, mfa = by_action(plan)["SigninRiskPolicy"], by_action(plan)["MFARegistrationV2"]
    assert risk.made >= mfa.made + timedelta(days=30)
    assert [(after.number, after.days) for after in risk.depends_on] == [(mfa.number, 30)]
    assert "30 days after 1: people who are not registered by then would be shut out." in render(plan)


def test_what_another_phase_needs_moves_up_with_the_reason() -> None:
    plan = plan_of(posture([record("mip_search_auditlog", rank=90), record("mcas_mda_enabled"), record("AdminMFAV2")]))
    assert order(plan)[:2] == ["mip_search_auditlog", "mcas_mda_enabled"]
    assert plan.steps[0].phase is Phase.CLOUD_APPS
    assert plan.steps[0].why.startswith("Step 2 needs it.")


def test_what_can_lock_people_out_comes_after_the_account_that_still_gets_in() -> None:
    plan = plan_of(posture([record("BlockLegacyAuthentication"), record("OneAdmin"), prerequisite(BREAK_GLASS), prerequisite(READER)]))
    steps = by_action(plan)
    assert [after.number for after in steps["BlockLegacyAuthentication"].depends_on] == [steps[BREAK_GLASS].number]
    assert steps["OneAdmin"].depends_on == ()


def test_no_need_goes_in_a_circle() -> None:
    ids = {pattern for need in NEEDS for pattern in (*need.of, *need.others)} | set(CAN_LOCK_OUT)
    edges = {id: {other for other in ids for pattern, _ in others_of(id) if fnmatchcase(other, pattern)} for id in ids}

    def walk(id: str, seen: tuple[str, ...]) -> None:
        assert id not in seen, (*seen, id)
        for other in edges[id]:
            walk(other, (*seen, id))

    for id in ids:
        walk(id, ())


@needs_shared
def test_every_need_is_about_an_action_that_exists() -> None:
    with (SHARED / "reference/improvement-actions.csv").open(encoding="utf-8", newline="") as file:
        known = {plain_id(row["id"]) for row in csv.DictReader(file)}
    named = {pattern for need in NEEDS for pattern in (*need.of, *need.others)} | set(CAN_LOCK_OUT)
    assert not [pattern for pattern in named if not any(fnmatchcase(id, pattern) for id in known)]


# Any posture


ACTIONS = [
    *("mcas_mda_enabled", "McasCutomActivityPolicy", "mip_search_auditlog", "MDA_SF_maxLoginAttempts", "1177.MDA_GitHub_MFA"),
    *("AdminMFAV2", "MFARegistrationV2", "aad_phishing_MFA_strength", "SigninRiskPolicy", "UserRiskPolicy", "PasswordHashSync"),
    *("SelfServicePasswordReset", "PWAgePolicyNew", "IntegratedApps", "aad_admin_consent_workflow", "spo_legacy_auth"),
    *("scid_96", "scid_2010", "scid_2012", "scid_2016", "scid_2507", "mdo_antiphishingpolicies", "mdo_enablemailboxintelligence"),
    *("mdo_mailboxintelligenceprotection", "mdo_mailboxintelligenceprotectionaction", "AATP_DefenderForIdentityIsNotInstalled"),
    *("AATP_Sensor", "intune_wipe_on_multiple_signin_failures", "intune_mobile_password_requirement", "newThisMorning", "meeting_x_v1"),
]
WORDS = st.sampled_from(["", "Unknown", "low", "High", "Moderate", "medium", "LOW", "odd"])
POINTS = st.decimals(0, 10, places=2).map(float)


@st.composite
def any_record(draw: st.DrawFn, action: str) -> Record:
    most, earned = draw(POINTS), draw(POINTS)
    scored = draw(st.booleans())
    made = record(
        action,
        draw(st.sampled_from(list(Verdict))),
        earned=min(earned, most),
        most=draw(st.sampled_from([most, None])),
        rank=draw(st.sampled_from([None, 1, 10, 10, 128])),
        user_impact=draw(WORDS),
        implementation_cost=draw(WORDS),
        licence=draw(
            st.sampled_from(
                [
                    *(None, needing("none needed"), needing("unknown"), needing("absent"), needing("not active")),
                    *(needing("held", skus=("A",)), needing("held", skus=("A", "B")), needing("held", skus=("LAPSED",))),
                ]
            )
        ),
    )
    return made if scored else msgspec.structs.replace(made, microsoft=None)


@st.composite
def any_posture(draw: st.DrawFn) -> Posture:
    actions = draw(st.lists(st.sampled_from(ACTIONS), unique=True, max_size=18))
    records = [draw(any_record(action)) for action in actions]
    checks = draw(st.lists(st.sampled_from([BREAK_GLASS, SYNC, READER, "check_other"]), unique=True))
    records += [prerequisite(check, draw(st.sampled_from(list(Verdict)))) for check in checks]
    if draw(st.booleans()):
        records.append(record(None, draw(st.sampled_from(list(Verdict))), item="checks/check_x.py::check_beside"))
    most = draw(st.one_of(st.none(), POINTS.map(lambda points: points * 20)))
    score = draw(st.sampled_from([None, (None, most), (draw(POINTS) * 10, most)]))
    licences = draw(st.sampled_from([[], [sku("A", 3), sku("B", 9), sku("LAPSED", 50, counts=False)], [sku("A", 0)]]))
    return posture(draw(st.permutations(records)), score, licences)


@given(any_posture(), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["0.1", "0.5", "1", "3"]))
@settings(max_examples=30, deadline=None)
def test_every_gap_is_a_step_once_and_nothing_else_is(found: Posture, start: date, pace: str) -> None:
    plan = plan_of(found, start, Fraction(pace))
    wanted = {r.item for r in found.of_actions() if r.verdict in GAPS}
    beside = {
        r.item
        for r in found.verdicts
        if not r.action and (r.verdict in GAPS or (r.area == "prerequisites" and r.verdict is Verdict.NOT_EVALUATED))
    }
    items = [step.item for step in plan.steps]
    assert len(items) == len(set(items))
    assert set(items) == wanted | beside
    assert sum(step.action is not None for step in plan.steps) + sum(plan.left_out.values()) == found.totals["actions"]
    assert not any(step.verdict in {Verdict.MET, Verdict.ACCEPTED, Verdict.NOT_LICENSED} for step in plan.steps)


@given(any_posture(), st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.sampled_from(["0.1", "0.5", "1", "3"]))
@settings(max_examples=30, deadline=None)
def test_the_order_is_total_and_phases_needs_and_dates_follow_it(found: Posture, start: date, pace: str) -> None:
    plan = plan_of(found, start, Fraction(pace))
    steps = plan.steps
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert [step.phase for step in steps] == sorted(step.phase for step in steps)
    assert [step.made for step in steps] == sorted(step.made for step in steps)
    assert all(step.made >= start and step.made.weekday() < 5 and step.by >= step.made for step in steps)
    for step in steps:
        for after in step.depends_on:
            assert after.number < step.number
            assert steps[after.number - 1].made + timedelta(days=after.days) <= step.made
    cloud, later = plan.of_phase(Phase.CLOUD_APPS), [step for step in steps if step.phase > Phase.CLOUD_APPS]
    assert not (cloud and later) or later[0].made >= cloud[-1].made + timedelta(days=2)


@given(any_posture())
@settings(max_examples=30, deadline=None)
def test_rank_decides_among_what_is_free(found: Posture) -> None:
    steps = [step for step in plan_of(found).steps if step.phase is Phase.BY_RANK and step.action]
    for at, earlier in enumerate(steps):
        for later in steps[at + 1 :]:
            if (later.rank or 1000) < (earlier.rank or 1000):
                assert any(after.number >= earlier.number or after.days for after in later.depends_on), (earlier, later)


@given(any_posture(), st.sampled_from(["0.1", "1", "3"]))
@settings(max_examples=40, deadline=None)
def test_the_projection_never_falls_and_is_never_above_the_maximum(found: Posture, pace: str) -> None:
    plan = plan_of(found, pace=Fraction(pace))
    records = {r.item: r for r in found.verdicts}
    assert all(0 <= step.counted <= step.points for step in plan.steps)
    assert all(step.points == (missing_points(records[step.item]) if step.action else 0) for step in plan.steps)
    if found.score is None or found.score.current is None:
        assert plan.projection == ()
        return
    days, scores, most = zip(*((each.date, each.score, each.at_most) for each in plan.projection), strict=True)
    assert (days[0], scores[0], most[0]) == (plan.start, found.score.current, found.score.current)
    assert list(days) == sorted(set(days))
    assert list(scores) == sorted(scores)
    assert list(most) == sorted(most)
    limit = float("inf") if found.score.max is None else max(found.score.max, found.score.current)
    assert all(score <= high <= limit for score, high in zip(scores, most, strict=True))
    assert most[-1] == pytest.approx(min(limit, found.score.current + sum(step.points for step in plan.steps)))
    assert scores[-1] == pytest.approx(min(limit, found.score.current + sum(step.counted for step in plan.steps)))


@given(any_posture())
@settings(max_examples=20, deadline=None)
def test_the_same_posture_gives_the_same_plan_whatever_the_order_of_its_records(found: Posture) -> None:
    turned = msgspec.structs.replace(found, verdicts=found.verdicts[::-1])
    assert plan_of(turned).steps == plan_of(found).steps
    assert render(plan_of(found)).count("\n| ") >= len(plan_of(found).steps)


# Dates


def test_the_start_is_the_posture_s_own_day_or_the_one_that_is_named() -> None:
    gaps = posture([record("spo_legacy_auth")])
    assert plan_of(gaps).start == plan_of(gaps).steps[0].made == AS_OF.date()
    assert plan_of(gaps, date(2027, 1, 2)).steps[0].made == date(2027, 1, 4)  # a Saturday, and the Monday after it


def test_cost_and_pace_decide_how_much_fits_in_a_day() -> None:
    costs = ["Low", "low", "low", "Low", "moderate", "High", "Unknown", ""]
    gaps = posture([record(f"spo_{n}", rank=n, implementation_cost=cost) for n, cost in enumerate(costs)])
    start = AS_OF.date()
    took = [(step.made - start).days for step in plan_of(gaps).steps]
    assert took == [0, 0, 0, 0, 1, 8, 9, 9]  # Wednesday, Thursday, the Thursday after, Friday
    assert [(step.made - start).days for step in plan_of(gaps, pace=Fraction(100, 10)).steps] == [0] * 8
    assert plan_of(gaps, pace=Fraction(1, 2)).steps[-1].made > plan_of(gaps).steps[-1].made


@pytest.mark.parametrize(
    ("action", "days"),
    [
        *(("mdo_safelinksforemail", 2), ("spo_legacy_auth", 2), ("BlockLegacyAuthentication", 7), ("scid_96", 7)),
        *(("MFARegistrationV2", 30), ("intune_mobile_password_requirement", 30), ("meeting_autoadmitusers_v1", 30), ("MDA_Zoom_MFA", 30)),
    ],
)
def test_each_step_says_how_long_it_takes_to_show(action: str, days: int) -> None:
    [step] = plan_of(posture([record(action)])).steps
    assert (step.by - step.made).days == step.shows.last == days
    assert step.by.isoformat() in render(plan_of(posture([record(action)])))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))
def test_working_days_are_counted_as_a_calendar_counts_them(start: date, number: int) -> None:
    first, day = on_or_after(start), on_or_after(start)
    for _ in range(number):
        day = on_or_after(day + timedelta(days=1))
    assert working_day(first, number) == day
    clock = Clock(start, Fraction(1))
    clock.wait_until(day)
    assert clock.today == day
    assert clock.take(Fraction(1)) == day


# What is promised


def test_points_are_counted_by_who_has_the_licence() -> None:
    held = needing("held", skus=("E5",))
    records = [
        record("scid_96", most=10, licence=held),
        record("scid_2012", most=10, earned=8, licence=held),
        record("spo_legacy_auth", most=4, licence=needing("held", skus=("E3",))),
        record("SigninRiskPolicy", most=7, licence=needing("absent")),
    ]
    plan = plan_of(posture(records, licences=[sku("E3", 100), sku("E5", 40), sku("OLD", 900, counts=False)]))
    counted = {step.action: (step.points, step.counted) for step in plan.steps}
    assert counted == {"scid_96": (10, 4), "scid_2012": (2, 0), "spo_legacy_auth": (4, 4), "SigninRiskPolicy": (7, 0)}
    assert (plan.projection[-1].score, plan.projection[-1].at_most) == (108, 123)
    [seats] = plan.more_seats
    assert (seats.skus, seats.covered, seats.of, seats.points) == (("E5",), 40, 100, 8)
    page = render(plan)
    assert "40 of 100 seats in use have it" in page
    assert "10 (4 counted)" in page
    assert "get that clear first" in page


def test_what_cannot_be_known_is_said_and_counts_for_nothing() -> None:
    records = [record("spo_x", most=None), record("spo_y", Verdict.NOT_EVALUATED), record("spo_full", earned=5, basis="direct")]
    plan = plan_of(msgspec.structs.replace(posture(records), licences=None))
    assert order(plan) == ["spo_full", "spo_x"]
    assert plan.projection[-1].score == 100
    page = render(plan)
    assert "not known" in page
    assert "One action could not be evaluated" in page
    assert "which licences the tenant holds is not known" in page
    assert "counts it as done; what was read shows that it is not" in page
    unread = render(plan_of(posture(records, None)))
    assert "nothing is projected" in unread
    assert "The score by date" not in unread


def test_the_next_licence_is_told_by_its_plans_and_none_of_its_points_are_promised() -> None:
    p2, lockbox = needing("absent", "AAD_PREMIUM_P2"), needing("absent", "LOCKBOX_ENTERPRISE or LOCKBOX_ENTERPRISE_GOV")
    records = [
        record("CustomerLockBoxEnabled", Verdict.NOT_LICENSED, most=1, licence=lockbox),
        record("SigninRiskPolicy", Verdict.NOT_LICENSED, most=7, licence=p2),
        record("UserRiskPolicy", Verdict.NOT_LICENSED, most=7, earned=1, licence=p2),
        record("aad_new", Verdict.NOT_LICENSED, most=None, licence=p2),
        record("spo_legacy_auth", most=4),
    ]
    plan = plan_of(posture(records))
    assert [(each.plans, each.points, len(each.actions)) for each in plan.openings] == [
        ("AAD_PREMIUM_P2", 13, 3),
        ("LOCKBOX_ENTERPRISE or LOCKBOX_ENTERPRISE_GOV", 1, 1),
    ]
    assert plan.projection[-1].score == 104
    page = render(plan)
    assert "Entra ID P2: Microsoft 365 E5" in page
    assert "13, and 1 not scored today" in page
    assert products("a plan of 2031") == ""


@needs_shared
def test_the_products_hold_the_plans_they_are_named_for() -> None:
    """By Microsoft's list, from which the names are not taken, but against which they are held."""
    sold = {
        "Microsoft 365 E3": "SPE_E3", "Microsoft 365 E5": "SPE_E5", "Office 365 E3": "ENTERPRISEPACK", "Office 365 E5": "ENTERPRISEPREMIUM",
        "Business Premium": "SPB", "EMS E5": "EMSPREMIUM", "EMS E3": "EMS", "EMS": "EMS", "E5 Security": "IDENTITY_THREAT_PROTECTION",
        "E5 Compliance": "INFORMATION_PROTECTION_COMPLIANCE",
    }  # fmt: skip
    holds: dict[str, set[str]] = {}
    with (SHARED / "reference/licence-skus.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            holds.setdefault(row["String_Id"], set()).add(row["Service_Plan_Name"])
    checked = 0
    for plan, words in _PRODUCTS.items():
        offers = words.partition(": ")[2].replace("Microsoft 365 E3 and E5", "Microsoft 365 E3, Microsoft 365 E5")
        for offer in re.split(r", (?:since 2026, )?| and,? (?:since 2026, )?", offers):
            name = offer.removeprefix("the ").removesuffix(" add-on")
            if name in sold:
                assert plan in holds[sold[name]], (plan, name)
                checked += 1
            else:
                assert name.startswith("every plan with") or name == "", (plan, name)
    assert checked > 25


def test_a_run_in_part_and_a_demo_say_so() -> None:
    found = posture([record("spo_legacy_auth")])
    part = msgspec.structs.replace(
        found,
        selection=msgspec.structs.replace(found.selection, complete=False, stopped="lost | <b>"),
        tenant=msgspec.structs.replace(found.tenant, source="demo"),
        exit_status=3,
    )
    page = render(plan_of(part))
    for said in ("It does not exist", "Only part of the suite ran", "The run ended early: lost \\| \\<b>", "The tool itself failed"):
        assert said in page


def test_nothing_to_do_is_a_plan_too() -> None:
    plan = plan_of(posture([record("spo_legacy_auth", Verdict.MET), prerequisite(BREAK_GLASS, Verdict.MET)]))
    assert plan.steps == ()
    assert "There is nothing to do" in render(plan)
    assert plan_of(posture([], None)).steps == ()


# Markdown


def test_a_hostile_tenant_writes_nothing_into_the_page() -> None:
    records = [
        record("spo_`|$evil", title=EVIL, reason=EVIL, url="https://x.example/a)|b_c?d=<e>&f=$g$"),
        record("spo_b", title=EVIL, url="javascript:alert(1)"),
        record("spo_c", Verdict.NOT_LICENSED, title=EVIL, licence=needing("absent", EVIL)),
        record(None, item="checks/check_x.py::evil", title=EVIL, area="prerequisites", reason=EVIL, claim=EVIL),
        record(None, Verdict.MET, item="checks/check_x.py::good", area="prerequisites", claim=EVIL),
    ]
    found = msgspec.structs.replace(posture(records, name=EVIL), licences=[sku(EVIL, 10)])
    held = msgspec.structs.replace(records[1], licence=needing("held", skus=(EVIL,)), action="scid_1", item="x::y")
    page = render(plan_of(msgspec.structs.replace(found, verdicts=[*records, held], licences=[sku(EVIL, 1), sku("B", 10)])))
    shown = cmarkgfm.github_flavored_markdown_to_html(page, options=cmarkgfm.Options.CMARK_OPT_UNSAFE)
    allowed = {"h1", "h2", "h3", "p", "strong", "blockquote", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "code", "a"}
    assert set(re.findall(r"</?([a-z0-9]+)", shown)) <= allowed
    assert set(re.findall(r'href="(.*?)"', shown)) == {"https://x.example/a%29%7Cb%5Fc?d=%3Ce%3E&amp;f=%24g%24"}
    assert not re.search(r"(?<!\\)\$", page)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\ufeff\ufffe]", page)
    for table in re.findall(r"(?m)(?:^\|.*\n)+", page):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table
    assert shown.count("<tr>") == len(re.findall(r"(?m)^\| (?!---|--:)", page))


def test_the_demo_s_page_says_all_that_a_plan_has_to(demo: Posture) -> None:
    plan, page = plan_of(demo), render(plan_of(demo))
    assert len(plan.steps) > 100
    for heading in (
        "How long it takes",
        "1. Prerequisites",
        "2. Defender for Cloud Apps",
        "3. Multifactor authentication",
        "The score by date",
    ):
        assert f"## {heading}" in page
    for said in (
        "24 to 48 hours",
        "A week",
        "Up to 30 days",
        "What this takes for granted",
        "What the next licence would open",
        "In place:",
    ):
        assert said in page
    assert {step.action for step in plan.steps} >= {r.action for r in demo.gaps}
    weeks = by_week(plan.projection)
    assert (weeks[0], weeks[-1]) == (plan.projection[0], plan.projection[-1])
    assert len(weeks) < len(plan.projection)
    rows = re.findall(r"(?m)^\| (\d+) \|", page)
    assert rows == [str(step.number) for step in plan.steps]


# The command


def test_the_command_writes_a_file_or_to_standard_output(folder: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source, out = str(folder / "posture.json"), tmp_path / "plan.md"
    assert main(["plan", source, "--start", "2027-03-01", "--pace", "2", "-o", str(out)]) == 0
    assert capfdbinary.readouterr().out == b""
    assert main(["plan", source, "--start", "2027-03-01", "--pace", "2"]) == 0
    assert capfdbinary.readouterr().out == out.read_bytes()
    assert "1 March 2027" in out.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--start", "1.3.2027"], "1.3.2027 is no date"),
        (["--start", "1999-01-01"], "cannot start on 1999-01-01"),
        (["--pace", "fast"], "--pace fast is no number"),
        (["--pace", "inf"], "--pace inf is no number"),
        (["--pace", "nan"], "--pace nan is no number"),
        (["--pace", "1e999999999"], "is no number"),
        (["--pace", "0"], "a pace of 0"),
        (["--pace", "-1"], "a pace of -1"),
        (["-o", "nowhere/at/all/plan.md"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(folder / "posture.json"), *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err


def test_a_file_that_is_no_posture_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "posture.json").write_text("{}", "utf-8")
    for path in (tmp_path / "posture.json", tmp_path / "none.json", tmp_path):
        assert main(["plan", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_without_a_name_it_is_the_only_posture_there_is(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no posture yet"):
        posture_file(None, tmp_path)
    for name in ("demo", "contoso"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo" / "posture.json").touch()
    assert posture_file(None, tmp_path) == tmp_path / "demo" / "posture.json"
    (tmp_path / "contoso" / "posture.json").touch()
    with pytest.raises(ValueError, match="more than one posture"):
        posture_file(None, tmp_path)
    assert posture_file(Path("x"), tmp_path) == Path("x")


@needs_shared
def test_a_real_tenant_has_a_plan(real_run: Run) -> None:
    found = real_run.posture
    plan = plan_of(found)
    assert len(plan.steps) >= found.totals["not met"] > 30
    assert plan.steps[0].item.endswith(BREAK_GLASS)
    assert plan.start == date(2024, 1, 1)
    assert plan.projection[0].score == 128
    assert 128 < plan.projection[-1].score <= 274
    assert "not known" in render(plan)
    assert plan_of(found, date(2027, 1, 4)).steps[0].made == date(2027, 1, 4)
