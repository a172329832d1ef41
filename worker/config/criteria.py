"""Builds criteria, whether a policy has them of its own or they are shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from worker.config.conditions import IN_CRITERION, ConditionReader
from worker.config.findings import Findings
from worker.config.policy_documents import CriterionEntry
from worker.config.vocabulary import Vocabulary, check_reason
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import RelatedLines, criteria_read
from worker.core.policy import Criterion, CriterionReasons

_LINE_WEIGHTS = frozenset({"own_line", "related_line", "other_line"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionReader:
    """Builds the criteria of one sheet. ``names`` are those that they may refer to.

    What they read of the facts is added to ``reads``, the digests of fragments they use to ``uses``.
    """

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    names: frozenset[str]
    reads: set[str]
    uses: dict[str, str] = field(default_factory=dict)

    def build(self, name: str, entry: CriterionEntry) -> Criterion | None:
        """Build one criterion; None when its condition has mistakes."""
        path: KeyPath = ("criteria", name)
        for key in ("met", "not_met", "unknown"):
            code = getattr(entry.reasons, key)
            if code is not None:
                spot = self.sheet.spot(*path, "reasons", key)
                check_reason(self.findings, spot, code, self.words.reasons)
        reader = ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=IN_CRITERION,
            criteria=self.names,
            may_leak=entry.after_outcome is not None,
            reads=self.reads,
            uses=self.uses,
        )
        condition = reader.read(entry.when, (*path, "when"))
        if condition is None:
            return None
        criterion = Criterion(
            id=name,
            family=entry.family,
            sentence=entry.sentence,
            condition=condition,
            reasons=CriterionReasons(**entry.reasons.model_dump()),
            points=entry.points,
            half_life=entry.half_life,
            repeat=entry.repeat,
            own_line=entry.own_line,
            related_line=entry.related_line,
            other_line=entry.other_line,
            related_lines=self._related_lines(entry),
            cap=entry.cap,
        )
        self._check_points(criterion, entry, path)
        return criterion

    def _check_points(self, criterion: Criterion, entry: CriterionEntry, path: KeyPath) -> None:
        """Report keys that count actions where no action is counted."""
        for key in ("half_life", "repeat", "own_line", "related_line", "other_line", "cap"):
            spot = self.sheet.spot(*path, key)
            if key not in entry.model_fields_set:
                continue
            if not criterion.counts_actions:
                message = f"{key!r} has no effect: this criterion does not count actions."
                self.findings.error(spot, message, hint="use it with `when: {activity: …}`")
            elif not entry.points:
                message = f"{key!r} has no effect: this criterion has no points."
                self.findings.error(spot, message, hint="add `points`")
        if criterion.half_life is not None and not criterion.half_life:
            self.findings.error(
                self.sheet.spot(*path, "half_life"), "'half_life' must be more than nothing."
            )
        if criterion.cap is not None and criterion.cap < criterion.points:
            message = f"'cap' is less than one action adds ({criterion.points:g})."
            self.findings.error(self.sheet.spot(*path, "cap"), message)

    def _related_lines(self, entry: CriterionEntry) -> RelatedLines:
        """Only weights by service line need to know which lines are related."""
        is_weighed = _LINE_WEIGHTS & entry.model_fields_set
        return self.words.related_lines if is_weighed else frozenset()

    def in_order(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """Put every criterion behind those it refers to; a circle is reported and left out."""
        left = {criterion.id: criterion for criterion in criteria}
        ordered: list[Criterion] = []
        while left:
            ready = [c for c in left.values() if not (criteria_read(c.condition) & left.keys())]
            if not ready:
                circle = find_circle({c.id: criteria_read(c.condition) for c in left.values()})
                chain = " → ".join(circle)
                message = f"these criteria refer to each other in a circle: {chain}."
                spot = self.sheet.spot("criteria", circle[0], "when")
                self.findings.error(spot, message)
                return ordered
            ordered.append(ready[0])
            del left[ready[0].id]
        return ordered


def find_circle(references: Mapping[str, frozenset[str]]) -> list[str]:
    """Follow references that all lead on, until one comes back; the circle, its start at both ends."""
    chain = [next(iter(references))]
    while True:
        following = sorted(references[chain[-1]] & references.keys())[0]
        if following in chain:
            return [*chain[chain.index(following) :], following]
        chain.append(following)
