"""What is refused before it is sent: writes that Salesforce would refuse, or worse, would take. Pure.

A record converted into a contact, a list that lacks the choice, a queue where only a person can own, a
field we may not write, and consent other than a person's no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connectors.salesforce.ids import QUEUE, key_of
from connectors.salesforce.rows import Row
from connectors.salesforce.schema import FieldShape, Shape
from worker.core.records import RawValue, RawValues

READ_ONLY: Final = "READ_ONLY"
CONVERTED: Final = "CANNOT_UPDATE_CONVERTED_LEAD"
NOT_LISTED: Final = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
CONVERTS: Final = "STATUS_WOULD_CONVERT"
OWNED_BY_QUEUE: Final = "QUEUE_CANNOT_OWN_THIS"
_CONSENT: Final = frozenset(
    name.lower()
    for name in (
        "HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall", "PersonHasOptedOutOfEmail",
        "PersonHasOptedOutOfFax", "PersonDoNotCall", "IndividualId", "PersonIndividualId",
    )
)  # fmt: skip
_QUEUE_OBJECT: Final = "Group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a write has to keep to: the fields, statuses that convert, and choices of a record type."""

    shape: Shape
    converting: frozenset[str] = frozenset()
    choices: Mapping[str, frozenset[str]] = field(default_factory=dict)


def refusal(changes: RawValues, row: Row, allowed: Allowed) -> str | None:
    """Give the code of what stands against these changes of this row; None: nothing does."""
    if row.cells.get("IsConverted") == "true":
        return CONVERTED
    for name, value in changes.items():
        code = _against(name, value, allowed)
        if code is not None:
            return code
    return None


def restricted(changes: RawValues, shape: Shape) -> list[str]:
    """Name the changes whose field takes only what its list has."""
    fields = (shape.fields.get(name) for name, value in changes.items() if value)
    return [one.name for one in fields if one is not None and one.restricted_picklist]


def _against(name: str, value: RawValue, allowed: Allowed) -> str | None:
    field_ = allowed.shape.fields.get(name)
    if field_ is None or not field_.updateable or not _may_say(name, value):
        return READ_ONLY
    if not value:
        return None
    if name == "Status" and value in allowed.converting:
        return CONVERTS
    if name == "OwnerId" and key_of(value) == QUEUE and _QUEUE_OBJECT not in field_.reference_to:
        return OWNED_BY_QUEUE
    is_listed = not field_.restricted_picklist or _is_listed(field_, value, allowed.choices)
    return None if is_listed else NOT_LISTED


def _may_say(name: str, value: RawValue) -> bool:
    """Consent is the person's: an opt-out may be carried over, and never taken back."""
    if name.lower() not in _CONSENT:
        return True
    return (value or "").lower() == "true"


def _is_listed(field_: FieldShape, value: str, choices: Mapping[str, frozenset[str]]) -> bool:
    listed = choices.get(field_.name) or field_.choices
    if listed is None:
        return True
    words = value.split(";") if field_.type == "multipicklist" else [value]
    return all(word.strip() in listed for word in words)
