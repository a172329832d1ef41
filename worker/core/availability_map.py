"""Reads records of availability: when a site next has time for a service line.

A record that cannot be read says nothing, and is named with the column that stands in its way; what
it said before is forgotten with it. Pure, like all mapping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from worker.core.field_map import ObjectMap
from worker.core.records import Record, RecordRef
from worker.core.transforms import parse_instant

UNREADABLE, UNKNOWN_WORD = "DQ_AVAILABILITY_UNREADABLE", "DQ_VALUE_UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """From ``next_at`` on, ``site`` has time for somebody who asks for ``service_line``.

    ``as_of`` is when that was so; None where the source does not say, and it was so when last read.
    ``ref`` is the CRM's record.
    """

    ref: RecordRef
    site: str
    service_line: str
    next_at: datetime
    open_slots: int | None = None
    as_of: datetime | None = None


class Unreadable(NamedTuple):
    """Why a record says nothing: a reason code, and the CRM field it is about."""

    code: str
    column: str


AvailabilityMapper: TypeAlias = Callable[[Record], Availability | Unreadable]


def compile_availability_mapper(object_map: ObjectMap, zone: ZoneInfo) -> AvailabilityMapper:
    """Build the function that reads the records of one object type; ``zone`` is the organisation's."""
    fields = object_map.availability
    assert fields is not None
    sites = _folded(fields.sites)
    lines = _folded(fields.service_lines)
    missing = frozenset(word.casefold() for word in object_map.missing)

    def map_availability(record: Record) -> Availability | Unreadable:
        def text_of(name: str | None) -> str:
            text = (record.values.get(name) or "").strip() if name else ""
            return "" if text.casefold() in missing else text

        site = sites.get(text_of(fields.site).casefold())
        if site is None:
            return Unreadable(UNKNOWN_WORD, fields.site)
        line = lines.get(text_of(fields.service_line).casefold())
        if line is None:
            return Unreadable(UNKNOWN_WORD, fields.service_line)
        next_at = parse_moment(text_of(fields.next_available), zone)
        if next_at is None:
            return Unreadable(UNREADABLE, fields.next_available)
        slots = _count(text_of(fields.open_slots))
        if fields.open_slots and slots is None and text_of(fields.open_slots):
            return Unreadable(UNREADABLE, fields.open_slots)
        as_of = parse_moment(text_of(fields.as_of), zone)
        if fields.as_of and as_of is None:
            return Unreadable(UNREADABLE, fields.as_of)
        return Availability(
            ref=record.ref,
            site=site,
            service_line=line,
            next_at=next_at,
            open_slots=slots,
            as_of=as_of,
        )

    return map_availability


def parse_moment(text: str, zone: ZoneInfo) -> datetime | None:
    """Read a date as its first instant in ``zone``, and an instant without an offset as one of ``zone``."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _instant(text, zone)
    return _plausible(datetime.combine(day, time.min, zone))


def _instant(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return parse_instant(text)
    return _plausible(at.replace(tzinfo=zone) if at.tzinfo is None else at)


def _plausible(at: datetime) -> datetime | None:
    return at.astimezone(UTC) if at.year in _YEARS else None


_YEARS = range(1900, 2200)
"""Beyond these a date is a slip of the pen, and its arithmetic may overflow."""


def _count(text: str) -> int | None:
    found = _COUNT.fullmatch(text)
    return int(found[1]) if found else None


_COUNT = re.compile(r"(\d{1,6})(?:\.0+)?", re.ASCII)
"""A count, as a spreadsheet may write it."""


def _folded(words: Mapping[str, str]) -> Mapping[str, str]:
    return {word.casefold(): canonical for word, canonical in words.items()}
