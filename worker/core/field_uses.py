"""What is asked of each CRM, field by field: the minimum-necessary list that compliance reads.

Made from a narrowed configuration alone, in a fixed order; what a CRM says of its fields is joined
to it by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from worker.core.configuration import Configuration
from worker.core.field_map import ActivityRead, AvailabilityRead, ObjectMap
from worker.core.model import FactSpec
from worker.core.readers import (
    Reader,
    Readers,
    Use,
    find_doer_readers,
    find_line_readers,
    find_readers,
)

RECORD_ID, CHANGED = "record id", "time of change"
"""What the two fields say that every record is found by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """One mapped field of a CRM.

    ``says`` is the fact it fills, or what an activity says with it; None when it is only written.
    ``written`` is the managed value written to it. A field that is not ``is_requested`` is mapped, and
    read by nothing. ``justification`` allows one that looks or is labelled sensitive.
    """

    system: str
    object_type: str
    source: str
    says: str | None = None
    readers: tuple[Reader, ...] = ()
    written: str | None = None
    is_requested: bool = True
    is_personal: bool = False
    justification: str | None = None

    @property
    def uses(self) -> tuple[Use, ...]:
        """What it is read for, each use once."""
        return tuple(dict.fromkeys(reader.use for reader in self.readers))


def list_field_uses(configuration: Configuration) -> tuple[FieldUse, ...]:
    """List every mapped field, by system, object type as mapped, and name."""
    readers = find_readers(configuration)
    columns = {
        "service_line": find_line_readers(configuration),
        "owner": find_doer_readers(configuration),
    }
    found: list[FieldUse] = []
    for name in sorted(configuration.systems):
        for item in configuration.systems[name].objects:
            blank = FieldUse(system=name, object_type=item.object_type, source="")
            uses = (
                *_reference_uses(blank, item),
                *_fact_uses(blank, item, readers, configuration.facts),
                *(_activity_uses(blank, item.activity, columns) if item.activity else ()),
                *(_availability_uses(blank, item.availability) if item.availability else ()),
            )
            found += sorted(_with_writes(blank, item, uses), key=lambda u: (u.source, u.says or ""))
    return tuple(found)


def _reference_uses(blank: FieldUse, item: ObjectMap) -> Iterator[FieldUse]:
    """Without its id a record cannot be named, nor what changed be told without its time."""
    names = {RECORD_ID: item.id_field, CHANGED: item.modified_at_field}
    for says, source in names.items():
        if source is not None:
            reader = Reader(use=Use.REFERENCE, what=says)
            yield replace(blank, source=source, says=says, readers=(reader,))


def _fact_uses(
    blank: FieldUse, item: ObjectMap, readers: Readers, facts: Mapping[str, FactSpec]
) -> Iterator[FieldUse]:
    for read in (*item.reads, *item.unread):
        yield replace(
            blank,
            source=read.source,
            says=read.fact,
            readers=readers.get(read.fact, ()),
            is_requested=read in item.reads,
            is_personal=facts[read.fact].is_personal,
            justification=read.justification,
        )


def _activity_uses(
    blank: FieldUse, activity: ActivityRead, columns: Mapping[str, tuple[Reader, ...]]
) -> Iterator[FieldUse]:
    allowed = replace(blank, justification=activity.justification)
    for name, source in activity.columns().items():
        reader = Reader(use=Use.ACTIVITIES, what=name.replace("_", " "))
        found = columns.get(name, (reader,))
        yield replace(allowed, source=source, says=f"activity {name}", readers=found)
    for name, source in activity.unread.items():
        yield replace(allowed, source=source, says=f"activity {name}", is_requested=False)


def _availability_uses(blank: FieldUse, read: AvailabilityRead) -> Iterator[FieldUse]:
    allowed = replace(blank, justification=read.justification)
    for name, source in read.columns().items():
        reader = Reader(use=Use.AVAILABILITY, what=name.replace("_", " "))
        yield replace(allowed, source=source, says=f"availability {name}", readers=(reader,))


def _with_writes(
    blank: FieldUse, item: ObjectMap, uses: tuple[FieldUse, ...]
) -> Iterator[FieldUse]:
    """Join what is written: to the field that is read as well, else as a field of its own."""
    targets = {write.target: write.managed.value for write in item.writes}
    for use in uses:
        yield replace(use, written=targets.get(use.source))
    for target in targets.keys() - {use.source for use in uses}:
        yield replace(blank, source=target, written=targets[target])


def requested_reads(item: ObjectMap) -> Iterator[tuple[tuple[str, ...], str, str | None]]:
    """Yield each field that is read: its key below the object, its name, and why it is allowed."""
    for read in item.reads:
        yield ("fields", read.fact, "from"), read.source, read.justification
    for key, read_by in (("activity", item.activity), ("availability", item.availability)):
        for name, source in read_by.columns().items() if read_by else ():
            yield (key, name), source, read_by.justification if read_by else None
