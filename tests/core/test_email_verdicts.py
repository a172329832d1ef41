"""Our verdict on an address is the library's, on everything its published tests name."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email

from tests.core.email_verdicts import FROM_FORMS_INVALID, FROM_FORMS_VALID, INVALID, VALID
from worker.core.transforms import Reading, read_email


def _as_the_library(text: str) -> str | None:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None


@pytest.mark.parametrize("text", VALID + FROM_FORMS_VALID)
def test_a_valid_address_is_read(text: str) -> None:
    assert read_email(text) == Reading(_as_the_library(text))
    assert read_email(text).value is not None


@pytest.mark.parametrize("text", INVALID + FROM_FORMS_INVALID)
def test_an_invalid_address_is_refused(text: str) -> None:
    assert read_email(text) == Reading(None, "DQ_EMAIL_INVALID")
    assert _as_the_library(text) is None


def test_reading_what_was_read_changes_nothing() -> None:
    for text in VALID + FROM_FORMS_VALID:
        value = read_email(text).value
        assert read_email(str(value)).value == value
