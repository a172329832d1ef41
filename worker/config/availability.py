"""Builds the rules of availability: what holds or slows a lead that nobody has time for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from worker.config.availability_documents import (
    AvailabilityDocument,
    AvailabilityRuleEntry,
    HoldEntry,
    SlowEntry,
)
from worker.config.conditions import IN_ROUTING, ConditionReader
from worker.config.findings import Findings
from worker.config.vocabulary import Vocabulary, check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.availability import AvailabilityPolicy, AvailabilityRule, Limit, Slow
from worker.core.conditions import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityReader:
    """Builds the policy of one availability.yaml; ``reads`` collects the facts its exceptions read."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    reads: set[str]

    def build(self, document: AvailabilityDocument) -> AvailabilityPolicy:
        mapped = self.words.mapped
        if document.rules and mapped is not None and not mapped.has_availability:
            message = "no system has an object of kind availability, so nothing is ever known."
            hint = "map a table of availability in systems/, or take the rules out"
            self.findings.error(self.sheet.spot("rules"), message, hint=hint)
        return AvailabilityPolicy(
            rules=tuple(self._rules(document.rules)), stale_after=document.stale_after
        )

    def _rules(self, entries: Iterable[AvailabilityRuleEntry]) -> Iterator[AvailabilityRule]:
        earlier: list[AvailabilityRuleEntry] = []
        for number, entry in enumerate(entries):
            path: KeyPath = ("rules", number)
            self._check(entry, earlier, path)
            earlier.append(entry)
            hold, slow = entry.hold, entry.slow
            yield AvailabilityRule(
                id=entry.id,
                pathways=frozenset(entry.pathway),
                service_lines=frozenset(entry.service_line),
                sites=frozenset(entry.site),
                hold=self._limit(hold, (*path, "hold")) if hold else None,
                slow=self._slow(slow, (*path, "slow")) if slow else None,
                never_for=self._exception(entry, path),
                unknown=entry.unknown,
            )

    def _check(
        self, entry: AvailabilityRuleEntry, earlier: list[AvailabilityRuleEntry], path: KeyPath
    ) -> None:
        spot = self.sheet.spot
        if any(entry.id == other.id for other in earlier):
            message = f"the id {entry.id!r} is used by an earlier rule."
            self.findings.error(spot(*path, "id"), message)
        if entry.hold is None and entry.slow is None:
            message = f"the rule {entry.id!r} neither holds nor slows anybody."
            self.findings.error(spot(*path), message, hint="give it `hold`, `slow` or both")
        self._check_limits(entry, path)
        self._check_words("pathway", entry.pathway, self.words.pathways, path)
        self._check_words("service_line", entry.service_line, self._codes("service_line"), path)
        self._check_words("site", entry.site, self._codes("site"), path)
        covering = next((other for other in earlier if _covers(other, entry)), None)
        if covering is not None:
            message = f"no lead reaches this rule: {covering.id!r} covers all that it does."
            self.findings.error(spot(*path), message, hint="put the narrower rule first")

    def _check_limits(self, entry: AvailabilityRuleEntry, path: KeyPath) -> None:
        if entry.hold is None or entry.slow is None:
            return
        if entry.slow.when_wait_longer_than >= entry.hold.when_wait_longer_than:
            message = "a wait as long as this is held already, so nothing is ever slowed."
            hint = "slow at a shorter wait than hold"
            place = (*path, "slow", "when_wait_longer_than")
            self.findings.error(self.sheet.spot(*place), message, hint=hint)

    def _check_words(
        self, key: str, words: Iterable[str], known: Iterable[str] | None, path: KeyPath
    ) -> None:
        names = frozenset(known) if known is not None else None
        for number, word in enumerate(words):
            spot = self.sheet.spot(*path, key, number)
            check_name(self.findings, spot, key.replace("_", " "), word, names)

    def _codes(self, fact: str) -> frozenset[str] | None:
        """Name the values that leads can have; None where that cannot be told."""
        mapped = self.words.mapped
        return mapped.values_of(fact) if mapped is not None and mapped.is_complete else None

    def _limit(self, entry: HoldEntry | SlowEntry, path: KeyPath) -> Limit:
        begins, ends = entry.when_wait_longer_than, entry.resume_when
        if ends is not None and ends > begins:
            message = "this is longer than the wait at which it begins."
            allowed = "the same wait or a shorter one"
            self.findings.error(self.sheet.spot(*path, "resume_when"), message, allowed=allowed)
        return Limit(longer_than=begins, resume=begins if ends is None else ends)

    def _slow(self, entry: SlowEntry, path: KeyPath) -> Slow:
        return Slow(limit=self._limit(entry, path), at_most=entry.at_most, per=entry.per)

    def _exception(self, entry: AvailabilityRuleEntry, path: KeyPath) -> Condition | None:
        if entry.never_for is None:
            return None
        reader = ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=IN_ROUTING,
            noun="exception",
            reads=self.reads,
        )
        return reader.read(entry.never_for, (*path, "never_for"))


def _covers(one: AvailabilityRuleEntry, other: AvailabilityRuleEntry) -> bool:
    """Tell whether every lead of ``other`` is one of ``one``; an exception only ends the search."""
    pairs: Mapping[str, tuple[list[str], list[str]]] = {
        "pathway": (one.pathway, other.pathway),
        "service_line": (one.service_line, other.service_line),
        "site": (one.site, other.site),
    }
    return all(not wide or (narrow and set(narrow) <= set(wide)) for wide, narrow in pairs.values())
