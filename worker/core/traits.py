"""What two persons are compared by: their facts, folded so that spelling habits do not count.

Traits are made once for each profile and compared many times. Empty text is unknown.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from worker.core.model import Facts
from worker.core.names import fold, fold_name


class Trait(StrEnum):
    """A field of the comparison. ``house`` and ``street`` are the two parts of the fact street."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    SUFFIX = "suffix"
    EMAIL = "email"
    PHONE = "phone"
    HOUSE = "house"
    STREET = "street"
    CITY = "city"
    POSTAL_CODE = "postal_code"
    STATE = "state"
    ORGANISATION = "organisation"


class Traits(NamedTuple):
    """One person, folded for comparison, in the order of ``Trait``."""

    first_name: str
    last_name: str
    suffix: str
    email: str
    phone: str
    house: str
    street: str
    city: str
    postal_code: str
    state: str
    organisation: str


LIKENED_FACTS = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "street",
    "city",
    "postal_code",
    "state",
    "organisation",
)
"""The facts that traits are made of."""

_STREET_WORDS = {
    "alley": "aly",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "circle": "cir",
    "circuit": "cct",
    "court": "ct",
    "crescent": "cres",
    "drive": "dr",
    "east": "e",
    "expressway": "expy",
    "highway": "hwy",
    "lane": "ln",
    "north": "n",
    "parkway": "pkwy",
    "place": "pl",
    "plaza": "plz",
    "road": "rd",
    "south": "s",
    "square": "sq",
    "street": "st",
    "terrace": "ter",
    "turnpike": "tpke",
    "west": "w",
}
"""Words that a street is written with in full or short, as the postal services shorten them."""

_UNITS = frozenset({"apt", "apartment", "unit", "suite", "ste", "floor", "fl", "room", "rm"})
"""A word after which a street line speaks of a part of the house."""

_LEGAL_FORMS = frozenset({"inc", "llc", "llp", "ltd", "corp", "co", "pc", "pa", "pllc", "the"})


def take_traits(facts: Facts) -> Traits:
    """Fold what is known of one person for comparison."""
    name = fold_name(facts)
    house, street = _split_street(_folded(facts, "street"))
    return Traits(
        first_name=name.first,
        last_name=name.last.replace(" ", ""),
        suffix=name.suffix,
        email=_text(facts, "email"),
        phone=_text(facts, "phone"),
        house=house,
        street=street,
        city=_folded(facts, "city").replace(" ", ""),
        postal_code=_text(facts, "postal_code"),
        state=_text(facts, "state"),
        organisation="".join(
            word for word in _folded(facts, "organisation").split() if word not in _LEGAL_FORMS
        ),
    )


def _text(facts: Facts, fact: str) -> str:
    return str(facts.get(fact, ""))


def _folded(facts: Facts, fact: str) -> str:
    return fold(str(facts.get(fact, "")))


def _split_street(line: str) -> tuple[str, str]:
    """Set the house number apart, and leave out the unit; blanks are often lost, so none is kept."""
    words = line.split()
    house = words.pop(0) if words and words[0][0].isdigit() else ""
    cut = next((at for at, word in enumerate(words) if at and word in _UNITS), len(words))
    return house, "".join(_STREET_WORDS.get(word, word) for word in words[:cut])
