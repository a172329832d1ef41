"""Search filters as conditions in SQL, with HubSpot's rules on types and empty values.

Every value is a bound parameter. An empty value satisfies only ``NOT_HAS_PROPERTY``: no comparison
holds for it, not even the negative ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from connectors.sandbox.clock import to_ms
from connectors.sandbox.hubspot.account import Account
from connectors.sandbox.hubspot.definitions import Definition
from connectors.sandbox.hubspot.errors import Detail, invalid
from connectors.sandbox.hubspot.standard import stamps_of
from connectors.sandbox.hubspot.values import comparable, instant_of

MOST_LISTED: Final = 100
_UNFILTERABLE: Final = frozenset({"hs_body_preview_html", "hs_email_html"})
_ASSOCIATIONS: Final = "associations."


class Filter(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One condition of a search."""

    property_name: str
    operator: str
    value: str | int | float | bool | None = None
    high_value: str | int | float | None = None
    values: tuple[str | int, ...] = ()


Parameter: TypeAlias = "str | float | int"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A piece of SQL with its parameters."""

    sql: str
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is compared: an expression over a record, and how values compare with it."""

    expression: Condition
    definition: Definition
    read: Callable[[str], Parameter | None]

    def value(self, given: object) -> Parameter:
        """Put a filter's value into comparable form; 400 when it is none."""
        if given is None:
            raise invalid("The filter needs a value.")
        found = self.read(str(given).lower() if isinstance(given, bool) else str(given))
        if found is None:
            raise invalid(f"The value does not fit the type of {self.definition.name}.")
        return found


def condition_of(account: Account, object_type: str, wanted: Filter) -> Condition:
    """Turn a filter into a condition; 400 for a property or operator that does not exist."""
    if wanted.property_name.startswith(_ASSOCIATIONS):
        return _linked(account, object_type, wanted)
    subject = subject_of(account, object_type, wanted.property_name)
    if wanted.operator not in _OPERATORS:
        raise invalid(f"{wanted.operator} is not an operator.")
    return _OPERATORS[wanted.operator](subject, wanted)


def subject_of(account: Account, object_type: str, name: str) -> Subject:
    """Find what a filter or a sort names."""
    definition = account.definitions.find(object_type, name)
    if definition is None or name in _UNFILTERABLE:
        raise invalid(
            "There was a problem with the request.",
            Detail(message=f"Property {name} cannot be searched by.", code="INVALID_PROPERTY"),
        )
    if column := dict(zip(stamps_of(object_type), ("created", "modified"), strict=True)).get(name):
        return Subject(expression=Condition(sql=column), definition=definition, read=_ms)
    if name == "hs_object_id":
        return _id_subject(account, definition)
    extracted = Condition(sql="json_extract(properties, ?)", parameters=(f'$."{name}"',))
    return Subject(
        expression=_typed(extracted, definition.type),
        definition=definition,
        read=lambda text: comparable(definition, text),
    )


def _id_subject(account: Account, definition: Definition) -> Subject:
    if account.sorts_ids_as_text:
        return Subject(
            expression=Condition(sql="CAST(id AS TEXT)"), definition=definition, read=str
        )
    return Subject(
        expression=Condition(sql="id"),
        definition=definition,
        read=lambda text: int(text) if text.isdecimal() else None,
    )


def _typed(extracted: Condition, type_: str) -> Condition:
    form = {"number": "CAST({} AS REAL)", "string": "lower({})", "phone_number": "lower({})"}
    sql = form.get(type_, "{}").format(extracted.sql)
    return Condition(sql=sql, parameters=extracted.parameters)


def _ms(text: str) -> int | None:
    at = instant_of(text)
    return None if at is None else to_ms(at)


def _compared(sign: str) -> Callable[[Subject, Filter], Condition]:
    def build(subject: Subject, wanted: Filter) -> Condition:
        value = subject.value(wanted.value)
        return _with(subject, f"{{}} {sign} ?", value)

    return build


def _equal(subject: Subject, wanted: Filter) -> Condition:
    value = subject.value(wanted.value)
    if subject.definition.is_multiple:
        return _with(subject, "instr(';' || {} || ';', ';' || ? || ';') > 0", value)
    return _with(subject, "{} = ?", value)


def _between(subject: Subject, wanted: Filter) -> Condition:
    low, high = subject.value(wanted.value), subject.value(wanted.high_value)
    return _with(subject, "{} BETWEEN ? AND ?", low, high)


def _listed(word: str) -> Callable[[Subject, Filter], Condition]:
    def build(subject: Subject, wanted: Filter) -> Condition:
        if not wanted.values or len(wanted.values) > MOST_LISTED:
            raise invalid(f"{wanted.operator} takes 1 to {MOST_LISTED} values.")
        # The index holds text in lower case and lists are not folded: `Boston` never matches.
        is_text = subject.definition.type in {"string", "phone_number"}
        values = [str(one) if is_text else subject.value(one) for one in wanted.values]
        places = ",".join("?" * len(values))
        return _with(subject, f"{{}} {word} ({places})", *values)

    return build


def _present(word: str) -> Callable[[Subject, Filter], Condition]:
    def build(subject: Subject, _wanted: Filter) -> Condition:
        return _with(subject, f"{{}} {word}")

    return build


def _token(sign: str) -> Callable[[Subject, Filter], Condition]:
    def build(subject: Subject, wanted: Filter) -> Condition:
        return _with(subject, f"has_token({{}}, ?) {sign}", str(wanted.value or "").lower())

    return build


def _with(subject: Subject, form: str, *values: Parameter) -> Condition:
    expression = subject.expression
    return Condition(sql=form.format(expression.sql), parameters=(*expression.parameters, *values))


def _linked(account: Account, object_type: str, wanted: Filter) -> Condition:
    to_type = account.object_type(wanted.property_name.removeprefix(_ASSOCIATIONS))
    given = [wanted.value] if wanted.operator == "EQ" else [*wanted.values]
    ids = [int(str(one)) for one in given if str(one).isdecimal()]
    if wanted.operator not in {"EQ", "IN"} or not ids:
        raise invalid("Search by association takes EQ or IN with record ids.")
    places = ",".join("?" * len(ids))
    return Condition(
        sql="id IN (SELECT from_id FROM associations WHERE from_type=? AND to_type=?"
        f" AND to_id IN ({places}))",
        parameters=(object_type, to_type, *ids),
    )


def narrowed(account: Account, object_type: str, wanted: Filter) -> Condition | None:
    """Look up a unique value first, so that a search by e-mail does not read every record."""
    definition = account.definitions.find(object_type, wanted.property_name)
    is_unique = definition is not None and (
        definition.has_unique_value or (object_type, definition.name) == ("contacts", "email")
    )
    if not is_unique or wanted.operator not in {"EQ", "IN"}:
        return None
    given = [str(wanted.value).lower()] if wanted.operator == "EQ" else [*map(str, wanted.values)]
    places = ",".join("?" * len(given))
    return Condition(
        sql=f"id IN (SELECT id FROM keys WHERE type=? AND property=? AND value IN ({places}))",
        parameters=(object_type, wanted.property_name, *given),
    )


_OPERATORS: Final[Mapping[str, Callable[[Subject, Filter], Condition]]] = {
    "EQ": _equal,
    "NEQ": _compared("<>"),
    "LT": _compared("<"),
    "LTE": _compared("<="),
    "GT": _compared(">"),
    "GTE": _compared(">="),
    "BETWEEN": _between,
    "IN": _listed("IN"),
    "NOT_IN": _listed("NOT IN"),
    "HAS_PROPERTY": _present("IS NOT NULL"),
    "NOT_HAS_PROPERTY": _present("IS NULL"),
    "CONTAINS_TOKEN": _token("= 1"),
    "NOT_CONTAINS_TOKEN": _token("= 0"),
}
