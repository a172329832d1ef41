"""What every step works with: the ledger, the rules, the connectors, and one fixed instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from worker.core.plan import NO_OPTIONS, Options
from worker.core.ruleset import Ruleset
from worker.errors import StoppedError
from worker.ledger.engine import Ledger
from worker.ledger.transaction import Transaction
from worker.ports import Connector

OnProgress: TypeAlias = Callable[[str, int, int | None], None]
"""Told the name of the work, how much is done, and how much there is, if known."""


def _silent(_name: str, _done: int, _total: int | None) -> None:
    return None


def _always(_tx: Transaction) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One run's surroundings. ``now`` is the instant all its decisions are made for.

    ``options`` are the CRMs' own lists of choices, as far as a run has looked at them.
    ``guard`` is called inside every writing transaction and raises when the lease is lost.
    """

    ledger: Ledger
    ruleset: Ruleset
    connectors: Mapping[str, Connector]
    run_id: str
    now: datetime
    sleep: Callable[[float], None]
    batch: int = 500
    on_progress: OnProgress = _silent
    should_stop: Callable[[], bool] = bool
    guard: Callable[[Transaction], None] = _always
    options: Options = field(default_factory=lambda: NO_OPTIONS)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)

    @contextmanager
    def begin(self) -> Iterator[Transaction]:
        """Open a writing transaction, unless the run was asked to stop or lost its lease."""
        if self.should_stop():
            raise StoppedError
        with self.settle() as tx:
            yield tx

    @contextmanager
    def settle(self) -> Iterator[Transaction]:
        """Open a writing transaction for what is done already, whether asked to stop or not."""
        with self.ledger.begin() as tx:
            self.guard(tx)
            yield tx

    def count(self, step: str, **amounts: int) -> None:
        """Add to the run's counts."""
        counted = self.counts.setdefault(step, {})
        for name, amount in amounts.items():
            counted[name] = counted.get(name, 0) + amount
