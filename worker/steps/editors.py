"""Asks a CRM who changed a stage or an owner, where that is news to us and it can tell.

Each answer costs calls, so only those records are asked about whose value is not the one that we read
or wrote last. What is read for the first time has always been so, as far as we know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from worker.core.editors import as_configured, watched_fields
from worker.core.field_map import ObjectMap, SystemMap
from worker.core.records import Edit, Page, RawValues, Record, RecordRef
from worker.ledger.records import load_records, load_revisions
from worker.ledger.transaction import Transaction
from worker.ports import Connector, TellsEdits
from worker.steps.work import Work


def ask_of_page(work: Work, connector: Connector, object_map: ObjectMap, page: Page) -> Page:
    """Add to a page who changed stage and owner of the records where these are news to us."""
    fields = watched_fields(object_map)
    if not fields or not isinstance(connector, TellsEdits):
        return page
    with work.ledger.read() as tx:
        news = list(_of_news(tx, page.records, fields))
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
        fields = watched_fields(object_map) if object_map is not None else ()
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


def _of_news(tx: Transaction, records: Sequence[Record], fields: Sequence[str]) -> Iterator[Record]:
    live = [one for one in records if not one.is_deleted and one.merged_into is None]
    revisions = load_revisions(tx, [one.ref for one in live])
    changed = [one for one in live if revisions.get(one.ref, one.revision) != one.revision]
    before = load_records(tx, [one.ref for one in changed])
    for one in changed:
        if _is_news(one.values, before[one.ref].values, fields):
            yield one


def _is_news(values: RawValues, known: RawValues, fields: Sequence[str]) -> bool:
    """Tell whether one of these fields has another value than the one we read or wrote last."""
    seen = [name for name in fields if name in values and name in known]
    return any((values[name] or None) != (known[name] or None) for name in seen)
