"""`--explain ACTION`: one action at a glance, with nothing judged and nothing left."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.licences import LicenceDecision
from fixtures.record import Microsofts, Points, Record
from fixtures.text import visible
from reports.explain import chosen, told
from tests.emulator import Emulator
from tests.emulator.tiny import PROFILES
from tests.harness import NOW, Bench, Run, command
from tests.labs import InLab

LEGACY, SAFE_LINKS = "BlockLegacyAuthentication", "mdo_safelinksforOfficeApps"
USAGE_ERROR = 4


def facts(output: str) -> dict[str, str]:
    """What was said, by label, on one line each."""
    found: dict[str, str] = {}
    label = ""
    for line in output.splitlines():
        begins = re.match(r"([a-zA-Z][a-z ]{1,12}) {2,}(\S.*)", line)
        if begins:
            label = begins[1].strip()
            found[label] = begins[2]
        elif line.startswith(" " * 14) and label:
            found[label] += f" {line.strip()}"
        else:
            label = ""
    return found


def test_all_of_an_action_at_a_glance(bench: Bench, run: Callable[..., Run]) -> None:
    done = run(f"--tenant={bench.folder}", "--explain", LEGACY)
    assert done.status == 0
    said = facts(done.output)
    assert f"{LEGACY} - Identity and sign-in, rank 68" in done.output
    assert said["points"] == "0 of 8"
    assert re.search(r"0 points, as of 2026-11-\d\d\. You have 0 of 462 users", said["Microsoft"])
    assert said["our check"] == "No client can sign in with a protocol that cannot do MFA."
    assert "conditional access" in said["reads"]
    assert "Policy.Read.All" in said["permissions"]
    assert said["licence"] == "No licence is known to be needed."
    assert (said["user impact"], said["cost"]) == ("Moderate", "Moderate")
    assert "Password Cracking" in said["threats"]
    assert said["what to do"].startswith("1. In the Microsoft Entra admin center")
    assert "stop working" in said["users notice"]
    assert said["link"].startswith("https://")


def test_nothing_is_judged_and_nothing_left(bench: Bench, run: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "report.html").write_text("of an earlier run", "utf-8")
    done = run(f"--tenant={bench.folder}", "--explain", LEGACY)
    assert "posture of" not in done.output
    assert "passed" not in done.output
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["report.html"]
    assert (tmp_path / "reports" / "report.html").read_text("utf-8") == "of an earlier run"


def test_what_rests_on_the_score_says_so(bench: Bench, run: Callable[..., Run]) -> None:
    bench.choose_exports("off")
    said = facts(run(f"--tenant={bench.folder}", "--explain", SAFE_LINKS.upper()).output)
    assert said["reads"] == "Microsoft's score alone: no setting is read for it."
    assert said["licence"].startswith("Held through ")
    assert "It needs ATP_ENTERPRISE or" in said["licence"]


def test_what_a_person_clicked_is_shown(bench: Bench, run: Callable[..., Run]) -> None:
    said = facts(run(f"--tenant={bench.folder}", "--explain", "mdo_blockmailforward").output)
    assert re.search(r"Set to Ignored by \S+ on 2026-\d\d-\d\d: ", said["Microsoft"])


@pytest.mark.parametrize("wanted", ["windows hello ", "cannot ask for a second factor", "BLOCKLEGACYAUTH"])
def test_a_part_that_is_in_one_action_only_is_enough(wanted: str, bench: Bench, run: Callable[..., Run]) -> None:
    done = run(f"--tenant={bench.folder}", "--explain", wanted)
    if wanted.startswith("windows"):
        assert done.status == USAGE_ERROR
    else:
        assert f"{LEGACY} - " in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--explain", "BlockLegacyAutentication"), f"Perhaps {LEGACY}"),
        (("--explain", "zzz"), "neither the tenant's catalogue nor a check has it. A part"),
        (("--explain", "legacy"), "'legacy' is in several actions: BlockLegacyAuthentication, spo_legacy_auth."),
        (("--explain", ""), "--explain wants an action"),
        (("--explain", LEGACY, "--area=intune"), "leave out"),
        (("--explain", LEGACY, "-k", "x"), "leave out"),
        (("--explain", LEGACY, "--preflight"), "leave out"),
        (("--explain", LEGACY, "--record=x.zip"), "--record"),
        (("--explain", "\x1b[2Jscid_9999999\u202e"), "unknown action"),
    ],
)
def test_a_wrong_question_is_one_line(arguments: tuple[str, ...], said: str, bench: Bench, run: Callable[..., Run]) -> None:
    done = run(f"--tenant={bench.folder}", "-q", *arguments)
    lines = [line for line in done.output.splitlines() if line.strip()]
    assert done.status == USAGE_ERROR
    assert len(lines) == 1, lines
    assert said in lines[0]
    assert visible(lines[0]) == lines[0]


def test_a_check_that_is_not_collected(bench: Bench) -> None:
    done = command(f"--tenant={bench.folder}", "-q", "checks/check_teams.py", "--explain", LEGACY)
    assert done.returncode == USAGE_ERROR
    assert "name no file" in done.stdout + done.stderr


def test_without_a_catalogue_our_own_are_known_still(bench: Bench, run: Callable[..., Run]) -> None:
    bench.refuse("security/secureScores")
    bench.refuse(PROFILES)
    said = run(f"--tenant={bench.folder}", "--explain", LEGACY)
    assert said.status == 0
    assert facts(said.output)["points"] == "It is not in this tenant's Secure Score."
    bench.choose_exports("off")
    lost = run(f"--tenant={bench.folder}", "--explain", SAFE_LINKS)
    assert lost.status == USAGE_ERROR
    assert "The catalogue could not be read" in lost.output


def test_workers_change_nothing() -> None:
    done = command("--tenant=demo", "-n2", "--explain", LEGACY)
    assert (done.returncode, done.stdout.count(f"{LEGACY} - ")) == (0, 1)


def test_what_the_tenant_says_can_do_nothing_to_a_terminal(bench: Bench, run: Callable[..., Run]) -> None:
    evil = "\x1b[2J\x9b31m\x07\u202eevil\r\npoints        9 of 9 &#27;[2J &#x202e;"

    def spoil(body: Any) -> None:
        for row in body["value"]:
            if row["id"] == LEGACY:
                row |= dict.fromkeys(("title", "userImpact", "implementationCost", "remediation", "remediationImpact"), evil)
                row |= {"threats": [evil], "actionUrl": f"javascript:{evil}"}
                row["controlStateUpdates"] = [{"state": evil, "updatedBy": evil, "comment": evil}]

    bench.change(f"{PROFILES}.page2", spoil)
    done = run(f"--tenant={bench.folder}", "--explain", LEGACY)
    assert done.status == 0
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", done.output)
    assert facts(done.output)["points"] == "0 of 8"
    assert facts(done.output)["link"] == "none that is an https address"


def test_of_a_live_tenant_the_catalogue_alone_is_read(emulator: Emulator, in_lab: InLab, tmp_path: Path) -> None:
    with emulator.behaving():
        done = in_lab("--explain", "AdminMFAV2")
        paths = {seen.path.partition("/v1.0/")[2] for seen in emulator.reads}
    assert done.status == 0, done.told
    assert paths == {"organization", "subscribedSkus", "security/secureScores", PROFILES}
    assert done.posture is None
    assert [path.name for path in tmp_path.iterdir()] == ["tenants.toml"]
    assert facts(done.output)["points"] == "10 of 10"


# Which action is meant, and how it is told

NAMES = st.text(st.sampled_from("aAbB_"), min_size=1, max_size=3)


@given(NAMES, st.dictionaries(NAMES, NAMES, max_size=6))
def test_the_one_that_is_meant_is_chosen_or_nothing_is(wanted: str, titles: dict[str, str]) -> None:
    same = [action for action in titles if action.casefold() == wanted.casefold()]
    near = [action for action, title in titles.items() if wanted.casefold() in f"{action}\n{title}".casefold()]
    if wanted in titles:
        assert chosen(wanted, titles) == wanted
    elif len(same or near) == 1:
        assert [chosen(wanted, titles)] == (same or near)
    else:
        with pytest.raises(LookupError, match=wanted):
            chosen(wanted, titles)


TEXT = st.text(max_size=40) | st.sampled_from(["<ol><li>a<li>b", "<script>x</script>", "\x1b]8;;https://evil.example\x07x", "&#27;c"])


@given(TEXT, TEXT, st.none() | st.floats(0, 10), st.integers(40, 120))
def test_it_is_told_of_any_action(title: str, markup: str, score: float | None, width: int) -> None:
    record = Record(
        item="i",
        action=title,
        title=title,
        area="teams",
        claim="It holds.",
        basis="direct",
        remediation=markup,
        remediation_impact=title,
        threats=[markup],
        url=markup,
        licence=LicenceDecision("absent", markup, (), title),
        points=Points(score, 10.0) if score is not None else None,
        microsoft=Microsofts(score, NOW, title, "agree", markup, state_by=title, state_comment=markup),
    )
    lines = list(told(record, ["users"], width))
    assert all(visible(line) == line and "\n" not in line and "\r" not in line for line in lines)
    bare = list(told(msgspec.structs.replace(record, action=None, claims="X", microsoft=None, licence=None, points=None), [], width))
    assert "points        It is not in this tenant's Secure Score." in " ".join(bare)
