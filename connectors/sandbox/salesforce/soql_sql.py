"""Translates SOQL into SQL: names come from the schema, values are bound.

SOQL knows no third truth value: a comparison with an empty field is false, and what is not equal may
be empty. Relationships become outer joins, so a record without the other one stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from connectors.sandbox.clock import to_ms
from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.fields import (
    ADDRESS,
    ADDRESS_PARTS,
    ID_TYPES,
    NUMBER_TYPES,
    TEXT_TYPES,
    Field,
    ObjectType,
    Stored,
)
from connectors.sandbox.salesforce.schema import Schema, name_type, unknown_type
from connectors.sandbox.salesforce.soql_literals import like_pattern, value_of
from connectors.sandbox.salesforce.soql_nodes import (
    Comparison,
    Condition,
    Joined,
    Kind,
    Literal,
    Not,
    Path,
    Query,
)
from connectors.sandbox.salesforce.soql_periods import Span, span_of
from connectors.sandbox.salesforce.soql_words import pointed
from connectors.sandbox.salesforce.store import folded, quoted

DEEPEST: Final = 5
MOST_RELATIONSHIPS: Final = 55
MOST_SEMI_JOINS: Final = 2
_RANGES: Final = frozenset({"<", "<=", ">", ">="})
_UNORDERED: Final = frozenset({"boolean", "multipicklist"})
_NAME: Final = name_type()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A field in a query: its expression, and the record it stands on (``owner``)."""

    sql: str
    field: Field
    owner: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A piece of SQL with its values."""

    sql: str
    values: tuple[Stored, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One relationship that a query follows; ``type`` is what it leads to."""

    alias: str
    type: ObjectType
    join: str


@dataclass(slots=True, kw_only=True)
class Scope:
    """What the names of a query stand for. ``steps`` are the relationships followed, by their names."""

    schema: Schema
    query: Query
    today: date
    root: ObjectType
    prefix: str = "t"
    steps: dict[tuple[str, ...], Step] = field(default_factory=dict)
    semi_joins: int = 0

    # Names

    def column(self, path: Path) -> Column:
        """Find the field that a path names.

        Raises:
            RefusedError: There is none that the integration user sees.
        """
        names = path.parts
        own = {self.root.name.lower(), (self.query.alias or "").lower()}
        if len(names) > 1 and names[0].lower() in own:
            names = names[1:]
        if len(names) - 1 > DEEPEST:
            raise refusal("INVALID_FIELD", f"{path.text} follows more than {DEEPEST} relationships")
        alias, type_ = f"{self.prefix}0", self.root
        for depth in range(1, len(names)):
            step = self._step(names[:depth], alias, type_, path)
            alias, type_ = step.alias, step.type
        found = type_.field(names[-1])
        if found is None:
            raise self._unknown(path, names[-1], type_)
        owner = tuple(name.lower() for name in names[:-1])
        sql = _address(alias, found) if found.type == "address" else f"{alias}.{quoted(found.name)}"
        return Column(sql=sql, field=found, owner=owner)

    def _step(self, names: tuple[str, ...], alias: str, type_: ObjectType, path: Path) -> Step:
        key = tuple(name.lower() for name in names)
        if key in self.steps:
            return self.steps[key]
        reference = type_.follow(names[-1])
        if reference is None:
            message = (
                f"Didn't understand relationship '{names[-1]}' in field path. If you are attempting to "
                "use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. Please reference your WSDL or the describe call for the appropriate names."
            )
            raise refusal("INVALID_FIELD", pointed(self.query.text, path.at, message))
        if len(self.steps) >= MOST_RELATIONSHIPS:
            raise refusal("QUERY_TOO_COMPLICATED", "too many relationships in one query")
        led_to, table = self._target(reference)
        own = f"{self.prefix}{len(self.steps) + 1}"
        join = f"LEFT JOIN {table} {own} ON {own}.Id = {alias}.{quoted(reference.name)}"
        self.steps[key] = Step(alias=own, type=led_to, join=join)
        return self.steps[key]

    def _target(self, reference: Field) -> tuple[ObjectType, str]:
        if reference.is_polymorphic:
            return _NAME, "names"
        found = self.schema.seen(reference.refers_to[0])
        return (_NAME, "names") if found is None else (found, quoted(found.name))

    def _unknown(self, path: Path, name: str, type_: ObjectType) -> Exception:
        message = (
            f"No such column '{name}' on entity '{type_.name}'. If you are attempting to use a custom "
            "field, be sure to append the '__c' after the custom field name. Please reference your WSDL "
            "or the describe call for the appropriate names."
        )
        return refusal("INVALID_FIELD", pointed(self.query.text, path.at, message))

    # Conditions

    def filtered(self, path: Path) -> Column:
        """Find a field to filter or sort by."""
        found = self.column(path)
        if not found.field.is_filterable:
            message = f"field '{found.field.name}' can not be filtered in a query call"
            raise refusal("INVALID_FIELD", pointed(self.query.text, path.at, message))
        return found

    def condition(self, given: Condition) -> Clause:
        """Translate a condition; what comes out is true, false or empty, and empty counts as false."""
        match given:
            case Not(inner=inner):
                clause = self.condition(inner)
                return Clause(sql=f"({clause.sql}) IS NOT TRUE", values=clause.values)
            case Joined(word=word, parts=parts):
                clauses = [self.condition(part) for part in parts]
                sql = f" {word.upper()} ".join(f"({clause.sql})" for clause in clauses)
                return Clause(sql=sql, values=tuple(v for one in clauses for v in one.values))
            case Comparison():
                return self._comparison(given)

    def _comparison(self, given: Comparison) -> Clause:
        column = self.filtered(given.path)
        if given.query is not None:
            return self._semi_join(column, given)
        match given.operator:
            case "in" | "not in":
                return _listed(column, given)
            case "includes" | "excludes":
                return _included(column, given)
            case "like":
                return _like(column, given.values[0])
        literal = given.values[0]
        if literal.kind is Kind.PERIOD:
            return _in_span(column, given.operator, self._span(literal))
        return _compared(column, given.operator, literal)

    def _span(self, literal: Literal) -> Span:
        try:
            return span_of(literal.value, self.today)
        except (ValueError, OverflowError) as error:
            raise refusal("MALFORMED_QUERY", f"{literal.value} is beyond the calendar") from error

    def _semi_join(self, column: Column, given: Comparison) -> Clause:
        self.semi_joins += 1
        if self.semi_joins > MOST_SEMI_JOINS or self.prefix != "t":
            raise refusal(
                "MALFORMED_QUERY", f"no more than {MOST_SEMI_JOINS} semi joins, not nested"
            )
        inner = given.query
        is_id = column.field.type in ID_TYPES
        if inner is None or given.operator not in {"in", "not in"} or not is_id:
            raise refusal(
                "MALFORMED_QUERY", "a semi join takes an id or a reference with IN or NOT IN"
            )
        if len(inner.selected) != 1 or not isinstance(inner.selected[0], Path):
            raise refusal("MALFORMED_QUERY", "a semi join selects one field")
        scope = scope_of(self.schema, inner, self.today, prefix=f"s{self.semi_joins}_")
        selected = scope.column(inner.selected[0])
        body = scope.body(rows_of(scope, has_deleted=False))
        sql = f"{column.sql} IN (SELECT {selected.sql} {body.sql})"
        if given.operator == "not in":
            sql = f"({sql}) IS NOT TRUE"
        return Clause(sql=sql, values=body.values)

    def body(self, rows: Clause) -> Clause:
        """Write the part of a query from FROM on; call it when all names are known."""
        where, values = rows.sql, rows.values
        if self.query.where is not None:
            clause = self.condition(self.query.where)
            where, values = f"{where} AND ({clause.sql})", (*values, *clause.values)
        joins = " ".join(step.join for step in self.steps.values())
        table = f"{quoted(self.root.name)} {self.prefix}0"
        return Clause(sql=f"FROM {table} {joins} WHERE {where}", values=values)

    def order(self) -> str:
        """Write the order. Equal keys come in an order that means nothing, but is always the same."""
        keys, is_total = [], False
        for one in self.query.orders:
            column = self.filtered(one.path)
            word = "DESC" if one.is_descending else "ASC"
            is_total = is_total or column.sql == f"{self.prefix}0.{quoted('Id')}"
            keys.append(f"{column.sql} {word} NULLS {'LAST' if one.nulls_last else 'FIRST'}")
        return ", ".join(keys if is_total else [*keys, f"{self.prefix}0.row * 7919 % 10007"])


def _address(alias: str, field_: Field) -> str:
    """Join the parts of a compound address, under the names of their fields."""
    begins = field_.name.removesuffix(ADDRESS)
    parts = [begins + part for part in ADDRESS_PARTS]
    return "json_object(" + ", ".join(f"'{one}', {alias}.{quoted(one)}" for one in parts) + ")"


def scope_of(schema: Schema, query: Query, today: date, *, prefix: str = "t") -> Scope:
    """Find the object type of a query.

    Raises:
        RefusedError: The org has none of this name.
    """
    root = schema.seen(query.source)
    if root is None:
        raise unknown_type(query.source)
    return Scope(schema=schema, query=query, today=today, root=root, prefix=prefix)


def rows_of(scope: Scope, *, has_deleted: bool) -> Clause:
    """Say which rows a query sees: without ``has_deleted`` no deleted ones, and no archived ones."""
    sql = f"{scope.prefix}0.Id NOT IN (SELECT id FROM unshared)"
    if has_deleted:
        return Clause(sql=sql)
    sql = f"{scope.prefix}0.IsDeleted = 0 AND {sql}"
    if scope.root.field("IsArchived") is not None:
        sql += f" AND {scope.prefix}0.IsArchived = 0"
    return Clause(sql=sql)


def _compared(column: Column, operator: str, literal: Literal) -> Clause:
    value = value_of(column.field, literal)
    if value is None or value == "":
        if operator not in {"=", "!="}:
            raise _wrong_operator(column, operator)
        return Clause(sql=f"{column.sql} IS {'NOT ' if operator == '!=' else ''}NULL")
    if operator in _RANGES and column.field.type in _UNORDERED:
        raise _wrong_operator(column, operator)
    sign = "IS NOT" if operator == "!=" else operator
    sql, (bound,) = _caseless(column, (value,))
    return Clause(sql=f"{sql} {sign} ?", values=(bound,))


def _wrong_operator(column: Column, operator: str) -> Exception:
    return refusal(
        "INVALID_QUERY_FILTER_OPERATOR",
        f"field '{column.field.name}' cannot be compared with {operator.upper()} to this value",
    )


_SPANS: Final[Mapping[str, str]] = {
    "=": "{0} >= ? AND {0} < ?",
    "!=": "({0} >= ? AND {0} < ?) IS NOT TRUE",
    ">=": "{0} >= ? AND ? IS NOT NULL",
    "<=": "? IS NOT NULL AND {0} < ?",
    "<": "{0} < ? AND ? IS NOT NULL",
    ">": "? IS NOT NULL AND {0} >= ?",
}


def _in_span(column: Column, operator: str, span: Span) -> Clause:
    if column.field.type not in {"date", "datetime"}:
        raise _wrong_operator(column, operator)
    values = [_edge(column.field, day) for day in (span.first, span.last)]
    return Clause(sql=_SPANS[operator].format(column.sql), values=tuple(values))


def _edge(field_: Field, day: date) -> Stored:
    if field_.type == "date":
        return day.isoformat()
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _listed(column: Column, given: Comparison) -> Clause:
    values = [value_of(column.field, literal) for literal in given.values]
    left, bound = _caseless(column, values)
    sql = f"{left} IN ({','.join('?' * len(values))})"
    if any(value is None for value in values):
        sql = f"{sql} OR {column.sql} IS NULL"
    if given.operator == "not in":
        sql = f"({sql}) IS NOT TRUE"
    return Clause(sql=sql, values=bound)


def _included(column: Column, given: Comparison) -> Clause:
    """Translate INCLUDES: one of the values, where ``a;b`` means both."""
    if column.field.type != "multipicklist":
        raise _wrong_operator(column, given.operator)
    parts, values = [], []
    for literal in given.values:
        wanted = [part for part in str(value_of(column.field, literal) or "").split(";") if part]
        one = f"instr(';' || folded({column.sql}) || ';', ';' || folded(?) || ';') > 0"
        parts.append(" AND ".join([one] * len(wanted)) or "0")
        values += wanted
    sql = " OR ".join(f"({part})" for part in parts)
    return Clause(
        sql=f"({sql}) IS NOT TRUE" if given.operator == "excludes" else sql, values=tuple(values)
    )


def _like(column: Column, literal: Literal) -> Clause:
    is_text = column.field.type not in {"boolean", "date", "datetime", *NUMBER_TYPES, *ID_TYPES}
    if not is_text:
        raise _wrong_operator(column, "like")
    value_of(column.field, literal)
    sql, bound = _caseless(column, (like_pattern(literal),))
    return Clause(sql=f"{sql} LIKE ? ESCAPE '\\'", values=bound)


def _caseless(column: Column, values: Sequence[Stored]) -> tuple[str, tuple[Stored, ...]]:
    """Compare texts without regard to case: by the column's own collation where that is enough.

    It knows ASCII alone, and is all that a text of ASCII can be equal to; an index serves it.
    """
    is_plain = all(not isinstance(one, str) or one.isascii() for one in values)
    if is_plain or column.field.type not in TEXT_TYPES:
        return column.sql, tuple(values)
    return f"folded({column.sql})", tuple(folded(one) for one in values)
