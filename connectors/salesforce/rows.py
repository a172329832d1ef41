"""What rows look like, and how one becomes a record. Ids and numbers are exact text.

REST writes ``1.0E7``, ``true`` and ``+0000``, the Bulk API writes words in CSV: both come out the same here,
so that a record has one revision whichever way it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from connectors.shared.pulling import revision_of
from worker.core.records import RawValue, RawValues, Record, RecordRef

NUMBERS: Final = frozenset({"int", "long", "double", "currency", "percent"})
_LONGEST_NUMBER: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row, with every column that was asked for, as text."""

    cells: Mapping[str, RawValue]

    @property
    def id(self) -> str:
        return self.cells.get("Id") or ""

    @property
    def is_deleted(self) -> bool:
        return self.cells.get("IsDeleted") == "true"

    def at(self, stamp: str) -> datetime | None:
        """Give the instant in a column; None if it is unreadable."""
        return instant_of(self.cells.get(stamp))


class _Page(msgspec.Struct, rename="camel"):
    records: list[dict[str, object]] = []
    next_records_url: str | None = None
    total_size: int = 0
    done: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPage:
    """A page of a query, where the next one is, and how many rows there are in all."""

    rows: tuple[Row, ...]
    following: str | None
    total: int


_DECODER = msgspec.json.Decoder(_Page, float_hook=str)


def read_page(body: bytes, types: Mapping[str, str]) -> RowPage:
    """Parse a page of a query for these columns.

    Raises:
        msgspec.DecodeError: the body is no such page, or does not say where the rest of the rows is.
    """
    page = _DECODER.decode(body)
    following = _place(page.next_records_url)
    if following is None and not page.done:
        raise msgspec.DecodeError("the next page has no place")
    rows = tuple(
        Row(cells={name: text_of(_cell(item, name), kind) for name, kind in types.items()})
        for item in page.records
    )
    return RowPage(rows=rows, following=following, total=page.total_size)


def _place(url: str | None) -> str | None:
    """Take where a query goes on only as a path: the session goes to no other host."""
    return url if url and url.startswith("/") and not url.startswith("//") else None


def read_line(header: Sequence[str], line: Sequence[str], types: Mapping[str, str]) -> Row | None:
    """Read one line of CSV by its header; None for one that has another number of cells.

    A column that the result lacks, as it was hidden when the query began, is absent and not empty.
    """
    if len(line) != len(header):
        return None
    named = {name.lower(): cell.replace("\0", "") for name, cell in zip(header, line, strict=True)}
    shown = ((name, kind, name.lower()) for name, kind in types.items())
    return Row(cells={name: text_of(named[low], kind) for name, kind, low in shown if low in named})


def _cell(item: object, name: str) -> object:
    for part in name.split("."):
        if not isinstance(item, dict):
            return None
        item = item.get(part)
    return item


def text_of(value: object, kind: str) -> RawValue:
    """Give a value as text; an empty one is None."""
    if value is None or value == "" or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    if kind in NUMBERS:
        return plain_number(text)
    return instant_text(text) if kind == "datetime" else text


def plain_number(text: str) -> str:
    """Write a number in full and without idle noughts: ``1.0E7`` is 10000000."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def instant_of(text: RawValue) -> datetime | None:
    """Read an instant as Salesforce spells it: with ``+0000`` or with ``Z``."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def instant_text(text: str) -> str:
    """Write an instant as the worker does, in UTC and to the second where there is no more to it."""
    at = instant_of(text)
    if at is None:
        return text
    return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")


def record_of(
    ref: RecordRef,
    values: RawValues,
    modified_at: datetime | None,
    modified_by: RawValue = None,
) -> Record:
    """Make a record; its revision is a digest, as the stamp moves with fields nobody asked for."""
    return Record(
        ref=ref,
        values=values,
        revision=revision_of(values),
        modified_at=modified_at,
        modified_by=modified_by,
    )
