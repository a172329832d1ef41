"""The smallest change that would qualify a lead: which criteria would have to hold as well.

A search over the policy's own criteria, each proposal checked by applying the policy again. It
proposes facts to learn and actions to wait for; it never proposes to invent either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from worker.core.case import NO, UNKNOWN, YES, Case, Truth
from worker.core.compiled_policy import CompiledPolicy
from worker.core.conditions import ActivityTest
from worker.core.decide import Judgement
from worker.core.model import Activity, Strength
from worker.core.policy import Criterion, QualifyingRule, Verdict
from worker.core.qualification import qualify
from worker.core.ruleset import Ruleset

MOST_EXTRAS = 3
"""More further criteria than this are no longer a small change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestChange:
    """These criteria would have to hold as well; then ``rule`` would qualify the lead."""

    rule: str
    criteria: tuple[str, ...]


def smallest_change(ruleset: Ruleset, judgement: Judgement) -> SmallestChange | None:
    """Find the smallest change that would qualify; None when it is qualified or nothing small would."""
    qualification = judgement.qualification
    if judgement.pathway is None or qualification is None:
        return None
    if qualification.verdict is Verdict.QUALIFIED:
        return None  # it is, or sales handed it back: no criterion is missing
    compiled = ruleset.policies[judgement.pathway]
    proposals = (
        change
        for rule in compiled.policy.rules
        if (change := _for_rule(ruleset, compiled, rule, judgement)) is not None
    )
    return min(proposals, key=lambda change: len(change.criteria), default=None)


def _for_rule(
    ruleset: Ruleset, compiled: CompiledPolicy, rule: QualifyingRule, judgement: Judgement
) -> SmallestChange | None:
    needed = _needed(compiled, rule, judgement.case)
    for size in range(MOST_EXTRAS + 1):
        for extras in combinations(_extras(compiled, rule, needed, judgement), size):
            criteria = (*needed, *extras)
            if _qualifies(ruleset, compiled, criteria, judgement):
                return SmallestChange(rule=rule.id, criteria=criteria)
    return None


def _needed(compiled: CompiledPolicy, rule: QualifyingRule, case: Case) -> tuple[str, ...]:
    """What stands in the way whatever else happens: gates, disqualifiers, and the rule's own list."""
    policy, met = compiled.policy, case.met
    stopping = [name for name in policy.disqualifiers if met[name] is NO]
    for gate in policy.gates:
        verdicts = {NO: gate.when_not_met, UNKNOWN: gate.when_unknown, YES: None}
        if verdicts[met[gate.criterion]] is not None:
            stopping.append(gate.criterion)
    missing = [name for name in rule.all if met[name] is not YES]
    return tuple(dict.fromkeys([*stopping, *missing]))


def _extras(
    compiled: CompiledPolicy, rule: QualifyingRule, needed: tuple[str, ...], judgement: Judgement
) -> list[str]:
    """Criteria worth trying beside the needed ones, the most valuable first."""
    met = judgement.case.met
    wanted = [
        criterion
        for criterion in compiled.policy.criteria
        if met.get(criterion.id) is not YES and criterion.id not in needed
        if criterion.id in rule.any or (rule.total is not None and criterion.points > 0)
    ]
    wanted.sort(key=lambda c: (c.id not in rule.any, -c.points, c.id))
    return [criterion.id for criterion in wanted]


def _qualifies(
    ruleset: Ruleset, compiled: CompiledPolicy, criteria: tuple[str, ...], judgement: Judgement
) -> bool:
    chosen = [compiled.policy.criteria[compiled.index[name]] for name in criteria]
    imagined = tuple(
        a for criterion in chosen for a in _imagine(ruleset, criterion, judgement.case)
    )
    case = _with_activities(judgement.case, imagined)
    assume: dict[str, Truth] = dict.fromkeys(criteria, YES)
    result = qualify(compiled, case, is_qualified_now=False, assume=assume)
    return result.verdict is Verdict.QUALIFIED


def _imagine(ruleset: Ruleset, criterion: Criterion, case: Case) -> Iterator[Activity]:
    """Imagine the action that would meet a criterion on activities, as if it happened now."""
    test = criterion.condition
    if not isinstance(test, ActivityTest):
        return
    kinds = ruleset.configuration.activity_kinds
    line = case.facts.get("service_line")
    for kind in sorted(test.kinds)[:1]:
        yield Activity(
            ref="imagined",
            kind=kind,
            at=case.now,
            strength=kinds[kind].strength if kind in kinds else Strength.STRONG,
            service_line=line if isinstance(line, str) else None,
        )


def _with_activities(case: Case, imagined: tuple[Activity, ...]) -> Case:
    by_kind = {kind: list(activities) for kind, activities in case.by_kind.items()}
    for activity in imagined:
        by_kind.setdefault(activity.kind, []).insert(0, activity)
    together = case.organisation and _with_activities(case.organisation, imagined)
    return replace(
        case,
        activities=(*imagined, *case.activities),
        by_kind=by_kind,
        met={},
        organisation=together,
    )
