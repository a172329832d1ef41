"""Lengths of time are read as people write them, and nothing else is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from worker.config.durations import parse_business_days, parse_duration, parse_working_time


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30 days", timedelta(days=30)),
        ("1 day", timedelta(days=1)),
        ("12 hours", timedelta(hours=12)),
        ("90 minutes", timedelta(minutes=90)),
        ("2 weeks", timedelta(days=14)),
        ("1.5 hours", timedelta(minutes=90)),
        ("  5 minutes ", timedelta(minutes=5)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "30", "days", "30days", "-1 days", "1e3 days", "30 Days", "4 working hours", "1 year"],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(
        ValueError, match='such as "90 minutes", "12 hours", "30 days" or "2 weeks"'
    ):
        parse_duration(text)


def test_a_length_beyond_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_duration("999999999 weeks")


def test_working_time_says_so() -> None:
    assert parse_working_time("4 working hours") == timedelta(hours=4)
    assert parse_working_time("30 working minutes") == timedelta(minutes=30)


def test_plain_time_is_not_working_time() -> None:
    with pytest.raises(ValueError, match="4 working hours"):
        parse_working_time("4 hours")


def test_business_days_are_a_whole_number() -> None:
    assert parse_business_days("10 business days") == 10
    with pytest.raises(ValueError, match="10 business days"):
        parse_business_days("10 days")
