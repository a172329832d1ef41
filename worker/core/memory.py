"""What the worker remembers of its last decision about a lead.

It is what makes a decision stick: the owner who has a lead keeps it, a stage that was set stands for
a while, and a refusal by sales is not forgotten because the lead changed stage in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.core.model import Facts, Stage
from worker.core.policy import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last decision, as far as the next one depends on it.

    ``owner`` is a member, a queue, or an owner outside the roster as ``system:owner id``.
    ``route_reasons`` are those of the hand-off; they stand as long as it does.
    """

    signature: str | None = None
    decision_id: str | None = None
    verdict: Verdict | None = None
    pathway: str | None = None
    stage: Stage | None = None
    stage_since: datetime | None = None
    owner: str | None = None
    assigned_at: datetime | None = None
    next_step: str | None = None
    next_step_due_at: datetime | None = None
    route_reasons: tuple[str, ...] = ()
    refused_by: str | None = None
    refused_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Who rejected the lead, and when."""

    by: str
    at: datetime


def find_refusal(
    memory: Memory, facts: Facts, cool_down: timedelta, now: datetime
) -> Refusal | None:
    """Say who rejected the lead inside the cool-down, now or as remembered.

    A verdict older than the present hand-off speaks of an earlier one. A verdict without a date
    counts once, against whoever had the lead when it was first seen.
    """
    given_at = facts.get("outcome_at")
    at = given_at if isinstance(given_at, datetime) else None
    known = _known_refusal(memory)
    if facts.get("sales_verdict") == "rejected" and memory.owner is not None:
        is_newer = known is None or (at is not None and at > known.at)
        is_of_hand_off = at is None or memory.assigned_at is None or at >= memory.assigned_at
        if is_newer and is_of_hand_off:
            known = Refusal(by=memory.owner, at=at or now)
    return known if known is not None and now < known.at + cool_down else None


def _known_refusal(memory: Memory) -> Refusal | None:
    if memory.refused_by is None or memory.refused_at is None:
        return None
    return Refusal(by=memory.refused_by, at=memory.refused_at)
