"""The lifecycle: which stage a verdict leads to, and which moves the worker may make.

Stages that belong to people are never touched, a stage a person set is respected, and no move
happens that the table of transitions does not list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.model import Stage
from worker.core.policy import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The worker may move a lead from ``source`` to ``target``. None as source: no stage yet."""

    source: Stage | None
    target: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecyclePolicy:
    """``dwell`` is how long a stage the worker set must stand before the worker lowers it.

    ``person_cool_down`` is how long a person's change is respected; a strong action of the lead
    after that change ends the respect early when ``strong_action_ends_cool_down``.
    """

    transitions: frozenset[Transition]
    people_own: frozenset[Stage]
    dwell: timedelta
    person_cool_down: timedelta
    strong_action_ends_cool_down: bool = True
    rejection_cool_down: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a lead stands before the decision.

    ``stage`` is the CRM's, None when empty; ``has_unknown_stage`` when its word is not ours.
    ``set_by_worker_at`` is when the worker set it, ``set_by_person_at`` when a person changed what
    the worker had set. ``last_strong_at`` is the lead's last strong action. ``is_handed_back``:
    sales rejected or recycled the lead after that.
    """

    stage: Stage | None = None
    has_unknown_stage: bool = False
    set_by_worker_at: datetime | None = None
    set_by_person_at: datetime | None = None
    last_strong_at: datetime | None = None
    is_handed_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StageMove:
    """The stage after the decision, and the code that says why. ``is_hands_off``: write nothing."""

    stage: Stage | None
    reason: str
    is_hands_off: bool = False


_TARGETS = {
    Verdict.QUALIFIED: Stage.MQL,
    Verdict.NURTURE: Stage.NURTURE,
    Verdict.NOT_READY: Stage.LEAD,
    Verdict.DISQUALIFIED: Stage.DISQUALIFIED,
}
_ORDER: Mapping[Stage | None, int] = {
    stage: place for place, stage in enumerate(Stage) if stage is not Stage.RECYCLED
}
"""A recycled lead stands outside the order: wherever it goes from there is no step back."""


def move_stage(
    verdict: Verdict, standing: Standing, policy: LifecyclePolicy, now: datetime
) -> StageMove:
    """Say where the verdict leads from where the lead stands."""
    stage = standing.stage
    if standing.has_unknown_stage:
        return StageMove(stage=stage, reason="STAGE_UNKNOWN_VALUE", is_hands_off=True)
    if stage in policy.people_own:
        return StageMove(stage=stage, reason="STAGE_OWNED_BY_PEOPLE", is_hands_off=True)
    target = _target(verdict, stage)
    if target is None or target is stage:
        return StageMove(stage=stage, reason="STAGE_UNCHANGED")
    if is_respected(standing, policy, now):
        return StageMove(stage=stage, reason="STAGE_SET_BY_PERSON")
    if Transition(source=stage, target=target) not in policy.transitions:
        return StageMove(stage=stage, reason="STAGE_MOVE_NOT_ALLOWED")
    if target is Stage.DISQUALIFIED:
        return StageMove(stage=target, reason="STAGE_DISQUALIFIED")
    is_back = stage in _ORDER and _ORDER[target] < _ORDER[stage]
    must_dwell = is_back and verdict is not Verdict.HOLD and not standing.is_handed_back
    if must_dwell and not _has_dwelt(standing, policy, now):
        return StageMove(stage=stage, reason="STAGE_DWELL_NOT_OVER")
    return StageMove(stage=target, reason="STAGE_MOVED_BACK" if is_back else "STAGE_ADVANCED")


def _target(verdict: Verdict, stage: Stage | None) -> Stage | None:
    """A hold leaves a lead where it is, but takes it out of the hands of sales."""
    if verdict is Verdict.HOLD:
        return Stage.LEAD if stage is Stage.MQL else stage
    return _TARGETS[verdict]


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
