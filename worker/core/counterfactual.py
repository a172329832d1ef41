"""The smallest change that would qualify a lead: which criteria would have to hold as well.

A search over the policy's own criteria, each proposal checked by applying the policy again. It
proposes facts to learn and actions to wait for; it never proposes to invent either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations

import msgspec

from worker.core.case import NO, YES, Case, Truth
from worker.core.compiled_policy import CompiledPolicy
from worker.core.conditions import ActivityTest, LineMatch, Touch
from worker.core.judgement import Judgement
from worker.core.model import Activity, Strength
from worker.core.policy import Criterion, QualifyingRule, Verdict
from worker.core.qualification import qualify
from worker.core.ruleset import Ruleset

MOST_EXTRAS = 3
"""More further criteria than this are no longer a small change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallestChange:
    """These criteria would have to hold as well, and those ``without`` not any more; then ``rule``
    would qualify the lead."""

    rule: str
    criteria: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        return len(self.criteria) + len(self.without)


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
    return min(proposals, key=lambda change: change.size, default=None)


def _for_rule(
    ruleset: Ruleset, compiled: CompiledPolicy, rule: QualifyingRule, judgement: Judgement
) -> SmallestChange | None:
    needed = _needed(compiled, rule, judgement.case)
    without = _unwanted(compiled, rule, judgement.case)
    chosen = [compiled.policy.criteria[compiled.index[name]] for name in needed]
    if not all(_can_come_about(criterion, judgement.case) for criterion in chosen):
        return None
    for size in range(MOST_EXTRAS + 1):
        for extras in combinations(_extras(compiled, rule, needed, judgement), size):
            criteria = (*needed, *extras)
            if _qualifies(ruleset, compiled, criteria, without, judgement):
                return SmallestChange(rule=rule.id, criteria=criteria, without=without)
    return None


def _unwanted(compiled: CompiledPolicy, rule: QualifyingRule, case: Case) -> tuple[str, ...]:
    """What holds and would have to cease: it excludes the lead, keeps it waiting, or ends the rule."""
    stopping = [name for name, verdicts in compiled.stops if verdicts[YES] is not None]
    named = (*stopping, *rule.none)
    return tuple(dict.fromkeys(name for name in named if case.met[name] is YES))


def _can_come_about(criterion: Criterion, case: Case) -> bool:
    """Tell whether something new could meet a criterion; a first touch and a silence are not made."""
    test = criterion.condition
    if not isinstance(test, ActivityTest):
        return True
    is_settled = test.touch is Touch.FIRST and any(
        activity.kind in test.touch_among for activity in case.activities
    )
    return test.silent_for is None and not is_settled


def _needed(compiled: CompiledPolicy, rule: QualifyingRule, case: Case) -> tuple[str, ...]:
    """What stands in the way whatever else happens: gates, disqualifiers, and the rule's own list."""
    met = case.met
    stopping = [
        name
        for name, verdicts in compiled.stops
        if met[name] is not YES and verdicts[met[name]] is not None
    ]
    missing = [name for name in rule.all if met[name] is not YES]
    return tuple(dict.fromkeys([*stopping, *missing]))


def _extras(
    compiled: CompiledPolicy, rule: QualifyingRule, needed: tuple[str, ...], judgement: Judgement
) -> list[str]:
    """Criteria worth trying beside the needed ones, the most valuable first."""
    met, named = judgement.case.met, {*rule.any, *rule.some}
    wanted = [
        criterion
        for criterion in compiled.policy.criteria
        if met.get(criterion.id) is not YES and criterion.id not in needed
        if criterion.id in named or (rule.total is not None and criterion.points > 0)
        if _can_come_about(criterion, judgement.case)
    ]
    wanted.sort(key=lambda c: (c.id not in named, -c.points, c.id))
    return [criterion.id for criterion in wanted]


def _qualifies(
    ruleset: Ruleset,
    compiled: CompiledPolicy,
    criteria: tuple[str, ...],
    without: tuple[str, ...],
    judgement: Judgement,
) -> bool:
    chosen = [compiled.policy.criteria[compiled.index[name]] for name in criteria]
    imagined = tuple(
        a for criterion in chosen for a in _imagine(ruleset, criterion, judgement.case)
    )
    case = _with_activities(judgement.case, imagined, ruleset.governed)
    assume: dict[str, Truth] = {**dict.fromkeys(without, NO), **dict.fromkeys(criteria, YES)}
    result = qualify(compiled, case, is_qualified_now=False, assume=assume)
    return result.verdict is Verdict.QUALIFIED


def _imagine(ruleset: Ruleset, criterion: Criterion, case: Case) -> Iterator[Activity]:
    """Imagine the action that would meet a criterion on activities, as if it happened now."""
    test = criterion.condition
    if not isinstance(test, ActivityTest):
        return
    kinds = ruleset.configuration.activity_kinds
    for kind in sorted(test.kinds)[:1]:
        yield Activity(
            ref="imagined",
            kind=kind,
            at=case.now - (test.older_than or timedelta(0)),
            strength=kinds[kind].strength if kind in kinds else Strength.STRONG,
            service_line=_imagined_line(test.line, case),
        )


def _imagined_line(match: LineMatch, case: Case) -> str | None:
    if match is LineMatch.OTHER:
        return "imagined"
    line = case.facts.get("service_line")
    return line if isinstance(line, str) and match is not LineMatch.NONE else None


def _with_activities(case: Case, imagined: tuple[Activity, ...], governed: frozenset[str]) -> Case:
    by_kind = {kind: list(activities) for kind, activities in case.by_kind.items()}
    for activity in imagined:
        by_kind.setdefault(activity.kind, []).insert(0, activity)
    together = case.organisation and _with_activities(case.organisation, imagined, governed)
    of_any_kind = [activity for activity in imagined if activity.kind not in governed]
    return msgspec.structs.replace(
        case,
        activities=(*of_any_kind, *case.activities),
        by_kind=by_kind,
        met={},
        organisation=together,
    )
