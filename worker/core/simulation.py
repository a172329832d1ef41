"""Simulation: past or invented arrivals are given to a roster again, one by one, in their order.

It routes with ``route_lead`` and counts with ``Roster``, as the worker does, so that an unchanged
roster gives every lead to whom the worker gave it. How long a lead stays open is told by closings,
or assumed.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from worker.core.assignment import Roster, Since
from worker.core.case import Case
from worker.core.next_owner import route_lead
from worker.core.routing import (
    CompiledRouting,
    Route,
    RouteRequest,
    RoutingPolicy,
    periods_of,
)
from worker.core.simulation_tally import Tally
from worker.core.teams import Member, next_at_work
from worker.core.working_time import WorkingCalendar, day_start, week_start

_QUARTER = timedelta(minutes=15)
"""Days begin on a quarter of an hour in every time zone, so that they are looked up no oftener."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A lead that is to be handed off, as it was known then. ``key`` names the lead.

    ``actual`` had it in truth, None when there is no truth; ``was_given`` is false when that owner
    merely kept it.
    """

    key: str
    pathway: str | None
    case: Case
    request: RouteRequest
    actual: str | None = None
    was_given: bool = True

    @property
    def at(self) -> datetime:
        return self.case.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A lead that nobody has to work any longer."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a simulation assumes. Arrivals before ``since`` only fill the roster as they did in truth.

    With ``open_for`` every lead is closed so long after its arrival, whatever the closings say.
    ``zone`` is that of the days that are shown.
    """

    since: datetime
    zone: ZoneInfo
    active: frozenset[str] | None = None
    open_for: timedelta | None = None


class Simulation:
    """A roster at work. ``feed`` it what happens, in order, and read the ``tally``."""

    def __init__(self, routing: CompiledRouting, terms: Terms) -> None:
        self.routing, self.terms = routing, terms
        self.tally = Tally()
        self._roster = Roster(active=terms.active)
        self._owners: dict[str, str] = {}
        self._ends: list[tuple[datetime, str]] = []
        self._periods: dict[str, Since] = {}
        self._periods_until: datetime | None = None
        self._duty = _duty_hours(routing.policy)

    def feed(self, event: Arrival | Closing) -> str | None:
        """Let something happen; returns who has the lead now."""
        self._advance(event.at)
        if isinstance(event, Closing):
            if self.terms.open_for is None:
                self._close(event.key)
            return None
        if event.at < self.terms.since:
            return self._fill(event)
        return self._hand_off(event)

    def finish(self, at: datetime) -> Tally:
        """Let time pass to the end, and give what was counted."""
        self._advance(at)
        self.tally.end_day(self._roster.open)
        return self.tally

    # --- time

    def _advance(self, at: datetime) -> None:
        while self._ends and self._ends[0][0] <= at:
            ended_at, key = heapq.heappop(self._ends)
            self._turn_day(ended_at)
            self._close(key)
        self._turn_day(at)
        if self._periods_until is None or not (
            self._periods_until - _QUARTER <= at < self._periods_until
        ):
            self._turn_periods(at)

    def _turn_day(self, at: datetime) -> None:
        if at >= self.terms.since:
            self.tally.turn_day(at.astimezone(self.terms.zone).date(), self._roster.open)

    def _turn_periods(self, at: datetime) -> None:
        """Begin the day and the week of each member and queue anew, where they have ended."""
        policy, was = self.routing.policy, self._periods
        found = {**_periods_of_queues(policy, at), **periods_of(policy, at)}
        today, week = dict(self._roster.today), dict(self._roster.week)
        for member, since in found.items():
            if member in was and was[member].day_at != since.day_at:
                today[member] = 0
            if member in was and was[member].week_at != since.week_at:
                week[member] = 0
        self._roster = replace(self._roster, today=today, week=week)
        midnight = datetime.combine(at.astimezone(UTC).date(), time.min, UTC)
        self._periods = found
        self._periods_until = midnight + ((at - midnight) // _QUARTER + 1) * _QUARTER

    # --- leads

    def _close(self, key: str) -> None:
        owner = self._owners.pop(key, None)
        if owner is not None:
            self._roster = self._roster.with_move(owner, None)

    def _fill(self, arrival: Arrival) -> str | None:
        """Give a lead from before the period to who had it."""
        if arrival.actual is not None:
            before = self._owners.get(arrival.key)
            self._roster = self._roster.with_move(
                before, arrival.actual, is_given=arrival.was_given and before != arrival.actual
            )
            self._keep_open(arrival, arrival.actual)
        return arrival.actual

    def _hand_off(self, arrival: Arrival) -> str | None:
        before = self._owners.get(arrival.key)
        request = arrival.request
        if before is not None:  # handed on: whoever has it here does not get it back
            refused_by = request.refused_by | {before}
            request = replace(request, present_owners={}, refused_by=refused_by)
        route = route_lead(self.routing, arrival.case, request, self._roster)
        if route.hold is not None:
            self._close(arrival.key)
            self.tally.count_hold(route.hold)
            return None
        owner = str(route.owner or route.outside_owner)
        is_given = not route.is_kept and route.owner is not None
        self._roster = self._roster.with_move(
            before, owner, is_given=is_given, balances=route.balances if is_given else {}
        )
        self._keep_open(arrival, owner)
        self._count(arrival, route, owner, is_again=before is not None)
        return owner

    def _keep_open(self, arrival: Arrival, owner: str) -> None:
        self._owners[arrival.key] = owner
        if self.terms.open_for is not None:
            heapq.heappush(self._ends, (arrival.at + self.terms.open_for, arrival.key))

    def _count(self, arrival: Arrival, route: Route, owner: str, *, is_again: bool) -> None:
        tally, at = self.tally, arrival.at
        tally.count_route(route, owner, _meant_for(self.routing.policy, route), is_again=is_again)
        team = self.routing.policy.teams.get(route.target)
        if team is not None and route.owner is not None and not route.is_kept:
            tally.count_share(team, route, at)
        tally.count_truth(owner, arrival.actual, was_given=arrival.was_given)
        tally.count_load(owner, self._roster)
        tally.count_due(owner, route.due_at - at)
        begins_at = _on_duty_at(self._duty.get(owner), at)
        if begins_at is not None:
            tally.count_wait(owner, begins_at - at)


def _periods_of_queues(policy: RoutingPolicy, at: datetime) -> Mapping[str, Since]:
    """Say when the day and the week of each queue began: nothing limits them, but they are shown."""
    zones = {name: queue.calendar.time_zone for name, queue in policy.queues.items()}
    return {
        name: Since(day_at=day_start(zone, at), week_at=week_start(zone, at, policy.week_starts))
        for name, zone in zones.items()
    }


def _meant_for(policy: RoutingPolicy, route: Route) -> str:
    """Name the team or queue that the rules chose, whoever took the lead in the end."""
    return next((rule.target for rule in policy.rules if rule.id == route.rule), policy.fallback)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Duty:
    """When an owner works: the calendar, less absences."""

    calendar: WorkingCalendar
    member: Member | None = None


def _duty_hours(policy: RoutingPolicy) -> Mapping[str, _Duty]:
    found: dict[str, _Duty] = {
        name: _Duty(calendar=queue.calendar) for name, queue in policy.queues.items()
    }
    for team in policy.teams.values():
        for member in team.members:
            calendar = member.calendar or team.calendar
            found.setdefault(member.id, _Duty(calendar=calendar, member=member))
    return found


def _on_duty_at(duty: _Duty | None, at: datetime) -> datetime | None:
    """Say when an owner is next at work; None for one outside the roster, or who never is."""
    if duty is None:
        return None
    absences = duty.member.absences if duty.member else ()
    return next_at_work(duty.calendar, absences, at)
