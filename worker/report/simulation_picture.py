"""Draws a simulation: each owner's load against the weights, the load over the days, and the waits.

One SVG without scripts, fonts or anything fetched. It is built as a tree of elements and not as
text, so that it is well-formed whatever an id holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from xml.etree.ElementTree import Element, SubElement, tostring

from worker.core.simulation_tally import Tally
from worker.report.simulation import OwnerRow, SimulationReport, Source, owner_rows
from worker.report.simulation_text import length_of

_WIDTH, _LEFT, _RIGHT = 900, 230, 110
_ROW, _BAR = 26, 9
_TOP, _DAYS, _CHART = 76, 250, 90
"""Heights of the head, of both charts of days, and of one, in pixels."""
_WIDEST = 40
"""Of a day, however few there are."""
_SHOWN, _BESIDE, _WEIGHT, _OPEN = "#1b6ca8", "#b9c4cf", "#c0392b", "#d68910"
_INK = "#222222"
_MOST_TICKS = 8


def simulation_svg(report: SimulationReport) -> str:
    """Draw the picture as an SVG document."""
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(
        picture_of(report, has_title=True), encoding="unicode"
    )


def title_of(report: SimulationReport) -> str:
    """Say what was simulated, and when."""
    first, last = (at.astimezone(report.zone).date() for at in (report.since, report.until))
    days = f"{first}" if first == last else f"{first} to {last}"
    return f"Routing simulated, {days}: {_ARRIVALS[report.source].format(_counted(report))}"


def _counted(report: SimulationReport) -> str:
    count = report.shown.tally.arrivals
    return f"{count} arrival" if count == 1 else f"{count} arrivals"


_ARRIVALS = {
    Source.LEDGER: "{} of the ledger",
    Source.TABLE: "{} of a table",
    Source.INVENTED: "{}, invented",
}


def picture_of(report: SimulationReport, *, has_title: bool) -> Element:
    """Draw the picture as an element; the title is left out where a page has it already."""
    rows = list(owner_rows(report.shown))
    waits = [row for row in _once(rows) if row.wait is not None]
    days_at = _TOP + _ROW * len(rows) + 40
    waits_at = days_at + _DAYS
    height = waits_at + (_ROW * len(waits) + 50 if waits else 0)
    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_WIDTH} {height}",
        width=str(_WIDTH),
        height=str(height),
        role="img",
    )
    SubElement(svg, "title").text = title_of(report)
    SubElement(svg, "rect", width=str(_WIDTH), height=str(height), fill="#ffffff")
    if has_title:
        _write(svg, 20, 28, title_of(report), size=16)
    _legend(svg, report)
    _draw_owners(svg, report, rows)
    _draw_days(svg, report.shown.tally, days_at)
    if waits:
        _draw_waits(svg, waits, waits_at)
    return svg


def _once(rows: Sequence[OwnerRow]) -> list[OwnerRow]:
    """Each owner once: who is on two teams waits no longer for that."""
    return list({row.owner: row for row in reversed(rows)}.values())[::-1]


def _write(
    svg: Element, x: float, y: float, text: str, *, size: int = 12, at: str = "start"
) -> None:
    where = {"x": f"{x:.1f}", "y": f"{y:.1f}", "font-size": str(size), "text-anchor": at}
    SubElement(svg, "text", {**where, "font-family": "sans-serif", "fill": _INK}).text = text


def _box(svg: Element, x: float, y: float, width: float, height: float, colour: str) -> Element:
    size = {"width": f"{max(0.0, width):.1f}", "height": f"{max(0.0, height):.1f}"}
    return SubElement(svg, "rect", {"x": f"{x:.1f}", "y": f"{y:.1f}", **size, "fill": colour})


def _legend(svg: Element, report: SimulationReport) -> None:
    beside = "the present roster" if report.changed else "what really happened"
    entries = [
        (_SHOWN, "given by the changed roster" if report.changed else "given"),
        *([(_BESIDE, beside)] if _has_beside(report) else []),
        (_WEIGHT, "what the weights say"),
    ]
    for place, (colour, text) in enumerate(entries):
        _box(svg, 20 + place * 215, 44, 12, 12, colour)
        _write(svg, 38 + place * 215, 55, text)


def _has_beside(report: SimulationReport) -> bool:
    return report.changed is not None or report.present.tally.compared > 0


def _draw_owners(svg: Element, report: SimulationReport, rows: Sequence[OwnerRow]) -> None:
    present = {(row.place, row.owner): row.given for row in owner_rows(report.present)}
    truth = report.present.tally.actual
    other = [
        present.get((row.place, row.owner), 0) if report.changed else truth[row.owner]
        for row in rows
    ]
    expected = (row.share.expected for row in rows if row.share)
    most = max((*(row.given for row in rows), *other, *expected, 1))
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    for place, (row, beside) in enumerate(zip(rows, other, strict=True)):
        y = _TOP + place * _ROW
        name = f"{row.owner} · {row.place}" if row.place else row.owner
        _write(svg, _LEFT - 10, y + 14, name, at="end")
        bar = _box(svg, _LEFT, y, row.given * scale, _BAR, _SHOWN)
        SubElement(bar, "title").text = f"{row.owner}: {row.given}"
        if _has_beside(report):
            _box(svg, _LEFT, y + _BAR + 1, beside * scale, _BAR, _BESIDE)
        if row.share:
            _box(svg, _LEFT + row.share.expected * scale - 1, y - 2, 2, 2 * _BAR + 4, _WEIGHT)
        _write(svg, _WIDTH - _RIGHT + 12, y + 14, _figures(row, beside, report))


def _figures(row: OwnerRow, beside: int, report: SimulationReport) -> str:
    return f"{row.given} ({beside})" if _has_beside(report) else str(row.given)


def _draw_days(svg: Element, tally: Tally, top: float) -> None:
    """Draw two charts of the days, one below the other: what came has another scale than what is open."""
    days = sorted(tally.days)
    if not days:
        return
    given = [tally.days[day].given.total() for day in days]
    open_ = [tally.days[day].open for day in days]
    width = (_WIDTH - 90) / len(days)
    foot = _frame(svg, "given each day", max(given), top)
    for place, (day, count) in enumerate(zip(days, given, strict=True)):
        _day(svg, place, width, foot, count / max(*given, 1), _SHOWN, f"{day}: {count}")
    foot = _frame(svg, "open at the end of the day", max(open_), foot + 34)
    for place, (day, count) in enumerate(zip(days, open_, strict=True)):
        _day(svg, place, width, foot, count / max(*open_, 1), _OPEN, f"{day}: {count}")
    for place, day in _ticks(days):
        _write(svg, 60 + (place + 0.5) * width, foot + 16, f"{day:%d %b}", at="middle", size=11)


def _frame(svg: Element, title: str, most: int, top: float) -> float:
    """Draw the title and the axis of one chart, and say where its foot is."""
    foot = top + _CHART
    _write(svg, 60, top - 8, title)
    _box(svg, 60, foot, _WIDTH - 90, 1, _INK)
    _write(svg, 52, foot + 4, "0", at="end")
    if most:
        _write(svg, 52, top + 8, str(most), at="end")
    return foot


def _day(
    svg: Element, place: int, width: float, foot: float, part: float, colour: str, says: str
) -> None:
    wide = min(width * 0.8, _WIDEST)
    left = 60 + (place + 0.5) * width - wide / 2
    bar = _box(svg, left, foot - part * _CHART, wide, part * _CHART, colour)
    SubElement(bar, "title").text = says


def _draw_waits(svg: Element, rows: Sequence[OwnerRow], top: float) -> None:
    """Draw how long leads wait until their owner is at work: half of them, and nine in ten."""
    _write(svg, 20, top + 14, "until the owner is at work: half of the leads, and nine in ten")
    spreads = [(row, row.wait) for row in rows if row.wait is not None]
    most = max((*(wait.p90 for _row, wait in spreads), 1))
    scale = (_WIDTH - _LEFT - _RIGHT) / most
    for place, (row, wait) in enumerate(spreads):
        y = top + 30 + place * _ROW
        _write(svg, _LEFT - 10, y + 10, row.owner, at="end")
        _box(svg, _LEFT, y, wait.p90 * scale, _BAR + 3, _BESIDE)
        _box(svg, _LEFT, y, wait.median * scale, _BAR + 3, _SHOWN)
        said = f"{length_of(wait.median)}, {length_of(wait.p90)}"
        _write(svg, _WIDTH - _RIGHT + 12, y + 10, said, size=11)


def _ticks(days: Sequence[date]) -> Iterator[tuple[int, date]]:
    step = -(-len(days) // _MOST_TICKS)
    return ((place, day) for place, day in enumerate(days) if place % step == 0)
