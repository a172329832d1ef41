"""Rows of a table as both formats give them, and the codes of what can be wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

from worker.core.records import RawValue, RawValues

MAX_FIELD = 1 << 20
"""Characters one cell, or one row of several lines, may have. More is damage, not data."""


class RowCode(StrEnum):
    """Reason codes of everything that can be wrong with a row or a table's header."""

    ENCODING_GUESSED = "DQ_TABLE_ENCODING_GUESSED"
    TRUNCATED = "DQ_TABLE_TRUNCATED"
    HEADER_DUPLICATE = "DQ_HEADER_DUPLICATE"
    ENCODING = "DQ_ROW_ENCODING"
    NUL_REMOVED = "DQ_ROW_NUL_REMOVED"
    TOO_LONG = "DQ_ROW_TOO_LONG"
    TOO_SHORT = "DQ_ROW_TOO_SHORT"
    TOO_LARGE = "DQ_ROW_TOO_LARGE"
    QUOTE_OPEN = "DQ_ROW_QUOTE_OPEN"
    QUOTE_STRAY = "DQ_ROW_QUOTE_STRAY"
    NOT_JSON = "DQ_ROW_NOT_JSON"
    KEY_DUPLICATE = "DQ_ROW_KEY_DUPLICATE"
    ID_MISSING = "DQ_ID_MISSING"
    ID_DUPLICATE = "DQ_ID_DUPLICATE"
    ID_DAMAGED = "DQ_ID_DAMAGED"


class RowKind(StrEnum):
    """``REST`` continues an oversized line; it and ``BLANK`` are copied and never read."""

    DATA = "data"
    HEADER = "header"
    BLANK = "blank"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it stands in the table, line ending included.

    ``line`` is the 1-based physical line it starts on. ``fault`` is what kept the row from being
    split into cells at all. Positional, because one is made for each row of a million.
    """

    text: str
    line: int
    kind: RowKind = RowKind.DATA
    fault: RowCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a row cannot be used, and the column it shows in."""

    code: RowCode
    column: str | None = None


Cells: TypeAlias = dict[str, RawValue]


class TableFormat(Protocol):
    """What differs between CSV and JSONL."""

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The table's columns, or None when only its rows can tell."""
        ...

    @property
    def duplicates(self) -> tuple[str, ...]:
        """Columns that the header names more than once."""
        ...

    def rows(self, chunks: Iterable[list[str]]) -> Iterator[Row]:
        """Split lines into rows; joined again, their texts are the table."""
        ...

    def pick(self, text: str, names: Sequence[str]) -> Cells | Fault:
        """Read these columns of a row; an empty cell is None, a cell that is not there is absent."""
        ...

    def can_edit(self, text: str) -> bool:
        """Say whether a readable row can be changed without touching what is not managed."""
        ...

    def edited(self, row: Row, changes: RawValues, added: Sequence[str]) -> str:
        """Give a row's text with ``changes`` made and the columns ``added`` at its end.

        Whatever is in neither stays as it was, character for character.
        """
        ...


def body_and_end(text: str) -> tuple[str, str]:
    """Part a row from its line ending."""
    body = text.rstrip("\r\n") if text.endswith("\n") else text.removesuffix("\r")
    return body, text[len(body) :]


def visible(columns: tuple[str, ...] | None, fields: Iterable[str]) -> tuple[str, ...]:
    """Those of ``fields`` that the table can show, each once, in the order asked for."""
    asked = dict.fromkeys(fields)
    return tuple(name for name in asked if columns is None or name in columns)
