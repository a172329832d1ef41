"""Checks of policies: criteria nobody reads, rules nobody can reach, scores nobody can get."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from worker.config.findings import Findings, Spot
from worker.config.implication import find_contradiction, follows
from worker.config.parts import Parts
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import ActivityTest, Condition, ReachableTest, criteria_read, walk
from worker.core.model import ActivityKind, ContactChannel
from worker.core.policy import Criterion, Evidence, Family, Policy, QualifyingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCheck:
    """One policy, the sheet it is written in, that of the shared criteria, and where findings go."""

    policy: Policy
    sheet: Sheet
    shared: Sheet | None
    words: Vocabulary
    findings: Findings

    @property
    def conditions(self) -> Mapping[str, Condition]:
        return {criterion.id: criterion.condition for criterion in self.policy.criteria}

    def spot_of(self, criterion: str) -> Spot:
        """Find where the policy has the criterion: written out, or taken from the shared ones."""
        used = self.sheet.value.get("use") if isinstance(self.sheet.value, dict) else None
        if isinstance(used, list) and criterion in used:
            return self.sheet.spot("use", used.index(criterion))
        return self.sheet.spot("criteria", criterion)

    def spot_of_condition(self, criterion: str) -> Spot:
        """Find where the condition of a criterion is written."""
        path: KeyPath = ("criteria", criterion, "when")
        is_own = path[:2] in self.sheet.places
        return (self.sheet if is_own or self.shared is None else self.shared).spot(*path)


def check_policies(parts: Parts, sheets: Mapping[str, Sheet], findings: Findings) -> None:
    """Check every policy that could be built."""
    for file, policy in parts.policies.items():
        check = PolicyCheck(
            policy=policy,
            sheet=sheets[file],
            shared=sheets.get("shared.yaml"),
            words=parts.words,
            findings=findings,
        )
        _check_criteria(check)
        _check_contact_gate(check)
        _check_rules(check)
        _check_keep(check)


def _check_criteria(check: PolicyCheck) -> None:
    used = set(_criteria_used(check.policy))
    for criterion in check.policy.criteria:
        if criterion.id not in used and not criterion.points:
            message = f"no rule reads the criterion {criterion.id!r}."
            hint = "give it points, name it in a rule, gate or nurture_when, or take it out"
            check.findings.error(check.spot_of(criterion.id), message, hint=hint)
        reason = _why_never(check, criterion)
        if reason is not None:
            message = f"the criterion {criterion.id!r} can never be met: {reason}."
            check.findings.error(check.spot_of_condition(criterion.id), message)


def _criteria_used(policy: Policy) -> Iterator[str]:
    yield from policy.disqualifiers
    yield from policy.nurture
    yield from policy.keep.unless if policy.keep else ()
    yield from (gate.criterion for gate in policy.gates)
    for track in policy.tracks:
        yield from criteria_read(track.condition)
    for rule in policy.rules:
        yield from (*rule.all, *rule.any)
    for criterion in policy.criteria:
        yield from criteria_read(criterion.condition)


def _why_never(check: PolicyCheck, criterion: Criterion) -> str | None:
    conditions = check.conditions
    contradiction = find_contradiction(iter((criterion.condition,)), conditions)
    if contradiction is not None:
        return contradiction
    for part in walk(criterion.condition):
        if isinstance(part, ActivityTest):
            fitting = len(_fitting(part, check.words))
            if fitting < part.distinct_kinds and check.words.activities is not None:
                return f"it asks for {part.distinct_kinds} kinds of activity and {fitting} fit"
    return None


def _fitting(test: ActivityTest, words: Vocabulary) -> list[ActivityKind]:
    return [
        kind
        for kind in (words.activities or {}).values()
        if kind.is_enabled
        and (not test.kinds or kind.name in test.kinds)
        and (not test.strengths or kind.strength in test.strengths)
    ]


_MAY_BE_CONTACTED = ReachableTest(channels=frozenset(ContactChannel))


def _check_contact_gate(check: PolicyCheck) -> None:
    """The core holds a lead nobody may contact in any case; a policy has to say so, for its readers."""
    asking = {name for name, asked in check.conditions.items() if follows(asked, _MAY_BE_CONTACTED)}
    stopping = {gate.criterion for gate in check.policy.gates if gate.when_not_met is not None}
    if asking.isdisjoint(stopping | set(check.policy.disqualifiers)):
        check.findings.error(
            check.sheet.spot("gates"),
            "no gate asks whether the lead may be contacted.",
            hint="add a criterion with `when: {reachable: any}`, and a gate on it",
        )


def _check_rules(check: PolicyCheck) -> None:
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
    required = (conditions[name] for name in rule.all)
    contradiction = find_contradiction(required, conditions)
    if contradiction is not None:
        yield contradiction
    most = _most_points(check.policy)
    if rule.total is not None and rule.total > sum(most.values()):
        yield f"it asks for {rule.total:g} points and at most {sum(most.values()):g} can be had"
    for family, points in rule.families.items():
        if points > most.get(family, 0.0):
            highest = most.get(family, 0.0)
            yield f"it asks for {points:g} points of {family.value} and at most {highest:g} can be had"
    if rule.evidence is not None and check.words.activities is not None:
        yield from _why_evidence_never(rule.evidence, check.words)


def _why_evidence_never(evidence: Evidence, words: Vocabulary) -> Iterator[str]:
    test = ActivityTest(strengths=evidence.strengths)
    kinds = [kind for kind in _fitting(test, words) if kind.is_by_lead]
    if evidence.kinds > len(kinds):
        yield f"it asks for {evidence.kinds} kinds of evidence and {len(kinds)} exist"


def _most_points(policy: Policy) -> Mapping[Family, float]:
    """The most points each family can reach, under its cap."""
    most: dict[Family, float] = {}
    for criterion in policy.criteria:
        most[criterion.family] = most.get(criterion.family, 0.0) + _most_of(criterion)
    return {
        family: min(points, policy.family_caps.get(family, math.inf))
        for family, points in most.items()
    }


def _most_of(criterion: Criterion) -> float:
    """The most one criterion can add: many actions at once, each worth ``repeat`` of the last."""
    if not isinstance(criterion.condition, ActivityTest):
        return criterion.points
    best = criterion.points * max(1.0, criterion.own_line)
    all_together = best / (1 - criterion.repeat) if criterion.repeat < 1 else math.inf
    all_together = all_together if best else 0.0
    return all_together if criterion.cap is None else min(all_together, criterion.cap)


def _rule_follows(
    later: QualifyingRule, earlier: QualifyingRule, conditions: Mapping[str, Condition]
) -> bool:
    """Tell whether the earlier rule surely holds whenever the later one does."""
    given = [conditions[name] for name in later.all]
    holds_all = all(any(follows(g, conditions[name]) for g in given) for name in earlier.all)
    return (
        holds_all
        and _any_follows(later, earlier, conditions)
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


def _check_keep(check: PolicyCheck) -> None:
    """A lead must enter on more than it stays on, and be able to stay at all."""
    keep, rules = check.policy.keep, check.policy.rules
    if keep is None:
        return
    _check_floor(check, "total", keep.total, [r.total for r in rules if r.total is not None])
    most = _most_points(check.policy)
    for family, points in keep.families.items():
        entry = [rule.families[family] for rule in rules if family in rule.families]
        _check_floor(check, family.value, points, entry)
        highest = most.get(family, 0.0)
        if points > highest:
            check.findings.error(
                check.sheet.spot("keep_when", family.value),
                f"no lead is ever kept: it asks for {points:g} points of {family.value} and at "
                f"most {highest:g} can be had.",
            )


def _check_floor(check: PolicyCheck, key: str, points: float, entry: list[float]) -> None:
    if not entry or points < min(entry):
        return
    check.findings.error(
        check.sheet.spot("keep_when", key),
        f"to keep the stage takes {points:g} points, and to enter it {min(entry):g}; "
        "a lead would go back and forth.",
        allowed=f"less than {min(entry):g}",
    )
