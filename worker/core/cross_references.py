"""Cross-references: the ids by which records of several CRMs name each other as one person.

An id that a person or an integration has written into a record is strong evidence, and now and then a
stale one. What names another that names a third is not believed: nobody is merged by it in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from worker.core.case_safe_ids import short_form
from worker.core.mapping import MappedContact, Reference
from worker.core.records import RecordRef

Pair = tuple[RecordRef, RecordRef]


@lru_cache(maxsize=16_384)
def hashed(text: str) -> str:
    """Hash what a key is made of, so that none is readable. Each of a page is asked for three times."""
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def own_key(ref: RecordRef) -> str:
    """Give the key under which a record meets those that name it as their cross-reference."""
    return _key(ref.system, ref.id)


def reference_key(reference: Reference) -> str:
    """Give the key under which a record meets the one that it names."""
    return _key(reference.system, reference.id)


def _key(system: str, record_id: str) -> str:
    return "x" + hashed(f"{system}:{short_form(record_id)}")


@dataclass(slots=True, kw_only=True)
class Naming:
    """Who is one person by the ids that records have of each other, and where the ids do not fit.

    ``ambiguous`` are records with an id that two tables of a CRM have; ``contradicted`` those that
    name one another differently.
    """

    pairs: list[Pair] = field(default_factory=list)
    ambiguous: set[RecordRef] = field(default_factory=set)
    contradicted: set[RecordRef] = field(default_factory=set)


def read_references(
    contacts: Sequence[MappedContact], merged: Mapping[RecordRef, RecordRef]
) -> Naming:
    """Say who names whom; ``merged`` gives what a CRM has merged a record into, which stands for it."""
    found = Naming()
    book = _Book(contacts, merged)
    edges = [(one.ref, named) for one in contacts for named in _named_by(book, one, found)]
    known = set(edges)
    mutual = {pair for pair in edges if pair[::-1] in known}
    for one, other in edges:
        if (one, other) not in mutual and not book.may_mean(other, one):
            found.contradicted |= {one, other}
    for pair in edges:
        if pair in mutual or found.contradicted.isdisjoint(pair):
            found.pairs.append(pair)
    found.pairs += _naming_the_same(book, contacts, found.contradicted)
    return found


class _Book:
    """The records that are known, by the key under which others name them."""

    def __init__(
        self, contacts: Sequence[MappedContact], merged: Mapping[RecordRef, RecordRef]
    ) -> None:
        self._by_ref = {contact.ref: contact for contact in contacts}
        self._by_key: dict[str, list[RecordRef]] = {}
        for ref in self._by_ref:
            self._by_key.setdefault(own_key(ref), []).append(ref)
        self._merged = merged

    def find(self, reference: Reference) -> list[RecordRef]:
        """List the records that a reference may mean, each as what it was merged into."""
        named = self._by_key.get(reference_key(reference), ())
        kind = reference.object_type
        return [self._standing_for(ref) for ref in named if kind in (None, ref.object_type)]

    def may_mean(self, namer: RecordRef, named: RecordRef) -> bool:
        """Tell whether a record names this one, or nobody whose place this one could take."""
        contact = self._by_ref.get(namer)
        said = [r for r in contact.references if _is_of_kind(r, named)] if contact else []
        return not said or any(named in self.find(reference) for reference in said)

    def _standing_for(self, ref: RecordRef) -> RecordRef:
        """Follow merges to the last record that is known: a lead is read before its new contact."""
        seen, known = {ref}, ref
        while (target := self._merged.get(ref)) is not None and target not in seen:
            seen.add(target)
            ref = target
            known = ref if ref in self._by_ref else known
        return known


def _is_of_kind(reference: Reference, ref: RecordRef) -> bool:
    return reference.system == ref.system and reference.object_type in (None, ref.object_type)


def _named_by(book: _Book, contact: MappedContact, found: Naming) -> Iterator[RecordRef]:
    """Yield whom a record names; an id that two tables of a CRM have does not say which is meant."""
    for reference in contact.references:
        named = book.find(reference)
        if len(set(named)) > 1:
            found.ambiguous |= {contact.ref, *named}
        elif named and named[0] != contact.ref:
            yield named[0]


def _naming_the_same(
    book: _Book, contacts: Sequence[MappedContact], contradicted: set[RecordRef]
) -> Iterator[Pair]:
    """Yield pairs of records that name one and the same third, which we have not read."""
    first: dict[tuple[str, str | None], RecordRef] = {}
    for contact in contacts:
        for reference in contact.references:
            if contact.ref in contradicted or book.find(reference):
                continue
            place = (reference_key(reference), reference.object_type)
            yield first.setdefault(place, contact.ref), contact.ref
