"""Tries routing rules on every kind of lead they can tell apart.

Of each fact the rules ask about, one value is tried for each way their tests can answer, and that it
is not known. Every other question is tried with every answer it can give. So what is found to catch
nobody surely does; the example of a lead nobody catches is one the maps allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise, product
from math import prod
from typing import TypeAlias

from worker.config.implication import is_always_known, with_leaves
from worker.config.vocabulary import Mapped
from worker.core.case import NO, YES, Case, Truth
from worker.core.conditions import (
    AllOf,
    Condition,
    FactTest,
    Operator,
    walk,
)
from worker.core.evaluation import Compiled, compile_condition
from worker.core.model import FactKind, Facts, FactSpec, FactValue
from worker.core.routing import RoutingRule

MOST_LEADS = 10_000
"""Kinds of leads tried for one pathway; where the rules tell more apart, nothing is said."""
ANOTHER = "another"
"""Stands for every word that no test names."""
_MOST_WORDS = 5
_NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
_STEPS = tuple(timedelta(seconds=s) for s in (-86_400, -1, 0, 1, 86_400))

Choice: TypeAlias = FactValue | None
"""The value of a fact; None when it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What became of all kinds of leads of one pathway.

    ``uncaught`` is what to know of a lead that no rule catches, None when there is none.
    """

    catching: frozenset[str]
    holding: frozenset[str]
    uncaught: Mapping[str, Choice] | None


def search_rules(
    rules: Sequence[RoutingRule],
    pathway: str,
    facts: Mapping[str, FactSpec],
    mapped: Mapped | None,
) -> Search | None:
    """Try the rules on every kind of lead of a pathway; None when there are too many kinds."""
    tried = list(_rules_for(pathway, rules))
    questions = _Questions([rule.condition for rule in tried], facts)
    compiled = [(rule.id, compile_condition(questions.replaced(rule.condition))) for rule in tried]
    choices = questions.choices(facts, mapped)
    if prod(map(len, choices.values())) > MOST_LEADS:
        return None
    return _try_all(compiled, pathway, choices, questions.asked)


def _rules_for(pathway: str, rules: Iterable[RoutingRule]) -> Iterator[RoutingRule]:
    """Yield the rules that may see leads of a pathway, up to one that surely takes the rest."""
    case = _case({"pathway": pathway})
    for rule in rules:
        parts = list(_parts(rule.condition))
        of_pathway = [part for part in parts if isinstance(part, FactTest) and _is_pathway(part)]
        truths = {compile_condition(part)(case) for part in of_pathway}
        if NO in truths:
            continue
        yield rule
        if len(of_pathway) == len(parts) and truths == {YES}:
            return


def _parts(condition: Condition) -> Iterator[Condition]:
    """Yield what must all hold."""
    if isinstance(condition, AllOf):
        for item in condition.items:
            yield from _parts(item)
    else:
        yield condition


def _is_pathway(test: FactTest) -> bool:
    return test.fact == "pathway"


def _try_all(
    rules: Sequence[tuple[str, Compiled]],
    pathway: str,
    choices: Mapping[str, Sequence[Choice]],
    asked: Mapping[str, Condition],
) -> Search:
    catching, holding = set[str](), set[str]()
    uncaught: Mapping[str, Choice] | None = None
    for values in product(*choices.values()):
        known = dict(zip(choices, values, strict=True))
        case = _case({name: v for name, v in known.items() if v is not None} | {"pathway": pathway})
        held = [name for name, holds in rules if holds(case) is YES]
        holding.update(held)
        if held:
            catching.add(held[0])
        elif uncaught is None:
            uncaught = {name: value for name, value in known.items() if name not in asked}
    return Search(catching=frozenset(catching), holding=frozenset(holding), uncaught=uncaught)


def _case(facts: Facts) -> Case:
    return Case(facts=facts, activities=(), by_kind={}, now=_NOW, today=_NOW.date())


# --- the questions and their answers


class _Questions:
    """The tests of facts, by fact, and the other questions, each under a name that is no fact's."""

    def __init__(self, conditions: Sequence[Condition], facts: Mapping[str, FactSpec]) -> None:
        found: dict[str, list[FactTest]] = {}
        for part in (part for condition in conditions for part in walk(condition)):
            if isinstance(part, FactTest) and not _is_pathway(part) and part.fact in facts:
                found.setdefault(part.fact, []).append(part)
        self.tests = {n: tests for n, tests in found.items() if _can_be_tried(facts[n], tests)}
        self.asked: dict[str, Condition] = {}

    def replaced(self, condition: Condition) -> Condition:
        """Put a plain yes or no in the place of every question that cannot be tried by values."""
        return with_leaves(condition, self._leaf)

    def _leaf(self, leaf: Condition) -> Condition:
        if isinstance(leaf, FactTest) and (_is_pathway(leaf) or leaf.fact in self.tests):
            return leaf
        name = next((name for name, held in self.asked.items() if held == leaf), None)
        if name is None:
            name = f"question {len(self.asked) + 1}"
            self.asked[name] = leaf
        return FactTest(fact=name, operator=Operator.IS, operand=True)

    def choices(
        self, facts: Mapping[str, FactSpec], mapped: Mapped | None
    ) -> dict[str, Sequence[Choice]]:
        found: dict[str, Sequence[Choice]] = {}
        for fact, tests in self.tests.items():
            found[fact] = _told_apart(fact, tests, _values(facts[fact], tests, mapped))
        for name, question in self.asked.items():
            found[name] = (True, False) if is_always_known(question) else (True, False, None)
        return found


def _can_be_tried(spec: FactSpec, tests: Sequence[FactTest]) -> bool:
    """Tell whether a few values show all the ways in which the tests can answer together."""
    if spec.kind is FactKind.CHOICES:
        return len({word for word in _operands(tests) if isinstance(word, str)}) <= _MOST_WORDS
    if spec.kind in (FactKind.DATE, FactKind.INSTANT):
        return len({isinstance(limit, timedelta) for limit in _limits(tests)}) < 2
    return True


def _told_apart(
    fact: str, tests: Sequence[FactTest], values: Iterable[FactValue]
) -> tuple[Choice, ...]:
    """Keep one value for each way the tests can answer, and that the fact is not known."""
    compiled = [compile_condition(test) for test in tests]
    found: dict[tuple[Truth, ...], FactValue] = {}
    for value in values:
        case = _case({fact: value})
        found.setdefault(tuple(holds(case) for holds in compiled), value)
    return (*found.values(), None)


def _values(
    spec: FactSpec, tests: Sequence[FactTest], mapped: Mapped | None
) -> Iterator[FactValue]:
    """Yield a value on each side of every limit, or every word, that the tests name."""
    match spec.kind:
        case FactKind.BOOLEAN:
            yield from (True, False)
        case FactKind.NUMBER:
            yield from _numbers(tests)
        case FactKind.DATE:
            yield from (at.date() for at in _instants(tests))
        case FactKind.INSTANT:
            yield from _instants(tests)
        case FactKind.CHOICES:
            yield from _sets_of_words(tests)
        case _:
            yield from _words(spec, tests, mapped)


def _operands(tests: Sequence[FactTest]) -> Iterator[object]:
    for test in tests:
        if isinstance(test.operand, (tuple, frozenset)):
            yield from test.operand
        else:
            yield test.operand


def _limits(tests: Sequence[FactTest]) -> list[date | timedelta]:
    return [limit for limit in _operands(tests) if isinstance(limit, (date, timedelta))]


def _numbers(tests: Sequence[FactTest]) -> Iterator[float]:
    limits = sorted(
        {float(n) for n in _operands(tests) if isinstance(n, (int, float)) and n is not True}
    )
    yield from limits
    yield from ((low + high) / 2 for low, high in pairwise(limits))
    yield from (limits[0] - 1, limits[-1] + 1) if limits else (0.0,)


def _instants(tests: Sequence[FactTest]) -> Iterator[datetime]:
    """Yield instants around every limit; a length of time is a limit before now and after."""
    yield _NOW
    for limit in _limits(tests):
        match limit:
            case timedelta():
                around: tuple[datetime, ...] = (_NOW - limit, _NOW + limit)
            case datetime():
                around = (limit,)
            case _:
                around = (datetime(limit.year, limit.month, limit.day, 12, tzinfo=UTC),)
        yield from (at + step for at in around for step in _STEPS)


def _sets_of_words(tests: Sequence[FactTest]) -> Iterator[tuple[str, ...]]:
    words = sorted({word for word in _operands(tests) if isinstance(word, str)})
    for size in range(1, len(words) + 1):
        yield from combinations(words, size)
    yield (ANOTHER,)


def _words(spec: FactSpec, tests: Sequence[FactTest], mapped: Mapped | None) -> Iterator[str]:
    named = {word for word in _operands(tests) if isinstance(word, str)}
    possible = mapped.values_of(spec.name) if mapped and not spec.follows_from else None
    if possible is None:
        yield from (*sorted(named), ANOTHER)
    else:
        yield from (*sorted(possible - named), *sorted(named & possible))
