"""Checks of qualifying rules: rules nobody can reach, scores nobody can get."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from worker.config.implication import find_contradiction, follows
from worker.config.policy_check import PolicyCheck, fitting
from worker.config.vocabulary import Vocabulary
from worker.core.conditions import ActivityTest, Condition
from worker.core.policy import Criterion, Evidence, Family, Policy, QualifyingRule


def check_rules(check: PolicyCheck) -> None:
    """Report rules that never hold, and rules that an earlier one makes useless."""
    rules = check.policy.rules
    for number, rule in enumerate(rules):
        spot = check.sheet.spot("qualify_when", number)
        for reason in _why_rule_never(check, rule):
            check.findings.error(spot, f"the rule {rule.id!r} can never hold: {reason}.")
        for earlier in rules[:number]:
            if _rule_follows(rule, earlier, check.conditions):
                message = (
                    f"the rule {rule.id!r} changes nothing: whoever it fits, {earlier.id!r} fits."
                )
                check.findings.error(
                    spot, message, hint="take one of the two out, or ask for less in it"
                )
                break


def _why_rule_never(check: PolicyCheck, rule: QualifyingRule) -> Iterator[str]:
    conditions = check.conditions
    required = [conditions[name] for name in rule.all]
    contradiction = find_contradiction(iter(required), conditions)
    if contradiction is not None:
        yield contradiction
    yield from _why_names_never(check, rule)
    most = most_points(check.policy)
    total = sum(points for family, points in most.items() if family is not Family.ACCOUNT)
    if rule.total is not None and rule.total > total:
        yield f"it asks for {rule.total:g} points and at most {total:g} can be had"
    for family, points in rule.families.items():
        if points > most.get(family, 0.0):
            highest = most.get(family, 0.0)
            yield f"it asks for {points:g} points of {family.value} and at most {highest:g} can be had"
    if rule.evidence is not None and check.words.activities is not None:
        yield from _why_evidence_never(rule.evidence, check.words)


def _why_names_never(check: PolicyCheck, rule: QualifyingRule) -> Iterator[str]:
    """What is asked for must not be what the rule, or the whole policy, refuses."""
    conditions, policy = check.conditions, check.policy
    stopping = {*policy.exclusions, *policy.holds}
    for name in rule.all:
        if name in stopping:
            yield f"it asks for {name!r}, which stops every lead that meets it"
        for other in rule.none:
            if name == other or follows(conditions[name], conditions[other]):
                yield f"it asks for {name!r}, and for none of {other!r}"
    open_to = [name for name in rule.some if name not in {*rule.none, *stopping}]
    if len(open_to) < rule.least:
        yield f"it asks for {rule.least} of {len(rule.some)} criteria and {len(open_to)} can be met"
    if rule.any and not set(rule.any) - {*rule.none, *stopping}:
        yield "all that `any` names is refused elsewhere"


def _why_evidence_never(evidence: Evidence, words: Vocabulary) -> Iterator[str]:
    test = ActivityTest(strengths=evidence.strengths)
    kinds = [kind for kind in fitting(test, words) if kind.is_by_lead]
    if evidence.kinds > len(kinds):
        yield f"it asks for {evidence.kinds} kinds of evidence and {len(kinds)} exist"


def _rule_follows(
    later: QualifyingRule, earlier: QualifyingRule, conditions: Mapping[str, Condition]
) -> bool:
    """Tell whether the earlier rule surely holds whenever the later one does."""
    given = [conditions[name] for name in later.all]
    holds_all = all(any(follows(g, conditions[name]) for g in given) for name in earlier.all)
    return (
        holds_all
        and _any_follows(later, earlier, conditions)
        and _some_follows(later, earlier, conditions)
        and _none_follows(later, earlier, conditions)
        and _is_floor_met(later.total, earlier.total)
        and all(_is_floor_met(later.families.get(f), p) for f, p in earlier.families.items())
        and _evidence_follows(later.evidence, earlier.evidence)
    )


def _any_follows(
    later: QualifyingRule, earlier: QualifyingRule, conditions: Mapping[str, Condition]
) -> bool:
    if not earlier.any:
        return True
    wanted = [conditions[name] for name in earlier.any]
    if any(follows(conditions[name], want) for name in later.all for want in wanted):
        return True
    return bool(later.any) and all(
        any(follows(conditions[name], want) for want in wanted) for name in later.any
    )


def _some_follows(
    later: QualifyingRule, earlier: QualifyingRule, conditions: Mapping[str, Condition]
) -> bool:
    """Tell whether enough of the earlier rule's ``some`` surely hold with the later one."""
    wanted = [conditions[name] for name in earlier.some]
    given = [conditions[name] for name in later.all]
    surely = sum(any(follows(g, want) for g in given) for want in wanted)
    return surely >= earlier.least or (
        set(later.some) <= set(earlier.some) and later.least >= earlier.least
    )


def _none_follows(
    later: QualifyingRule, earlier: QualifyingRule, conditions: Mapping[str, Condition]
) -> bool:
    """Tell whether what the earlier rule refuses is refused by the later one as well."""
    return all(
        any(follows(conditions[name], conditions[other]) for other in later.none)
        for name in earlier.none
    )


def _is_floor_met(given: float | None, asked: float | None) -> bool:
    return asked is None or (given is not None and given >= asked)


def _evidence_follows(later: Evidence | None, earlier: Evidence | None) -> bool:
    if earlier is None:
        return True
    if later is None:
        return False
    strengths = not earlier.strengths or (
        bool(later.strengths) and later.strengths <= earlier.strengths
    )
    return later.kinds >= earlier.kinds and later.within <= earlier.within and strengths


def most_points(policy: Policy) -> Mapping[Family, float]:
    """The most points each family can reach, with its weight and under its cap."""
    most: dict[Family, float] = {}
    for criterion in policy.criteria:
        most[criterion.family] = most.get(criterion.family, 0.0) + _most_of(criterion)
    weights, caps = policy.family_weights, policy.family_caps
    return {
        family: min(points * weights.get(family, 1.0), caps.get(family, math.inf))
        for family, points in most.items()
    }


def _most_of(criterion: Criterion) -> float:
    """The most one criterion can add: many actions at once, each worth ``repeat`` of the last."""
    if not criterion.counts_actions:
        return criterion.points
    highest = max(1.0, criterion.own_line, criterion.related_line, criterion.other_line)
    best = criterion.points * highest
    all_together = best / (1 - criterion.repeat) if criterion.repeat < 1 else math.inf
    all_together = all_together if best else 0.0
    return all_together if criterion.cap is None else min(all_together, criterion.cap)
