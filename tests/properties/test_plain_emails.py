"""The short way for plain addresses must answer as the library does."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st

from worker.core.transforms import read_email

LOCALS = st.text("ab1.+-_A", min_size=1, max_size=12)
DOMAINS = st.lists(st.text("ab1-", min_size=1, max_size=6), min_size=1, max_size=4)
ENDINGS = st.sampled_from(
    ["com", "org", "test", "local", "invalid", "arpa", "xn--p1ai", "c", "c0m"]
)


@given(LOCALS, DOMAINS, ENDINGS)
def test_a_plain_address_gets_the_answer_of_the_library(
    local: str, labels: list[str], ending: str
) -> None:
    address = f"{local}@{'.'.join([*labels, ending])}"
    try:
        expected = validate_email(address, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        expected = None
    assert read_email(address).value == expected
