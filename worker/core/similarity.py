"""Likeness of two persons: field by field in words, and summed as weights of evidence.

Each word has a weight in bits: how much more often it is met between two records of one person than
between two persons, as a binary logarithm (Fellegi and Sunter). A field that one of them lacks says
nothing. A sum that reaches the threshold is a proposal for people; it never links anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from math import log2
from typing import NamedTuple, Protocol, TypeAlias

import jellyfish
from rapidfuzz.distance import OSA, JaroWinkler

from worker.core.names import are_nicknames, is_initial
from worker.core.traits import Trait, Traits


class Likeness(StrEnum):
    """How two values of a field compare."""

    SAME = "same"
    NICKNAME = "nickname"
    CLOSE = "close"
    SOUNDS_ALIKE = "sounds_alike"
    INITIAL = "initial"
    PART = "part"
    SWAPPED = "swapped"
    FAR = "far"
    DIFFERENT = "different"


class Grade(StrEnum):
    """How a pair is to be read. In doubt: a name differs, as it does in a household or an office."""

    LIKELY = "likely"
    DOUBTFUL = "doubtful"


Weights: TypeAlias = Mapping[Trait, Mapping[Likeness, float]]
_T, _L = Trait, Likeness
NEVER = -100.0
"""The weight of what two records of one person cannot show, such as Jr and Sr."""

DEFAULT_WEIGHTS: Weights = {
    _T.FIRST_NAME: {
        _L.SAME: 6.5,
        _L.NICKNAME: 4.5,
        _L.CLOSE: 5.0,
        _L.SOUNDS_ALIKE: 3.0,
        _L.INITIAL: 2.0,
        _L.SWAPPED: 4.5,
        _L.FAR: 0.0,
        _L.DIFFERENT: -4.0,
    },
    _T.LAST_NAME: {
        _L.SAME: 6.5,
        _L.CLOSE: 5.0,
        _L.SOUNDS_ALIKE: 3.0,
        _L.PART: 3.0,
        _L.SWAPPED: 4.5,
        _L.FAR: 0.0,
        _L.DIFFERENT: -4.5,
    },
    _T.SUFFIX: {_L.SAME: 1.0, _L.PART: -6.0, _L.DIFFERENT: NEVER},
    _T.EMAIL: {_L.SAME: 10.0, _L.CLOSE: 7.0, _L.PART: 4.0, _L.DIFFERENT: -1.0},
    _T.PHONE: {_L.SAME: 8.0, _L.CLOSE: 4.0, _L.DIFFERENT: -1.5},
    _T.HOUSE: {_L.SAME: 4.0, _L.CLOSE: 0.5, _L.DIFFERENT: -3.0},
    _T.STREET: {_L.SAME: 7.0, _L.CLOSE: 6.0, _L.FAR: 0.0, _L.DIFFERENT: -3.5},
    _T.CITY: {_L.SAME: 5.0, _L.CLOSE: 4.5, _L.FAR: 0.0, _L.DIFFERENT: -3.5},
    _T.POSTAL_CODE: {_L.SAME: 6.0, _L.CLOSE: 4.0, _L.DIFFERENT: -4.5},
    _T.STATE: {_L.SAME: 1.5, _L.DIFFERENT: -3.5},
    _T.ORGANISATION: {_L.SAME: 4.0, _L.CLOSE: 3.0, _L.FAR: 0.0, _L.DIFFERENT: -2.0},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarityPolicy:
    """The weights in bits, the sum a proposal needs, and the largest block whose pairs are compared.

    The threshold is that of a base of ``USUAL_BASE`` people.
    """

    weights: Weights = field(default_factory=lambda: DEFAULT_WEIGHTS)
    threshold: float = 10.0
    largest_block: int = 100


class Evidence(NamedTuple):
    """What one field says about a pair, and with what weight."""

    trait: Trait
    likeness: Likeness
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A pair that looks like one person: the sum of the evidence, and each part of it."""

    total: float
    grade: Grade
    evidence: tuple[Evidence, ...]


Likenesses: TypeAlias = tuple[Likeness | None, ...]
"""One word for each trait, in their order; None where one of the two is unknown."""
Compare: TypeAlias = Callable[[Traits, Traits], Proposal | None]
Rarity: TypeAlias = Mapping[tuple[Trait, str], float]
"""How many bits it says at most that two persons share a value: few, where many people have it."""


USUAL_BASE = 5_000


def threshold_for(policy: SimilarityPolicy, people: int) -> float:
    """Say what sum a proposal needs in a base of so many people.

    Each doubling asks for one bit more: among twice as many people there are twice as many who look
    like somebody by chance.
    """
    return policy.threshold + max(0.0, log2(max(people, 1) / USUAL_BASE))


def compile_comparison(policy: SimilarityPolicy, rarity: Rarity, people: int) -> Compare:
    """Build the function that compares two of so many persons: a proposal, or None.

    The names are looked at first. Where they speak against one person, nothing else can outweigh
    it: people who share an address, a telephone and an employer are still two.
    """
    weigh = _weigher(policy.weights, rarity)
    threshold = threshold_for(policy, people)

    def compare(one: Traits, other: Traits) -> Proposal | None:
        names = compare_names(one, other)
        by_name = weigh(names, one)
        if by_name < 0:
            return None
        found = (*names, *compare_others(one, other))
        total = by_name + weigh(found[len(names) :], one, len(names))
        if total < threshold:
            return None
        return Proposal(
            total=round(total, 2),
            grade=_grade(names),
            evidence=tuple(
                Evidence(trait, likeness, weigh((likeness,), one, place))
                for place, (trait, likeness) in enumerate(zip(Trait, found, strict=True))
                if likeness is not None
            ),
        )

    return compare


def _grade(names: Likenesses) -> Grade:
    *parts, suffix = names
    is_doubtful = suffix is Likeness.PART or not _UNLIKE.isdisjoint(parts)
    return Grade.DOUBTFUL if is_doubtful else Grade.LIKELY


class _Weigh(Protocol):
    def __call__(self, found: Likenesses, one: Traits, start: int = 0, /) -> float: ...


def _weigher(weights: Weights, rarity: Rarity) -> _Weigh:
    """Build the function that sums what comparisons weigh, of the traits from ``start`` on."""
    tables = [weights[trait] for trait in Trait]
    traits = tuple(Trait)

    def weigh(found: Likenesses, one: Traits, start: int = 0) -> float:
        total = 0.0
        for place, likeness in enumerate(found, start):
            if likeness is None:
                continue
            weight = tables[place].get(likeness, 0.0)
            if likeness is Likeness.SAME:
                weight = min(weight, rarity.get((traits[place], one[place]), weight))
            total += weight
        return total

    return weigh


_UNLIKE = frozenset({Likeness.DIFFERENT, Likeness.FAR})


def compare_names(one: Traits, other: Traits) -> Likenesses:
    """Compare given name, family name and generation suffix."""
    first = compare_first_names(one.first_name, other.first_name)
    last = compare_last_names(one.last_name, other.last_name)
    if (first is None or first in _UNLIKE) and (last is None or last in _UNLIKE):
        first, last = _compare_crosswise(one, other) or (first, last)
    return first, last, _compare_suffixes(one.suffix, other.suffix)


def _compare_suffixes(one: str, other: str) -> Likeness | None:
    """Compare generation suffixes; where only one has any, the other may be the father."""
    if not one and not other:
        return None
    if one and other:
        return Likeness.SAME if one == other else Likeness.DIFFERENT
    return Likeness.PART


def compare_others(one: Traits, other: Traits) -> Likenesses:
    """Compare everything but names, in the order of ``Trait``; None where one is unknown."""
    return tuple(
        [
            None
            if not mine or not theirs
            else Likeness.SAME
            if mine == theirs
            else compare(mine, theirs)
            for compare, mine, theirs in zip(
                _COMPARISONS, one[_FIRST_OTHER:], other[_FIRST_OTHER:], strict=True
            )
        ]
    )


def _compare_crosswise(one: Traits, other: Traits) -> tuple[Likeness | None, Likeness] | None:
    """Compare names as if given and family name had changed places; None where they have not.

    Where only one of the two is found in the other's place, the rest says what it says.
    """
    given = compare_last_names(one.first_name, other.last_name)
    family = compare_last_names(one.last_name, other.first_name)
    if given in _ALIKE and family in _ALIKE:
        return Likeness.SWAPPED, Likeness.SWAPPED
    if given in _ALIKE:
        return family, Likeness.SWAPPED
    return (given, Likeness.SWAPPED) if family in _ALIKE else None


_ALIKE = frozenset({Likeness.SAME, Likeness.CLOSE})
_CLOSE = 0.88
"""Jaro-Winkler likeness of a slip or two."""
_FAR = 0.75
"""Below this, two values have nothing to do with each other."""
_metaphone = lru_cache(maxsize=65_536)(jellyfish.metaphone)


@lru_cache(maxsize=65_536)
def compare_first_names(one: str, other: str) -> Likeness | None:
    """Compare given names; None when one is unknown."""
    if not one or not other:
        return None
    if one == other:
        return Likeness.SAME
    if are_nicknames(one, other):
        return Likeness.NICKNAME
    if is_initial(one, other):
        return Likeness.INITIAL
    return _compare_spelling(one, other)


@lru_cache(maxsize=65_536)
def compare_last_names(one: str, other: str) -> Likeness | None:
    """Compare family names; one may be a part of the other, as after a marriage."""
    if not one or not other:
        return None
    if one == other:
        return Likeness.SAME
    found = _compare_spelling(one, other)
    short, long = sorted((one, other), key=len)
    is_part = len(short) >= _SHORTEST_PART and (long.startswith(short) or long.endswith(short))
    return Likeness.PART if is_part and found in _UNLIKE else found


_SHORTEST_PART = 3


def _compare_spelling(one: str, other: str) -> Likeness:
    likeness = JaroWinkler.similarity(one, other)
    if likeness >= _CLOSE:
        return Likeness.CLOSE
    if _metaphone(one) == _metaphone(other):
        return Likeness.SOUNDS_ALIKE
    return Likeness.FAR if likeness >= _FAR else Likeness.DIFFERENT


def _compare_text(one: str, other: str) -> Likeness:
    likeness = JaroWinkler.similarity(one, other)
    if likeness >= _CLOSE:
        return Likeness.CLOSE
    return Likeness.FAR if likeness >= _FAR else Likeness.DIFFERENT


def _compare_digits(one: str, other: str) -> Likeness:
    """A digit may be wrong, missing or too many, or two may have changed places."""
    return Likeness.CLOSE if OSA.distance(one, other, score_cutoff=1) == 1 else Likeness.DIFFERENT


def _compare_emails(one: str, other: str) -> Likeness:
    """A slip anywhere is close; the same mailbox at another provider is a part."""
    if OSA.distance(one, other, score_cutoff=1) == 1:
        return Likeness.CLOSE
    mailbox, _at, _domain = one.partition("@")
    is_same_mailbox = len(mailbox) >= _TELLING_MAILBOX and other.startswith(f"{mailbox}@")
    return Likeness.PART if is_same_mailbox else Likeness.DIFFERENT


_TELLING_MAILBOX = 6
"""A shorter mailbox, such as info or anna, is had by many."""


def _compare_states(_one: str, _other: str) -> Likeness:
    """A state is a code: it is the same or it is not."""
    return Likeness.DIFFERENT


_COMPARISONS: tuple[Callable[[str, str], Likeness], ...] = (
    _compare_emails,
    _compare_digits,  # phone
    _compare_digits,  # house
    _compare_text,  # street
    _compare_text,  # city
    _compare_digits,  # postal code
    _compare_states,
    _compare_text,  # organisation
)
"""How two values that are not the same are compared, in the order of ``Trait`` after the names."""
_FIRST_OTHER = len(Trait) - len(_COMPARISONS)
