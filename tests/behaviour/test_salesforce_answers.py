"""What is read out of an answer of Salesforce: codes, names, waits, calls used, and nothing of a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.salesforce.budget import Budget, Usage, usage_in
from connectors.salesforce.faults import DAY, Fault, error_of, is_passing, read_fault
from tests.support.hubspot_stub import FakeTime
from worker.errors import (
    DailyLimitError,
    FixDataError,
    LeadtriageError,
    RateLimitedError,
    SourceChangedError,
    UnavailableError,
)

XML = b"<error><exceptionCode>InvalidSessionId</exceptionCode></error>"


def read(body: bytes = b"", **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_fault(operation="read", status=400, body=body, headers=named)


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (408, None, UnavailableError, "Nothing was lost"),
        (404, "INVALID_QUERY_LOCATOR", SourceChangedError, "asked again"),
        (400, "STORAGE_LIMIT_EXCEEDED", FixDataError, "no storage left"),
        (400, "API_CURRENTLY_DISABLED", UnavailableError, "Nothing was lost"),
    ],
)
def test_a_fault_is_named_by_what_to_do(
    status: int, code: str | None, kind: type[LeadtriageError], words: str
) -> None:
    error = error_of(Fault(operation="read", status=status, code=code))
    assert type(error) is kind
    assert words in str(error)


def test_a_limit_of_long_calls_waits_as_it_is_told() -> None:
    said = {"operation": "read", "status": 403, "code": "REQUEST_LIMIT_EXCEEDED"}
    for told, wait in ((None, 60), (7, 7)):
        after = None if told is None else timedelta(seconds=told)
        error = error_of(Fault(**said, is_concurrent=True, retry_after=after))
        assert isinstance(error, RateLimitedError)
        assert error.retry_after == timedelta(seconds=wait)
    assert is_passing("REQUEST_LIMIT_EXCEEDED")
    assert not is_passing(None)


def test_only_names_of_fields_and_ids_of_requests_are_kept() -> None:
    body = b'[{"errorCode": "X_Y", "message": "x", "fields": ["Email", "kim@example.org", 7]}]'
    found = read(body, x_request_id="kim@example.org")
    assert (found.code, found.fields, found.correlation_id) == ("X_Y", ("Email",), None)
    assert read(x_request_id="0f0e1d2c3b").correlation_id == "0f0e1d2c3b"
    assert read(b'[{"errorCode": "kim@example.org"}]').code is None
    assert read(XML).is_expired


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7), ("\u00b2", None), ("-1", None), ("9" * 7, None), ("soon", None)]
)
def test_a_wait_is_a_number_of_seconds(text: str, seconds: int | None) -> None:
    wait = None if seconds is None else timedelta(seconds=seconds)
    assert read(retry_after=text).retry_after == wait


def test_the_calls_of_everybody_and_of_our_app_are_told_apart() -> None:
    header = "per-app-api-usage=17/250(appName=leadtriage), api-usage=25/5000"
    both = usage_in({"sforce-limit-info": header})
    assert both == (Usage(used=25, limit=5000), Usage(used=17, limit=250))
    assert usage_in({"sforce-limit-info": "api-usage=5/0"}) == (None, None)


def test_a_used_up_day_is_looked_at_again_after_an_hour_and_may_close_again() -> None:
    time = FakeTime()
    budget = Budget(0.1, time)
    for _twice in range(2):
        budget.note(Usage(used=90, limit=100))
        time.sleep(600)
        budget.note(Usage(used=91, limit=100))  # does not put the hour off
        with pytest.raises(DailyLimitError):
            budget.acquire()
        time.sleep(DAY.total_seconds() - 600)
        budget.acquire()
