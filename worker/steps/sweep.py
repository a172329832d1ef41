"""The sweep: what a whole pull did not show no longer exists.

Where a CRM tells nothing of deletions, absence is all there is. It is only believed when nothing
else explains it: the pull went through everything, no row was put aside that could hide a record, and
most records are still there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import assert_never

from worker.core.field_map import ObjectKind, ObjectMap
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.ledger.activities import delete_activities
from worker.ledger.profiles import mark_contacts_dirty
from worker.ledger.records import count_unseen, load_records, unseen
from worker.ledger.transaction import Transaction
from worker.steps.availability import forget_availability
from worker.steps.contact_points import note_contact_points
from worker.steps.link import link_records
from worker.steps.membership import note_actions
from worker.steps.work import Work

BATCH = 1000
SHRUNK_FLOOR = 25
"""Fewer missing records than this are believed, however small the base."""


def doubt(work: Work, system: str, object_type: str, *, is_complete: bool) -> str | None:
    """Say, as a reason code, why what is missing may not be deleted; None when it must be."""
    with work.ledger.read() as tx:
        stored, missing = count_unseen(tx, work.run_id, system, object_type)
    if not missing:
        return None
    if not is_complete:
        return "DQ_TABLE_HIDES"
    return "DQ_TABLE_SHRUNK" if missing > SHRUNK_FLOOR and missing * 2 > stored else None


def sweep(work: Work, system: str, object_map: ObjectMap, *, step: str) -> None:
    """Treat what the pull did not show as deleted."""
    while True:
        with work.begin() as tx:
            gone = unseen(tx, work.run_id, system, object_map.object_type, BATCH)
            match object_map.kind:
                case ObjectKind.CONTACT:
                    _forget(tx, gone, work.ruleset)
                case ObjectKind.ACTIVITY:
                    _forget_actions(tx, gone, work.ruleset)
                case ObjectKind.AVAILABILITY:
                    forget_availability(tx, gone)
                case _:
                    assert_never(object_map.kind)
        work.count(step, deleted=len(gone))
        if len(gone) < BATCH:
            return


def _forget_actions(tx: Transaction, refs: Iterable[RecordRef], ruleset: Ruleset) -> None:
    deleted = delete_activities(tx, refs)
    mark_contacts_dirty(tx, sorted({activity.contact for activity in deleted}))
    note_actions(tx, ruleset, deleted)


def _forget(tx: Transaction, refs: Iterable[RecordRef], ruleset: Ruleset) -> None:
    gone = [replace(record, is_deleted=True) for record in load_records(tx, refs).values()]
    link_records(tx, gone, ruleset)
    note_contact_points(tx, ruleset, gone)
