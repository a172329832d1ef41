"""Evidence of consent: what was said or done, when, with what proof, and until when it counts.

The date and the proof of an agreement must stand in the record that agrees: the date of one record
says nothing of the agreement in another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

from worker.core.case import UNKNOWN, YES, Case, of_record
from worker.core.conditions import (
    ActivityTest,
    AllOf,
    AnyOf,
    Condition,
    FactTest,
    FirstKnown,
    Operator,
    facts_read,
)
from worker.core.evaluation import Compiled, compile_condition
from worker.core.jurisdictions import Places, Reach, reach_of
from worker.core.model import PERMISSIVE_FACTS
from worker.core.selection import compile_selection


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEvidence:
    """When ``condition`` holds, there is consent for ``purposes`` (empty: any).

    ``proof`` and ``given_at`` name the facts that hold the reference of the proof and the time of
    the agreement; an action is its own proof and has its own time. With ``valid_for`` the evidence
    ages, and counts for nothing when its time is not known. ``only_in`` and ``not_in`` name
    jurisdictions.
    """

    id: str
    condition: Condition
    purposes: frozenset[str] = frozenset()
    proof: str | None = None
    requires_proof: bool = False
    given_at: str = "consent_at"
    valid_for: timedelta | None = None
    only_in: frozenset[str] = frozenset()
    not_in: frozenset[str] = frozenset()

    def is_dated_by_fact(self) -> bool:
        """Tell whether ``given_at`` is looked at: not where only actions date the evidence."""
        is_agreement = not facts_read(self.condition).isdisjoint(PERMISSIVE_FACTS)
        return is_agreement or not actions_in(self)

    def ageing(self) -> tuple[Condition, ...]:
        """Conditions that close when the evidence has grown too old; none when it does not age."""
        if self.valid_for is None:
            return ()
        actions = tuple(replace(test, within=self.valid_for) for test in actions_in(self))
        if not self.is_dated_by_fact():
            return actions
        dated = FactTest(fact=self.given_at, operator=Operator.WITHIN_LAST, operand=self.valid_for)
        return (dated, *actions)


def actions_in(item: ConsentEvidence) -> tuple[ActivityTest, ...]:
    """List the tests of actions that date the evidence."""
    return tuple(_actions(item.condition))


def _actions(condition: Condition) -> Iterable[ActivityTest]:
    match condition:
        case ActivityTest():
            yield condition
        case AllOf(items=items) | AnyOf(items=items) | FirstKnown(items=items):
            for item in items:
                yield from _actions(item)
        case _:
            return


class Given(NamedTuple):
    """When consent was given, by which action if by one, and when its window closes (None: never)."""

    at: datetime | None
    action: str | None = None
    until: datetime | None = None


class Shown(NamedTuple):
    """Evidence that counts."""

    at: datetime | None
    proof: str | None
    until: datetime | None


class Lacking(NamedTuple):
    """Evidence that holds and does not count; ``reason`` is the end of the reason code."""

    reason: str


Outcome: TypeAlias = Shown | Lacking | None
EvidenceCheck: TypeAlias = Callable[[Case, Places], Outcome]
_Tracer: TypeAlias = Callable[[Case], Given]

_REACH_REASONS = {Reach.NOT_HERE: "NOT_HERE", Reach.UNKNOWN: "PLACE_UNKNOWN"}


def compile_evidence(item: ConsentEvidence) -> EvidenceCheck:
    """Build the function (case, places) → the evidence shown, what it lacks, or None: none."""
    holds = compile_condition(item.condition)
    trace = _compile_trace(item.condition, item.given_at) or _consent_date(item.given_at)
    is_strict = item.requires_proof or item.valid_for is not None
    is_limited = bool(item.only_in or item.not_in)

    def ask(case: Case, places: Places) -> Outcome:
        if holds(case) is not YES:
            return None
        if is_limited:
            reach = reach_of(item.only_in, item.not_in, places)
            if reach is not Reach.COUNTS:
                return Lacking(_REACH_REASONS[reach])
        if not case.records:
            return _weigh(item, trace, case)
        found = [_weigh(item, trace, one) for one in _single_records(case, holds)]
        if not found:
            return Lacking(_first_need(item)) if is_strict else _weigh(item, trace, case)
        return next((one for one in found if isinstance(one, Shown)), found[0])

    return ask


def _single_records(case: Case, holds: Compiled) -> list[Case]:
    """The records that meet the condition by themselves, the first reference first."""
    each = [of_record(case, facts) for facts in case.records]
    return [one for one in each if holds(one) is YES]


def _first_need(item: ConsentEvidence) -> str:
    return "UNPROVEN" if item.requires_proof else "UNDATED"


def _weigh(item: ConsentEvidence, trace: _Tracer, case: Case) -> Shown | Lacking:
    at, action, closes = trace(case)
    written = case.facts.get(item.proof) if item.proof is not None else None
    proof = str(written) if written is not None else action
    if item.requires_proof and proof is None:
        return Lacking("UNPROVEN")
    if item.valid_for is None:
        return Shown(at, proof, closes)
    if at is None or at > case.now:
        return Lacking("UNDATED")
    until = at + item.valid_for
    if case.now >= until:
        return Lacking("EXPIRED")
    return Shown(at, proof, min(until, closes or until))


def _consent_date(fact: str) -> _Tracer:
    def trace(case: Case) -> Given:
        at = case.facts.get(fact)
        return Given(at if isinstance(at, datetime) else None)

    return trace


def _compile_trace(condition: Condition, given_at: str) -> _Tracer | None:
    """Build the function that dates a condition which holds; None for one that time says nothing of."""
    match condition:
        case ActivityTest():
            return _trace_action(condition)
        case FactTest(fact=fact) if fact in PERMISSIVE_FACTS:
            return _consent_date(given_at)
        case AllOf(items=items):
            parts = [_compile_trace(item, given_at) for item in items]
            return _trace_all([part for part in parts if part is not None])
        case AnyOf(items=items):
            return _trace_any(_traced(items, given_at))
        case FirstKnown(items=items):
            return _trace_first_known(_traced(items, given_at))
        case _:
            return None


def _trace_action(test: ActivityTest) -> _Tracer:
    select = compile_selection(test)
    is_single = test.at_least <= 1 and test.distinct_kinds <= 1

    def trace(case: Case) -> Given:
        newest = max(select(case), key=lambda action: (action.at, action.ref), default=None)
        if newest is None:
            return Given(None)
        closes = newest.at + test.within if test.within is not None and is_single else None
        return Given(newest.at, newest.ref, closes)

    return trace


def _trace_all(parts: list[_Tracer]) -> _Tracer | None:
    """All of it is as old as its oldest part, and of no known age when one part has none."""
    if not parts:
        return None

    def trace(case: Case) -> Given:
        found = [part(case) for part in parts]
        undated = [given for given in found if given.at is None]
        oldest = undated[0] if undated else min(found, key=_youth)
        closing = [given.until for given in found if given.until is not None]
        return oldest._replace(until=min(closing, default=None))

    return trace


def _traced(items: Iterable[Condition], given_at: str) -> list[tuple[Compiled, _Tracer]]:
    timeless = _consent_date(given_at)
    return [(compile_condition(item), _compile_trace(item, given_at) or timeless) for item in items]


def _trace_any(parts: list[tuple[Compiled, _Tracer]]) -> _Tracer:
    """Any of it is as young as the youngest part that holds."""

    def trace(case: Case) -> Given:
        found = [date(case) for holds, date in parts if holds(case) is YES]
        return max(found, key=_youth, default=Given(None))

    return trace


def _youth(given: Given) -> tuple[bool, datetime, bool]:
    return given.at is not None, given.at or _NEVER, given.until is None


_NEVER = datetime.min.replace(tzinfo=UTC)


def _trace_first_known(parts: list[tuple[Compiled, _Tracer]]) -> _Tracer:
    def trace(case: Case) -> Given:
        for holds, date in parts:
            if holds(case) is not UNKNOWN:
                return date(case)
        return Given(None)

    return trace
