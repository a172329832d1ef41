"""Every fault of the catalogue that touches HubSpot has a test by its number.

The catalogue lists what has broken in systems like this one: A reading HubSpot, B reading Salesforce,
C sessions and limits, D writing, E events, identity, consent and privacy. Its numbers are known here,
so that an entry can neither be forgotten nor lose its last test unnoticed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_NAME = re.compile(r"def test_((?:f\d\d_)+)")
READING, SESSIONS, WRITING, PEOPLE = range(1, 19), range(33, 42), range(42, 65), range(65, 72)
CATALOGUE = (*READING, *SESSIONS, *WRITING, *PEOPLE)
ELSEWHERE = {
    34: "a session that another program ends: HubSpot has tokens, and F33 is theirs",
    44: "success: false inside HTTP 200: Salesforce's composite calls; HubSpot's answer is F42 and F43",
    46: "a converted lead: HubSpot converts nothing",
    52: "a picklist per record type: HubSpot has no record types; options are F53",
    60: "a duplicate rule that refuses a write: Salesforce; an address that is taken is F49",
    61: "a key that matches two records: contacts are written by record id alone",
    66: "the signature and the clock of a webhook: none is received",
}
"""Entries that do not apply to HubSpot, and why."""


def numbers() -> set[int]:
    """Give the numbers that name a test of HubSpot."""
    found: set[int] = set()
    for path in TESTS.rglob("test_hubspot_*.py"):
        for names in _NAME.findall(path.read_text(encoding="utf-8")):
            found.update(int(one[1:]) for one in names.split("_") if one)
    return found


@pytest.mark.parametrize("number", [n for n in CATALOGUE if n not in ELSEWHERE])
def test_a_fault_of_hubspot_has_a_test_by_its_number(number: int) -> None:
    assert number in numbers(), f"no test of HubSpot is named test_f{number:02}_..."


def test_what_does_not_apply_is_not_tested_and_is_in_the_catalogue() -> None:
    assert not ELSEWHERE.keys() & numbers()
    assert set(CATALOGUE) >= ELSEWHERE.keys()


def test_no_test_has_a_number_that_the_catalogue_lacks() -> None:
    assert not numbers() - set(CATALOGUE)
