"""Conditions: the closed set of questions that criteria, consent, routing and pathways may ask.

A condition is data. ``compile_condition`` turns it once into a function of a case, which answers
yes, no or *unknown*: a missing fact is unknown, and unknown is never no (Kleene's three values).
Nothing here looks at a clock; the case carries the instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo

from worker.core.model import Activity, ContactChannel, Facts, FactValue, Strength


class Truth(IntEnum):
    """The three values; ``UNKNOWN`` means that a fact needed for the answer is missing."""

    NO = 0
    YES = 1
    UNKNOWN = 2


NO, YES, UNKNOWN = Truth.NO, Truth.YES, Truth.UNKNOWN


class Operator(StrEnum):
    """What may be asked of one fact."""

    IS = "is"
    IS_NOT = "is_not"
    IN = "in"
    NOT_IN = "not_in"
    PRESENT = "present"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    BETWEEN = "between"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    WITHIN_LAST = "within_last"
    WITHIN_NEXT = "within_next"


Operand: TypeAlias = (
    str | float | bool | timedelta | frozenset[str] | tuple[float, float] | date | datetime
)


class LineMatch(StrEnum):
    """Which activities count, by service line: any, or only those of the lead's own line."""

    ANY = "any"
    OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactTest:
    fact: str
    operator: Operator
    operand: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityTest:
    """At least ``at_least`` actions, of ``distinct_kinds`` kinds, among ``kinds``, ``within`` a time.

    Empty ``kinds`` or ``strengths`` mean any. Excluded and future actions never count.
    """

    kinds: frozenset[str] = frozenset()
    strengths: frozenset[Strength] = frozenset()
    within: timedelta | None = None
    at_least: int = 1
    distinct_kinds: int = 1
    line: LineMatch = LineMatch.ANY


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where we are: ZIP codes, ZIP prefixes, and the states they lie in."""

    name: str
    postal_codes: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    states: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaTest:
    """The lead is in one of these areas, by postal code, or by state where an area has no codes."""

    areas: tuple[Area, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachableTest:
    """At least one of these channels may be used."""

    channels: frozenset[ContactChannel]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingTest:
    """No blocking finding is open; with ``codes``, none of these findings, of any severity."""

    codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionTest:
    """Another criterion of the same policy is met."""

    criterion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    items: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotOf:
    item: Condition


Condition: TypeAlias = (
    FactTest
    | ActivityTest
    | AreaTest
    | ReachableTest
    | FindingTest
    | CriterionTest
    | AllOf
    | AnyOf
    | NotOf
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a condition may look at: one lead, at one instant.

    ``activities`` are those that count at ``now``, newest first, and ``by_kind`` the same by kind.
    ``today`` is the date of ``now`` in the organisation's time zone. ``met`` holds the truth of
    criteria already evaluated; the evaluation fills it in order.
    """

    facts: Facts
    activities: tuple[Activity, ...]
    by_kind: Mapping[str, list[Activity]]
    now: datetime
    today: date
    reachable: frozenset[ContactChannel] = frozenset()
    findings: frozenset[str] = frozenset()
    has_blocking_finding: bool = False
    met: dict[str, Truth] = field(default_factory=dict)


def make_case(
    facts: Facts, activities: Iterable[Activity], now: datetime, time_zone: ZoneInfo
) -> Case:
    """Prepare a case at ``now``: excluded activities and those still to come count for nothing."""
    counted = tuple(a for a in activities if not a.is_excluded and a.at <= now)
    by_kind: dict[str, list[Activity]] = {}
    for activity in counted:
        by_kind.setdefault(activity.kind, []).append(activity)
    today = now.astimezone(time_zone).date()
    return Case(facts=facts, activities=counted, by_kind=by_kind, now=now, today=today)


Compiled: TypeAlias = Callable[[Case], Truth]


def compile_condition(condition: Condition) -> Compiled:  # noqa: C901  # one flat case per kind
    """Turn a condition into a function of a case."""
    match condition:
        case FactTest():
            return _compile_fact(condition)
        case ActivityTest():
            return _compile_activity(condition)
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
        case NotOf(item=item):
            return _compile_not(compile_condition(item))
        case _:
            assert_never(condition)


def _compile_not(inner: Compiled) -> Compiled:
    flipped = {NO: YES, YES: NO, UNKNOWN: UNKNOWN}
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


def _compile_finding(codes: frozenset[str]) -> Compiled:
    if not codes:
        return lambda case: NO if case.has_blocking_finding else YES
    return lambda case: YES if codes.isdisjoint(case.findings) else NO


def _compile_area(condition: AreaTest) -> Compiled:
    codes = frozenset(code for area in condition.areas for code in area.postal_codes)
    prefixes = tuple(prefix for area in condition.areas for prefix in area.prefixes)
    states = frozenset(state for area in condition.areas for state in area.states)
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
            near = postal_code in codes or postal_code.startswith(prefixes or ("\0",))
            return YES if near else (UNKNOWN if whole_states and state is None else NO)
        return NO if isinstance(state, str) and state not in states else UNKNOWN

    return evaluate


def select_activities(test: ActivityTest, case: Case) -> list[Activity]:
    """List the activities of the case that the test counts, newest first within each kind."""
    if test.kinds:
        found = [a for kind in test.kinds for a in case.by_kind.get(kind, ())]
    else:
        found = list(case.activities)
    if test.within is not None and found:
        since = case.now - test.within
        found = [activity for activity in found if activity.at > since]
    if test.strengths:
        found = [activity for activity in found if activity.strength in test.strengths]
    if test.line is LineMatch.OWN:
        line = case.facts.get("service_line")
        found = [a for a in found if line is not None and a.service_line == line]
    return found


def _compile_activity(test: ActivityTest) -> Compiled:
    if test.at_least <= 1 and test.distinct_kinds <= 1:
        return lambda case: YES if select_activities(test, case) else NO

    def evaluate(case: Case) -> Truth:
        found = select_activities(test, case)
        kinds = {activity.kind for activity in found}
        return YES if len(found) >= test.at_least and len(kinds) >= test.distinct_kinds else NO

    return evaluate


def _compile_fact(test: FactTest) -> Compiled:
    fact, answer = test.fact, _FACT_ANSWERS[test.operator]
    operand = test.operand
    if test.operator is Operator.PRESENT:
        return lambda case: YES if (fact in case.facts) is operand else NO

    def evaluate(case: Case) -> Truth:
        value = case.facts.get(fact)
        if value is None:
            return UNKNOWN
        return YES if answer(value, operand, case) else NO

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
    return isinstance(value, (int, float)) and low <= value <= high


def _has(value: FactValue) -> frozenset[str]:
    return frozenset(value) if isinstance(value, tuple) else frozenset((str(value),))


_FACT_ANSWERS: Mapping[Operator, Callable[[FactValue, Operand, Case], bool]] = {
    Operator.IS: lambda value, operand, _: value == operand,
    Operator.IS_NOT: lambda value, operand, _: value != operand,
    Operator.IN: lambda value, operand, _: value in operand,  # type: ignore[operator]  # a set, by construction
    Operator.NOT_IN: lambda value, operand, _: value not in operand,  # type: ignore[operator]  # the same
    Operator.PRESENT: lambda _value, _operand, _: True,
    Operator.AT_LEAST: lambda value, operand, _: value >= operand,  # type: ignore[operator]  # same kind, checked at load
    Operator.AT_MOST: lambda value, operand, _: value <= operand,  # type: ignore[operator]  # the same
    Operator.BETWEEN: _between,
    Operator.HAS_ANY: lambda value, operand, _: not _has(value).isdisjoint(operand),  # type: ignore[arg-type]  # a set
    Operator.HAS_ALL: lambda value, operand, _: _has(value) >= operand,  # type: ignore[operator]  # a set
    Operator.WITHIN_LAST: _within_last,
    Operator.WITHIN_NEXT: _within_next,
}


def walk(condition: Condition) -> Iterator[Condition]:
    """Yield the condition and all conditions inside it."""
    yield condition
    match condition:
        case AllOf(items=items) | AnyOf(items=items):
            for item in items:
                yield from walk(item)
        case NotOf(item=item):
            yield from walk(item)
        case _:
            return


def facts_read(condition: Condition) -> frozenset[str]:
    """Name the facts a condition looks at, itself or through the service line of activities."""
    names: set[str] = set()
    for part in walk(condition):
        match part:
            case FactTest(fact=fact):
                names.add(fact)
            case AreaTest():
                names.update(("postal_code", "state"))
            case ActivityTest(line=LineMatch.OWN):
                names.add("service_line")
            case _:
                pass
    return frozenset(names)


def criteria_read(condition: Condition) -> frozenset[str]:
    """Name the criteria a condition refers to."""
    return frozenset(p.criterion for p in walk(condition) if isinstance(p, CriterionTest))
