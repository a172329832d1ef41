"""Which fields may not be read because of what the CRM itself says of them.

A field that its CRM labels sensitive, or made for long free text, is read only where its map allows
it by name. The names alone are judged when a configuration is loaded; this needs a look at the CRM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from worker.core.field_map import ObjectMap
from worker.core.field_uses import requested_reads
from worker.core.records import FieldDescription, ObjectDescription, Sensitivity


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedField:
    """A mapped field that may not be read. ``place`` is its key below the object; ``why`` a clause."""

    place: tuple[str, ...]
    source: str
    why: str


def refuse_fields(item: ObjectMap, description: ObjectDescription) -> Iterator[RefusedField]:
    """Yield the fields that are read, that the CRM calls delicate, and that no map allows by name."""
    described = {field.name: field for field in description.fields}
    for place, source, justification in requested_reads(item):
        field = described.get(source)
        why = why_delicate(field) if field is not None else None
        if why is not None and justification is None:
            yield RefusedField(place=place, source=source, why=why)


def why_delicate(field: FieldDescription) -> str | None:
    """Say in a clause why a field is delicate by the CRM's own account; None when it is not."""
    match field.sensitivity:
        case Sensitivity.HIGHLY_SENSITIVE:
            return "the CRM labels it highly sensitive"
        case Sensitivity.SENSITIVE:
            return "the CRM labels it sensitive"
        case Sensitivity.NONE:
            return "the CRM keeps long free text in it" if field.is_long_text else None
        case _:
            assert_never(field.sensitivity)
