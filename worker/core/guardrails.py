"""Guardrails: budgets for how much one plan may change before a person must look at it.

Evaluated over the whole plan before its first write. A breach holds the plan and names the cause
that most of the changes share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
