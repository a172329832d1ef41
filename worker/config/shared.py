"""Reads ``shared.yaml``: the fragments, each behind those it uses itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from worker.config.conditions import IN_SHARED, ConditionReader
from worker.config.criteria import CriterionReader, find_circle
from worker.config.digests import digest_of
from worker.config.findings import Findings
from worker.config.fragments import (
    Shared,
    SharedCondition,
    SharedCriterion,
    uses_in,
    with_fragments,
)
from worker.config.shared_documents import SharedDocument
from worker.config.vocabulary import Vocabulary
from worker.config.yaml_text import Sheet, Yaml

_BROKEN = SharedCondition(condition=None, asks=frozenset(), reads=frozenset(), digest="")


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedReader:
    """Reads the fragments of one configuration."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary

    def build(self, document: SharedDocument) -> Shared:
        """Build all fragments; one with mistakes is kept without its content, so that it is known."""
        used: set[str] = set()
        conditions = self._build_conditions(document, used)
        words = replace(self.words, shared=Shared(conditions=conditions, used=used))
        return Shared(
            conditions=conditions,
            criteria=self._build_criteria(document, words),
            used=used,
        )

    def _build_conditions(
        self, document: SharedDocument, used: set[str]
    ) -> Mapping[str, SharedCondition]:
        built: dict[str, SharedCondition] = {}
        left = {name: uses_in(raw) for name, raw in document.conditions.items()}
        while left:
            ready = next((name for name, uses in left.items() if not uses & left.keys()), None)
            if ready is None:
                self._report_circle(left)
                return {name: built.get(name, _BROKEN) for name in document.conditions}
            # A fragment that is known but not read yet can only be one of a circle.
            known = Shared(conditions=built, used=used)
            built[ready] = self._build_condition(ready, document.conditions[ready], known)
            del left[ready]
        return {name: built[name] for name in document.conditions}

    def _report_circle(self, left: Mapping[str, frozenset[str]]) -> None:
        circle = find_circle(left)
        message = f"these conditions use each other in a circle: {' → '.join(circle)}."
        self.findings.error(self.sheet.spot("conditions", circle[0]), message)

    def _build_condition(self, name: str, raw: Yaml, known: Shared) -> SharedCondition:
        reader = ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=replace(self.words, shared=known),
            kinds=IN_SHARED,
            may_leak=True,  # whether it leaks is looked at where it is used
        )
        condition = reader.read(raw, ("conditions", name))
        return SharedCondition(
            condition=condition,
            asks=frozenset(reader.asks),
            reads=frozenset(reader.reads),
            digest=with_fragments(digest_of(raw), reader.uses),
        )

    def _build_criteria(
        self, document: SharedDocument, words: Vocabulary
    ) -> Mapping[str, SharedCriterion]:
        built: dict[str, SharedCriterion] = {}
        for name, entry in document.criteria.items():
            reader = CriterionReader(
                sheet=self.sheet,
                findings=self.findings,
                words=words,
                names=frozenset(document.criteria),
                reads=set(),
            )
            criterion = reader.build(name, entry)
            built[name] = SharedCriterion(
                criterion=criterion,
                reads=frozenset(reader.reads),
                digest=with_fragments(digest_of(self._raw_criterion(name)), reader.uses),
            )
        whole = [item.criterion for item in built.values() if item.criterion is not None]
        ordered = {criterion.id for criterion in self._reader(words).in_order(whole)}
        return {
            name: item if name in ordered else replace(item, criterion=None)
            for name, item in built.items()
        }

    def _reader(self, words: Vocabulary) -> CriterionReader:
        return CriterionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=words,
            names=frozenset(),
            reads=set(),
        )

    def _raw_criterion(self, name: str) -> Yaml:
        criteria = self.sheet.value["criteria"] if isinstance(self.sheet.value, dict) else None
        return criteria[name] if isinstance(criteria, dict) else None
