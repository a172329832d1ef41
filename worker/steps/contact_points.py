"""Keeps the contact points of records, so that an opt-out closes an address for whoever has it.

Incremental: a record that is stored brings its points along, and only those with whom it opens or
closes something are decided again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from worker.core.contact_points import opted_out_of, points_of, shut_by
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Facts
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.ledger.contact_points import closed_points, records_after, save_contact_points
from worker.ledger.rows import StoredRecord
from worker.ledger.settings import load_setting, save_setting
from worker.ledger.transaction import Transaction
from worker.steps.stored import contacts_of
from worker.steps.work import Work

NOTED = "contact points"
"""The setting that says for which consent policy the points were noted."""
STEP = "contact points"


def prepare_contact_points(work: Work) -> None:
    """Note the points of the whole base when the consent policy watches other facts than before."""
    digest = work.ruleset.watch.digest
    with work.begin() as tx:
        if load_setting(tx, NOTED) == digest:
            return
    after, done = None, 0
    while True:
        with work.begin() as tx:
            batch = records_after(tx, after, work.batch)
            note_contact_points(tx, work.ruleset, batch)
            if not batch:
                save_setting(tx, NOTED, digest)
                return
        after = batch[-1].ref
        done += len(batch)
        work.on_progress(STEP, done, None)


def note_contact_points(tx: Transaction, ruleset: Ruleset, records: Iterable[StoredRecord]) -> None:
    """Store the points of these records; those of a deleted one keep what they close."""
    records = list(records)
    said = contacts_of((one for one in records if not one.is_deleted), ruleset.configuration.facts)
    note_points_said(tx, ruleset, records, said)


def note_points_said(
    tx: Transaction,
    ruleset: Ruleset,
    records: Iterable[StoredRecord],
    said: Mapping[RecordRef, MappedContact],
) -> None:
    """Store the points of records of which it is known what the living ones say."""
    points = {
        record.ref: None if record.is_deleted else _points(ruleset, said[record.ref].facts)
        for record in records
    }
    opt_outs = ruleset.watch.opt_outs
    unseen = {ref: opt_outs & contact.unseen for ref, contact in said.items() if contact.unseen}
    save_contact_points(tx, points, unseen)


def _points(ruleset: Ruleset, facts: Facts) -> Mapping[str, frozenset[str]]:
    said = opted_out_of(facts, ruleset.watch)
    return dict.fromkeys(points_of(facts, ruleset.watch).values(), said)


def with_shut(
    tx: Transaction,
    ruleset: Ruleset,
    snapshots: Sequence[LeadSnapshot],
    revoked: Mapping[str, frozenset[str]],
) -> Iterator[LeadSnapshot]:
    """Add to each lead what anybody who shares an address opted out of.

    So is what the person revoked on a record that is gone by now, as long as others do not show it:
    ``revoked`` gives, for each profile, what is still to be shown.
    """
    watch = ruleset.watch
    points = {
        point
        for snapshot in snapshots
        for contact in snapshot.contacts
        for point in points_of(contact.facts, watch).values()
    }
    closed = closed_points(tx, points)
    for snapshot in snapshots:
        facts = [contact.facts for contact in snapshot.contacts]
        shut = shut_by(closed, facts, watch) if closed else {}
        for fact in watch.points if snapshot.profile_id in revoked else ():
            shut[fact] = shut.get(fact, frozenset()) | revoked[snapshot.profile_id]
        yield replace(snapshot, shut=shut) if shut else snapshot
