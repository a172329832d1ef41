"""Writes a simulation as a page: the picture, and the figures of it as tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from worker.core.simulation_tally import Spread, total_fairness
from worker.report.simulation import OwnerRow, SimulationReport, owner_rows
from worker.report.simulation_picture import picture_of, title_of
from worker.report.simulation_text import length_of

_LOADS = (
    *("owner", "team", "given", "by weight", "peak open", "limit", "most a day", "limit"),
    *("at work in", "9 in 10", "due in", "9 in 10"),
)


def simulation_page(report: SimulationReport) -> str:
    """Write a page with the picture and the figures of it as a table."""
    page = Element("html", lang="en")
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "title").text = title_of(report)
    SubElement(head, "style").text = _STYLE
    body = SubElement(page, "body")
    SubElement(body, "h1").text = title_of(report)
    body.append(picture_of(report, has_title=False))
    body.append(_table(_LOADS, map(_cells, owner_rows(report.shown))))
    fairness = total_fairness(report.shown.policy, report.shown.tally)
    for found in (found for found in fairness if found.index is not None):
        SubElement(body, "p").text = (
            f"{found.team}: furthest from its weights {found.deviation:.1f} leads, "
            f"Jain's index {found.index:.3f}."
        )
    if report.shown.tally.overflow:
        moves = sorted(report.shown.tally.overflow.items(), key=lambda item: -item[1])
        rows = ((meant, place, str(count)) for (meant, place), count in moves)
        body.append(_table(("meant for", "went to", "leads"), rows))
    indent(page)
    return "<!DOCTYPE html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


_STYLE = (
    "body{font:15px/1.4 sans-serif;max-width:1080px;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:1.5em 0}td,th{padding:.2em .6em;text-align:right;"
    "border-bottom:1px solid #ddd}td{white-space:nowrap}"
    "td:first-child,td:nth-child(2),th:first-child,th:nth-child(2)"
    "{text-align:left}"
)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Element:
    table = Element("table")
    head = SubElement(table, "tr")
    for column in columns:
        SubElement(head, "th").text = column
    for row in rows:
        line = SubElement(table, "tr")
        for text in row:
            SubElement(line, "td").text = text
    return table


def _cells(row: OwnerRow) -> Sequence[str]:
    def most(limit: int | None) -> str:
        return "" if limit is None else str(limit)

    return (
        row.owner,
        row.place,
        str(row.given),
        f"{row.share.expected:.1f}" if row.share else "",
        str(row.open.peak),
        most(row.open.most),
        str(row.day.peak),
        most(row.day.most),
        *_spread(row.wait),
        *_spread(row.due),
    )


def _spread(spread: Spread | None) -> tuple[str, str]:
    return (length_of(spread.median), length_of(spread.p90)) if spread else ("", "")
