"""Every fault of the catalogue that touches HubSpot or Salesforce has a test by its number for each.

The catalogue lists what has broken in systems like this one: A reading HubSpot, B reading Salesforce,
C sessions and limits, D writing, E events, identity, consent and privacy. Its numbers are known here,
so that an entry can neither be forgotten nor lose its last test unnoticed.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
_NAME = re.compile(r"def test_((?:f\d\d_)+)")
HUBSPOT, SALESFORCE = range(1, 19), range(19, 33)
"""Sections A and B: each is about reading one CRM."""
COMMON = (*range(33, 42), *range(42, 65), *range(65, 72))
CATALOGUE = {"hubspot": (*HUBSPOT, *COMMON), "salesforce": (*SALESFORCE, *COMMON)}
ELSEWHERE = {
    "hubspot": {
        34: "a session that another program ends: HubSpot has tokens, and F33 is theirs",
        44: "success: false inside HTTP 200: Salesforce's collections; HubSpot's is F42 and F43",
        46: "a converted lead: HubSpot converts nothing",
        52: "a picklist per record type: HubSpot has no record types; options are F53",
        60: "a duplicate rule that refuses a write: Salesforce; an address that is taken is F49",
        61: "a key that matches two records: contacts are written by record id alone",
        66: "the signature and the clock of a webhook: none is received",
    },
    "salesforce": {
        33: "a token of 30 minutes: HubSpot's; the end of a session is F34",
        38: "a limit of searches by the second: HubSpot's; calls at the same time are F39",
        61: "a key that matches two records: records are written by record id alone",
        66: "the signature and the clock of a webhook: none is received",
    },
}
"""Entries that do not apply to a CRM, and why."""
CASES = [
    (crm, number)
    for crm, all_ in CATALOGUE.items()
    for number in all_
    if number not in ELSEWHERE[crm]
]


@cache
def numbers(crm: str) -> frozenset[int]:
    """Give the numbers that name a test of a CRM."""
    found: set[int] = set()
    for path in TESTS.rglob(f"test_{crm}_*.py"):
        for names in _NAME.findall(path.read_text(encoding="utf-8")):
            found.update(int(one[1:]) for one in names.split("_") if one)
    return frozenset(found)


@pytest.mark.parametrize(("crm", "number"), CASES)
def test_a_fault_has_a_test_by_its_number(crm: str, number: int) -> None:
    assert number in numbers(crm), f"no test of {crm} is named test_f{number:02}_..."


@pytest.mark.parametrize("crm", CATALOGUE)
def test_what_does_not_apply_is_not_tested_and_is_in_the_catalogue(crm: str) -> None:
    assert not ELSEWHERE[crm].keys() & numbers(crm)
    assert set(CATALOGUE[crm]) >= ELSEWHERE[crm].keys()


def test_no_test_of_hubspot_has_a_number_that_its_catalogue_lacks() -> None:
    assert not numbers("hubspot") - set(CATALOGUE["hubspot"])


def test_a_test_of_salesforce_under_a_number_of_hubspot_is_of_what_both_have() -> None:
    """F16, an object type that is not in the grant, is listed under HubSpot and just as true here."""
    assert numbers("salesforce") - set(CATALOGUE["salesforce"]) <= {16}
