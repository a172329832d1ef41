"""Checks the values of a write and brings them into the form of the store."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Final

from connectors.sandbox.clock import to_ms
from connectors.sandbox.exchange import Json
from connectors.sandbox.salesforce.errors import Problem, RefusedError
from connectors.sandbox.salesforce.fields import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field, Stored
from connectors.sandbox.salesforce.ids import read_id

_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]]+@[^@\s,;<>()\[\]]+\.[A-Za-z]{2,}")
_LARGEST_INT: Final = 2_147_483_647
_TRUTHS: Final = {"true": 1, "false": 0, "1": 1, "0": 0}


def refused(code: str, message: str, *fields: str) -> RefusedError:
    """Make the refusal of a record for one of its fields."""
    return RefusedError(400, Problem(code=code, message=message, fields=fields))


def kept(field: Field, given: Json) -> Stored:
    """Check a value and bring it into the form of the store; None clears.

    Raises:
        RefusedError: The field cannot hold it.
    """
    if given is None or given == "":
        return 0 if field.type == "boolean" and given == "" else None
    if isinstance(given, Mapping | list):
        raise _unreadable(field, "an object")
    if field.type in TEXT_TYPES:
        return _text(field, given)
    if field.type in ID_TYPES:
        return _id(field, given)
    if field.type == "boolean":
        return _truth(field, given)
    if field.type in NUMBER_TYPES:
        return _number(field, given)
    return _instant(field, given)


def _unreadable(field: Field, what: str) -> RefusedError:
    return refused(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {field.type} from {what} for field {field.name}",
        field.name,
    )


def _text(field: Field, given: Json) -> str | None:
    text = str(given).lower() if isinstance(given, bool) else str(given)
    text = text.replace("\x00", "").strip()
    if field.length and len(text) > field.length:
        raise refused(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {text[:80]} (max length={field.length})",
            field.name,
        )
    if field.type == "email" and text and not _EMAIL.fullmatch(text):
        message = f"{field.label}: invalid email address: {text}"
        raise refused("INVALID_EMAIL_ADDRESS", message, field.name)
    if field.type in {"picklist", "multipicklist"}:
        return _picked(field, text)
    return text or None


def _picked(field: Field, text: str) -> str | None:
    known = {option.value.lower(): option.value for option in field.options if option.is_active}
    parts = [part for part in text.split(";") if part] if field.type == "multipicklist" else [text]
    if field.is_restricted and known:
        for part in parts:
            if part.lower() not in known:
                raise refused(
                    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                    f"{field.label}: bad value for restricted picklist field: {part}",
                    field.name,
                )
    return ";".join(known.get(part.lower(), part) for part in parts) or None


def _id(field: Field, given: Json) -> str:
    found = read_id(given) if isinstance(given, str) else None
    if found is None:
        raise refused(
            "MALFORMED_ID", f"{field.label}: id value of incorrect type: {given}", field.name
        )
    return found


def _truth(field: Field, given: Json) -> int:
    found = _TRUTHS.get(str(given).lower())
    if found is None:
        raise _unreadable(field, "a value that is no boolean")
    return found


def _number(field: Field, given: Json) -> int | float:
    number = math.nan
    if isinstance(given, int | float | str) and not isinstance(given, bool):
        with suppress(ValueError):
            number = float(given)
    if not math.isfinite(number):
        raise _unreadable(field, "a value that is no number")
    most = _LARGEST_INT if field.type == "int" else 10.0 ** (field.precision or 18)
    if abs(number) > most:
        message = f"{field.label}: value outside of valid range on numeric field"
        raise refused("NUMBER_OUTSIDE_VALID_RANGE", message, field.name)
    if field.type == "int":
        return round(number)
    return round(number, field.scale) if field.scale else number


def _instant(field: Field, given: Json) -> Stored:
    if isinstance(given, str):
        try:
            if field.type == "date":
                return date.fromisoformat(given[:10]).isoformat()
            at = datetime.fromisoformat(given)
            return to_ms(at.replace(tzinfo=at.tzinfo or UTC)) // 1000 * 1000
        except (ValueError, OverflowError):
            pass
    raise _unreadable(field, "a value that is no valid date")
