"""Builds the shorter policies: pathways, quality and guardrails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import phonenumbers

from worker.config.conditions import BASIC, ConditionReader
from worker.config.documents import (
    BudgetEntry,
    GuardrailsDocument,
    PathwaysDocument,
    QualityDocument,
)
from worker.config.findings import Findings, in_words, nearest
from worker.config.vocabulary import Vocabulary, check_name, check_reason
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.field_map import Managed
from worker.core.guardrails import Budget, GuardrailPolicy, Scope
from worker.core.model import Stage
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

    def conditions(self, noun: str, kinds: frozenset[str] = BASIC) -> ConditionReader:
        return ConditionReader(
            sheet=self.sheet,
            findings=self.findings,
            words=self.words,
            kinds=kinds,
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


def build_quality(document: QualityDocument, region: str, desk: Desk) -> QualityPolicy:
    """Build the data quality policy; severities are of findings, on pathways that exist."""
    _check_codes(document.severities, ("severities",), desk)
    for pathway, severities in document.pathways.items():
        spot = desk.sheet.spot("pathways", pathway)
        check_name(desk.findings, spot, "pathway", pathway, desk.words.pathways)
        _check_codes(severities, ("pathways", pathway), desk)
    _check_limits(document.limits, desk)
    _check_regions(document.phone_regions, desk)
    return QualityPolicy(
        placeholders=frozenset(map(str.casefold, document.placeholders)),
        disposable_domains=frozenset(map(str.casefold, document.disposable_domains)),
        not_disposable=frozenset(map(str.casefold, document.not_disposable)),
        role_addresses=frozenset(map(str.casefold, document.role_addresses)),
        typo_domains=dict(document.typo_domains),
        phone_regions=frozenset(document.phone_regions),
        stale_after=document.stale_after,
        wanted_date_stale_after=document.wanted_date_stale_after,
        limits=dict(document.limits),
        severities=dict(document.severities),
        pathway_severities={name: dict(item) for name, item in document.pathways.items()},
        default_region=region,
    )


def _check_limits(limits: Mapping[str, float], desk: Desk) -> None:
    """An audit counts findings of data, and people who may be the same."""
    for code in limits:
        spot, reasons = desk.sheet.spot("limits", code), desk.words.reasons
        check_reason(desk.findings, spot, code, reasons)
        if reasons and code in reasons and reasons[code].family not in _AUDITED:
            message = f"{code!r} is not a finding about data."
            desk.findings.error(
                spot, message, allowed="codes that begin with DQ_, and IDENTITY_AMBIGUOUS"
            )


_AUDITED = frozenset({ReasonFamily.DATA, ReasonFamily.IDENTITY})


def _check_regions(regions: Iterable[str], desk: Desk) -> None:
    for number, region in enumerate(regions):
        if region not in phonenumbers.SUPPORTED_REGIONS:
            desk.findings.error(
                desk.sheet.spot("phone_regions", number),
                f"{region!r} is not a country that has telephone numbers.",
                allowed="two capital letters, such as US or CA",
                hint=nearest(region, phonenumbers.SUPPORTED_REGIONS),
            )


def _check_codes(severities: Mapping[str, Severity], path: KeyPath, desk: Desk) -> None:
    for code in severities:
        spot, reasons = desk.sheet.spot(*path, code), desk.words.reasons
        check_reason(desk.findings, spot, code, reasons)
        if reasons and code in reasons and reasons[code].family not in _AUDITED:
            message = f"{code!r} is not a finding about data."
            allowed = "codes that begin with DQ_ or IDENTITY_"
            desk.findings.error(spot, message, allowed=allowed)


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
