"""Which policy is in force for whom: presets, custom policies by priority, what is left; and what of it cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.direct.configured import LEFT_OUT, Object, altered
from tests.direct.judged import MET, NE, NOT
from tests.direct.mail import (
    ANTI_PHISH,
    ATTACHMENTS,
    CLOUD,
    CONNECTION,
    HOME,
    LINKS,
    MALWARE,
    OUTBOUND,
    SHOPS,
    SPAM,
    TENANT,
    everywhere,
    of_preset,
    policy,
    preset,
    rule,
    told,
    verdict,
)

ZAP = "mdo_zapspam"
OFF: dict[str, Any] = {"SpamZapEnabled": False}
GOOD, BAD = policy(SPAM, "Default"), policy(SPAM, "Default", **OFF)
HERE: dict[str, Any] = {"RecipientDomainIs": [HOME]}
# One action of each family that the presets decide, with what is bad in it.
OF_PRESETS: list[tuple[str, str, dict[str, Any], str]] = [
    (ZAP, SPAM, OFF, "Default"),
    ("mdo_zapmalware", MALWARE, {"ZapEnabled": False}, "Default"),
    ("mdo_phishthresholdlevel", ANTI_PHISH, {"PhishThresholdLevel": "1"}, "Office365 AntiPhish Default"),
]
ADD_ONS: list[tuple[str, str, dict[str, Any]]] = [
    ("mdo_safelinksforemail", LINKS, {"ScanUrls": False}),
    ("mdo_safeattachments", ATTACHMENTS, {"Action": "Allow"}),
]
each_preset_family = pytest.mark.parametrize(("action", "kind", "bad", "default"), OF_PRESETS, ids=[each[0] for each in OF_PRESETS])
each_add_on = pytest.mark.parametrize(("action", "kind", "bad"), ADD_ONS, ids=[each[0] for each in ADD_ONS])


def spam(name: str, priority: Any = 0, bad: bool = False, **conditions: Any) -> list[Object]:
    """A custom spam policy and its rule."""
    return [policy(SPAM, name, **(OFF if bad else {})), rule(SPAM, name, priority, **conditions)]


def test_the_smallest_priority_comes_first() -> None:
    first, last = spam("A", 0, bad=True, **HERE), spam("B", 1, **HERE)
    assert verdict(ZAP, [GOOD, *last, *first]) == NOT
    assert verdict(ZAP, [GOOD, *spam("A", 1, bad=True, **HERE), *spam("B", 0, **HERE)]) == MET
    assert verdict(ZAP, [GOOD, *spam("A", "10", bad=True, **HERE), *spam("B", "9", **HERE)]) == MET, "by number, not by letter"


def test_a_rule_that_is_off_and_a_policy_without_a_rule_reach_nobody() -> None:
    reached = spam("A", bad=True, **HERE)
    assert verdict(ZAP, [GOOD, *reached]) == NOT
    assert verdict(ZAP, [GOOD, *altered(reached, "hostedcontentfilterrule", Enabled=False)]) == MET
    assert verdict(ZAP, [GOOD, reached[0]]) == MET
    assert verdict(ZAP, [BAD, *spam("A")[:1]]) == NOT


def test_kinds_of_conditions_are_joined_by_and() -> None:
    both: dict[str, Any] = {"RecipientDomainIs": [HOME], "SentToMemberOf": ["Sales"]}
    came, reason = told(ZAP, [GOOD, *spam("A", bad=True, **both)])
    assert came == NOT
    assert f'everyone of {HOME} and {SHOPS} who is a member of "sales"' in reason
    assert verdict(ZAP, [GOOD, *spam("A", bad=True, RecipientDomainIs=["partner.example"], SentToMemberOf=["Sales"])]) == MET
    assert verdict(ZAP, [GOOD, *spam("A", bad=True, RecipientDomainIs=[HOME], SentTo=["bo@elsewhere.example"])]) == MET
    assert verdict(ZAP, [GOOD, *spam("A", bad=True, RecipientDomainIs=[HOME], SentTo=[f"bo@{HOME}"])]) == NOT


def test_who_is_not_in_the_group_is_left_out_and_told() -> None:
    came, reason = told(ZAP, [BAD, *spam("A", SentToMemberOf=["Sales", "Board"])])
    assert came == NOT
    assert 'For everyone but the members of "board" and "sales" the inbound spam policy in force is "Default"' in reason


@pytest.mark.parametrize(
    ("exception", "who"),
    [
        ({"ExceptIfRecipientDomainIs": [SHOPS]}, f"everyone of {SHOPS}"),
        ({"ExceptIfSentTo": [f"Bo@{HOME.upper()}", f"ann@{HOME}"]}, f'"ann@{HOME}" and "bo@{HOME}"'),
        ({"ExceptIfSentToMemberOf": ["Sales"]}, 'everyone who is a member of "sales"'),
    ],
)
def test_an_exception_of_any_kind_leaves_out(exception: dict[str, Any], who: str) -> None:
    came, reason = told(ZAP, [BAD, *spam("A", RecipientDomainIs=list(TENANT), **exception)])
    assert came == NOT
    assert f"For {who} the inbound" in reason


def test_a_domain_includes_those_below_it() -> None:
    assert verdict(ZAP, [BAD, *spam("A", RecipientDomainIs=[HOME, CLOUD])]) == MET
    assert verdict(ZAP, [BAD, *spam("A", RecipientDomainIs=[SHOPS, CLOUD])]) == NOT
    assert verdict(ZAP, [BAD, *spam("A", RecipientDomainIs=["ordline.example", CLOUD])]) == NOT, "by whole labels"


def test_whether_an_exception_includes_those_below_it_is_open() -> None:
    spared = [BAD, *spam("A", RecipientDomainIs=list(TENANT), ExceptIfRecipientDomainIs=[HOME])]
    assert verdict(ZAP, spared, [SHOPS]) == NE
    assert verdict(ZAP, spared, [HOME]) == NOT
    assert verdict(ZAP, spared, [CLOUD]) == MET


def test_only_the_tenants_own_domains_count() -> None:
    assert verdict(ZAP, [GOOD, *spam("A", bad=True, RecipientDomainIs=["old.example"])]) == MET
    assert verdict(ZAP, [GOOD, *spam("A", bad=True, RecipientDomainIs=["old.example"])], [*TENANT, "old.example"]) == NOT
    assert verdict(ZAP, [GOOD], []) == NE


def test_a_name_that_is_no_address_may_be_of_any_domain() -> None:
    """He falls to the default where he is excepted, and who knows in which domain he is."""
    here = spam("A", RecipientDomainIs=[HOME, CLOUD], ExceptIfSentTo=["Jane Doe"])
    elsewhere = spam("B", 1, RecipientDomainIs=[CLOUD])
    assert verdict(ZAP, [BAD, *here, *elsewhere]) == NE
    assert verdict(ZAP, [BAD, *here]) == NOT
    assert verdict(ZAP, [GOOD, *here, *elsewhere]) == MET


@pytest.mark.parametrize(
    "broken",
    [
        {"Priority": LEFT_OUT},
        {"Priority": "first"},
        {"Priority": -1},
        {"Enabled": LEFT_OUT},
        {"HostedContentFilterPolicy": "Gone"},
        {"HostedContentFilterPolicy": LEFT_OUT},
        {"RecipientDomainIs": []},
        {"RecipientDomainIs": LEFT_OUT},
    ],
    ids=lambda broken: ", ".join(f"{name} {'left out' if value is LEFT_OUT else value}" for name, value in broken.items()),
)
def test_a_rule_that_cannot_be_understood_proves_nothing(broken: dict[str, Any]) -> None:
    everyone: dict[str, Any] = {"RecipientDomainIs": list(TENANT)}
    for bad in (True, False):
        ruled = altered(spam("A", bad=bad, **everyone), "hostedcontentfilterrule", **broken)
        gone = "HostedContentFilterPolicy" in broken
        assert verdict(ZAP, [BAD, *ruled]) == (NE if not bad or gone else NOT)
        assert verdict(ZAP, [GOOD, *ruled]) == (NE if bad or gone else MET)


def test_two_rules_of_one_place_prove_nothing_where_they_differ() -> None:
    one, other = spam("A", 3, **HERE), spam("B", "3", bad=True, **HERE)
    assert verdict(ZAP, [GOOD, *one, *other]) == NE
    assert "shares its priority 3" in told(ZAP, [GOOD, *one, *other])[1]
    assert verdict(ZAP, [BAD, *one, *spam("B", 3, **HERE)]) == NOT, "who is of another domain has the default, and it is bad"
    assert verdict(ZAP, [BAD, *one, *spam("B", 3, **HERE)], [HOME]) == NE
    assert verdict(ZAP, [GOOD, *one, *altered(other, "hostedcontentfilterrule", Enabled=False)]) == MET


def test_two_policies_of_one_name_prove_nothing() -> None:
    assert verdict(ZAP, [GOOD, *spam("A", **HERE), policy(SPAM, "a", **OFF)]) == NE
    assert verdict(ZAP, [GOOD, BAD]) == NE


def test_the_default_policy_is_the_one_that_is_marked() -> None:
    marked = policy(SPAM, "Ours", MakeDefault=True, **OFF)
    assert verdict(ZAP, [GOOD, marked]) == NOT
    assert verdict(ZAP, [BAD, policy(SPAM, "Ours", MakeDefault=True)]) == MET
    assert verdict(ZAP, [policy(SPAM, "Default", MakeDefault=False), policy(SPAM, "Ours", MakeDefault=False, **OFF)]) == MET
    assert verdict(ZAP, [policy(SPAM, "Default", MakeDefault=True), marked]) == NE
    assert verdict(ZAP, [policy(SPAM, "Ours")]) == NE
    assert verdict("mdo_connectionfilter", [policy(CONNECTION, "Ours")]) == NE
    assert verdict("mdo_connectionfilter", [policy(CONNECTION, "Ours", IPAllowList=["203.0.113.1"]), policy(CONNECTION, "Default")]) == MET


def test_what_is_there_and_said_to_be_absent_could_not_be_read() -> None:
    assert verdict(ZAP, [GOOD, *altered(spam("A", bad=True, **HERE), "hostedcontentfilterrule", Ensure="Absent")]) == NE
    assert verdict(ZAP, [policy(SPAM, "Default", Ensure="Absent")]) == NE


@each_preset_family
def test_presets_come_first_and_strict_before_standard(action: str, kind: str, bad: dict[str, Any], default: str) -> None:
    good, poor = policy(kind, default), policy(kind, default, **bad)
    strict, standard = of_preset(kind, "Strict"), of_preset(kind, "Standard", **bad)
    assert verdict(action, [poor, strict, preset("Strict")]) == MET, "who names nobody means everyone"
    assert verdict(action, [good, *everywhere(kind), standard, preset("Standard")]) == NOT
    assert verdict(action, [poor, strict, standard, preset("Standard"), preset("Strict")]) == MET
    named = preset("Strict", SentToMemberOf=["Board"])
    came, reason = told(action, [good, strict, standard, preset("Standard"), named])
    assert came == NOT
    assert 'everyone but the members of "board"' in reason


@each_preset_family
def test_a_preset_that_is_off_reaches_nobody(action: str, kind: str, bad: dict[str, Any], default: str) -> None:
    good, standard = policy(kind, default), of_preset(kind, "Standard", **bad)
    assert verdict(action, [good, standard, preset("Standard", "Disabled")]) == MET
    assert verdict(action, [good, standard, preset("Standard", "Enabled")]) == NOT
    assert verdict(action, [policy(kind, default, **bad), of_preset(kind, "Standard"), preset("Standard", "Disabled")]) == NOT


@each_preset_family
def test_a_preset_that_cannot_be_understood_proves_nothing(action: str, kind: str, bad: dict[str, Any], default: str) -> None:
    good, strict = policy(kind, default), of_preset(kind, "Strict", **bad)
    assert verdict(action, [good, strict, preset("Strict", "Sometimes")]) == NE
    assert verdict(action, [good, strict, preset("Strict", None)]) == NE
    assert verdict(action, [good, strict]) == NE, "its rule is not there"
    assert verdict(action, [good, preset("Strict")]) == NE, "its policy is not there"
    assert verdict(action, [good, preset("Strict", "Disabled")]) == MET
    assert verdict(action, [good, strict, of_preset(kind, "Strict", 1), preset("Strict")]) == NE
    assert verdict(action, [good, strict, preset("Strict"), preset("Strict", SentToMemberOf=["Board"])]) == NE
    assert verdict(action, [good, preset("Relaxed")]) == NE
    assert verdict(action, [good, policy(kind, "Strict Preset Security Policy of ours", **bad)]) == MET, "a name like theirs is not theirs"


@each_add_on
def test_whom_presets_and_built_in_protection_reach_is_not_exported(action: str, kind: str, bad: dict[str, Any]) -> None:
    built_in, poor = policy(kind, "Built-In Protection Policy"), policy(kind, "Built-In Protection Policy", **bad)
    assert verdict(action, [built_in, *everywhere(kind)]) == MET
    assert verdict(action, [built_in, *everywhere(kind), of_preset(kind, "Standard")]) == MET
    assert verdict(action, [built_in, *everywhere(kind, **bad)]) == NOT
    assert verdict(action, [poor]) == NOT, "with it or without it"
    came, reason = told(action, [built_in])
    assert came == NE
    assert 'whom "Built-In Protection Policy" spares' in reason
    assert verdict(action, [built_in, *everywhere(kind, **bad), of_preset(kind, "Strict")]) == NE
    assert verdict(action, [built_in, *everywhere(kind, **bad), of_preset(kind, "Strict", **bad)]) == NOT
    assert verdict(action, [built_in, *everywhere(kind), of_preset(kind, "Strict", **bad)]) == NE


@each_add_on
def test_who_has_no_policy_at_all_is_left_out(action: str, kind: str, bad: dict[str, Any]) -> None:
    came, reason = told(action, [policy(kind, "Ours"), rule(kind, "Ours", RecipientDomainIs=[HOME])])
    assert came == NOT
    assert f"For everyone of {CLOUD} the" in reason
    assert "is none at all" in reason
    assert verdict(action, []) == NE, "every tenant that has it has built-in protection"


@pytest.mark.parametrize(("action", "kind", "bad"), [*ADD_ONS, (*OF_PRESETS[2][:3],)], ids=lambda each: str(each)[:24])
def test_an_evaluation_may_be_for_anyone(action: str, kind: str, bad: dict[str, Any]) -> None:
    """It comes after the presets and before custom policies, and its rule is not exported."""
    rest = [policy(ANTI_PHISH, "Office365 AntiPhish Default"), *everywhere(kind)]
    assert verdict(action, [*rest, policy(kind, "Evaluation Policy")]) == MET
    assert verdict(action, [*rest, policy(kind, "Evaluation Policy", **bad)]) == NE
    if kind == ANTI_PHISH:
        strict = (of_preset(kind, "Strict"), preset("Strict"))
        assert verdict(action, [*rest, policy(kind, "Evaluation Policy", **bad), *strict]) == MET


def test_a_policy_that_is_off_protects_nobody_and_may_be_passed_over() -> None:
    action, default = "mdo_phishthresholdlevel", policy(ANTI_PHISH, "Office365 AntiPhish Default")
    assert verdict(action, [policy(ANTI_PHISH, "Office365 AntiPhish Default", Enabled=False)]) == NOT
    assert verdict(action, [default, *everywhere(ANTI_PHISH, Enabled=False)]) == NE
    poor = policy(ANTI_PHISH, "Office365 AntiPhish Default", PhishThresholdLevel="1")
    assert verdict(action, [poor, *everywhere(ANTI_PHISH, Enabled=False)]) == NOT
    assert verdict(action, [default, *everywhere(ANTI_PHISH, Enabled=None)]) == NE
    assert verdict(action, [default, *everywhere(ANTI_PHISH, Enabled=None, PhishThresholdLevel="1")]) == NE


def test_outbound_policies_are_for_senders_and_no_preset_has_one() -> None:
    action = "mdo_autoforwardingmode"
    bad: dict[str, Any] = {"AutoForwardingMode": "On"}
    default, poor = policy(OUTBOUND, "Default"), policy(OUTBOUND, "Default", **bad)
    ruled = [policy(OUTBOUND, "News", **bad), rule(OUTBOUND, "News", From=[f"news@{HOME}"])]
    came, reason = told(action, [default, *ruled])
    assert came == NOT
    assert f'For "news@{HOME}" the outbound spam policy in force is "News"' in reason
    assert verdict(action, [poor, policy(OUTBOUND, "Ours"), rule(OUTBOUND, "Ours", SenderDomainIs=[HOME, CLOUD])]) == MET
    spared = rule(OUTBOUND, "Ours", SenderDomainIs=[HOME, CLOUD], ExceptIfFromMemberOf=["Sales"])
    assert verdict(action, [poor, policy(OUTBOUND, "Ours"), spared]) == NOT
    assert verdict(action, [default, of_preset(OUTBOUND, "Strict", **bad), preset("Strict")]) == MET


def test_a_sentence_is_one_line_and_shows_what_hides() -> None:
    name = "=1+1<b>\n\u202egood"
    reason = told(ZAP, [GOOD, *spam(name, bad=True, SentTo=[f"a\tb@{HOME}"], SentToMemberOf=["x\u200by"])])[1]
    assert "\n" not in reason
    assert '"=1+1<b> [U+202E]good"' in reason
    assert "x[U+200B]y" in reason


def test_many_gaps_and_names_are_counted() -> None:
    domains = [f"d{n}.example" for n in range(9)]
    groups = [f"group {n}" for n in range(8)]
    reason = told(ZAP, [BAD, *spam("A", SentToMemberOf=groups)], domains)[1]
    assert "and 3 more" in reason
    rules = [each for n in range(6) for each in spam(f"P{n}", n, bad=True, RecipientDomainIs=[f"d{n}.example"])]
    assert told(ZAP, [GOOD, *rules], domains)[1].endswith("and there is more.")
