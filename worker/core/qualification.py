"""Qualification: one policy applied to one case, with every criterion looked at and what it added.

Gates come before points, disqualifiers before gates; qualifying rules and scores stand side by
side. ``compile_policy`` does the work that depends only on the policy, once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from worker.core.case import NO, UNKNOWN, YES, Case, Truth
from worker.core.conditions import ActivityTest
from worker.core.evaluation import (
    Activities,
    Compiled,
    Selection,
    compile_condition,
    compile_enough,
    compile_selection,
)
from worker.core.policy import Criterion, Family, Policy, QualifyingRule, Verdict
from worker.core.reasoning import KEPT, ReasonOrder, give_reasons, order_reasons


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


_Tally: TypeAlias = Callable[[Case], tuple[Truth, float, tuple[str, ...]]]
"""The truth of a criterion on activities, its points, and the references it counted."""


class _Step(NamedTuple):
    """A criterion ready to be applied; ``place`` is its place in the trace."""

    place: int
    id: str
    holds: Compiled
    points: float


class _TallyStep(NamedTuple):
    """A criterion whose points depend on activities. It looks at nothing else."""

    place: int
    id: str
    tally: _Tally


class _FamilySum(NamedTuple):
    """The criteria that give points to a family, and the most they can give together."""

    family: Family
    pick: Callable[[Sequence[float]], Iterable[float]]
    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """A policy ready to be applied; ``index`` finds a criterion's place in the trace."""

    policy: Policy
    tallies: tuple[_TallyStep, ...]
    steps: tuple[_Step, ...]
    families: tuple[_FamilySum, ...]
    index: Mapping[str, int]
    evidence: Mapping[str, tuple[Selection, int]]
    reason_order: ReasonOrder


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Compile all criteria of a policy."""
    tallies, steps = [], []
    for place, criterion in enumerate(policy.criteria):
        tally = _compile_tally(criterion)
        if tally is not None:
            tallies.append(_TallyStep(place, criterion.id, tally))
        else:
            holds = compile_condition(criterion.condition)
            steps.append(_Step(place, criterion.id, holds, criterion.points))
    return CompiledPolicy(
        policy=policy,
        tallies=tuple(tallies),
        steps=tuple(steps),
        families=tuple(_family_sums(policy)),
        index={criterion.id: place for place, criterion in enumerate(policy.criteria)},
        evidence=_compile_evidence(policy),
        reason_order=order_reasons(policy),
    )


def _family_sums(policy: Policy) -> Iterator[_FamilySum]:
    for family in Family:
        places = [n for n, c in enumerate(policy.criteria) if c.family is family and c.points]
        if places:
            cap = policy.family_caps.get(family, float("inf"))
            yield _FamilySum(family, _picker(places), cap)


def _picker(places: list[int]) -> Callable[[Sequence[float]], Iterable[float]]:
    if len(places) == 1:  # an item getter of one place gives the item, not a tuple of it
        (place,) = places
        return lambda points: (points[place],)
    return itemgetter(*places)


def _compile_evidence(policy: Policy) -> dict[str, tuple[Selection, int]]:
    return {
        rule.id: (
            compile_selection(
                ActivityTest(strengths=rule.evidence.strengths, within=rule.evidence.within)
            ),
            rule.evidence.kinds,
        )
        for rule in policy.rules
        if rule.evidence is not None
    }


def _compile_tally(criterion: Criterion) -> _Tally | None:
    """Build the function that tests and counts the activities of a criterion in one go."""
    test = criterion.condition
    if not isinstance(test, ActivityTest) or not criterion.points:
        return None
    select, is_enough, add_up = (
        compile_selection(test),
        compile_enough(test),
        _compile_points(criterion),
    )

    def tally(case: Case) -> tuple[Truth, float, tuple[str, ...]]:
        found = select(case)
        if not found or not is_enough(found):
            return NO, 0.0, ()
        return YES, add_up(found, case), tuple([activity.ref for activity in found])

    return tally


def _compile_points(criterion: Criterion) -> Callable[[Activities, Case], float]:
    points, repeat, own = criterion.points, criterion.repeat, criterion.own_line
    cap = float("inf") if criterion.cap is None else criterion.cap
    half_life = criterion.half_life.total_seconds() if criterion.half_life else float("inf")

    def add_up(found: Activities, case: Case) -> float:
        now, line = case.now, case.facts.get("service_line")
        worth = []
        for activity in found:
            value: float = points * 0.5 ** ((now - activity.at).total_seconds() / half_life)
            if line is not None and activity.service_line == line:
                value *= own
            worth.append(value)
        if len(worth) > 1:
            worth.sort(reverse=True)
        total, weight = 0.0, 1.0
        for value in worth:
            total += value * weight
            weight *= repeat
        return min(total, cap)

    return add_up


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
    policy, met = compiled.policy, case.met
    points = [0.0] * len(policy.criteria)
    evidence: dict[int, tuple[str, ...]] = {}
    for place, name, tally in compiled.tallies:
        truth, value, refs = tally(case)
        met[name] = assume.get(name, truth) if assume else truth
        if truth is YES:
            points[place], evidence[place] = value, refs
    for place, name, holds, value in compiled.steps:
        truth = assume[name] if name in assume else holds(case)
        met[name] = truth
        if truth is YES:
            points[place] = value
    return _conclude(compiled, case, points, evidence, is_qualified_now=is_qualified_now)


def _conclude(
    compiled: CompiledPolicy,
    case: Case,
    points: list[float],
    evidence: Mapping[int, tuple[str, ...]],
    *,
    is_qualified_now: bool,
) -> Qualification:
    """Reach the verdict from the truths in ``case.met`` and the points of each criterion."""
    families: dict[Family, float] = {}
    for family, pick, cap in compiled.families:
        value = sum(pick(points))
        if value:
            families[family] = min(value, cap)
    total = sum(families.values())
    truths = tuple(map(case.met.__getitem__, compiled.index))
    verdict, carried_by, stopped_by = _reach_verdict(
        compiled, case, families, total, is_qualified_now=is_qualified_now
    )
    return Qualification(
        verdict=verdict,
        truths=truths,
        points=tuple(points),
        evidence=evidence,
        families=families,
        total=total,
        carried_by=carried_by,
        stopped_by=stopped_by,
        reasons=give_reasons(
            compiled.reason_order, truths, verdict, carried_by=carried_by, stopped_by=stopped_by
        ),
    )


def _reach_verdict(
    compiled: CompiledPolicy,
    case: Case,
    families: Mapping[Family, float],
    total: float,
    *,
    is_qualified_now: bool,
) -> tuple[Verdict, str | None, str | None]:
    policy, met = compiled.policy, case.met
    verdict, stopped_by = _stop(policy, met)
    if verdict is not None:
        return verdict, None, stopped_by
    for rule in policy.rules:
        if _carries(compiled, rule, case, families, total):
            return Verdict.QUALIFIED, rule.id, None
    if is_qualified_now and _is_kept(policy, met, total):
        return Verdict.QUALIFIED, KEPT, None
    for criterion in policy.nurture:
        if met[criterion] is YES:
            return Verdict.NURTURE, None, None
    return Verdict.NOT_READY, None, None


def _stop(policy: Policy, met: Mapping[str, Truth]) -> tuple[Verdict | None, str | None]:
    """Find the disqualifier or gate that ends the matter, if any."""
    for criterion in policy.disqualifiers:
        if met[criterion] is NO:
            return Verdict.DISQUALIFIED, criterion
    for gate in policy.gates:
        truth, verdict = met[gate.criterion], None
        if truth is NO:
            verdict = gate.when_not_met
        elif truth is UNKNOWN:
            verdict = gate.when_unknown
        if verdict is not None:
            return verdict, gate.criterion
    return None, None


def _is_kept(policy: Policy, met: Mapping[str, Truth], total: float) -> bool:
    keep = policy.keep
    return (
        keep is not None
        and total >= keep.total
        and not any(met[criterion] is YES for criterion in keep.unless)
    )


def _carries(
    compiled: CompiledPolicy,
    rule: QualifyingRule,
    case: Case,
    families: Mapping[Family, float],
    total: float,
) -> bool:
    met = case.met
    for criterion in rule.all:
        if met[criterion] is not YES:
            return False
    if rule.any and not any(met[criterion] is YES for criterion in rule.any):
        return False
    if rule.total is not None and total < rule.total:
        return False
    if any(families.get(family, 0.0) < least for family, least in rule.families.items()):
        return False
    return rule.evidence is None or _has_evidence(compiled, rule, case)


def _has_evidence(compiled: CompiledPolicy, rule: QualifyingRule, case: Case) -> bool:
    select, kinds = compiled.evidence[rule.id]
    return len({activity.kind for activity in select(case)}) >= kinds
