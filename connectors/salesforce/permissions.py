"""What the org says of permissions: which fields are there and hidden, and whether ours were assigned.

Both can only be asked for with "View Setup and Configuration" (Object Reference, FieldPermissions and
PermissionSetAssignment). Without it nothing is known, which is not the same as nothing being there.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connectors.salesforce import paths
from connectors.salesforce.soql import among, is_name, quoted, select
from connectors.salesforce.transport import Transport
from worker.errors import FixAccessError, FixDataError


class _Shown(msgspec.Struct, rename="pascal"):
    field: str


class _ShownFields(msgspec.Struct):
    records: list[_Shown] = []


class _Counted(msgspec.Struct, rename="camel"):
    total_size: int = 0


class _User(msgspec.Struct):
    user_id: str


_FIELDS = msgspec.json.Decoder(_ShownFields)
_COUNTED = msgspec.json.Decoder(_Counted)
_USER = msgspec.json.Decoder(_User)


def shown_to_somebody(
    transport: Transport, object_name: str, names: Sequence[str]
) -> frozenset[str] | None:
    """Name those fields that some permission set or profile shows; None where we may not look.

    A field that nobody sees is taken to be missing: every profile of an administrator sees its own.
    """
    asked = [f"{object_name}.{name}" for name in names if is_name(name)]
    if not asked:
        return frozenset()
    where = (f"SobjectType = {quoted(object_name)}", among("Field", asked))
    try:
        found = transport.query(select("FieldPermissions", ("Field",), where), _FIELDS.decode)
    except (FixAccessError, FixDataError):
        return None
    return frozenset(one.field.partition(".")[2] for one in found.records)


def own_user(transport: Transport) -> str | None:
    """Give the id of the user whom our session belongs to; None where we may not ask."""
    try:
        return transport.call(paths.WHO_AM_I, _USER.decode).user_id
    except (FixAccessError, FixDataError):
        return None


def is_assigned(transport: Transport, permission_set: str) -> bool | None:
    """Tell whether our user has a permission set, also by a group; None where we may not look.

    Whoever has a group has its sets (Object Reference, PermissionSetGroupComponent).
    """
    name = f"PermissionSet.Name = {quoted(permission_set)}"
    in_group = select("PermissionSetGroupComponent", ("PermissionSetGroupId",), (name,))
    alone = _has(transport, name)
    return _has(transport, f"PermissionSetGroupId IN ({in_group})") if alone is False else alone


def may_write_inactive(transport: Transport) -> bool | None:
    """Tell whether our user may write to records whose owner is inactive; None: we may not look."""
    return _has(transport, "PermissionSet.PermissionsUpdateWithInactiveOwner = true")


def _has(transport: Transport, condition: str) -> bool | None:
    """Look among the assignments of our user, of which its profile is one."""
    user = own_user(transport)
    if user is None:
        return None
    where = (f"AssigneeId = {quoted(user)}", condition)
    query = select("PermissionSetAssignment", ("Id",), where)
    try:
        return transport.query(query, _COUNTED.decode).total_size > 0
    except (FixAccessError, FixDataError):
        return None
