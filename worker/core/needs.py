"""What a pathway needs to know of a lead: derived from its policy, never written down twice.

A fact is *needed* when a lead cannot pass every gate, or qualify by any rule, without it. A fact that
is one of several answers to a question is *used*, not needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from worker.core.conditions import (
    AllOf,
    AnyOf,
    AreaTest,
    Condition,
    CriterionTest,
    FactTest,
    FirstKnown,
    NotOf,
    Operator,
    facts_read,
)
from worker.core.model import FactKind, FactSpec
from worker.core.policy import Policy
from worker.core.routing import RoutingPolicy

NOTHING: frozenset[str] = frozenset()


def needed_facts(policy: Policy, facts: Mapping[str, FactSpec]) -> frozenset[str]:
    """Name the facts without which no lead of the pathway can qualify.

    Yes-or-no facts are left out: of a refusal that nobody made, nothing is missing.
    """
    criteria = {criterion.id: criterion.condition for criterion in policy.criteria}

    def needs(name: str) -> frozenset[str]:
        return _needed_by(criteria[name], criteria) if name in criteria else NOTHING

    stopping = (gate.criterion for gate in policy.gates if gate.when_unknown is not None)
    gates = _union(map(needs, stopping))
    rules = [
        _union(map(needs, rule.all)) | _common([needs(name) for name in rule.any])
        for rule in policy.rules
    ]
    return frozenset(
        fact
        for fact in gates | _common(rules)
        if fact in facts and facts[fact].kind is not FactKind.BOOLEAN
    )


def _union(parts: Iterable[frozenset[str]]) -> frozenset[str]:
    return NOTHING.union(*parts)


def _common(parts: list[frozenset[str]]) -> frozenset[str]:
    return reduce(frozenset.intersection, parts) if parts else NOTHING


def _needed_by(condition: Condition, criteria: Mapping[str, Condition]) -> frozenset[str]:
    match condition:
        case FactTest(fact=fact):
            return frozenset({fact})
        case AreaTest():
            return frozenset({"postal_code"})
        case AllOf(items=items):
            return _union(_needed_by(item, criteria) for item in items)
        case AnyOf(items=items) | FirstKnown(items=items):
            return _common([_needed_by(item, criteria) for item in items])
        case NotOf(item=item):
            return _needed_by(item, criteria)
        case CriterionTest(criterion=name) if name in criteria:
            return _needed_by(criteria[name], criteria)
        case _:
            return NOTHING


def used_facts(policy: Policy, routing: RoutingPolicy) -> frozenset[str]:
    """Name the facts that the policy, the hand-off or a routing rule for the pathway looks at."""
    asked = [criterion.condition for criterion in policy.criteria]
    asked += [r.condition for r in routing.rules if _may_route(r.condition, policy.pathway)]
    return _union(map(facts_read, asked)) | frozenset(policy.hand_off_facts)


def _may_route(condition: Condition, pathway: str) -> bool:
    """A rule that asks for another pathway says nothing of this one."""
    match condition:
        case FactTest(fact="pathway", operator=Operator.IS, operand=asked):
            return asked == pathway
        case FactTest(fact="pathway", operator=Operator.IN, operand=frozenset() as asked):
            return pathway in asked
        case AllOf(items=items):
            return all(_may_route(item, pathway) for item in items)
        case _:
            return True
