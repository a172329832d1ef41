"""A record as the CRM shows it, beside what the worker last wrote there."""

from __future__ import annotations

from dataclasses import dataclass

from worker.core.field_map import FieldWrite
from worker.core.records import RawValues
from worker.core.written_form import is_same


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentRecord:
    """A record's fields as last read, and the managed values we last wrote to it."""

    values: RawValues
    written: RawValues


def is_ours(write: FieldWrite, record: CurrentRecord) -> bool:
    """Tell whether a field holds what we last wrote there."""
    target, written = write.target, record.written
    return target in written and is_same(write, record.values.get(target), written[target])
