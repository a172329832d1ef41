"""The minimum necessary: a configuration without the fields that nothing in it reads.

Such a field stays known, so that it can be shown, but no pull asks for it and no record keeps it.
What is asked for is part of a map's digest: when a rule begins to read a fact, or ceases to, the next
run reads the base again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from worker.core.configuration import Configuration
from worker.core.field_map import ActivityRead, ObjectMap, SystemMap
from worker.core.readers import Readers, find_doer_readers, find_line_readers, find_readers

IDLE_COLUMNS = ("channel",)
"""What an activity may say that nothing looks at yet."""


def narrow(configuration: Configuration) -> Configuration:
    """Take out of every field map what nothing reads."""
    readers = find_readers(configuration)
    idle = frozenset(IDLE_COLUMNS)
    if not find_line_readers(configuration):
        idle |= {"service_line"}
    if not find_doer_readers(configuration):
        idle |= {"owner"}
    systems = {
        name: _narrow_system(system, readers, idle)
        for name, system in configuration.systems.items()
    }
    return replace(configuration, systems=systems)


def _narrow_system(system: SystemMap, readers: Readers, idle: frozenset[str]) -> SystemMap:
    objects = tuple(_narrow_object(item, readers, idle) for item in system.objects)
    left_out = sorted(_left_out(objects))
    if not left_out:
        return system
    text = "\n".join([system.digest, *left_out])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return replace(system, objects=objects, digest=digest)


def _left_out(objects: tuple[ObjectMap, ...]) -> Iterator[str]:
    for item in objects:
        yield from (f"{item.object_type} {read.fact}" for read in item.unread)
        if item.activity is not None:
            yield from (f"{item.object_type} {name}" for name in item.activity.unread)


def _narrow_object(item: ObjectMap, readers: Readers, idle: frozenset[str]) -> ObjectMap:
    return replace(
        item,
        reads=tuple(read for read in item.reads if read.fact in readers),
        unread=tuple(read for read in item.reads if read.fact not in readers),
        activity=_narrow_activity(item.activity, idle) if item.activity else None,
    )


def _narrow_activity(activity: ActivityRead, idle: frozenset[str]) -> ActivityRead:
    unread: Mapping[str, str] = {
        name: source for name, source in activity.columns().items() if name in idle
    }
    return replace(
        activity,
        service_line=None if "service_line" in unread else activity.service_line,
        owner=None if "owner" in unread else activity.owner,
        channel=None if "channel" in unread else activity.channel,
        unread=unread,
    )
