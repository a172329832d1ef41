"""What ``audit data`` shows to people: what is wrong, where it comes from, what to mend first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.core.reasons import Reason
from worker.report.text import plain_table
from worker.report.words import counted

Shown: TypeAlias = Mapping[str, Any]
"""The JSON of an audit; what it holds is checked where it is made."""

MOST_FINDINGS = 20
MOST_FIELDS = 12
STEADY = 0.0005
"""A share that moved by less is shown as steady."""
_STYLES = {"block": "bold red", "warn": "yellow", "info": ""}


def show_audit(found: Shown, catalogue: Mapping[str, Reason]) -> RenderableType:
    """The whole audit."""
    if not found["leads"]:
        return "The ledger has no leads. Run `leadtriage sync` first."
    parts: list[RenderableType] = [
        _head(found),
        _dimensions(found),
        "",
        _findings(found, catalogue),
    ]
    if found["fix_first"]:
        parts += ["", _fixes(found["fix_first"], catalogue)]
    if found["origins"]:
        parts += ["", _origins(found["origins"])]
    if any(field["share"] < 1 for field in found["fields"]):
        parts += ["", _fields(found["fields"])]
    parts += ["", _groups("By pathway", found["pathways"]), "", _groups("By CRM", found["systems"])]
    if found["over_limit"]:
        parts += ["", *_limits(found)]
    return Group(*parts)


def _table(title: str, *columns: str, numbers: int = 0) -> Table:
    """A plain table that keeps codes, names and figures whole; only sentences are broken."""
    table = plain_table(title, *columns, numbers=numbers)
    for column in table.columns:
        column.no_wrap = column.header not in _SENTENCES
    return table


_SENTENCES = frozenset({"meaning", "cause", "mostly from", "origin", "most frequent findings"})


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"


def _head(found: Shown) -> RenderableType:
    leads, clean = found["leads"], found["without_fault"]
    said = f"{counted(leads, 'lead')}, {_percent(clean / leads)} without a fault"
    if before := found["previous"]:
        was = before["without_fault"] / before["leads"] if before["leads"] else 0.0
        said += f" {_arrow(clean / leads - was)} ({before['at'][:10]}: {_percent(was)}"
        said += ")" if before["is_same_configuration"] else ", by other rules)"
    if found["quarantined"]:
        said += f"; {counted(found['quarantined'], 'row')} put aside besides"
    return Text(said + ".", style="bold")


def _dimensions(found: Shown) -> RenderableType:
    """How many leads have anything to be said of each dimension."""
    said = (f"{name} {_percent(n / found['leads'])}" for name, n in found["dimensions"].items())
    return Text("Leads with a finding: " + ", ".join(said))


def _arrow(change: float) -> str:
    """Say which way a share went."""
    if abs(change) < STEADY:
        return "="
    return "▲" if change > 0 else "▼"


def _trend(finding: Shown) -> Text:
    if finding["share_before"] is None:
        return Text("")
    change = finding["share"] - finding["share_before"]
    arrow = _arrow(change)
    style = {"▲": "red", "▼": "green", "=": "dim"}[arrow]
    moved = "" if arrow == "=" else f" {100 * change:+.1f}"
    return Text(arrow + moved, style=style)


def _findings(found: Shown, catalogue: Mapping[str, Reason]) -> RenderableType:
    table = _table("What is wrong", "code", "severity", "meaning", "leads", "share", "", numbers=3)
    for finding in found["findings"][:MOST_FINDINGS]:
        style = _STYLES[finding["severity"]]
        share = _percent(finding["share"]) + (" !" if finding["is_over_limit"] else "")
        table.add_row(
            finding["code"],
            Text(finding["severity"], style=style),
            _sentence(catalogue, finding["code"]),
            str(finding["leads"]),
            share,
            _trend(finding),
        )
    return table


def _sentence(catalogue: Mapping[str, Reason], code: str) -> str:
    return catalogue[code].sentence if code in catalogue else ""


def _fixes(fixes: Sequence[Shown], catalogue: Mapping[str, Reason]) -> RenderableType:
    table = _table(
        "What to fix first", "cause", "fact", "mostly from", "unblocks", "leads", numbers=2
    )
    for fix in fixes:
        table.add_row(
            _sentence(catalogue, fix["code"]) or fix["code"],
            fix["fact"] or "",
            fix["main_origin"] or "",
            str(fix["unblocks"] or "·"),
            str(fix["leads"]),
        )
    return table


def _origins(origins: Sequence[Shown]) -> RenderableType:
    table = _table("Where it comes from", "origin", "code", "leads", "of its leads", numbers=2)
    for origin in origins:
        table.add_row(
            origin["origin"], origin["code"], str(origin["leads"]), _percent(origin["share"])
        )
    return table


def _fields(fields: Sequence[Shown]) -> RenderableType:
    table = _table(
        "Fields that are read but seldom filled",
        "pathway",
        "fact",
        "",
        "filled",
        "leads",
        numbers=2,
    )
    for field in fields[:MOST_FIELDS]:
        bar = Text("▇" * round(20 * field["share"]), "cyan")
        table.add_row(
            field["pathway"], field["fact"], bar, _percent(field["share"]), str(field["leads"])
        )
    return table


def _groups(title: str, groups: Mapping[str, Shown]) -> RenderableType:
    table = _table(title, "", "leads", "most frequent findings")
    for name, group in groups.items():
        frequent = sorted(group["findings"].items(), key=lambda item: (-item[1], item[0]))[:3]
        said = ", ".join(f"{code} {_percent(n / group['leads'])}" for code, n in frequent)
        table.add_row(name, str(group["leads"]), said)
    return table


def _limits(found: Shown) -> Iterator[RenderableType]:
    for finding in found["findings"]:
        if finding["is_over_limit"]:
            share, limit = _percent(finding["share"]), _percent(finding["limit"])
            said = f"{finding['code']}: {share} of the leads, where {limit} are allowed."
            yield Text(said, style="bold red")
