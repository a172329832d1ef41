"""Plain North American numbers are read without the library, exactly as the library reads them."""

from __future__ import annotations

import phonenumbers
from hypothesis import given
from hypothesis import strategies as st

from worker.core.transforms import read_phone

gaps = st.sampled_from(("", " ", ".", "-"))


@st.composite
def plain_numbers(draw: st.DrawFn) -> str:
    area, office = (draw(st.integers(200, 999)) for _part in range(2))
    country = draw(st.sampled_from(("", "1", "+1", "1 ", "+1 ", "1-", "+1.")))
    shown = f"({area})" if draw(st.booleans()) else str(area)
    return f"{country}{shown}{draw(gaps)}{office}{draw(gaps)}{draw(st.integers(0, 9999)):04d}"


@given(plain_numbers(), st.sampled_from(("US", "CA")))
def test_a_plain_number_is_read_as_the_library_reads_it(text: str, region: str) -> None:
    number = phonenumbers.parse(text, region)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    expected = written if phonenumbers.is_valid_number(number) else None
    assert read_phone(text, region).value == expected
