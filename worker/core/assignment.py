"""Assignment: which member of a team takes a lead, and why each of the others does not.

Who cannot take a lead neither gains nor loses a turn by it (``worker.core.rotation``), so whoever was
away returns without a rush.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TypeAlias

import msgspec

from worker.core.case import Case
from worker.core.rotation import take_turn
from worker.core.skills import missing_skill
from worker.core.teams import Assign, Member, OffDuty, Strategy, Team, next_at_work
from worker.core.working_time import next_day_start, next_week_start

Balances: TypeAlias = Mapping[tuple[str, str], float]
"""The state of each team's rotation, by team and member."""
_NO_BALANCES: Balances = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """When a member's present day and week began."""

    day_at: datetime
    week_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """Who has how much just now. ``active`` are the CRMs' live owners as ``system:owner id``.

    ``open`` counts the hand-offs each owner has; ``today`` and ``week`` what each was given since
    its own day and week began (``periods_of``), taken back or not. ``balances`` is the rotation's
    state by team and member. ``active`` None: the CRM has no owner list, and nobody can be checked
    against it.
    """

    active: frozenset[str] | None = None
    open: Mapping[str, int] = field(default_factory=dict)
    today: Mapping[str, int] = field(default_factory=dict)
    week: Mapping[str, int] = field(default_factory=dict)
    balances: Balances = field(default_factory=dict)

    def with_move(
        self,
        before: str | None,
        after: str | None,
        *,
        is_given: bool = False,
        balances: Balances = _NO_BALANCES,
    ) -> Roster:
        """Move one open hand-off from who had it to who has it now; None: nobody.

        What comes out is what the ledger counts once the move is stored, so that nothing depends on
        where a batch ends. A lead that is kept for the first time counts as open too; ``is_given``
        says that it was handed out, which counts for the day and the week of ``after`` and turns the
        rotation on to ``balances``.
        """
        if before == after and not is_given:
            return self
        open_ = dict(self.open)
        if before is not None:
            open_[before] = max(0, open_.get(before, 0) - 1)
        if after is not None:
            open_[after] = open_.get(after, 0) + 1
        if after is None or not is_given:
            return replace(self, open=open_)
        return replace(
            self,
            open=open_,
            today={**self.today, after: self.today.get(after, 0) + 1},
            week={**self.week, after: self.week.get(after, 0) + 1},
            balances={**self.balances, **balances},
        )


class Why(StrEnum):
    """Why a candidate was not taken, from what only a change of the roster mends to what time does."""

    INACTIVE = "inactive"
    UNSKILLED = "unskilled"
    REFUSED = "refused"
    PAUSED = "paused"
    NOT_STARTED = "not_started"
    AWAY = "away"
    OFF_DUTY = "off_duty"
    FULL = "full"
    NOT_THEIR_TURN = "not_their_turn"
    OWNER_KEEPS = "owner_keeps"
    ACCOUNT_OWNER = "account_owner"
    NO_MATCH = "no_match"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A member, queue or rule that was looked at and not taken, and why.

    ``until`` is when that may be over though nothing happens; None when time does not mend it.
    """

    candidate: str
    code: Why
    reason: str
    until: datetime | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What matters of the lead besides its facts.

    ``present`` has it already, and its next step is due at ``due_at``; ``refused_by`` do not get it
    again yet. ``is_theirs``: who has it has begun on it, or people decided that they have it.
    """

    present: str | None = None
    refused_by: frozenset[str] = frozenset()
    due_at: datetime | None = None
    is_theirs: bool = False


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """The member chosen within one team, if any, and why not the others."""

    member: Member | None
    rejected: tuple[Rejection, ...]
    is_kept: bool = False
    balances: Balances = msgspec.field(default_factory=dict)


def pick_member(team: Team, case: Case, roster: Roster, asked: Asked) -> Pick:
    """Choose within a team: the present owner while eligible, else by the team's strategy.

    Neither capacity nor the hour takes a lead away from the owner who has it, nor does an absence
    that is over before the next step is due. Who has begun on it, or was chosen by people, keeps it
    unless they left or refuse it.
    """
    found = [(member, find_obstacle(member, team, case, roster, asked)) for member in team.members]
    rejected = [obstacle for _member, obstacle in found if obstacle is not None]
    eligible = [member for member, obstacle in found if obstacle is None]
    kept = next((member for member in eligible if member.id == asked.present), None)
    if kept is not None:
        others = _set_aside(eligible, kept, Why.OWNER_KEEPS, "the present owner keeps the lead")
        return Pick(member=kept, rejected=(*rejected, *others), is_kept=True)
    on_duty, resting = _by_duty(team, eligible, case.now)
    rejected += resting
    if not on_duty:
        return Pick(member=None, rejected=tuple(rejected))
    chosen, balances = _choose(team, on_duty, roster, case.now)
    others = _set_aside(on_duty, chosen, Why.NOT_THEIR_TURN, "another member's turn")
    return Pick(member=chosen, rejected=(*rejected, *others), balances=balances)


def _set_aside(
    members: Iterable[Member], chosen: Member, code: Why, reason: str
) -> list[Rejection]:
    others = (member for member in members if member is not chosen)
    return [Rejection(candidate=member.id, code=code, reason=reason) for member in others]


def find_obstacle(
    member: Member, team: Team, case: Case, roster: Roster, asked: Asked
) -> Rejection | None:
    """Say why a member cannot take a lead, whatever the hour; first what time does not mend."""
    is_present = member.id == asked.present
    is_theirs = is_present and asked.is_theirs
    code, reason, until = (
        _standing_obstacle(member, team, case, roster, asked, is_theirs=is_theirs)
        or (
            None
            if is_theirs
            else _absence(member, team, case.now, asked.due_at if is_present else None)
        )
        or (None if is_present else _cap_reached(member, team, roster, case.now))
        or _NO_OBSTACLE
    )
    if code is None:
        return None
    return Rejection(candidate=member.id, code=code, reason=reason, until=until)


_Obstacle: TypeAlias = tuple[Why | None, str, datetime | None]
_NO_OBSTACLE: _Obstacle = (None, "", None)


def _standing_obstacle(
    member: Member, team: Team, case: Case, roster: Roster, asked: Asked, *, is_theirs: bool
) -> _Obstacle | None:
    """Find what only people mend; of somebody whose lead it is, that they left or refuse it."""
    if not is_live(member.owners, roster.active):
        # Nobody tells us when an owner comes back: the lead is looked at again every day.
        return Why.INACTIVE, "not an active owner in the CRM", _next_day(member, team, case.now)
    asks = member.skills and not is_theirs
    skill = missing_skill(member.skills, case.facts) if asks else None
    if skill is not None:
        return Why.UNSKILLED, f"does not cover the lead's {skill}", None
    if member.id in asked.refused_by:
        return Why.REFUSED, REFUSED, _next_day(member, team, case.now)
    return (Why.PAUSED, "paused", None) if member.is_paused and not is_theirs else None


REFUSED = "had this lead before, and is not given it again yet"


def is_live(owners: Mapping[str, str], active: frozenset[str] | None) -> bool:
    """Tell whether all these CRM owners are active; ``active`` None: nobody can be checked."""
    if active is None:
        return True
    return all(f"{system}:{owner}" in active for system, owner in owners.items())


def _absence(
    member: Member, team: Team, now: datetime, due_at: datetime | None
) -> _Obstacle | None:
    """Find out whether a member is not there now, unless back before ``due_at``."""
    absence = member.absence_at(now) if member.absences else None
    if absence is not None and (due_at is None or absence.ends_at > due_at):
        return Why.AWAY, f"away until {absence.ends_at:{_MINUTE}}", absence.ends_at
    if member.ramp_up is not None and weight_at(member, team, now) == 0:
        zone = (member.calendar or team.calendar).time_zone
        starts_at = datetime.combine(member.ramp_up.first, time.min, zone).astimezone(UTC)
        return Why.NOT_STARTED, f"starts on {member.ramp_up.first}", starts_at
    return None


_MINUTE = "%Y-%m-%d %H:%M UTC"


def _cap_reached(member: Member, team: Team, roster: Roster, now: datetime) -> _Obstacle | None:
    """Find a limit that is reached. Lists grow shorter as people work, so they are tried every day."""
    who = member.id
    if member.max_open is not None and roster.open.get(who, 0) >= member.max_open:
        reason = f"has {member.max_open} open hand-offs, the most allowed"
        return Why.FULL, reason, _next_day(member, team, now)
    if member.max_per_week is not None and roster.week.get(who, 0) >= member.max_per_week:
        zone = (member.calendar or team.calendar).time_zone
        until = next_week_start(zone, now, team.week_starts)
        return Why.FULL, f"got {member.max_per_week} hand-offs this week, the most allowed", until
    if member.max_per_day is not None and roster.today.get(who, 0) >= member.max_per_day:
        reason = f"got {member.max_per_day} hand-offs today, the most allowed"
        return Why.FULL, reason, _next_day(member, team, now)
    return None


def _next_day(member: Member, team: Team, now: datetime) -> datetime:
    return next_day_start((member.calendar or team.calendar).time_zone, now)


# --- who is at work


def _by_duty(
    team: Team, eligible: list[Member], now: datetime
) -> tuple[list[Member], list[Rejection]]:
    """Part who is given the lead now from who is not, being off duty.

    When nobody is on duty, and the team does not overflow then, those take the lead who are there
    first again.
    """
    if team.assign is Assign.ALWAYS or not eligible:
        return eligible, []
    at = {member.id: next_on_duty(member, team, now) for member in eligible}
    known = [when for when in at.values() if when is not None]
    first = min(known, default=None)
    if team.off_duty is OffDuty.OVERFLOW or first is None:
        first = now
    resting = [
        Rejection(
            candidate=member.id, code=Why.OFF_DUTY, reason="off duty now", until=at[member.id]
        )
        for member in eligible
        if at[member.id] != first
    ]
    return [member for member in eligible if at[member.id] == first], resting


def next_on_duty(member: Member, team: Team, now: datetime) -> datetime | None:
    """Say when a member is at work next, ``now`` if so; None: not within the horizon."""
    return next_at_work(member.calendar or team.calendar, member.absences, now)


# --- whose turn it is


def weight_at(member: Member, team: Team, now: datetime) -> float:
    """Say how much weight a member has: a newcomer's grows."""
    if member.ramp_up is None:
        return member.weight
    zone = (member.calendar or team.calendar).time_zone
    return member.weight * member.ramp_up.share_on(now.astimezone(zone).date())


def _choose(
    team: Team, members: list[Member], roster: Roster, now: datetime
) -> tuple[Member, Balances]:
    by_id = {member.id: member for member in members}
    weights = {member.id: weight_at(member, team, now) for member in members}
    if team.strategy is Strategy.LEAST_LOADED:
        name = min(by_id, key=lambda who: (roster.open.get(who, 0) / weights[who], who))
        return by_id[name], {}
    known = {who: (team.id, who) for who in by_id if (team.id, who) in roster.balances}
    name, after = take_turn(weights, {who: roster.balances[key] for who, key in known.items()})
    return by_id[name], {(team.id, who): balance for who, balance in after.items()}
