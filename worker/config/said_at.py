"""Reads which fact says when a timeframe was stated: without it "next week" cannot be placed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.config.findings import Findings, Spot, in_words, nearest
from worker.core.model import FactKind, FactSpec
from worker.core.stated_timing import SAID_AT

_TIMES = frozenset({FactKind.DATE, FactKind.INSTANT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidAt:
    """What a field says of it: the fact it feeds, ``said_at`` if given, and what its object maps."""

    spec: FactSpec
    said_at: str | None
    spot: Spot
    mapped: tuple[str, ...]


def read_said_at(
    question: SaidAt, facts: Mapping[str, FactSpec], findings: Findings
) -> tuple[str, ...]:
    """List the facts that say when a timeframe was stated; empty for any other kind of fact."""
    spec, said_at, spot = question.spec, question.said_at, question.spot
    if spec.kind is not FactKind.TIMEFRAME:
        if said_at is not None:
            message = f"{spec.name!r} is no timeframe, so when it was said changes nothing."
            findings.error(spot, message, hint="take said_at out")
        return ()
    times = [name for name in question.mapped if name in facts and facts[name].kind in _TIMES]
    if said_at is not None:
        if said_at in times:
            return (said_at,)
        message = f"no date or time {said_at!r} is mapped here."
        hint = nearest(said_at, times)
        findings.error(spot, message, allowed=in_words(sorted(times)), hint=hint)
        return ()
    known = tuple(name for name in SAID_AT if name in times)
    if not known:
        message = (
            f"nothing here says when {spec.name!r} was stated, so most of it cannot be placed."
        )
        hint = "add `said_at: <fact>`, or map received_at or created_at"
        findings.error(spot, message, hint=hint)
    return known
