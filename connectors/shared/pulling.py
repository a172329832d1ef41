"""What a pull is made of in any CRM: what a record is known by, what is gone, the place to go on from."""

from __future__ import annotations

import hashlib
from typing import Protocol, TypeVar

import msgspec

from worker.core.records import RawValues, Record, RecordRef, RowIssue


class Versioned(Protocol):
    """A bookmark: its form has a version, so that one of another form is known."""

    version: int


_Mark = TypeVar("_Mark", bound=Versioned)


def read_mark(text: str | None, type_: type[_Mark], version: int) -> _Mark | None:
    """Read a bookmark; None, and so everything is read, for one that is not ours or of old."""
    if text is None:
        return None
    try:
        mark = msgspec.json.decode(text.encode(), type=type_)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return mark if mark.version == version else None


def revision_of(values: RawValues) -> str:
    """Digest the values that were asked for: a CRM's own stamp moves with others as well."""
    content = msgspec.json.encode(sorted(values.items()))
    return hashlib.blake2b(content, digest_size=12).hexdigest()


def tombstone(ref: RecordRef, *, merged_into: str | None = None) -> Record:
    """Say that a record is gone, or into which other it went."""
    return Record(
        ref=ref,
        values={},
        revision=f"gone {merged_into or ''}",
        is_deleted=True,
        merged_into=merged_into,
    )


def unreadable(object_type: str, record_id: str | None = None) -> RowIssue:
    """Say that a row cannot be read; of what is on no line, the id has to do."""
    return RowIssue(object_type=object_type, row=0, code="DQ_VALUE_UNREADABLE", record_id=record_id)
