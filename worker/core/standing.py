"""Where a lead stands before it is decided: its stage, who set it, and what sales said of it.

Joins what the records of one person say. The lifecycle then judges which move is allowed from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from worker.core.case import Case
from worker.core.identity import MergedLead
from worker.core.lifecycle import (
    HANDED_OFF,
    NO_EDITS,
    PROPOSED,
    LifecyclePolicy,
    Standing,
    is_respected,
)
from worker.core.mapping import MappedContact
from worker.core.memory import Memory
from worker.core.model import Facts, Stage, Strength
from worker.core.records import RecordRef
from worker.core.sales import HANDED_BACK, given_at, is_accepted
from worker.core.stage_rules import PLAIN, Backward, way_to

Edits: TypeAlias = Mapping[RecordRef, datetime]
"""When a person gave each record what it shows; records that nobody edited are left out."""
_STAGE_ORDER = {stage: place for place, stage in enumerate(Stage)}


def find_standing(
    contacts: Sequence[MappedContact],
    memory: Memory,
    lead: MergedLead,
    case: Case,
    policy: LifecyclePolicy,
    *,
    set_by_person_at: datetime | None = None,
    owner_set_by_person_at: datetime | None = None,
    is_cleared: bool = False,
    edits: Edits = NO_EDITS,
    untouched: frozenset[RecordRef] = frozenset(),
) -> Standing:
    """Read the stage of a person from all its records, and what bears on moving it.

    ``is_cleared``: the worker emptied the stage of a record, and nothing has filled it since.
    ``untouched`` records show the stage that the worker left there.
    """
    stages, is_unknown = _stages_of(contacts, is_unknown="lifecycle_stage" in lead.unseen)
    strong = next((a.at for a in case.activities if a.strength is Strength.STRONG), None)
    copies = _copies(stages, memory, edits, untouched, policy.people_own)
    said = {ref: at for ref, at in edits.items() if ref not in copies} if copies else edits
    edited = _respected(said, strong, policy, case.now)
    stage = shown = _that_counts(stages, edited, policy.people_own, _stale(copies, stages, memory))
    is_ours = _is_after(memory.stage_since, set_by_person_at)
    is_cleared = is_cleared and is_ours and shown is None and memory.stage is not None
    is_left = memory.is_left and shown is memory.left_at and is_ours
    if is_cleared or is_left:
        stage = memory.stage
    recycled_at = _recycled_at(stage, memory, set_by_person_at, case.now)
    touched_at = [at for at in (set_by_person_at, owner_set_by_person_at) if at is not None]
    return Standing(
        stage=stage,
        has_unknown_stage=is_unknown,
        set_by_worker_at=memory.stage_since if memory.stage is stage else None,
        set_by_person_at=set_by_person_at,
        last_strong_at=strong,
        handed_back=_handed_back(lead.facts, memory, case.now, strong, recycled_at),
        recycled_at=recycled_at,
        is_own_proposal=stage is PROPOSED
        and _is_ours_still(memory, lead.facts, max(touched_at, default=None)),
        is_split=len(stages) > 1 and len(set(stages.values())) > 1,
        is_cleared=is_cleared,
        is_behind=is_left and _may_follow(policy, stages, stage),
        stages=stages,
        edits=said,
        copies=copies,
        is_accepted=stage in HANDED_OFF and is_accepted(lead.facts, memory),
    )


def _is_ours_still(memory: Memory, facts: Facts, touched_at: datetime | None) -> bool:
    """Tell whether the worker's proposal was confirmed by nobody."""
    is_untouched = memory.is_proposal and _is_after(memory.stage_since, touched_at)
    return is_untouched and facts.get("sales_verdict") != "accepted"


def _stages_of(
    contacts: Sequence[MappedContact], *, is_unknown: bool
) -> tuple[Mapping[RecordRef, Stage | None], bool]:
    """Read the stage of each record, and whether one of them says something we have no word for."""
    stages: dict[RecordRef, Stage | None] = {}
    for contact in contacts:
        word = contact.facts.get("lifecycle_stage")
        stages[contact.ref] = Stage(str(word)) if word in _STAGE_WORDS else None
        for issue in contact.issues:
            is_unknown = is_unknown or issue.fact == "lifecycle_stage"
    return stages, is_unknown


def _respected(
    edits: Edits, strong: datetime | None, policy: LifecyclePolicy, now: datetime
) -> RecordRef | None:
    """Name the record whose stage a person set last, if that has still to be respected."""
    if not edits:
        return None
    ref = max(edits, key=lambda one: (edits[one], one))
    asked = Standing(set_by_person_at=edits[ref], last_strong_at=strong)
    return ref if is_respected(asked, policy, now) else None


def _copies(
    stages: Mapping[RecordRef, Stage | None],
    memory: Memory,
    edits: Edits,
    untouched: frozenset[RecordRef],
    people_own: frozenset[Stage],
) -> frozenset[RecordRef]:
    """Name the records whose stage of people is the worker's own doing, and not confirmed since."""
    if not untouched:
        return untouched
    return frozenset(
        ref
        for ref in untouched
        if stages.get(ref) in people_own and _is_after(memory.stage_since, edits.get(ref))
    )


def _stale(
    copies: frozenset[RecordRef], stages: Mapping[RecordRef, Stage | None], memory: Memory
) -> frozenset[RecordRef]:
    """Name the copies that say nothing of their own; a proposal of the worker does."""
    if not memory.is_proposal:
        return copies
    return frozenset(ref for ref in copies if stages[ref] is not PROPOSED)


def _that_counts(
    stages: Mapping[RecordRef, Stage | None],
    edited: RecordRef | None,
    people_own: frozenset[Stage],
    stale: frozenset[RecordRef],
) -> Stage | None:
    """Pick the stage of a person whose records differ.

    One that belongs to people goes first, then the one that a person set last, in whichever CRM, then
    the furthest. What the worker copied counts only where no other record says anything.
    """
    if stale and not all(ref in stale for ref, stage in stages.items() if stage):
        stages = {ref: stage for ref, stage in stages.items() if ref not in stale}
    known = [stage for stage in stages.values() if stage]
    if edited is not None and edited in stages and people_own.isdisjoint(known):
        return stages[edited]
    if len(known) <= 1:
        return known[0] if known else None
    return max(known, key=lambda stage: (stage in people_own, _STAGE_ORDER[stage]))


def _may_follow(
    policy: LifecyclePolicy, stages: Mapping[RecordRef, Stage | None], stage: Stage | None
) -> bool:
    """Tell whether a record that was left at another stage may be written to now."""
    if stage is None:
        return False
    rules = policy.systems
    ways = (
        way_to(rules.get(ref.system, PLAIN), ref.object_type, source, stage)
        for ref, source in stages.items()
        if source is not stage
    )
    return any(way not in (None, Backward.NEVER) for way in ways)


_STAGE_WORDS = frozenset(Stage)


def _is_after(since: datetime | None, touched_at: datetime | None) -> bool:
    """Tell whether nobody has touched what the worker did at ``since``."""
    return touched_at is None or (since is not None and touched_at < since)


def _recycled_at(
    stage: Stage | None, memory: Memory, set_by_person_at: datetime | None, now: datetime
) -> datetime | None:
    """Say when a lead was last recycled; None where it never was, or was before we first saw it."""
    if stage is Stage.RECYCLED:
        if set_by_person_at is not None:
            return set_by_person_at
        return now if memory.stage not in (None, Stage.RECYCLED) else memory.recycled_at
    at = memory.recycled_at
    is_moved_on = at is not None and set_by_person_at is not None and set_by_person_at > at
    return None if is_moved_on else at


def _handed_back(
    facts: Facts,
    memory: Memory,
    now: datetime,
    last_strong_at: datetime | None,
    recycled_at: datetime | None,
) -> str | None:
    """Say that sales rejected or recycled the lead, where it has taken no strong step since."""
    verdict = HANDED_BACK.get(facts.get("sales_verdict"))
    if verdict is not None:
        at = given_at(facts, memory, now)
        if at is None or not _acted_after(last_strong_at, at):
            return verdict
    if recycled_at is not None and not _acted_after(last_strong_at, recycled_at):
        return "SALES_RECYCLED"
    return None


def _acted_after(last_strong_at: datetime | None, at: datetime) -> bool:
    return last_strong_at is not None and last_strong_at > at
