"""The funnel as a table, as wide as there is room: heads are shortened by us, never cut off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.table import Table

from worker.core.model import Stage
from worker.report.shapes import FunnelLine

STAGE_COLUMNS = ("none", *(stage.value for stage in Stage))
SHORT: Mapping[str, str] = {
    "subscriber": "subscr.",
    "opportunity": "opport.",
    "customer": "custom.",
    "disqualified": "disqual.",
    "recycled": "recycl.",
}
"""Heads for a narrow terminal."""
SHORTEST: Mapping[str, str] = {name: f"{name[:4]}." for name in SHORT}
"""Heads for a narrow terminal and long figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Leads by pathway and stage, shown with whole heads where they fit and short ones elsewhere."""

    lines: tuple[FunnelLine, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Table]:
        roomy = options.update(width=10_000)
        tries = [({}, 2), (SHORT, 2), ({}, 1), (SHORT, 1), (SHORTEST, 1)]
        tables = [_table(self.lines, heads, gap=gap) for heads, gap in tries]
        yield next(
            (
                table
                for table in tables
                if Measurement.get(console, roomy, table).maximum <= options.max_width
            ),
            tables[-1],
        )


def _table(lines: Sequence[FunnelLine], heads: Mapping[str, str], *, gap: int) -> Table:
    stages = [stage for stage in STAGE_COLUMNS if any(line.stage == stage for line in lines)]
    table = Table(
        title="Funnel",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, gap, 0, 0),
    )
    table.add_column("pathway", no_wrap=True)
    for name in (*stages, "all"):
        table.add_column(heads.get(name, name), justify="right", no_wrap=True)
    for pathway in dict.fromkeys(line.pathway for line in lines):
        counts = {line.stage: line.count for line in lines if line.pathway == pathway}
        cells = [str(counts.get(stage, "·")) for stage in stages]
        table.add_row(pathway, *cells, str(sum(counts.values())))
    return table
