"""What the tests run in a process of its own: ``python -m tests.ledger.child URL ROLE NAME``.

Each role prints ``ready`` and waits for a line, so that the test decides when it goes on or dies.
"""

from __future__ import annotations

import sys

from tests.ledger.examples import decision, record
from worker.ledger.decisions import append_decisions
from worker.ledger.engine import Ledger, open_ledger
from worker.ledger.records import save_records

BATCHES, BATCH = 20, 5


def _wait() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


def die_inside(ledger: Ledger, name: str) -> None:
    """Wait with an open transaction that has changed a record."""
    with ledger.begin() as tx:
        save_records(tx, [record("1", revision=name)])
        _wait()


def die_after(ledger: Ledger, name: str) -> None:
    """Wait right after the commit."""
    with ledger.begin() as tx:
        save_records(tx, [record("1", revision=name)])
    _wait()


def append(ledger: Ledger, name: str) -> None:
    """Append decisions in many small transactions."""
    for batch in range(BATCHES):
        with ledger.begin() as tx:
            append_decisions(tx, [decision(f"{name}-{batch}-{n}") for n in range(BATCH)])


def main() -> None:
    url, role, name = sys.argv[1:]
    if role == "append":
        _wait()  # before opening: both may find that there is no ledger yet
    ledger = open_ledger(url, "acme")
    {"die_inside": die_inside, "die_after": die_after, "append": append}[role](ledger, name)
    ledger.close()


if __name__ == "__main__":
    main()
