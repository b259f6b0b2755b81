"""What is different from the baseline, and why: every difference in one class, and none where two postures say the same.

Two things are said of each: its `effect` on the gate, and what it came `because` of. Actions are the key, so a check that is renamed keeps
its history; a check without an action goes by its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.posture import Because, Change, Effect, Posture

_NOT_MET = {Verdict.NOT_MET, Verdict.KNOWN}
_JUDGED = {Verdict.MET, Verdict.ACCEPTED, *_NOT_MET}
_SKIPPED = {Verdict.NOT_LICENSED, Verdict.NOT_APPLICABLE, Verdict.NOT_SCORED}


def key_of(record: Record) -> str:
    """What a record is found by in another posture: its action, else the name of its check."""
    return (record.action or record.claims or record.item.rpartition("::")[2]).casefold()


def by_key(posture: Posture) -> dict[str, Record]:
    """One record a key. Should more than one check judge an action, the one that stands for it in the totals."""
    found = {key_of(record): record for record in posture.verdicts}
    return found | {key_of(record): record for record in posture.of_actions()}


def changes(before: Posture, after: Posture) -> list[Change]:
    """Every difference, in the order of the newer posture; what it has no longer comes last."""
    old, new = by_key(before), by_key(after)
    found = (_change(key, old.get(key), new.get(key), before, after) for key in dict.fromkeys((*new, *old)))
    return [change for change in found if change]


def known_since(record: Record, as_of: date) -> date | None:
    """Since when the baseline knows that it is not met; None where it does not know it."""
    return (record.known_since or as_of) if record.verdict in _NOT_MET else None


def _change(key: str, old: Record | None, new: Record | None, before: Posture, after: Posture) -> Change | None:
    was, now = old.verdict if old else None, new.verdict if new else None
    shown = new or old
    if shown is None or was is now or (was in _NOT_MET and now in _NOT_MET):
        return None
    return Change(
        key=key,
        action=shown.action,
        title=shown.title or shown.claim,
        area=shown.area,
        before=was,
        after=now,
        effect=_effect(was, now),
        because=_because(old, new, before, after),
        reason=new.reason if new else "",
    )


def _effect(was: Verdict | None, now: Verdict | None) -> Effect:
    """By the two verdicts alone; a verdict that is `known` is one that is not met."""
    if now in _NOT_MET:
        # Who buys a licence, or gets an action from Microsoft, is not worse off than before: it is shown as new.
        return "new" if was in {None, Verdict.NOT_LICENSED, Verdict.NOT_SCORED} else "regression"
    if was in _JUDGED and (now is None or now in _SKIPPED):
        return "lost coverage"
    if now is Verdict.NOT_EVALUATED:
        return "not evaluated"
    if now is Verdict.MET and was in {*_NOT_MET, Verdict.ACCEPTED}:
        return "improvement"
    if now is Verdict.ACCEPTED and was in _JUDGED:
        return "accepted"
    return "other"


def _because(old: Record | None, new: Record | None, before: Posture, after: Posture) -> Because:
    """The one reason, by the first that applies: what can be looked up before what must be concluded."""
    if old is None or new is None:
        return "scope changed"
    if Verdict.NOT_EVALUATED in {old.verdict, new.verdict}:
        return "evidence lost" if new.verdict is Verdict.NOT_EVALUATED else "evidence regained"
    if (exception := _of_the_exception(old, new)) is not None:
        return exception
    if Verdict.NOT_LICENSED in {old.verdict, new.verdict}:
        return "licence changed"
    if Verdict.NOT_SCORED in {old.verdict, new.verdict}:
        return "scope changed"
    if before.tool != after.tool and (old.basis != new.basis or _same_evidence(old, new, before, after)):
        return "tool changed"
    return "licence changed" if old.basis != new.basis else "posture changed"


def _of_the_exception(old: Record, new: Record) -> Because | None:
    if new.verdict is Verdict.ACCEPTED:
        return "exception granted"
    if old.verdict is not Verdict.ACCEPTED or new.verdict not in _NOT_MET:
        return None
    if new.exception is None:
        return "exception withdrawn"
    return "exception expired" if new.exception.status.startswith("expired") else "exception outdated"


def _same_evidence(old: Record, new: Record, before: Posture, after: Posture) -> bool:
    """Whether both rest on the same responses, byte for byte. What rests on nothing is not the same."""
    had, has = _hashes(old, before), _hashes(new, after)
    return bool(had) and had == has


def _hashes(record: Record, posture: Posture) -> Mapping[str, str | None]:
    wanted = set(record.evidence)
    return {item.id: item.sha256 for item in posture.evidence if item.id in wanted}
