"""Likeness: what two persons have in common, in words and bits, and when that is a proposal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.blocking import Census, block_keys
from worker.core.model import Facts
from worker.core.similarity import (
    DEFAULT_WEIGHTS,
    Grade,
    Likeness,
    Proposal,
    SimilarityPolicy,
    compare_first_names,
    compare_last_names,
    compile_comparison,
    threshold_for,
)
from worker.core.traits import Trait, take_traits

ANN: Facts = {
    "first_name": "Ann",
    "last_name": "Readywise",
    "email": "ann.readywise@example.org",
    "phone": "+16175550123",
    "street": "12 Main Street, Apt 4",
    "city": "Boston",
    "postal_code": "02114",
    "state": "MA",
}
compare = compile_comparison(SimilarityPolicy(), {}, 1_000)


def pair(one: Facts, **changes: str) -> Proposal | None:
    """Compare with a copy in which some facts differ; an empty one is unknown."""
    other = {fact: value for fact, value in {**one, **changes}.items() if value}
    return compare(take_traits(one), take_traits(other))


def words(found: Proposal | None) -> dict[str, str]:
    assert found is not None
    return {part.trait.value: part.likeness.value for part in found.evidence}


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("robert", "robert", "same"),
        ("robert", "bob", "nickname"),
        ("robert", "r", "initial"),
        ("robert", "robret", "close"),
        ("kathryn", "catherine", "sounds_alike"),
        ("robert", "samuel", "different"),
    ],
)
def test_given_names(one: str, other: str, likeness: str) -> None:
    assert compare_first_names(one, other) == compare_first_names(other, one) == likeness


@pytest.mark.parametrize(
    ("one", "other", "likeness"),
    [
        ("readywise", "readywies", "close"),
        ("leekumar", "kumar", "part"),
        ("lee", "kumar", "different"),
    ],
)
def test_family_names(one: str, other: str, likeness: str) -> None:
    assert compare_last_names(one, other) == compare_last_names(other, one) == likeness


def test_swapped_names_are_seen() -> None:
    swapped = pair(ANN, first_name="Readywise", last_name="Ann")
    assert {words(swapped)[part] for part in ("first_name", "last_name")} == {"swapped"}


def test_a_street_is_the_same_however_it_is_written() -> None:
    found = words(pair(ANN, street="12 MAIN ST."))
    assert (found["house"], found["street"]) == ("same", "same")


def test_the_weights_of_a_pair_are_summed() -> None:
    found = pair({"first_name": "Ann", "last_name": "Lee", "phone": "+16175550123"})
    assert found is not None
    assert found.total == 6.5 + 6.5 + 8


def test_what_one_of_them_lacks_says_nothing() -> None:
    assert "email" not in words(pair(ANN, email=""))


def test_jr_and_sr_are_never_proposed() -> None:
    assert pair({**ANN, "last_name": "Readywise Sr"}, last_name="Readywise Jr") is None


def test_a_suffix_that_only_one_has_leaves_a_doubt() -> None:
    found = pair(ANN, last_name="Readywise Jr")
    assert found is not None
    assert found.grade is Grade.DOUBTFUL


def test_a_household_is_in_doubt() -> None:
    found = pair(ANN, first_name="Oskar", email="")
    assert found is not None
    assert found.grade is Grade.DOUBTFUL


def test_people_of_two_names_are_not_proposed_whatever_they_share() -> None:
    assert pair(ANN, first_name="Oskar", last_name="Lindholm") is None


def test_a_name_alone_is_not_enough_in_a_large_base() -> None:
    in_large = compile_comparison(SimilarityPolicy(), {}, 200_000)
    name = {"first_name": "Ann", "last_name": "Lee"}
    assert pair(name) is not None
    assert in_large(take_traits(name), take_traits(name)) is None


def test_each_doubling_of_the_base_asks_for_one_bit_more() -> None:
    policy = SimilarityPolicy(threshold=10)
    assert [threshold_for(policy, n) for n in (0, 5_000, 10_000, 80_000)] == [10, 10, 11, 14]


def test_a_city_where_half_of_all_live_is_worth_one_bit() -> None:
    census = Census()
    for number in range(8):
        census.add(take_traits({"city": "Boston" if number < 4 else f"Town{number}"}))
    assert census.rarity()[Trait.CITY, "boston"] == 1.0


def test_common_values_survive_in_a_census_that_forgets() -> None:
    census = Census(limit=4)
    for number in range(100):
        census.add(take_traits({"last_name": "Smith" if number % 2 else f"Name{number}"}))
    assert census.rarity().keys() >= {(Trait.LAST_NAME, "smith")}


def test_people_of_whom_nothing_is_known_meet_nobody() -> None:
    assert block_keys(take_traits({})) == ()


def test_a_slip_in_any_one_field_leaves_a_shared_key() -> None:
    own = set(block_keys(take_traits(ANN)))
    for fact in ANN:
        assert own & set(block_keys(take_traits({**ANN, fact: "Zzyzx"})))


NAMES = st.sampled_from(["Ann", "Anna", "Bob", "Robert", "R", "Lee", "Lee-Kumar", "Kumar Jr", ""])
PEOPLE = st.fixed_dictionaries(
    {"first_name": NAMES, "last_name": NAMES, "phone": st.sampled_from(["+16175550123", ""])}
).map(lambda facts: take_traits({fact: value for fact, value in facts.items() if value}))


@given(PEOPLE, PEOPLE)
def test_a_pair_is_the_same_from_both_sides(one: object, other: object) -> None:
    first, second = compare(one, other), compare(other, one)  # type: ignore[arg-type]  # traits
    assert (first is None) is (second is None)
    assert first is None or (second is not None and first.total == second.total)


@pytest.mark.parametrize("trait", list(Trait))
def test_what_is_the_same_weighs_most(trait: Trait) -> None:
    weights = DEFAULT_WEIGHTS[trait]
    assert max(weights.values()) == weights[Likeness.SAME]
    assert min(weights.values()) == weights[Likeness.DIFFERENT]
