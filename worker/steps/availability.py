"""Availability in the pull: rows stored, and the decisions that looked at them woken.

Availability is advice. A table that cannot be read is reported and stops nothing: what was last
known holds until it is stale, and then counts as not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from worker.core.availability_map import Availability, AvailabilityMapper, Unreadable
from worker.core.records import Record, RecordRef
from worker.ledger.availability import (
    LookedAt,
    availability_of,
    confirm_availability,
    delete_availability,
    save_availability,
    wake_readers,
)
from worker.ledger.quarantine import replace_quarantine
from worker.ledger.rows import QuarantinedRow
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.steps.work import Work

log = get_logger()
Misread: TypeAlias = tuple[Record, Unreadable]


def store_availability(
    work: Work, tx: Transaction, read: AvailabilityMapper, records: Sequence[Record]
) -> tuple[list[Misread], int]:
    """Store what records say, and forget what the unreadable ones said; returns those, and the changes."""
    rows: list[Availability] = []
    misread: list[Misread] = []
    gone = [record.ref for record in records if record.is_deleted]
    for record in records:
        found = None if record.is_deleted else read(record)
        if isinstance(found, Unreadable):
            misread.append((record, found))
            gone.append(record.ref)
        elif found is not None:
            rows.append(found)
    before = availability_of(tx, [*gone, *(row.ref for row in rows)])
    save_availability(tx, rows, work.now)
    delete_availability(tx, gone)
    after = {row.ref: replace(row, as_of=row.as_of or work.now) for row in rows}
    news = list(_news(work, before, after))
    wake_readers(tx, news)
    return misread, len(news)


def forget_availability(tx: Transaction, refs: Sequence[RecordRef]) -> None:
    """Forget what records said that are no longer there."""
    before = availability_of(tx, refs)
    delete_availability(tx, refs)
    wake_readers(tx, _places(before.values()))


def confirm_unchanged(work: Work, tx: Transaction, system: str, object_type: str) -> None:
    """Note that what a pull of changes did not show is as it was, and wake who took it for stale."""
    before = confirm_availability(tx, system, object_type, work.now)
    wake_readers(tx, _places(row for row in before if _is_stale(work, row)))


def report_missing(work: Work, system: str, object_type: str, code: str) -> None:
    """Say that a table cannot be read, where the rows that cannot be read are listed."""
    log.warning("object_not_read", system=system, object_type=object_type, code=code)
    row = QuarantinedRow(
        system=system,
        object_type=object_type,
        row=0,
        column=None,
        code=code,
        record_id=None,
        run_id=work.run_id,
    )
    with work.begin() as tx:
        replace_quarantine(tx, system, object_type, [row])
    work.count(f"pull {system} {object_type}", missing=1)


def _news(
    work: Work, before: dict[RecordRef, Availability], after: dict[RecordRef, Availability]
) -> Iterator[LookedAt]:
    for ref in before.keys() | after.keys():
        old, new = before.get(ref), after.get(ref)
        if old is None or new is None or not _is_like(work, old, new):
            yield from _places(row for row in (old, new) if row is not None)


def _is_like(work: Work, old: Availability, new: Availability) -> bool:
    """Tell whether a row says what it said, and is as fresh to us as it was."""
    says_the_same = replace(old, as_of=None) == replace(new, as_of=None)
    return says_the_same and _is_stale(work, old) == _is_stale(work, new)


def _is_stale(work: Work, row: Availability) -> bool:
    stale_after = work.ruleset.configuration.availability.stale_after
    return row.as_of is not None and row.as_of + stale_after <= work.now


def _places(rows: Iterable[Availability]) -> Iterator[LookedAt]:
    yield from ((row.service_line, row.site) for row in rows)
