"""Routing over weeks of arrivals, while members come, go, pause, fall ill and fill up.

The machine keeps its own record of who was given what, and holds routing to it: one owner or one
named hold, no cap exceeded, nobody who cannot, everybody's share.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from worker.core.assignment import Roster
from worker.core.case import make_case
from worker.core.conditions import FactTest, Operator
from worker.core.next_owner import route_lead
from worker.core.routing import (
    CompiledRouting,
    Route,
    RouteRequest,
    RoutingPolicy,
    RoutingRule,
    compile_routing,
    periods_of,
)
from worker.core.teams import Absence, Assign, Member, NextStep, OffDuty, Queue, Strategy, Team
from worker.core.working_time import WorkingCalendar

START = datetime(2026, 11, 24, 15, tzinfo=UTC)
WEEK = {day: ((time(8), time(17)),) for day in range(5)}
EAST = WorkingCalendar(
    id="east",
    time_zone=ZoneInfo("America/New_York"),
    hours=WEEK,
    closed=frozenset({date(2026, 11, 26), date(2026, 12, 25)}),
)
FAR = WorkingCalendar(id="far", time_zone=ZoneInfo("Pacific/Auckland"), hours=WEEK)
"""A member whose day begins before the others' has ended."""
SOME = st.integers(0, 10_000)
WEIGHTS = st.sampled_from((0.5, 1.0, 1.0, 2.0, 3.0))
CAPS = st.sampled_from((None, None, None, None, 3, 12))
"""Mostly none: a team that is full all the time has no turns to take."""


@dataclass(slots=True, kw_only=True)
class Lead:
    line: str
    owner: str | None = None
    is_started: bool = False
    refused_by: frozenset[str] = frozenset()


@dataclass(slots=True, kw_only=True)
class Stretch:
    """Turns in a row among the same members with the same weights."""

    weights: dict[str, float]
    is_first: bool
    got: Counter[str] = field(default_factory=Counter)


class Weeks(RuleBasedStateMachine):
    """A front team that takes turns, a back team that goes by load, and a queue."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.leads: dict[int, Lead] = {}
        self.given: list[tuple[str, datetime]] = []
        self.active: set[str] = {"crm:queue"}
        self.balances: dict[tuple[str, str], float] = {}
        self.stretch: Stretch | None = None
        self.born = 0

    @initialize(
        members=st.lists(st.tuples(WEIGHTS, CAPS, CAPS, CAPS), min_size=1, max_size=4),
        assign=st.sampled_from((Assign.ALWAYS, Assign.ALWAYS, Assign.WORKING_HOURS)),
        off_duty=st.sampled_from(OffDuty),
    )
    def begin(
        self,
        members: list[tuple[float, int | None, int | None, int | None]],
        assign: Assign,
        off_duty: OffDuty,
    ) -> None:
        front = Team(
            id="front",
            calendar=EAST,
            strategy=Strategy.WEIGHTED_ROUND_ROBIN,
            members=(),
            overflow=("back", "queue"),
            assign=assign,
            off_duty=off_duty,
        )
        back = replace(
            front,
            id="back",
            strategy=Strategy.LEAST_LOADED,
            members=tuple(self.born_member(1.0, None, 3, 5) for _ in range(2)),
            overflow=(),
        )
        self.policy = RoutingPolicy(
            rules=(
                RoutingRule(
                    id="hearts",
                    condition=FactTest(fact="line", operator=Operator.IS, operand="heart"),
                    target="front",
                    next_step="call",
                ),
            ),
            teams={"front": front, "back": back},
            queues={"queue": Queue(id="queue", owners={"crm": "queue"}, calendar=EAST)},
            next_steps={
                "call": NextStep(id="call", sentence="Call.", within=timedelta(hours=2)),
            },
            fallback="queue",
            fallback_next_step="call",
        )
        self.set_front([self.born_member(*one) for one in members])

    def born_member(
        self, weight: float, open_: int | None, day: int | None, week: int | None
    ) -> Member:
        self.born += 1
        name = f"m{self.born}"
        self.active.add(f"crm:{name}")
        return Member(
            id=name,
            owners={"crm": name},
            weight=weight,
            max_open=open_,
            max_per_day=day,
            max_per_week=week,
            calendar=FAR if self.born % 3 == 0 else None,
        )

    # --- the roster

    @property
    def front(self) -> list[Member]:
        return list(self.policy.teams["front"].members)

    def set_front(self, members: list[Member]) -> None:
        team = replace(self.policy.teams["front"], members=tuple(members))
        self.policy = replace(self.policy, teams={**self.policy.teams, "front": team})
        keep = {("front", member.id) for member in members}
        self.balances = {key: value for key, value in self.balances.items() if key in keep}
        self.routing: CompiledRouting = compile_routing(self.policy)

    def swap(self, which: int, **changes: object) -> None:
        members = self.front
        assume(members)
        place = which % len(members)
        members[place] = replace(members[place], **changes)
        self.set_front(members)

    @rule(which=SOME, is_paused=st.booleans())
    def pause_or_return(self, which: int, is_paused: bool) -> None:
        self.swap(which, is_paused=is_paused)

    @rule(which=SOME, first=st.integers(-24, 24), hours=st.integers(1, 72))
    def be_away(self, which: int, first: int, hours: int) -> None:
        begins_at = self.now + timedelta(hours=first)
        ends_at = begins_at + timedelta(hours=hours)
        self.swap(which, absences=(Absence(begins_at=begins_at, ends_at=ends_at),))

    @rule(member=st.tuples(WEIGHTS, CAPS, CAPS, CAPS))
    def add_member(self, member: tuple[float, int | None, int | None, int | None]) -> None:
        assume(len(self.front) < 7)
        self.set_front([*self.front, self.born_member(*member)])

    @rule(which=SOME)
    def remove_member(self, which: int) -> None:
        """Nobody else's leads move."""
        assume(self.front)
        self.settle()
        gone = self.front[which % len(self.front)].id
        before = {number: lead.owner for number, lead in self.leads.items()}
        self.set_front([one for one in self.front if one.id != gone])
        self.decide_all_again()
        moved = {number for number, owner in before.items() if self.leads[number].owner != owner}
        assert moved == {number for number, owner in before.items() if owner == gone}

    @rule(which=SOME)
    def leave_or_come_back_in_the_crm(self, which: int) -> None:
        names = sorted(f"crm:{one.id}" for one in self.members().values())
        self.active ^= {names[which % len(names)] if which % 20 else "crm:queue"}

    # --- leads and time

    @rule(count=st.integers(5, 50), line=st.sampled_from(("heart", "heart", "heart", "bone")))
    def arrive(self, count: int, line: str) -> None:
        for _lead in range(count):
            number = len(self.leads)
            self.leads[number] = Lead(line=line)
            self.decide(number)

    @rule(which=SOME)
    def reject(self, which: int) -> None:
        assume(self.leads)
        lead = self.leads[which % len(self.leads)]
        if lead.owner is not None:
            lead.refused_by |= {lead.owner}
            self.decide(which % len(self.leads))

    @rule(which=SOME)
    def begin_on(self, which: int) -> None:
        """The owner follows a lead up."""
        assume(self.leads)
        lead = self.leads[which % len(self.leads)]
        lead.is_started = lead.owner is not None

    @rule(which=SOME, count=st.integers(1, 60))
    def leave(self, which: int, count: int) -> None:
        open_ = [lead for lead in self.leads.values() if lead.line != "gone"]
        for lead in open_[which % max(1, len(open_)) :][:count]:
            lead.owner, lead.line = None, "gone"

    @rule(hours=st.sampled_from((1, 5, 12, 24, 72, 168)), count=st.integers(5, 25))
    def let_time_pass(self, hours: int, count: int) -> None:
        """Leads come with it, whichever rules hypothesis leaves out."""
        self.now += timedelta(hours=hours)
        self.arrive(count, "heart")

    @rule()
    def decide_all_again(self) -> None:
        for number in self.leads:
            self.decide(number)

    def settle(self) -> None:
        """Decide everything until nothing moves at this instant any more."""
        for _time in range(4):
            before = [lead.owner for lead in self.leads.values()]
            self.decide_all_again()
            if before == [lead.owner for lead in self.leads.values()]:
                return
        raise AssertionError("deciding again at the same instant does not come to rest")

    # --- deciding, and what must hold of it

    def members(self) -> dict[str, Member]:
        return {m.id: m for team in self.policy.teams.values() for m in team.members}

    def roster(self) -> Roster:
        since = periods_of(self.policy, self.now)
        counts = [
            Counter(w for w, at in self.given if w in start and at >= start[w])
            for start in (
                {name: found.day_at for name, found in since.items()},
                {name: found.week_at for name, found in since.items()},
            )
        ]
        return Roster(
            active=frozenset(self.active),
            open=Counter(lead.owner for lead in self.leads.values() if lead.owner is not None),
            today=counts[0],
            week=counts[1],
            balances=self.balances,
        )

    def decide(self, number: int) -> None:
        lead = self.leads[number]
        if lead.line == "gone":
            return
        roster = self.roster()
        case = make_case({"line": lead.line}, (), self.now, EAST.time_zone)
        request = RouteRequest(
            present_owners={},
            kept_owner=lead.owner,
            refused_by=lead.refused_by,
            is_started=lead.is_started,
        )
        able = self.able(lead, roster)
        route = route_lead(self.routing, case, request, roster)
        self.check_one_owner_or_hold(route)
        self.check_begun(lead, route)
        if route.owner is not None and not route.is_kept:
            self.check_given(route.owner, roster)
            self.given.append((route.owner, self.now))
        if route.target == "front" and route.owner is not None and not route.is_kept:
            self.follow_turns(str(route.owner), able)
        self.balances |= route.balances
        lead.is_started = lead.is_started and route.owner == lead.owner
        lead.owner = route.owner

    def check_one_owner_or_hold(self, route: Route) -> None:
        assert (route.owner is None) == (route.hold is not None)
        assert route.outside_owner is None
        assert route.next_step.id == "call"
        assert route.due_at >= self.now
        assert route.reasons

    def check_begun(self, lead: Lead, route: Route) -> None:
        """What somebody has begun on stays theirs while they are on the roster, active and willing."""
        is_there = lead.owner in {*self.members(), "queue"} and f"crm:{lead.owner}" in self.active
        if lead.is_started and is_there and lead.owner not in lead.refused_by:
            assert route.owner == lead.owner

    def check_given(self, who: str, roster: Roster) -> None:
        """Whoever is given a lead can take it, and has no cap that it exceeds."""
        assert f"crm:{who}" in self.active
        if who in self.policy.queues:
            return
        member = self.members()[who]
        assert not member.is_paused
        assert member.absence_at(self.now) is None
        assert member.max_open is None or roster.open.get(who, 0) < member.max_open
        assert member.max_per_day is None or roster.today.get(who, 0) < member.max_per_day
        assert member.max_per_week is None or roster.week.get(who, 0) < member.max_per_week

    def able(self, lead: Lead, roster: Roster) -> dict[str, float]:
        """The members of the front team who could take this lead, with their weights."""
        return {
            member.id: member.weight
            for member in self.front
            if f"crm:{member.id}" in self.active
            and not member.is_paused
            and member.absence_at(self.now) is None
            and member.id not in lead.refused_by
            and (member.max_open is None or roster.open.get(member.id, 0) < member.max_open)
            and (member.max_per_day is None or roster.today.get(member.id, 0) < member.max_per_day)
            and (member.max_per_week is None or roster.week.get(member.id, 0) < member.max_per_week)
        }

    def follow_turns(self, who: str, able: dict[str, float]) -> None:
        if self.policy.teams["front"].assign is not Assign.ALWAYS:
            return
        if self.stretch is None or self.stretch.weights != able:
            self.stretch = Stretch(weights=able, is_first=self.stretch is None)
        self.stretch.got[who] += 1

    @invariant()
    def shares_follow_the_weights(self) -> None:
        """Within a lead from the start of the rotation.

        A later stretch makes up for what was owed before it, at most a lead for each member and one.
        """
        if self.stretch is None:
            return
        total, weight = self.stretch.got.total(), sum(self.stretch.weights.values())
        most = 1 if self.stretch.is_first else len(self.stretch.weights) + 1
        for who, mine in self.stretch.weights.items():
            assert abs(self.stretch.got[who] - total * mine / weight) < most

    @invariant()
    def nobody_has_a_lead_who_is_nowhere(self) -> None:
        known = {*self.members(), "queue", *(w for w, _at in self.given)}
        assert {lead.owner for lead in self.leads.values() if lead.owner} <= known


TestWeeks = Weeks.TestCase
TestWeeks.settings = settings(
    max_examples=250,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
