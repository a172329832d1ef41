"""What a run did, in few lines, for somebody who sees it for the first time; the reports say it all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import RenderableType

from worker.core.reasons import Reason
from worker.core.trace import Json
from worker.ports import CallCount
from worker.report.shapes import RunSummary, top
from worker.report.text import plain_table, show_funnel, show_reasons
from worker.report.words import counted

_REASONS = 4
_OWNERS = 6
_SENTENCES = 3
_VERDICTS = {
    "qualified": "qualified",
    "nurture": "in nurture",
    "not_ready": "not ready",
    "hold": "on hold",
    "disqualified": "disqualified",
}


def plan_in_short(summary: RunSummary) -> str:
    """Say how much a plan would change."""
    planned = summary.steps.get("decide", {}).get("planned", 0)
    return (
        f"{counted(summary.base, 'person', 'people')}; {counted(planned, 'record')} would change; "
        f"{counted(len(summary.breaches), 'budget')} exceeded"
    )


def run_in_short(summary: RunSummary, catalogue: Mapping[str, Reason]) -> Iterator[RenderableType]:
    """Say what was written and decided, and why: the funnel, the owners, the most frequent reasons."""
    decided = summary.steps.get("decide", {})
    verdicts = [f"{decided[name]} {said}" for name, said in _VERDICTS.items() if decided.get(name)]
    writes = [f"{count} {name}" for name, count in sorted(summary.writes.items())]
    yield f"Writes: {', '.join(writes) or 'none'}. People: {', '.join(verdicts) or 'nobody'}."
    yield ""
    yield show_funnel(summary.funnel)
    yield ""
    yield show_reasons(summary.reasons, catalogue, _REASONS)
    yield ""
    owners = [f"{name} {count}" for name, count in top(summary.owners, _OWNERS)]
    left = len(summary.owners) - len(owners)
    yield f"Handed off to {', '.join(owners)}{f', and {left} more' if left > 0 else ''}."


def lead_in_short(explained: Mapping[str, Json], zone: ZoneInfo) -> Iterator[str]:
    """Say of one lead what was decided, who has it, what comes next, and the first reasons."""
    stage, route = _map(explained["stage"]), _map(explained["route"])
    by = explained["carried_by"]
    yield f"{explained['ref']}: {explained['verdict']}" + (f" by the rule {by}" if by else "")
    yield f"  stage    {stage.get('before') or 'none'} → {stage.get('after') or 'none'}"
    if route and not route.get("hold"):
        yield f"  owner    {route.get('owner')} of {route['target']}, by the rule {route['rule']}"
        yield f"  next     {route['next_step']}, due {_local(route['due_at'], zone)}"
    yield f"  contact  {_channels(explained)}"
    score = _map(explained["score"])
    parts = [f"{name} {_points(value)}" for name, value in _map(score["families"]).items()]
    yield f"  score    {_points(score['total'])}: {', '.join(parts) or 'nothing counted'}"
    sentences = [str(_map(one)["sentence"]) for one in _items(explained["reasons"])]
    for place, sentence in enumerate(sentences[:_SENTENCES]):
        yield f"  {'' if place else 'because':<9}{sentence}"
    for one in _items(_map(explained["smallest_change"]).get("criteria")):
        yield f"  lacks    {_map(one)['sentence']}"


def truth_in_short(told: Mapping[str, Json]) -> Iterator[RenderableType]:
    """Say on how many people the CRMs disagree, stage by stage, and why."""
    lines = [_map(one) for one in _items(told["funnel"])]
    systems = list(_map(lines[0]["records"])) if lines else []
    about = ", ".join(f"{name} {count}" for name, count in _map(told["about"]).items())
    yield (
        f"{told['people']} people, {told['in_several_crms']} in more than one CRM; "
        f"the CRMs disagree on {told['disagreeing']}" + (f" ({about})" if about else "")
    )
    table = plain_table("", "stage", *systems, "agreed", "disputed", numbers=2 + len(systems))
    table.title = None
    for line in lines:
        records = [str(count) for count in _map(line["records"]).values()]
        table.add_row(str(line["stage"]), *records, str(line["agreed"]), str(line["disputed"]))
    yield table


def causes_in_short(told: Mapping[str, Json]) -> str:
    """Name why the CRMs still disagree."""
    causes = ", ".join(f"{name} {count}" for name, count in _map(told["causes"]).items())
    return f"What is left, and why: {causes or 'nothing'}"


def calls_in_short(system: str, counts: Sequence[CallCount]) -> str:
    """Say how often a CRM was called, and how often would have been enough for what carries rows."""
    told = [(one.calls, one.fewest) for one in counts if one.fewest is not None]
    said = f"{system}: {counted(sum(one.calls for one in counts), 'call')} in the first sync"
    if not told:
        return said
    calls, fewest = sum(one for one, _ in told), sum(one for _, one in told)
    return f"{said}; {calls} for rows, which full pages and batches hold in {fewest}"


def _channels(explained: Mapping[str, Json]) -> str:
    channels = [_map(one) for one in _items(explained["permissions"])]
    allowed = [str(one["channel"]) for one in channels if one["is_allowed"]]
    closed = [f"{one['channel']} ({one['reason']})" for one in channels if not one["is_allowed"]]
    said = ", ".join(allowed) or "no channel may be used"
    return f"{said}; closed: {', '.join(closed)}" if closed else said


def _local(at: Json, zone: ZoneInfo) -> str:
    return f"{datetime.fromisoformat(str(at)).astimezone(zone):%Y-%m-%d %H:%M %Z}"


def _points(value: Json) -> str:
    return f"{round(value, 1):g}" if isinstance(value, (int, float)) else ""


def _map(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Json) -> Sequence[Json]:
    return value if isinstance(value, (list, tuple)) else ()
