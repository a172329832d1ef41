"""What something else copies from one CRM to another, such as HubSpot's own integration with Salesforce.

A stage or an owner that arrives in a record because another record of the person shows it, or showed
it a short while ago, was set by nobody there. Taken for a person's edit it would hold the lead for
weeks, or send an outdated value back round. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from worker.core.editors import watched_writes
from worker.core.field_map import Managed, ObjectMap
from worker.core.identity import Copying
from worker.core.owner_twins import person_of
from worker.core.records import RawValue, RawValues, RecordRef
from worker.core.routing import CompiledRouting
from worker.core.transforms import compile_reader
from worker.core.written_form import is_same

MOST_KEPT = 12
"""So many former values are kept of a record, the newest."""


class PastValue(NamedTuple):
    """What a field showed until some instant."""

    field: str
    text: str
    until_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a record shows, and showed before.

    ``sources`` are fields of which we know how their value came there: we wrote it, or a person did. Of
    two records that change together only such a one can be what the other was copied from.
    """

    ref: RecordRef
    object_map: ObjectMap
    values: RawValues
    past: tuple[PastValue, ...] = ()
    sources: frozenset[str] = frozenset()


def with_past(
    past: tuple[PastValue, ...],
    object_map: ObjectMap,
    before: RawValues,
    after: RawValues,
    oldest_at: datetime,
    now: datetime,
) -> tuple[PastValue, ...]:
    """Add what stage and owner were until ``now``, and drop what is older than a copy can be."""
    changed = [
        write.target
        for write in watched_writes(object_map)
        if write.target in before
        and not is_same(write, before[write.target], after.get(write.target))
    ]
    kept = [value for value in past if value.until_at >= oldest_at]
    gone = [PastValue(name, before[name] or "", now) for name in changed]
    return (*kept, *gone)[-MOST_KEPT:]


def copied_fields(
    routing: CompiledRouting,
    record: Shown,
    before: RawValues,
    others: Iterable[Shown],
    copying: Copying | None,
    now: datetime,
) -> frozenset[str]:
    """Name the fields of a record whose new value another record of the person has or had."""
    found = set[str]()
    siblings = [one for one in others if one.ref.system != record.ref.system]
    for write in watched_writes(record.object_map):
        text, managed = record.values.get(write.target), write.managed
        if write.target not in before or is_same(write, text, before[write.target]):
            continue
        meant = _meaning(routing, record, managed, text)
        told = (said for one in siblings for said in _said(routing, one, managed, copying, now))
        if meant is not None and meant in told:
            found.add(write.target)
    return frozenset(found)


def _said(
    routing: CompiledRouting, one: Shown, managed: Managed, copying: Copying | None, now: datetime
) -> Iterator[str | None]:
    """What a record says of the stage or the owner; what it said before only where fields are copied."""
    watched = watched_writes(one.object_map)
    target = next((write.target for write in watched if write.managed is managed), None)
    if target is None:
        return
    if target in one.sources:
        yield _meaning(routing, one, managed, one.values.get(target))
    if copying is None or one.ref.system not in copying.systems:
        return
    for value in one.past:
        if value.field == target and value.until_at >= now - copying.within:
            yield _meaning(routing, one, managed, value.text)


def _meaning(
    routing: CompiledRouting, record: Shown, managed: Managed, text: RawValue
) -> str | None:
    """Put a value into words that all CRMs share; None where there is nothing."""
    if not text:
        return None
    if managed is Managed.OWNER:
        return person_of(routing, f"{record.ref.system}:{text}")
    reads = record.object_map.reads
    read = next((read for read in reads if read.fact == "lifecycle_stage"), None)
    value = compile_reader(read)(text).value if read is not None else None
    return str(value) if value is not None else None
