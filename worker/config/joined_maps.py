"""Joins what the field maps of all systems produce, for what is checked against them."""

from __future__ import annotations

from collections.abc import Mapping

from worker.config.maps import MapNotes
from worker.config.vocabulary import Mapped
from worker.core.field_map import ObjectKind, SystemMap


def join_mapped(
    notes: MapNotes,
    systems: Mapping[str, SystemMap],
) -> Mapped:
    """Join what all systems map; ``writers`` names the values each system writes."""
    writers = {
        name: frozenset(write.managed for item in system.objects for write in item.writes)
        for name, system in systems.items()
    }
    return Mapped(
        fields=tuple(notes.fields),
        activities=frozenset(notes.activities),
        is_complete=not notes.unknown,
        writers=writers,
        has_availability=any(
            item.kind is ObjectKind.AVAILABILITY
            for system in systems.values()
            for item in system.objects
        ),
        tells_doers=any(
            item.activity is not None and item.activity.owner is not None
            for system in systems.values()
            for item in system.objects
        ),
    )
