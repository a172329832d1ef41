"""What the demonstration shows of ``truth``: one funnel, on whom the CRMs disagree, and what settles it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from rich.console import RenderableType

from worker.cli.demo_reports import keep_report
from worker.core.testimony import About
from worker.core.trace import Json
from worker.ledger.transaction import Transaction
from worker.report.story import truth_in_short
from worker.report.truth import show_truth, truth_json
from worker.steps.truth import Tally, read_at, tell_truth
from worker.steps.work import Work

Tell: TypeAlias = Callable[[RenderableType], None]
"""Says something to people, or to nobody when JSON is asked for."""


def show_agreement(
    when: str,
    work: Work,
    tx: Transaction,
    folder: Path,
    tell: Tell,
    *,
    rehearsed: str | None = None,
) -> Mapping[str, Json] | None:
    """Say how far the CRMs agree; nothing of one CRM alone, which has nobody to disagree with.

    ``rehearsed`` is the plan of a rehearsal that nothing would hold.
    """
    configuration = work.ruleset.configuration
    systems = sorted(configuration.systems)
    if len(systems) < 2:
        return None
    counts = Tally()
    for _found in tell_truth(work, tx, frozenset(About), counts, rehearsed=rehearsed):
        pass
    # A rehearsal is no run that the ledger keeps; it has read the CRMs all the same.
    times = dict.fromkeys(systems, work.now) if rehearsed else read_at(tx, systems)
    keep_report(folder, f"truth-{when}", show_truth(counts, times, configuration.time_zone))
    told = truth_json(counts, times)
    for part in truth_in_short(told):
        tell(part)
    return told
