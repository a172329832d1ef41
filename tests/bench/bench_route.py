"""How many leads a second are routed on one core, within a team of thirty.

Run with ``python -m tests.bench.bench_route``. It prints; it never fails because of time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from time import process_time
from zoneinfo import ZoneInfo

from worker.core.assignment import Roster
from worker.core.case import Case, make_case
from worker.core.conditions import FactTest, Operator
from worker.core.routing import (
    CompiledRouting,
    RouteRequest,
    RoutingPolicy,
    RoutingRule,
    compile_routing,
    route_lead,
)
from worker.core.teams import Member, NextStep, Queue, Strategy, Team
from worker.core.working_time import WorkingCalendar

MEMBERS = 30
LEADS = 500
ROUNDS = 7
NOW = datetime(2026, 5, 4, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")
LANGUAGES = ("en", "es", "pt", "ht", "vi")
CALENDAR = WorkingCalendar(
    id="office", time_zone=ZONE, hours={day: (time(8), time(17)) for day in range(5)}
)


def _members() -> Iterator[Member]:
    """Each speaks two of five languages and has a weight, a cap for all, for a day and for a week."""
    for number in range(MEMBERS):
        spoken = {LANGUAGES[number % 5], LANGUAGES[(number + 1) % 5]}
        yield Member(
            id=f"member_{number}",
            owners={"files": f"owner {number}"},
            weight=1.0 + number % 3,
            max_open=40,
            max_per_day=25,
            max_per_week=100,
            skills={"language": frozenset(spoken)},
        )


def make_routing(strategy: Strategy) -> CompiledRouting:
    """Ten rules, of which the last is a lead's, and one team with an overflow."""
    queue = Queue(id="queue", owners={"files": "owner q"}, calendar=CALENDAR)
    team = Team(
        id="team",
        calendar=CALENDAR,
        strategy=strategy,
        members=tuple(_members()),
        overflow=("queue",),
    )
    rules = tuple(
        RoutingRule(
            id=f"rule_{number}",
            condition=FactTest(fact="service_line", operator=Operator.IS, operand=f"line_{number}"),
            target="team",
            next_step="call",
        )
        for number in range(10)
    )
    return compile_routing(
        RoutingPolicy(
            rules=rules,
            teams={"team": team},
            queues={"queue": queue},
            next_steps={"call": NextStep(id="call", sentence="Call.", within=timedelta(hours=2))},
            fallback="queue",
            fallback_next_step="call",
        )
    )


def route_all(routing: CompiledRouting, cases: list[Case]) -> set[str | None]:
    """Route one lead after the other, each with the roster the one before left; who got any."""
    roster, request = Roster(), RouteRequest(present_owners={})
    given: set[str | None] = set()
    for case in cases:
        route = route_lead(routing, case, request, roster)
        roster = roster.with_move(None, route.owner, is_given=True, balances=route.balances)
        given.add(route.owner)
    return given


def main() -> None:
    cases = [
        make_case({"service_line": "line_9", "language": LANGUAGES[number % 5]}, (), NOW, ZONE)
        for number in range(LEADS)
    ]
    print(f"{LEADS} leads, {MEMBERS} members, one core")
    for strategy in Strategy:
        routing, best = make_routing(strategy), float("inf")
        for _round in range(ROUNDS):
            began = process_time()
            given = route_all(routing, cases)
            best = min(best, process_time() - began)
        print(f"{strategy:24}{LEADS / best:10,.0f}/s, {len(given)} got leads")


if __name__ == "__main__":
    main()
