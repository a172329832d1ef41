"""Identity: which records are one person, and which value of each fact survives.

Records link by the ids that they have of each other, by e-mail where the names do not contradict, and
by phone *with* the same name, but for a slip of the hand. A shared phone, or an e-mail shared by
different names, links nothing: families and front desks share them. Consent is merged by the most
restrictive answer. Nothing is merged in a CRM.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import combinations

import msgspec

from worker.core.cross_references import (
    hashed,
    own_key,
    read_references,
    reference_key,
)
from worker.core.mapping import Issue, MappedContact
from worker.core.model import PERMISSIVE_FACTS, RESTRICTIVE_FACTS, Facts, FactValue
from worker.core.names import PersonName, contradicts, fold_name, is_same_hand, speaks_for
from worker.core.records import RecordRef
from worker.core.similarity import SimilarityPolicy

CONFLICTING = ("service_line", "role", "lead_type", "postal_code")
"""Facts of which a disagreement between records of one person is worth a look."""


NOTHING_MERGED: Mapping[RecordRef, RecordRef] = {}


def match_keys(contact: MappedContact) -> frozenset[str]:
    """Give the keys under which records of the same person meet; hashed, so that none is readable."""
    facts, name = contact.facts, fold_name(contact.facts)
    keys = {own_key(contact.ref)}
    keys |= {reference_key(reference) for reference in contact.references}
    if "email" in facts:
        keys.add("e" + hashed(str(facts["email"])))
    if "phone" in facts and name.first and name.last:
        keys.add("p" + hashed(f"{facts['phone']}|{_letters(name)}"))
    return frozenset(keys)


def _letters(name: PersonName) -> str:
    """Name the letters of each part, so that spellings meet which differ by a slip of the hand."""
    return "|".join("".join(sorted(set(part))) for part in name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Records by person, each group sorted.

    ``ambiguous`` share an e-mail with another name, or name an id that two records have;
    ``contradicted`` have ids of each other that do not agree.
    """

    groups: tuple[tuple[RecordRef, ...], ...]
    ambiguous: frozenset[RecordRef]
    contradicted: frozenset[RecordRef] = frozenset()

    def issues_of(self, ref: RecordRef) -> tuple[Issue, ...]:
        """Say what of its identity is not clear."""
        found = {AMBIGUOUS: self.ambiguous, CONTRADICTED: self.contradicted}
        return tuple(issue for issue, refs in found.items() if ref in refs)


def merge_key(target: RecordRef) -> str:
    """Give the key under which the records that a CRM has merged into another are found."""
    return "m" + hashed(str(target))


def group_records(
    contacts: Sequence[MappedContact], merged: Mapping[RecordRef, RecordRef] = NOTHING_MERGED
) -> Grouping:
    """Group records that are one person. The order of ``contacts`` does not matter.

    ``merged`` says of records that are gone which one they were merged into: they are one person.
    """
    parents = {contact.ref: contact.ref for contact in contacts}
    by_key: dict[str, list[MappedContact]] = {}
    for contact in contacts:
        for key in match_keys(contact):
            by_key.setdefault(key, []).append(contact)
    naming = read_references(contacts, merged)
    for one, other in naming.pairs:
        _union(parents, one, other)
    ambiguous = naming.ambiguous
    for key, sharing in by_key.items():
        for linked in _linkable(key, sharing, ambiguous):
            for contact in linked[1:]:
                _union(parents, linked[0].ref, contact.ref)
    _join_merged(parents, merged)
    groups: dict[RecordRef, list[RecordRef]] = {}
    for ref in parents:
        groups.setdefault(_find(parents, ref), []).append(ref)
    return Grouping(
        groups=tuple(sorted(tuple(sorted(group)) for group in groups.values())),
        ambiguous=frozenset(ambiguous),
        contradicted=frozenset(naming.contradicted),
    )


def _join_merged(
    parents: dict[RecordRef, RecordRef], merged: Mapping[RecordRef, RecordRef]
) -> None:
    for ref, target in merged.items():
        if target in parents:
            _union(parents, ref, target)


def _linkable(
    key: str, sharing: list[MappedContact], ambiguous: set[RecordRef]
) -> Iterable[Sequence[MappedContact]]:
    if len(sharing) > 1 and key.startswith("e"):
        return _linkable_by_email(sharing, ambiguous)
    if len(sharing) > 1 and key.startswith("p"):
        return _linkable_by_phone(sharing)
    return ()


def _linkable_by_email(
    sharing: list[MappedContact], ambiguous: set[RecordRef]
) -> Iterable[list[MappedContact]]:
    """An address joins all who have it, unless two of their names contradict each other.

    Then only those of exactly the same name are one. A record without a given name is taken for
    the person after whom the mailbox is named, and else stays by itself: families share addresses.
    """
    by_name: dict[PersonName, list[MappedContact]] = {}
    nameless: list[MappedContact] = []
    for contact in sharing:
        name = fold_name(contact.facts)
        known = by_name.setdefault(name, []) if name.first else nameless
        known.append(contact)
    if any(contradicts(*pair) for pair in combinations(sorted(by_name), 2)):
        ambiguous.update(contact.ref for contact in sharing)
        return by_name.values()
    email = str(sharing[0].facts["email"])
    if not by_name or any(speaks_for(email, name) for name in by_name):
        return [sharing]
    return [[contact for group in by_name.values() for contact in group], nameless]


def _linkable_by_phone(sharing: list[MappedContact]) -> Iterator[Sequence[MappedContact]]:
    """Those whose whole names are the same, but for a slip of the hand."""
    for pair in combinations(sharing, 2):
        one, other = (fold_name(contact.facts) for contact in pair)
        if is_same_hand(one, other):
            yield pair


def _find(parents: dict[RecordRef, RecordRef], ref: RecordRef) -> RecordRef:
    while parents[ref] != ref:
        parents[ref] = parents[parents[ref]]
        ref = parents[ref]
    return ref


def _union(parents: dict[RecordRef, RecordRef], one: RecordRef, other: RecordRef) -> None:
    low, high = sorted((_find(parents, one), _find(parents, other)))
    parents[high] = low


AMBIGUOUS = Issue("IDENTITY_AMBIGUOUS", "identity")
"""Kept among the issues of a record that shares its e-mail with another name."""
CONTRADICTED = Issue("IDENTITY_REFERENCES_CONTRADICT", "identity")
"""Kept among the issues of a record that names another, which names a third."""
UNCLEAR = (AMBIGUOUS, CONTRADICTED)
"""What is kept of a record until it is linked anew: a reading of its fields does not tell."""


def profile_id_of(account: str, group: Sequence[RecordRef]) -> str:
    """Name a new profile after the first record of its group, so that any run names it alike."""
    return hashlib.blake2b(f"{account}|{min(group)}".encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivorship:
    """Which record's value of a fact survives: the newest, but for the facts named here.

    ``oldest`` facts tell how somebody came in, which later records do not know. ``prefer`` gives an
    order of systems; among records of one system, and of systems not named, the newest survives.
    """

    oldest: frozenset[str] = frozenset()
    prefer: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rank(self, fact: str, system: str) -> int:
        """Say how far a system's word counts for a fact: more is better."""
        order = self.prefer.get(fact, ())
        return len(order) - order.index(system) if system in order else 0


NEWEST = Survivorship()


@dataclass(frozen=True, slots=True, kw_only=True)
class Copying:
    """Between which systems something else copies fields, and how long a copy may take."""

    systems: frozenset[str]
    within: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityPolicy:
    """What makes two people look like one, and which of their values survive when they are one.

    ``copying`` says between which systems something else copies fields; None: nothing is said to.
    """

    similarity: SimilarityPolicy = field(default_factory=SimilarityPolicy)
    survivorship: Survivorship = NEWEST
    copying: Copying | None = None


class MergedLead(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of one person, where each came from, and what its records disagree about.

    ``derived`` facts come from no record; it names, for each, the fact or facts they follow from.
    """

    facts: Facts
    sources: Mapping[str, RecordRef]
    issues: tuple[Issue, ...]
    unseen: frozenset[str]
    derived: Mapping[str, str] = msgspec.field(default_factory=dict)


def merge_contacts(
    contacts: Sequence[MappedContact], survivorship: Survivorship = NEWEST
) -> MergedLead:
    """Merge the records of one person: newest known value, and the most restrictive consent.

    A fact counts as unseen only when no record shows it; an opt-out that any record hides stays
    unseen, because that record could hold one.
    """
    if len(contacts) == 1:
        return _only(contacts[0])
    facts: dict[str, FactValue] = {}
    sources: dict[str, RecordRef] = {}
    conflicts: set[str] = set()
    for contact in sorted(contacts, key=MappedContact.freshness):
        for fact, value in contact.facts.items():
            present = facts.get(fact)
            if present is None:
                facts[fact], sources[fact] = value, contact.ref
                continue
            if present != value and fact in CONFLICTING:
                conflicts.add(fact)
            if not _is_kept(fact, present, sources[fact], contact.ref, survivorship):
                facts[fact], sources[fact] = value, contact.ref
    issues = dict.fromkeys(sorted({i for contact in contacts for i in contact.issues}))
    issues |= {Issue("DQ_FACTS_CONFLICT", fact): None for fact in sorted(conflicts)}
    kept = tuple(i for i in issues if i.code == "DQ_FACTS_CONFLICT" or i.fact not in facts)
    return MergedLead(facts=facts, sources=sources, issues=kept, unseen=_unseen(contacts, facts))


def _only(contact: MappedContact) -> MergedLead:
    """Most people have one record, and nothing to merge."""
    return MergedLead(
        facts=contact.facts,
        sources=dict.fromkeys(contact.facts, contact.ref),
        issues=tuple(sorted({i for i in contact.issues if i.fact not in contact.facts})),
        unseen=contact.unseen,
    )


def _is_kept(
    fact: str,
    value: FactValue,
    source: RecordRef,
    newer: RecordRef,
    survivorship: Survivorship,
) -> bool:
    """Tell whether the value found first outlives that of a newer record."""
    if fact in RESTRICTIVE_FACTS:
        return value is True
    if fact in PERMISSIVE_FACTS:
        return value is False
    if fact in survivorship.oldest:
        return True
    if fact not in survivorship.prefer:
        return False
    return survivorship.rank(fact, source.system) > survivorship.rank(fact, newer.system)


def _unseen(contacts: Sequence[MappedContact], facts: Facts) -> frozenset[str]:
    hidden = frozenset(fact for contact in contacts for fact in contact.unseen)
    return frozenset(fact for fact in hidden if fact in RESTRICTIVE_FACTS or fact not in facts)
