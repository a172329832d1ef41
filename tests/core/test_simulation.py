"""A simulated roster: it routes as the worker does, counts what it gave, and keeps every limit."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.case import make_case
from worker.core.conditions import FactTest, Operator
from worker.core.roster_changes import with_member, with_pause, with_weight
from worker.core.routing import RouteRequest, RoutingPolicy, RoutingRule, compile_routing
from worker.core.simulation import Arrival, Closing, Simulation, Terms
from worker.core.simulation_tally import Spread, Tally, fairness_of, spread_of
from worker.core.teams import Absence, Member, NextStep, Queue, RampUp, Strategy, Team
from worker.core.working_time import WorkingCalendar

UTC_ZONE = ZoneInfo("UTC")
MONDAY = datetime(2026, 11, 2, 10, tzinfo=UTC)
WEEK = WorkingCalendar(
    id="week", time_zone=UTC_ZONE, hours={day: ((time(9), time(17)),) for day in range(5)}
)
ANN = Member(id="ann", owners={"crm": "own-ann"}, weight=2, max_per_day=4)
BOB = Member(id="bob", owners={"crm": "own-bob"}, max_open=2)
ANY = replace(ANN, max_per_day=None)
FRONT = Team(
    id="front",
    calendar=WEEK,
    strategy=Strategy.WEIGHTED_ROUND_ROBIN,
    members=(ANN, BOB),
    overflow=("back", "queue"),
)
BACK = Team(
    id="back",
    calendar=WEEK,
    strategy=Strategy.LEAST_LOADED,
    members=(Member(id="cem", owners={"crm": "own-cem"}, max_open=1),),
    overflow=("queue",),
)
POLICY = RoutingPolicy(
    rules=(
        RoutingRule(
            id="patients",
            condition=FactTest(fact="pathway", operator=Operator.IS, operand="patient"),
            target="front",
            next_step="call",
        ),
    ),
    teams={"front": FRONT, "back": BACK},
    queues={"queue": Queue(id="queue", owners={"crm": "own-queue"}, calendar=WEEK)},
    next_steps={"call": NextStep(id="call", sentence="Call.", within=timedelta(hours=2))},
    fallback="queue",
    fallback_next_step="call",
)


def arrival(
    key: str,
    at: datetime = MONDAY,
    *,
    pathway: str = "patient",
    actual: str | None = None,
    owner: str | None = None,
) -> Arrival:
    return Arrival(
        key=key,
        pathway=pathway,
        case=make_case({"pathway": pathway}, (), at, UTC_ZONE),
        request=RouteRequest(present_owners={"crm": owner} if owner else {}),
        actual=actual,
    )


def simulation(
    policy: RoutingPolicy = POLICY,
    *,
    since: datetime = MONDAY,
    open_for: timedelta | None = None,
) -> Simulation:
    terms = Terms(since=since, zone=UTC_ZONE, open_for=open_for)
    return Simulation(compile_routing(policy), terms)


def test_leads_go_by_weight_and_then_over_as_the_limits_are_reached() -> None:
    tried = simulation()
    owners = [tried.feed(arrival(str(n))) for n in range(8)]
    # Ann has double weight and at most 4 a day, Bob at most 2 open; Cem takes one; then the queue.
    assert owners == ["ann", "bob", "ann", "ann", "bob", "ann", "cem", "queue"]
    tally = tried.finish(MONDAY)
    assert tally.given == {
        ("front", "ann"): 4,
        ("front", "bob"): 2,
        ("back", "cem"): 1,
        ("queue", "queue"): 1,
    }
    assert tally.overflow == {("front", "back"): 1, ("front", "queue"): 1}
    assert tally.in_queues == 1
    assert tally.refusals["front"] == {
        "got 4 hand-offs today, the most allowed": 2,
        "has 2 open hand-offs, the most allowed": 2,
        "has 1 open hand-offs, the most allowed": 1,
    }


def test_a_closed_lead_makes_room() -> None:
    tried = simulation(with_pause(POLICY, "ann"))
    assert [tried.feed(arrival(str(n))) for n in range(4)] == ["bob", "bob", "cem", "queue"]
    tried.feed(Closing(key="0", at=MONDAY + timedelta(hours=1)))
    assert tried.feed(arrival("5", MONDAY + timedelta(hours=2))) == "bob"


def test_a_lead_that_is_assumed_open_so_long_makes_room_by_itself() -> None:
    tried = simulation(with_pause(POLICY, "ann"), open_for=timedelta(days=1))
    assert [tried.feed(arrival(str(n))) for n in range(4)] == ["bob", "bob", "cem", "queue"]
    tried.feed(Closing(key="0", at=MONDAY + timedelta(hours=1)))  # the assumption holds instead
    assert tried.feed(arrival("5", MONDAY + timedelta(hours=23))) == "queue"
    assert tried.feed(arrival("6", MONDAY + timedelta(hours=24))) == "bob"
    tally = tried.finish(MONDAY + timedelta(days=3))
    assert {day: found.open for day, found in tally.days.items()} == {
        date(2026, 11, 2): 4,
        date(2026, 11, 3): 2,
        date(2026, 11, 4): 0,
        date(2026, 11, 5): 0,
    }


def test_a_new_day_counts_anew() -> None:
    tried = simulation(with_pause(POLICY, "bob"))
    owners = [tried.feed(arrival(str(n))) for n in range(5)]
    assert owners == ["ann", "ann", "ann", "ann", "cem"]
    assert tried.feed(arrival("6", MONDAY + timedelta(days=1))) == "ann"
    assert tried.finish(MONDAY + timedelta(days=1)).peak_day["ann"] == 4


def test_a_queue_counts_its_days_as_well() -> None:
    tried = simulation(with_pause(with_pause(POLICY, "ann"), "bob"))
    for number, day in enumerate((0, 0, 0, 1, 1, 7, 7)):
        tried.feed(arrival(str(number), MONDAY + timedelta(days=day)))
    tally = tried.finish(MONDAY + timedelta(days=7))
    # Cem takes the first; then two, two and two go to the queue, four of them in the first week.
    assert tally.given["queue", "queue"] == 6
    assert (tally.peak_day["queue"], tally.peak_week["queue"]) == (2, 4)


def test_what_came_before_only_fills_the_roster_as_it_did() -> None:
    tried = simulation(since=MONDAY + timedelta(hours=1))
    for n in range(2):
        assert tried.feed(arrival(f"early{n}", actual="bob")) == "bob"
    later = MONDAY + timedelta(hours=1)
    assert [tried.feed(arrival(str(n), later)) for n in range(5)] == [*["ann"] * 4, "cem"]
    tally = tried.finish(later)
    assert (tally.arrivals, tally.peak_open["bob"]) == (5, 0)


def test_a_lead_handed_on_goes_to_somebody_else() -> None:
    tried = simulation()
    first = tried.feed(arrival("1"))
    second = tried.feed(arrival("1", MONDAY + timedelta(hours=5)))
    assert (first, second) == ("ann", "bob")
    tally = tried.finish(MONDAY + timedelta(hours=5))
    assert (tally.arrivals, tally.again) == (2, 1)
    assert tally.days[date(2026, 11, 2)].open == 1


def test_an_owner_outside_the_roster_keeps_the_lead_and_takes_no_turn() -> None:
    tried = simulation()
    assert tried.feed(arrival("1", owner="own-zoe")) == "crm:own-zoe"
    tally = tried.finish(MONDAY)
    assert (tally.outside, tally.kept, tally.given.total()) == (1, 1, 0)


def test_a_lead_no_rule_catches_is_counted() -> None:
    tried = simulation()
    assert tried.feed(arrival("1", pathway="b2b")) == "queue"
    assert tried.finish(MONDAY).no_rule == 1


def test_the_truth_is_compared_lead_by_lead() -> None:
    tried = simulation()
    for key, actual in (("1", "ann"), ("2", "ann")):
        tried.feed(arrival(key, actual=actual))
    tally = tried.finish(MONDAY)
    assert (tally.compared, tally.same, tally.actual) == (2, 1, {"ann": 2})


def test_waits_run_until_the_owner_is_at_work() -> None:
    """Friday at 18:00 the team is closed until Monday at 9; Ann is away on Monday."""
    friday = datetime(2026, 11, 6, 18, tzinfo=UTC)
    away = Absence(
        begins_at=datetime(2026, 11, 9, tzinfo=UTC), ends_at=datetime(2026, 11, 10, tzinfo=UTC)
    )
    team = replace(FRONT, members=(replace(ANN, absences=(away,)),))
    tried = simulation(replace(POLICY, teams={"front": team, "back": BACK}), since=friday)
    assert tried.feed(arrival("1", friday)) == "ann"
    tally = tried.finish(friday)
    assert spread_of(tally.waits.values()) == Spread(median=87 * 60, p90=87 * 60, longest=87 * 60)
    assert spread_of(tally.dues.values()) == Spread(median=65 * 60, p90=65 * 60, longest=65 * 60)


@pytest.mark.parametrize(
    ("minutes", "spread"),
    [
        ({5: 1}, Spread(median=5, p90=5, longest=5)),
        ({1: 5, 2: 4, 9: 1}, Spread(median=1, p90=2, longest=9)),
        ({1: 89, 60: 11}, Spread(median=1, p90=60, longest=60)),
    ],
)
def test_half_and_nine_tenths_of_the_waits(minutes: dict[int, int], spread: Spread) -> None:
    assert spread_of([minutes]) == spread


def test_no_wait_has_no_spread() -> None:
    assert spread_of([]) is None


def test_fairness_compares_with_the_shares() -> None:
    """Of 9 leads Ann's weight of 2 stands for 6 and Bob's of 1 for 3; Ann got 5, Bob 4.

    Of their shares that is 5/6 and 4/3, and Jain's index (13/6)² / (2 · (25/36 + 16/9)) = 169 / 178.
    """
    tally = Tally(
        given=Counter({("front", "ann"): 5, ("front", "bob"): 4}),
        due_shares={("front", "ann"): 6.0, ("front", "bob"): 3.0},
    )
    found = fairness_of(FRONT, tally)
    assert [(s.member.id, s.expected, s.deviation) for s in found.shares] == [
        ("ann", 6.0, -1.0),
        ("bob", 3.0, 1.0),
    ]
    assert found.deviation == 1.0
    assert found.index == pytest.approx(169 / 178)


def test_a_lead_that_others_could_not_take_is_no_unfairness() -> None:
    """Bob takes two at most; what only Ann can take after that is hers by right."""
    tried = simulation(
        replace(POLICY, teams={"front": replace(FRONT, members=(ANY, BOB)), "back": BACK})
    )
    owners = [tried.feed(arrival(str(n))) for n in range(9)]
    assert Counter(owners) == {"ann": 7, "bob": 2}
    tally = tried.finish(MONDAY)
    found = fairness_of(replace(FRONT, members=(ANY, BOB)), tally)
    # Until Bob is full, five leads are shared two to one; then Ann takes the other four alone.
    assert [(s.member.id, round(s.expected, 3)) for s in found.shares] == [
        ("ann", round(10 / 3 + 4, 3)),
        ("bob", round(5 / 3, 3)),
    ]
    assert found.deviation == pytest.approx(1 / 3)


def test_a_newcomers_share_is_that_of_its_weight_on_each_day() -> None:
    new = replace(ANY, ramp_up=RampUp(first=date(2026, 11, 3), start_at=0.5, steps=1, step_days=7))
    team = replace(FRONT, members=(new, replace(BOB, max_open=None)))
    tried = simulation(replace(POLICY, teams={"front": team, "back": BACK}))
    for number, day in enumerate((0, 1, 8)):
        tried.feed(arrival(str(number), MONDAY + timedelta(days=day)))
    shares = fairness_of(team, tried.finish(MONDAY + timedelta(days=9))).shares
    # Nothing before she starts, then 1 of 2 by half her weight, then 2 of 3.
    assert [s.expected for s in shares] == pytest.approx([0 + 1 / 2 + 2 / 3, 1 + 1 / 2 + 1 / 3])


def test_a_team_that_got_nothing_is_neither_fair_nor_unfair() -> None:
    found = fairness_of(FRONT, Tally())
    assert (found.deviation, found.index) == (0.0, None)


def test_what_ifs_change_one_member() -> None:
    assert with_pause(POLICY, "bob").teams["front"].members == (ANN, replace(BOB, is_paused=True))
    assert with_weight(POLICY, "bob", 3).teams["front"].members == (ANN, replace(BOB, weight=3))
    added = with_member(POLICY, "front", "new", 2).teams["front"].members
    assert added == (ANN, BOB, Member(id="new", owners={}, weight=2))
    assert with_pause(POLICY, "bob").teams["back"] == BACK


STEPS = st.lists(
    st.tuples(
        st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=30)),
        st.sampled_from(["patient", "b2b"]),
        st.none() | st.integers(0, 40),
    ),
    max_size=60,
)


@given(STEPS, st.booleans())
def test_totals_add_up_and_no_limit_is_exceeded(
    steps: list[tuple[timedelta, str, int | None]], assumes: bool
) -> None:
    tried = simulation(open_for=timedelta(days=2) if assumes else None)
    at, given_ = MONDAY, Counter[str]()
    for number, (pause, pathway, closed) in enumerate(steps):
        at += pause
        if closed is not None:
            tried.feed(Closing(key=str(closed), at=at))
        owner = tried.feed(arrival(str(number), at, pathway=pathway))
        assert owner is not None
        given_[owner] += 1
    tally = tried.finish(at + timedelta(days=1))
    assert tally.arrivals == len(steps) == tally.given.total()
    assert Counter({who: n for (_place, who), n in tally.given.items()}) == given_
    assert sum((day.given for day in tally.days.values()), Counter()) == given_
    assert tally.peak_open["bob"] <= 2
    assert tally.peak_open["cem"] <= 1
    assert tally.peak_day["ann"] <= 4
    assert sum(n for each in tally.dues.values() for n in each.values()) == len(steps)


@given(st.integers(0, 120), st.sampled_from([1.0, 2.0, 3.5]))
def test_without_absences_and_limits_shares_are_within_a_lead_of_the_weights(
    count: int, weight: float
) -> None:
    free = replace(
        FRONT, members=(replace(ANN, weight=weight, max_per_day=None), replace(BOB, max_open=None))
    )
    tried = simulation(replace(POLICY, teams={"front": free, "back": BACK}))
    for number in range(count):
        tried.feed(arrival(str(number), MONDAY + timedelta(minutes=number)))
    assert fairness_of(free, tried.finish(MONDAY + timedelta(days=1))).deviation < 1
