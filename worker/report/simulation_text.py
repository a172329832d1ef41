"""What ``route simulate`` shows on a terminal: loads, waits, overflow, fairness, and load by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich.console import RenderableType
from rich.text import Text

from worker.core.simulation_tally import Spread, Tally, spread_of, total_fairness
from worker.report.simulation import (
    Limit,
    Outcome,
    OwnerRow,
    SimulationReport,
    Source,
    owner_rows,
)
from worker.report.text import plain_table
from worker.report.words import counted

_SOURCES = {
    Source.LEDGER: "Arrivals: those of the ledger, with the facts known then",
    Source.TABLE: "Arrivals: those of the table",
    Source.INVENTED: "Arrivals: INVENTED, by a usual rate for each hour and weekday",
}
_BLOCKS = " ▁▂▃▄▅▆▇█"
_BAR, _LINE = 6, 60
"""The most characters of a bar, and of a line of days."""
_HOUR, _DAY = 60, 60 * 24


def show_simulation(report: SimulationReport) -> Iterator[RenderableType]:
    """Show what a simulation found, to people."""
    yield from _headline(report)
    yield ""
    yield _loads(report)
    yield ""
    yield _waits(report.shown)
    if report.shown.tally.overflow:
        yield ""
        yield _overflow(report.shown.tally)
        yield from _refusals(report.shown.tally)
    yield ""
    yield _fairness(report)
    yield ""
    yield _days(report)
    yield ""
    yield from _comparison(report)


def _headline(report: SimulationReport) -> Iterator[RenderableType]:
    tally = report.shown.tally
    first, last = (at.astimezone(report.zone).date() for at in (report.since, report.until))
    yield f"{_SOURCES[report.source]}, {first} to {last}."
    again = f", {counted(tally.again, 'lead')} of them handed on" if tally.again else ""
    yield f"{counted(tally.arrivals, 'hand-off')}{again}."
    if report.open_for is not None:
        yield f"Each is assumed to stay open for {length_of(report.open_for.total_seconds() // 60)}."


def _loads(report: SimulationReport) -> RenderableType:
    """Load by owner; beside it what the other roster, or the truth, gave the same owner."""
    beside = _beside(report)
    rows = list(owner_rows(report.shown))
    has_weeks = any(row.week.most is not None for row in rows)
    columns = (
        "given",
        *([beside[0]] if beside else []),
        "by\nweight",
        "off by",
        "kept",
        "peak\nopen",
    )
    limits = ("in a\nday", "in a\nweek") if has_weeks else ("in a\nday",)
    has_bars = not (
        beside and has_weeks
    )  # on a terminal of 80 columns there is room for one of them
    first = ("owner", "") if has_bars else ("owner",)
    table = plain_table("Load", *first, *columns, *limits, numbers=len(columns) + len(limits))
    for column in table.columns[1:]:
        column.no_wrap = True
    table.columns[0].overflow = "ellipsis"  # of a long name, rather than figures broken in two
    most = max((row.given for row in rows), default=0) or 1
    place = None
    for row in rows:
        if row.place != place:
            place = row.place
            table.add_row(place, style="bold")
        other = [str(beside[1].get((row.place, row.owner), 0))] if beside else []
        cells = (str(row.given), *other, *_of(row), *([_limit(row.week)] if has_weeks else []))
        bar = (_bar(row.given / most),) if has_bars else ()
        table.add_row(f"  {row.owner}", *bar, *cells)
    return table


def _beside(report: SimulationReport) -> tuple[str, dict[tuple[str, str], int]] | None:
    if report.changed is not None:
        now = {(row.place, row.owner): row.given for row in owner_rows(report.present)}
        return "now", now
    tally = report.present.tally
    if not tally.compared:
        return None
    rows = owner_rows(report.present)
    return "really", {(row.place, row.owner): tally.actual[row.owner] for row in rows}


def _of(row: OwnerRow) -> Sequence[str]:
    share = row.share
    return (
        f"{share.expected:.1f}" if share else "",
        f"{share.deviation:+.1f}" if share else "",
        str(row.kept),
        _limit(row.open),
        _limit(row.day),
    )


def _limit(limit: Limit) -> str:
    if limit.most is None:
        return str(limit.peak)
    return f"{limit.peak}/{limit.most}"


def _bar(share: float) -> Text:
    return Text("█" * round(share * _BAR), "cyan")


def _waits(outcome: Outcome) -> RenderableType:
    columns = ("at work in", "9 in 10", "longest", "due in", "9 in 10", "longest")
    table = plain_table("Waits", "owner", *columns, numbers=len(columns))
    seen = set[str]()
    for row in owner_rows(outcome):
        if row.due is not None and row.owner not in seen:
            seen.add(row.owner)
            table.add_row(row.owner, *_spread(row.wait), *_spread(row.due))
    tally = outcome.tally
    all_waits, all_dues = spread_of(tally.waits.values()), spread_of(tally.dues.values())
    table.add_row("all", *_spread(all_waits), *_spread(all_dues), style="bold")
    return table


def _spread(spread: Spread | None) -> tuple[str, str, str]:
    if spread is None:
        return ("", "", "")
    return (length_of(spread.median), length_of(spread.p90), length_of(spread.longest))


def length_of(minutes: float) -> str:
    """Say so many minutes as people do."""
    if minutes < _HOUR:
        return f"{minutes:.0f} min"
    return f"{minutes / _HOUR:.1f} h" if minutes < 2 * _DAY else f"{minutes / _DAY:.1f} days"


def _overflow(tally: Tally) -> RenderableType:
    table = plain_table("Overflow", "meant for", "went to", "leads", numbers=1)
    for (meant, place), count in sorted(tally.overflow.items(), key=lambda item: -item[1]):
        table.add_row(meant, place, str(count))
    return table


def _refusals(tally: Tally) -> Iterator[RenderableType]:
    for place, reasons in sorted(tally.refusals.items()):
        if reasons:
            said = "; ".join(f"{reason} ({n})" for reason, n in reasons.most_common(4))
            yield f"  {place}, somebody there: {said}"


def _fairness(report: SimulationReport) -> RenderableType:
    table = plain_table("Fairness", "team", "furthest off, leads", "Jain's index", numbers=2)
    for found in total_fairness(report.shown.policy, report.shown.tally):
        index = "" if found.index is None else f"{found.index:.3f}"
        table.add_row(found.team, f"{found.deviation:.1f}", index)
    return table


def _days(report: SimulationReport) -> RenderableType:
    """A line of days for each owner, and what is open in all when each ends."""
    tally = report.shown.tally
    days = sorted(tally.days)
    columns = ("owner", f"{days[0]} to {days[-1]}", "most a day")
    table = plain_table("By day", *columns, numbers=1)
    seen = set[str]()
    for row in owner_rows(report.shown):
        series = [tally.days[day].given[row.owner] for day in days]
        if row.owner not in seen and any(series):
            seen.add(row.owner)
            table.add_row(row.owner, _line(series), str(max(series)))
    table.add_row("open", _line([tally.days[day].open for day in days]), _most_open(tally, days))
    return table


def _most_open(tally: Tally, days: Sequence[date]) -> str:
    return str(max(tally.days[day].open for day in days))


def _line(series: Sequence[int]) -> Text:
    """Draw a series in blocks, the highest of neighbours where there are too many to show."""
    step = -(-len(series) // _LINE)
    shown = [max(series[at : at + step]) for at in range(0, len(series), step)]
    most = max(shown) or 1
    steps = len(_BLOCKS) - 1
    return Text("".join(_BLOCKS[-(-value * steps // most)] for value in shown), "cyan")


def _comparison(report: SimulationReport) -> Iterator[RenderableType]:
    tally = report.present.tally
    shown = report.shown.tally
    if tally.compared:
        yield (
            f"The present roster gives {tally.same} of {tally.compared} leads to whom they really went."
        )
    if report.moved is not None:
        yield f"The changed roster gives {counted(report.moved, 'lead')} to somebody else."
    yield (
        f"In queues {shown.in_queues}, kept by owners outside the roster {shown.outside}, "
        f"caught by no rule {shown.no_rule}, held {_held(shown)}."
    )
    yield "Nothing was stored or written."


def _held(tally: Tally) -> str:
    """Say how many leads nobody could have, and why."""
    said = ", ".join(f"{reason} {count}" for reason, count in sorted(tally.held.items()))
    return f"{tally.held.total()} ({said})" if said else "0"
