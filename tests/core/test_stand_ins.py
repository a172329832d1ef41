"""Names that are none, and names that only look as if they were none."""

from __future__ import annotations

import pytest

from worker.core.stand_ins import given_name_code, is_keyboard_run, name_code, surname_code

NONE: frozenset[str] = frozenset()
PLACEHOLDER, NOT_A_NAME, DOUBTFUL = "DQ_NAME_PLACEHOLDER", "DQ_NAME_NOT_A_NAME", "DQ_NAME_DOUBTFUL"


@pytest.mark.parametrize(
    "text",
    [
        "N/A", "n/a.", "(n/a)", "Unknown", "UNKNOWN", "Select", "-- Select --", "Please select", "-", ".",
        "???", "none", "TBD", "first name", "First Name", "lastname", "Your Name", "no name", "anonymous",
        "aaa", "AAAA", "zzzzz", "asdf", "asdfgh", "ASDFGHJKL", "qwerty", "qwer", "poiu", "lkjh", "zxcv",
        "asdasd", "qweqwe", "test test", "Test  Test", "Unknown Unknown", "abc", "xyz", "delete me", "Mr.",
    ],
)  # fmt: skip
def test_what_no_person_is_called(text: str) -> None:
    assert name_code(text, NONE) == PLACEHOLDER


@pytest.mark.parametrize(
    "text",
    [
        "ada@x.com", "www.x.com", "https://x.org/a", "617-253-0123", "Ada 2", "x.com", "12345", "R2D2",
        "lead 17",
    ],
)  # fmt: skip
def test_what_is_something_else_than_a_name(text: str) -> None:
    assert name_code(text, NONE) == NOT_A_NAME


@pytest.mark.parametrize(
    "text",
    [
        "Ng", "Li", "Xu", "O", "Al", "Bo", "Ek", "Aa", "Oo", "Wert", "Tester", "Blank", "Foo", "Bar", "Nil",
        "Anon", "Lead", "Patient", "O'Neill", "Smith-Jones", "José", "李", "Ünal", "St. John", "Lind Jr.",
        "Lind 3rd", "J.", "van der Berg", "Testa", "Nuller", "Unknownson", "Selecta", "Deed", "Annan",
        "Assad", "Power", "Trewin",
    ],
)  # fmt: skip
def test_names_that_only_look_odd_are_names(text: str) -> None:
    assert name_code(text, NONE) is None
    assert given_name_code(text, NONE) is None
    assert surname_code(text, "Ada", NONE) is None


@pytest.mark.parametrize("text", ["Test", "TEST", "null", " test. "])
def test_words_that_are_surnames_are_no_given_names(text: str) -> None:
    assert given_name_code(text, NONE) == PLACEHOLDER


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Ada", "Test", DOUBTFUL),
        ("Test", "Test", PLACEHOLDER),
        (None, "Test", PLACEHOLDER),
        ("asdf", "Test", PLACEHOLDER),
        ("Chris", "Null", None),
        (None, "Null", DOUBTFUL),
        ("null", "null", PLACEHOLDER),
        ("Hee", "Na", None),
        (None, "Na", None),
        ("n/a", "na", PLACEHOLDER),
        ("Na", "Na", PLACEHOLDER),
        ("Ada", "N/A", PLACEHOLDER),
        ("Sam", "Doe", None),
        ("John", "Doe", DOUBTFUL),
        ("Jane", "DOE", DOUBTFUL),
        (None, "Doe", None),
    ],
)
def test_what_stands_beside_a_surname_decides(
    first: str | None, last: str, expected: str | None
) -> None:
    assert surname_code(last, first, NONE) == expected


def test_an_organisation_adds_words_of_its_own() -> None:
    added = frozenset({"sample", "na"})
    assert name_code("Sample", added) == PLACEHOLDER
    assert name_code("Sampler", added) is None
    assert surname_code("Na", "Hee", added) is None


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("asdf", True), ("sdfg", False), ("sdfgh", True), ("fdsa", True), ("jkl", False), ("hjkl", True),
        ("wert", False), ("werty", True), ("asdfasdf", True), ("asdasd", True), ("lala", False),
        ("papa", False), ("rerere", False), ("", False),
    ],
)  # fmt: skip
def test_a_run_of_keys_is_told_from_a_word(word: str, expected: bool) -> None:
    assert is_keyboard_run(word) is expected
