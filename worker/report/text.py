"""What commands show to people: tables for many things, short lines for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from worker.core.guardrails import Breach
from worker.core.model import Stage
from worker.core.reasons import Reason
from worker.core.trace import Json
from worker.report.shapes import FunnelLine, RunSummary, top

STAGE_COLUMNS = ("none", *(stage.value for stage in Stage))
MOST_REASONS = 10


def _table(title: str, *columns: str, numbers: int = 0) -> Table:
    """A plain table; the last ``numbers`` columns are right-aligned."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place, column in enumerate(columns):
        is_number = place >= len(columns) - numbers
        table.add_column(column, justify="right" if is_number else "left")
    return table


def show_funnel(lines: Sequence[FunnelLine]) -> RenderableType:
    """Leads by pathway and stage."""
    stages = [stage for stage in STAGE_COLUMNS if any(line.stage == stage for line in lines)]
    table = _table("Funnel", "pathway", *stages, "all", numbers=len(stages) + 1)
    for pathway in dict.fromkeys(line.pathway for line in lines):
        counts = {line.stage: line.count for line in lines if line.pathway == pathway}
        cells = [str(counts.get(stage, "·")) for stage in stages]
        table.add_row(pathway, *cells, str(sum(counts.values())))
    return table


def show_counts(title: str, counts: Mapping[str, int], most: int) -> RenderableType:
    """A list of names and counts with bars, the largest first."""
    table = _table(title, "", "", "")
    shown = top(counts, most)
    largest = max((count for _name, count in shown), default=1)
    for name, count in shown:
        table.add_row(name, str(count), Text("▇" * max(1, round(20 * count / largest)), "cyan"))
    return table


def show_reasons(
    counts: Mapping[str, int], catalogue: Mapping[str, Reason], most: int = MOST_REASONS
) -> RenderableType:
    """The most frequent first reasons, in words."""
    table = _table("Top reasons", "code", "leads", "meaning")
    for code, count in top(counts, most):
        reason = catalogue.get(code)
        table.add_row(code, str(count), reason.sentence if reason else "")
    return table


def show_steps(summary: RunSummary) -> RenderableType:
    """What each step counted."""
    table = _table("Steps", "step", "counts")
    for step, counts in summary.steps.items():
        said = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
        table.add_row(step, said or "nothing to do")
    total = sum(summary.writes.values())
    writes = ", ".join(f"{name} {count}" for name, count in sorted(summary.writes.items()))
    table.add_row("writes", f"{total} ({writes})" if total else "0")
    return table


def show_breaches(breaches: Sequence[Breach], run_id: str) -> RenderableType:
    """Why a plan is held, and how to let it go."""
    lines = [Text("The plan is held. Nothing was written.", "bold red")]
    for breach in breaches:
        lines.append(
            Text(
                f"  budget {breach.budget}: {breach.count} changes of {breach.scope.value} "
                f"{breach.key}, allowed {breach.allowed} on a base of {breach.base}"
            )
        )
        lines.append(Text(f"    likely cause: {breach.cause}"))
    lines.append(Text(f"  look:    leadtriage apply {run_id} --dry-run"))
    lines.append(Text(f"  release: leadtriage apply {run_id}"))
    return Group(*lines)


def show_summary(summary: RunSummary, catalogue: Mapping[str, Reason]) -> RenderableType:
    """Everything a person wants to know after a run."""
    parts: list[RenderableType] = [show_funnel(summary.funnel), ""]
    if summary.owners:
        parts += [show_counts("Owners of qualified leads", summary.owners, 20), ""]
    if summary.reasons:
        parts += [show_reasons(summary.reasons, catalogue), ""]
    parts.append(show_steps(summary))
    if summary.breaches:
        parts += ["", show_breaches(summary.breaches, summary.run_id)]
    for plan_id, count in summary.held_plans.items():
        if plan_id != summary.run_id:
            parts.append(f"{count} writes are held: leadtriage apply {plan_id}")
    return Group(*parts)


def show_explanation(explained: Mapping[str, Json]) -> RenderableType:
    """One lead, explained from the verdict down to the single facts."""
    return Group(*_explanation(explained))


def _explanation(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    stage = _map(explained["stage"])
    before, after = stage.get("before") or "none", stage.get("after") or "none"
    yield Text(f"{explained['ref']}", "bold")
    yield f"  pathway   {explained['pathway'] or 'unclear'}"
    yield f"  verdict   {explained['verdict']}" + _carried(explained)
    yield f"  stage     {before} → {after} ({stage.get('reason')})"
    yield from _route(explained)
    channels = [
        str(_map(p)["channel"]) for p in _items(explained["permissions"]) if _map(p)["is_allowed"]
    ]
    yield f"  contact   {', '.join(channels) or 'no channel may be used'}"
    yield ""
    yield _reason_table(explained)
    yield from _gate_lines(explained)
    yield _criteria_table(explained)
    yield from _closing(explained)


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()


def _carried(explained: Mapping[str, Json]) -> str:
    if explained["carried_by"]:
        return f", carried by the rule {explained['carried_by']}"
    return f", stopped by {explained['stopped_by']}" if explained["stopped_by"] else ""


def _route(explained: Mapping[str, Json]) -> Iterator[str]:
    route = _map(explained["route"])
    if not route:
        return
    owner = route.get("owner") or f"{route.get('outside_owner')} (kept)"
    yield f"  owner     {owner} of {route['target']}, by the rule {route['rule'] or 'fallback'}"
    yield f"  next      {route['next_step']}, due {route['due_at']}"
    for item in _items(route["rejected"]):
        rejected = _map(item)
        yield f"  not       {rejected['candidate']}: {rejected['reason']}"


def _reason_table(explained: Mapping[str, Json]) -> Table:
    table = _table("Reasons", "code", "meaning")
    for item in _items(explained["reasons"]):
        reason = _map(item)
        table.add_row(str(reason["code"]), str(reason["sentence"]))
    return table


def _gate_lines(explained: Mapping[str, Json]) -> Iterator[RenderableType]:
    yield ""
    said = [f"{_map(g)['criterion']} {_map(g)['truth']}" for g in _items(explained["gates"])]
    yield f"Gates: {', '.join(said) or 'none looked at'}"
    yield ""


def _criteria_table(explained: Mapping[str, Json]) -> Table:
    table = _table("Criteria", "criterion", "family", "truth", "facts read", "points", numbers=1)
    marks = {"met": "✓ met", "not_met": "✗ not met", "unknown": "? unknown"}
    for item in _items(explained["criteria"]):
        line = _map(item)
        facts = ", ".join(f"{k}={_say(v)}" for k, v in _map(line.get("facts")).items())
        evidence = _items(line["evidence"])
        read = "; ".join(p for p in (facts, _actions(len(evidence))) if p)
        table.add_row(
            str(line["id"]),
            str(line.get("family", "")),
            marks[str(line["truth"])],
            read,
            _points(line["points"]),
        )
    return table


def _actions(count: int) -> str:
    return "" if not count else "1 action" if count == 1 else f"{count} actions"


def _points(value: Json) -> str:
    return f"{round(value, 1):g}" if isinstance(value, (int, float)) else ""


def _say(value: Json) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:g}"
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def _closing(explained: Mapping[str, Json]) -> Iterator[str]:
    score = _map(explained["score"])
    families = ", ".join(f"{k} {_points(v)}" for k, v in _map(score["families"]).items())
    yield ""
    yield f"Score {_points(score['total'])}: {families or 'nothing counted'}"
    writes = _items(explained["would_write"])
    yield f"Would write now: {len(writes)} fields" if writes else "Would write now: nothing"
    for item in writes:
        line = _map(item)
        yield f"  {line['field']}: {line['before'] or '(empty)'} → {line['after'] or '(empty)'}"
    smallest = _map(explained["smallest_change"])
    if smallest:
        yield f"Smallest change that would qualify it (rule {smallest['rule']}):"
        for item in _items(smallest["criteria"]):
            yield f"  {_map(item)['sentence']}"
    if explained["changes_by_itself_at"]:
        yield f"Time alone changes this at {explained['changes_by_itself_at']}"
