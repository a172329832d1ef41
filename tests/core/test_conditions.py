"""Conditions: three values, windows to their exact ends, and areas."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.leads import NOW
from worker.core.case import NO, UNKNOWN, YES, Case, Truth, make_case, with_gates
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    Area,
    AreaTest,
    Condition,
    CriterionTest,
    FactTest,
    FirstKnown,
    LineMatch,
    NotOf,
    Operand,
    Operator,
    criteria_read,
    facts_read,
)
from worker.core.evaluation import compile_condition
from worker.core.model import Activity, Facts, FactValue, Strength

ZONE = ZoneInfo("America/New_York")
TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)


def ask(condition: Condition, facts: Facts, *activities: Activity) -> Truth:
    return compile_condition(condition)(make_case(facts, activities, NOW, ZONE))


def fact(operator: Operator, operand: Operand, name: str = "f") -> FactTest:
    return FactTest(fact=name, operator=operator, operand=operand)


def leaf(truth: Truth) -> FactTest:
    """A test that answers ``truth`` of the facts ``{"yes": True}``."""
    name = "missing" if truth is UNKNOWN else "yes"
    return fact(Operator.IS, truth is YES, name)


@pytest.mark.parametrize(
    ("one", "other", "both", "either"),
    [
        (YES, YES, YES, YES),
        (YES, NO, NO, YES),
        (YES, UNKNOWN, UNKNOWN, YES),
        (NO, NO, NO, NO),
        (NO, UNKNOWN, NO, UNKNOWN),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_all_and_any_follow_kleene(one: Truth, other: Truth, both: Truth, either: Truth) -> None:
    for items in ((leaf(one), leaf(other)), (leaf(other), leaf(one))):
        assert ask(AllOf(items=items), {"yes": True}) is both
        assert ask(AnyOf(items=items), {"yes": True}) is either


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        (YES, NO, YES),
        (NO, YES, NO),
        (NO, UNKNOWN, NO),
        (UNKNOWN, YES, YES),
        (UNKNOWN, NO, NO),
        (UNKNOWN, UNKNOWN, UNKNOWN),
    ],
)
def test_the_first_known_item_answers(one: Truth, other: Truth, answer: Truth) -> None:
    assert ask(FirstKnown(items=(leaf(one), leaf(other))), {"yes": True}) is answer


def test_what_stands_in_first_known_is_read() -> None:
    condition = FirstKnown(items=(leaf(UNKNOWN), CriterionTest(criterion="c"), leaf(YES)))
    assert facts_read(condition) == {"missing", "yes"}
    assert criteria_read(condition) == {"c"}


@pytest.mark.parametrize(("truth", "flipped"), [(YES, NO), (NO, YES), (UNKNOWN, UNKNOWN)])
def test_not_of_unknown_is_unknown(truth: Truth, flipped: Truth) -> None:
    assert ask(NotOf(item=leaf(truth)), {"yes": True}) is flipped


OPERANDS: dict[Operator, tuple[Operand, FactValue, FactValue]] = {
    Operator.IS: ("a", "a", "b"),
    Operator.IS_NOT: ("a", "b", "a"),
    Operator.IN: (frozenset({"a"}), "a", "b"),
    Operator.NOT_IN: (frozenset({"a"}), "b", "a"),
    Operator.AT_LEAST: (5.0, 5.0, 4.9),
    Operator.AT_MOST: (5.0, 5.0, 5.1),
    Operator.BETWEEN: ((50.0, 60.0), 60.0, 60.1),
    Operator.HAS_ANY: (frozenset({"a", "b"}), ("b", "c"), ("c",)),
    Operator.HAS_ALL: (frozenset({"a", "b"}), ("a", "b", "c"), ("a",)),
    Operator.WITHIN_LAST: (DAY, NOW - DAY + TICK, NOW - DAY),
    Operator.WITHIN_NEXT: (DAY, NOW + DAY - TICK, NOW + DAY),
}


@pytest.mark.parametrize("operator", sorted(OPERANDS))
def test_each_operator_says_yes_no_or_unknown(operator: Operator) -> None:
    operand, yes, no = OPERANDS[operator]
    test = fact(operator, operand)
    assert [ask(test, facts) for facts in ({"f": yes}, {"f": no}, {})] == [YES, NO, UNKNOWN]


def test_present_asks_about_the_fact_itself() -> None:
    assert [ask(fact(Operator.PRESENT, True), facts) for facts in ({"f": "a"}, {})] == [YES, NO]
    assert [ask(fact(Operator.PRESENT, False), facts) for facts in ({"f": "a"}, {})] == [NO, YES]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(NOW, YES), (NOW + TICK, NO), (NOW - DAY + TICK, YES), (NOW - DAY, NO)],
)
def test_the_last_day_ends_now_and_begins_just_after(value: datetime, expected: Truth) -> None:
    assert ask(fact(Operator.WITHIN_LAST, DAY), {"f": value}) is expected


@pytest.mark.parametrize(
    ("operator", "day", "expected"),
    [
        (Operator.WITHIN_NEXT, date(2026, 5, 4), YES),
        (Operator.WITHIN_NEXT, date(2026, 5, 3), NO),
        (Operator.WITHIN_NEXT, date(2026, 5, 11), YES),
        (Operator.WITHIN_NEXT, date(2026, 5, 12), NO),
        (Operator.WITHIN_LAST, date(2026, 5, 4), YES),
        (Operator.WITHIN_LAST, date(2026, 4, 27), YES),
        (Operator.WITHIN_LAST, date(2026, 4, 26), NO),
        (Operator.WITHIN_LAST, date(2026, 5, 5), NO),
    ],
)
def test_windows_of_days_hold_both_ends(operator: Operator, day: date, expected: Truth) -> None:
    assert ask(fact(operator, 7 * DAY), {"f": day}) is expected


def act(
    kind: str = "inbound_call",
    ago: timedelta = DAY,
    *,
    line: str | None = None,
    strength: Strength = Strength.STRONG,
    is_excluded: bool = False,
) -> Activity:
    return Activity(
        ref=f"{kind} {ago}",
        kind=kind,
        at=NOW - ago,
        strength=strength,
        service_line=line,
        is_excluded=is_excluded,
    )


WEEK = ActivityTest(kinds=frozenset({"inbound_call"}), within=7 * DAY)


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (act(ago=7 * DAY - TICK), YES),
        (act(ago=7 * DAY), NO),
        (act(ago=timedelta(0)), YES),
        (act(ago=-TICK), NO),
        (act(is_excluded=True), NO),
        (act("guide_download"), NO),
    ],
)
def test_an_action_counts_inside_its_window(activity: Activity, expected: Truth) -> None:
    assert ask(WEEK, {}, activity) is expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (ActivityTest(at_least=3), YES),
        (ActivityTest(at_least=4), NO),
        (ActivityTest(distinct_kinds=2), YES),
        (ActivityTest(distinct_kinds=3), NO),
        (ActivityTest(strengths=frozenset({Strength.WEAK}), at_least=2), NO),
        (ActivityTest(strengths=frozenset({Strength.WEAK})), YES),
        (ActivityTest(line=LineMatch.OWN, at_least=2), NO),
        (ActivityTest(line=LineMatch.OWN), YES),
    ],
)
def test_actions_are_counted_by_number_kind_strength_and_line(
    test: ActivityTest, expected: Truth
) -> None:
    acts = (
        act(line="cardiology"),
        act(ago=2 * DAY, line="orthopedics"),
        act("guide_download", strength=Strength.WEAK),
    )
    assert ask(test, {"service_line": "cardiology"}, *acts) is expected


def test_without_a_line_of_its_own_no_action_is_of_it() -> None:
    assert ask(ActivityTest(line=LineMatch.OWN), {}, act(line=None)) is NO


BOSTON = Area(name="boston", states=frozenset({"MA"}), prefixes=("021",))
SITE = Area(name="site", states=frozenset({"RI"}), postal_codes=frozenset({"02903"}))
VERMONT = Area(name="vermont", states=frozenset({"VT"}))
CODES = Area(name="codes", postal_codes=frozenset({"02903"}))


@pytest.mark.parametrize(
    ("areas", "facts", "expected"),
    [
        ((BOSTON,), {"postal_code": "02114"}, YES),
        ((BOSTON,), {"postal_code": "01608"}, NO),
        ((BOSTON,), {"state": "MA"}, UNKNOWN),
        ((BOSTON,), {"state": "TX"}, NO),
        ((BOSTON,), {}, UNKNOWN),
        ((SITE,), {"postal_code": "02903"}, YES),
        ((SITE,), {"postal_code": "02904"}, NO),
        ((CODES,), {"state": "TX"}, UNKNOWN),
        ((CODES,), {"state": "TX", "postal_code": "77002"}, NO),
        ((BOSTON, CODES), {"state": "TX"}, UNKNOWN),
        ((BOSTON, VERMONT), {"state": "VT"}, YES),
        ((BOSTON, VERMONT), {"state": "VT", "postal_code": "05401"}, YES),
        ((BOSTON, VERMONT), {"postal_code": "05401"}, UNKNOWN),
        ((BOSTON, VERMONT), {"postal_code": "05401", "state": "NH"}, NO),
    ],
)
def test_areas_go_by_code_and_by_state_where_they_have_none(
    areas: tuple[Area, ...], facts: dict[str, FactValue], expected: Truth
) -> None:
    assert ask(AreaTest(areas=areas), facts) is expected


@pytest.mark.parametrize(
    ("areas", "facts", "expected"),
    [
        ((BOSTON,), {"postal_code": "02198"}, YES),  # a new code may be missing from the table
        ((BOSTON,), {"postal_code": "99999"}, UNKNOWN),
        ((BOSTON,), {"postal_code": "99999", "state": "MA"}, UNKNOWN),
        ((BOSTON,), {"postal_code": "99999", "state": "TX"}, NO),
        ((VERMONT,), {"postal_code": "99999", "state": "VT"}, YES),
    ],
)
def test_a_code_that_does_not_exist_is_nowhere_rather_than_elsewhere(
    areas: tuple[Area, ...], facts: dict[str, FactValue], expected: Truth
) -> None:
    case = with_gates(
        make_case(facts, (), NOW, ZONE),
        reachable=frozenset(),
        findings=frozenset({"DQ_POSTAL_CODE_UNKNOWN"}),
        has_blocking_finding=False,
    )
    assert compile_condition(AreaTest(areas=areas))(case) is expected


def test_a_condition_names_the_facts_it_reads() -> None:
    condition = AllOf(
        items=(leaf(YES), NotOf(item=AreaTest(areas=())), ActivityTest(line=LineMatch.OWN))
    )
    assert facts_read(condition) == {"yes", "postal_code", "state", "service_line"}


def test_a_case_holds_actions_newest_first() -> None:
    case: Case = make_case({}, (act(ago=3 * DAY), act(), act(ago=2 * DAY)), NOW, ZONE)
    assert [a.at for a in case.activities] == [NOW - DAY, NOW - 2 * DAY, NOW - 3 * DAY]
