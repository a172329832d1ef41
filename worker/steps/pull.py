"""The pull step: page by page from each CRM into the ledger.

Each page is one transaction: records and activities, the profiles they touch, quarantined rows and
the bookmark. What we wrote ourselves and read back is an echo and touches nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from worker.core.availability_map import AvailabilityMapper
from worker.core.field_map import ObjectKind, ObjectMap, SystemMap
from worker.core.mapping import ActivityMapper, ContactMapper, MappedActivity
from worker.core.records import ObjectDescription, Page, Record, RecordRef, RowIssue, is_code
from worker.core.ruleset import Ruleset
from worker.core.transforms import is_damaged_id
from worker.errors import FixAccessError, FixDataError
from worker.ledger.activities import delete_activities, save_activities
from worker.ledger.bookmarks import load_bookmark, save_bookmark
from worker.ledger.profiles import mark_contacts_dirty
from worker.ledger.quarantine import replace_quarantine
from worker.ledger.records import (
    clear_seen,
    load_records,
    load_revisions,
    mark_seen,
    save_records,
)
from worker.ledger.rows import Bookmark, QuarantinedRow, StoredActivity
from worker.ledger.transaction import Transaction
from worker.log import get_logger
from worker.ports import Connector
from worker.retry import with_retry
from worker.steps.absorb import COUNTED, News, Reading, absorb
from worker.steps.availability import confirm_unchanged, report_missing, store_availability
from worker.steps.choices import note_lists
from worker.steps.contact_points import note_points_said, prepare_contact_points
from worker.steps.copies import copies_within, find_copied, with_origins
from worker.steps.drift import note_fields, refuse_drift
from worker.steps.editors import ask_of_page
from worker.steps.edits import NO_FIELDS
from worker.steps.link import link_records
from worker.steps.live import refuse_delicate
from worker.steps.membership import note_actions, place_all
from worker.steps.owners import with_known_twins
from worker.steps.revocations import note_for_newcomers, note_revocations
from worker.steps.sweep import doubt, sweep
from worker.steps.work import Work

log = get_logger()
MOST_NOTED = 10_000
"""Rows put aside are all counted; this many are noted one by one, so that memory stays flat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """One object type of one CRM, ready to be pulled."""

    system: SystemMap
    object_map: ObjectMap
    can_add_fields: bool
    is_remapped: bool
    map_contact: ContactMapper | None
    map_activity: ActivityMapper | None
    map_availability: AvailabilityMapper | None

    @property
    def step(self) -> str:
        return f"pull {self.system.system} {self.object_map.object_type}"


def pull(work: Work) -> None:
    """Pull every object type of every system, activities after the contacts they belong to."""
    place_all(work)
    prepare_contact_points(work)
    with work.ledger.read() as tx:
        work = with_known_twins(work, tx)
    for system in work.ruleset.configuration.systems.values():
        connector = work.connectors[system.system]
        for object_map in sorted(system.objects, key=lambda o: o.kind is ObjectKind.ACTIVITY):
            attempt = partial(_pull_object, work, connector, system, object_map)
            try:
                with_retry(attempt, work.sleep)
            except (FixDataError, FixAccessError):
                code = object_map.code_when_unreadable
                if code is None:
                    raise
                report_missing(work, system.system, object_map.object_type, code)


def _pull_object(
    work: Work, connector: Connector, system: SystemMap, object_map: ObjectMap
) -> None:
    """Pull one object type from its bookmark. Started again as a whole when the source changed."""
    name = object_map.object_type
    shape = connector.describe(name)
    refuse_delicate(system.system, object_map, shape)
    there = {field.name for field in shape.fields} & object_map.read_fields()
    with work.begin() as tx:
        refuse_drift(tx, system.system, name, system.digest, there)
        note_lists(tx, system.system, object_map, shape)
        bookmark = load_bookmark(tx, system.system, name)
        clear_seen(tx, work.run_id)
    is_remapped = bookmark is None or bookmark.map_digest != system.digest
    since = None if bookmark is None or is_remapped else bookmark.value
    source = _open_source(work.ruleset, system, object_map, shape, is_remapped=is_remapped)
    is_mapped_anew = is_remapped and bookmark is not None
    issues: list[RowIssue] = []
    done = 0
    mark: str | None = None
    last: Page | None = None
    for read in connector.pull(name, fields=object_map.requested_fields(), since=since):
        page = ask_of_page(work, connector, object_map, read)
        with work.begin() as tx:
            found = _store_page(work, tx, source, page)
            issues += found[: max(0, MOST_NOTED - len(issues))]
            # What follows the pages must be done before the bookmark says that they are: a sweep,
            # and the new map on every record that was read with the old one.
            if not (is_mapped_anew or page.is_whole or page.is_complete):
                _move_bookmark(tx, source, page.bookmark)
        done += len(page.records)
        work.on_progress(source.step, done, page.total)
        mark = page.bookmark or mark
        last = page
    if last is not None and (last.is_complete or last.is_whole):
        issues += _sweep(work, source, is_complete=last.is_complete)
    with work.begin() as tx:
        if source.map_availability is not None and not (last is not None and last.is_whole):
            confirm_unchanged(work, tx, system.system, name)
        if done or issues or (last is not None and last.is_whole):
            _note_quarantine(work, tx, source, issues)
        _move_bookmark(tx, source, mark)
        note_fields(tx, system.system, name, system.digest, there)
        clear_seen(tx, work.run_id)


def _sweep(work: Work, source: _Source, *, is_complete: bool) -> list[RowIssue]:
    """Sweep when what is missing can only have been deleted; say so when it need not have been."""
    system, name = source.system.system, source.object_map.object_type
    reason = doubt(work, system, name, is_complete=is_complete)
    if reason is not None:
        log.warning("deletions_doubted", system=system, object_type=name, code=reason)
        return [RowIssue(object_type=name, row=0, code=reason, is_quarantined=False)]
    if is_complete:
        sweep(work, system, source.object_map, step=source.step)
    return []


def _move_bookmark(tx: Transaction, source: _Source, value: str | None) -> None:
    if value is not None:
        mark = Bookmark(value=value, map_digest=source.system.digest)
        save_bookmark(tx, source.system.system, source.object_map.object_type, mark)


def _open_source(
    ruleset: Ruleset,
    system: SystemMap,
    object_map: ObjectMap,
    shape: ObjectDescription,
    *,
    is_remapped: bool,
) -> _Source:
    place = (system.system, object_map.object_type)
    return _Source(
        system=system,
        object_map=object_map,
        can_add_fields=shape.can_add_fields,
        is_remapped=is_remapped,
        map_contact=ruleset.contact_mappers.get(place),
        map_activity=ruleset.activity_mappers.get(place),
        map_availability=ruleset.availability_mappers.get(place),
    )


def _store_page(work: Work, tx: Transaction, source: _Source, page: Page) -> list[RowIssue]:
    issues = list(page.issues)
    sound: list[Record] = []
    for record in page.records:
        if is_damaged_id(record.ref.id):
            issues.append(_issue(record, "DQ_ID_DAMAGED"))
        else:
            sound.append(record)
    mark_seen(tx, work.run_id, [record.ref for record in sound])
    if source.map_contact is not None:
        _store_contacts(work, tx, source, source.map_contact, sound, page.outside)
    elif source.map_availability is not None:
        sound += map(_gone, page.outside)
        issues += _store_availability(work, tx, source, source.map_availability, sound)
    else:
        issues += _store_activities(work, tx, source, sound, page.outside)
    bad = sum(issue.is_quarantined for issue in issues)
    work.count(source.step, pages=1, read=len(page.records), quarantined=bad)
    return issues


def _gone(ref: RecordRef) -> Record:
    """Treat a record that is none of those read any more as one that is gone."""
    return Record(ref=ref, values={}, revision="outside", is_deleted=True)


def _issue(record: Record, code: str, column: str | None = None) -> RowIssue:
    return RowIssue(
        object_type=record.ref.object_type, row=0, code=code, column=column, record_id=record.ref.id
    )


def _store_contacts(
    work: Work,
    tx: Transaction,
    source: _Source,
    map_contact: ContactMapper,
    records: Sequence[Record],
    outside: Sequence[RecordRef],
) -> None:
    """Store contacts as read; link and mark dirty those whose content is new to us."""
    if not source.is_remapped:
        known = load_revisions(tx, [record.ref for record in records])
        records = [r for r in records if r.is_deleted or known.get(r.ref) != r.revision]
    left = [_gone(ref) for ref in load_revisions(tx, outside)]
    records = [*records, *left]
    stored = load_records(tx, [record.ref for record in records])
    reading = Reading(
        now=work.now,
        object_map=source.object_map,
        map_contact=map_contact,
        can_add_fields=source.can_add_fields,
        is_remapped=source.is_remapped,
        copies_within=copies_within(work, source.system.system),
        respected=work.ruleset.configuration.lifecycle.respected,
    )
    records = with_origins(tx, records, stored)
    copied = find_copied(work, tx, source.object_map, records, stored)
    news = [absorb(reading, r, stored.get(r.ref), copied.get(r.ref, NO_FIELDS)) for r in records]
    save_records(tx, [after for what, after in news if after and what is News.ECHO])
    touched = [after for what, after in news if after and what is not News.ECHO]
    linked = link_records(tx, touched, work.ruleset)
    note_points_said(tx, work.ruleset, touched, linked.said)
    note_revocations(work, tx, stored, touched, linked.said)
    back = {ref: None for ref, before in stored.items() if before.is_deleted}
    note_for_newcomers(work, tx, {**back, **linked.came_from})
    kinds = [what for what, _after in news]
    counts = {what.value: kinds.count(what) for what in COUNTED}
    counts[News.DELETED] -= len(left)
    work.count(source.step, **counts, left=len(left))


def _store_activities(
    work: Work,
    tx: Transaction,
    source: _Source,
    records: Sequence[Record],
    outside: Sequence[RecordRef],
) -> list[RowIssue]:
    """Store activities as read; of one that cannot be used any more, nothing is left standing."""
    assert source.map_activity is not None
    kinds = work.ruleset.configuration.activity_kinds
    rows: list[StoredActivity] = []
    issues: list[RowIssue] = []
    gone = [record.ref for record in records if record.is_deleted]
    left = list(outside)
    for record in records:
        if record.is_deleted:
            continue
        mapped = source.map_activity(record)
        if mapped is None:
            issues.append(_issue(record, "DQ_ACTIVITY_UNREADABLE"))
            left.append(record.ref)
        elif mapped.kind not in kinds or not kinds[mapped.kind].is_enabled:
            left.append(record.ref)
        else:
            rows.append(_stored(mapped, record.revision))
    deleted, outlived = delete_activities(tx, gone), delete_activities(tx, left)
    news = save_activities(tx, rows) | deleted | outlived
    touched = {activity.contact for activity in news}
    mark_contacts_dirty(tx, sorted(touched))
    note_actions(tx, work.ruleset, news)
    work.count(
        source.step,
        changed=len(touched),
        deleted=len({one.ref for one in deleted}),
        left=len({one.ref for one in outlived}),
    )
    return issues


def _stored(mapped: MappedActivity, revision: str) -> StoredActivity:
    return StoredActivity(
        ref=mapped.ref,
        contact=mapped.contact,
        kind=mapped.kind,
        at=mapped.at,
        revision=revision,
        service_line=mapped.service_line,
        owner=mapped.owner,
        channel=mapped.channel,
        source=mapped.source,
        is_excluded=mapped.is_excluded,
    )


def _store_availability(
    work: Work,
    tx: Transaction,
    source: _Source,
    read: AvailabilityMapper,
    records: Sequence[Record],
) -> list[RowIssue]:
    misread, changed = store_availability(work, tx, read, records)
    work.count(source.step, changed=changed)
    return [_issue(record, why.code, why.column) for record, why in misread]


def _note_quarantine(
    work: Work, tx: Transaction, source: _Source, issues: Sequence[RowIssue]
) -> None:
    name = source.object_map.object_type
    rows = [
        QuarantinedRow(
            system=source.system.system,
            object_type=name,
            row=issue.row,
            column=issue.column,
            code=issue.code if is_code(issue.code) else "DQ_ROW_UNREADABLE",
            record_id=issue.record_id,
            run_id=work.run_id,
        )
        for issue in issues
    ]
    replace_quarantine(tx, source.system.system, name, rows)
