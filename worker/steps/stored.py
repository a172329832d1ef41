"""What a stored record says of a person: the one way from a row of the ledger to the core."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from worker.core.mapping import MappedContact, mapped_from_json
from worker.core.model import FactSpec
from worker.core.records import RecordRef
from worker.ledger.rows import StoredRecord


def contact_of(record: StoredRecord, specs: Mapping[str, FactSpec]) -> MappedContact:
    """Read the contact that was mapped when the record was pulled."""
    return mapped_from_json(record.mapped, record.ref, record.modified_at, specs)


def contacts_of(
    records: Iterable[StoredRecord], specs: Mapping[str, FactSpec]
) -> dict[RecordRef, MappedContact]:
    """Read the contacts of several records."""
    return {record.ref: contact_of(record, specs) for record in records}
