"""The first sheet: the answer, whose it is and when, what was left open, and where the points are. Fit to print, page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from reports.posture import Posture

from .actions import area_title, impact, missing
from .areas import fill_areas
from .cells import Value, fit, lines_of, merge
from .cells import put as put_in
from .changed import sentence
from .history import Compared
from .ledger import fill_agreement, fill_ledger, fill_score
from .pages import for_print, rule_rows, section, widen
from .plan import GAP, PREREQUISITE, UNKNOWN, UNSEEN, ActionPlan, is_late
from .styles import ACCENT
from .summing import COLUMNS, RIGHT, WIDTHS, put
from .text import cut

MOST_GAPS = 10


def fill(sheet: Worksheet, posture: Posture, plan: ActionPlan, kept: Sequence[str] = ()) -> Compared | None:
    """One page wide. On the first page the answer and the figures, on the second what to do first, on the third the areas.
    Where the points stand beside those of others, for a chart elsewhere."""
    widen(sheet, WIDTHS)
    row = _head(sheet, posture, kept)
    row = _facts(sheet, posture, row) + 1
    end, compared = fill_score(sheet, posture, row)
    row = max(fill_ledger(sheet, posture, row), end) + 1
    row = max(_plan(sheet, posture, plan, row), fill_agreement(sheet, posture, row)) + 1
    sheet.row_breaks.append(Break(id=row - 1))
    row = _gaps(sheet, posture, row) + 1
    sheet.row_breaks.append(Break(id=row - 1))
    fill_areas(sheet, posture, row)
    sheet.sheet_view.showGridLines = False
    sheet.print_title_rows = "1:1"
    for_print(sheet, posture, ACCENT, head=False)
    return compared


def _head(sheet: Worksheet, posture: Posture, kept: Sequence[str]) -> int:
    """Title, answer, warnings. The next free row."""
    put_in(sheet, 1, 1, f"Security posture of {posture.tenant.name}", "title")
    sheet.row_dimensions[1].height = 30
    put_in(sheet, 2, 1, _answer(posture), "answer")
    sheet.row_dimensions[2].height = 22
    row = 3
    for row, warning in enumerate([*_warnings(posture), *kept], 3):
        put_in(sheet, row, 1, warning, "warning")
        merge(sheet, row, 1, COLUMNS)
        fit(sheet, row, lines_of(warning, sum(WIDTHS)))
    return row + 2


def _answer(posture: Posture) -> str:
    totals = posture.totals
    said = f"{totals['met']:,} of {totals['actions']:,} improvement actions are met, {totals['not met']:,} are not."
    score = posture.score
    if score and score.percentage is not None:
        said += f" Secure Score: {score.percentage:.1f} % of the points."
    return said


def _warnings(posture: Posture) -> list[str]:
    """What a reader must know before any figure."""
    said, totals, chosen = [changed] if (changed := sentence(posture)) else [], posture.totals, posture.selection
    if posture.tenant.source == "demo":
        said.append("This is the demo tenant. It does not exist and its figures are made up.")
    if not chosen.complete:
        how = f" ({', '.join(chosen.arguments)})" if chosen.arguments else ""
        left = totals.get("not selected", 0)
        missed = f": {left:,} of {totals['actions']:,} improvement actions were not selected" if left else ""
        said.append(f"Only part of the suite ran{how}{missed}.")
    if chosen.stopped:
        said.append(f"The run ended early: {chosen.stopped}.")
    if posture.not_evaluated:
        causes = Counter(str(record.cause or "unknown") for record in posture.not_evaluated)
        named = ", ".join(f"{cause} {number:,}" for cause, number in causes.most_common())
        open_ones = len(posture.not_evaluated)
        said.append(f"The posture is incomplete: {open_ones:,} {'check is' if open_ones == 1 else 'checks are'} not evaluated ({named}).")
    if posture.licences is None:
        said.append("The subscriptions could not be read: licences unknown.")
    return said


def _facts(sheet: Worksheet, posture: Posture, top: int) -> int:
    """Whose posture it is on the left, of which run on the right."""
    tenant, chosen = posture.tenant, posture.selection
    section(sheet, top, "Tenant and run", COLUMNS)
    source = tenant.source if tenant.label in {tenant.source, tenant.name} else f"{tenant.source} ({tenant.label})"
    whose: list[tuple[str, Value]] = [
        ("Tenant", tenant.name),
        ("Tenant id", tenant.id),
        ("Cloud", tenant.cloud),
        ("Source", source),
        ("Tool", f"{posture.tool.name} {posture.tool.version}"),
    ]
    when: list[tuple[str, Value]] = [
        ("As of (UTC)", posture.as_of),
        ("Run started (UTC)", posture.started_at),
        ("Run finished (UTC)", posture.finished_at),
        ("Selection", f"all {chosen.selected:,} checks" if chosen.complete else f"{chosen.selected:,} checks, see above"),
        ("Exit status", None if posture.exit_status is None else str(posture.exit_status)),
    ]
    for row, (left, right) in enumerate(zip(whose, when, strict=True), top + 1):
        _fact(sheet, row, 1, 2, 7, left)
        _fact(sheet, row, RIGHT, RIGHT + 2, COLUMNS, right)
        fit(sheet, row, 1)
    return top + len(whose) + 1


def _fact(sheet: Worksheet, row: int, at: int, first: int, last: int, said: tuple[str, Value]) -> None:
    put(sheet, row, at, said[0], "label")
    put(sheet, row, first, said[1], "moment")
    merge(sheet, row, first, last)


def _plan(sheet: Worksheet, posture: Posture, plan: ActionPlan, top: int) -> int:
    """How the plan stands on the day of the posture. The next free row."""
    section(sheet, top, "Action plan", RIGHT - 2)
    kinds = Counter(step.kind for step in plan.steps)
    entries = [step.entry for step in plan.steps if step.entry]
    rows: list[tuple[str, int]] = [
        ("Steps that need action", len(plan.steps)),
        *((f"  {_KINDS[kind]}", kinds[kind]) for kind in _KINDS if kinds[kind]),
        ("With an owner", sum(entry.owner is not None for entry in entries)),
        (f"Late on {posture.as_of:%Y-%m-%d}", sum(is_late(entry, posture.as_of) for entry in entries)),
        ("Said to be done, and not found met", sum(entry.has_status("Done") for entry in entries)),
        ("Planned before, and closed", len(plan.ended)),
    ]
    for row, (label, number) in enumerate(rows, top + 1):
        put(sheet, row, 1, label, "text" if label.startswith(" ") else "label")
        put(sheet, row, 2, number, "count")
        fit(sheet, row, 1)
    for row, said in enumerate(_HOW, top + 1):
        put(sheet, row, 4, said, "text")
    return top + 1 + len(rows)


_KINDS = {PREREQUISITE: "prerequisites", GAP: "gaps", UNKNOWN: "not evaluated: to find out", UNSEEN: "not looked at in this run"}
_HOW = (
    "On the sheet Action plan. Owner, due date,",
    "status and notes are for you to fill in;",
    "the next run carries them over.",
)


def _gaps(sheet: Worksheet, posture: Posture, top: int) -> int:
    """The actions not met that are worth most points. The next free row."""
    section(sheet, top, "The gaps worth most", COLUMNS)
    for column in range(1, COLUMNS + 1):
        put_in(sheet, top + 1, column, None, "head")
    for column, title in ((1, "Recommended action"), (2, "Rank"), (3, "Points missing"), (4, "Score impact"), (5, "Area"), (8, "Reason")):
        put_in(sheet, top + 1, column, title, "head right" if column in {2, 3, 4} else "head")
    sheet.row_dimensions[top + 1].height = 30
    gaps = posture.gaps[:MOST_GAPS]
    if not gaps:
        put(sheet, top + 2, 1, "No action is found not met.", "text")
        return top + 3
    for row, gap in enumerate(gaps, top + 2):
        area, reason = area_title(gap.area), cut(gap.reason, 260)
        put(sheet, row, 1, gap.title, "wrap")
        put(sheet, row, 2, gap.rank, "count")
        put(sheet, row, 3, missing(gap), "points")
        put(sheet, row, 4, impact(gap, posture), "impact")
        put(sheet, row, 5, area, "wrap")
        put(sheet, row, 8, reason, "wrap")
        merge(sheet, row, 5, 7)
        merge(sheet, row, 8, COLUMNS)
        fit(sheet, row, min(max(lines_of(gap.title, 46), lines_of(area, 31), lines_of(reason, 66)), 6))
    rule_rows(sheet, f"A{top + 2}:{get_column_letter(COLUMNS)}{top + 1 + len(gaps)}")
    return top + 2 + len(gaps)
