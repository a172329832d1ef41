"""Compares what was asked of a record with what its row holds. Pure.

The org's own automation may put back what was written, so only a row that was read tells what stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.salesforce.rows import Row
from connectors.salesforce.values import is_same
from worker.core.records import RawValues, WriteOutcome

NOT_TAKEN: Final = "WRITE_NOT_TAKEN"


def untaken(values: RawValues, row: Row, types: Mapping[str, str]) -> list[str]:
    """Name the values that a row does not hold; ``types`` are those of its columns."""
    return [
        name
        for name, value in values.items()
        if not is_same(value, row.cells.get(name), types.get(name, "string"))
    ]


def outcome_of(changes: RawValues, before: Row, now: Row, types: Mapping[str, str]) -> WriteOutcome:
    """Say whether all (applied), a part (conflict) or nothing (rejected) of some changes stands.

    After a part, the record is read and decided again, so that the part is known as ours.
    """
    left = untaken(changes, now, types)
    if not left:
        return WriteOutcome.APPLIED
    was = {name: before.cells.get(name) for name in left}
    is_as_before = left == untaken(changes, before, types) and not untaken(was, now, types)
    return WriteOutcome.REJECTED if is_as_before else WriteOutcome.CONFLICT
