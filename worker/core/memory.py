"""What the worker remembers of its last decision about a lead.

It is what makes a decision stick: the owner who has a lead keeps it, a stage that was set stands for
a while, and a refusal by sales is not forgotten because the lead changed stage in between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from worker.core.model import Facts, Stage
from worker.core.policy import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Who does not get the lead again for a while, since when, and the reason code that says why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last decision, as far as the next one depends on it.

    ``owner`` is a member, a queue, or an owner outside the roster as ``system:owner id``.
    ``route_reasons`` are those of the hand-off; they stand as long as it does. ``recycled_at`` is
    when the lead was recycled; ``is_proposal``: the stage is the worker's own proposal; ``left_at``
    is the stage that a CRM goes on showing because it is never lowered there.
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
    refusals: tuple[Refusal, ...] = ()
    recycled_at: datetime | None = None
    is_proposal: bool = False
    left_at: Stage | None = None


REJECTED = "SALES_REJECTED"
MOST_REFUSALS = 20
"""So many are remembered of one lead, the newest; a team is rarely larger."""


def standing_refusals(
    memory: Memory, facts: Facts, cool_downs: Mapping[str, timedelta], now: datetime
) -> tuple[Refusal, ...]:
    """List who may not get the lead again yet, oldest first; ``cool_downs`` are by reason."""
    found = memory.refusals
    rejection = _new_rejection(memory, facts, now)
    if rejection is not None:
        found = with_refusal(found, rejection)
    if not found:
        return ()
    none = timedelta()
    return tuple([one for one in found if now < one.at + cool_downs.get(one.reason, none)])


def with_refusal(refusals: Sequence[Refusal], refusal: Refusal) -> tuple[Refusal, ...]:
    """Add a refusal in place of an earlier one of the same owner."""
    others = [one for one in refusals if one.by != refusal.by]
    return tuple(sorted([*others, refusal], key=attrgetter("at", "by"))[-MOST_REFUSALS:])


def _new_rejection(memory: Memory, facts: Facts, now: datetime) -> Refusal | None:
    """Find out whether sales rejects the present hand-off.

    A verdict older than the present hand-off speaks of an earlier one. A verdict without a date
    counts once, against whoever had the lead when it was first seen.
    """
    if facts.get("sales_verdict") != "rejected" or memory.owner is None:
        return None
    given_at = facts.get("outcome_at")
    at = given_at if isinstance(given_at, datetime) else None
    known = max((r.at for r in memory.refusals if r.reason == REJECTED), default=None)
    is_newer = known is None or (at is not None and at > known)
    is_of_hand_off = at is None or memory.assigned_at is None or at >= memory.assigned_at
    if not (is_newer and is_of_hand_off):
        return None
    return Refusal(by=memory.owner, at=at or now, reason=REJECTED)
