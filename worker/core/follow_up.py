"""Follow-up: whether the owner of a lead has turned to it in time, and what happens if not.

Each hand-off has one clock. It runs until the first follow-up is seen, sales accepts the lead, or the
lead is escalated. In between it reaches marks: a reminder, the due time, a reassignment, an
escalation; each is a decision of its own. All durations are working time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from worker.core.model import Activity
from worker.core.working_time import WorkingCalendar, add_working_time, subtract_working_time

MISSED = "FOLLOW_UP_MISSED"
"""Why somebody who let the due time pass is not given the lead again for a while."""


class FollowUpState(StrEnum):
    """How far the clock of a hand-off has come."""

    WAITING = "waiting"
    REMINDED = "reminded"
    OVERDUE = "overdue"
    REASSIGNED = "reassigned"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    FOLLOWED_UP = "followed_up"


S = FollowUpState
SETTLED = frozenset({S.ESCALATED, S.ACCEPTED, S.FOLLOWED_UP})
"""No mark of the clock is looked at any more."""
_MOVES = frozenset({S.REASSIGNED, S.ESCALATED})


class Doer(StrEnum):
    """Whose action is a follow-up."""

    OWNER = "owner"
    TEAM = "team"
    ANYONE = "anyone"


class Reminder(NamedTuple):
    """How long before the due time, or after it, the owner is reminded."""

    amount: timedelta
    is_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPolicy:
    """What counts as a follow-up, and what happens while there is none. None: that does not happen.

    ``remind`` is relative to the due time; ``reassign_after`` and ``escalate_after`` count from it.
    ``escalate_to`` is a team or queue, None to raise the flag only.
    """

    id: str
    kinds: frozenset[str]
    by: Doer = Doer.OWNER
    remind: Reminder | None = None
    reassign_after: timedelta | None = None
    reassign_at_most: int = 1
    escalate_after: timedelta | None = None
    escalate_to: str | None = None


class AfterRejection(StrEnum):
    """What follows from the reason for which sales rejected a lead."""

    NURTURE = "nurture"
    ROUTE_AGAIN = "route_again"
    OTHER_TEAM = "other_team"
    HOLD = "hold"
    DISQUALIFY = "disqualify"


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRules:
    """All policies by name, how long who missed a follow-up does not get the lead again, and what
    follows from the reasons of sales (``rejections``; any other reason: nurture).
    """

    policies: Mapping[str, FollowUpPolicy] = field(default_factory=dict)
    cool_down: timedelta = timedelta(days=30)
    rejections: Mapping[str, AfterRejection] = field(default_factory=dict)


NO_FOLLOW_UP = FollowUpRules()


class FollowUp(msgspec.Struct, frozen=True, kw_only=True):
    """The clock of one hand-off, as remembered.

    ``counts_from`` is since when an action is a follow-up, ``due_at`` until when one is asked for.
    ``first_at`` is the first follow-up, ``evidence`` the reference of its activity.
    ``reassignments`` are those of this lead since it was first handed off, ``escalated_to`` where it
    went when it was escalated.
    """

    state: FollowUpState
    counts_from: datetime
    due_at: datetime
    first_at: datetime | None = None
    evidence: str | None = None
    reassignments: int = 0
    escalated_to: str | None = None

    @property
    def is_late(self) -> bool:
        """Whether the first follow-up came after the due time."""
        return self.first_at is not None and self.first_at > self.due_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Pursuit:
    """What the clock of one hand-off is judged by.

    ``owners`` are the CRM owners whose action counts, as ``system:owner id``; None: anybody's.
    ``may_reassign`` only if the owner is a member of a team.
    """

    policy: FollowUpPolicy
    calendar: WorkingCalendar
    owners: frozenset[str] | None
    may_reassign: bool
    is_accepted: bool = False


class Mark(NamedTuple):
    """An instant at which the clock comes to a state."""

    at: datetime
    state: FollowUpState


def marks_of(follow_up: FollowUp, pursuit: Pursuit) -> list[Mark]:
    """List what happens to a hand-off that nobody follows up, in order of time."""
    policy, calendar, due_at = pursuit.policy, pursuit.calendar, follow_up.due_at
    marks = [Mark(due_at, S.OVERDUE)]
    if policy.remind is not None:
        marks.append(Mark(_reminder_at(calendar, due_at, policy.remind), S.REMINDED))
    can_reassign = pursuit.may_reassign and follow_up.reassignments < policy.reassign_at_most
    if policy.reassign_after is not None and can_reassign:
        at = add_working_time(calendar, due_at, policy.reassign_after)
        marks.append(Mark(at, S.REASSIGNED))
    if policy.escalate_after is not None:
        at = add_working_time(calendar, due_at, policy.escalate_after)
        marks.append(Mark(at, S.ESCALATED))
    return sorted(marks, key=lambda mark: (mark.at, _ORDER[mark.state]))


_ORDER = {state: place for place, state in enumerate(S)}


def _reminder_at(calendar: WorkingCalendar, due_at: datetime, remind: Reminder) -> datetime:
    reach = subtract_working_time if remind.is_before else add_working_time
    return reach(calendar, due_at, remind.amount)


def advance(
    follow_up: FollowUp, pursuit: Pursuit, activities: Iterable[Activity], now: datetime
) -> FollowUp:
    """Say how far the clock of a hand-off has come at ``now``, without moving the lead."""
    if follow_up.state is S.FOLLOWED_UP:
        return follow_up
    first = first_follow_up(follow_up, pursuit, activities, now)
    if first is not None:
        return msgspec.structs.replace(
            follow_up, state=S.FOLLOWED_UP, first_at=first.at, evidence=first.ref
        )
    if pursuit.is_accepted:
        return msgspec.structs.replace(follow_up, state=S.ACCEPTED)
    if follow_up.state in SETTLED:
        return follow_up
    marks = (m for m in marks_of(follow_up, pursuit) if m.at <= now and m.state not in _MOVES)
    state = next(reversed([mark.state for mark in marks]), follow_up.state)
    return msgspec.structs.replace(follow_up, state=state)


def due_move(follow_up: FollowUp, pursuit: Pursuit, now: datetime) -> FollowUpState | None:
    """Name the move of the lead that has come due: a reassignment or an escalation.

    The first of them goes first, however late it is noticed: a lead is not escalated before another
    owner has had the chance.
    """
    if follow_up.state in SETTLED:
        return None
    marks = (m for m in marks_of(follow_up, pursuit) if m.at <= now)
    return next((mark.state for mark in marks if mark.state in _MOVES), None)


def first_follow_up(
    follow_up: FollowUp, pursuit: Pursuit, activities: Iterable[Activity], now: datetime
) -> Activity | None:
    """Find the first action since the hand-off that is a follow-up."""
    found = [
        activity
        for activity in activities
        if follow_up.counts_from <= activity.at <= now and is_follow_up(activity, pursuit)
    ]
    return min(found, key=lambda activity: (activity.at, activity.ref), default=None)


def is_follow_up(activity: Activity, pursuit: Pursuit) -> bool:
    """Tell whether an action is of a kind, and by somebody, that counts."""
    if activity.kind not in pursuit.policy.kinds or activity.is_excluded:
        return False
    if pursuit.policy.by is Doer.ANYONE:
        return True
    if activity.owner is None:
        return False
    system = activity.ref.partition(":")[0]
    return pursuit.owners is None or f"{system}:{activity.owner}" in pursuit.owners


def next_mark_at(
    follow_up: FollowUp, pursuit: Pursuit, activities: Iterable[Activity], now: datetime
) -> datetime | None:
    """Say when the clock comes to its next state though nothing happens; None when it never does."""
    if follow_up.state is S.FOLLOWED_UP:
        return None
    ahead = [a.at for a in activities if a.at > now and is_follow_up(a, pursuit)]
    if follow_up.state not in SETTLED:
        ahead += [mark.at for mark in marks_of(follow_up, pursuit) if mark.at > now]
    return min(ahead, default=None)


_REASONS = {
    S.REMINDED: "SLA_REMINDER",
    S.OVERDUE: "SLA_OVERDUE",
    S.REASSIGNED: "SLA_REASSIGNED",
    S.ESCALATED: "SLA_ESCALATED",
    S.ACCEPTED: "SALES_ACCEPTED",
    S.FOLLOWED_UP: "SLA_FOLLOWED_UP",
}


def reason_of(follow_up: FollowUp | None) -> str | None:
    """Name the code that says how far a clock has come; None while it merely runs."""
    if follow_up is None:
        return None
    return "SLA_FOLLOWED_UP_LATE" if follow_up.is_late else _REASONS.get(follow_up.state)
