"""What a SOQL query says, as plain records. Places (``at``) count characters, for messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A field, or one behind relationships: ``("Campaign", "Name")``."""

    parts: tuple[str, ...]
    at: int

    @property
    def text(self) -> str:
        """Write it as the query did."""
        return ".".join(self.parts)


class Kind(StrEnum):
    """What sort of literal a value is."""

    TEXT = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    NULL = "null"
    DATE = "date"
    DATETIME = "dateTime"
    PERIOD = "period"
    """A date literal such as ``LAST_N_DAYS:7``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A value as written; ``value`` is without quotes and escapes."""

    kind: Kind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A condition of one field. The value of IN may be a query."""

    path: Path
    operator: str
    values: tuple[Literal, ...] = ()
    query: Query | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """What must not hold."""

    inner: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """Conditions of which all (``AND``) or one (``OR``) must hold."""

    word: str
    parts: Sequence[Condition]


Condition: TypeAlias = Comparison | Not | Joined


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """``COUNT()``, or ``COUNT(field)`` with a name for the answer."""

    path: Path | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFields:
    """``FIELDS(ALL)``, ``FIELDS(STANDARD)`` or ``FIELDS(CUSTOM)``."""

    which: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One key of the order; without a word about nulls they come first when it rises."""

    path: Path
    is_descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query."""

    text: str
    selected: tuple[Path | Count | AllFields, ...]
    source: str
    source_at: int
    alias: str | None = None
    where: Condition | None = None
    groups: tuple[Path, ...] = ()
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0
    has_all_rows: bool = False
