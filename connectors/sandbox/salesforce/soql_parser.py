"""Reads SOQL: a recursive descent, one function a rule.

The grammar is that of the SOQL reference. AND and OR do not mix without parentheses, and NOT stands
before one condition or one in parentheses. What a twin of a lead worker does not need (TYPEOF,
queries for children in SELECT, HAVING, USING SCOPE, FORMAT) is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.sandbox.salesforce.errors import refusal
from connectors.sandbox.salesforce.soql_nodes import (
    AllFields,
    Comparison,
    Condition,
    Count,
    Joined,
    Kind,
    Literal,
    Not,
    Order,
    Path,
    Query,
)
from connectors.sandbox.salesforce.soql_periods import is_period
from connectors.sandbox.salesforce.soql_words import LONGEST_QUERY, Word, malformed, words_of

MOST_OFFSET: Final = 2_000
_SIGNS: Final = frozenset({"=", "!=", "<>", "<", "<=", ">", ">="})
_LISTED: Final = frozenset({"in", "includes", "excludes"})
_UNSUPPORTED: Final = frozenset(
    {
        *("typeof", "tolabel", "format", "convertcurrency", "distance", "grouping"),
        *("avg", "count_distinct", "max", "min", "sum"),
    }
)
_CLAUSES: Final = frozenset(
    {
        *("where", "group", "order", "limit", "offset", "for", "all", "having", "using", "with"),
        "update",
    }
)
"""Words that begin a clause, so that no object type is called so for short."""
_END: Final = "end"
_DEEPEST: Final = 50
_MOST_JOINED: Final = 500


def parse(text: str) -> Query:
    """Read a query.

    Raises:
        RefusedError: It is too long, or no query.
    """
    if len(text) > LONGEST_QUERY:
        raise refusal("QUERY_TOO_COMPLICATED", "SOQL statement is too long")
    reader = _Reader(text=text, words=[*words_of(text)])
    query = reader.query()
    if reader.next.kind != _END:
        raise reader.unexpected()
    return query


@dataclass(slots=True, kw_only=True)
class _Reader:
    text: str
    words: list[Word]
    place: int = 0
    depth: int = 0

    @property
    def next(self) -> Word:
        if self.place < len(self.words):
            return self.words[self.place]
        return Word(kind=_END, text="<EOF>", at=len(self.text))

    def unexpected(self) -> Exception:
        word = self.next
        return malformed(self.text, word.at, f"unexpected token: '{word.text}'")

    def take(self) -> Word:
        word = self.next
        if word.kind == _END:
            raise self.unexpected()
        self.place += 1
        return word

    def has(self, *texts: str) -> bool:
        """Take these words when they come next."""
        found = self.words[self.place : self.place + len(texts)]
        if [word.low if word.kind in {"name", "sign"} else "" for word in found] != [*texts]:
            return False
        self.place += len(texts)
        return True

    def need(self, text: str) -> None:
        if not self.has(text):
            raise self.unexpected()

    def path(self) -> Path:
        word = self.take()
        if word.kind != "name" or ":" in word.text:
            self.place -= 1
            raise self.unexpected()
        return Path(parts=tuple(word.text.split(".")), at=word.at)

    def number(self) -> int:
        word = self.take()
        if word.kind != "number" or not word.text.isdecimal():
            self.place -= 1
            raise self.unexpected()
        return int(word.text)

    # Rules

    def query(self) -> Query:
        self.need("select")
        selected = [self.selected()]
        while self.has(","):
            selected.append(self.selected())
        self.need("from")
        source, alias = self.path(), self.alias()
        where = self.condition() if self.has("where") else None
        groups = self.paths() if self.has("group", "by") else ()
        orders = self.orders() if self.has("order", "by") else ()
        limit = self.number() if self.has("limit") else None
        offset = self.offset() if self.has("offset") else 0
        while self.has("for", "view") or self.has("for", "reference"):
            pass
        return Query(
            text=self.text,
            selected=tuple(selected),
            source=source.text,
            source_at=source.at,
            alias=alias,
            where=where,
            groups=groups,
            orders=orders,
            limit=limit,
            offset=offset,
            has_all_rows=self.has("all", "rows"),
        )

    def alias(self) -> str | None:
        word = self.next
        if word.kind != "name" or word.low in _CLAUSES or "." in word.text:
            return None
        return self.take().text

    def offset(self) -> int:
        at, found = self.next.at, self.number()
        if found > MOST_OFFSET:
            message = f"Maximum SOQL offset allowed is {MOST_OFFSET}"
            raise refusal("NUMBER_OUTSIDE_VALID_RANGE", f"{message} (at {at})")
        return found

    def paths(self) -> tuple[Path, ...]:
        found = [self.path()]
        while self.has(","):
            found.append(self.path())
        return tuple(found)

    def selected(self) -> Path | Count | AllFields:
        word = self.next
        if word.text == "(":
            raise malformed(self.text, word.at, "queries for children are not served by the twin")
        if word.low in _UNSUPPORTED:
            raise malformed(self.text, word.at, f"{word.text} is not served by the twin")
        if self.has("count", "("):
            return self.counted()
        if self.has("fields", "("):
            return self.all_fields()
        return self.path()

    def all_fields(self) -> AllFields:
        word = self.take()
        self.need(")")
        if word.low not in {"all", "standard", "custom"}:
            raise malformed(self.text, word.at, f"FIELDS({word.text}) is unknown")
        return AllFields(which=word.low)

    def counted(self) -> Count:
        if self.has(")"):
            return Count()
        path = self.path()
        self.need(")")
        word = self.next
        has_alias = word.kind == "name" and word.low not in {"from", "group"}
        return Count(path=path, alias=self.take().text if has_alias else None)

    def orders(self) -> tuple[Order, ...]:
        found = [self.order()]
        while self.has(","):
            found.append(self.order())
        return tuple(found)

    def order(self) -> Order:
        path = self.path()
        is_descending = self.has("desc")
        if not is_descending:
            self.has("asc")
        nulls_last = self.has("nulls", "last")
        if not nulls_last:
            self.has("nulls", "first")
        return Order(path=path, is_descending=is_descending, nulls_last=nulls_last)

    def condition(self) -> Condition:
        """Read conditions; one word joins them all at this level."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise refusal("QUERY_TOO_COMPLICATED", "the conditions are nested too deep")
        if self.has("not"):
            found: Condition = Not(inner=self.simple())
        else:
            found = self.joined()
        self.depth -= 1
        return found

    def joined(self) -> Condition:
        parts = [self.simple()]
        word = self.next.low
        while word in {"and", "or"} and self.has(word):
            parts.append(self.simple())
        if len(parts) > _MOST_JOINED:
            raise refusal("QUERY_TOO_COMPLICATED", "too many conditions in a row")
        return parts[0] if len(parts) == 1 else Joined(word=word, parts=parts)

    def simple(self) -> Condition:
        if self.has("("):
            found = self.condition()
            self.need(")")
            return found
        return self.comparison()

    def comparison(self) -> Comparison:
        path = self.path()
        if self.has("not", "in"):
            return self.listed(path, "not in")
        word = self.take()
        if word.low in _LISTED:
            return self.listed(path, word.low)
        if word.low != "like" and word.text not in _SIGNS:
            self.place -= 1
            raise self.unexpected()
        operator = "!=" if word.text == "<>" else word.low
        return Comparison(path=path, operator=operator, values=(self.literal(),))

    def listed(self, path: Path, operator: str) -> Comparison:
        self.need("(")
        if self.next.low == "select":
            inner = self.query()
            self.need(")")
            return Comparison(path=path, operator=operator, query=inner)
        values = [self.literal()]
        while self.has(","):
            values.append(self.literal())
        self.need(")")
        return Comparison(path=path, operator=operator, values=tuple(values))

    def literal(self) -> Literal:
        word = self.take()
        kinds = {
            "text": Kind.TEXT,
            "number": Kind.NUMBER,
            "date": Kind.DATE,
            "datetime": Kind.DATETIME,
        }
        if word.kind in kinds:
            return Literal(kind=kinds[word.kind], value=word.text)
        if word.low in {"true", "false"}:
            return Literal(kind=Kind.BOOLEAN, value=word.low)
        if word.low == "null":
            return Literal(kind=Kind.NULL, value="")
        if word.kind == "name" and is_period(word.low):
            return Literal(kind=Kind.PERIOD, value=word.low)
        self.place -= 1
        raise self.unexpected()
