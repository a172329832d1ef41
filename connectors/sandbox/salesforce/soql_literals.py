"""Turns the literals of a query into values of the store, or says why a field cannot have one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from connectors.sandbox.clock import to_ms
from connectors.sandbox.salesforce.errors import RefusedError, refusal
from connectors.sandbox.salesforce.fields import ID_TYPES, NUMBER_TYPES, TEXT_TYPES, Field, Stored
from connectors.sandbox.salesforce.ids import read_id
from connectors.sandbox.salesforce.soql_nodes import Kind, Literal
from connectors.sandbox.salesforce.soql_words import ESCAPED

_QUOTED: Final = "and should be enclosed in quotes"
_UNQUOTED: Final = "and should not be enclosed in quotes"


def value_of(field: Field, literal: Literal) -> Stored:
    """Read a literal for a field; text that is no id stays, and matches nothing.

    Raises:
        RefusedError: The field takes values of another kind.
    """
    if literal.kind is Kind.NULL:
        return None
    if field.type in TEXT_TYPES | ID_TYPES:
        return _text(field, literal)
    if field.type == "boolean":
        if literal.kind is not Kind.BOOLEAN:
            raise _wrong(field, "boolean", _UNQUOTED)
        return int(literal.value == "true")
    if field.type in NUMBER_TYPES:
        if literal.kind is not Kind.NUMBER:
            raise _wrong(field, field.type, _UNQUOTED)
        return float(literal.value)
    return _instant(field, literal)


def _text(field: Field, literal: Literal) -> str:
    if literal.kind is not Kind.TEXT:
        raise _wrong(field, "string", _QUOTED)
    if field.type in TEXT_TYPES:
        return literal.value.replace(ESCAPED, "")
    if not literal.value:
        return ""
    found = read_id(literal.value)
    if found is None:
        raise refusal("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {literal.value}")
    return found


def _instant(field: Field, literal: Literal) -> Stored:
    wanted = Kind.DATE if field.type == "date" else Kind.DATETIME
    if literal.kind is not wanted:
        raise _wrong(field, wanted.value, _UNQUOTED)
    try:
        if wanted is Kind.DATE:
            return datetime.fromisoformat(literal.value).date().isoformat()
        at = datetime.fromisoformat(literal.value.upper())
        return to_ms(at.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise refusal("MALFORMED_QUERY", f"invalid {wanted.value}: {literal.value}") from error


def _wrong(field: Field, wanted: str, quotes: str) -> RefusedError:
    return refusal(
        "INVALID_FIELD",
        f"value of filter criterion for field '{field.name}' must be of type {wanted} {quotes}",
    )


def like_pattern(literal: Literal) -> str:
    """Turn the pattern of LIKE into one with ``\\`` before what stands for itself."""
    return literal.value.replace("\\", "\\\\").replace(ESCAPED, "\\")
