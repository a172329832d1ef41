"""How Salesforce spells ids, numbers, instants and conditions: worked out by hand, and as properties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connectors.salesforce.ids import is_id, long_id
from connectors.salesforce.keyset import Place, beyond
from connectors.salesforce.rows import (
    instant_text,
    plain_number,
    record_of,
    text_of,
)
from connectors.salesforce.soql import among, is_name, literal, quoted
from connectors.salesforce.values import is_same, to_send
from connectors.shared.pulling import tombstone
from worker.core.records import RecordRef

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
IDS = st.text(alphabet=SIGNS, min_size=15, max_size=15)


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("0014S000007Nxml", "0014S000007NxmlQAC"),
        ("00Q4S000002sSac", "00Q4S000002sSacUAE"),
        ("005000000000000", "005000000000000AAA"),
    ],
)
def test_an_id_of_15_letters_is_one_of_18(short: str, full: str) -> None:
    assert (long_id(short), long_id(full)) == (full, full)


@given(IDS, IDS)
def test_two_ids_of_15_letters_stay_two_even_without_their_case(one: str, other: str) -> None:
    is_one = long_id(one).lower() == long_id(other).lower()
    assert is_one == (one == other)


@given(st.text(max_size=20))
def test_what_is_no_id_stays_as_it_is(text: str) -> None:
    if not is_id(text):
        assert long_id(text) == text


@pytest.mark.parametrize(
    ("given_", "plain"),
    [
        ("500.0", "500"), ("1.0E7", "10000000"), ("0.50", "0.5"), ("-0.10", "-0.1"), ("100", "100"),
        ("12345678901234567.0", "12345678901234567"), ("1E-7", "0.0000001"), ("NaN", "NaN"),
        ("1E999", "1E999"), ("n/a", "n/a"),
    ],
)  # fmt: skip
def test_numbers_are_written_in_full(given_: str, plain: str) -> None:
    assert plain_number(given_) == plain


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_whole_numbers_are_exact_beyond_what_a_float_holds(number: int) -> None:
    assert plain_number(f"{number}.0") == str(number)


@pytest.mark.parametrize("text", ["2026-03-01T10:00:00.000+0000", "2026-03-01T10:00:00.000Z",
                                  "2026-03-01T11:00:00+01:00"])  # fmt: skip
def test_an_instant_has_one_form(text: str) -> None:
    assert instant_text(text) == "2026-03-01T10:00:00+00:00"


def test_an_instant_that_is_none_stays_text() -> None:
    assert [instant_text(one) for one in ("soon", "2026-03-01")] == ["soon", "2026-03-01"]


def test_only_an_empty_value_is_none() -> None:
    kinds = {"": None, "0": "0", "false": "false", " ": " "}
    assert {text: text_of(text, "string") for text in kinds} == kinds
    assert [text_of(one, "boolean") for one in (True, False, None)] == ["true", "false", None]


@given(st.text())
@example("\\'")
@example("\\")
def test_no_text_gets_out_of_its_quotes(text: str) -> None:
    inner = quoted(text)[1:-1]
    at = 0
    while at < len(inner):
        assert inner[at] != "'"
        at += 2 if inner[at] == "\\" else 1
    assert at == len(inner)


@pytest.mark.parametrize("name", ["", "a b", "x'", "a..b", "1a", "Id FROM User", "a.b.c.d.e.f.g"])
def test_what_names_no_field_goes_into_no_query(name: str) -> None:
    assert not is_name(name)


def test_conditions_are_written_as_soql_has_them() -> None:
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert beyond("S", Place()) == []
    assert beyond("S", Place(at=at), at) == [
        "S >= 2026-03-01T10:00:00.000Z",
        "S <= 2026-03-01T10:00:00.000Z",
    ]
    assert among("Id", ["a", "b'"]) == r"Id IN ('a', 'b\'')"
    elsewhere = timezone(timedelta(hours=2))
    assert literal(datetime(2026, 3, 1, 12, 0, 0, 123_000, elsewhere)) == "2026-03-01T10:00:00.123Z"


def test_an_instant_keeps_its_milliseconds() -> None:
    assert instant_text("2026-03-01T12:00:00.123+0200") == "2026-03-01T10:00:00.123+00:00"


def test_a_revision_is_of_the_values_and_of_where_a_record_went() -> None:
    ref = RecordRef(system="salesforce", object_type="Lead", id="x")
    one, other = ({"A": "1", "B": "2"}, {"B": "2", "A": "1"})
    assert record_of(ref, one, None).revision == record_of(ref, other, None).revision
    assert tombstone(ref).revision != tombstone(ref, merged_into="y").revision


@pytest.mark.parametrize(
    ("one", "other", "kind", "same"),
    [
        ("73", "73.0", "double", True),
        ("73", "74", "double", False),
        ("a;b", "b; a", "multipicklist", True),
        ("a;b", "a", "multipicklist", False),
        ("0014S000007Nxml", "0014S000007NxmlQAC", "reference", True),
        ("0014S000007Nxml", "0014S000007NxmL", "reference", False),
        ("Kim@Example.org", "kim@example.org", "email", True),
        ("Kim", "kim", "string", False),
        ("a\nb", "a\r\nb ", "textarea", True),
        ("true", "1", "boolean", True),
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000+0000", "datetime", True),
        ("soon", "later", "datetime", False),
        (None, "", "string", True),
        (None, "x", "string", False),
    ],
)
def test_two_texts_of_a_field_say_the_same(
    one: str | None, other: str | None, kind: str, same: bool
) -> None:
    assert is_same(one, other, kind) is same


def test_a_word_that_is_no_number_or_truth_is_sent_for_salesforce_to_judge() -> None:
    assert (to_send("many", "double"), to_send("perhaps", "boolean")) == ("many", "perhaps")
    assert to_send("", "string") is None
    assert to_send("\u0663" * 70, "double") == "\u0663" * 70  # digits, and none of JSON's
