"""Builds the rules of identity: what makes a proposal, and which value of a fact survives."""

from __future__ import annotations

from worker.config.findings import Findings, nearest
from worker.config.identity_documents import (
    CopiedEntry,
    IdentityDocument,
    ProposalsEntry,
    SurvivorshipEntry,
)
from worker.config.vocabulary import Vocabulary, check_fact, check_name
from worker.config.yaml_text import KeyPath, Sheet
from worker.core.identity import Copying, IdentityPolicy, Survivorship
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS
from worker.core.similarity import DEFAULT_WEIGHTS, Likeness, SimilarityPolicy


def build_identity(
    document: IdentityDocument,
    sheet: Sheet,
    words: Vocabulary,
    systems: frozenset[str],
    findings: Findings,
) -> IdentityPolicy:
    """Build the policy; a weight that is left out keeps its usual value."""
    _check_survivorship(document.survivorship, sheet, words, systems, findings)
    return IdentityPolicy(
        similarity=_build_similarity(document.proposals, sheet, findings),
        survivorship=Survivorship(
            oldest=frozenset(document.survivorship.oldest),
            prefer={fact: tuple(order) for fact, order in document.survivorship.prefer.items()},
        ),
        copying=_build_copying(document.copied, sheet, systems, findings),
    )


def _build_copying(
    entry: CopiedEntry | None, sheet: Sheet, systems: frozenset[str], findings: Findings
) -> Copying | None:
    if entry is None:
        return None
    for number, system in enumerate(entry.between):
        check_name(findings, sheet.spot("copied", "between", number), "system", system, systems)
    return Copying(systems=frozenset(entry.between), within=entry.within)


def _build_similarity(entry: ProposalsEntry, sheet: Sheet, findings: Findings) -> SimilarityPolicy:
    for trait, weights in entry.weights.items():
        for likeness, weight in weights.items():
            spot = sheet.spot("proposals", "weights", trait.value, likeness.value)
            known = DEFAULT_WEIGHTS[trait]
            if likeness not in known:
                message = f"a comparison of {trait.value!r} never says {likeness.value!r}."
                findings.error(spot, message, allowed=", ".join(known))
            elif likeness is Likeness.SAME and weight < 0:
                findings.error(spot, "what is the same cannot speak against one person.")
            elif likeness is Likeness.DIFFERENT and weight > 0:
                findings.error(spot, "what is different cannot speak for one person.")
    table = {
        trait: {**usual, **entry.weights.get(trait, {})} for trait, usual in DEFAULT_WEIGHTS.items()
    }
    most = sum(max(values.values()) for values in table.values())
    if entry.threshold > most:
        spot = sheet.spot("proposals", "threshold")
        findings.error(spot, f"no pair can reach it: all weights together give {most:g}.")
    return SimilarityPolicy(
        weights=table, threshold=entry.threshold, largest_block=entry.largest_block
    )


def _check_survivorship(
    entry: SurvivorshipEntry,
    sheet: Sheet,
    words: Vocabulary,
    systems: frozenset[str],
    findings: Findings,
) -> None:
    named: list[tuple[str, KeyPath]] = [
        (fact, ("survivorship", "oldest", number)) for number, fact in enumerate(entry.oldest)
    ]
    named += [(fact, ("survivorship", "prefer", fact)) for fact in entry.prefer]
    seen: set[str] = set()
    for fact, path in named:
        spot = sheet.spot(*path)
        if fact in RESTRICTIVE_FACTS | PERMISSIVE_FACTS:
            message = f"of {fact!r} the most restrictive answer survives; that cannot be changed."
            findings.error(spot, message, hint="take it out")
        elif fact in seen:
            findings.error(spot, f"the fact {fact!r} has another rule already.")
        else:
            check_fact(findings, spot, fact, words)
        seen.add(fact)
    for fact, order in entry.prefer.items():
        for number, system in enumerate(order):
            if system not in systems:
                spot = sheet.spot("survivorship", "prefer", fact, number)
                message = f"there is no system {system!r}."
                findings.error(
                    spot, message, allowed=", ".join(sorted(systems)), hint=nearest(system, systems)
                )
