"""The trace of a decision: everything that was looked at, as JSON of codes, ids and numbers.

No contact value is in it: the facts a decision read are kept beside it, where they can be erased
without breaking the chain of decisions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from worker.core.availability import Admission
from worker.core.decide import Decision
from worker.core.exclusions import PassedOver
from worker.core.follow_up import FollowUp, FollowUpState
from worker.core.json_text import read_json, write_json
from worker.core.memory import Memory, Refusal
from worker.core.model import Stage
from worker.core.policy import Verdict
from worker.core.routing import Route
from worker.core.ruleset import Ruleset
from worker.core.sales import REJECTED

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None

TRUTH_WORDS = ("not_met", "met", "unknown")
"""Spoken truth of a criterion, by the value of ``Truth``."""


def _at(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def decision_body(ruleset: Ruleset, decision: Decision) -> str:
    """Write the chained part of a decision as canonical JSON."""
    judgement = decision.judgement
    body: dict[str, Json] = {
        "records": sorted({str(ref) for ref in decision.lead.sources.values()}),
        "pathway": judgement.pathway,
        "verdict": judgement.verdict.value,
        "stage": {
            "before": judgement.standing.stage,
            "after": judgement.move.stage,
            "reason": judgement.move.reason,
            "rule": judgement.move.rule,
            "not_written": {str(ref): code for ref, code in sorted(judgement.left.items())},
        },
        "reasons": list(decision.reasons),
        "findings": [
            {
                "code": f.code,
                "fact": f.fact,
                "severity": f.severity.value,
                "dimension": f.dimension.value,
            }
            for f in judgement.findings
        ],
        "permissions": [
            {
                "channel": p.channel.value,
                "is_allowed": p.is_allowed,
                "reason": p.reason,
                "evidence": p.evidence,
                "has_proof": p.proof is not None,
                "jurisdiction": p.jurisdiction,
                "given_at": _at(p.given_at),
                "expires_at": _at(p.expires_at),
            }
            for p in judgement.permissions
        ],
        "topics": list(judgement.topics),
        "nurture_track": judgement.track,
        "passed_over": _passed_over(judgement.case.passed_over),
        "qualification": _qualification(ruleset, decision),
        "availability": _admission(decision.admission) if decision.admission else None,
        "route": _route(decision.route) if decision.route else None,
        "follow_up": _follow_up(decision.memory.follow_up),
    }
    return write_json(body)


def _passed_over(passed: Sequence[PassedOver]) -> Json:
    """Count the actions that count for nothing, by rule; a robot leaves thousands behind."""
    by_rule: dict[str, list[str]] = {}
    for ref, rule in passed:
        by_rule.setdefault(rule, []).append(ref)
    return [
        {"rule": rule, "count": len(refs), "actions": sorted(refs)[:_MOST_PASSED_OVER]}
        for rule, refs in sorted(by_rule.items())
    ]


_MOST_PASSED_OVER = 5
"""So many actions are named for each rule; all are counted."""


def _qualification(ruleset: Ruleset, decision: Decision) -> Json:
    judgement = decision.judgement
    found = judgement.qualification
    if found is None or judgement.pathway is None:
        return None
    policy = ruleset.policies[judgement.pathway].policy
    return {
        "policy": f"{policy.pathway} {policy.version}",
        "carried_by": found.carried_by,
        "stopped_by": found.stopped_by,
        "total": round(found.total, 3),
        "families": {family.value: round(points, 3) for family, points in found.families.items()},
        "criteria": [
            {
                "id": criterion.id,
                "truth": TRUTH_WORDS[found.truths[place]],
                "points": round(found.points[place], 3),
                "evidence": list(found.evidence.get(place, ())),
            }
            for place, criterion in enumerate(policy.criteria)
        ],
    }


def _admission(admission: Admission) -> Json:
    """Say what was known of openings, which rule looked at it, and what would let the lead go."""
    row, rule = admission.row, admission.rule
    return {
        "rule": rule.id,
        "service_line": admission.key.service_line,
        "site": admission.key.site or None,
        "held_by": admission.held_by,
        "next_at": _at(row.next_at) if row else None,
        "open_slots": row.open_slots if row else None,
        "as_of": _at(row.as_of) if row else None,
        "qualified_at": _at(admission.place.qualified_at) if admission.held_by else None,
        "ahead": admission.ahead if admission.is_slowed else None,
        "resumes_when_wait_is": _days(admission.resume),
        "again_at": _at(admission.again_at),
    }


def _days(length: timedelta | None) -> float | None:
    return round(length / timedelta(days=1), 3) if length is not None else None


def _route(route: Route) -> Json:
    return {
        "rule": route.rule,
        "target": route.target,
        "owner": route.owner,
        "outside_owner": route.outside_owner,
        "is_kept": route.is_kept,
        "is_queue": route.is_queue,
        "hold": route.hold,
        "next_step": route.next_step.id,
        "due_at": _at(route.due_at),
        "reasons": list(route.reasons),
        "rejected": [
            {"candidate": r.candidate, "code": r.code, "reason": r.reason} for r in route.rejected
        ],
    }


def _follow_up(follow_up: FollowUp | None) -> Json:
    """How far the clock of a hand-off is; ``in_time`` is None until somebody has followed up."""
    if follow_up is None:
        return None
    return {
        "state": follow_up.state.value,
        "counts_from": _at(follow_up.counts_from),
        "due_at": _at(follow_up.due_at),
        "first_at": _at(follow_up.first_at),
        "in_time": None if follow_up.first_at is None else not follow_up.is_late,
        "evidence": follow_up.evidence,
        "reassignments": follow_up.reassignments,
        "escalated_to": follow_up.escalated_to,
    }


def memory_to_json(memory: Memory) -> str:
    """Write what is remembered of a lead."""
    return write_json(
        {
            "signature": memory.signature,
            "decision_id": memory.decision_id,
            "verdict": memory.verdict,
            "pathway": memory.pathway,
            "stage": memory.stage,
            "stage_since": _at(memory.stage_since),
            "owner": memory.owner,
            "assigned_at": _at(memory.assigned_at),
            "next_step": memory.next_step,
            "next_step_due_at": _at(memory.next_step_due_at),
            "route_reasons": memory.route_reasons,
            "refusals": [
                {"by": one.by, "at": _at(one.at), "reason": one.reason} for one in memory.refusals
            ],
            "recycled_at": _at(memory.recycled_at),
            "is_proposal": memory.is_proposal,
            "left_at": memory.left_at,
            "is_left": memory.is_left,
            "follow_up": _follow_up(memory.follow_up),
            "sales_word": memory.sales_word,
            "sales_word_at": _at(memory.sales_word_at),
            "verdict_at_hand_off": memory.verdict_at_hand_off,
            "taken_from": sorted(memory.taken_from),
        }
    )


def memory_from_json(text: str) -> Memory:
    """Read what is remembered of a lead; an empty text or object remembers nothing."""
    data = read_json(text) if text else {}
    if not data:
        return Memory()

    def instant(name: str) -> datetime | None:
        return datetime.fromisoformat(data[name]) if data.get(name) else None

    return Memory(
        signature=data["signature"],
        decision_id=data["decision_id"],
        verdict=Verdict(data["verdict"]) if data["verdict"] else None,
        pathway=data["pathway"],
        stage=Stage(data["stage"]) if data["stage"] else None,
        stage_since=instant("stage_since"),
        owner=data["owner"],
        assigned_at=instant("assigned_at"),
        next_step=data["next_step"],
        next_step_due_at=instant("next_step_due_at"),
        route_reasons=tuple(data.get("route_reasons", ())),
        refusals=_refusals(data),
        recycled_at=instant("recycled_at"),
        is_proposal=data.get("is_proposal", False),
        left_at=Stage(data["left_at"]) if data.get("left_at") else None,
        is_left=data.get("is_left", bool(data.get("left_at"))),
        follow_up=_stored_follow_up(data.get("follow_up")),
        sales_word=data.get("sales_word"),
        sales_word_at=instant("sales_word_at"),
        verdict_at_hand_off=data.get("verdict_at_hand_off"),
        taken_from=frozenset(data.get("taken_from", ())),
    )


def _stored_follow_up(data: Mapping[str, Any] | None) -> FollowUp | None:
    if data is None:
        return None
    first_at = data["first_at"]
    return FollowUp(
        state=FollowUpState(data["state"]),
        counts_from=datetime.fromisoformat(data["counts_from"]),
        due_at=datetime.fromisoformat(data["due_at"]),
        first_at=datetime.fromisoformat(first_at) if first_at else None,
        evidence=data["evidence"],
        reassignments=data["reassignments"],
        escalated_to=data["escalated_to"],
    )


def _refusals(data: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """Read the refusals; a memory of old has one at most, always by sales."""
    stored = data.get("refusals")
    if stored is None:
        by, at = data.get("refused_by"), data.get("refused_at")
        stored = [{"by": by, "at": at, "reason": REJECTED}] if by and at else []
    return tuple(
        Refusal(by=one["by"], at=datetime.fromisoformat(one["at"]), reason=one["reason"])
        for one in stored
    )
