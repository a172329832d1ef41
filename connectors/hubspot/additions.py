"""What belongs to a contact and is no property of it: types of subscription, and lists.

A field map asks for ``subscriptions.<id>`` and ``lists.<id>``. They cost calls of their own, so only
what is asked for is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.hubspot import memberships, subscriptions
from connectors.hubspot.memberships import read_memberships
from connectors.hubspot.rows import Row, text_of
from connectors.hubspot.subscriptions import read_statuses
from connectors.hubspot.transport import Transport
from worker.core.records import FieldDescription, RawValue

EMAIL = "email"
PREFIXES = (subscriptions.PREFIX, memberships.PREFIX)
NOTHING: Mapping[str, RawValue] = {}


def describe_additions(types: Sequence[str], lists: Sequence[str]) -> tuple[FieldDescription, ...]:
    """List the fields of our own that the options name."""
    names = [f"{subscriptions.PREFIX}{one}" for one in types]
    names += [f"{memberships.PREFIX}{one}" for one in lists]
    return tuple(FieldDescription(name=name, is_writable=False) for name in names)


def properties_for(fields: Sequence[str]) -> tuple[str, ...]:
    """Name the properties to ask for: those of the contact, and its address where it is needed."""
    own = tuple(name for name in fields if not name.startswith(PREFIXES))
    needs_address = any(name.startswith(subscriptions.PREFIX) for name in fields)
    return (*own, EMAIL) if needs_address else own


def asks_for_lists(fields: Sequence[str]) -> bool:
    """Tell whether membership of lists is asked for."""
    return any(name.startswith(memberships.PREFIX) for name in fields)


def read_additions(
    transport: Transport, rows: Sequence[Row], fields: Sequence[str]
) -> Mapping[str, Mapping[str, RawValue]]:
    """Give the fields of our own by the contact's id; one that is not known is empty."""
    types = [name for name in fields if name.startswith(subscriptions.PREFIX)]
    lists = [name for name in fields if name.startswith(memberships.PREFIX)]
    found: dict[str, dict[str, RawValue]] = {str(row.id): {} for row in rows}
    if types and rows:
        _add_statuses(transport, rows, types, found)
    if lists and rows:
        _add_memberships(transport, lists, found)
    return found


def _add_statuses(
    transport: Transport,
    rows: Sequence[Row],
    types: Sequence[str],
    found: Mapping[str, dict[str, RawValue]],
) -> None:
    emails = {str(row.id): text_of(row.properties.get(EMAIL)) or "" for row in rows}
    statuses = read_statuses(transport, [email for email in emails.values() if email])
    for record_id, email in emails.items():
        said = statuses.get(email.lower(), {})
        for name in types:
            found[record_id][name] = said.get(name.removeprefix(subscriptions.PREFIX))


def _add_memberships(
    transport: Transport, lists: Sequence[str], found: Mapping[str, dict[str, RawValue]]
) -> None:
    members = read_memberships(transport, list(found))
    for record_id, values in found.items():
        inside = members.get(record_id)
        for name in lists:
            is_in = None if inside is None else name.removeprefix(memberships.PREFIX) in inside
            values[name] = None if is_in is None else str(is_in).lower()
