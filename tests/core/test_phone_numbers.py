"""What a telephone number can be used for, held to the library's own example numbers."""

from __future__ import annotations

from collections.abc import Iterator

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from worker.core.phone_numbers import (
    PhoneUse,
    can_be_texted,
    codes_of,
    is_fictional,
    looks_invented,
    use_of,
)
from worker.core.transforms import read_phone

TYPES = {
    value: name
    for name, value in vars(PhoneNumberType).items()
    if name.isupper() and isinstance(value, int)
}
NOT_PERSONAL = {"PREMIUM_RATE", "SHARED_COST", "PAGER", "VOICEMAIL", "UAN"}
USES = {
    "MOBILE": PhoneUse.MOBILE,
    "FIXED_LINE": PhoneUse.FIXED,
    "TOLL_FREE": PhoneUse.TOLL_FREE,
    **dict.fromkeys(NOT_PERSONAL, PhoneUse.NOT_PERSONAL),
}


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _examples() -> Iterator[tuple[str, str, phonenumbers.PhoneNumber]]:
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind, name in TYPES.items():
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                yield region, name, number


EXAMPLES = list(_examples())


def test_every_example_of_the_library_is_read_as_itself() -> None:
    wrong = [
        (region, name)
        for region, name, number in EXAMPLES
        if read_phone(_e164(number), region).value != _e164(number)
    ]
    assert wrong == []
    assert len(EXAMPLES) > 1_000


def test_every_example_is_read_from_the_way_it_is_written_at_home() -> None:
    national = PhoneNumberFormat.NATIONAL
    wrong = [
        (region, name)
        for region, name, number in EXAMPLES
        if phonenumbers.is_valid_number_for_region(number, region)
        and read_phone(phonenumbers.format_number(number, national), region).value != _e164(number)
    ]
    assert wrong == []


def test_every_example_has_the_use_of_its_type() -> None:
    """The library says what a number is; numbers it cannot tell apart may be anybody's."""
    wrong = [
        (region, name)
        for region, name, number in EXAMPLES
        if use_of(_e164(number))
        is not USES.get(TYPES[phonenumbers.number_type(number)], PhoneUse.FIXED_OR_MOBILE)
    ]
    assert wrong == []


def test_every_invalid_example_is_refused() -> None:
    refused = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.invalid_example_number(region)
        if number is not None:
            refused.append(read_phone(_e164(number), region).value)
    assert len(refused) > 200
    assert set(refused) == {None}


def test_every_area_of_the_north_american_plan_is_told_as_the_library_tells_it() -> None:
    wrong = []
    for area in range(200, 1_000):
        phone = f"+1{area}2345678"
        number = phonenumbers.parse(phone, None)
        if phonenumbers.is_valid_number(number):
            kind = TYPES[phonenumbers.number_type(number)]
            if use_of(phone) is not USES.get(kind, PhoneUse.FIXED_OR_MOBILE):
                wrong.append((area, kind))
    assert wrong == []


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+16175550100", True),
        ("+16175550199", True),
        ("+16175550099", False),
        ("+16175550200", False),
        ("+16172530123", False),
        ("+18888888888", True),
        ("+447700900123", False),
    ],
)
def test_numbers_set_aside_for_stories_are_nobodys(phone: str, expected: bool) -> None:
    assert is_fictional(phone) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1111111111", True),
        ("+1 222-222-2222", True),
        ("(123) 456-7890", True),
        ("0000000", True),
        ("111", False),
        ("617-253-0123", False),
        ("call me", False),
    ],
)
def test_a_filled_field_is_told_from_a_number(text: str, expected: bool) -> None:
    assert looks_invented(text) is expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+16172530123", True),  # in North America either
        ("+447911123456", True),
        ("+442079460000", False),
        ("+18002530123", False),
        ("+19002345678", False),
    ],
)
def test_a_text_message_needs_what_can_be_a_mobile(phone: str, expected: bool) -> None:
    assert can_be_texted(phone) is expected


@pytest.mark.parametrize(
    ("phone", "served", "expected"),
    [
        ("+442079460000", {"US", "CA"}, ("DQ_PHONE_REGION",)),
        ("+442079460000", set(), ()),
        ("+16172530123", {"US", "CA"}, ()),
        ("+14162530123", {"US", "CA"}, ()),
        ("+14162530123", {"US"}, ("DQ_PHONE_REGION",)),
        ("+18002530123", {"US"}, ("DQ_PHONE_TOLL_FREE",)),
    ],
)
def test_a_country_that_is_not_served_is_told(
    phone: str, served: set[str], expected: tuple[str, ...]
) -> None:
    assert codes_of(phone, frozenset(served)) == expected
