"""Compares conditions: whether one follows from another, and whether two can hold together.

Both answers are safe rather than complete: "follows" and "contradict" are only said when it is sure,
by comparing like with like. That finds the rules nobody can ever reach.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import TypeAlias

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
    LineMatch,
    NotOf,
    Operand,
    Operator,
    ReachableTest,
    Whose,
)
from worker.core.selection import LINES_OF_THE_LEAD

Bound: TypeAlias = float | date | datetime | timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words a value must be among, or with ``is_excluding`` must not be among."""

    words: frozenset[Operand]
    is_excluding: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From ``low`` to ``high``, both included; None leaves a side open.

    With ``is_relative`` both count from now.
    """

    low: Bound
    high: Bound
    is_relative: bool = False


def spelled_out(condition: Condition, kinds: frozenset[str]) -> Condition:
    """Name the kinds that "any activity" means; a governed kind counts only by its own name."""

    def spell(leaf: Condition) -> Condition:
        if isinstance(leaf, ActivityTest) and not leaf.kinds:
            return replace(leaf, kinds=kinds)
        return leaf

    return with_leaves(condition, spell)


def with_leaves(condition: Condition, swap: Callable[[Condition], Condition]) -> Condition:
    """Put something else in the place of each question that holds no others."""
    match condition:
        case AllOf() | AnyOf() | AtLeastOf() | FirstKnown():
            return replace(
                condition, items=tuple(with_leaves(item, swap) for item in condition.items)
            )
        case NotOf(item=item):
            return NotOf(item=with_leaves(item, swap))
        case _:
            return swap(condition)


def follows(later: Condition, earlier: Condition) -> bool:
    """Tell whether ``earlier`` surely holds whenever ``later`` does."""
    if later == earlier:
        return True
    if isinstance(later, (AnyOf, FirstKnown)):  # either way, one of its items holds
        return all(follows(item, earlier) for item in later.items)
    if _enough_follow(later, earlier):
        return True
    if isinstance(earlier, AllOf):
        return all(follows(later, item) for item in earlier.items)
    if isinstance(earlier, AnyOf) and any(follows(later, item) for item in earlier.items):
        return True
    if isinstance(earlier, FirstKnown) and follows(later, earlier.items[0]):
        return True
    if isinstance(later, AllOf):
        return any(follows(item, earlier) for item in later.items)
    return _leaf_follows(later, earlier)


def _enough_follow(later: Condition, earlier: Condition) -> bool:
    """Tell whether counting alone shows it: where so many hold, one of these must be among them."""
    if isinstance(later, AtLeastOf):
        following = sum(follows(item, earlier) for item in later.items)
        if following > len(later.items) - later.count:
            return True
    if isinstance(earlier, AtLeastOf):
        return sum(follows(later, item) for item in earlier.items) >= earlier.count
    return False


def _leaf_follows(later: Condition, earlier: Condition) -> bool:
    match later, earlier:
        case FactTest(), FactTest():
            return later.fact == earlier.fact and _fact_follows(later, earlier)
        case ActivityTest(), ActivityTest():
            return _activity_follows(later, earlier)
        case ColleaguesTest(), ColleaguesTest():
            return _colleagues_follow(later, earlier)
        case AreaTest(), AreaTest():
            return set(later.areas) <= set(earlier.areas)
        case ReachableTest(), ReachableTest():
            return later.channels <= earlier.channels
        case FindingTest(), FindingTest():
            return bool(earlier.codes) and earlier.codes <= later.codes
        case _:
            return False


def _activity_follows(later: ActivityTest, earlier: ActivityTest) -> bool:
    kinds = not earlier.kinds or (bool(later.kinds) and later.kinds <= earlier.kinds)
    strengths = not earlier.strengths or (
        bool(later.strengths) and later.strengths <= earlier.strengths
    )
    within = earlier.within is None or (later.within is not None and later.within <= earlier.within)
    if later.silent_for is not None or earlier.silent_for is not None:
        return _silence_follows(later, earlier)
    counts = later.at_least >= earlier.at_least and later.distinct_kinds >= earlier.distinct_kinds
    older = earlier.older_than is None or (
        later.older_than is not None and later.older_than >= earlier.older_than
    )
    order = (not earlier.after or (bool(later.after) and later.after <= earlier.after)) and (
        earlier.touch is None or later.touch is earlier.touch
    )
    return (
        kinds
        and strengths
        and within
        and older
        and counts
        and order
        and _line_follows(later, earlier)
        and (earlier.of is Whose.ORGANISATION or later.of is Whose.LEAD)
    )


def _line_follows(later: ActivityTest, earlier: ActivityTest) -> bool:
    if earlier.line is LineMatch.ANY or earlier.line is later.line:
        return True
    return later.line is LineMatch.OWN and earlier.line is LineMatch.RELATED


def _silence_follows(later: ActivityTest, earlier: ActivityTest) -> bool:
    """Who was silent for long was so for less; of other actions silence says nothing."""
    if later.silent_for is None or earlier.silent_for is None:
        return False
    is_longer = later.silent_for >= earlier.silent_for
    return is_longer and replace(later, silent_for=earlier.silent_for) == earlier


def _colleagues_follow(later: ColleaguesTest, earlier: ColleaguesTest) -> bool:
    roles = not earlier.roles or (bool(later.roles) and later.roles <= earlier.roles)
    return roles and later.count >= earlier.count and later.within <= earlier.within


def _fact_follows(later: FactTest, earlier: FactTest) -> bool:
    if earlier.operator is Operator.PRESENT:
        return earlier.operand is True and later.operator is not Operator.PRESENT
    if later.operator is earlier.operator:
        by_size = _same_operator_follows(later, earlier)
        if by_size is not None:
            return by_size
    if later.operator is Operator.HAS_ALL and earlier.operator is Operator.HAS_ANY:
        return not _words(later).isdisjoint(_words(earlier))
    return _shape_follows(_shape(later), _shape(earlier))


def _same_operator_follows(later: FactTest, earlier: FactTest) -> bool | None:
    match later.operator:
        case Operator.HAS_ALL:
            return _words(later) >= _words(earlier)
        case Operator.HAS_ANY:
            return _words(later) <= _words(earlier)
        case _:
            return None


def _words(test: FactTest) -> frozenset[str]:
    return test.operand if isinstance(test.operand, frozenset) else frozenset()


def _shape(test: FactTest) -> Words | Range | None:
    operand = test.operand
    if test.operator in (Operator.IS, Operator.IS_NOT):
        is_number = isinstance(operand, float) and test.operator is Operator.IS
        if is_number and isinstance(operand, float):
            return Range(low=operand, high=operand)
        return Words(words=frozenset({operand}), is_excluding=test.operator is Operator.IS_NOT)
    if isinstance(operand, frozenset) and test.operator in (Operator.IN, Operator.NOT_IN):
        return Words(words=frozenset(operand), is_excluding=test.operator is Operator.NOT_IN)
    if isinstance(operand, timedelta):
        return _relative_range(test.operator, operand)
    return _range(test.operator, operand)


def _relative_range(operator: Operator, length: timedelta) -> Range | None:
    """The instants a test allows, counted from now."""
    now = timedelta(0)
    match operator:
        case Operator.WITHIN_LAST:
            return Range(low=-length, high=now, is_relative=True)
        case Operator.WITHIN_NEXT:
            return Range(low=now, high=length, is_relative=True)
        case Operator.OLDER_THAN:
            return Range(low=None, high=-length, is_relative=True)
        case Operator.LATER_THAN:
            return Range(low=length, high=None, is_relative=True)
        case _:
            return None


def _range(operator: Operator, operand: Operand) -> Range | None:
    if isinstance(operand, tuple):
        return Range(low=operand[0], high=operand[1])
    if isinstance(operand, (float, date)) and operator is Operator.AT_LEAST:
        return Range(low=operand, high=None)
    if isinstance(operand, (float, date)) and operator is Operator.AT_MOST:
        return Range(low=None, high=operand)
    return None


def _shape_follows(later: Words | Range | None, earlier: Words | Range | None) -> bool:
    if isinstance(later, Words) and isinstance(earlier, Words):
        if earlier.is_excluding:
            if later.is_excluding:
                return earlier.words <= later.words
            return earlier.words.isdisjoint(later.words)
        return not later.is_excluding and later.words <= earlier.words
    if isinstance(later, Range) and isinstance(earlier, Range):
        if later.is_relative is not earlier.is_relative:
            return False
        low = earlier.low is None or (later.low is not None and _at_most(earlier.low, later.low))
        high = earlier.high is None or (
            later.high is not None and _at_most(later.high, earlier.high)
        )
        return low and high
    return False


def _at_most(one: Bound, other: Bound) -> bool:
    return one is not None and other is not None and one <= other  # type: ignore[operator]  # bounds of one fact are of one kind


def is_always_known(condition: Condition) -> bool:
    """Tell whether the answer is surely yes or no, whatever is missing of the lead."""
    match condition:
        case FactTest(operator=operator):
            return operator is Operator.PRESENT
        case ActivityTest(of=whose, line=line):
            return whose is Whose.LEAD and line not in LINES_OF_THE_LEAD
        case ReachableTest() | FindingTest():
            return True
        case AllOf(items=items) | AnyOf(items=items) | AtLeastOf(items=items):
            return all(map(is_always_known, items))
        case FirstKnown(items=items):
            return any(map(is_always_known, items))
        case NotOf(item=item):
            return is_always_known(item)
        case _:
            return False


def find_contradiction(
    conditions: Iterator[Condition], criteria: Mapping[str, Condition]
) -> str | None:
    """Say why these conditions can never hold together; None when they may."""
    atoms = [atom for item in conditions for atom in _atoms(item, criteria)]
    for one, other in combinations(atoms, 2):
        if NotOf(item=one) == other or NotOf(item=other) == one:
            return "it asks for one thing and for its opposite"
        if isinstance(one, FactTest) and isinstance(other, FactTest) and _contradict(one, other):
            return f"it asks two things of the fact {one.fact!r} that never hold together"
    return None


def _atoms(condition: Condition, criteria: Mapping[str, Condition]) -> Iterator[Condition]:
    match condition:
        case AllOf(items=items):
            for item in items:
                yield from _atoms(item, criteria)
        case CriterionTest(criterion=name) if name in criteria:
            yield from _atoms(criteria[name], criteria)
        case _:
            yield condition


def _contradict(one: FactTest, other: FactTest) -> bool:
    if one.fact != other.fact:
        return False
    absent = [test.operator is Operator.PRESENT and not test.operand for test in (one, other)]
    if any(absent):
        return not all(absent)
    first, second = _shape(one), _shape(other)
    if isinstance(first, Words) and isinstance(second, Words):
        return _words_contradict(first, second)
    if isinstance(first, Range) and isinstance(second, Range):
        if first.is_relative is not second.is_relative:
            return False
        return _is_above(first.low, second.high) or _is_above(second.low, first.high)
    return False


def _words_contradict(one: Words, other: Words) -> bool:
    if one.is_excluding and other.is_excluding:
        return False
    if not one.is_excluding and not other.is_excluding:
        return one.words.isdisjoint(other.words)
    including, excluding = (other, one) if one.is_excluding else (one, other)
    return including.words <= excluding.words


def _is_above(low: Bound, high: Bound) -> bool:
    return low is not None and high is not None and not _at_most(low, high)
