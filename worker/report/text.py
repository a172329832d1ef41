"""What commands show to people of many leads: tables, and what is to be done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.core.reasons import Reason
from worker.report.funnel import Funnel
from worker.report.revocations import RevocationCounts
from worker.report.shapes import FunnelLine, RowAside, RunSummary, top
from worker.report.words import counted

Command: TypeAlias = Callable[[str], str]
"""Adds to a command what it takes to reach the same configuration."""
HELD = "The plan is held. Nothing of it was written."
MOST_REASONS = 10
MOST_ROWS = 10
ALWAYS_SAID: Mapping[str, tuple[str, ...]] = {"decide": ("looked_at", "decided", "planned")}
"""Counts that are said even when they are zero, so that nothing to decide is told from not looking."""


def plain_table(title: str, *columns: str, numbers: int = 0) -> Table:
    """A plain table; the last ``numbers`` columns are right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        is_number = place >= len(columns) - numbers
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    return table


def show_funnel(lines: Sequence[FunnelLine]) -> RenderableType:
    """Leads by pathway and stage."""
    return Funnel(lines=tuple(lines))


def show_counts(title: str, counts: Mapping[str, int], most: int) -> RenderableType:
    """A list of names and counts with bars, the largest first."""
    table = plain_table(title, "", "", "")
    table.show_header = False
    shown = top(counts, most)
    largest = max((count for _name, count in shown), default=1)
    for name, count in shown:
        table.add_row(name, str(count), Text("▇" * max(1, round(20 * count / largest)), "cyan"))
    return table


def show_reasons(
    counts: Mapping[str, int], catalogue: Mapping[str, Reason], most: int = MOST_REASONS
) -> RenderableType:
    """The most frequent first reasons, in words."""
    table = plain_table("Top reasons", "code", "leads", "meaning")
    for code, count in top(counts, most):
        reason = catalogue.get(code)
        table.add_row(code, str(count), reason.sentence if reason else "")
    return table


def show_steps(summary: RunSummary) -> RenderableType:
    """What each step counted."""
    table = plain_table("Steps", "step", "counts")
    for step, counts in summary.steps.items():
        always = ALWAYS_SAID.get(step, ())
        said = ", ".join(f"{name} {n}" for name, n in counts.items() if n or name in always)
        table.add_row(step, said or "nothing to do")
    total = sum(summary.writes.values())
    writes = ", ".join(f"{name} {count}" for name, count in sorted(summary.writes.items()))
    table.add_row("writes", f"{total} ({writes})" if total else "0")
    return table


def show_breaches(summary: RunSummary, command: Command) -> RenderableType:
    """Why a plan is held or would be, and how to let it go."""
    is_rehearsed = summary.is_rehearsed
    first = "A sync would hold this plan." if is_rehearsed else HELD
    lines = [Text(first, "bold red")]
    for breach in summary.breaches:
        lines.append(
            Text(
                f"  budget {breach.budget}: {counted(breach.count, 'change')} of "
                f"{breach.scope.value} {breach.key}, allowed {breach.allowed} "
                f"on a base of {breach.base}"
            )
        )
        lines.append(Text(f"    likely cause: {breach.cause}"))
    return Group(*lines, *([] if is_rehearsed else _ways(summary.run_id, command)))


def _ways(plan_id: str, command: Command) -> list[Text]:
    return [
        Text(f"  look:    {command(f'leadtriage apply {plan_id} --dry-run')}"),
        Text(f"  release: {command(f'leadtriage apply {plan_id}')}"),
    ]


def show_held(summary: RunSummary, command: Command) -> Iterator[RenderableType]:
    """The plans that wait for a person, whichever run made them."""
    for plan_id, count in summary.held_plans.items():
        if plan_id == summary.run_id and summary.breaches:
            continue  # that is said with its breaches
        is_one = count == 1
        said = f"{counted(count, 'write')} of the plan {plan_id} {'waits' if is_one else 'wait'}"
        yield Group("", Text(f"{said} for a person.", "bold red"), *_ways(plan_id, command))


def show_aside(
    rows: Sequence[RowAside], count: int, catalogue: Mapping[str, Reason]
) -> RenderableType:
    """The rows that were put aside: where each is and why, never what it says."""
    table = plain_table(
        f"{counted(count, 'row')} put aside", "system", "object", "row", "column", "code", "meaning"
    )
    for row in rows:
        reason = catalogue.get(row.code)
        where = (row.system, row.object_type, _row(row), row.column or "")
        table.add_row(*where, row.code, reason.sentence if reason else "")
    if count <= len(rows):
        return table
    return Group(table, f"and {count - len(rows)} more: leadtriage audit quarantine")


def _row(row: RowAside) -> str:
    """Name a row by its line; by its id where no line is known, and not at all if it is the table."""
    return str(row.row) if row.row else f"id {row.record_id}" if row.record_id else ""


def show_alarm(counts: RevocationCounts) -> RenderableType:
    """One line for the summary of a run."""
    said = f"{counted(counts.open, 'opt-out')} not shown everywhere yet"
    if counts.is_alarming:
        said += f": {counts.overdue} overdue, {counts.due} due soon"
    return Text(f"{said}. See leadtriage consent.", "bold red" if counts.is_alarming else "")


def show_alarms(
    alarms: Mapping[str, Mapping[str, int]], catalogue: Mapping[str, Reason]
) -> RenderableType:
    """Leads that wait in a queue because no member could take them, and why."""
    table = plain_table("Waiting for a member", "queue", "leads", "code", "meaning")
    for queue, codes in alarms.items():
        for code, count in top(codes, len(codes)):
            said = catalogue[code].sentence if code in catalogue else ""
            table.add_row(queue, str(count), Text(code, "bold red"), said)
    return table


def show_write_codes(summary: RunSummary, catalogue: Mapping[str, Reason]) -> RenderableType:
    """Why writes did not land as they should."""
    table = plain_table(
        "Writes that did not land as planned", "outcome", "writes", "code", "meaning"
    )
    for outcome, codes in summary.write_codes.items():
        for code, count in top(codes, len(codes)):
            reason = catalogue.get(code)
            table.add_row(outcome, str(count), code, reason.sentence if reason else "")
    return table


def as_it_is(words: str) -> str:
    """A command for the configuration of the present folder."""
    return words


def show_summary(
    summary: RunSummary, catalogue: Mapping[str, Reason], command: Command = as_it_is
) -> RenderableType:
    """Everything a person wants to know after a run; ``command`` completes what is to be pasted."""
    parts: list[RenderableType] = [show_funnel(summary.funnel), ""]
    if summary.owners:
        parts += [show_counts("Owners of qualified leads", summary.owners, 20), ""]
    if summary.reasons:
        parts += [show_reasons(summary.reasons, catalogue), ""]
    if summary.quarantined:
        aside = summary.quarantine[:MOST_ROWS]
        parts += [show_aside(aside, summary.quarantined, catalogue), ""]
    parts.append(show_steps(summary))
    notices = _notices(summary, catalogue, command)
    return Group(*parts, *notices, *show_held(summary, command))


def _notices(
    summary: RunSummary, catalogue: Mapping[str, Reason], command: Command
) -> Sequence[RenderableType]:
    """What somebody should look at after a run, each below an empty line."""
    parts: list[RenderableType] = []
    if summary.write_codes:
        parts += ["", show_write_codes(summary, catalogue)]
    if count := summary.named_by_crm:
        name = "names" if count == 1 else "name"
        said = f"{counted(count, 'refused write')} {name} a record that the CRM says is the same."
        parts.append(Text(f"{said} See leadtriage duplicates."))
    if summary.waiting:
        waiting = {f"{line} at {site or '?'}": n for (line, site), n in summary.waiting.items()}
        parts += ["", show_counts("Qualified, waiting for an opening", waiting, 20)]
    if summary.stages_not_in_crm:
        parts += ["", *_unlisted(summary.stages_not_in_crm)]
    if summary.alarms:
        parts += ["", show_alarms(summary.alarms, catalogue)]
    if summary.revocations.open:
        parts += ["", show_alarm(summary.revocations)]
    if summary.breaches:
        parts += ["", show_breaches(summary, command)]
    return parts


def _unlisted(stages: Mapping[str, int]) -> list[RenderableType]:
    """The stages that a CRM's list lacks, so that they are not written there."""
    title = "Stages the CRM does not list (not written; see leadtriage check --live)"
    return [show_counts(title, stages, len(stages))]
