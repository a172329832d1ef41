"""The object types of an opened connector: found by their name, and references parted among them."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from worker.core.records import Record, RecordRef
from worker.errors import FixConfigurationError

T = TypeVar("T")
Fetch: TypeAlias = Callable[[str, Sequence[RecordRef]], Mapping[RecordRef, Record]]
"""Reads records of one object type."""


def find_object(objects: Mapping[str, T], object_type: str, system: str) -> T:
    """Find an object type. Raises ``FixConfigurationError`` with those that there are."""
    found = objects.get(object_type)
    if found is None:
        known = ", ".join(objects)
        raise FixConfigurationError(
            f"System {system} has no object type {object_type!r}. It has: {known}."
        )
    return found


def fetch_each(
    refs: Iterable[RecordRef], objects: Container[str], system: str, fetch: Fetch
) -> dict[RecordRef, Record]:
    """Read records type by type; what is of another system, or of no type of ours, is left out."""
    by_type: dict[str, list[RecordRef]] = {}
    for ref in refs:
        if ref.system == system and ref.object_type in objects:
            by_type.setdefault(ref.object_type, []).append(ref)
    found: dict[RecordRef, Record] = {}
    for object_type, mine in by_type.items():
        found.update(fetch(object_type, mine))
    return found
