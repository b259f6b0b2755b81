"""`python -m reports announcement`: the files it makes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.verdicts import Verdict
from reports import posture as postures
from reports.__main__ import main
from tests.announcement.made import made_of
from tests.planning import posture, record


def test_the_command_makes_three_files_or_the_one_that_is_named(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(folder / "posture.json")
    arguments = ["announcement", source, "--from", "Head of IT", "--actions", "MFARegistrationV2,AdminMFAV2", "MDA_GitHub_MFA"]
    assert main([*arguments, "-o", str(tmp_path), "--on", "2999-01-01"]) == 0
    told = capsys.readouterr()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["announcement.docx", "announcement.eml", "announcement.md"]
    assert told.out.splitlines()[-1] == "left out: AdminMFAV2, of which nothing is known that staff would notice"
    assert told.err == ""
    assert main([*arguments, "-o", str(tmp_path / "only.EML"), "--on", "2020-01-01"]) == 0
    assert capsys.readouterr().err == "2020-01-01 has passed: give another day with --on, or another start of the plan with --start.\n"
    assert len(list(tmp_path.iterdir())) == 4
    assert main(["announcement", source, "--from", "Head of IT", "--start", "2999-01-01"]) == 0
    assert "2999" in (folder / "announcement.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--actions", "MFARegistration"], "MFARegistration is no action of this posture. Did you mean MFARegistrationV2?"),
        (["--actions", "\x1b[31mnothing"], "[U+001B][31mnothing is no action of this posture."),
        (["--actions", "UserRiskPolicy"], "UserRiskPolicy is met already: it is not announced."),
        (["--actions", "MFARegistrationV2", "dlp_datalossprevention"], "dlp_datalossprevention is accepted as it is: it is not announced."),
        (
            ["--actions", "mip_autosensitivitylabelspolicies"],
            "mip_autosensitivitylabelspolicies needs a licence that the tenant does not hold",
        ),
        (["--actions", "MDA_Atlassian_ForceSSO"], "MDA_Atlassian_ForceSSO is not scored for this tenant"),
        (["--actions", "AdminMFAV2"], "nothing is known that staff would notice of AdminMFAV2: there is nothing to announce."),
        (["--actions", ","], "an id is missing after --actions."),
        (["--on", "soon"], "--on soon is no date"),
        (["--start", "soon"], "--start soon is no date"),
        (["-o", "nowhere.pdf"], "nowhere.pdf is no folder"),
        (["-o", "no/where.md"], "cannot be written"),
        (["--from", "a <b"], "nobody to sign"),
        (["--print-template", "pdf"], "no template is called pdf"),
        (["--templates", "no/where"], "holds no template"),
    ],
)
def test_bad_input_is_one_line(folder: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["announcement", str(folder / "posture.json"), "--from", "IT", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.count("\n") == 1
    assert said in told.err


def test_somebody_has_to_sign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["announcement", str(folder / "posture.json")]) == 2
    assert capsys.readouterr().err == 'say who tells it: --from "Head of IT".\n'


def test_where_staff_notice_nothing_there_is_nothing_to_announce(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = posture(
        [record("AdminMFAV2"), record("newThisMorning", remediation_impact="Unknown"), record("MFARegistrationV2", Verdict.MET)]
    )
    postures.write(quiet, tmp_path / "posture.json")
    assert main(["announcement", str(tmp_path / "posture.json"), "--from", "IT"]) == 2
    assert capsys.readouterr().err == "no step of the plan is one that staff would notice: there is nothing to announce.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["posture.json"]
    unknown = posture([record("MFARegistrationV2", Verdict.NOT_EVALUATED)])
    with pytest.raises(ValueError, match="could not be evaluated"):
        made_of(unknown, "MFARegistrationV2")
