"""The forms a value takes in a field: how it is sent, and when two texts of it say the same. Pure."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from connectors.salesforce.ids import long_id
from connectors.salesforce.rows import NUMBERS, instant_of, plain_number
from worker.core.records import RawValue

Sent: TypeAlias = str | bool | msgspec.Raw | None
_YES = frozenset({"true", "1"})


def to_send(value: RawValue, kind: str) -> Sent:
    """Write a value for JSON; None clears a field, as REST has it."""
    if not value:
        return None
    if kind == "boolean":
        return value.lower() in _YES if value.lower() in _YES | {"false", "0"} else value
    if kind in NUMBERS:
        number = plain_number(value)
        return msgspec.Raw(number.encode()) if _is_number(number) else value
    return long_id(value) if kind == "reference" else value


def is_same(one: RawValue, other: RawValue, kind: str) -> bool:
    """Compare two texts of a field as Salesforce keeps them: trimmed, in its own spelling."""
    left, right = (one or "").strip(), (other or "").strip()
    if left == right or not (left and right):
        return left == right
    match kind:
        case "boolean":
            return (left.lower() in _YES) == (right.lower() in _YES)
        case "datetime":
            at = instant_of(left)
            return at is not None and at == instant_of(right)
        case "multipicklist":
            return _parts(left) == _parts(right)
        case "reference":
            return long_id(left) == long_id(right)
        case "email":
            return left.lower() == right.lower()
    if kind in NUMBERS:
        return plain_number(left) == plain_number(right)
    return left.splitlines() == right.splitlines()


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def _parts(text: str) -> set[str]:
    return {part.strip() for part in text.split(";") if part.strip()}
