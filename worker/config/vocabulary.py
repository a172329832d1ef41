"""The words a configuration defines, which its conditions and rules may use.

A word list that could not be read, because its file has errors of its own, is None: what refers to
it is then not checked, so that one mistake does not bring a hundred others with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from zoneinfo import ZoneInfo

from worker.config.findings import Findings, Spot
from worker.config.fragments import Shared
from worker.core.calendar_words import PLAIN_CALENDAR, CalendarWords
from worker.core.conditions import Area, FactTest, RelatedLines
from worker.core.exclusions import NO_EXCLUSIONS, Exclusions
from worker.core.model import (
    AFTER_OUTCOME_FACTS,
    OPENING_FACTS,
    STANDARD_FACTS,
    ActivityKind,
    FactSpec,
)
from worker.core.postal_codes import PostalCodes
from worker.core.reasons import Reason
from worker.core.regions import STATES

Limits: TypeAlias = tuple[FactTest, ...]
"""What must hold of other facts for an entry of the catalog to be offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedField:
    """One field that feeds a fact. ``values`` is None when the field can hold any word."""

    fact: str
    source: str
    spot: Spot
    values: frozenset[str] | None
    is_after_outcome: bool
    is_declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """What the field maps of all systems can produce.

    Not ``is_complete`` when a map names a fact that does not exist: it was surely meant to be one.
    ``tells_doers``: some system maps which owner did an activity.
    """

    fields: tuple[MappedField, ...]
    activities: frozenset[str]
    is_complete: bool = True
    writers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    has_availability: bool = False
    tells_doers: bool = True

    def of(self, fact: str) -> tuple[MappedField, ...]:
        return tuple(item for item in self.fields if item.fact == fact)

    def values_of(self, fact: str) -> frozenset[str] | None:
        """Collect all words a fact can have; None when any word is possible."""
        values: frozenset[str] = frozenset()
        if not self.of(fact):
            return None
        for item in self.of(fact):
            if item.values is None:
                return None
            values |= item.values
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """All words, from whichever file defines them."""

    facts: Mapping[str, FactSpec] | None = None
    reasons: Mapping[str, Reason] | None = None
    activities: Mapping[str, ActivityKind] | None = None
    lists: Mapping[str, Mapping[str, str]] | None = None
    titles: Mapping[str, str] | None = None
    groups: Mapping[str, frozenset[str]] | None = None
    offers: Mapping[str, Mapping[str, Limits]] | None = None
    areas: Mapping[str, Area] | None = None
    related_lines: RelatedLines = frozenset()
    postal_codes: PostalCodes | None = None
    mapped: Mapped | None = None
    pathways: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    time_zone: ZoneInfo | None = None
    shared: Shared | None = None
    calendar: CalendarWords = PLAIN_CALENDAR
    exclusions: Exclusions = NO_EXCLUSIONS


def plain_kinds(words: Vocabulary) -> frozenset[str]:
    """Name the kinds of actions that "any activity" means."""
    kinds = (words.activities or {}).values()
    return frozenset(kind.name for kind in kinds if kind.is_enabled and not kind.is_governed)


def after_outcome_cause(fact: str, mapped: Mapped | None) -> str | None:
    """Say which column or fact was filled only after the decision; None when none was."""
    names = (fact, *(STANDARD_FACTS[fact].follows_from if fact in STANDARD_FACTS else ()))
    for item in mapped.fields if mapped else ():
        if item.fact in names and item.is_after_outcome:
            return f"column {item.source!r}"
    return f"fact {fact!r}" if fact in AFTER_OUTCOME_FACTS else None


def check_name(
    findings: Findings,
    spot: Spot,
    noun: str,
    word: str,
    known: Mapping[str, object] | frozenset[str] | None,
) -> bool:
    """Report a name that does not exist; true when it does, or when that cannot be told."""
    if known is None or word in known:
        return True
    findings.unknown(spot, noun, word, known)
    return False


def check_state(findings: Findings, spot: Spot, word: str) -> bool:
    """Report a state that is not written as facts have it, by its code; true when it is."""
    code = STATES.get(word.casefold(), word.upper())
    if word == code:
        return True
    message = f"{word!r} never matches: states are codes in capital letters."
    findings.error(spot, message, hint=f"write {code!r}")
    return False


def check_reason(
    findings: Findings, spot: Spot, code: str, reasons: Mapping[str, Reason] | None
) -> None:
    """Report a reason code that nothing defines, or that is no longer given."""
    if reasons is None:
        return
    if code not in reasons:
        hint_names = [name for name in reasons if not reasons[name].is_retired]
        findings.unknown(spot, "reason code", code, hint_names)
    elif reasons[code].is_retired:
        findings.error(
            spot, f"reason code {code!r} is retired.", hint="use one that is still given"
        )


def check_fact(findings: Findings, spot: Spot, fact: str, words: Vocabulary) -> bool:
    """Report a fact that does not exist or that no field map fills; true when neither."""
    if not check_name(findings, spot, "fact", fact, words.facts):
        return False
    mapped = words.mapped
    if mapped is None or not mapped.is_complete or mapped.of(fact):
        return True
    if fact in OPENING_FACTS and not mapped.has_availability:
        message = f"no system has an object of kind availability, so {fact!r} can never be known."
        findings.error(spot, message, hint="map one in systems/, or leave this out")
        return False
    if words.facts and any(map(mapped.of, words.facts[fact].follows_from)):
        return True
    findings.error(
        spot,
        f"no system maps the fact {fact!r}, so it can never be known.",
        hint=f"map a field to {fact!r} in systems/, or leave this out",
    )
    return False
