"""No evidence, no pass and no skip: what judging makes of each declared resource that could not be read, whatever the cause. Made from
the declarations, so a new resource is in it by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path
from typing import NamedTuple

import pytest

from fixtures.actions import action_of
from fixtures.evidence import needed_by
from fixtures.graph.failure import Cause, Unreadable
from fixtures.graph.snapshot_jobs import SnapshotJob
from fixtures.resources import RESOURCES
from fixtures.resources.declaring import Resource
from fixtures.store import Outcome, Reader
from tests.direct.judged import family_of
from tests.harness import Run

POSTURE_ALONE = True

# Of a family that rests on one answer one is enough here.
OF_SETTINGS = ("-k", "not check_scored_by_microsoft and (not scid_ or scid_2003)")
READER = "check_the_reader_may_read_what_the_checks_need"
# They look at the subscriptions only for what need not be asked, and ask where these cannot be read.
ONLY_TO_ASK_LESS = {("role_eligibilities", "subscribed_skus"), ("group_eligibilities", "subscribed_skus")}
CAUSES = (Cause.PERMISSION, Cause.THROTTLED, Cause.UNAVAILABLE, Cause.NOT_IN_CLOUD, Cause.TRUNCATED, Cause.MALFORMED)
# On these more hangs than the checks that name them, so each is lost alone.
ALONE = {"organization", "subscribed_skus", "secure_scores", "control_profiles", *(r.name for r in RESOURCES.values() if r.beside)}
# What asks Graph for something; what is a part of what others asked for is all read alike, and a few stand for all.
ASKING = [name for name, resource in RESOURCES.items() if not resource.take]
PARTS = [name for name in RESOURCES if name not in ASKING]
LOST = [*ASKING, *PARTS[:: len(PARTS) // 5]]


class Needs:
    """Notes which resources each direct check needs, with those they look at first."""

    def __init__(self) -> None:
        self.of: dict[str, set[str]] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            self.of[action_of(item) or item.name] = _with_earlier(set(needed_by([item])))


def _with_earlier(names: set[str]) -> set[str]:
    earlier = {before for name in names for before in RESOURCES[name].after if (name, before) not in ONLY_TO_ASK_LESS}
    return names if earlier <= names else _with_earlier(names | earlier)


class Healthy(NamedTuple):
    """The verdicts of the direct checks where everything can be read, and what each needs."""

    verdicts: dict[str, str]
    needs: dict[str, set[str]]

    def suffering(self, name: str) -> set[str]:
        return {check for check, names in self.needs.items() if name in names} - {READER}

    def together(self) -> list[list[str]]:
        """Resources that can be lost in one run, for no check needs two of them: a run for each would take four times as long."""
        groups: list[list[str]] = []
        for name in LOST:
            group = next((each for each in groups if not self._share_a_check(name, each)), None)
            if group is None or name in ALONE:
                groups.append([name])
            else:
                group.append(name)
        return groups

    def _share_a_check(self, name: str, others: Collection[str]) -> bool:
        return any(other in ALONE or self.suffering(name) & self.suffering(other) for other in others)


class Lost(NamedTuple):
    """A run that lost some resources for one cause."""

    cause: Cause
    run: Run


MADE: dict[str, Healthy] = {}
RUNS: dict[str, Lost] = {}


@pytest.fixture
def healthy(demo_template: Path, run: Callable[..., Run]) -> Healthy:
    """Made once a process."""
    if "demo" not in MADE:
        needs = Needs()
        MADE["demo"] = Healthy(run(f"--tenant={demo_template}", *OF_SETTINGS, plugins=[needs]).verdicts(), needs.of)
    return MADE["demo"]


@pytest.fixture
def lost(
    name: str, healthy: Healthy, demo_template: Path, run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Lost:
    """The run in which `name` is lost. A cause for each run, in turn; each made once a process."""
    if name not in RUNS:
        turn, group = next((turn, group) for turn, group in enumerate(healthy.together()) if name in group)
        cause, read_one = CAUSES[turn % len(CAUSES)], Reader._read_one

        async def lose(self: Reader, resource: Resource, job: SnapshotJob | None) -> Outcome:
            if resource.name in group:
                return Outcome(None, Unreadable(cause, f"{resource.name} is lost."))
            return await read_one(self, resource, job)

        monkeypatch.setattr(Reader, "_read_one", lose)
        RUNS.update(dict.fromkeys(group, Lost(cause, run(f"--tenant={demo_template}", *OF_SETTINGS))))
    return RUNS[name]


@pytest.mark.parametrize("name", LOST)
def test_what_cannot_be_read_costs_each_check_that_needs_it(name: str, healthy: Healthy, lost: Lost) -> None:
    """With its own cause and reason; and no other check anything."""
    cause, found = lost
    verdicts, suffering = healthy.verdicts, healthy.suffering(name)
    if RESOURCES[name].beside:
        assert found.verdicts() == verdicts, "no verdict rests on it"
        assert not [check for check, record in found.records.items() if record.second_opinion]
        return
    assert suffering, "nothing needs it: why is it read?"
    # Whether a check applies is asked before what it needs is looked at.
    gated = _gated(found) if name == "subscribed_skus" else set()
    # So is whether the licence for it is held at all, which Microsoft's score may contradict.
    unlicensed = {check for check, record in found.records.items() if record.licence and record.licence.state == "absent"}
    assert all(found.records[check].verdict in {"not licensed", "not evaluated", verdicts[check]} for check in unlicensed)
    suffering -= gated | unlicensed
    for check in suffering:
        record = found.records[check]
        assert (record.verdict, record.cause, record.reason) == ("not evaluated", cause, f"{name} is lost.")
    # The items of a family are made of the catalogue, and an action without a score is known by its profile alone.
    gone = {check for check in verdicts.keys() - found.records.keys() if family_of(check)} if name == "control_profiles" else set()
    others = {check for other, each in RUNS.items() if each is lost and other != name for check in healthy.suffering(other)}
    unharmed = verdicts.keys() - suffering - others - gated - unlicensed - gone - {READER}
    assert {check: verdict for check, verdict in found.verdicts().items() if check in unharmed} == {c: verdicts[c] for c in unharmed}
    assert all(found.records[check].verdict == "not evaluated" for check in gated)
    told = {Cause.PERMISSION: "not met", Cause.NOT_IN_CLOUD: verdicts[READER]}
    assert found.records[READER].verdict == told.get(cause, "not evaluated")
    assert found.status in {10, 11}
    assert [unread.cause for unread in found.posture.unread if unread.resource == name] == [cause]


def _gated(found: Run) -> set[str]:
    """Direct checks that need a licence: without the subscriptions nobody knows whether there is one."""
    return {name for name, record in found.records.items() if record.licence and record.licence.state == "unknown"}


def test_every_cause_is_met(healthy: Healthy) -> None:
    assert len(CAUSES) <= len(healthy.together()) < len(LOST) / 2
