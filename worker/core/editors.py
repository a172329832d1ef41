"""Which fields it is worth knowing the editor of, and what an integration is that acts like a user. Pure.

A CRM names users and apps. That one of them is no person is known to the organisation alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from worker.core.case_safe_ids import short_form
from worker.core.field_map import FieldWrite, Managed, ObjectMap
from worker.core.records import Edit, Editor

WATCHED = frozenset({Managed.STAGE, Managed.OWNER})
"""What people set as well as we do."""


def watched_writes(object_map: ObjectMap) -> tuple[FieldWrite, ...]:
    """List the fields of an object type whose editor is worth knowing."""
    return tuple(write for write in object_map.writes if write.managed in WATCHED)


def as_configured(edit: Edit, integrations: Mapping[str, Editor]) -> Edit:
    """Say of a user or an app that the configuration names what it is; ids of both forms are one."""
    kind = integrations.get(short_form(edit.who or ""))
    return edit if kind is None else replace(edit, by=kind)


def author_of(edit: Edit) -> str:
    """Write down who made an edit, by kind and ids: never a name."""
    who = f" {edit.who}" if edit.who else ""
    via = f" ({edit.via})" if edit.via else ""
    return f"{edit.by.value}{who}{via}"
