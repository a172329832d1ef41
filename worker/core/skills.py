"""Skills: which leads somebody covers, fact by fact: languages, licences, payers, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from worker.core.model import Facts, FactValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What is covered of one fact: some words, or numbers from ``least`` to ``most``, both included.

    A fact that is not known rules nobody out, unless it ``is_required``.
    """

    words: frozenset[str] = field(default_factory=frozenset)
    least: float | None = None
    most: float | None = None
    is_required: bool = False

    def covers(self, value: FactValue | None) -> bool:
        """Tell whether a lead with this value is covered; of several words one is enough."""
        if value is None:
            return not self.is_required
        if isinstance(value, tuple):
            return not self.words.isdisjoint(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value in self.words
        is_enough = self.least is None or value >= self.least
        return is_enough and (self.most is None or value <= self.most)


def missing_skill(skills: Mapping[str, Skill], facts: Facts) -> str | None:
    """Name the first fact of a lead that these skills do not cover."""
    return next((fact for fact, skill in skills.items() if not skill.covers(facts.get(fact))), None)
