"""Asks a CRM who changed a stage or an owner, where that is news to us and it can tell.

Each answer costs calls, so only those records are asked about whose value is not the one that we read
or wrote last. What is read for the first time has always been so, as far as we know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from worker.core.editors import as_configured, watched_writes
from worker.core.field_map import FieldWrite, ObjectMap, SystemMap
from worker.core.records import Edit, Page, Record, RecordRef
from worker.core.written_form import differs
from worker.ledger.records import load_records, load_revisions
from worker.ledger.transaction import Transaction
from worker.ports import Connector, TellsEdits
from worker.steps.work import Work


def ask_of_page(work: Work, connector: Connector, object_map: ObjectMap, page: Page) -> Page:
    """Add to a page who changed stage and owner of the records where these are news to us."""
    watched = watched_writes(object_map)
    if not watched or not isinstance(connector, TellsEdits):
        return page
    with work.ledger.read() as tx:
        news = list(_of_news(tx, page.records, watched))
    told = {one.ref: one for one in ask_editors(work, connector, news)}
    return replace(page, records=tuple(told.get(one.ref, one) for one in page.records))


def ask_editors(work: Work, connector: Connector, records: Sequence[Record]) -> list[Record]:
    """Add to these records of one CRM who changed stage and owner last, as far as it tells."""
    if not records or not isinstance(connector, TellsEdits):
        return list(records)
    system = work.ruleset.configuration.systems[connector.name]
    told: dict[RecordRef, Mapping[str, Edit]] = {}
    for object_type, group in _by_type(records).items():
        object_map = system.find_object(object_type)
        watched = watched_writes(object_map) if object_map is not None else ()
        fields = tuple(write.target for write in watched)
        shown = [one for one in group if not one.values.keys().isdisjoint(fields)]
        if shown:
            told |= connector.edits(object_type, shown, fields=fields)
    return [
        replace(one, edits=_as_configured(told[one.ref], system)) if one.ref in told else one
        for one in records
    ]


def _as_configured(edits: Mapping[str, Edit], system: SystemMap) -> dict[str, Edit]:
    return {name: as_configured(edit, system.integrations) for name, edit in edits.items()}


def _by_type(records: Sequence[Record]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(one.ref.object_type, []).append(one)
    return found


def _of_news(
    tx: Transaction, records: Sequence[Record], watched: Sequence[FieldWrite]
) -> Iterator[Record]:
    """Yield the records in which one of these fields is not what we read or wrote last."""
    live = [one for one in records if not one.is_deleted and one.merged_into is None]
    revisions = load_revisions(tx, [one.ref for one in live])
    changed = [one for one in live if revisions.get(one.ref, one.revision) != one.revision]
    before = load_records(tx, [one.ref for one in changed])
    for one in changed:
        known = before[one.ref].values
        if any(differs(write, one.values, known) for write in watched):
            yield one
