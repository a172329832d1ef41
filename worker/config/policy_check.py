"""One policy while it is checked: what it says, where it is written, and where findings go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.config.findings import Findings, Spot
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import ActivityTest, Condition
from worker.core.model import ActivityKind
from worker.core.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCheck:
    """One policy, the sheet it is written in, that of the shared criteria, and where findings go."""

    policy: Policy
    sheet: Sheet
    shared: Sheet | None
    words: Vocabulary
    findings: Findings

    @property
    def conditions(self) -> Mapping[str, Condition]:
        return {criterion.id: criterion.condition for criterion in self.policy.criteria}

    def spot_of(self, criterion: str) -> Spot:
        """Find where the policy has the criterion: written out, or taken from the shared ones."""
        used = self.sheet.value.get("use") if isinstance(self.sheet.value, dict) else None
        if isinstance(used, list) and criterion in used:
            return self.sheet.spot("use", used.index(criterion))
        return self.sheet.spot("criteria", criterion)

    def spot_of_condition(self, criterion: str) -> Spot:
        """Find where the condition of a criterion is written."""
        path: KeyPath = ("criteria", criterion, "when")
        is_own = path[:2] in self.sheet.places
        return (self.sheet if is_own or self.shared is None else self.shared).spot(*path)


def fitting(test: ActivityTest, words: Vocabulary) -> list[ActivityKind]:
    """List the kinds of action that a test could count."""
    return [
        kind
        for kind in (words.activities or {}).values()
        if kind.is_enabled
        and (not test.kinds or kind.name in test.kinds)
        and (not test.strengths or kind.strength in test.strengths)
    ]
