"""The clock of revocations: noted when first seen, settled when every record shows them.

The pull notes; the decide step and the push settle. What is left open is listed by ``leadtriage
consent`` and counted in the summary of a run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from worker.core.business_days import days_left, end_of
from worker.core.judgement import LeadSnapshot
from worker.core.mapping import MappedContact
from worker.core.model import Facts
from worker.core.records import RecordRef
from worker.core.revocations import Ending, Standing, revoked_now, stands
from worker.core.ruleset import Ruleset
from worker.ledger.records import load_records, records_of_profiles
from worker.ledger.revocations import (
    add_revocations,
    count_open_revocations,
    open_revocations,
    open_revocations_of,
    settle_revocations,
    shown_revocations_of,
)
from worker.ledger.rows import Revocation, StoredRecord
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.report.revocations import OpenRevocation, RevocationCounts
from worker.steps.stored import contact_of
from worker.steps.work import Work

log = get_logger()


def note_revocations(
    work: Work,
    tx: Transaction,
    before: Mapping[RecordRef, StoredRecord],
    touched: Sequence[StoredRecord],
    contacts: Mapping[RecordRef, MappedContact],
) -> None:
    """Note what the touched records revoke that they did not before. They are stored already.

    ``contacts`` are what the living ones say.
    """
    days = work.ruleset.configuration.business_days
    limit = work.ruleset.configuration.consent.revocation_deadline_days
    living = [record.ref for record in touched if not record.is_deleted]
    said = [(ref, _news(work.ruleset, before.get(ref), contacts[ref].facts)) for ref in living]
    revoking = {ref: facts for ref, facts in said if facts}
    stored = load_records(tx, revoking)
    add_revocations(
        tx,
        [
            Revocation(
                ref=ref,
                fact=fact,
                profile_id=stored[ref].profile_id or "",
                seen_at=work.now,
                deadline_at=end_of(days, work.now, limit),
            )
            for ref, facts in revoking.items()
            for fact in facts
        ],
    )


def note_for_newcomers(
    work: Work, tx: Transaction, came_from: Mapping[RecordRef, str | None]
) -> None:
    """Have records that join a person show what the others have said before, and the others what they had.

    ``came_from`` gives the former profile of each, None for one that had none. An opt-out that somebody
    has taken back since, on any record of the time, is left as it is.
    """
    shown = shown_revocations_of(tx, list(came_from)) if came_from else []
    if not shown:
        return
    people = records_of_profiles(tx, {row.profile_id for row in shown})
    days = work.ruleset.configuration.business_days
    limit = work.ruleset.configuration.consent.revocation_deadline_days
    again = {
        (row.ref, row.fact): replace(
            row,
            seen_at=work.now,
            deadline_at=end_of(days, work.now, limit),
            settled_at=None,
            ending=None,
        )
        for row in shown
        if _is_to_be_shown(work.ruleset, row, people.get(row.profile_id, ()), came_from)
    }
    add_revocations(tx, list(again.values()))


def _is_to_be_shown(
    ruleset: Ruleset,
    row: Revocation,
    records: Sequence[StoredRecord],
    came_from: Mapping[RecordRef, str | None],
) -> bool:
    """Tell whether all who were one person then show a revocation still, and who came since does not.

    Of a record that is gone, as a lead that became a contact, the others of its person speak.
    """
    was_of = {one.ref: came_from.get(one.ref, row.profile_id) for one in records}
    then = was_of.get(row.ref, row.profile_id)
    specs = ruleset.configuration.facts
    contacts = {one.ref: contact_of(one, specs) for one in records}
    of_then = [contact for ref, contact in contacts.items() if was_of[ref] == then]
    if of_then and _standing(ruleset, row, of_then).ending is not Ending.SHOWN:
        return False
    return _standing(ruleset, row, list(contacts.values())).ending is None


def _news(ruleset: Ruleset, was: StoredRecord | None, facts: Facts) -> tuple[str, ...]:
    specs = ruleset.configuration.facts
    had: Facts = {} if was is None or was.is_deleted else contact_of(was, specs).facts
    return revoked_now(had, facts, ruleset.watch)


def review_revocations(
    work: Work, tx: Transaction, snapshots: Sequence[LeadSnapshot], gone: Iterable[str]
) -> dict[str, frozenset[str]]:
    """Settle what is settled; returns the facts that each profile has still open.

    ``gone`` are profiles without any live record.
    """
    contacts = {snapshot.profile_id: snapshot.contacts for snapshot in snapshots}
    found = open_revocations_of(tx, [*contacts, *gone])
    still_open: dict[str, frozenset[str]] = {}
    settled: list[Revocation] = []
    for profile_id, rows in found.items():
        for row in rows:
            ending = _standing(work.ruleset, row, contacts.get(profile_id, ())).ending
            if ending is None:
                still_open[profile_id] = still_open.get(profile_id, frozenset()) | {row.fact}
            else:
                settled.append(replace(row, ending=ending.value))
    settle_revocations(tx, settled, work.now)
    return still_open


def revoked_facts(
    tx: Transaction, ruleset: Ruleset, snapshots: Sequence[LeadSnapshot]
) -> dict[str, frozenset[str]]:
    """Name the facts that each profile has still to show, and settle nothing."""
    contacts = {snapshot.profile_id: snapshot.contacts for snapshot in snapshots}
    found = open_revocations_of(tx, list(contacts))
    return {
        name: frozenset(
            row.fact for row in rows if _standing(ruleset, row, contacts[name]).ending is None
        )
        for name, rows in found.items()
    }


def _standing(ruleset: Ruleset, row: Revocation, contacts: Sequence[MappedContact]) -> Standing:
    return stands(row.fact, row.ref, contacts, ruleset.watch, ruleset.mapped)


def review_profiles(work: Work, tx: Transaction, profile_ids: Iterable[str]) -> None:
    """Settle what is settled of these profiles, after something was written to their records."""
    records = records_of_profiles(tx, profile_ids)
    specs = work.ruleset.configuration.facts
    snapshots = [
        LeadSnapshot(
            profile_id=name,
            contacts=tuple(contact_of(r, specs) for r in found),
        )
        for name, found in records.items()
    ]
    review_revocations(work, tx, snapshots, ())


def count_revocations(tx: Transaction, ruleset: Ruleset, now: datetime) -> RevocationCounts:
    """Count the open revocations: overdue past their deadline, due inside the time of the alarm."""
    overdue = count_open_revocations(tx, now)
    within = count_open_revocations(tx, _alarm_until(ruleset, now))
    return RevocationCounts(
        open=count_open_revocations(tx), due=max(0, within - overdue), overdue=overdue
    )


def _alarm_until(ruleset: Ruleset, now: datetime) -> datetime:
    configuration = ruleset.configuration
    return end_of(configuration.business_days, now, configuration.consent.alarm_before_days)


def log_revocations(counts: RevocationCounts) -> None:
    """Say in one line how many revocations wait, if any does."""
    if counts.open:
        say = log.warning if counts.is_alarming else log.info
        say(
            "revocations_open",
            counts={"open": counts.open, "due": counts.due, "overdue": counts.overdue},
        )


def list_revocations(tx: Transaction, ruleset: Ruleset, now: datetime) -> Iterator[OpenRevocation]:
    """List the open revocations by deadline."""
    days, alarm_until = ruleset.configuration.business_days, _alarm_until(ruleset, now)
    specs = ruleset.configuration.facts
    for page in open_revocations(tx):
        records = records_of_profiles(tx, {row.profile_id for row in page})
        for row in page:
            contacts = [contact_of(record, specs) for record in records.get(row.profile_id, ())]
            standing = _standing(ruleset, row, contacts)
            yield OpenRevocation(
                said_by=row.ref,
                fact=row.fact,
                seen_at=row.seen_at,
                deadline_at=row.deadline_at,
                days_left=days_left(days, now, row.deadline_at),
                is_overdue=row.deadline_at <= now,
                is_due=row.deadline_at <= alarm_until,
                missing=standing.missing,
                unable=standing.unable,
            )
