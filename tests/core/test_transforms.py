"""Transforms: what a CRM's text is read as, worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from worker.core.field_map import FieldRead, Transform
from worker.core.model import FactValue
from worker.core.transforms import Reading, compile_reader, is_damaged_id

SERVICES = {"Orthopedics": "ortho", "GTX Pro": "gtx_pro"}


def read(
    transform: Transform, text: str, *, is_closed: bool = False, region: str = "US"
) -> Reading:
    field = FieldRead(
        fact="f",
        source="s",
        transform=transform,
        values=SERVICES,
        is_closed=is_closed,
        region=region,
    )
    return compile_reader(field)(text)


@pytest.mark.parametrize(
    "text",
    [
        "1713702782727",
        "1713702782727.0",
        "2024-04-21T12:33:02.727Z",
        "2024-04-21T12:33:02.727000+00:00",
        "2024-04-21T12:33:02.727+0000",
        "2024-04-21 12:33:02.727",
        "2024-04-21T08:33:02.727-04:00",
        "20240421T123302.727Z",
    ],
)
def test_every_form_of_an_instant_is_the_same_instant(text: str) -> None:
    expected = datetime(2024, 4, 21, 12, 33, 2, 727000, tzinfo=UTC)
    assert read(Transform.INSTANT, text) == Reading(expected)


@pytest.mark.parametrize("text", ["1713702782", "2024-04-21T12:33:02Z", "2024-04-21T12:33:02"])
def test_instants_without_fractions_are_read(text: str) -> None:
    assert read(Transform.INSTANT, text).value == datetime(2024, 4, 21, 12, 33, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["soon", "", "0", "12", "21/04/2024", "9999-12-31T00:00:00Z", "0001-01-01", "1e400"]
)
def test_what_is_no_instant_is_told(text: str) -> None:
    assert read(Transform.INSTANT, text) == Reading(None, "DQ_VALUE_UNREADABLE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-03", date(2026, 5, 3)),
        ("20260503", date(2026, 5, 3)),
        ("1777766400000", date(2026, 5, 3)),
        ("2026-05-03T23:30:00-04:00", date(2026, 5, 4)),
        ("2026-05-03 00:00:00", date(2026, 5, 3)),
    ],
)
def test_dates_are_read(text: str, expected: date) -> None:
    assert read(Transform.DATE, text).value == expected


@pytest.mark.parametrize("text", ["2026-05-03garbage", "05/03/2026", "2026-02-30", "9999-12-31"])
def test_what_is_no_date_is_told(text: str) -> None:
    assert read(Transform.DATE, text) == Reading(None, "DQ_VALUE_UNREADABLE")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada.Lind@HarborMail.com", "ada.lind@harbormail.com"),
        ("ada+news@harbormail.com", "ada+news@harbormail.com"),
        ("info@example.com", "info@example.com"),
    ],
)
def test_addresses_are_folded(text: str, expected: str) -> None:
    assert read(Transform.EMAIL, text) == Reading(expected)


@pytest.mark.parametrize(
    "text", ["ada", "ada@", "@mail.com", "a b@mail.com", "ada@mail", "ada@@mail.com", "a@b@c.com"]
)
def test_bad_addresses_are_told(text: str) -> None:
    assert read(Transform.EMAIL, text) == Reading(None, "DQ_EMAIL_INVALID")


@pytest.mark.parametrize(
    "text",
    ["(617) 555-0123", "617.555.0123", "+1 617 555 0123", "1-617-555-0123", "617-555-0123 ext. 5"],
)
def test_every_form_of_a_number_is_the_same_number(text: str) -> None:
    assert read(Transform.PHONE, text) == Reading("+16175550123")


def test_a_number_is_read_in_its_region() -> None:
    assert read(Transform.PHONE, "020 7946 0123", region="GB") == Reading("+442079460123")


@pytest.mark.parametrize("text", ["12345", "555-0123", "call me", "617-555-012", "+1 017 555 0123"])
def test_bad_numbers_are_told(text: str) -> None:
    assert read(Transform.PHONE, text) == Reading(None, "DQ_PHONE_INVALID")


@pytest.mark.parametrize(
    "text", ["000-000-0000", "999 999 9999", "123-456-7890", "+1 (123) 456-7890", "5555555555"]
)
def test_a_number_that_somebody_made_up_is_told_from_a_wrong_one(text: str) -> None:
    assert read(Transform.PHONE, text) == Reading(None, "DQ_PHONE_FICTIONAL")


@pytest.mark.parametrize(
    "text", ["617-253-0123 x12", "(617) 253-0123 ext. 12", "6172530123;ext=12"]
)
def test_an_extension_does_not_make_a_number_wrong(text: str) -> None:
    assert read(Transform.PHONE, text) == Reading("+16172530123")


@pytest.mark.parametrize(
    "text", ["N/A", " n/a. ", "-", "???", "Unknown", "none", "asdf", "aaaa", "TBD"]
)
def test_a_text_that_stands_for_nothing_is_no_value(text: str) -> None:
    assert read(Transform.TEXT, text) == Reading(None, "DQ_VALUE_PLACEHOLDER")


@pytest.mark.parametrize(
    "text", ["AAA", "Select Medical", "Unknown Worlds", "X", "3M", "Blank & Co"]
)
def test_a_text_that_only_looks_odd_is_kept(text: str) -> None:
    assert read(Transform.TEXT, text) == Reading(text)


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_choice_nobody_made_is_no_value(is_closed: bool) -> None:
    reading = read(Transform.CHOICE, "Please select", is_closed=is_closed)
    assert reading == Reading(None, "DQ_VALUE_PLACEHOLDER")


def test_a_list_may_have_a_word_of_its_own_for_nothing() -> None:
    field = FieldRead(
        fact="f", source="s", transform=Transform.CHOICE, values={"N/A": "none"}, is_closed=True
    )
    assert compile_reader(field)("N/A") == Reading("none")
    assert read(Transform.CHOICE, "None") == Reading("none")


@pytest.mark.parametrize("text", ["1234567893", "1245319599", " 1234567893 "])
def test_an_npi_with_its_check_digit_is_read(text: str) -> None:
    assert read(Transform.NPI, text) == Reading(text.strip())


@pytest.mark.parametrize(
    "text", ["1234567890", "123456789", "12345678930", "12345678९3", "123456789X"]
)
def test_an_npi_that_fails_its_check_digit_is_told(text: str) -> None:
    assert read(Transform.NPI, text) == Reading(None, "DQ_NPI_INVALID")


@pytest.mark.parametrize("text", ["446642248919", "0012345", "00Q5e00000AbCdE", "9007199254740993"])
def test_an_id_stays_exact_text(text: str) -> None:
    assert read(Transform.ID, text) == Reading(text)


@pytest.mark.parametrize(
    "text",
    ["4.46642248919e+11", "4.46E+11", "4,46E+11", "67340.0", "67340,0", "#REF!", "#####", "#N/A"],
)
def test_an_id_that_a_spreadsheet_damaged_is_no_id(text: str) -> None:
    assert is_damaged_id(text)
    assert read(Transform.ID, text) == Reading(None, "DQ_ID_DAMAGED")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1200", 1200.0),
        ("1,200", 1200.0),
        ("1,200,000.5", 1200000.5),
        ("-3", -3.0),
        ("1e3", 1000.0),
    ],
)
def test_numbers_are_read(text: str, expected: float) -> None:
    assert read(Transform.NUMBER, text) == Reading(expected)


@pytest.mark.parametrize(
    "text", ["12,5", "1.200,50", "1_000", "nan", "inf", "1e999", "many", "", ","]
)
def test_what_is_no_number_is_told(text: str) -> None:
    assert read(Transform.NUMBER, text) == Reading(None, "DQ_VALUE_UNREADABLE")


@pytest.mark.parametrize(
    ("transform", "text", "expected"),
    [
        (Transform.BOOLEAN, "Yes", True),
        (Transform.BOOLEAN, "0", False),
        (Transform.INVERTED_BOOLEAN, "true", False),
        (Transform.INVERTED_BOOLEAN, "no", True),
        (Transform.TICK, "true", True),
        (Transform.TICK, "false", None),
        (Transform.NAME, "  Mary   Ann ", "Mary Ann"),
        (Transform.POSTAL_CODE, "02114-1234", "02114"),
        (Transform.POSTAL_CODE, "k1a0b1", "K1A 0B1"),
        (Transform.STATE, "massachusetts", "MA"),
        (Transform.STATE, "ri", "RI"),
        (Transform.CHOICE, "gtx  pro", "gtx_pro"),
        (Transform.CHOICE, "GTX_PRO", "gtx_pro"),
        (Transform.CHOICE, "Something Else", "something else"),
        (Transform.CHOICES, "Orthopedics; GTX Pro;;Orthopedics", ("gtx_pro", "ortho")),
    ],
)
def test_words_are_read(transform: Transform, text: str, expected: FactValue | None) -> None:
    assert read(transform, text) == Reading(expected)


@pytest.mark.parametrize(
    ("transform", "text", "code"),
    [
        (Transform.BOOLEAN, "maybe", "DQ_VALUE_UNREADABLE"),
        (Transform.INVERTED_BOOLEAN, "maybe", "DQ_VALUE_UNREADABLE"),
        (Transform.TICK, "maybe", "DQ_VALUE_UNREADABLE"),
        (Transform.POSTAL_CODE, "2114", "DQ_POSTAL_CODE_INVALID"),
        (Transform.POSTAL_CODE, "٠٢١١٤", "DQ_POSTAL_CODE_INVALID"),
        (Transform.STATE, "Bavaria", "DQ_VALUE_UNKNOWN"),
        (Transform.STATE, "Masachusetts", "DQ_VALUE_MISSPELLED"),
        (Transform.STATE, "Mass", "DQ_VALUE_UNKNOWN"),
    ],
)
def test_words_that_mean_nothing_are_told(transform: Transform, text: str, code: str) -> None:
    assert read(transform, text) == Reading(None, code)


def test_a_closed_choice_knows_no_other_words() -> None:
    assert read(Transform.CHOICE, "GTX Plus", is_closed=True) == Reading(None, "DQ_VALUE_UNKNOWN")


@pytest.mark.parametrize("text", ["Ortho-pedics", "Orthopaedics", "ORTHO PEDICS", "GTXPro"])
def test_a_word_that_is_nearly_known_is_told_and_not_accepted(text: str) -> None:
    assert read(Transform.CHOICE, text, is_closed=True) == Reading(None, "DQ_VALUE_MISSPELLED")
    assert read(Transform.CHOICES, text, is_closed=True) == Reading(None, "DQ_VALUE_MISSPELLED")


def test_an_open_choice_takes_a_word_that_is_nearly_known_as_it_is() -> None:
    assert read(Transform.CHOICE, "Orthopaedics") == Reading("orthopaedics")


def test_of_several_choices_the_known_ones_are_kept() -> None:
    reading = read(Transform.CHOICES, "GTX Plus;Orthopedics", is_closed=True)
    assert reading == Reading(("ortho",), "DQ_VALUE_UNKNOWN")
