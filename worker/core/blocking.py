"""Blocking: which pairs of persons are worth comparing at all.

Each person has a handful of keys, and only those who share one meet, so that the work grows with
the base and never with its square. Keys are many and overlap, because any one field may be wrong.
A key is a number of 63 bits: nothing can be read from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import log2

import jellyfish

from worker.core.similarity import Rarity
from worker.core.traits import Trait, Traits

_metaphone = lru_cache(maxsize=65_536)(jellyfish.metaphone)


def block_keys(traits: Traits) -> tuple[int, ...]:
    """Give the keys under which a person meets those it may be the same as, in order."""
    return tuple(sorted({_number(key) for key in _keys(traits)}))


def _number(key: tuple[str, ...]) -> int:
    digest = hashlib.blake2b("|".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def _keys(t: Traits) -> Iterator[tuple[str, ...]]:
    """Every key needs all of its parts; a person of whom little is known has few."""
    first, last = t.first_name, t.last_name
    sounds = _metaphone(first), _metaphone(last)
    parts: tuple[tuple[str, ...], ...] = (
        ("contact", t.email),
        ("contact", t.phone),
        ("names", *sorted(sounds)),
        ("sound and initial", sounds[1], first[:1]),
        ("beginnings", last[:4], first[:2], t.state),
        ("first, last, state", first, last[:3], t.state),
        ("last, place", sounds[1][:3], t.postal_code),
        ("first, place", sounds[0][:3], t.postal_code),
        ("house, place", t.house, t.postal_code),
        ("house, street", t.house, t.street[:4]),
        ("street, place", t.street[:5], t.postal_code),
        ("street, city", t.street[:5], t.city[:5]),
        ("first, street", first[:3], t.street[:5]),
        ("last, street", last[:3], t.street[:5]),
    )
    return (key for key in parts if all(key))


class Census:
    """Counts how common the values of a base are, in memory that does not grow with the base.

    Only the common ones matter. When too many are kept, each loses one, as Misra and Gries showed:
    whoever is left at the end includes every value that is more common than one in the limit.
    """

    def __init__(self, limit: int = 4_096) -> None:
        self._limit = limit
        self._counts: dict[Trait, dict[str, int]] = {trait: {} for trait in _COUNTED}
        self._people = 0

    def add(self, traits: Traits) -> None:
        """Count one person."""
        self._people += 1
        for trait, place in _COUNTED.items():
            value, counts = traits[place], self._counts[trait]
            if not value:
                continue
            counts[value] = counts.get(value, 0) + 1
            if len(counts) > self._limit:
                self._counts[trait] = {v: n - 1 for v, n in counts.items() if n > 1}

    @property
    def people(self) -> int:
        return self._people

    def rarity(self) -> Rarity:
        """Say of each value kept what it is worth at most that two persons share it, in bits."""
        return {
            (trait, value): log2(self._people / count)
            for trait, counts in self._counts.items()
            for value, count in counts.items()
            if count >= _MEANT
        }


_MEANT = 3
"""A value of fewer people is not common, however small the base."""
_COUNTED: Mapping[Trait, int] = {
    trait: place
    for place, trait in enumerate(Trait)
    if trait
    in {
        Trait.FIRST_NAME,
        Trait.LAST_NAME,
        Trait.CITY,
        Trait.POSTAL_CODE,
        Trait.STATE,
        Trait.ORGANISATION,
    }
}
