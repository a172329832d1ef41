"""Which stage is written to which record: one person may stand at different stages in two CRMs.

A decision is about the person. Each record is brought to its stage from where that record stands, by
the table and by the rules of its CRM.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from worker.core.lifecycle import OWNED_BY_PEOPLE, LifecyclePolicy, Mover, StageMove, Standing
from worker.core.model import Stage
from worker.core.records import RecordRef
from worker.core.stage_rules import PLAIN, Backward, is_backward, is_outside, way_to

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
    if not is_to_follow(policy, standing, move, ref):
        return None
    way = _way(policy, standing, move, ref)
    return None if way is Backward.NEVER else way


def _way(
    policy: LifecyclePolicy, standing: Standing, move: StageMove, ref: RecordRef
) -> Backward | None:
    assert move.stage is not None
    rules = policy.systems.get(ref.system, PLAIN)
    return way_to(rules, ref.object_type, standing.stages[ref], move.stage)


def is_to_follow(
    policy: LifecyclePolicy, standing: Standing, move: StageMove, ref: RecordRef
) -> bool:
    """Tell whether a record is to be brought to the stage of the decision, as far as its CRM lets it."""
    target, source = move.stage, standing.stages.get(ref)
    if target is None or ref not in standing.stages or source is target:
        return False
    if move.is_hands_off and move.reason != OWNED_BY_PEOPLE:
        return False
    is_of_people = target is standing.stage and not standing.is_own_proposal
    if is_of_people and target in policy.mirrored and _may_show(policy, standing, ref, target):
        return True
    if move.is_hands_off:
        return False
    if ref in standing.copies:
        return True
    if move.is_mirrored:
        return source not in policy.people_own
    is_unfinished = source is None and standing.is_cleared
    is_ours = move.reason in _WRITTEN or move.is_shared
    return is_ours and (is_unfinished or _is_listed(policy, source, target, move.rule))


def _may_show(policy: LifecyclePolicy, standing: Standing, ref: RecordRef, target: Stage) -> bool:
    """Tell whether a record may be shown what people have set on another one.

    Forward alone, and never over what people own or have set there since; a copy of ours goes along.
    """
    if ref in standing.copies:
        return True
    source = standing.stages[ref]
    if source in policy.people_own or is_backward(source, target):
        return False
    if is_outside(source) and _set_at(standing, target) is None:
        return False
    return not is_newer_there(standing, ref, target)


def is_newer_there(standing: Standing, ref: RecordRef, target: Stage) -> bool:
    """Tell whether a person set the stage of a record after people set another one's to ``target``."""
    here_at, there_at = standing.edits.get(ref), _set_at(standing, target)
    return here_at is not None and (there_at is None or there_at <= here_at)


def _set_at(standing: Standing, stage: Stage) -> datetime | None:
    """Say when a person last gave a record this stage, as far as is known."""
    edits = standing.edits.items()
    return max((at for ref, at in edits if standing.stages.get(ref) is stage), default=None)


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
