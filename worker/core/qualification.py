"""Qualification: one policy applied to one case, with every criterion looked at and what it added.

Gates come before points, disqualifiers before gates; qualifying rules and scores stand side by
side. ``compile_policy`` does the work that depends only on the policy, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from worker.core.conditions import (
    NO,
    UNKNOWN,
    YES,
    ActivityTest,
    Case,
    Compiled,
    Truth,
    compile_condition,
    select_activities,
)
from worker.core.policy import Criterion, Evidence, Family, Policy, QualifyingRule, Verdict

KEPT = "keep"
"""Named as the carrier of a verdict when a qualified lead merely stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualification:
    """The verdict and its trace. ``truths`` and ``points`` run parallel to ``policy.criteria``.

    ``evidence`` maps the index of a criterion on activities to the references it counted.
    ``carried_by`` names the qualifying rule, ``stopped_by`` the gate or disqualifier.
    """

    verdict: Verdict
    truths: tuple[Truth, ...]
    points: tuple[float, ...]
    evidence: Mapping[int, tuple[str, ...]]
    families: Mapping[Family, float]
    total: float
    carried_by: str | None = None
    stopped_by: str | None = None
    reasons: tuple[str, ...] = ()


Points: TypeAlias = Callable[[Case], tuple[float, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class _Step:
    id: str
    family: Family
    holds: Compiled
    flat: float
    points: Points | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """A policy ready to be applied; ``index`` finds a criterion's place in the trace."""

    policy: Policy
    steps: tuple[_Step, ...]
    index: Mapping[str, int]


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Compile all criteria of a policy."""
    steps = tuple(
        _Step(
            criterion.id,
            criterion.family,
            compile_condition(criterion.condition),
            criterion.points,
            _compile_points(criterion),
        )
        for criterion in policy.criteria
    )
    index = {criterion.id: place for place, criterion in enumerate(policy.criteria)}
    return CompiledPolicy(policy=policy, steps=steps, index=index)


def _compile_points(criterion: Criterion) -> Points | None:
    test = criterion.condition
    if not isinstance(test, ActivityTest) or not criterion.points:
        return None
    points, cap, repeat, own = criterion.points, criterion.cap, criterion.repeat, criterion.own_line
    half_life = criterion.half_life.total_seconds() if criterion.half_life else None

    def count(case: Case) -> tuple[float, tuple[str, ...]]:
        found = select_activities(test, case)
        line = case.facts.get("service_line")
        worth = []
        for activity in found:
            value = points
            if half_life is not None:
                value *= 0.5 ** ((case.now - activity.at).total_seconds() / half_life)
            if own != 1.0 and line is not None and activity.service_line == line:
                value *= own
            worth.append(value)
        worth.sort(reverse=True)
        total, weight = 0.0, 1.0
        for value in worth:
            total += value * weight
            weight *= repeat
        return (total if cap is None else min(total, cap)), tuple(a.ref for a in found)

    return count


_NOTHING: Mapping[str, Truth] = {}


def qualify(
    compiled: CompiledPolicy,
    case: Case,
    *,
    is_qualified_now: bool,
    assume: Mapping[str, Truth] = _NOTHING,
) -> Qualification:
    """Apply the policy to the case. ``is_qualified_now``: the lead holds the stage already.

    ``assume`` overrides the truth of criteria, to ask what would be. Fills ``case.met`` on the way.
    """
    met = case.met
    points: list[float] = []
    evidence: dict[int, tuple[str, ...]] = {}
    families: dict[Family, float] = {}
    for place, step in enumerate(compiled.steps):
        truth = step.holds(case)
        if assume:
            truth = assume.get(step.id, truth)
        met[step.id] = truth
        value = 0.0
        if truth is YES:
            value = step.flat
            if step.points is not None:
                value, evidence[place] = step.points(case)
            if value:
                families[step.family] = families.get(step.family, 0.0) + value
        points.append(value)
    return _conclude(
        compiled,
        case,
        points=tuple(points),
        evidence=evidence,
        families=families,
        is_qualified_now=is_qualified_now,
    )


def _conclude(
    compiled: CompiledPolicy,
    case: Case,
    *,
    points: tuple[float, ...],
    evidence: Mapping[int, tuple[str, ...]],
    families: Mapping[Family, float],
    is_qualified_now: bool,
) -> Qualification:
    """Reach the verdict from the truths in ``case.met`` and the points of each criterion."""
    policy, met = compiled.policy, case.met
    capped = {
        family: min(value, policy.family_caps.get(family, value))
        for family, value in families.items()
    }
    total = sum(capped.values())
    verdict, carried_by, stopped_by = _verdict(policy, case, capped, total, is_qualified_now)
    truths = tuple(met[step.id] for step in compiled.steps)
    return Qualification(
        verdict=verdict,
        truths=truths,
        points=points,
        evidence=evidence,
        families=capped,
        total=total,
        carried_by=carried_by,
        stopped_by=stopped_by,
        reasons=_reasons(compiled, verdict, carried_by, stopped_by, truths, points),
    )


def _verdict(
    policy: Policy,
    case: Case,
    families: Mapping[Family, float],
    total: float,
    is_qualified_now: bool,  # noqa: FBT001  # private, always named by position in one call
) -> tuple[Verdict, str | None, str | None]:
    stopped = _stop(policy, case)
    if stopped is not None:
        return stopped[0], None, stopped[1]
    for rule in policy.rules:
        if _carries(rule, case, families, total):
            return Verdict.QUALIFIED, rule.id, None
    if is_qualified_now and _is_kept(policy, case, total):
        return Verdict.QUALIFIED, KEPT, None
    if any(case.met[criterion] is YES for criterion in policy.nurture):
        return Verdict.NURTURE, None, None
    return Verdict.NOT_READY, None, None


def _stop(policy: Policy, case: Case) -> tuple[Verdict, str] | None:
    for criterion in policy.disqualifiers:
        if case.met[criterion] is NO:
            return Verdict.DISQUALIFIED, criterion
    for gate in policy.gates:
        truth = case.met[gate.criterion]
        verdict = {NO: gate.when_not_met, UNKNOWN: gate.when_unknown, YES: None}[truth]
        if verdict is not None:
            return verdict, gate.criterion
    return None


def _is_kept(policy: Policy, case: Case, total: float) -> bool:
    keep = policy.keep
    return (
        keep is not None
        and total >= keep.total
        and not any(case.met[criterion] is YES for criterion in keep.unless)
    )


def _carries(
    rule: QualifyingRule, case: Case, families: Mapping[Family, float], total: float
) -> bool:
    met = case.met
    return (
        all(met[criterion] is YES for criterion in rule.all)
        and (not rule.any or any(met[criterion] is YES for criterion in rule.any))
        and (rule.total is None or total >= rule.total)
        and all(families.get(family, 0.0) >= least for family, least in rule.families.items())
        and (rule.evidence is None or _has_evidence(rule.evidence, case))
    )


def _has_evidence(evidence: Evidence, case: Case) -> bool:
    test = ActivityTest(strengths=evidence.strengths, within=evidence.within)
    return len({activity.kind for activity in select_activities(test, case)}) >= evidence.kinds


_FAMILY_ORDER = {
    Family.INTENT: 0,
    Family.TIMING: 1,
    Family.FIT: 2,
    Family.NURTURE: 3,
    Family.CHANNEL: 4,
    Family.CONSENT: 5,
    Family.DATA: 6,
}


def _reasons(
    compiled: CompiledPolicy,
    verdict: Verdict,
    carried_by: str | None,
    stopped_by: str | None,
    truths: tuple[Truth, ...],
    points: tuple[float, ...],
) -> tuple[str, ...]:
    """Order the codes: what decided, then what spoke for the lead, then what is missing."""
    lead: list[str] = []
    speaking: list[tuple[tuple[float, ...], str]] = []
    missing: list[str] = []
    for place, criterion in enumerate(compiled.policy.criteria):
        truth = truths[place]
        code = _code(criterion, truth)
        if code is None:
            continue
        if criterion.id == stopped_by:
            lead.append(code)
        elif truth is YES:
            order = _FAMILY_ORDER[criterion.family]
            speaking.append(((order, -points[place], place), code))
        else:
            missing.append(code)
    if carried_by == KEPT:
        lead.append("NURTURE_STAGE_KEPT")
    elif carried_by is not None and _rule_is_score(compiled.policy, carried_by):
        lead.append("SCORE_THRESHOLD_REACHED")
    found = [code for _order, code in sorted(speaking)]
    if verdict is Verdict.QUALIFIED:
        return tuple(dict.fromkeys([*lead, *found, *missing]))
    return tuple(dict.fromkeys([*lead, *_first_informational(found), *missing, *found]))


def _first_informational(found: list[str]) -> list[str]:
    return [code for code in found if code in {"INTENT_ONLY_INFORMATIONAL", "TIMING_NOT_NOW"}]


def _rule_is_score(policy: Policy, rule_id: str) -> bool:
    return any(rule.id == rule_id and rule.total is not None for rule in policy.rules)


def _code(criterion: Criterion, truth: Truth) -> str | None:
    reasons = criterion.reasons
    return {YES: reasons.met, NO: reasons.not_met, UNKNOWN: reasons.unknown}[truth]
