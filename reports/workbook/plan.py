"""The action plan: what needs action, in the order to do it, with columns for people to fill in; and what became of the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from openpyxl.formatting.rule import Rule
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from fixtures.record import Record
from fixtures.verdicts import Verdict
from reports.plan import Step as Work
from reports.plan import plan_of as work_of
from reports.posture import Posture, in_order

from .actions import Row, area_title, missing
from .cells import TYPED as FILLED_IN
from .cells import Column, Value, dress_column, put, table
from .pages import always, as_table, for_print, where
from .styles import FADED, TINTS, TYPED_TINT
from .text import plain
from .typed import CLOSED, ID, PLAN, SINCE, TITLE, TYPED, Entry, key_of

T = TypeVar("T")
STATUSES = ("Not started", "Planned", "In progress", "Blocked", "Done", "Declined")
"""What the status of a step may be. Done is the word of whoever typed it: the step stays until a run finds it met."""
PREREQUISITE, GAP, UNKNOWN, UNSEEN = "Prerequisite", "Gap", "Not evaluated", "Not in this run"
_OPEN = {Verdict.NOT_MET: GAP, Verdict.KNOWN: GAP, Verdict.NOT_EVALUATED: UNKNOWN}
_GONE = "no longer in the catalogue"
_LAST_RANK = 100_000
_FIRST_DATE = 36526  # 2000-01-01, as Excel counts days


@dataclass(frozen=True)
class Step:
    """One row of the plan. `record` is None where this run did not look at what was planned."""

    number: int
    kind: str
    action: str
    title: str
    record: Record | None
    row: Row | None
    entry: Entry | None
    work: Work | None = None


@dataclass(frozen=True)
class Ended:
    """Entries of an action that needs no action now: `now` is its verdict, `since` the first run that found it so."""

    now: str
    area: str
    title: str
    entry: Entry
    since: Value


@dataclass(frozen=True)
class ActionPlan:
    """The steps in their order, and what was planned and is closed."""

    steps: list[Step]
    ended: list[Ended]


def plan_of(posture: Posture, entries: Mapping[str, Entry], actions: Iterable[Row] = ()) -> ActionPlan:
    """Prerequisites first, then gaps in the order of the work, then what is not evaluated, then what this run did not look at. What the
    tenant holds no licence for is not among them: nobody can do it."""
    records = [*posture.of_actions(), *(record for record in in_order(posture.verdicts) if not record.action)]
    by_item = {row.record.item: row for row in actions}
    works = _works(posture)
    ordered = sorted((r for r in records if r.verdict in _OPEN), key=lambda record: _order(record, works.get(record.item)))
    steps = [
        Step(n, _kind(r), _id(r), r.title, r, by_item.get(r.item), entries.get(key_of(_id(r))), works.get(r.item))
        for n, r in enumerate(ordered, 1)
    ]
    known = {key_of(_id(record)): record for record in records}
    whole, ended = _saw_all(posture), []
    for key, entry in entries.items():
        record = known.get(key)
        if record is not None and record.verdict not in _OPEN:
            ended.append(Ended(record.verdict.value, area_title(record.area), record.title, entry, entry.since or posture.as_of))
        elif record is None and whole:
            ended.append(Ended(_GONE, "", entry.title, entry, entry.since or posture.as_of))
        elif record is None:
            steps.append(Step(len(steps) + 1, UNSEEN, entry.action, entry.title, None, None, entry))
    return ActionPlan(steps, sorted(ended, key=lambda row: (row.now, row.title.casefold(), row.entry.action)))


def _works(posture: Posture) -> dict[str, Work]:
    """The work behind each item; nothing, where the posture is of a day that no plan can start on."""
    try:
        return {work.item: work for work in work_of(posture).steps}
    except ValueError:
        return {}


def is_late(entry: Entry, when: datetime) -> bool:
    """Whether a step was due before the day of `when` and is still to be done: what the sheet's own colour says of today."""
    due = entry.due.date() if isinstance(entry.due, datetime) else entry.due
    return isinstance(due, date) and due < when.date() and not entry.has_status("Done", "Declined")


def _id(record: Record) -> str:
    """The id in the catalogue; of what has none, the name of its check."""
    return record.action or record.item.rpartition("::")[2]


def _kind(record: Record) -> str:
    return PREREQUISITE if record.area == "prerequisites" else _OPEN[record.verdict]


def _order(record: Record, work: Work | None) -> tuple[int, bool, int, int, str]:
    kinds = (PREREQUISITE, GAP, UNKNOWN)
    unknown = record.verdict is Verdict.NOT_EVALUATED
    return kinds.index(_kind(record)), unknown, work.number if work else _LAST_RANK, record.rank or _LAST_RANK, _id(record).casefold()


def _why(step: Step) -> str | None:
    """Why a step stands where it stands, and what must be done before it."""
    if step.work is None:
        return None
    return f"{step.work.why} Shows in the score {step.work.shows.words}." if step.work.scored else step.work.why


def _saw_all(posture: Posture) -> bool:
    """Whether an action that is not among the verdicts is gone, and not just left out of this run."""
    return posture.selection.complete and not any(unread.resource.startswith("secure_score") for unread in posture.unread)


def _todo(step: Step) -> str | None:
    """What to do; of what is not known, first to find out."""
    record = step.record
    if record is None:
        return "Run the whole suite: this one did not look at it."
    advice = (step.row.todo if step.row else plain(record.remediation)) or record.expected
    if record.verdict is Verdict.NOT_EVALUATED:
        return f"Find out first, it is not known whether anything is to be done: {record.reason}\n{advice}"
    return advice


def _of(value: Callable[[Record], Value]) -> Callable[[Step], Value]:
    return lambda step: value(step.record) if step.record else None


def _filled_in(entry: Callable[[T], Entry | None]) -> list[Column[T]]:
    """The columns for people, with what they typed before."""

    def column(at: int, title: str, width: float) -> Column[T]:
        return Column(title, width, FILLED_IN, lambda row: held.typed[at] if (held := entry(row)) else None, "typed head")

    return [column(at, title, width) for at, (title, width) in enumerate(zip(TYPED, (20, 18, 14, 30), strict=True))]


_STEPS: list[Column[Step]] = [
    Column("No.", 6, "rank", lambda s: s.number),
    Column("Kind", 15, "text", lambda s: s.kind),
    Column(TITLE, 44, "wrap", lambda s: s.title),
    *_filled_in(lambda s: s.entry),
    Column("Points at stake", 9, "points", _of(missing)),
    Column("Rank", 7, "rank", _of(lambda r: r.rank)),
    Column("User impact", 10, "text", _of(lambda r: r.user_impact.capitalize())),
    Column("Cost", 10, "text", _of(lambda r: r.implementation_cost.capitalize())),
    Column("Suggested day", 13, "date", lambda s: s.work.made if s.work else None),
    Column("Why then", 40, "wrap", _why, grows=False),
    Column("Area", 22, "wrap", _of(lambda r: area_title(r.area))),
    Column("What to do", 64, "wrap", _todo),
    Column("Verdict", 13, "text", _of(lambda r: r.verdict.value)),
    Column("Reason", 52, "wrap", _of(lambda r: r.reason), grows=False),
    Column("Link", 40, "link", _of(lambda r: r.url)),
    Column(ID, 28, "wrap", lambda s: s.action, grows=False),
]
_ENDED: list[Column[Ended]] = [
    Column("Now", 18, "wrap", lambda e: e.now),
    Column(SINCE, 13, "date", lambda e: e.since.date() if isinstance(e.since, datetime) else e.since),
    Column(TITLE, 44, "wrap", lambda e: e.title),
    *_filled_in(lambda e: e.entry),
    Column("Area", 24, "wrap", lambda e: e.area),
    Column(ID, 32, "wrap", lambda e: e.entry.action),
]
COLUMNS = {PLAN: frozenset(column.title for column in _STEPS), CLOSED: frozenset(column.title for column in _ENDED)}


def fill(sheet: Worksheet, posture: Posture, plan: ActionPlan) -> None:
    _fill(sheet, posture, _STEPS, plan.steps, "Nothing needs action.", "What to do")


def fill_ended(sheet: Worksheet, posture: Posture, plan: ActionPlan) -> None:
    """The entries of actions that need no action any more. Should one come back, so do its entries."""
    _fill(sheet, posture, _ENDED, plan.ended, "Nothing that was planned is closed yet.", ID)


def _fill(sheet: Worksheet, posture: Posture, columns: Sequence[Column[T]], rows: Sequence[T], nothing: str, printed_to: str) -> None:
    last = table(sheet, columns, rows, most_lines=8)
    letters = {column.title: get_column_letter(position) for position, column in enumerate(columns, 1)}
    as_table(sheet, columns, last, f"{letters[TYPED[0]]}2", _rules(letters), [lambda: where(_is(letters, "Done"), ink=FADED)])
    if rows:
        _ask(sheet, letters, last)
    else:
        put(sheet, 2, 1, nothing, "text")
    for_print(sheet, posture, "8A5A00")
    sheet.print_area = f"A1:{letters[printed_to]}{max(last, 2)}"


def _is(letters: Mapping[str, str], *statuses: str) -> str:
    """A condition on the status of the row it is tested in, the first of the range being row 2."""
    said = [f'${letters["Status"]}2="{status}"' for status in statuses]
    return said[0] if len(said) == 1 else f"OR({','.join(said)})"


def _rules(letters: Mapping[str, str]) -> dict[str, Sequence[Rule]]:
    """What is late says so in its cell; a status has its colour; where nothing is typed yet, the cell is pale yellow."""
    green, red, amber, blue = (TINTS[verdict] for verdict in (Verdict.MET, Verdict.NOT_MET, Verdict.NOT_EVALUATED, Verdict.KNOWN))
    due, done = f"${letters['Due date']}2", _is(letters, "Done")
    late = f"AND(ISNUMBER({due}),{due}<TODAY(),NOT({_is(letters, 'Done', 'Declined')}))"
    colours = {"Done": green, "Blocked": red, "In progress": blue, "Planned": blue, "Declined": amber}

    def faded() -> list[Rule]:
        """New ones each time: a rule carries its place in the order of all."""
        return [where(done, ink=FADED, tint=TYPED_TINT), always(TYPED_TINT)]

    return {
        "Owner": faded(),
        "Due date": [where(late, tint=red[0], ink=red[1], bold=True, shown='yyyy-mm-dd" late"'), *faded()],
        "Status": [
            *(where(_is(letters, status), tint=tint, ink=ink, bold=True) for status, (tint, ink) in colours.items()),
            always(TYPED_TINT),
        ],
        "Notes": faded(),
    }


def _ask(sheet: Worksheet, letters: Mapping[str, str], last: int) -> None:
    """What each cell that people fill in is for, and which values it takes. What was typed before stands, whatever it is."""
    listed = f'"{",".join(STATUSES)}"'
    asked = {
        "Owner": DataValidation(prompt="Who sees to it."),
        "Due date": DataValidation("date", _FIRST_DATE, operator="greaterThanOrEqual", prompt="By when: a date, such as 2027-01-31."),
        "Status": DataValidation("list", listed, prompt="Done is checked by the next run: only what it finds met is closed."),
        "Notes": DataValidation(prompt="What others should know. All four columns are carried over into the next run's workbook."),
    }
    for title, rule in asked.items():
        rule.promptTitle, rule.showInputMessage, rule.allowBlank = title, True, True
        rule.errorTitle, rule.error, rule.showErrorMessage = (
            title,
            "A date from 2000 on." if rule.type == "date" else "One of the list.",
            True,
        )
        rule.add(f"{letters[title]}2:{letters[title]}{last}")
        sheet.add_data_validation(rule)
        dress_column(sheet, letters[title], "date" if title == "Due date" else FILLED_IN)
