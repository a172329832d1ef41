"""What an administrator has set up that changes or refuses a write, and scripted row locks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from connectors.sandbox.salesforce.fields import Row

Holds: TypeAlias = Callable[[Row, Row], bool]
"""Looks at a record before (empty for a new one) and after, and tells whether it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validation rule: what it finds wrong is refused with its own words."""

    type: str
    message: str
    is_wrong: Holds
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """A duplicate rule: records of these types that agree in all ``fields`` are duplicates.

    One that only alerts is passed with ``allowSave=true``; one that blocks never is.
    """

    type: str
    fields: tuple[str, ...] = ("Email",)
    among: tuple[str, ...] = ("Lead", "Contact")
    is_blocking: bool = False
    name: str = "Standard_Duplicate_Rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The active assignment rule of an object type: every write that does not forbid it gets this owner."""

    type: str
    owner_id: str
    applies: Holds = lambda _before, _after: True


@dataclass(slots=True, kw_only=True)
class Lock:
    """Somebody works on a record or on its parent; ``times`` writes fail (None: all)."""

    id: str
    times: int | None = 1


@dataclass(slots=True, kw_only=True)
class Rules:
    """The rules of an org, and its locks."""

    validations: list[Validation] = field(default_factory=list)
    duplicates: list[DuplicateRule] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    locks: list[Lock] = field(default_factory=list)

    def is_locked(self, ids: frozenset[str]) -> bool:
        """Tell whether one of these records is locked, and count the try."""
        for lock in self.locks:
            if lock.id in ids and lock.times != 0:
                lock.times = None if lock.times is None else lock.times - 1
                return True
        return False
