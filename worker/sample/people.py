"""Invented people and organisations: names, addresses, telephone numbers and NPIs.

Everything follows from a running number, so that no two people get the same e-mail address by
accident, and two strangers who get the same telephone number (there are only some 36,000 safe
ones) have different given names.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from worker.sample.dice import Dice
from worker.sample.places import AREA_CODES, LINES_PER_AREA_CODE, OUTSIDE_PLACES, SERVED_PLACES
from worker.sample.words import (
    COMMON_FAMILY_NAMES,
    COMPANY_WORDS,
    FAMILY_NAMES,
    GIVEN_NAMES,
    MAIL_DOMAINS,
    PLACE_WORDS,
    PRACTICE_WORDS,
)

PHONE_NUMBERS = len(AREA_CODES) * LINES_PER_AREA_CODE
_STRIDE = 7919  # prime to PHONE_NUMBERS, so that neighbours get distant numbers
_COMMON_NAME = 0.12
_NPI_BASE = 100_000_000  # 1000…: below the lowest numbers that were ever given out
_NPI_COUNT = 100_000
_LUHN_PREFIX_SUM = 24  # what the prefix 80840 of an NPI adds to its check sum
_PHONE_FORMATS = (
    "({0}) {1}-{2}", "{0}-{1}-{2}", "{0}-{1}-{2}", "{0}.{1}.{2}", "+1 {0} {1} {2}",
    "{0}{1}{2}", "1-{0}-{1}-{2}", "+1{0}{1}{2}",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented person. ``phone`` is ten digits; ``place`` is ZIP and state."""

    number: int
    given: str
    family: str
    email: str
    phone: str
    place: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One invented practice or company."""

    number: int
    name: str
    domain: str
    phone: str
    npi: str
    place: tuple[str, str]
    is_named_oddly: bool


class Numbers:
    """Hands out running numbers, beginning at a place that depends on the seed."""

    __slots__ = ("_last", "_offset")

    def __init__(self, seed: int) -> None:
        self._offset = seed * 104_729 % PHONE_NUMBERS
        self._last = 0

    def take(self) -> int:
        self._last += 1
        return self._last

    def phone(self, number: int) -> str:
        """Give the telephone number that belongs to a running number."""
        area, line = divmod(self._slot(number), LINES_PER_AREA_CODE)
        return f"{AREA_CODES[area]}55501{line:02}"

    def given(self, number: int) -> str:
        """Give the given name that belongs to a running number."""
        return GIVEN_NAMES[(self._slot(number) + 7 * (number // PHONE_NUMBERS)) % len(GIVEN_NAMES)]

    def _slot(self, number: int) -> int:
        return (number * _STRIDE + self._offset) % PHONE_NUMBERS


def make_person(
    numbers: Numbers, dice: Dice, place: tuple[str, str], *, family: str, domain: str
) -> Person:
    """Invent a person."""
    number = numbers.take()
    given = numbers.given(number)
    return Person(
        number=number,
        given=given,
        family=family,
        email=f"{slug(given)}{dice.pick('._-')}{slug(family)}{number}@{domain}",
        phone=numbers.phone(number),
        place=place,
    )


def make_organisation(
    numbers: Numbers, dice: Dice, place: tuple[str, str], *, is_practice: bool, odd: float
) -> Organisation:
    """Invent a practice or a company; a share ``odd`` has a name that strains a CSV reader."""
    number = numbers.take()
    words = PRACTICE_WORDS if is_practice else COMPANY_WORDS
    first, is_odd = dice.pick(PLACE_WORDS), dice.chance(odd)
    name = f"{first} {dice.pick(words)}"
    return Organisation(
        number=number,
        name=_odd_name(name, dice) if is_odd else name,
        domain=f"{slug(first)}{number}.example.{dice.pick(('com', 'org', 'net'))}",
        phone=numbers.phone(number),
        npi=make_npi(number),
        place=place,
        is_named_oddly=is_odd,
    )


def make_npi(number: int) -> str:
    """Build an NPI with a correct check digit from a range that was never given out."""
    digits = str(_NPI_BASE + number % _NPI_COUNT)
    total = _LUHN_PREFIX_SUM
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def pick_family_name(dice: Dice) -> str:
    """Choose a family name, common or made of syllables."""
    return dice.pick(COMMON_FAMILY_NAMES if dice.chance(_COMMON_NAME) else FAMILY_NAMES)


def pick_place(dice: Dice, outside: float) -> tuple[str, str]:
    """Choose ZIP and state, a share ``outside`` of them far from every site."""
    return dice.pick(OUTSIDE_PLACES if dice.chance(outside) else SERVED_PLACES)


def pick_mail_domain(dice: Dice) -> str:
    """Choose an e-mail domain reserved for examples."""
    return dice.pick(MAIL_DOMAINS)


def write_phone(digits: str, dice: Dice) -> str:
    """Write ten digits in one of the ways people do."""
    return dice.pick(_PHONE_FORMATS).format(digits[:3], digits[3:6], digits[6:])


@cache
def slug(name: str) -> str:
    """Reduce a name to the lower-case ASCII letters that an address may carry."""
    folded = unicodedata.normalize("NFKD", name.lower()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", folded)


def _odd_name(name: str, dice: Dice) -> str:
    """Give a name quotes, accents or a line break, as copied letterheads have them."""
    first, _, rest = name.partition(" ")
    return dice.pick((f'{first} "Main St" {rest}', f"Clínica {first}, {rest}", f"{first}\n{rest}"))
