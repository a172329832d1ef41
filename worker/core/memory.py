"""What the worker remembers of its last decision about a lead.

It is what makes a decision stick: the owner who has a lead keeps it, a stage that was set stands for
a while, and a refusal by sales is not forgotten because the lead changed stage in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

import msgspec

from worker.core.follow_up import FollowUp
from worker.core.model import Stage
from worker.core.policy import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Who does not get the lead again for a while, since when, and the reason code that says why.

    ``by`` is a member, an owner outside the roster as ``system:owner id``, or a whole ``team <id>``.
    """

    by: str
    at: datetime
    reason: str


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """The last decision, as far as the next one depends on it.

    ``owner`` is a member, a queue, or an owner outside the roster as ``system:owner id``.
    ``route_reasons`` and ``follow_up`` are those of the hand-off; they stand as long as it does.
    ``recycled_at`` is when the lead was recycled; ``is_proposal``: the stage is the worker's own
    proposal; ``left_at`` is the stage that a CRM goes on showing where the worker may not write another,
    ``is_left`` whether there is such a CRM.
    ``sales_word`` is the last verdict of sales that was acted on, as ``said_by_sales`` puts it;
    ``sales_word_at`` when it was given, where the CRM gives no date or one before the hand-off.
    ``verdict_at_hand_off`` is what sales had said when the lead was handed off, empty for nothing, and
    None where that is not known. ``taken_from`` are whom the CRMs showed when it was given to
    ``owner``, as ``system:owner id``; they show them until our write has landed.
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
    is_left: bool = False
    follow_up: FollowUp | None = None
    sales_word: str | None = None
    sales_word_at: datetime | None = None
    verdict_at_hand_off: str | None = None
    taken_from: frozenset[str] = frozenset()


LET_GO = "ROSTER_LEFT"
"""Why somebody who was taken out of the roster does not keep the lead we had given them."""
LET_GO_FOR = timedelta(days=30)
"""Long enough for our write to land; who is put back on the roster is known by their own id again."""
MOST_REFUSALS = 20
"""So many are remembered of one lead, the newest; a team is rarely larger."""


def still_standing(
    refusals: Iterable[Refusal], cool_downs: Mapping[str, timedelta], now: datetime
) -> tuple[Refusal, ...]:
    """List who may not get the lead again yet; ``cool_downs`` are by reason."""
    none = timedelta()
    return tuple([one for one in refusals if now < one.at + cool_downs.get(one.reason, none)])


def with_refusal(refusals: Iterable[Refusal], refusal: Refusal) -> tuple[Refusal, ...]:
    """Add a refusal in place of an earlier one of the same owner; oldest first."""
    others = [one for one in refusals if one.by != refusal.by]
    return tuple(sorted([*others, refusal], key=attrgetter("at", "by"))[-MOST_REFUSALS:])
