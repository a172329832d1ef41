"""The open revocations as they are reported: record ids, facts and dates, never a contact value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from worker.core.records import RecordRef
from worker.core.trace import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationCounts:
    """How many revocations are open, how many of them are due or overdue."""

    open: int = 0
    due: int = 0
    overdue: int = 0

    @property
    def is_alarming(self) -> bool:
        """Whether somebody must act now."""
        return bool(self.due or self.overdue)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRevocation:
    """One open revocation: who said what, what is missing where, how many business days are left.

    ``unable`` have no field for it, so it cannot be shown there.
    """

    said_by: RecordRef
    fact: str
    seen_at: datetime
    deadline_at: datetime
    days_left: int
    is_overdue: bool
    is_due: bool
    missing: tuple[RecordRef, ...]
    unable: tuple[RecordRef, ...]

    @property
    def state(self) -> str:
        """In one word, how urgent it is."""
        if self.is_overdue:
            return "overdue"
        return "due" if self.is_due else "open"


def counts_json(counts: RevocationCounts) -> dict[str, Json]:
    """The counts as JSON."""
    return {"open": counts.open, "due": counts.due, "overdue": counts.overdue}


def revocations_json(counts: RevocationCounts, rows: Sequence[OpenRevocation]) -> dict[str, Json]:
    """The open revocations as JSON, by deadline."""
    return {
        **counts_json(counts),
        "revocations": [
            {
                "record": str(row.said_by),
                "fact": row.fact,
                "seen_at": row.seen_at.isoformat(),
                "deadline_at": row.deadline_at.isoformat(),
                "business_days_left": row.days_left,
                "state": row.state,
                "missing": _refs(row.missing),
                "cannot_be_shown": _refs(row.unable),
            }
            for row in rows
        ],
    }


def _refs(refs: Iterable[RecordRef]) -> list[Json]:
    return [str(ref) for ref in refs]
