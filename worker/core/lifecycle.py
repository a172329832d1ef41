"""The lifecycle: which stage a verdict leads to, and which moves the worker may make.

Stages that belong to people are never touched, a stage a person set is respected, and no move
happens that the table of transitions does not list. Where a row asks for evidence, the caller says
whether there is any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

from worker.core.conditions import Condition
from worker.core.model import Stage
from worker.core.policy import Verdict
from worker.core.records import Editor, RecordRef
from worker.core.stage_rules import PLAIN, Backward, SystemStages, is_backward


class Mover(StrEnum):
    """Who may make a move."""

    WORKER = "worker"
    PEOPLE = "people"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A lead may move from ``source`` to ``target``. None as source: no stage yet.

    ``condition`` is the evidence without which the worker does not make the move.
    """

    id: str
    source: Stage | None
    target: Stage
    by: Mover = Mover.BOTH
    condition: Condition | None = None


Transitions: TypeAlias = Mapping[tuple[Stage | None, Stage], tuple[Transition, ...]]
"""The rows of the table by where they lead from and to."""

PROPOSED = Stage.SQL
"""The one stage of people that the worker may propose, where the table lists evidence for it."""
HANDED_OFF = frozenset({Stage.MQL, PROPOSED})
"""Stages at which somebody works the lead."""
NO_EVIDENCE: frozenset[str] = frozenset()
NO_STAGES: Mapping[RecordRef, Stage | None] = {}
ALL_BUT_COPIES = frozenset({Editor.PERSON, Editor.AUTOMATION, Editor.IMPORT})
"""Whose change of a stage or an owner is respected, unless a policy says otherwise."""
NO_EDITS: Mapping[RecordRef, datetime] = {}
OWNED_BY_PEOPLE = "STAGE_OWNED_BY_PEOPLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePolicy:
    """``dwell`` is how long a stage the worker set must stand before the worker lowers it.

    ``person_cool_down`` is how long a person's change is respected; a strong action of the lead
    after that change ends the respect early when ``strong_action_ends_cool_down``. ``respected`` are
    those whose change counts as a person's. ``mirrored`` are stages that people set in one place, and
    that the person's other records are shown. ``systems`` says what is particular to one CRM.
    """

    transitions: Transitions
    people_own: frozenset[Stage]
    dwell: timedelta
    person_cool_down: timedelta
    strong_action_ends_cool_down: bool = True
    rejection_cool_down: timedelta = timedelta(days=90)
    mirrored: frozenset[Stage] = frozenset()
    systems: Mapping[str, SystemStages] = field(default_factory=dict)
    respected: frozenset[Editor] = ALL_BUT_COPIES

    def rows(self) -> tuple[Transition, ...]:
        """List all rows of the table."""
        return tuple(row for rows in self.transitions.values() for row in rows)


def with_backward(policy: LifecyclePolicy, ways: Mapping[str, Backward]) -> LifecyclePolicy:
    """Go back in each system as its connector can, where the policy says nothing else."""
    systems = dict(policy.systems)
    for name, way in ways.items():
        rules = systems.get(name, PLAIN)
        if rules.backward is None and way is not Backward.ALLOWED:
            systems[name] = replace(rules, backward=way)
    return replace(policy, systems=systems)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lead stands before the decision.

    ``stage`` is the CRM's, None when empty; ``has_unknown_stage`` when its word is not ours.
    ``set_by_worker_at`` is when the worker set it, ``set_by_person_at`` when a person changed what
    the worker had set. ``last_strong_at`` is the lead's last strong action. ``handed_back`` is the
    code that says so where sales rejected or recycled the lead after that, ``recycled_at`` when it
    was last recycled. ``is_own_proposal``: the worker proposed the stage, and nobody has confirmed
    it yet. ``stages`` are those of its records; ``is_split`` when they differ, ``is_cleared`` when
    the worker emptied the field on the way back and has not filled it again. ``is_accepted``: sales
    has taken the present hand-off on, so that it is not taken back. ``is_behind``: a CRM that could not
    be given the stage can be now. ``edits`` say when a person gave a record the stage it has; ``copies``
    are records with a stage of people that the worker wrote there, after what people set elsewhere.
    """

    stage: Stage | None = None
    has_unknown_stage: bool = False
    set_by_worker_at: datetime | None = None
    set_by_person_at: datetime | None = None
    last_strong_at: datetime | None = None
    handed_back: str | None = None
    recycled_at: datetime | None = None
    is_own_proposal: bool = False
    is_split: bool = False
    is_cleared: bool = False
    is_behind: bool = False
    stages: Mapping[RecordRef, Stage | None] = msgspec.field(default_factory=lambda: NO_STAGES)
    is_accepted: bool = False
    edits: Mapping[RecordRef, datetime] = msgspec.field(default_factory=lambda: NO_EDITS)
    copies: frozenset[RecordRef] = frozenset()


class StageMove(msgspec.Struct, frozen=True, kw_only=True):
    """The stage after the decision, and the code that says why. ``is_hands_off``: write nothing, but
    for a stage of people that the person's other records are to be shown.

    ``rule`` is the id of the row of the table that allows the move. ``is_mirrored``: what a person has
    done to one record is shown on the person's others, as it is their move and not ours. ``is_shared``:
    the lead keeps its stage, and its other records are brought to it by the table.
    """

    stage: Stage | None
    reason: str
    is_hands_off: bool = False
    rule: str | None = None
    is_mirrored: bool = False
    is_shared: bool = False


_TARGETS = {
    Verdict.QUALIFIED: Stage.MQL,
    Verdict.NURTURE: Stage.NURTURE,
    Verdict.NOT_READY: Stage.LEAD,
    Verdict.DISQUALIFIED: Stage.DISQUALIFIED,
}
SET_BY_PERSON = "STAGE_SET_BY_PERSON"
_ENDED = frozenset({Verdict.HOLD, Verdict.DISQUALIFIED})


def move_stage(
    verdict: Verdict,
    standing: Standing,
    policy: LifecyclePolicy,
    now: datetime,
    proven: frozenset[str] = NO_EVIDENCE,
) -> StageMove:
    """Say where the verdict leads from where the lead stands; ``proven`` rows have their evidence."""
    stage = standing.stage
    if standing.has_unknown_stage:
        return StageMove(stage=stage, reason="STAGE_UNKNOWN_VALUE", is_hands_off=True)
    if stage in policy.people_own and not standing.is_own_proposal:
        return StageMove(stage=stage, reason=OWNED_BY_PEOPLE, is_hands_off=True)
    proposal = _find_proposal(verdict, standing, policy, proven) if proven else None
    target = PROPOSED if proposal is not None else _target(verdict, stage)
    if target is None or target is stage:
        return _stay(standing, policy, now, proposal)
    people = _word_of_people(standing, policy, now)
    if people is not None:
        is_theirs = people == SET_BY_PERSON
        is_shared = _may_share(verdict, stage)
        return StageMove(stage=stage, reason=people, is_mirrored=is_theirs, is_shared=is_shared)
    if proposal is not None:
        return StageMove(stage=PROPOSED, reason="STAGE_PROPOSED_SQL", rule=proposal)
    return _go(verdict, standing, policy, now, target, proven)


def _go(
    verdict: Verdict,
    standing: Standing,
    policy: LifecyclePolicy,
    now: datetime,
    target: Stage,
    proven: frozenset[str],
) -> StageMove:
    """Make the move that the verdict asks for, if the table and the time allow it."""
    stage = standing.stage
    rule, refused = find_row(policy, stage, target, proven)
    if rule is None:
        why = "STAGE_PROPOSED_SQL" if standing.is_own_proposal else refused
        return StageMove(stage=stage, reason=why, is_shared=_may_share(verdict, stage))
    if target is Stage.DISQUALIFIED:
        return StageMove(stage=target, reason="STAGE_DISQUALIFIED", rule=rule)
    is_back = is_backward(stage, target)
    must_dwell = is_back and verdict is not Verdict.HOLD and standing.handed_back is None
    if must_dwell and not _has_dwelt(standing, policy, now):
        return StageMove(stage=stage, reason="STAGE_DWELL_NOT_OVER", is_shared=True)
    reason = "STAGE_MOVED_BACK" if is_back else "STAGE_ADVANCED"
    return StageMove(stage=target, reason=reason, rule=rule)


def _may_share(verdict: Verdict, stage: Stage | None) -> bool:
    """No further record is raised to a stage that sales works while nobody may work the lead."""
    return verdict is not Verdict.HOLD or stage not in HANDED_OFF


def find_row(
    policy: LifecyclePolicy,
    source: Stage | None,
    target: Stage,
    proven: frozenset[str] = NO_EVIDENCE,
) -> tuple[str | None, str]:
    """Find the row that lets the worker make a move; where none does, the code that says why."""
    refused = "STAGE_MOVE_NOT_ALLOWED"
    for row in policy.transitions.get((source, target), ()):
        if row.by is Mover.PEOPLE:
            refused = "STAGE_LEFT_TO_PEOPLE"
        elif row.condition is None or row.id in proven:
            return row.id, ""
        else:
            refused = "STAGE_EVIDENCE_MISSING"
    return None, refused


def _find_proposal(
    verdict: Verdict, standing: Standing, policy: LifecyclePolicy, proven: frozenset[str]
) -> str | None:
    """Find the row whose evidence proposes a lead for sales, or keeps the worker's own proposal up."""
    if verdict in _ENDED or standing.handed_back is not None:
        return None
    rows = policy.transitions.get((standing.stage, PROPOSED), ())
    if standing.is_own_proposal:
        rows = tuple(row for row in policy.rows() if row.target is PROPOSED)
    return next((row.id for row in rows if row.id in proven), None)


def _stay(
    standing: Standing,
    policy: LifecyclePolicy,
    now: datetime,
    proposal: str | None,
) -> StageMove:
    """Keep the stage; records of the person that stand elsewhere are brought to it."""
    stage = standing.stage
    if proposal is not None:
        return StageMove(stage=stage, reason="STAGE_PROPOSED_SQL", rule=proposal)
    if standing.is_cleared or standing.is_behind:
        return StageMove(stage=stage, reason="STAGE_ALIGNED")
    if standing.is_split and is_respected(standing, policy, now):
        return StageMove(stage=stage, reason="STAGE_ALIGNED", is_mirrored=True)
    if not standing.is_split:
        return StageMove(stage=stage, reason="STAGE_UNCHANGED")
    return StageMove(stage=stage, reason="STAGE_ALIGNED")


def _target(verdict: Verdict, stage: Stage | None) -> Stage | None:
    """A hold leaves a lead where it is, but takes it out of the hands of sales."""
    if verdict is Verdict.HOLD:
        return Stage.LEAD if stage in HANDED_OFF else stage
    return _TARGETS[verdict]


def _word_of_people(standing: Standing, policy: LifecyclePolicy, now: datetime) -> str | None:
    """Say by which word of people the stage stands, if there is one."""
    if standing.is_accepted:
        return "SALES_ACCEPTED"
    return SET_BY_PERSON if is_respected(standing, policy, now) else None


def is_respected(standing: Standing, policy: LifecyclePolicy, now: datetime) -> bool:
    """Tell whether a person's change of the stage still has to be respected."""
    by_person = standing.set_by_person_at
    if by_person is None or now >= by_person + policy.person_cool_down:
        return False
    strong = standing.last_strong_at
    ends_early = policy.strong_action_ends_cool_down and strong is not None and strong > by_person
    return not ends_early


def _has_dwelt(standing: Standing, policy: LifecyclePolicy, now: datetime) -> bool:
    since = standing.set_by_worker_at
    return since is None or now >= since + policy.dwell
