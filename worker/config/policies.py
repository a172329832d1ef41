"""Builds the policy of one pathway from its document, criteria in an order fit for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from worker.config.activity_tests import report_too_long
from worker.config.conditions import IN_CRITERION, ConditionReader
from worker.config.criteria import CriterionReader
from worker.config.digests import digest_of
from worker.config.findings import Findings
from worker.config.fragments import with_fragments
from worker.config.hand_off_documents import PolicyHandOffEntry
from worker.config.policy_documents import (
    GateAnswer,
    PolicyDocument,
    QualifyingRuleEntry,
)
from worker.config.vocabulary import Vocabulary, check_fact, check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import criteria_read
from worker.core.exclusions import LOOK_BACK
from worker.core.policy import (
    Criterion,
    Evidence,
    Gate,
    Keep,
    Policy,
    QualifyingRule,
    Track,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReader:
    """Builds one policy; what it reads of the facts is added to ``reads``.

    ``uses`` collects the digests of the fragments that it uses.
    """

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    reads: set[str]
    uses: dict[str, str] = field(default_factory=dict)

    def build(self, document: PolicyDocument) -> Policy | None:
        """Build the policy; None when something in it cannot be read."""
        before = len(self.findings.errors)
        self._check_names(document)
        ordered = self._build_criteria(document)
        tracks = tuple(self._build_tracks(document))
        policy = Policy(
            pathway=document.pathway,
            title=document.title,
            version=document.version,
            digest=with_fragments(digest_of(self.sheet.value), self.uses),
            purpose=document.purpose,
            criteria=tuple(ordered),
            gates=tuple(
                Gate(
                    criterion=gate.criterion,
                    when_not_met=_verdict(gate.not_met),
                    when_unknown=_verdict(gate.unknown),
                )
                for gate in document.gates
            ),
            disqualifiers=tuple(document.disqualify_when_not_met),
            exclusions=tuple(document.disqualify_when),
            holds=tuple(document.hold_when),
            rules=tuple(map(_build_rule, document.qualify_when)),
            nurture=tuple(document.nurture_when),
            family_caps={
                family: entry.cap
                for family, entry in document.families.items()
                if entry.cap is not None
            },
            family_weights={family: entry.weight for family, entry in document.families.items()},
            keep=_build_keep(document),
            tracks=tracks,
            required_documents=tuple(document.required_documents),
            hand_off_facts=handed_on(document.hand_off),
            hand_off_required=frozenset(document.hand_off.required),
            hand_off_allowed=frozenset(document.hand_off.allow),
        )
        # A criterion can also be missing without an error here: when another file has one.
        is_whole = len(ordered) == len(document.use) + len(document.criteria)
        return policy if is_whole and len(self.findings.errors) == before else None

    # --- criteria

    def _build_criteria(self, document: PolicyDocument) -> list[Criterion]:
        """Build the criteria taken from the shared ones, and behind them the policy's own."""
        reader = CriterionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            names=frozenset((*document.use, *document.criteria)),
            reads=self.reads,
            uses=self.uses,
        )
        taken = (self._take(name, number, document) for number, name in enumerate(document.use))
        own = (reader.build(name, entry) for name, entry in document.criteria.items())
        return reader.in_order([item for item in (*taken, *own) if item is not None])

    def _take(self, name: str, number: int, document: PolicyDocument) -> Criterion | None:
        """Take a shared criterion; None when there is none, or when it cannot stand here."""
        shared, spot = self.words.shared, self.sheet.spot("use", number)
        if shared is None or name not in shared.criteria:
            return None
        found = shared.criteria[name]
        shared.used.add(f"criteria.{name}")
        self.uses[f"criteria.{name}"] = found.digest
        self.reads.update(found.reads)
        if name in document.criteria:
            there = f"{self.sheet.file}:{self.sheet.line(('criteria', name))}"
            message = f"the criterion {name!r} is taken from shared.yaml, and written at {there}."
            self.findings.error(spot, message, hint="keep one of the two, or rename the own one")
            return None
        missing = criteria_read(found.criterion.condition) if found.criterion else frozenset()
        for other in sorted(missing - {*document.use, *document.criteria}):
            message = f"the shared criterion {name!r} refers to {other!r}, which is not here."
            self.findings.error(spot, message, hint=f"add {other!r} to `use`")
        return found.criterion

    def _build_tracks(self, document: PolicyDocument) -> Iterator[Track]:
        reader = ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=IN_CRITERION,
            criteria=frozenset((*document.use, *document.criteria)),
            noun="track",
            reads=self.reads,
            uses=self.uses,
        )
        seen: set[str] = set()
        for number, entry in enumerate(document.tracks):
            if entry.id in seen:
                spot = self.sheet.spot("tracks", number, "id")
                self.findings.error(spot, f"the id {entry.id!r} is used by an earlier track.")
            seen.add(entry.id)
            condition = reader.read(entry.when, ("tracks", number, "when"))
            if condition is not None:
                yield Track(id=entry.id, sentence=entry.sentence, condition=condition)

    # --- names

    def _check_names(self, document: PolicyDocument) -> None:
        known = frozenset((*document.criteria, *document.use))
        if self.words.shared is not None:
            self._check_list(("use",), document.use, self.words.shared.criteria, "shared criterion")
        for path, names in _criterion_lists(document):
            self._check_list(path, names, known)
        spot = self.sheet.spot("purpose")
        check_name(self.findings, spot, "purpose", document.purpose, self.words.purposes)
        self._check_hand_off(document.hand_off)
        self._check_documents(document)
        self._check_rule_ids(document)

    def _check_list(
        self,
        path: KeyPath,
        names: Iterable[str],
        known: frozenset[str] | Mapping[str, object],
        noun: str = "criterion",
    ) -> None:
        seen: set[str] = set()
        for number, name in enumerate(names):
            spot = self.sheet.spot(*path, number)
            check_name(self.findings, spot, noun, name, known)
            if name in seen:
                self.findings.error(spot, f"the {noun} {name!r} is listed twice.")
            seen.add(name)

    def _check_hand_off(self, entry: PolicyHandOffEntry) -> None:
        for key, facts in (("facts", entry.facts), ("required", entry.required)):
            for number, fact in enumerate(facts):
                self.reads.add(fact)
                path: KeyPath = ("hand_off", key, number)
                path = path if path in self.sheet.places else ("hand_off", number)
                check_fact(self.findings, self.sheet.spot(*path), fact, self.words)

    def _check_documents(self, document: PolicyDocument) -> None:
        if not document.required_documents:
            return
        self.reads.add("documents")
        spot = self.sheet.spot("required_documents")
        if not check_fact(self.findings, spot, "documents", self.words):
            return
        possible = self.words.mapped.values_of("documents") if self.words.mapped else None
        for number, name in enumerate(document.required_documents):
            spot = self.sheet.spot("required_documents", number)
            check_name(self.findings, spot, "document", name, possible)

    def _check_rule_ids(self, document: PolicyDocument) -> None:
        seen: set[str] = set()
        for number, rule in enumerate(document.qualify_when):
            if rule.id in seen:
                spot = self.sheet.spot("qualify_when", number, "id")
                self.findings.error(spot, f"the id {rule.id!r} is used by an earlier rule.")
            seen.add(rule.id)
            if rule.evidence is not None and rule.evidence.within > LOOK_BACK:
                spot = self.sheet.spot("qualify_when", number, "evidence", "within")
                report_too_long(self.findings, spot, "within")
            asked = (rule.all, rule.any, rule.at_least, rule.score, rule.evidence)
            if not any(asked):
                spot = self.sheet.spot("qualify_when", number)
                message = f"the rule {rule.id!r} asks for nothing, so every lead would qualify."
                self.findings.error(
                    spot, message, hint="give it `all`, `any`, `at_least`, `score` or `evidence`"
                )


def handed_on(entry: PolicyHandOffEntry) -> tuple[str, ...]:
    """List the facts of a hand-off, each once."""
    return tuple(dict.fromkeys((*entry.facts, *entry.required)))


def _criterion_lists(document: PolicyDocument) -> list[tuple[KeyPath, list[str]]]:
    lists: list[tuple[KeyPath, list[str]]] = [
        (("disqualify_when_not_met",), document.disqualify_when_not_met),
        (("disqualify_when",), document.disqualify_when),
        (("hold_when",), document.hold_when),
        (("nurture_when",), document.nurture_when),
        (("gates",), [gate.criterion for gate in document.gates]),
    ]
    if document.keep_when is not None:
        lists.append((("keep_when", "unless"), document.keep_when.unless))
    for number, rule in enumerate(document.qualify_when):
        lists.append((("qualify_when", number, "all"), rule.all))
        lists.append((("qualify_when", number, "any"), rule.any))
        lists.append((("qualify_when", number, "none"), rule.none))
        if rule.at_least is not None:
            lists.append((("qualify_when", number, "at_least", "of"), rule.at_least.of))
    return lists


def _verdict(answer: GateAnswer) -> Verdict | None:
    return None if answer == "continue" else Verdict(answer)


def _build_keep(document: PolicyDocument) -> Keep | None:
    entry = document.keep_when
    if entry is None:
        return None
    return Keep(total=entry.total, families=entry.by_family(), unless=tuple(entry.unless))


def _build_rule(entry: QualifyingRuleEntry) -> QualifyingRule:
    rule = QualifyingRule(
        id=entry.id,
        sentence=entry.sentence,
        all=tuple(entry.all),
        any=tuple(entry.any),
        none=tuple(entry.none),
    )
    if entry.at_least is not None:
        rule = replace(rule, some=tuple(entry.at_least.of), least=entry.at_least.count)
    if entry.score is not None:
        rule = replace(rule, total=entry.score.total, families=entry.score.by_family())
    if entry.evidence is not None:
        evidence = Evidence(
            kinds=entry.evidence.kinds,
            within=entry.evidence.within,
            strengths=frozenset(entry.evidence.strength),
        )
        rule = replace(rule, evidence=evidence)
    return rule
