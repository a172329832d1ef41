"""Faults of the catalogue that concern Salesforce's limits and broken answers, by their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.salesforce.budget import Usage, usage_in
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import (
    ENDED,
    described,
    field,
    ids,
    lead,
    opened,
    page,
    pull,
    row,
    say_set_up,
)
from worker.errors import (
    DailyLimitError,
    FixAccessError,
    FixConfigurationError,
    RateLimitedError,
    UnavailableError,
)

DAILY = [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]
CONCURRENT = [
    {
        "errorCode": "REQUEST_LIMIT_EXCEEDED",
        "message": "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
    }
]


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def used(count: int, of: int = 1000, more: str = "") -> dict[str, str]:
    return {"Sforce_Limit_Info": f"api-usage={count}/{of}{more}"}


def test_f39_the_day_is_over_and_said_to_be(stub: Stub, time: FakeTime) -> None:
    stub.say(DAILY, 403)
    connector = opened(stub, time)
    for _again in range(2):
        with pytest.raises(DailyLimitError, match="24 hours"):
            pull(connector)
    assert (len(stub.asked), time.slept) == (1, [])


def test_f39_what_was_used_is_learnt_also_from_an_answer_in_a_new_session(
    stub: Stub, time: FakeTime
) -> None:
    login = {"client_id": "app", "client_secret": "hush"}
    stub.say({"access_token": "one", "instance_url": stub.url})
    stub.say(ENDED, 401)
    stub.say({"access_token": "two", "instance_url": stub.url})
    stub.say(described(), **used(950))
    with pytest.raises(DailyLimitError):
        pull(opened(stub, time, **login))
    assert len(stub.asked) == 4


def test_f39_too_many_at_once_is_another_matter_and_is_tried_again(
    stub: Stub, time: FakeTime
) -> None:
    stub.say(CONCURRENT, 403)
    stub.say(described())
    stub.say(page())
    assert pull(opened(stub, time))
    assert time.slept == [30.0]


def test_f39_too_many_at_once_for_ever_is_a_limit_of_rate(stub: Stub, time: FakeTime) -> None:
    stub.say(CONCURRENT, 403)
    with pytest.raises(RateLimitedError):
        pull(opened(stub, time, retries=False))


def test_f39_a_part_of_the_day_is_left_to_people(stub: Stub, time: FakeTime) -> None:
    stub.say(described(), **used(949))
    stub.say(page(), **used(950))
    connector = opened(stub, time, daily_reserve="5")
    pull(connector)
    with pytest.raises(DailyLimitError, match="left to others"):
        pull(connector)
    assert len(stub.asked) == 2


def test_f39_the_allowance_is_looked_at_again_after_an_hour(stub: Stub, time: FakeTime) -> None:
    stub.say(described(), **used(950))
    connector = opened(stub, time)
    with pytest.raises(DailyLimitError):
        pull(connector)
    time.sleep(3601)
    stub.say(page(), **used(100))
    assert pull(connector)


def test_f39_the_limit_of_our_own_app_counts_as_well(stub: Stub, time: FakeTime) -> None:
    stub.say(described(), **used(5, 1000, "; per-app-api-usage=250/250(appName=leadtriage)"))
    with pytest.raises(DailyLimitError):
        pull(opened(stub, time))


def test_usage_is_read_in_either_form() -> None:
    both = {"sforce-limit-info": "api-usage=25/5000; per-app-api-usage=17/250(appName=x)"}
    assert usage_in(both) == (Usage(used=25, limit=5000), Usage(used=17, limit=250))
    assert usage_in({"sforce-limit-info": "api-usage=18/5000"})[0] == Usage(used=18, limit=5000)
    assert usage_in({"sforce-limit-info": "gibberish"}) == (None, None)
    assert usage_in({}) == (None, None)


def test_check_asks_for_the_limits_and_learns_them(stub: Stub, time: FakeTime) -> None:
    stub.say({"DailyApiRequests": {"Max": 1000, "Remaining": 50}})
    connector = opened(stub, time)
    findings = connector.check()
    assert [one.is_blocking for one in findings] == [True]
    assert "left to others" in findings[0].message
    assert len(stub.asked) == 1


def test_a_user_who_may_not_see_the_limits_is_no_finding(stub: Stub, time: FakeTime) -> None:
    stub.say([{"errorCode": "INSUFFICIENT_ACCESS", "message": "x"}], 403)
    stub.say({"totalSize": 1, "done": True, "records": []})
    stub.say(page())
    stub.say(page())
    stub.say(described("Lead", field("HasOptedOutOfEmail"), field("DoNotCall")))
    say_set_up(stub)
    assert not opened(stub, time).check()


def test_f68_hidden_consent_is_named_with_its_permission(stub: Stub, time: FakeTime) -> None:
    stub.say({})
    stub.say(page())
    stub.say(page())
    stub.say(described())
    say_set_up(stub)
    findings = opened(stub, time).check()
    assert [(one.object_type, one.is_blocking) for one in findings] == [("Lead", False)] * 2
    assert "Grant Read on Lead.HasOptedOutOfEmail." in findings[0].message
    assert "Grant Read on Lead.DoNotCall." in findings[1].message


def test_f40_what_others_use_of_the_allowance_is_told_with_each_answer(
    stub: Stub, time: FakeTime
) -> None:
    """No share has to be agreed on: the count is the org's, whoever calls."""
    stub.say(described(), **used(100))
    stub.say(page(), **used(899))
    ours = opened(stub, time)
    pull(ours)
    stub.say(page(), **used(901))
    pull(ours)
    with pytest.raises(DailyLimitError):
        pull(ours)


@pytest.mark.parametrize(
    "said",
    [
        Said(status=502, body=b"<html><h1>Bad Gateway</h1></html>"),
        Said(status=503, body=b"<?xml version='1.0'?><error>Unknown exception</error>"),
        Said(status=500, body=b'[{"errorCode": "UNKNOWN_EXCEPTION", "message": "x"}]'),
        Said(status=400, body=b'[{"errorCode": "QUERY_TIMEOUT", "message": "x"}]'),
        Said(status=420, body=b""),
        Said(body=b'{"name": "Lead", "fields": [', cut=True),
        Said(body=b"<html>maintenance</html>"),
        Said(body=b'{"name": "Lead\xff", "fields": []}'),
    ],
    ids=["html", "xml", "unknown", "timeout", "edge", "cut", "page", "letters"],
)
def test_f41_what_is_broken_in_passing_is_tried_again(
    stub: Stub, time: FakeTime, said: Said
) -> None:
    stub.script.append(said)
    stub.say(described())
    stub.say(page())
    assert pull(opened(stub, time))
    assert len(time.slept) == 1


def test_f37_a_429_without_a_wait_backs_off_and_resumes_the_same_page(
    stub: Stub, time: FakeTime
) -> None:
    following = "/services/data/v66.0/query/01gX-2"
    stub.say(described())
    stub.say(page(row(lead(1)), total=2, following=following))
    stub.script.append(Said(status=429, body=b""))
    stub.say(page(row(lead(2)), total=2))
    assert ids(pull(opened(stub, time))) == [lead(1), lead(2)]
    assert [asked.path for asked in stub.asked[2:]] == [following, following]
    assert len(time.slept) == 1


def test_f41_and_given_up_with_what_was_said_but_not_its_text(stub: Stub, time: FakeTime) -> None:
    for _again in range(4):
        stub.script.append(Said(status=502, body=b"<html>zaphod@example.org</html>"))
    with pytest.raises(UnavailableError, match="502") as raised:
        pull(opened(stub, time))
    assert "zaphod" not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "API_DISABLED_FOR_ORG", FixAccessError),
        (403, "API_CURRENTLY_DISABLED", UnavailableError),
        (410, "UNSUPPORTED_API_VERSION", FixConfigurationError),
        (403, "INSUFFICIENT_ACCESS", FixAccessError),
        (429, "", RateLimitedError),
    ],
)
def test_each_refusal_says_who_has_to_do_something(
    stub: Stub, time: FakeTime, status: int, code: str, kind: type[Exception]
) -> None:
    stub.say([{"errorCode": code, "message": "x"}], status)
    with pytest.raises(kind):
        pull(opened(stub, time, retries=False))
