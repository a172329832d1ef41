"""What HubSpot's answers look like, and how a row of one becomes a record.

Only what is needed is declared; everything else in an answer is passed over. Ids are opaque text,
whether HubSpot writes them as text or as numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec

from connectors.shared.pulling import revision_of
from worker.core.records import RawValue, RawValues, Record, RecordRef

Scalar: TypeAlias = str | int | float | bool | None
PASSING = frozenset({"INTERNAL_ERROR", "RATE_LIMIT", "RATE_LIMITS", "TIMEOUT"})
"""Categories of an input's error that say nothing of the record."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Next(msgspec.Struct):
    after: str | int


class Paging(msgspec.Struct):
    next: Next | None = None


class To(msgspec.Struct):
    """One association, in the spelling of v3 (``id``) or v4 (``toObjectId``)."""

    id: str | int | None = None
    to_object_id: str | int | None = msgspec.field(name="toObjectId", default=None)


class Associated(msgspec.Struct):
    results: list[To] = []


class Row(msgspec.Struct, rename="camel"):
    """One CRM object."""

    id: str | int
    properties: dict[str, Scalar] = {}
    archived: bool = False
    archived_at: str | int | None = None
    associations: dict[str, Associated] | None = None


class Omission(msgspec.Struct):
    """Why an answer leaves something out. Its sentence is not read: it repeats values."""

    category: str = ""


class Partly(msgspec.Struct):
    """An answer to a batch of reads, in which each input can fail by itself."""

    errors: list[Omission] = []

    @property
    def is_broken(self) -> bool:
        """Tell whether something is left out that may well be there: asking again may show it."""
        return any(one.category in PASSING for one in self.errors)


class RowPage(Partly):
    """A page of a list, a search or a batch read."""

    results: list[Row] = []
    paging: Paging | None = None
    total: int | None = None

    @property
    def cursor(self) -> str | None:
        """Give the cursor of the next page; an empty one is none."""
        if self.paging is None or self.paging.next is None:
            return None
        return str(self.paging.next.after) or None


def text_of(value: Scalar) -> RawValue:
    """Give a value as text; an empty one is None, as HubSpot clears a property by ""."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else str(value)


def values_of(properties: Mapping[str, Scalar], fields: Iterable[str]) -> dict[str, RawValue]:
    """Give the fields that were asked for and that HubSpot shows."""
    return {name: text_of(properties[name]) for name in fields if name in properties}


def record_of(
    ref: RecordRef, values: RawValues, modified: Scalar = None, *, is_deleted: bool = False
) -> Record:
    """Make a record; an unreadable time of change is none."""
    stamp = milliseconds_of(modified)
    return Record(
        ref=ref,
        values=values,
        revision=revision_of(values),
        modified_at=None if stamp is None else instant_at(stamp),
        is_deleted=is_deleted,
    )


def milliseconds_of(value: Scalar) -> int | None:
    """Read an instant as HubSpot spells it: ISO 8601 or milliseconds, also as "1713702782727.0"."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _in_range(int(value))
    text = value.strip()
    whole, _, rest = text.partition(".")
    if whole.isascii() and whole.isdigit() and not rest.strip("0"):
        return _in_range(int(whole)) if len(whole) < 16 else None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // _MILLISECOND


def instant_at(milliseconds: int) -> datetime:
    """Turn milliseconds since 1970 into an instant."""
    return EPOCH + milliseconds * _MILLISECOND


def in_milliseconds(instant: datetime) -> int:
    """Count the milliseconds since 1970."""
    return (instant - EPOCH) // _MILLISECOND


def _in_range(milliseconds: int) -> int | None:
    return milliseconds if 0 <= milliseconds < 10**14 else None
