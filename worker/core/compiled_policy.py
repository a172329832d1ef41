"""A policy compiled once, so that applying it to a lead interprets nothing."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from worker.core.case import NO, UNKNOWN, YES, Case, Truth
from worker.core.conditions import ActivityTest, ColleaguesTest, Operand, Whose
from worker.core.evaluation import (
    Compiled,
    active_colleagues,
    compile_condition,
    too_few_of_organisation,
    wanted_values,
)
from worker.core.model import FactValue
from worker.core.policy import Criterion, Family, Policy, Verdict
from worker.core.reasoning import Reasoner, compile_reasons
from worker.core.selection import (
    FOR_EVER,
    Activities,
    Selection,
    compile_doubt,
    compile_enough,
    compile_selection,
    is_plain,
    related_to,
)

_Tally: TypeAlias = Callable[[Case], tuple[Truth, float, tuple[str, ...]]]
"""The truth of a criterion on activities, its points, and the references it counted."""


Verdicts: TypeAlias = tuple[Verdict | None, Verdict | None, Verdict | None]
"""What a criterion does to a lead, by the value of ``Truth``; None lets it go on."""


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


class _LookUp(NamedTuple):
    """A criterion that asks whether a fact is one of some values.

    They are the most, and are answered in one loop: a call of a function each takes twice as long.
    """

    place: int
    id: str
    fact: str
    wanted: Container[FactValue | Operand]
    points: float


class _FamilySum(NamedTuple):
    """The criteria that give points to a family, their weight, and the most they can give together."""

    family: Family
    pick: Callable[[Sequence[float]], Iterable[float]]
    weight: float
    cap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """A policy ready to be applied; ``index`` finds a criterion's place in the trace.

    ``stops`` are the criteria that may end the matter, in the order in which they are looked at.
    ``unasked`` holds every criterion, in order, as it is known before it is looked at.
    """

    policy: Policy
    unasked: Mapping[str, Truth]
    look_ups: tuple[_LookUp, ...]
    tallies: tuple[_TallyStep, ...]
    steps: tuple[_Step, ...]
    families: tuple[_FamilySum, ...]
    stops: tuple[tuple[str, Verdicts], ...]
    index: Mapping[str, int]
    evidence: Mapping[str, tuple[Selection, int]]
    give_reasons: Reasoner
    tracks: tuple[tuple[str, Compiled], ...]


def compile_policy(policy: Policy) -> CompiledPolicy:
    """Compile all criteria of a policy."""
    look_ups, tallies, steps = [], [], []
    for place, criterion in enumerate(policy.criteria):
        wanted = wanted_values(criterion.condition)
        tally = _compile_tally(criterion)
        if wanted is not None:
            look_ups.append(_LookUp(place, criterion.id, *wanted, criterion.points))
        elif tally is not None:
            tallies.append(_TallyStep(place, criterion.id, tally))
        else:
            holds = compile_condition(criterion.condition)
            steps.append(_Step(place, criterion.id, holds, criterion.points))
    return CompiledPolicy(
        policy=policy,
        unasked={criterion.id: UNKNOWN for criterion in policy.criteria},
        look_ups=tuple(look_ups),
        tallies=tuple(tallies),
        steps=tuple(steps),
        families=tuple(_family_sums(policy)),
        stops=tuple(_stops(policy)),
        index={criterion.id: place for place, criterion in enumerate(policy.criteria)},
        evidence=_compile_evidence(policy),
        give_reasons=compile_reasons(policy),
        tracks=tuple((t.id, compile_condition(t.condition)) for t in policy.tracks),
    )


def _stops(policy: Policy) -> Iterator[tuple[str, Verdicts]]:
    """Disqualifiers first, then gates, then holds."""
    for name in policy.disqualifiers:
        yield name, (Verdict.DISQUALIFIED, None, None)
    for name in policy.exclusions:
        yield name, (None, Verdict.DISQUALIFIED, None)
    for gate in policy.gates:
        yield gate.criterion, (gate.when_not_met, None, gate.when_unknown)
    for name in policy.holds:
        yield name, (None, Verdict.HOLD, None)


def _family_sums(policy: Policy) -> Iterator[_FamilySum]:
    for family in Family:
        places = [n for n, c in enumerate(policy.criteria) if c.family is family and c.points]
        if places:
            weight = policy.family_weights.get(family, 1.0)
            cap = policy.family_caps.get(family, float("inf"))
            yield _FamilySum(family, _picker(places), weight, cap)


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
    if isinstance(test, ColleaguesTest):
        return _tally_colleagues(test, criterion.points)
    if not isinstance(test, ActivityTest) or not criterion.counts_actions:
        return None
    if not criterion.points and test.of is Whose.LEAD:
        return None
    select, is_enough, add_up = (
        compile_selection(test),
        compile_enough(test),
        _compile_points(criterion),
    )
    if is_plain(test):
        return _tally_one_kind(test, add_up)
    is_open = compile_doubt(test)
    too_few = too_few_of_organisation if test.of is Whose.ORGANISATION else _no

    def tally(case: Case) -> tuple[Truth, float, tuple[str, ...]]:
        found = select(case)
        if not found or not is_enough(found, case):
            return (UNKNOWN if is_open is not None and is_open(case) else too_few(case)), 0.0, ()
        return YES, add_up(found, case), tuple([activity.ref for activity in found])

    return tally


_NONE_SEEN: tuple[Truth, float, tuple[str, ...]] = (NO, 0.0, ())


def _tally_one_kind(test: ActivityTest, add_up: Callable[[Activities, Case], float]) -> _Tally:
    """The commonest tally, in one function: a third quicker than joining those that tell its parts."""
    (kind,), within = test.kinds, FOR_EVER if test.within is None else test.within

    def tally(case: Case) -> tuple[Truth, float, tuple[str, ...]]:
        found: Activities | None = case.by_kind.get(kind)
        if found is None:
            return _NONE_SEEN
        now = case.now
        if now - found[-1].at >= within:
            found = [activity for activity in found if now - activity.at < within]
            if not found:
                return _NONE_SEEN
        return YES, add_up(found, case), tuple([activity.ref for activity in found])

    return tally


def _no(_case: Case) -> Truth:
    return NO


def _tally_colleagues(test: ColleaguesTest, points: float) -> _Tally:
    holds = compile_condition(test)

    def tally(case: Case) -> tuple[Truth, float, tuple[str, ...]]:
        truth = holds(case)
        if truth is not YES:
            return truth, 0.0, ()
        return YES, points, tuple(one.action for one in active_colleagues(test, case))

    return tally


def _compile_points(criterion: Criterion) -> Callable[[Activities, Case], float]:
    points, repeat, weigh = criterion.points, criterion.repeat, _compile_line_weight(criterion)
    cap = float("inf") if criterion.cap is None else criterion.cap
    half_life = criterion.half_life.total_seconds() if criterion.half_life else float("inf")

    def add_up(found: Activities, case: Case) -> float:
        now = case.now
        line = case.facts.get("service_line") if weigh is not None else None
        if len(found) == 1:  # most criteria count one action
            (only,) = found
            fresh: float = points * 0.5 ** ((now - only.at).total_seconds() / half_life)
            if weigh is not None and line is not None and only.service_line is not None:
                fresh *= weigh(str(line), only.service_line)
            return fresh if fresh <= cap else cap
        worth = []
        for activity in found:
            value: float = points * 0.5 ** ((now - activity.at).total_seconds() / half_life)
            if weigh is not None and line is not None and activity.service_line is not None:
                value *= weigh(str(line), activity.service_line)
            worth.append(value)
        worth.sort(reverse=True)
        total, weight = 0.0, 1.0
        for value in worth:
            total += value * weight
            weight *= repeat
        return min(total, cap)

    return add_up


def _compile_line_weight(criterion: Criterion) -> Callable[[str, str], float] | None:
    """Build the function of two known service lines, the lead's and an action's; None weighs nothing."""
    if not criterion.weighs_lines:
        return None
    own, near, far = criterion.own_line, criterion.related_line, criterion.other_line
    related = related_to(criterion.related_lines)

    def weigh(line: str, other: str) -> float:
        if other == line:
            return own
        return near if other in related.get(line, ()) else far

    return weigh
