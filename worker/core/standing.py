"""Where a lead stands before it is decided: its stage, who set it, and what sales said of it.

Joins what the records of one person say. The lifecycle then judges which move is allowed from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from worker.core.case import Case
from worker.core.identity import MergedLead
from worker.core.lifecycle import LifecyclePolicy, Standing
from worker.core.mapping import MappedContact
from worker.core.memory import Memory
from worker.core.model import Facts, FactValue, Stage, Strength

_STAGE_ORDER = {stage: place for place, stage in enumerate(Stage)}


def find_standing(
    contacts: Sequence[MappedContact],
    memory: Memory,
    lead: MergedLead,
    case: Case,
    policy: LifecyclePolicy,
    set_by_person_at: datetime | None,
) -> Standing:
    """Read the stage of a person from all its records, and what bears on moving it."""
    stages, is_unknown = [], "lifecycle_stage" in lead.unseen
    for contact in contacts:
        word = contact.facts.get("lifecycle_stage")
        if word in _STAGE_WORDS:
            stages.append(Stage(str(word)))
        for issue in contact.issues:
            is_unknown = is_unknown or issue.fact == "lifecycle_stage"
    stage = _furthest(stages, policy.people_own)
    strong = None
    for activity in case.activities:
        if activity.strength is Strength.STRONG:
            strong = activity.at
            break
    return Standing(
        stage=stage,
        has_unknown_stage=is_unknown,
        set_by_worker_at=memory.stage_since if memory.stage is stage else None,
        set_by_person_at=set_by_person_at,
        last_strong_at=strong,
        is_handed_back=_is_handed_back(lead.facts, strong),
    )


def _furthest(stages: list[Stage], people_own: frozenset[Stage]) -> Stage | None:
    """Pick the stage of a person whose records differ: one that belongs to people goes first."""
    if len(stages) <= 1:
        return stages[0] if stages else None
    return max(stages, key=lambda stage: (stage in people_own, _STAGE_ORDER[stage]))


_STAGE_WORDS = frozenset(Stage)


def _is_handed_back(facts: Facts, last_strong_at: datetime | None) -> bool:
    """Sales rejected or recycled the lead, and it has taken no strong step since."""
    if facts.get("sales_verdict") not in HANDED_BACK:
        return False
    verdict_at = facts.get("outcome_at")
    return (
        not isinstance(verdict_at, datetime)
        or last_strong_at is None
        or last_strong_at <= verdict_at
    )


HANDED_BACK: Mapping[FactValue | None, str] = {
    "rejected": "SALES_REJECTED",
    "recycled": "SALES_RECYCLED",
}
