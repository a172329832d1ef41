"""Routing: one owner and one next step, by turn, by load, by skill, and never nobody."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.assignment import Asked, Roster, Since, pick_member
from worker.core.case import Case, make_case
from worker.core.conditions import FactTest, Operator
from worker.core.next_owner import route_lead
from worker.core.routing import (
    Route,
    RouteRequest,
    RoutingPolicy,
    RoutingRule,
    compile_routing,
    periods_of,
)
from worker.core.skills import Skill
from worker.core.teams import Absence, Member, NextStep, Queue, Strategy, Team
from worker.core.working_time import WorkingCalendar

UTC_DAYS = WorkingCalendar(
    id="c", time_zone=ZoneInfo("UTC"), hours={day: ((time(8), time(18)),) for day in range(7)}
)


def member(name: str, weight: float = 1.0) -> Member:
    return Member(id=name, owners={"crm": f"own-{name}"}, weight=weight)


def away(ends_at: datetime) -> Absence:
    return Absence(begins_at=NOW - timedelta(days=3), ends_at=ends_at)


FRONT = Team(
    id="front",
    calendar=UTC_DAYS,
    strategy=Strategy.WEIGHTED_ROUND_ROBIN,
    members=(member("ann", 3), member("bob", 1)),
    overflow=("back", "queue"),
)
BACK = Team(
    id="back",
    calendar=UTC_DAYS,
    strategy=Strategy.LEAST_LOADED,
    members=(member("cem"), member("dot")),
)
POLICY = RoutingPolicy(
    rules=(
        RoutingRule(
            id="hearts",
            condition=FactTest(fact="line", operator=Operator.IS, operand="heart"),
            target="front",
            next_step="call",
        ),
    ),
    teams={"front": FRONT, "back": BACK},
    queues={"queue": Queue(id="queue", owners={"crm": "own-queue"}, calendar=UTC_DAYS)},
    next_steps={
        "call": NextStep(id="call", sentence="Call.", within=timedelta(hours=2)),
        "look": NextStep(id="look", sentence="Look.", within=timedelta(hours=1)),
    },
    fallback="queue",
    fallback_next_step="look",
    unassigned=frozenset({"crm:nobody"}),
)
HEART: Case = make_case({"line": "heart"}, (), NOW, ZoneInfo("UTC"))
FULL = Roster(open={"ann": 9, "bob": 9, "cem": 9, "dot": 9})
LIMITED = replace(
    POLICY,
    teams={
        team.id: replace(team, members=tuple(replace(m, max_open=9) for m in team.members))
        for team in (FRONT, BACK)
    },
)


def route(
    roster: Roster | None = None,
    *,
    policy: RoutingPolicy = POLICY,
    case: Case = HEART,
    owner: str | None = None,
    kept: str | None = None,
    refused_by: frozenset[str] = frozenset(),
) -> Route:
    request = RouteRequest(
        present_owners={"crm": owner} if owner else {}, kept_owner=kept, refused_by=refused_by
    )
    return route_lead(compile_routing(policy), case, request, roster or Roster())


def turns(team: Team, count: int, roster: Roster) -> tuple[list[str], Roster]:
    taken = []
    for _ in range(count):
        pick = pick_member(team, HEART, roster, Asked())
        assert pick.member is not None
        taken.append(pick.member.id)
        roster = roster.with_move(None, pick.member.id, is_given=True, balances=pick.balances)
    return taken, roster


def test_turns_follow_the_weights_smoothly() -> None:
    assert turns(FRONT, 8, Roster())[0] == ["ann", "ann", "bob", "ann", "ann", "ann", "bob", "ann"]


def test_a_member_who_returns_gets_no_rush() -> None:
    _taken, roster = turns(FRONT, 4, Roster())
    paused = replace(FRONT, members=(replace(member("ann", 3), is_paused=True), member("bob", 1)))
    alone, roster = turns(paused, 20, roster)
    assert set(alone) == {"bob"}
    assert Counter(turns(FRONT, 8, roster)[0]) == {"ann": 6, "bob": 2}


def test_a_new_member_gets_a_share_and_no_more() -> None:
    _taken, roster = turns(FRONT, 8, Roster())
    larger = replace(FRONT, members=(*FRONT.members, member("eve", 4)))
    assert Counter(turns(larger, 8, roster)[0]) == {"ann": 3, "bob": 1, "eve": 4}


def test_the_least_loaded_member_by_weight_takes_the_lead() -> None:
    team = replace(BACK, members=(member("cem", 2), member("dot", 1)))
    assert turns(team, 3, Roster(open={"cem": 3, "dot": 1}))[0] == ["dot", "cem", "cem"]


def test_the_first_rule_that_holds_gives_team_and_next_step() -> None:
    found = route()
    assert (found.rule, found.target, found.owner) == ("hearts", "front", "ann")
    assert (found.next_step.id, found.due_at) == ("call", NOW + timedelta(hours=2))
    assert found.reasons == ("ROUTE_TEAM_MEMBER",)


def test_a_lead_no_rule_catches_goes_to_the_fallback() -> None:
    found = route(case=make_case({}, (), NOW, ZoneInfo("UTC")))
    assert (found.rule, found.owner, found.next_step.id) == (None, "queue", "look")
    assert found.reasons == ("ROUTE_NO_RULE", "ROUTE_QUEUE")


def test_everyone_not_chosen_is_named_with_a_reason() -> None:
    assert [(r.candidate, r.reason) for r in route().rejected] == [("bob", "another member's turn")]


@pytest.mark.parametrize("name", ["ann", "bob", "cem", "dot"])
def test_the_present_owner_keeps_the_lead_whatever_the_load(name: str) -> None:
    found = route(FULL, policy=LIMITED, owner=f"own-{name}")
    assert (found.owner, found.is_kept, found.reasons) == (name, True, ("ROUTE_OWNER_KEPT",))


def test_keeping_a_lead_costs_nobody_a_turn() -> None:
    assert route(owner="own-bob").balances == {}


def test_a_hand_off_counts_for_its_member() -> None:
    roster = Roster().with_move(None, "ann", is_given=True)
    assert (roster.open, roster.today, roster.week) == ({"ann": 1}, {"ann": 1}, {"ann": 1})


def test_a_lead_that_leaves_a_member_frees_its_place_but_not_its_day() -> None:
    counts = {"ann": 3, "bob": 1}
    roster = Roster(open=counts, today=counts, week=counts)
    moved = roster.with_move("ann", "bob", is_given=True)
    assert moved.open == {"ann": 2, "bob": 2}
    assert moved.today == moved.week == {"ann": 3, "bob": 2}


def test_a_lead_kept_for_the_first_time_is_open_but_was_not_given() -> None:
    roster = Roster().with_move(None, "ann")
    assert (roster.open, roster.today, roster.week) == ({"ann": 1}, {}, {})


def test_a_lead_nobody_needs_any_more_frees_its_place() -> None:
    assert Roster(open={"ann": 3}).with_move("ann", None).open == {"ann": 2}


def test_a_lead_that_stays_moves_nothing() -> None:
    roster = Roster(open={"ann": 3})
    assert roster.with_move("ann", "ann") is roster


def test_each_member_has_the_days_and_weeks_of_its_own_place() -> None:
    tokyo = replace(UTC_DAYS, time_zone=ZoneInfo("Asia/Tokyo"))
    team = replace(FRONT, members=(replace(member("ann"), calendar=tokyo), member("bob")))
    policy = replace(POLICY, teams={"front": team}, week_starts=6)
    assert periods_of(policy, NOW)["bob"] == Since(
        day_at=datetime(2026, 5, 4, tzinfo=UTC), week_at=datetime(2026, 5, 3, tzinfo=UTC)
    )
    assert periods_of(policy, NOW)["ann"] == Since(
        day_at=datetime(2026, 5, 4, 15, tzinfo=UTC), week_at=datetime(2026, 5, 2, 15, tzinfo=UTC)
    )


def test_a_full_team_overflows_in_order() -> None:
    found = route(Roster(open={"ann": 9, "bob": 9, "cem": 1}), policy=LIMITED)
    assert (found.target, found.owner) == ("back", "dot")
    assert found.reasons == ("ROUTE_TEAM_AT_CAPACITY", "ROUTE_OVERFLOW")


def test_when_all_are_full_a_queue_takes_the_lead() -> None:
    found = route(FULL, policy=LIMITED)
    assert (found.owner, found.is_queue, found.owners) == ("queue", True, {"crm": "own-queue"})
    assert found.reasons == ("ROUTE_TEAM_AT_CAPACITY", "ROUTE_QUEUE", "ROUTE_OVERFLOW")


def test_an_inactive_owner_gets_nothing() -> None:
    assert route(Roster(active=frozenset({"crm:own-bob"})), owner="own-ann").owner == "bob"


def test_an_active_owner_outside_the_teams_keeps_the_lead() -> None:
    found = route(Roster(active=frozenset({"crm:own-zoe"})), owner="own-zoe")
    assert (found.owner, found.outside_owner, found.is_kept) == (None, "crm:own-zoe", True)


@pytest.mark.parametrize(
    ("owner", "policy", "active"),
    [
        ("own-zoe", POLICY, frozenset({"crm:own-ann", "crm:own-bob"})),
        ("own-queue", POLICY, None),
        ("nobody", POLICY, None),
        ("own-zoe", replace(POLICY, keep_outside_owner=False), None),
    ],
)
def test_others_outside_the_teams_do_not(
    owner: str, policy: RoutingPolicy, active: frozenset[str] | None
) -> None:
    assert route(Roster(active=active), policy=policy, owner=owner).owner == "ann"


def test_who_rejected_a_lead_does_not_get_it_again() -> None:
    assert route(owner="own-ann", refused_by=frozenset({"ann"})).owner == "bob"


def test_when_all_of_a_team_have_refused_the_next_one_takes_the_lead() -> None:
    found = route(refused_by=frozenset({"ann", "bob"}))
    assert (found.target, found.owner) == ("back", "cem")
    assert found.reasons == ("ROUTE_ALL_REFUSED", "ROUTE_OVERFLOW")


def test_when_everybody_has_refused_a_queue_takes_the_lead() -> None:
    found = route(refused_by=frozenset({"ann", "bob", "cem", "dot"}))
    assert (found.owner, found.reasons) == (
        "queue",
        ("ROUTE_ALL_REFUSED", "ROUTE_QUEUE", "ROUTE_OVERFLOW"),
    )


def test_a_team_waits_for_who_is_full_and_not_for_who_refused() -> None:
    found = route(Roster(open={"bob": 9}), policy=LIMITED, refused_by=frozenset({"ann"}))
    assert found.reasons == ("ROUTE_TEAM_AT_CAPACITY", "ROUTE_OVERFLOW")


def test_an_outside_owner_who_rejected_a_lead_does_not_keep_it() -> None:
    assert route(owner="own-zoe", refused_by=frozenset({"crm:own-zoe"})).owner == "ann"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (replace(member("ann"), is_paused=True), "paused"),
        (
            replace(
                member("ann"),
                absences=(
                    Absence(begins_at=NOW - timedelta(days=3), ends_at=NOW + timedelta(hours=9)),
                ),
            ),
            "away until 2026-05-05 00:00 UTC",
        ),
        (
            replace(member("ann"), skills={"line": Skill(words=frozenset({"bones"}))}),
            "does not cover the lead's line",
        ),
        (replace(member("ann"), max_open=9), "has 9 open hand-offs, the most allowed"),
        (replace(member("ann"), max_per_day=3), "got 3 hand-offs today, the most allowed"),
        (replace(member("ann"), max_per_week=4), "got 4 hand-offs this week, the most allowed"),
    ],
)
def test_who_cannot_take_the_lead_is_passed_over(changed: Member, reason: str) -> None:
    team = replace(FRONT, members=(changed, member("bob")))
    roster = replace(FULL, today={"ann": 3}, week={"ann": 4})
    pick = pick_member(team, HEART, roster, Asked())
    assert pick.member is not None
    assert pick.member.id == "bob"
    assert [r.reason for r in pick.rejected] == [reason]


def test_an_absence_is_over_at_its_end() -> None:
    back = replace(member("ann"), absences=(away(ends_at=NOW),))
    team = replace(FRONT, members=(back,))
    assert pick_member(team, HEART, Roster(), Asked()).member == back
