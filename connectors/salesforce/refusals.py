"""What is refused before it is sent: writes that Salesforce would refuse, or worse, would take. Pure.

A record converted into a contact, a list that lacks the choice, a queue where only a person can own, a
field we may not write, and consent other than a person's no.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def refusal(changes: RawValues, row: Row, shape: Shape, converting: frozenset[str]) -> str | None:
    """Give the code of what stands against these changes of this row; None: nothing does."""
    if row.cells.get("IsConverted") == "true":
        return CONVERTED
    for name, value in changes.items():
        code = _against(name, value, shape.fields, converting)
        if code is not None:
            return code
    return None


def _against(
    name: str, value: RawValue, fields: Mapping[str, FieldShape], converting: frozenset[str]
) -> str | None:
    field = fields.get(name)
    if field is None or not field.updateable or not _may_say(name, value):
        return READ_ONLY
    if not value:
        return None
    if name == "Status" and value in converting:
        return CONVERTS
    if name == "OwnerId" and key_of(value) == QUEUE and _QUEUE_OBJECT not in field.reference_to:
        return OWNED_BY_QUEUE
    return NOT_LISTED if field.restricted_picklist and not _is_listed(field, value) else None


def _may_say(name: str, value: RawValue) -> bool:
    """Consent is the person's: an opt-out may be carried over, and never taken back."""
    if name.lower() not in _CONSENT:
        return True
    return (value or "").lower() == "true"


def _is_listed(field: FieldShape, value: str) -> bool:
    choices = field.choices
    if choices is None:
        return True
    words = value.split(";") if field.type == "multipicklist" else [value]
    return all(word.strip() in choices for word in words)
