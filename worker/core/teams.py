"""Teams, their members, queues and next steps, as the organisation wrote them. Data only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from worker.core.model import ContactChannel
from worker.core.skills import Skill
from worker.core.working_time import WorkingCalendar, openings


class Strategy(StrEnum):
    """How a team shares its leads among the members who can take one."""

    WEIGHTED_ROUND_ROBIN = "weighted_round_robin"
    LEAST_LOADED = "least_loaded"


class Assign(StrEnum):
    """When members are given leads: at any time, or only while they are at work."""

    ALWAYS = "always"
    WORKING_HOURS = "working_hours"


class OffDuty(StrEnum):
    """Who gets a lead when nobody on the team is at work: who is there first again, or the overflow."""

    NEXT_OPENING = "next_opening"
    OVERFLOW = "overflow"


class AccountOwner(StrEnum):
    """Whether the owner of a lead's organisation takes it if possible, or nobody else on the team."""

    PREFER = "prefer"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Away from one instant until another, which is not part of it."""

    begins_at: datetime
    ends_at: datetime


def _absence_at(absences: Sequence[Absence], at: datetime) -> Absence | None:
    return next((one for one in absences if one.begins_at <= at < one.ends_at), None)


def next_at_work(
    calendar: WorkingCalendar, absences: Sequence[Absence], at: datetime
) -> datetime | None:
    """Say when somebody is at work next, ``at`` if so then; None: not within the horizon."""
    for start, end in openings(calendar, at):
        begins_at = start
        while begins_at < end and (absence := _absence_at(absences, begins_at)) is not None:
            begins_at = absence.ends_at
        if begins_at < end:
            return begins_at
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RampUp:
    """A newcomer's share of its weight: none before ``first``, then ``start_at``, then more by steps.

    Each of the ``steps`` lasts ``step_days``; after the last one the weight is whole.
    """

    first: date
    start_at: float
    steps: int
    step_days: int

    def share_on(self, day: date) -> float:
        """Say how much of its weight the member has on a day."""
        done = (day - self.first).days // self.step_days
        if done < 0:
            return 0.0
        return min(1.0, self.start_at + (1 - self.start_at) * done / self.steps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody on a team. ``owners`` gives the owner id in each CRM; empty skills mean any.

    ``calendar`` is the member's own, None: the team's. Days and weeks, of which so much may be had,
    are those of its time zone. ``absences`` are in order.
    """

    id: str
    owners: Mapping[str, str]
    weight: float = 1.0
    max_open: int | None = None
    max_per_day: int | None = None
    max_per_week: int | None = None
    is_paused: bool = False
    absences: tuple[Absence, ...] = ()
    skills: Mapping[str, Skill] = field(default_factory=dict)
    calendar: WorkingCalendar | None = None
    ramp_up: RampUp | None = None

    def absence_at(self, at: datetime) -> Absence | None:
        """Find the absence that an instant falls into."""
        return _absence_at(self.absences, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """``overflow`` names teams and queues to try, in order, when nobody here can take a lead.

    ``week_starts`` is the weekday on which the weeks of its members begin (0 is Monday).
    """

    id: str
    calendar: WorkingCalendar
    strategy: Strategy
    members: tuple[Member, ...]
    overflow: tuple[str, ...] = ()
    assign: Assign = Assign.ALWAYS
    off_duty: OffDuty = OffDuty.NEXT_OPENING
    account_owner: AccountOwner | None = None
    week_starts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A named queue: always open, and the end of every overflow.

    ``is_reclaimed`` gives back leads that came here only because nobody could take them then.
    """

    id: str
    owners: Mapping[str, str]
    calendar: WorkingCalendar
    is_reclaimed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What the owner does next, within so much of the team's working time.

    ``clock`` names a fact, the instant from which that time runs; None, or a fact that is missing or
    still to come, and it runs from the hand-off. ``when_allowed`` says it in other words for channels
    that may be used. ``follow_up`` names the policy of its follow-up.
    """

    id: str
    sentence: str
    within: timedelta
    clock: str | None = None
    when_allowed: tuple[tuple[ContactChannel, str], ...] = ()
    follow_up: str | None = None
