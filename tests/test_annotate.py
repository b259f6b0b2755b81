"""Annotations in a pipeline's log: each is one command of the vendor's and no more, whatever a tenant calls its things."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.__main__ import main
from ci.annotate import FORMS, MOST, Annotation, disarmed, github, lines, remarks
from ci.changes import changes
from fixtures.graph.failure import Cause
from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.posture import Compared, Selection
from tests.test_changes import THEN, posture, record

HOSTILE = (
    "##vso[task.complete result=Succeeded;]done",
    "##[stop-commands]x",
    "\n::set-output name=status::0",
    "\r::error::x",
    "%0A::error::x",
    "a,b:c;d]e%3B",
    "#\u00ad#[error]x",
    "\u00ad::warning::x",
    "\u202e\u200b::x",
)
TEXTS = st.lists(st.sampled_from([*HOSTILE, "::", "##", "#", ":", "[", "]", "\n", "\r", " ", "é", "vso", "%", "\u00ad", "x"]), max_size=8)


def commands(log: str) -> list[str]:
    """The commands that one of the agents could find in a log. Both compare as .NET does, which overlooks what shows nothing.

    https://github.com/actions/runner (ActionCommand), https://github.com/microsoft/azure-pipelines-agent (Command)
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        bare = re.sub(r"[^ -~]", "", line)
        if bare.lstrip().startswith("::") or "##[" in bare or re.search(r"##vso\[", bare, re.IGNORECASE):
            found.append(line)
    return found


def of_github(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it: its name, its settings and its message."""
    found = re.fullmatch(r"::(\w+) ([^\n]*?)::(.*)", line)
    assert found
    pairs = (pair.partition("=") for pair in found[2].split(","))

    def read(text: str) -> str:
        for token, sign in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
            text = text.replace(token, sign)
        return text

    return found[1], {name: read(value) for name, _, value in pairs}, read(found[3])


@given(TEXTS.map("".join))
def test_no_line_of_a_disarmed_log_is_a_command(text: str) -> None:
    assert not commands(disarmed(text))


@given(st.text("abc ,.:[]%\n", max_size=40))
def test_what_is_no_command_stays_as_it_is(text: str) -> None:
    if not commands(text):
        assert disarmed(text) == text


@given(TEXTS.map("".join), TEXTS.map("".join), st.sampled_from(["error", "warning", "notice"]))
def test_an_annotation_is_one_command_and_says_what_it_is_given(title: str, text: str, level: str) -> None:
    row = Annotation(level, title, text, "checks/check_x.py", 3)  # type: ignore[arg-type]
    assert commands(lines([row], "plain")) == []
    (line,) = lines([row], "github").splitlines()
    name, settings, said = of_github(line)
    assert (name, settings["file"], settings["line"]) == (level, "checks/check_x.py", "3")
    assert set(settings) == {"file", "line", "title"}
    assert not commands(said)
    (line,) = lines([row], "azure").splitlines()
    if level != "notice":
        assert line.startswith(f"##vso[task.logissue type={level};sourcepath=checks/check_x.py;linenumber=3;]")
        assert line.count("]") == 1
        assert not commands(line.removeprefix("##"))


def test_what_got_worse_comes_first_and_is_an_error() -> None:
    before = posture(record("A", Verdict.MET), record("B", Verdict.MET), record("C", Verdict.NOT_MET), as_of=THEN)
    after = posture(record("A", Verdict.NOT_MET, reason="Off."), record("B", Verdict.NOT_LICENSED), record("C", Verdict.KNOWN))
    after.changes, after.baseline = changes(before, after), Compared(THEN, before.tool)
    after.fail_on, after.exit_status = ["regression", "lost-coverage"], 1
    found = remarks(after)
    assert [row.level for row in found] == ["error"] * 4
    assert found[2] == Annotation(
        "error", "Regression: A [A]", "It was met and is not met: posture changed. Off.", "checks/check_identity.py"
    )
    assert found[3].title == "Lost coverage: B [B]"
    assert not [row for row in found if "C" in row.title], "what is known is no news"


def test_what_is_not_known_is_never_left_out() -> None:
    found = posture(record("A", Verdict.NOT_EVALUATED, cause=Cause.THROTTLED, reason="Graph asked to wait."))
    found.exit_status = 10
    (row,) = remarks(found)
    assert (row.level, row.title) == ("warning", "Not evaluated (throttled): A [A]")


def test_a_run_that_concluded_nothing_is_an_error() -> None:
    found = posture(selection=Selection(True, stopped="Ctrl-C"))
    for status in (2, 3, 4, 5, None):
        found.exit_status = status
        assert [row.level for row in remarks(found)] == ["error", "error"]
        assert str(status) in remarks(found)[0].text


def test_ten_of_a_level_are_shown_and_the_last_counts_the_others() -> None:
    found = posture(*(record(f"A{number}", Verdict.NOT_MET) for number in range(30)))
    found.exit_status = 1
    rows = remarks(found)
    assert len(rows) == MOST
    assert rows[-1].text == "22 more are in the report and in posture.json."


def test_an_exception_that_accepts_nothing_is_marked_where_it_stands() -> None:
    found = posture(record("A", Verdict.MET))
    found.exit_status = 0
    row = {"action": "A", "status": "expired on 2026-01-01", "where": "exceptions.toml:12", "in_force": False, "expires": date(2026, 1, 1)}
    found.exceptions = [row, {**row, "where": "../../etc/passwd:1"}, {**row, "in_force": True}]
    assert [(mark.file, mark.line) for mark in remarks(found)] == [("exceptions.toml", 12), ("", 1)]


def test_a_path_that_is_none_of_ours_is_no_place() -> None:
    found = posture(record("A", Verdict.NOT_MET, item="../../x.py::check"))
    found.exit_status = 1
    assert "file=" not in github(remarks(found)[1])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = posture(record("A", Verdict.NOT_MET, title=HOSTILE[0], reason=HOSTILE[2]))
    found.exit_status = 1
    postures.write(found, tmp_path / "posture.json")
    for form in FORMS:
        assert main(["annotate", str(tmp_path / "posture.json"), "--for", form]) == 0
        assert len(commands(capsys.readouterr().out)) == (0 if form == "plain" else 2)
    with pytest.raises(SystemExit) as ended:
        main(["annotate", str(tmp_path / "gone.json"), "--for", "github"])
    assert ended.value.code == 2
    assert "gone.json is not a posture" in capsys.readouterr().err
