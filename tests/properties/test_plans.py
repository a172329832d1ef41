"""Guardrails and rotation: what holds whatever the order or the size of the work."""

from __future__ import annotations

from collections import Counter
from datetime import time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.leads import NOW
from worker.core.assignment import Asked, Roster, pick_member
from worker.core.case import make_case
from worker.core.guardrails import Budget, GuardrailPolicy, PlannedChange, Scope, find_breaches
from worker.core.teams import Member, Strategy, Team
from worker.core.working_time import WorkingCalendar

STAGES = ("mql", "nurture", "disqualified")
changes = st.builds(
    PlannedChange,
    stage=st.none() | st.sampled_from(STAGES),
    owner=st.none() | st.sampled_from(("sched-1", "sched-2")),
    pathway=st.none() | st.sampled_from(("patient", "b2b")),
    fields=st.frozensets(st.sampled_from(("owner", "lifecycle_stage")), max_size=2),
    overwrites=st.frozensets(st.sampled_from(("owner", "lifecycle_stage")), max_size=2),
    causes=st.dictionaries(
        st.sampled_from(("gate", "new policy", "reason")), st.sampled_from(("a", "b")), max_size=2
    ),
)
BUDGETS = GuardrailPolicy(
    budgets=tuple(
        Budget(id=f"{scope}-{only}", scope=scope, max_count=2, floor=1, only_overwrites=only)
        for scope in Scope
        for only in (False, True)
    )
)


@settings(max_examples=150, deadline=None)
@given(plan=st.lists(changes, max_size=25), data=st.data())
def test_breaches_do_not_depend_on_order(plan: list[PlannedChange], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(plan))
    assert find_breaches(plan, 100, BUDGETS) == find_breaches(shuffled, 100, BUDGETS)


@settings(max_examples=100, deadline=None)
@given(plan=st.lists(changes, max_size=25), more=changes)
def test_a_further_change_never_mends_a_breach(
    plan: list[PlannedChange], more: PlannedChange
) -> None:
    def kinds(each: list[PlannedChange]) -> set[tuple[str, str]]:
        return {(breach.budget, breach.key) for breach in find_breaches(each, 100, BUDGETS)}

    assert kinds(plan) <= kinds([*plan, more])


CALENDAR = WorkingCalendar(
    id="always", time_zone=ZoneInfo("UTC"), hours={day: ((time(0), time(23)),) for day in range(7)}
)


@settings(max_examples=60, deadline=None)
@given(weights=st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_shares_are_the_weights_exactly_after_each_round(weights: list[int]) -> None:
    team = Team(
        id="t",
        calendar=CALENDAR,
        strategy=Strategy.WEIGHTED_ROUND_ROBIN,
        members=tuple(
            Member(id=f"m{place}", owners={}, weight=weight) for place, weight in enumerate(weights)
        ),
    )
    case, roster, got = make_case({}, (), NOW, ZoneInfo("UTC")), Roster(), Counter[str]()
    for _ in range(3 * sum(weights)):
        pick = pick_member(team, case, roster, Asked())
        assert pick.member is not None
        got[pick.member.id] += 1
        roster = roster.with_move(None, pick.member.id, is_given=True, balances=pick.balances)
    assert got == {f"m{place}": 3 * weight for place, weight in enumerate(weights)}
