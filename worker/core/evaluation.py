"""Evaluation: a condition becomes, once, a function of a case that answers yes, no or *unknown*.

A missing fact is unknown, and unknown is never no (Kleene's three values). Nothing here looks at a
clock; the case carries the instant. What depends only on the condition is worked out while compiling.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from operator import ge, le, ne
from typing import TypeAlias, assert_never

from worker.core.case import NO, UNKNOWN, YES, Case, Truth
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    AreaTest,
    AtLeastOf,
    ColleaguesTest,
    Condition,
    CriterionTest,
    FactTest,
    FindingTest,
    FirstKnown,
    NotOf,
    Operand,
    Operator,
    ReachableTest,
    Whose,
)
from worker.core.model import FactValue
from worker.core.organisations import Colleague
from worker.core.selection import compile_doubt, compile_enough, compile_selection

Compiled: TypeAlias = Callable[[Case], Truth]


def compile_condition(condition: Condition) -> Compiled:  # noqa: C901  # one flat case per kind
    """Turn a condition into a function of a case."""
    match condition:
        case FactTest():
            return _compile_fact(condition)
        case ActivityTest():
            return _compile_activity(condition)
        case ColleaguesTest():
            return _compile_colleagues(condition)
        case AreaTest():
            return _compile_area(condition)
        case ReachableTest(channels=channels):
            return lambda case: NO if channels.isdisjoint(case.reachable) else YES
        case FindingTest(codes=codes):
            return _compile_finding(codes)
        case CriterionTest(criterion=criterion):
            return lambda case: case.met.get(criterion, UNKNOWN)
        case AllOf(items=items):
            return _compile_all(tuple(compile_condition(item) for item in items))
        case AnyOf(items=items):
            return _compile_any(tuple(compile_condition(item) for item in items))
        case AtLeastOf(count=count, items=items):
            return _compile_at_least(count, tuple(compile_condition(item) for item in items))
        case FirstKnown(items=items):
            return _compile_first_known(tuple(compile_condition(item) for item in items))
        case NotOf(item=item):
            return _compile_not(compile_condition(item))
        case _:
            assert_never(condition)


def _compile_not(inner: Compiled) -> Compiled:
    flipped = (YES, NO, UNKNOWN)
    return lambda case: flipped[inner(case)]


def _compile_all(items: tuple[Compiled, ...]) -> Compiled:
    def evaluate(case: Case) -> Truth:
        answer = YES
        for item in items:
            truth = item(case)
            if truth is NO:
                return NO
            if truth is UNKNOWN:
                answer = UNKNOWN
        return answer

    return evaluate


def _compile_any(items: tuple[Compiled, ...]) -> Compiled:
    def evaluate(case: Case) -> Truth:
        answer = NO
        for item in items:
            truth = item(case)
            if truth is YES:
                return YES
            if truth is UNKNOWN:
                answer = UNKNOWN
        return answer

    return evaluate


def _compile_at_least(count: int, items: tuple[Compiled, ...]) -> Compiled:
    def evaluate(case: Case) -> Truth:
        met = unknown = 0
        for item in items:
            truth = item(case)
            if truth is YES:
                met += 1
                if met >= count:
                    return YES
            elif truth is UNKNOWN:
                unknown += 1
        return UNKNOWN if met + unknown >= count else NO

    return evaluate


def _compile_first_known(items: tuple[Compiled, ...]) -> Compiled:
    def evaluate(case: Case) -> Truth:
        for item in items:
            truth = item(case)
            if truth is not UNKNOWN:
                return truth
        return UNKNOWN

    return evaluate


def _compile_finding(codes: frozenset[str]) -> Compiled:
    if not codes:
        return lambda case: NO if case.has_blocking_finding else YES
    return lambda case: YES if codes.isdisjoint(case.findings) else NO


def _compile_area(condition: AreaTest) -> Compiled:
    codes = frozenset(code for area in condition.areas for code in area.postal_codes)
    prefixes = tuple(prefix for area in condition.areas for prefix in area.prefixes)
    states = frozenset(state for area in condition.areas for state in area.states)
    is_open = not all(area.states for area in condition.areas)
    whole_states = frozenset(
        state
        for area in condition.areas
        if not area.postal_codes and not area.prefixes
        for state in area.states
    )

    def evaluate(case: Case) -> Truth:
        postal_code, state = case.facts.get("postal_code"), case.facts.get("state")
        if state in whole_states:
            return YES
        if isinstance(postal_code, str):
            if postal_code in codes or postal_code.startswith(prefixes):
                return YES
            if "DQ_POSTAL_CODE_UNKNOWN" not in case.findings:  # else the code says nothing
                return UNKNOWN if whole_states and state is None else NO
        if is_open or not isinstance(state, str):
            return UNKNOWN
        return UNKNOWN if state in states else NO

    return evaluate


def _compile_activity(test: ActivityTest) -> Compiled:
    select, is_enough, is_open = compile_selection(test), compile_enough(test), compile_doubt(test)
    if is_open is None and test.of is Whose.LEAD:
        return lambda case: YES if is_enough(select(case), case) else NO
    too_few = too_few_of_organisation if test.of is Whose.ORGANISATION else _no

    def evaluate(case: Case) -> Truth:
        if is_enough(select(case), case):
            return YES
        return UNKNOWN if is_open is not None and is_open(case) else too_few(case)

    return evaluate


def _no(_case: Case) -> Truth:
    return NO


def too_few_of_organisation(case: Case) -> Truth:
    """Too few actions of the organisation were found: no, or unknown when it is not known itself."""
    return NO if case.organisation is not None else UNKNOWN


def active_colleagues(test: ColleaguesTest, case: Case) -> list[Colleague]:
    """List what makes others of the lead's organisation active ones, in the roles asked for."""
    since, roles = case.now - test.within, test.roles
    return [c for c in case.colleagues if c.acted_at > since and (not roles or c.role in roles)]


def _compile_colleagues(test: ColleaguesTest) -> Compiled:
    """Colleagues whose role is not known might make up the number; that is not known either."""
    unplaced = replace(test, roles=frozenset())

    def evaluate(case: Case) -> Truth:
        if case.organisation is None:
            return UNKNOWN
        members = {one.member for one in active_colleagues(test, case)}
        if len(members) >= test.count:
            return YES
        members |= {one.member for one in active_colleagues(unplaced, case) if one.role is None}
        return UNKNOWN if len(members) >= test.count else NO

    return evaluate


def _compile_fact(test: FactTest) -> Compiled:
    """Build the function of a test; the commonest operators answer without a further call."""
    fact, operand, operator = test.fact, test.operand, test.operator
    if operator is Operator.PRESENT:
        return lambda case: YES if (fact in case.facts) is operand else NO
    wanted = wanted_values(test)
    if wanted is not None:
        return _compile_one_of(*wanted)
    compare = _COMPARISONS.get(operator)
    if compare is not None:
        return _compile_comparison(fact, compare, operand)
    answer = _FACT_ANSWERS[operator]

    def evaluate(case: Case) -> Truth:
        value = case.facts.get(fact)
        if value is None:
            return UNKNOWN
        return YES if answer(value, operand, case) else NO

    return evaluate


def _compile_comparison(
    fact: str, compare: Callable[[FactValue, Operand], bool], operand: Operand
) -> Compiled:
    def evaluate(case: Case) -> Truth:
        value = case.facts.get(fact)
        if value is None:
            return UNKNOWN
        return YES if compare(value, operand) else NO

    return evaluate


def wanted_values(test: Condition) -> tuple[str, Container[FactValue | Operand]] | None:
    """The fact and the values one of which it must be; None where the test asks something else."""
    match test:
        case FactTest(operator=Operator.IS):
            return test.fact, (test.operand,)
        case FactTest(operator=Operator.IN, operand=frozenset() as operand):
            return test.fact, operand
        case _:
            return None


def _compile_one_of(fact: str, wanted: Container[FactValue | Operand]) -> Compiled:
    def evaluate(case: Case) -> Truth:
        value = case.facts.get(fact)
        if value is None:
            return UNKNOWN
        return YES if value in wanted else NO

    return evaluate


def as_date(value: FactValue) -> date | None:
    """The calendar date of a date fact; None for an instant, whose date depends on the zone."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def _within_last(value: FactValue, operand: Operand, case: Case) -> bool:
    assert isinstance(operand, timedelta)
    if isinstance(value, datetime):
        return case.now - operand < value <= case.now
    day = as_date(value)
    return day is not None and case.today - operand <= day <= case.today


def _within_next(value: FactValue, operand: Operand, case: Case) -> bool:
    assert isinstance(operand, timedelta)
    if isinstance(value, datetime):
        return case.now <= value < case.now + operand
    day = as_date(value)
    return day is not None and case.today <= day <= case.today + operand


def _between(value: FactValue, operand: Operand, _case: Case) -> bool:
    assert isinstance(operand, tuple)
    low, high = operand
    return low <= value <= high  # type: ignore[operator]  # bounds of the fact's kind, checked at load


def _older_than(value: FactValue, operand: Operand, case: Case) -> bool:
    assert isinstance(operand, timedelta)
    if isinstance(value, datetime):
        return value <= case.now - operand
    day = as_date(value)
    return day is not None and day < case.today - operand


def _later_than(value: FactValue, operand: Operand, case: Case) -> bool:
    assert isinstance(operand, timedelta)
    if isinstance(value, datetime):
        return value >= case.now + operand
    day = as_date(value)
    return day is not None and day > case.today + operand


def _has(value: FactValue) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset((str(value),))


_COMPARISONS: Mapping[Operator, Callable[[FactValue, Operand], bool]] = {
    Operator.IS_NOT: ne,
    Operator.AT_LEAST: ge,  # of the same kind, checked at load
    Operator.AT_MOST: le,
}
_FACT_ANSWERS: Mapping[Operator, Callable[[FactValue, Operand, Case], bool]] = {
    Operator.NOT_IN: lambda value, operand, _: value not in operand,  # type: ignore[operator]  # a set, by construction
    Operator.BETWEEN: _between,
    Operator.HAS_ANY: lambda value, operand, _: not _has(value).isdisjoint(operand),  # type: ignore[arg-type]  # a set
    Operator.HAS_ALL: lambda value, operand, _: _has(value) >= operand,  # type: ignore[operator]  # a set
    Operator.WITHIN_LAST: _within_last,
    Operator.WITHIN_NEXT: _within_next,
    Operator.OLDER_THAN: _older_than,
    Operator.LATER_THAN: _later_than,
}
