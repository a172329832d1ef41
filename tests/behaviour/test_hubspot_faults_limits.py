"""F37 to F40 of the catalogue of faults: rate limits of HubSpot.

Time is passed in: waiting moves the clock, and nobody sleeps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot.budget import Budget, Limits, next_midnight
from connectors.hubspot.faults import Policy
from tests.support.hubspot_opening import contact, limited, one_list, opened
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from worker.errors import (
    DailyLimitError,
)


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def test_f37_a_429_without_a_wait_backs_off_and_resumes_the_same_page(
    stub: Stub, time: FakeTime
) -> None:
    stub.say({**contact("1"), "paging": {"next": {"after": "1"}}})
    stub.say(limited(), status=429)
    stub.say(contact("2"))
    assert one_list(opened(stub, time)) == ["1", "2"]
    assert stub.asked[1].query == stub.asked[2].query
    assert sum(time.slept) == pytest.approx(10)  # the burst window is ten seconds long


def test_f37_a_429_with_a_wait_is_waited_for(stub: Stub, time: FakeTime) -> None:
    stub.say(limited("TEN_SECONDLY_ROLLING"), status=429, retry_after="3")
    stub.say(contact())
    one_list(opened(stub, time))
    assert sum(time.slept) == pytest.approx(3)


def test_f38_searches_have_a_budget_of_their_own(time: FakeTime) -> None:
    budget = Budget(Limits(burst=100, search=5), time, time.sleep)
    for _ in range(11):
        budget.acquire(is_search=True)
    assert 2.0 <= (time.now - FakeTime().now).total_seconds() <= 2.1
    before = time.now
    for _ in range(50):
        budget.acquire(is_search=False)
    assert time.now == before


def test_f38_the_burst_is_used_to_the_full_and_not_beyond(time: FakeTime) -> None:
    budget = Budget(Limits(burst=190), time, time.sleep)
    for _ in range(1901):
        budget.acquire(is_search=False)
    assert 100 <= (time.now - FakeTime().now).total_seconds() <= 105


def test_f39_a_429_of_the_day_stops_until_midnight_of_the_account(
    stub: Stub, time: FakeTime
) -> None:
    connector = opened(stub, time, time_zone="America/Phoenix")
    stub.say(limited("DAILY"), status=429)
    with pytest.raises(DailyLimitError) as first:
        one_list(connector)
    with pytest.raises(DailyLimitError, match="2026-03-03 07:00 UTC") as stopped:
        one_list(connector)
    assert (len(stub.asked), stopped.value.retry_after) == (1, timedelta(hours=16))
    assert first.value.retry_after == timedelta(hours=16)
    time.sleep(16 * 3600)
    stub.say(contact())
    assert one_list(connector) == ["1"]


def test_f39_a_part_of_the_day_is_left_to_others(stub: Stub, time: FakeTime) -> None:
    connector = opened(stub, time, daily_reserve="10", time_zone="UTC")
    left = {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "100"}
    stub.script.append(Said(body=json.dumps(contact()).encode(), headers=left))
    one_list(connector)
    with pytest.raises(DailyLimitError):
        one_list(connector)
    assert len(stub.asked) == 1


def test_f39_calls_whose_answers_name_no_limit_are_counted_as_well(time: FakeTime) -> None:
    budget = Budget(Limits(daily_reserve=0.1), time, time.sleep)
    budget.learn(
        {"x-hubspot-ratelimit-daily": "1000", "x-hubspot-ratelimit-daily-remaining": "103"}
    )
    for _ in range(3):
        budget.acquire(is_search=True)
        budget.learn({})
    with pytest.raises(DailyLimitError):
        budget.acquire(is_search=True)


def test_f39_the_end_of_the_day_is_asked_for_while_there_are_calls_left(
    stub: Stub, time: FakeTime
) -> None:
    connector = opened(stub, time, daily_reserve="10")
    low = {"X-HubSpot-RateLimit-Daily": "1000", "X-HubSpot-RateLimit-Daily-Remaining": "150"}
    stub.script.append(Said(body=json.dumps(contact()).encode(), headers=low))
    stub.say({"portalId": 1, "timeZone": "America/Phoenix"})
    one_list(connector)
    stub.say(limited("DAILY"), status=429)
    with pytest.raises(DailyLimitError):
        one_list(connector)
    with pytest.raises(DailyLimitError, match="2026-03-03 07:00 UTC"):
        one_list(connector)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("America/Phoenix", "2026-03-03T07:00:00+00:00"),
        ("Asia/Tokyo", "2026-03-02T15:00:00+00:00"),
        (None, "2026-03-03T12:00:00+00:00"),
    ],
)
def test_f39_midnight_is_that_of_the_account(zone: str | None, expected: str) -> None:
    now = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
    found = next_midnight(now, ZoneInfo(zone) if zone else None)
    assert found.isoformat() == expected


def test_f40_a_worker_that_has_a_share_keeps_to_it(time: FakeTime) -> None:
    budget = Budget(Limits(share=0.5), time, time.sleep)
    headers = {
        "x-hubspot-ratelimit-max": "190",
        "x-hubspot-ratelimit-interval-milliseconds": "10000",
        "x-hubspot-ratelimit-remaining": "120",
    }
    budget.learn(headers)
    for _ in range(95):
        budget.acquire(is_search=False)
    assert not time.slept
    budget.acquire(is_search=False)
    assert sum(time.slept) == pytest.approx(10, rel=0.03)


def test_f40_a_limit_that_is_given_stands(time: FakeTime) -> None:
    budget = Budget(Limits(burst=30, is_given=True), time, time.sleep)
    budget.learn(
        {
            "x-hubspot-ratelimit-max": "190",
            "x-hubspot-ratelimit-interval-milliseconds": "10000",
            "x-hubspot-ratelimit-remaining": "0",
        }
    )
    for _ in range(30):
        budget.acquire(is_search=False)
    assert not time.slept
    budget.acquire(is_search=False)
    assert sum(time.slept) == pytest.approx(10, rel=0.03)


def test_f40_a_window_that_others_used_up_is_waited_for(time: FakeTime) -> None:
    budget = Budget(Limits(), time, time.sleep)
    budget.learn({"x-hubspot-ratelimit-remaining": "0"})
    budget.acquire(is_search=False)
    assert sum(time.slept) == 10


def test_a_limit_of_searches_does_not_hold_up_other_calls(time: FakeTime) -> None:
    budget = Budget(Limits(), time, time.sleep)
    budget.refused(Policy.SECOND, is_search=True, wait=None)
    budget.acquire(is_search=False)
    assert not time.slept
    budget.acquire(is_search=True)
    assert sum(time.slept) == 1
