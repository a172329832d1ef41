"""How often a CRM was called, and how often would have been enough."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType

from worker.core.trace import Json
from worker.ports import CallCount
from worker.report.text import plain_table


def show_calls(counts: Sequence[CallCount]) -> RenderableType:
    """A table of the endpoints; the fewest are full pages and batches that would hold the same."""
    table = plain_table("", "endpoint", "calls", "fewest", numbers=2)
    table.title = None
    table.columns[0].no_wrap = True
    for one in counts:
        fewest = "" if one.fewest is None else str(one.fewest)
        table.add_row(one.endpoint, str(one.calls), fewest)
    return table


def calls_json(counts: Sequence[CallCount]) -> list[Json]:
    """The same as data; ``fewest`` is null where nothing is told by the number of rows."""
    return [{"endpoint": one.endpoint, "calls": one.calls, "fewest": one.fewest} for one in counts]
