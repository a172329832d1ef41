"""What a decision asks of each managed value, before it takes a CRM's own form.

A value is text, empty to clear the field; None leaves the field as it is. Each is worked out only
where a field map writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from worker.core.decide import Decision
from worker.core.field_map import FieldWrite, Managed
from worker.core.hand_off import say_next_step, say_reasons, summarise
from worker.core.lifecycle import HANDED_OFF
from worker.core.policy import Family
from worker.core.records import RecordRef
from worker.core.ruleset import Ruleset
from worker.core.stage_writes import stage_way
from worker.core.written_form import SEPARATOR


def ask(
    ruleset: Ruleset, decision: Decision, write: FieldWrite, ref: RecordRef, *, is_ours: bool
) -> str | None:
    """Say what a field is to hold. ``is_ours`` tells that it holds what we last wrote there."""
    managed = write.managed
    simple = _ASKED.get(managed)
    if simple is not None:
        return simple(ruleset, decision)
    match managed:
        case Managed.OWNER:
            stand_in = ruleset.configuration.routing.stand_ins.get(ref.system)
            return _owner(decision, write, ref.system, stand_in, is_ours=is_ours)
        case Managed.STAGE:
            move, standing = decision.judgement.move, decision.judgement.standing
            way = stage_way(ruleset.configuration.lifecycle, standing, move, ref)
            return move.stage if way is not None else None
        case Managed.SUMMARY:
            return summarise(ruleset, decision, write.max_length, write.line_break)
        case _:
            return None


def _owner(
    decision: Decision, write: FieldWrite, system: str, stand_in: str | None, *, is_ours: bool
) -> str | None:
    """The owner of a lead that is handed off; taken back, ours is cleared where the map says so.

    A CRM in which the owner has no account is given the one that stands in, if there is any.
    """
    route, stage = decision.route, decision.judgement.move.stage
    if route is not None and stage in HANDED_OFF:
        return route.owners.get(system, stand_in if route.hold is None else None)
    is_taken_back = decision.hand_off is None and stage not in HANDED_OFF and is_ours
    return "" if write.clears_owner and is_taken_back else None


def _stage(_ruleset: Ruleset, decision: Decision) -> str | None:
    return decision.judgement.move.stage


def _policy_version(ruleset: Ruleset, decision: Decision) -> str | None:
    pathway = decision.judgement.pathway
    if pathway is None:
        return None
    policy = ruleset.policies[pathway].policy
    return f"{policy.pathway} {policy.version}"


def _due_at(_ruleset: Ruleset, decision: Decision) -> str:
    route = decision.hand_off
    return route.due_at.isoformat(timespec="seconds") if route is not None else ""


def _channels(_ruleset: Ruleset, decision: Decision) -> str:
    if decision.hand_off is None:
        return ""
    return SEPARATOR.join([p.channel for p in decision.judgement.permissions if p.is_allowed])


def _topics(_ruleset: Ruleset, decision: Decision) -> str:
    return SEPARATOR.join(decision.judgement.topics) if decision.hand_off is not None else ""


def _follow_up_state(_ruleset: Ruleset, decision: Decision) -> str:
    clock = decision.memory.follow_up
    return clock.state.value if clock is not None else ""


def _first_follow_up(_ruleset: Ruleset, decision: Decision) -> str:
    clock = decision.memory.follow_up
    first_at = clock.first_at if clock is not None else None
    return first_at.isoformat(timespec="seconds") if first_at is not None else ""


def _total(_ruleset: Ruleset, decision: Decision) -> str | None:
    found = decision.judgement.qualification
    return str(round(found.total)) if found is not None else None


def _points_of(family: Family) -> Callable[[Ruleset, Decision], str | None]:
    def points(_ruleset: Ruleset, decision: Decision) -> str | None:
        found = decision.judgement.qualification
        return str(round(found.families.get(family, 0.0))) if found is not None else None

    return points


_ASKED: Mapping[Managed, Callable[[Ruleset, Decision], str | None]] = {
    Managed.OWN_STAGE: _stage,
    Managed.LEAD_STATUS: _stage,
    Managed.REASONS: lambda _ruleset, decision: SEPARATOR.join(decision.reasons),
    Managed.WHY: say_reasons,
    Managed.NEXT_STEP: say_next_step,
    Managed.NEXT_STEP_DUE: _due_at,
    Managed.FOLLOW_UP_STATE: _follow_up_state,
    Managed.FIRST_FOLLOW_UP: _first_follow_up,
    Managed.PATHWAY: lambda _ruleset, decision: decision.judgement.pathway or "",
    Managed.NURTURE_TRACK: lambda _ruleset, decision: decision.judgement.track or "",
    Managed.ALLOWED_CHANNELS: _channels,
    Managed.ALLOWED_TOPICS: _topics,
    Managed.SCORE_TOTAL: _total,
    Managed.SCORE_FIT: _points_of(Family.FIT),
    Managed.SCORE_INTENT: _points_of(Family.INTENT),
    Managed.SCORE_TIMING: _points_of(Family.TIMING),
    Managed.SCORE_NURTURE: _points_of(Family.NURTURE),
    Managed.SCORE_CHANNEL: _points_of(Family.CHANNEL),
    Managed.SCORE_ACCOUNT: _points_of(Family.ACCOUNT),
    Managed.DECIDED_AT: lambda _ruleset, decision: decision.decided_at.isoformat(
        timespec="seconds"
    ),
    Managed.POLICY_VERSION: _policy_version,
    Managed.DECISION_ID: lambda _ruleset, decision: decision.id,
}
