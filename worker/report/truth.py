"""What ``truth`` shows: the one funnel, and on whom the CRMs disagree. Ids, stages, owners and codes only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from worker.core.model import Stage
from worker.core.testimony import TO_DO, UNKNOWN, Cause, Disagreement, Testimony
from worker.core.trace import Json
from worker.report.text import plain_table, show_counts
from worker.report.words import counted

STAGES = ("none", *(stage.value for stage in Stage), UNKNOWN)
PAGE = 200
"""So many people are put into one table: it has to know all its lines before it shows the first."""


class Counts(Protocol):
    """What was counted, as the step counts it."""

    @property
    def looked_at(self) -> int: ...
    @property
    def in_several(self) -> int: ...
    @property
    def disagreeing(self) -> int: ...
    @property
    def about(self) -> Mapping[str, int]: ...
    @property
    def causes(self) -> Mapping[str, int]: ...
    @property
    def records(self) -> Mapping[str, Mapping[str, int]]: ...
    @property
    def agreed(self) -> Mapping[str, int]: ...
    @property
    def alone(self) -> Mapping[str, Mapping[str, int]]: ...
    @property
    def split(self) -> Mapping[str, int]: ...


def truth_json(counts: Counts, read_at: Mapping[str, datetime | None]) -> dict[str, Json]:
    """The counts, the funnel and the times of reading as JSON; the people follow them."""
    return {
        "people": counts.looked_at,
        "in_several_crms": counts.in_several,
        "disagreeing": counts.disagreeing,
        "about": dict(sorted(counts.about.items())),
        "causes": dict(sorted(counts.causes.items())),
        "read_at": {name: at.isoformat() if at else None for name, at in sorted(read_at.items())},
        "funnel": [dict(line) for line in _funnel(counts, sorted(read_at))],
    }


def _funnel(counts: Counts, systems: Sequence[str]) -> Iterator[dict[str, Json]]:
    for stage in STAGES:
        line: dict[str, Json] = {
            "stage": stage,
            "records": {name: counts.records.get(name, {}).get(stage, 0) for name in systems},
            "agreed": counts.agreed.get(stage, 0),
            "in_one_crm": {name: counts.alone.get(name, {}).get(stage, 0) for name in systems},
            "disputed": counts.split.get(stage, 0),
        }
        if counts.agreed.get(stage) or any(
            counts.records.get(name, {}).get(stage) for name in systems
        ):
            yield line


def disagreement_json(item: Disagreement) -> dict[str, Json]:
    """One disagreement as JSON."""
    return {
        "profile": item.profile_id,
        "about": item.about.value,
        "fact": item.field,
        "channels": list(item.channels),
        "wanted": item.wanted,
        "records": [_testimony_json(one) for one in item.testimonies],
        "to_settle": _to_settle(item),
    }


def _testimony_json(one: Testimony) -> dict[str, Json]:
    return {
        "record": str(one.ref),
        "shows": one.shows,
        "cause": one.cause.value if one.cause else None,
        "code": one.code,
        "at": one.at.isoformat() if one.at else None,
        "plan": one.plan,
    }


def _to_settle(item: Disagreement) -> list[Json]:
    """Say what settles it: for each record that shows something else, what is written, or is to be done."""
    return [_settles(item, one) for one in item.testimonies if one.cause is not None]


_WRITES = frozenset(
    {
        Cause.HELD_PLAN,
        Cause.WAITING,
        Cause.SET_BY_PERSON,
        Cause.NOT_DECIDED,
        Cause.ON_ITS_WAY,
        Cause.NEVER_WRITTEN,
        Cause.CONFLICT,
    }
)
"""Causes that end with a write of ours."""


def _settles(item: Disagreement, one: Testimony) -> str:
    assert one.cause is not None
    what = item.field or item.about.value
    said = TO_DO[one.cause] + (f" {one.plan}" if one.plan else "")
    if one.cause in _WRITES and item.wanted is not None:
        return f"{one.ref}: {what} {one.shows or 'none'} → {item.wanted}; {said}"
    return f"{one.ref}: {said}"


def show_truth(
    counts: Counts, read_at: Mapping[str, datetime | None], zone: ZoneInfo
) -> Iterator[RenderableType]:
    """Show the counts and the funnel to people."""
    systems = sorted(read_at)
    times = (f"{name} {_when(read_at[name], zone)}" for name in systems)
    yield f"As the CRMs were read: {', '.join(times)}"
    yield (
        f"{counted(counts.looked_at, 'person', 'people')}, {counts.in_several} in more than one CRM; "
        f"the CRMs disagree on {counts.disagreeing}"
    )
    yield ""
    yield _funnel_table(counts, systems)
    if counts.about:
        yield ""
        yield show_counts("Disagreements", counts.about, len(counts.about))
    if counts.causes:
        yield ""
        yield _causes_table(counts)


def _causes_table(counts: Counts) -> RenderableType:
    """Show each cause once, the most frequent first, with what settles it."""
    table = plain_table("Causes", "cause", "records", "what settles it")
    table.columns[1].justify = "right"
    for cause in sorted(Cause, key=lambda one: (-counts.causes.get(one.value, 0), one.value)):
        if counts.causes.get(cause.value):
            table.add_row(cause.value, str(counts.causes[cause.value]), TO_DO[cause])
    return table


def _when(at: datetime | None, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M %Z}" if at is not None else "at no time on record"


def _funnel_table(counts: Counts, systems: Sequence[str]) -> RenderableType:
    heads = [*systems, "agreed", "disputed", *(f"only {name}" for name in systems)]
    table = plain_table("One funnel", "stage", *heads, numbers=len(heads))
    for stage in STAGES:
        shown = [counts.records.get(name, {}).get(stage, 0) for name in systems]
        alone = [counts.alone.get(name, {}).get(stage, 0) for name in systems]
        both = [counts.agreed.get(stage, 0), counts.split.get(stage, 0)]
        if any((*shown, *both)):
            table.add_row(stage, *map(str, (*shown, *both, *alone)))
    return table


def show_people(items: Sequence[Disagreement], zone: ZoneInfo) -> RenderableType:
    """Show some disagreements as a table; what settles each cause stands beside the counts."""
    table = plain_table("", "record", "shows", "cause")
    table.columns[0].no_wrap = True  # an id in two pieces cannot be searched for
    table.columns[2].no_wrap = True
    for item in items:
        about = item.field or item.about.value
        wanted = f", wanted {item.wanted}" if item.wanted is not None else ""
        table.add_row(Text(f"{about}{wanted}", "bold"))
        for one in item.testimonies:
            table.add_row(f"  {one.ref}", one.shows or "none", _cause(one, zone))
    return table


def _cause(one: Testimony, zone: ZoneInfo) -> str:
    words = [one.cause.value] if one.cause else []
    words += [one.code] if one.code else []
    words += [one.plan] if one.plan else []
    if one.at is not None:
        words += ["set by a person"] if one.cause is None else []
        words.append(_when(one.at, zone))
    return "\n".join(words)
