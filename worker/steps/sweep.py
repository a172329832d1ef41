"""The sweep: what a whole pull did not show no longer exists.

Where a CRM tells nothing of deletions, absence is all there is. It is only believed when nothing
else explains it: the pull went through everything, no row was newly put aside that could hide a
record, and most records are still there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from worker.core.model import FactSpec
from worker.core.records import RecordRef, RowIssue
from worker.ledger.activities import delete_activities
from worker.ledger.profiles import mark_contacts_dirty
from worker.ledger.quarantine import list_quarantine
from worker.ledger.records import count_unseen, load_records, unseen
from worker.ledger.transaction import Transaction
from worker.steps.link import link_records
from worker.steps.work import Work

BATCH = 1000
MOST_KNOWN = 10_000
"""Rows of an earlier quarantine that are compared; a table with more is not swept."""
SHRUNK_FLOOR = 25
"""Fewer missing records than this are believed, however small the base."""
_HARMLESS = frozenset({"DQ_ID_DUPLICATE"})
"""A row put aside for this hides no record: the one it doubles was read."""


def is_believable(
    tx: Transaction, system: str, object_type: str, issues: Sequence[RowIssue]
) -> bool:
    """Tell whether every row that was put aside now was put aside before, so that none hides news."""
    before = Counter(
        row.record_id
        for row in list_quarantine(tx, MOST_KNOWN)
        if (row.system, row.object_type) == (system, object_type) and row.code not in _HARMLESS
    )
    now = Counter(
        issue.record_id for issue in issues if issue.is_quarantined and issue.code not in _HARMLESS
    )
    return now.total() < MOST_KNOWN and now <= before


def sweep(work: Work, system: str, object_type: str, *, step: str, is_contact: bool) -> bool:
    """Treat what the pull did not show as deleted; false when too much is missing to believe it."""
    with work.ledger.read() as tx:
        stored, missing = count_unseen(tx, work.run_id, system, object_type)
    if missing > SHRUNK_FLOOR and missing * 2 > stored:
        return False
    while True:
        with work.begin() as tx:
            gone = unseen(tx, work.run_id, system, object_type, BATCH)
            if is_contact:
                _forget(tx, gone, work.ruleset.configuration.facts)
            else:
                mark_contacts_dirty(tx, sorted(delete_activities(tx, gone)))
        work.count(step, deleted=len(gone))
        if len(gone) < BATCH:
            return True


def _forget(tx: Transaction, refs: Iterable[RecordRef], specs: Mapping[str, FactSpec]) -> None:
    gone = [replace(record, is_deleted=True) for record in load_records(tx, refs).values()]
    link_records(tx, gone, specs)
