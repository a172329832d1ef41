"""Names of persons, folded for comparison: what two spellings of one name have in common.

Shared by the rules that link records and by the likeness that only proposes. Nothing here decides.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from nicknames import NickNamer

from worker.core.model import Facts

SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "v"})
_SHORTEST_WITH_SLIP = 4
"""In a shorter name a slip makes another name: Ana and Anna."""


class PersonName(NamedTuple):
    """A name folded for comparison; empty parts are unknown."""

    first: str
    last: str
    suffix: str


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Fold case, accents and punctuation; words stay apart by one space."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = (
        c if c.isalnum() else " " for c in plain if not unicodedata.combining(c) and c != "'"
    )
    return " ".join("".join(letters).split())


def fold_name(facts: Facts) -> PersonName:
    """Fold a name, and set a generation suffix apart."""
    words = fold(str(facts.get("last_name", ""))).split()
    suffix = words.pop() if len(words) > 1 and words[-1] in SUFFIXES else ""
    return PersonName(fold(str(facts.get("first_name", ""))), " ".join(words), suffix)


@lru_cache(maxsize=1)
def _nicknames() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=65_536)
def _calls_of(first: str) -> frozenset[str]:
    """Every name a bearer of this one may also go by, itself included."""
    known = _nicknames()
    return frozenset({first, *known.nicknames_of(first), *known.canonicals_of(first)})


def are_nicknames(one: str, other: str) -> bool:
    """Tell whether one given name is a nickname of the other, as Bob is of Robert."""
    return one in _calls_of(other)


def is_initial(one: str, other: str) -> bool:
    """Tell whether one given name is only the initial of the other."""
    short, long = sorted((one, other), key=len)
    return len(short) == 1 and len(long) > 1 and long[0] == short


def is_slip(one: str, other: str) -> bool:
    """Tell whether two spellings differ by one slip of the hand: a letter doubled, or two swapped.

    No letter is put for another, because that makes names of others: Mark and Mary, John and Joan.
    """
    short, long = sorted((one, other), key=len)
    if len(short) < _SHORTEST_WITH_SLIP or len(long) - len(short) > 1 or short == long:
        return False
    at = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if at == 0:
        return False
    if len(short) < len(long):
        return long[at] == long[at - 1] and long[at + 1 :] == short[at:]
    swapped = short[at : at + 2][::-1]
    return len(swapped) == 2 and long[at:] == swapped + short[at + 2 :]


def is_same_hand(one: PersonName, other: PersonName) -> bool:
    """Tell whether two whole names are the same but for a slip of the hand in either part."""
    return one.suffix == other.suffix and all(
        mine and theirs and (mine == theirs or is_slip(mine, theirs))
        for mine, theirs in ((one.first, other.first), (one.last, other.last))
    )


def contradicts(one: PersonName, other: PersonName) -> bool:
    """Tell whether two names cannot be taken for one person's who shares an e-mail address.

    A part that one of them lacks says nothing, except for the generation suffix: the father of a
    junior often goes without.
    """
    if one.suffix != other.suffix:
        return True
    return _first_contradicts(one.first, other.first) or _last_contradicts(one.last, other.last)


def _first_contradicts(one: str, other: str) -> bool:
    if not one or not other or one == other:
        return False
    return not (are_nicknames(one, other) or is_initial(one, other) or is_slip(one, other))


def _last_contradicts(one: str, other: str) -> bool:
    """A family name may be a part of the other, as when one is added by marriage."""
    if not one or not other or one == other or is_slip(one, other):
        return False
    words, others = set(one.split()), set(other.split())
    return not (words <= others or others <= words)


def speaks_for(email: str, name: PersonName) -> bool:
    """Tell whether a mailbox is named after a person: by given name, nickname, or initials.

    ``ann.lee@``, ``annie@``, ``alee@`` and ``a.lee@`` speak for Ann Lee; ``info@`` and ``bob.lee@``
    do not.
    """
    first, last = name.first.replace(" ", ""), name.last.replace(" ", "")
    words = "".join(c if c.isalpha() else " " for c in email.partition("@")[0]).split()
    return any(
        word == first[:1]
        or are_nicknames(word, first)
        or (len(first) >= _SHORTEST_IN_MAILBOX and first in word)
        or (len(last) >= _SHORTEST_IN_MAILBOX and word.startswith(first[:1] + last))
        for word in words
    )


_SHORTEST_IN_MAILBOX = 3
"""Shorter names are found in many words."""
