"""F15, F16, F33 and F35 to F41 of the catalogue of faults: tokens, limits and broken answers.

The connector speaks through the real SDK to a loopback server.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.hubspot.budget import Budget, Limits, next_midnight
from connectors.hubspot.connector import open_connector
from connectors.hubspot.faults import Policy
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from worker.errors import (
    DailyLimitError,
    FixAccessError,
    FixConfigurationError,
    FixDataError,
    LeadtriageError,
    RateLimitedError,
    UnavailableError,
)
from worker.ports import Connector, ConnectorContext, ObjectSource, try_once
from worker.retry import with_retry

SECRET = "zaphod@example.org"
TOKEN = "pat-na1-0000-secret"
EMPTY = {"results": []}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def opened(stub: Stub, time: FakeTime, *, retries: bool = True, **options: str) -> Connector:
    retry: Any = partial(with_retry, sleep=time.sleep) if retries else try_once
    given = {"base_url": stub.url, **options}
    if not {"token_file", "client_id"} & given.keys():
        given["access_token"] = TOKEN
    return open_connector(
        ConnectorContext(
            system="hubspot",
            base_dir=Path(),
            options=given,
            objects=[ObjectSource(object_type="contacts", id_field="hs_object_id")],
            clock=time,
            sleep=time.sleep,
            retry=retry,
        )
    )


def one_list(connector: Connector) -> list[str]:
    pages = list(connector.pull("contacts", fields=["email"], since=None))
    return [record.ref.id for page in pages for record in page.records]


def contact(record_id: str = "1") -> dict[str, object]:
    return {"results": [{"id": record_id, "properties": {"email": SECRET}}]}


# Permissions.


def test_f15_only_requested_properties_are_asked_for(stub: Stub, time: FakeTime) -> None:
    stub.say(contact())
    one_list(opened(stub, time))
    assert set(stub.asked[0].query["properties"][0].split(",")) == {
        "email", "lastmodifieddate", "hs_merged_object_ids", "hs_calculated_merged_vids",
    }  # fmt: skip


def test_f15_properties_that_the_token_may_not_see_do_not_stop_a_run(
    stub: Stub, time: FakeTime
) -> None:
    stub.say({"results": [{"name": "email", "type": "string"}]})
    stub.say({"status": "error", "category": "MISSING_SCOPES"}, status=403)
    stub.say({"status": "error", "category": "MISSING_SCOPES"}, status=403)
    described = opened(stub, time).describe("contacts")
    assert [field.name for field in described.fields] == ["email"]


def test_f16_a_grant_without_contacts_is_an_error_and_names_the_scope(
    stub: Stub, time: FakeTime
) -> None:
    context = {"requiredGranularScopes": ["crm.objects.contacts.read"]}
    body = {"status": "error", "category": "MISSING_SCOPES", "correlationId": "0a1b2c3d-4e5f"}
    stub.say({**body, "message": SECRET, "errors": [{"context": context}]}, status=403)
    with pytest.raises(FixAccessError) as refused:
        one_list(opened(stub, time))
    assert str(refused.value) == (
        "HubSpot would not list records (403, MISSING_SCOPES, correlation id 0a1b2c3d-4e5f). "
        "It needs: crm.objects.contacts.read. Renew the token or grant the permission."
    )


# Tokens.


def granted(access: str, refresh: str = "refresh-1") -> dict[str, object]:
    return {"access_token": access, "refresh_token": refresh, "expires_in": 1800}


OAUTH = {"client_id": "app", "client_secret": "hush", "refresh_token": "refresh-1"}


def bearers(stub: Stub) -> list[str]:
    return [asked.headers.get("authorization", "token endpoint") for asked in stub.asked]


def test_f33_a_token_is_renewed_before_it_ends(stub: Stub, time: FakeTime) -> None:
    connector = opened(stub, time, **OAUTH)
    for content in (granted("a"), EMPTY, granted("b"), EMPTY):
        stub.say(content)
    one_list(connector)
    time.sleep(1500)
    one_list(connector)
    assert bearers(stub) == ["token endpoint", "Bearer a", "token endpoint", "Bearer b"]


def test_f33_a_token_refused_in_a_child_call_is_renewed_once(stub: Stub, time: FakeTime) -> None:
    connector = opened(stub, time, **OAUTH)
    page = {"results": [{"id": "9", "properties": {"hs_merged_object_ids": "7"}}]}
    stub.say(granted("a"))
    stub.say(page)
    stub.say({"category": "EXPIRED_AUTHENTICATION"}, status=401)
    stub.say(granted("b"))
    stub.say(EMPTY)
    assert one_list(connector) == ["9", "7"]
    assert bearers(stub)[2:] == ["Bearer a", "token endpoint", "Bearer b"]


def test_f33_a_token_refused_twice_is_a_matter_of_access(stub: Stub, time: FakeTime) -> None:
    connector = opened(stub, time, **OAUTH)
    stub.say(granted("a"))
    stub.say({"category": "EXPIRED_AUTHENTICATION"}, status=401)
    stub.say(granted("b"))
    stub.say({"category": "EXPIRED_AUTHENTICATION"}, status=401)
    with pytest.raises(FixAccessError, match="EXPIRED_AUTHENTICATION"):
        one_list(connector)
    assert len(stub.asked) == 4


def test_f35_a_rotated_refresh_token_is_kept_before_the_new_token_is_used(
    stub: Stub, time: FakeTime, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    file.write_text("refresh-1\n")
    given = {"client_id": "app", "client_secret": "hush", "refresh_token_file": str(file)}
    connector = opened(stub, time, **given)
    stub.say(granted("a", "refresh-2"))
    stub.say({}, status=500)
    with pytest.raises(LeadtriageError):
        one_list(opened(stub, time, retries=False, **given))
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("refresh-2\n", 0o600)
    stub.say(granted("b", "refresh-2"))
    stub.say(EMPTY)
    one_list(connector)
    assert b"refresh_token=refresh-2" in stub.asked[2].body


def test_f35_an_invalid_grant_stops_and_is_not_asked_again(stub: Stub, time: FakeTime) -> None:
    stub.say({"error": "invalid_grant", "message": SECRET}, status=400)
    with pytest.raises(FixAccessError, match="INVALID_GRANT") as refused:
        one_list(opened(stub, time, **OAUTH))
    assert len(stub.asked) == 1
    assert not any(word in str(refused.value) for word in (SECRET, "hush", "refresh-1"))


def test_f36_a_token_endpoint_that_is_down_is_tried_again(stub: Stub, time: FakeTime) -> None:
    stub.say({}, status=503)
    stub.say(granted("a"))
    stub.say(contact())
    assert one_list(opened(stub, time, **OAUTH)) == ["1"]


def test_a_token_in_a_file_is_rotated_without_a_restart(
    stub: Stub, time: FakeTime, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    connector = opened(stub, time, token_file=str(file))
    stub.say(EMPTY)
    one_list(connector)
    file.write_text("second\n")
    os.utime(file, ns=(1, 1))
    stub.say(EMPTY)
    one_list(connector)
    assert bearers(stub) == ["Bearer first", "Bearer second"]


# Limits.


def limited(policy: str | None = None) -> dict[str, object]:
    body = {"status": "error", "message": "You have reached your secondly limit."}
    return {**body, "category": "RATE_LIMITS"} | ({"policyName": policy} if policy else {})


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
    with pytest.raises(DailyLimitError):
        one_list(connector)
    with pytest.raises(DailyLimitError, match="2026-03-03 07:00 UTC") as stopped:
        one_list(connector)
    assert (len(stub.asked), stopped.value.retry_after) == (1, timedelta(hours=16))
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


# Answers that are none.

HTML = b"<html><body>502 Bad Gateway zaphod@example.org</body></html>"


@pytest.mark.parametrize(
    "said",
    [
        Said(status=502, body=HTML),
        Said(status=500, body=b"<?xml version='1.0'?><e>Unknown exception</e>"),
        Said(status=503, body="Dienst nicht verfügbar".encode("latin-1")),
        Said(status=200, body=HTML),
        Said(status=200, body=b'{"results": [{"id": "1", "properties": {"email":', cut=True),
        Said(status=200, body=b'{"results": "none"}'),
        Said(status=524, body=b""),
        Said(status=423, body=b"{}"),
    ],
)
def test_f41_a_broken_answer_is_tried_again_and_says_nothing(
    stub: Stub, time: FakeTime, said: Said
) -> None:
    stub.script += [said]
    stub.say(contact())
    assert one_list(opened(stub, time)) == ["1"]
    stub.script += [said]
    with pytest.raises(UnavailableError) as broken:
        one_list(opened(stub, time, retries=False))
    assert SECRET not in str(broken.value) + repr(broken.value.__cause__ or "")


def test_f41_a_server_that_is_not_there_is_unavailable(stub: Stub, time: FakeTime) -> None:
    stub.url = "http://127.0.0.1:9"
    with pytest.raises(UnavailableError, match="no answer"):
        one_list(opened(stub, time, retries=False))


def test_a_request_is_sent_once_and_only_the_worker_tries_again(stub: Stub, time: FakeTime) -> None:
    stub.say({}, status=429, retry_after="1")
    with pytest.raises(RateLimitedError):
        one_list(opened(stub, time, retries=False))
    assert len(stub.asked) == 1


def test_one_connection_serves_many_calls(stub: Stub, time: FakeTime) -> None:
    connector = opened(stub, time)
    for _ in range(5):
        stub.say(contact())
        one_list(connector)
    assert (len(stub.asked), stub.connections) == (5, 1)


def test_a_redirect_is_not_followed_with_the_token(stub: Stub, time: FakeTime) -> None:
    stub.script.append(Said(status=302, headers={"Location": f"{stub.url}/elsewhere"}))
    with pytest.raises(FixConfigurationError, match="base_url"):
        one_list(opened(stub, time))
    assert len(stub.asked) == 1


def test_an_account_that_is_being_moved_is_left_alone(stub: Stub, time: FakeTime) -> None:
    stub.say({"status": "error"}, status=477, retry_after="7200")
    with pytest.raises(UnavailableError) as moved:
        one_list(opened(stub, time))
    assert (len(stub.asked), moved.value.retry_after) == (1, timedelta(hours=2))


def test_an_unknown_refusal_is_a_matter_of_the_field_map(stub: Stub, time: FakeTime) -> None:
    stub.say({"status": "error", "category": "VALIDATION_ERROR", "message": SECRET}, status=400)
    with pytest.raises(FixDataError, match="400, VALIDATION_ERROR"):
        one_list(opened(stub, time))


# Options.


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "http://10.0.0.1",
        "ftp://127.0.0.1",
        "https://user:pass@api.hubapi.com",
        "127.0.0.1:8080",
        "http://127.0.0.1.example.org",
        "https://",
    ],
)
def test_a_token_goes_only_where_it_is_safe(url: str, stub: Stub, time: FakeTime) -> None:
    with pytest.raises(FixConfigurationError, match="loopback"):
        opened(stub, time, base_url=url)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "https://api.hubapi.com"])
def test_https_and_this_machine_are_accepted(url: str, stub: Stub, time: FakeTime) -> None:
    assert opened(stub, time, base_url=url).name == "hubspot"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"share": "0"}, "share of system hubspot must be a whole number from 1 to 100"),
        ({"daily_reserve": "half"}, "daily_reserve of system hubspot must be a whole number"),
        ({"time_zone": "Mars"}, "time_zone of system hubspot is no time zone"),
        ({"acess_token": "x"}, "Did you mean 'access_token'?"),
        ({"token_file": "x", "client_id": "y"}, "has more than one way to log in"),
        ({"client_id": "y"}, "also needs client_secret"),
        ({"access_token": "two words", "token_file": "x"}, "has spaces"),
    ],
)
def test_a_wrong_option_is_named(
    change: dict[str, str], says: str, stub: Stub, time: FakeTime
) -> None:
    with pytest.raises(FixConfigurationError) as wrong:
        opened(stub, time, **change)
    assert says in str(wrong.value)
    assert "two words" not in str(wrong.value)


def test_no_way_to_log_in_names_the_variable() -> None:
    context = ConnectorContext(system="hubspot", base_dir=Path(), options={}, objects=[])
    with pytest.raises(FixConfigurationError, match="LEADTRIAGE_HUBSPOT__ACCESS_TOKEN"):
        open_connector(context)


def test_nothing_that_is_opened_shows_its_token(stub: Stub, time: FakeTime) -> None:
    shown: Callable[[object], str] = repr
    assert TOKEN not in shown(opened(stub, time))
