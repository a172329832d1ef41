"""Which stage is written to which record: one person may stand at different stages in two CRMs.

A decision is about the person. Each record is brought to its stage from where that record stands, by
the table and by the rules of its CRM.
"""

from __future__ import annotations

from collections.abc import Mapping

from worker.core.lifecycle import LifecyclePolicy, Mover, StageMove, Standing
from worker.core.model import Stage
from worker.core.records import RecordRef
from worker.core.stage_rules import PLAIN, Backward, way_to

_WRITTEN = frozenset(
    {
        "STAGE_ADVANCED",
        "STAGE_MOVED_BACK",
        "STAGE_DISQUALIFIED",
        "STAGE_PROPOSED_SQL",
        "STAGE_ALIGNED",
    }
)
"""Only these moves are written; any other leaves all records as they are."""


def stage_way(
    policy: LifecyclePolicy, standing: Standing, move: StageMove, ref: RecordRef
) -> Backward | None:
    """Say how a record is brought to the stage of the decision; None: it keeps what it shows."""
    target = move.stage
    if target is None or ref not in standing.stages or standing.stages[ref] is target:
        return None
    source = standing.stages[ref]
    if move.is_mirrored:
        is_allowed = source not in policy.people_own
    else:
        is_unfinished = source is None and standing.is_cleared
        is_listed = is_unfinished or _is_listed(policy, source, target, move.rule)
        is_allowed = move.reason in _WRITTEN and is_listed
    if not is_allowed:
        return None
    way = way_to(policy.systems.get(ref.system, PLAIN), ref.object_type, source, target)
    return None if way is Backward.NEVER else way


def _is_listed(
    policy: LifecyclePolicy, source: Stage | None, target: Stage, rule: str | None
) -> bool:
    return any(
        row.by is not Mover.PEOPLE and (row.condition is None or row.id == rule)
        for row in policy.transitions.get((source, target), ())
    )


NOTHING_LEFT: Mapping[RecordRef, str] = {}


def left_standing(
    policy: LifecyclePolicy, standing: Standing, move: StageMove
) -> Mapping[RecordRef, str]:
    """Name the records that go on showing another stage than the lead has, each with the code why."""
    target = move.stage
    if not policy.systems or move.is_hands_off or target is None:
        return NOTHING_LEFT
    found = {}
    for ref, source in standing.stages.items():
        rules = policy.systems.get(ref.system, PLAIN)
        way = None if source is target else way_to(rules, ref.object_type, source, target)
        if way is Backward.NEVER:
            found[ref] = "STAGE_BACKWARD_NOT_WRITTEN"
        elif way is None and source is not target:
            is_unlisted = (ref.object_type, target) in rules.unlisted
            found[ref] = "STAGE_NOT_IN_CRM" if is_unlisted else "STAGE_NOT_USED_IN_CRM"
    return found
