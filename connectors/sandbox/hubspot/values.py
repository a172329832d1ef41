"""Property values: what the API takes for each type, and the text under which it is kept.

Pure. A value that does not fit raises ``ValueRefusedError`` with the code HubSpot uses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Final, TypeAlias

from connectors.sandbox.clock import from_ms, iso_of, to_ms
from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.errors import ValueRefusedError

Given: TypeAlias = "str | int | float | bool | None"
"""What a client may put for a value. ``None`` is ignored, an empty text clears."""

LONGEST_TEXT: Final = 65_536
_DAY_MS: Final = 86_400_000
_EMAIL: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
_WHOLE: Final = re.compile(r"-?\d{1,17}")


def text_of(given: Given) -> str:
    """Write a JSON value as HubSpot keeps it: everything is text."""
    if given is None:
        return ""
    if isinstance(given, bool):
        return "true" if given else "false"
    return str(given)


def kept(definition: Definition, text: str) -> str:
    """Check a value that is not empty and put it into the form in which it is kept."""
    return _CHECKS[definition.type](definition, text)


def _string(definition: Definition, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueRefusedError("PROPERTY_VALUE_TOO_LONG", "The value is too long.")
    if definition.name == "email":
        return _email(text)
    return text


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text.strip()):
        raise ValueRefusedError("INVALID_EMAIL", f"Email address {text} is invalid")
    return text.strip().lower()


def _number(_definition: Definition, text: str) -> str:
    try:
        is_finite = math.isfinite(float(text))
    except ValueError:
        is_finite = False
    if not is_finite:
        raise ValueRefusedError("INVALID_DOUBLE", f"{text} was not a valid number.")
    return text.strip()


def _bool(_definition: Definition, text: str) -> str:
    if text not in {"true", "false"}:
        raise ValueRefusedError(
            "INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]"
        )
    return text


def _enumeration(definition: Definition, text: str) -> str:
    if definition.external_options:
        return text
    allowed = {option.value for option in definition.options}
    parts = [part for part in text.split(";") if part] if definition.is_multiple else [text]
    for part in parts:
        if part not in allowed:
            shown = ", ".join(option.value for option in definition.options)
            raise ValueRefusedError(
                "INVALID_OPTION", f"{part} was not one of the allowed options: [{shown}]"
            )
    return text


def _date(_definition: Definition, text: str) -> str:
    at = instant_of(text)
    if at is None:
        raise ValueRefusedError("INVALID_DATE", f"{text} was not a valid date.")
    if to_ms(at) % _DAY_MS:
        raise ValueRefusedError(
            "INVALID_DATE", f"{text} is at {at.hour}:{at.minute}:{at.second}.0 UTC, not midnight!"
        )
    return at.date().isoformat()


def _datetime(_definition: Definition, text: str) -> str:
    at = instant_of(text)
    if at is None:
        raise ValueRefusedError("INVALID_LONG", f"{text} was not a valid long.")
    return iso_of(to_ms(at))


def instant_of(text: str) -> datetime | None:
    """Read milliseconds, a date or ISO 8601; a text without an offset is UTC."""
    try:
        if _WHOLE.fullmatch(text):
            return from_ms(int(text))
        at = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def comparable(definition: Definition, text: str) -> str | float | None:
    """Put a filter's value into the form in which values of the property compare."""
    match definition.type:
        case "number":
            try:
                return float(text)
            except ValueError:
                return None
        case "date" | "datetime":
            at = instant_of(text)
            if at is None:
                return None
            return iso_of(to_ms(at)) if definition.type == "datetime" else _day(at)
        case "enumeration" | "bool":
            return text
        case _:
            return text.lower()


def _day(at: datetime) -> str:
    return date.isoformat(at.date())


_CHECKS: Final[Mapping[str, Callable[[Definition, str], str]]] = {
    "string": _string,
    "phone_number": _string,
    "number": _number,
    "bool": _bool,
    "enumeration": _enumeration,
    "date": _date,
    "datetime": _datetime,
}
