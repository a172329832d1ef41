"""The JSON that commands print. Three shapes are a promise: ``plan``, ``sync`` and ``explain``.

They are described in ``worker/cli/README.md``; a test keeps both together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.core.guardrails import Breach
from worker.core.trace import Json
from worker.report.revocations import RevocationCounts, counts_json

PLANNED = "planned"
"""The status of a run that was only rehearsed."""
MOST_ASIDE = 100
"""So many rows that were put aside are named in a summary; all are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelLine:
    """How many leads of a pathway stand at a stage."""

    pathway: str
    stage: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAside:
    """A row that was put aside because it cannot be read: where it is and why, never what it says."""

    system: str
    object_type: str
    row: int
    column: str | None
    code: str
    record_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a run did or would do, and how the base stands after it.

    ``held_plans`` counts the writes that wait for a person, by plan; ``quarantined`` the rows that
    were put aside, and ``quarantine`` names the first of them. ``write_codes`` counts, by outcome,
    why writes did not do what they should, and ``named_by_crm`` the refused ones for which the CRM
    named another record as the same; ``alarms``, by queue, why leads wait there;
    ``stages_not_in_crm``, by field and stage, the leads at a stage that a CRM's list lacks.
    """

    run_id: str
    status: str
    now: str
    base: int
    steps: Mapping[str, Mapping[str, int]]
    writes: Mapping[str, int]
    funnel: tuple[FunnelLine, ...]
    owners: Mapping[str, int]
    reasons: Mapping[str, int]
    breaches: tuple[Breach, ...] = ()
    seconds: float = 0.0
    held_plans: Mapping[str, int] = field(default_factory=dict)
    quarantined: int = 0
    quarantine: tuple[RowAside, ...] = ()
    write_codes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    revocations: RevocationCounts = field(default_factory=RevocationCounts)
    waiting: Mapping[tuple[str, str], int] = field(default_factory=dict)
    alarms: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    stages_not_in_crm: Mapping[str, int] = field(default_factory=dict)
    named_by_crm: int = 0

    @property
    def is_rehearsed(self) -> bool:
        """Whether nothing of it was stored."""
        return self.status == PLANNED


def breach_json(breach: Breach) -> dict[str, Json]:
    """One exceeded budget as JSON."""
    return {
        "budget": breach.budget,
        "scope": breach.scope.value,
        "key": breach.key,
        "count": breach.count,
        "allowed": breach.allowed,
        "base": breach.base,
        "likely_cause": breach.cause,
    }


def aside_json(row: RowAside) -> dict[str, Json]:
    """One row that was put aside as JSON."""
    return {
        "system": row.system,
        "object_type": row.object_type,
        "row": row.row,
        "column": row.column,
        "code": row.code,
        "record_id": row.record_id,
    }


def top(counts: Mapping[str, int], most: int) -> list[tuple[str, int]]:
    """The largest counts, the larger first, equal ones by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]


def summary_json(summary: RunSummary) -> dict[str, Json]:
    """The summary of a run as JSON: printed by ``sync``, and inside what ``plan`` prints."""
    return {
        "run": summary.run_id,
        "status": summary.status,
        "now": summary.now,
        "base": summary.base,
        "steps": {step: dict(counts) for step, counts in summary.steps.items()},
        "writes": dict(summary.writes),
        "funnel": [
            {"pathway": line.pathway, "stage": line.stage, "count": line.count}
            for line in summary.funnel
        ],
        "owners": dict(summary.owners),
        "reasons": dict(top(summary.reasons, len(summary.reasons))),
        "breaches": [breach_json(breach) for breach in summary.breaches],
        "held_plans": dict(summary.held_plans),
        "quarantined": summary.quarantined,
        "quarantine": [aside_json(row) for row in summary.quarantine],
        "write_codes": {name: dict(codes) for name, codes in summary.write_codes.items()},
        "named_by_crm": summary.named_by_crm,
        "revocations": counts_json(summary.revocations),
        "waiting": [
            {"service_line": line, "site": site or None, "count": count}
            for (line, site), count in sorted(summary.waiting.items())
        ],
        "stages_not_in_crm": dict(summary.stages_not_in_crm),
        "alarms": {name: dict(codes) for name, codes in summary.alarms.items()},
        "seconds": round(summary.seconds, 3),
    }


def funnel_lines(counts: Sequence[tuple[str | None, str | None, int]]) -> tuple[FunnelLine, ...]:
    """Sum counts by pathway and stage."""
    sums: dict[tuple[str, str], int] = {}
    for pathway, stage, count in counts:
        key = (pathway or "unclear", stage or "none")
        sums[key] = sums.get(key, 0) + count
    return tuple(
        FunnelLine(pathway=pathway, stage=stage, count=count)
        for (pathway, stage), count in sorted(sums.items())
    )
