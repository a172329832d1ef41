"""What a twin says of the calls it answered, in the words of whoever started it."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.journal import Journal
from worker.ports import CallCount


def count_calls(journal: Journal) -> Sequence[CallCount]:
    """Count the calls since the last time, by endpoint, and begin anew."""
    counts, fewest = journal.counts(), journal.fewest()
    journal.clear()
    return [
        CallCount(endpoint=name, calls=calls, fewest=fewest.get(name))
        for name, calls in counts.items()
    ]
