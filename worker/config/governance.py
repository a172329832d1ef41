"""Builds the shorter policies: pathways, consent, quality, lifecycle and guardrails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from worker.config.conditions import BASIC, ConditionReader
from worker.config.documents import (
    BudgetEntry,
    ChannelEntry,
    ConsentDocument,
    EvidenceEntry,
    GuardrailsDocument,
    LifecycleDocument,
    PathwaysDocument,
    QualityDocument,
)
from worker.config.findings import Findings, in_words, nearest
from worker.config.vocabulary import Vocabulary, check_fact, check_name, check_reason
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.consent import ChannelRule, ConsentEvidence, ConsentPolicy
from worker.core.field_map import Managed
from worker.core.guardrails import Budget, GuardrailPolicy, Scope
from worker.core.lifecycle import LifecyclePolicy, Transition
from worker.core.model import ContactChannel, FactKind, Stage
from worker.core.policy import PathwayRule
from worker.core.quality import QualityPolicy
from worker.core.reasons import ReasonFamily, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a builder works with: one sheet, all words, and the lists it adds to."""

    sheet: Sheet
    findings: Findings
    words: Vocabulary
    reads: set[str]

    def conditions(self, noun: str) -> ConditionReader:
        return ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=BASIC,
            noun=noun,
            reads=self.reads,
        )


def build_pathways(document: PathwaysDocument, desk: Desk) -> tuple[PathwayRule, ...]:
    """Build the rules that put a lead on a pathway, in the order they are tried."""
    rules: list[PathwayRule] = []
    reader = desk.conditions("pathway rule")
    for number, entry in enumerate(document.pathways):
        condition = reader.read(entry.when, ("pathways", number, "when"))
        if condition is not None:
            rules.append(PathwayRule(pathway=entry.pathway, condition=condition))
    return tuple(rules)


def build_consent(document: ConsentDocument, desk: Desk) -> ConsentPolicy:
    """Build the consent policy. A channel without an opt-out could not be refused by anybody."""
    channels = tuple(
        _build_channel(channel, entry, document, desk)
        for channel, entry in document.channels.items()
    )
    return ConsentPolicy(
        purposes=tuple(document.purposes),
        channels=channels,
        revocation_deadline_days=document.revocation_deadline,
    )


def _build_channel(
    channel: ContactChannel, entry: ChannelEntry, document: ConsentDocument, desk: Desk
) -> ChannelRule:
    path: KeyPath = ("channels", channel.value)
    if not entry.opt_out:
        message = f"the channel {channel.value!r} names no opt-out, so nobody could refuse it."
        hint = f"name the facts that refuse it, such as `opt_out: [opt_out_{channel.value}]`"
        desk.findings.error(desk.sheet.spot(*path), message, hint=hint)
    if not entry.evidence:
        message = f"the channel {channel.value!r} has no evidence, so it may never be used."
        desk.findings.warning(desk.sheet.spot(*path), message, hint="leave the channel out")
    _check_facts(entry.address, (*path, "address"), desk)
    _check_facts(entry.opt_out, (*path, "opt_out"), desk, kind=FactKind.BOOLEAN)
    _check_facts(entry.refused_by, (*path, "refused_by"), desk, kind=FactKind.BOOLEAN)
    evidence = (
        _build_evidence(item, (*path, "evidence", number), document, desk)
        for number, item in enumerate(entry.evidence)
    )
    return ChannelRule(
        channel=channel,
        addresses=tuple(entry.address),
        opt_outs=tuple(entry.opt_out),
        evidence=tuple(item for item in evidence if item is not None),
        refused_by=tuple(entry.refused_by),
    )


def _check_facts(
    facts: Iterable[str], path: KeyPath, desk: Desk, kind: FactKind | None = None
) -> None:
    for number, fact in enumerate(facts):
        spot = desk.sheet.spot(*path, number)
        desk.reads.add(fact)
        known = check_fact(desk.findings, spot, fact, desk.words)
        facts_known = desk.words.facts
        if known and kind and facts_known and facts_known[fact].kind is not kind:
            message = (
                f"the fact {fact!r} is a {facts_known[fact].kind} fact; here stands a {kind} one."
            )
            desk.findings.error(spot, message)


def _build_evidence(
    entry: EvidenceEntry, path: KeyPath, document: ConsentDocument, desk: Desk
) -> ConsentEvidence | None:
    for number, purpose in enumerate(entry.purposes):
        spot = desk.sheet.spot(*path, "purposes", number)
        check_name(desk.findings, spot, "purpose", purpose, frozenset(document.purposes))
    if entry.proof is not None:
        desk.reads.add(entry.proof)
        check_fact(desk.findings, desk.sheet.spot(*path, "proof"), entry.proof, desk.words)
    reader = desk.conditions("consent rule")
    condition = reader.read(entry.when, (*path, "when"))
    if condition is None:
        return None
    return ConsentEvidence(
        id=entry.id,
        condition=condition,
        purposes=frozenset(entry.purposes),
        proof=entry.proof,
    )


def build_quality(document: QualityDocument, region: str, desk: Desk) -> QualityPolicy:
    """Build the data quality policy; severities are of findings, on pathways that exist."""
    _check_codes(document.severities, ("severities",), desk)
    for pathway, severities in document.pathways.items():
        spot = desk.sheet.spot("pathways", pathway)
        check_name(desk.findings, spot, "pathway", pathway, desk.words.pathways)
        _check_codes(severities, ("pathways", pathway), desk)
    return QualityPolicy(
        placeholders=frozenset(map(str.casefold, document.placeholders)),
        disposable_domains=frozenset(map(str.casefold, document.disposable_domains)),
        role_addresses=frozenset(map(str.casefold, document.role_addresses)),
        typo_domains=dict(document.typo_domains),
        stale_after=document.stale_after,
        severities=dict(document.severities),
        pathway_severities={name: dict(item) for name, item in document.pathways.items()},
        default_region=region,
    )


def _check_codes(severities: Mapping[str, Severity], path: KeyPath, desk: Desk) -> None:
    for code in severities:
        spot, reasons = desk.sheet.spot(*path, code), desk.words.reasons
        check_reason(desk.findings, spot, code, reasons)
        if reasons and code in reasons and reasons[code].family is not ReasonFamily.DATA:
            message = f"{code!r} is not a finding about data."
            desk.findings.error(spot, message, allowed="codes that begin with DQ_")


def build_lifecycle(document: LifecycleDocument, desk: Desk) -> LifecyclePolicy:
    """Build the table of moves; none may touch a stage that belongs to people."""
    people_own = frozenset(document.people_own)
    transitions: set[Transition] = set()
    for number, entry in enumerate(document.transitions):
        source = None if entry.from_ == "none" else Stage(entry.from_)
        if source in people_own:
            _refuse_people_stage(str(source), ("transitions", number, "from"), desk)
        for place, target in enumerate(entry.to):
            path: KeyPath = ("transitions", number, "to", place)
            if target in people_own:
                _refuse_people_stage(target.value, path, desk)
            if target is source:
                desk.findings.error(
                    desk.sheet.spot(*path), f"{target.value!r} already is this stage."
                )
            transitions.add(Transition(source=source, target=target))
    return LifecyclePolicy(
        transitions=frozenset(transitions),
        people_own=people_own,
        dwell=document.dwell,
        person_cool_down=document.person_change.cool_down,
        strong_action_ends_cool_down=document.person_change.strong_action_ends_it,
        rejection_cool_down=document.rejection_cool_down,
    )


def _refuse_people_stage(stage: str, path: KeyPath, desk: Desk) -> None:
    message = f"the stage {stage!r} belongs to people; the worker never moves a lead from or to it."
    hint = "take it out here, or out of people_own"
    desk.findings.error(desk.sheet.spot(*path), message, hint=hint)


def build_guardrails(document: GuardrailsDocument, desk: Desk) -> GuardrailPolicy:
    """Build the budgets; each must limit something that exists."""
    seen: set[str] = set()
    for number, entry in enumerate(document.budgets):
        _check_budget(entry, ("budgets", number), desk)
        if entry.id in seen:
            spot = desk.sheet.spot("budgets", number, "id")
            desk.findings.error(spot, f"the id {entry.id!r} is used by an earlier budget.")
        seen.add(entry.id)
    return GuardrailPolicy(
        budgets=tuple(
            Budget(
                id=entry.id,
                scope=entry.scope,
                key=entry.key,
                max_share=entry.max_share,
                max_count=entry.max_count,
                floor=entry.floor,
                only_overwrites=entry.only_overwrites,
            )
            for entry in document.budgets
        )
    )


def _check_budget(entry: BudgetEntry, path: KeyPath, desk: Desk) -> None:
    if entry.max_share is None and entry.max_count is None:
        message = f"the budget {entry.id!r} limits nothing."
        desk.findings.error(desk.sheet.spot(*path), message, hint="give it max_share or max_count")
    if entry.key == "*" or entry.scope is Scope.OWNER:
        return
    known = _budget_keys(entry.scope, desk)
    if known is not None and entry.key not in known:
        desk.findings.error(
            desk.sheet.spot(*path, "key"),
            f"{entry.scope.value} {entry.key!r} does not exist.",
            allowed=in_words([*known, "*"], 40),
            hint=nearest(entry.key, known),
        )


def _budget_keys(scope: Scope, desk: Desk) -> tuple[str, ...] | None:
    if scope is Scope.STAGE:
        return tuple(map(str, Stage))
    if scope is Scope.FIELD:
        return tuple(map(str, Managed))
    return tuple(sorted(desk.words.pathways)) if desk.words.pathways is not None else None
