"""Compares the field maps with what each CRM says of its own fields.

The check shows everything that does not fit; a pull only refuses what must not be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.config.findings import problem_at
from worker.config.yaml_text import Sheet
from worker.core.field_map import ObjectMap, SystemMap
from worker.core.records import FieldDescription, ObjectDescription
from worker.core.refusals import refuse_fields
from worker.errors import FixConfigurationError, Problem
from worker.ports import Connector

ALLOW = 'take it out of the map, or add `allow_sensitive: "<why it is needed>"`'


def look_at_system(system: SystemMap, connector: Connector, sheet: Sheet) -> Iterator[Problem]:
    """Say what stands in the way of reading a CRM by its map; ``sheet`` is the file of the map."""
    blocking = [finding.message for finding in connector.check() if finding.is_blocking]
    for message in blocking:
        yield problem_at(sheet.spot("system"), message)
    for item in () if blocking else system.objects:
        description = connector.describe(item.object_type)
        yield from _missing_fields(item, description, sheet)
        for field in refuse_fields(item, description):
            spot = sheet.spot("objects", item.object_type, *field.place)
            message = f"the field {field.source!r} is not read: {field.why}."
            yield problem_at(spot, message, hint=ALLOW)


def _missing_fields(
    item: ObjectMap, description: ObjectDescription, sheet: Sheet
) -> Iterator[Problem]:
    known = {field.name for field in description.fields} | {w.target for w in item.writes}
    for read in item.reads:
        if read.source not in known:
            spot = sheet.spot("objects", item.object_type, "fields", read.fact)
            message = f"the CRM has no field {read.source!r}."
            yield problem_at(spot, message, hint="mend the name, or remove the line")


def describe_fields(
    system: SystemMap, connector: Connector
) -> Mapping[tuple[str, str, str], FieldDescription]:
    """Collect what a CRM says of its fields, by system, object type and name."""
    return {
        (system.system, item.object_type, field.name): field
        for item in system.objects
        for field in connector.describe(item.object_type).fields
    }


def refuse_delicate(system: str, item: ObjectMap, description: ObjectDescription) -> None:
    """Refuse to read a field that the CRM calls delicate and the map does not allow by name.

    Raises:
        FixConfigurationError: there is one; nothing of the object type has been read.
    """
    for field in refuse_fields(item, description):
        raise FixConfigurationError(
            f"{item.object_type} of {system}: the field {field.source!r} is not read, because "
            f"{field.why}. Take it out of systems/{system}.yaml, or allow it there by name with "
            "`allow_sensitive`; `leadtriage check --live` lists every such field."
        )
