"""What the demonstration shows of ``truth``: one funnel, on whom the CRMs disagree, and what settles it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeAlias

from rich.console import RenderableType
from rich.rule import Rule

from worker.core.model import Stage
from worker.core.testimony import About
from worker.core.trace import Json
from worker.ledger.transaction import Transaction
from worker.report.truth import show_truth, truth_json
from worker.steps.truth import Tally, read_at, tell_truth
from worker.steps.work import Work

_UP_TO_CAUSES = 6
"""So many parts come before the causes: two lines, the funnel, what it is about, and gaps."""
Tell: TypeAlias = Callable[[RenderableType], None]
"""Says something to people, or to nobody when JSON is asked for."""


def show_agreement(
    when: str, work: Work, tx: Transaction, tell: Tell, *, with_causes: bool
) -> Json:
    """Say how far the CRMs agree; nothing of one CRM alone, which has nobody to disagree with.

    Causes tell what became of writes, and a rehearsal makes none.
    """
    last = None if with_causes else _UP_TO_CAUSES
    configuration = work.ruleset.configuration
    systems = sorted(configuration.systems)
    if len(systems) < 2:
        return None
    counts = Tally()
    for _found in tell_truth(work, tx, frozenset(About), counts):
        pass
    times = read_at(tx, systems)
    tell(Rule(f"Truth {when}: where the CRMs disagree"))
    parts = islice(show_truth(counts, times, configuration.time_zone), 1, last)
    tell(next(parts))
    tell(_in_one_line(counts, systems))
    for part in parts:
        tell(part)
    return truth_json(counts, times)


def _in_one_line(counts: Tally, systems: Sequence[str]) -> str:
    """Say of one stage how the CRMs would count it, and on how many people they agree."""
    mql = Stage.MQL.value
    shown = " and ".join(f"{counts.records[name][mql]} in {name}" for name in systems)
    return (
        f"Qualified ({mql}): {shown}; of people in both, "
        f"{counts.agreed[mql]} agreed and {counts.split[mql]} disputed"
    )
