"""Guardrails: budgets for how much one plan may change before a person must look at it.

Evaluated over the whole plan before its first write. A breach holds the plan and names the cause
that most of the changes share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Scope(StrEnum):
    """What a budget counts changes by."""

    STAGE = "stage"
    OWNER = "owner"
    PATHWAY = "pathway"
    FIELD = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """At most ``max_share`` of the base and ``max_count`` records; never less than ``floor``.

    ``key`` narrows it to one stage, owner, pathway or field; ``*`` applies to each separately.
    ``only_overwrites`` counts only changes of a value that was there before.
    """

    id: str
    scope: Scope
    key: str = "*"
    max_share: float | None = None
    max_count: int | None = None
    floor: int = 25
    only_overwrites: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailPolicy:
    budgets: tuple[Budget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One record's planned change, as guardrails see it: codes and ids only.

    ``overwrites`` names the managed values that stood there before and would be replaced.
    """

    stage: str | None
    owner: str | None
    pathway: str | None
    fields: frozenset[str]
    overwrites: frozenset[str]
    causes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A budget that a plan exceeds, with the cause most of its changes share."""

    budget: str
    scope: Scope
    key: str
    count: int
    allowed: int
    base: int
    cause: str


@dataclass(slots=True)
class _Tally:
    """How many changes fall under one budget and key, and what they share. Codes only, so small."""

    count: int = 0
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, change: PlannedChange) -> None:
        self.count += 1
        self.causes.update((name, value) for name, value in change.causes.items() if value)


def find_breaches(
    changes: Iterable[PlannedChange], base: int, policy: GuardrailPolicy
) -> tuple[Breach, ...]:
    """Compare a whole plan with the budgets, in one pass. ``base`` is the number of profiles."""
    tallies: dict[tuple[Budget, str], _Tally] = {}
    for change in changes:
        for budget in policy.budgets:
            for key in _keys(budget, change):
                if budget.key in ("*", key):
                    tallies.setdefault((budget, key), _Tally()).add(change)
    order = {budget: place for place, budget in enumerate(policy.budgets)}
    return tuple(
        Breach(
            budget=budget.id,
            scope=budget.scope,
            key=key,
            count=tally.count,
            allowed=allowance(budget, base),
            base=base,
            cause=common_cause(tally.count, tally.causes),
        )
        for (budget, key), tally in sorted(
            tallies.items(), key=lambda item: (order[item[0][0]], item[0][1])
        )
        if tally.count > allowance(budget, base)
    )


_ROUNDING = 1e-9
"""29 % of 100 is 28.999… in binary, and must still be 29."""


def allowance(budget: Budget, base: int) -> int:
    """How many changes a budget allows on a base of this size."""
    limits = []
    if budget.max_share is not None:
        limits.append(int(budget.max_share * base + _ROUNDING))
    if budget.max_count is not None:
        limits.append(budget.max_count)
    return max(budget.floor, min(limits, default=base))


def _keys(budget: Budget, change: PlannedChange) -> Iterable[str]:
    match budget.scope:
        case Scope.STAGE:
            name, keys = "lifecycle_stage", [change.stage]
        case Scope.OWNER:
            name, keys = "owner", [change.owner]
        case Scope.PATHWAY:
            name, keys = "", [change.pathway]
        case Scope.FIELD:
            fields = change.overwrites if budget.only_overwrites else change.fields
            return sorted(fields)
    if budget.only_overwrites and name and name not in change.overwrites:
        return ()
    return [key for key in keys if key is not None]


def common_cause(total: int, causes: Mapping[tuple[str, str], int]) -> str:
    """Name what most of the changes have in common, such as one rule or one policy version."""
    shared = [item for item in causes.items() if item[1] * 5 >= total * 4]
    if not shared:
        return "no single cause is shared by four fifths of the changes"
    order = {name: place for place, name in enumerate(_CAUSES)}
    (name, value), count = min(
        shared, key=lambda item: (order.get(item[0][0], len(order)), -item[1], item[0])
    )
    return f"{count} of {total} share {name} {value}"


_CAUSES = ("new policy", "qualifying rule", "gate", "routing rule", "reason", "pathway")
"""The causes that explain a mass change, the most telling first."""
