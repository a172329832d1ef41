"""Qualification: one policy applied to one case, with every criterion looked at and what it added.

Gates come before points, disqualifiers before gates; qualifying rules and scores stand side by
side. What depends only on the policy is worked out in ``worker.core.compiled_policy``.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from worker.core.case import NO, YES, Case, Truth
from worker.core.compiled_policy import CompiledPolicy
from worker.core.policy import Family, Policy, QualifyingRule, Verdict
from worker.core.reasoning import KEPT


class Qualification(msgspec.Struct, frozen=True, kw_only=True):
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
    met.clear()
    met.update(compiled.unasked)
    points = [0.0] * len(met)
    evidence: dict[int, tuple[str, ...]] = {}
    _look_up(compiled, case, points)
    for place, name, tally in compiled.tallies:
        met[name], value, refs = tally(case)
        if met[name] is YES:
            points[place], evidence[place] = value, refs
    if assume:
        _assume(compiled, case, points, assume)
    for place, name, holds, value in compiled.steps:
        met[name] = truth = assume[name] if assume and name in assume else holds(case)
        if truth is YES:
            points[place] = value
    return _conclude(compiled, case, points, evidence, is_qualified_now=is_qualified_now)


def _look_up(compiled: CompiledPolicy, case: Case, points: list[float]) -> None:
    """Answer the criteria on values of facts; one whose fact is missing stays unknown."""
    facts, met = case.facts, case.met
    for place, name, fact, wanted, value in compiled.look_ups:
        known = facts.get(fact)
        if known is None:
            continue
        if known in wanted:
            met[name] = YES
            points[place] = value
        else:
            met[name] = NO


def _assume(
    compiled: CompiledPolicy, case: Case, points: list[float], assume: Mapping[str, Truth]
) -> None:
    """Override truths. Points follow, save those of actions: what did not happen counts nothing."""
    case.met.update(assume)
    for place, name, _fact, _wanted, value in compiled.look_ups:
        points[place] = value if case.met[name] is YES else 0.0


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
    total = 0.0
    for family, pick, weight, cap in compiled.families:
        value = min(sum(pick(points)) * weight, cap)
        if value:
            families[family] = value
            if family is not Family.ACCOUNT:
                total += value
    truths = tuple(case.met.values())
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
        reasons=compiled.give_reasons(truths, verdict, carried_by, stopped_by),
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
    for name, verdicts in compiled.stops:
        verdict = verdicts[met[name]]
        if verdict is not None:
            return verdict, None, name
    for rule in policy.rules:
        if _carries(compiled, rule, case, families, total):
            return Verdict.QUALIFIED, rule.id, None
    if is_qualified_now and _is_kept(policy, met, families, total):
        return Verdict.QUALIFIED, KEPT, None
    for criterion in policy.nurture:
        if met[criterion] is YES:
            return Verdict.NURTURE, None, None
    return Verdict.NOT_READY, None, None


def hold_unreachable(found: Qualification, case: Case) -> Qualification:
    """Take back a qualification of a lead that no channel may be used for, whatever the policy says.

    A gate usually says so already. This does not depend on anybody having written one.
    """
    if found.verdict is not Verdict.QUALIFIED or case.reachable:
        return found
    return msgspec.structs.replace(
        found, verdict=Verdict.HOLD, carried_by=None, reasons=("CONSENT_NONE_REACHABLE",)
    )


def _is_kept(
    policy: Policy, met: Mapping[str, Truth], families: Mapping[Family, float], total: float
) -> bool:
    keep = policy.keep
    return (
        keep is not None
        and total >= keep.total
        and all(families.get(family, 0.0) >= least for family, least in keep.families.items())
        and not any(met[criterion] is YES for criterion in keep.unless)
    )


def _carries(
    compiled: CompiledPolicy,
    rule: QualifyingRule,
    case: Case,
    families: Mapping[Family, float],
    total: float,
) -> bool:
    if not _criteria_hold(rule, case.met):
        return False
    if rule.total is not None and total < rule.total:
        return False
    for family, least in rule.families.items():
        if families.get(family, 0.0) < least:
            return False
    return rule.evidence is None or _has_evidence(compiled, rule, case)


def _criteria_hold(rule: QualifyingRule, met: Mapping[str, Truth]) -> bool:
    for criterion in rule.all:
        if met[criterion] is not YES:
            return False
    if rule.any and not any(met[criterion] is YES for criterion in rule.any):
        return False
    if rule.some and sum([met[criterion] is YES for criterion in rule.some]) < rule.least:
        return False
    return not rule.none or not any(met[criterion] is YES for criterion in rule.none)


def _has_evidence(compiled: CompiledPolicy, rule: QualifyingRule, case: Case) -> bool:
    select, kinds = compiled.evidence[rule.id]
    return len({activity.kind for activity in select(case)}) >= kinds
