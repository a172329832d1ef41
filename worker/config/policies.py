"""Builds the policy of one pathway from its document, criteria in an order fit for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from worker.config.conditions import IN_CRITERION, ConditionReader
from worker.config.digests import digest_of
from worker.config.findings import Findings
from worker.config.policy_documents import (
    CriterionEntry,
    GateAnswer,
    PolicyDocument,
    QualifyingRuleEntry,
)
from worker.config.vocabulary import Vocabulary, check_fact, check_name, check_reason
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.conditions import ActivityTest, criteria_read
from worker.core.policy import (
    Criterion,
    CriterionReasons,
    Evidence,
    Gate,
    Keep,
    Policy,
    QualifyingRule,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyReader:
    """Builds one policy; what it reads of the facts is added to ``reads``."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    reads: set[str]

    def build(self, document: PolicyDocument) -> Policy | None:
        """Build the policy; None when something in it cannot be read."""
        before = len(self.findings.errors)
        self._check_names(document)
        criteria = self._build_criteria(document)
        ordered = self._in_order(criteria)
        policy = Policy(
            pathway=document.pathway,
            title=document.title,
            version=document.version,
            digest=digest_of(self.sheet.value),
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
            rules=tuple(map(_build_rule, document.qualify_when)),
            nurture=tuple(document.nurture_when),
            family_caps=dict(document.families),
            keep=_build_keep(document),
            required_documents=tuple(document.required_documents),
            hand_off_facts=tuple(document.hand_off),
        )
        # A criterion can also be missing without an error here: when another file has one.
        is_whole = len(ordered) == len(document.criteria)
        return policy if is_whole and len(self.findings.errors) == before else None

    # --- criteria

    def _build_criteria(self, document: PolicyDocument) -> list[Criterion]:
        built = []
        for name, entry in document.criteria.items():
            criterion = self._build_criterion(name, entry, frozenset(document.criteria))
            built += [criterion] if criterion is not None else []
        return built

    def _build_criterion(
        self, name: str, entry: CriterionEntry, names: frozenset[str]
    ) -> Criterion | None:
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
            criteria=names,
            may_leak=entry.after_outcome is not None,
            reads=self.reads,
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
            cap=entry.cap,
        )
        self._check_points(criterion, entry, path)
        return criterion

    def _check_points(self, criterion: Criterion, entry: CriterionEntry, path: KeyPath) -> None:
        """Report keys that count actions where no action is counted."""
        counts_actions = isinstance(criterion.condition, ActivityTest)
        for key in ("half_life", "repeat", "own_line", "cap"):
            spot = self.sheet.spot(*path, key)
            if key not in entry.model_fields_set:
                continue
            if not counts_actions:
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

    def _in_order(self, criteria: Sequence[Criterion]) -> list[Criterion]:
        """Put every criterion behind those it refers to; a circle is reported and left out."""
        left = {criterion.id: criterion for criterion in criteria}
        ordered: list[Criterion] = []
        while left:
            ready = [c for c in left.values() if not (criteria_read(c.condition) & left.keys())]
            if not ready:
                self._report_circle(left)
                return ordered
            ordered.append(ready[0])
            del left[ready[0].id]
        return ordered

    def _report_circle(self, left: Mapping[str, Criterion]) -> None:
        chain = [next(iter(left))]
        while True:
            following = sorted(criteria_read(left[chain[-1]].condition) & left.keys())[0]
            if following in chain:
                circle = [*chain[chain.index(following) :], following]
                break
            chain.append(following)
        message = f"these criteria refer to each other in a circle: {' → '.join(circle)}."
        self.findings.error(self.sheet.spot("criteria", circle[0], "when"), message)

    # --- names

    def _check_names(self, document: PolicyDocument) -> None:
        known = frozenset(document.criteria)
        for path, names in _criterion_lists(document):
            self._check_list(path, names, known)
        spot = self.sheet.spot("purpose")
        check_name(self.findings, spot, "purpose", document.purpose, self.words.purposes)
        for number, fact in enumerate(document.hand_off):
            self.reads.add(fact)
            check_fact(self.findings, self.sheet.spot("hand_off", number), fact, self.words)
        self._check_documents(document)
        self._check_rule_ids(document)

    def _check_list(self, path: KeyPath, names: Iterable[str], known: frozenset[str]) -> None:
        seen: set[str] = set()
        for number, name in enumerate(names):
            spot = self.sheet.spot(*path, number)
            check_name(self.findings, spot, "criterion", name, known)
            if name in seen:
                self.findings.error(spot, f"the criterion {name!r} is listed twice.")
            seen.add(name)

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
            if not (rule.all or rule.any or rule.score or rule.evidence):
                spot = self.sheet.spot("qualify_when", number)
                message = f"the rule {rule.id!r} asks for nothing, so every lead would qualify."
                self.findings.error(
                    spot, message, hint="give it `all`, `any`, `score` or `evidence`"
                )


def _criterion_lists(document: PolicyDocument) -> list[tuple[KeyPath, list[str]]]:
    lists: list[tuple[KeyPath, list[str]]] = [
        (("disqualify_when_not_met",), document.disqualify_when_not_met),
        (("nurture_when",), document.nurture_when),
        (("gates",), [gate.criterion for gate in document.gates]),
    ]
    if document.keep_when is not None:
        lists.append((("keep_when", "unless"), document.keep_when.unless))
    for number, rule in enumerate(document.qualify_when):
        lists.append((("qualify_when", number, "all"), rule.all))
        lists.append((("qualify_when", number, "any"), rule.any))
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
        id=entry.id, sentence=entry.sentence, all=tuple(entry.all), any=tuple(entry.any)
    )
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
