"""What ``leadtriage consent`` shows to people: the open revocations as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from worker.report.revocations import OpenRevocation, RevocationCounts
from worker.report.text import plain_table
from worker.report.words import counted


def show_revocations(counts: RevocationCounts, rows: Sequence[OpenRevocation]) -> RenderableType:
    """The open revocations as a table, by deadline."""
    if not rows:
        return "Every opt-out stands in every record that has a field for it."
    table = plain_table(
        f"{counted(counts.open, 'opt-out')} not shown everywhere",
        *("said by", "what", "seen", "until", "left", "state", "missing in", "cannot be shown in"),
    )
    for row in rows:
        table.add_row(
            str(row.said_by),
            row.fact,
            f"{row.seen_at:%Y-%m-%d}",
            f"{row.deadline_at:%Y-%m-%d %H:%M}",
            counted(row.days_left, "day"),
            Text(row.state, "" if row.state == "open" else "bold red"),
            ", ".join(map(str, row.missing)),
            ", ".join(map(str, row.unable)),
        )
    more = counts.open - len(rows)
    return Group(table, f"and {more} more: raise --limit") if more > 0 else table
