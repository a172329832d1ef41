"""What ``leadtriage consent`` shows to people: the open revocations, by deadline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.text import Text

from worker.report.revocations import OpenRevocation, RevocationCounts
from worker.report.words import counted

NONE_WAITS = (
    "No opt-out waits to be written to another record. Of one that a person took back in one CRM alone, "
    "the channel stays closed: leadtriage truth lists it."
)


def show_revocations(
    counts: RevocationCounts, rows: Sequence[OpenRevocation], zone: ZoneInfo
) -> Iterator[Text]:
    """The open revocations line by line, as references are long; times are those of ``zone``."""
    if not rows:
        yield Text(NONE_WAITS)
        return
    yield Text(f"{counted(counts.open, 'opt-out')} not shown everywhere", "bold")
    for row in rows:
        until = f"{row.deadline_at.astimezone(zone):%Y-%m-%d %H:%M %Z}"
        head = f"{until}  {row.state}, {counted(row.days_left, 'business day')} left: {row.fact}"
        yield Text(head, "" if row.state == "open" else "bold red")
        yield Text(f"  said by     {row.said_by}, seen {row.seen_at.astimezone(zone):%Y-%m-%d}")
        for name, records in (("missing in", row.missing), ("no field in", row.unable)):
            for record in records:
                yield Text(f"  {name:<11} {record}")
    if (more := counts.open - len(rows)) > 0:
        yield Text(f"and {more} more: raise --limit")
