"""Who may call the twin, and how often: tokens, scopes, limits and their headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.sandbox.hubspot.limits import Limits
from connectors.sandbox.hubspot.tokens import PERSON_TOKEN, SANDBOX_TOKEN, Grant
from connectors.sandbox.script import Fault, FaultKind

CONTACTS = "/crm/v3/objects/contacts"
SEARCH = f"{CONTACTS}/search"


def test_an_unknown_token_is_refused(web) -> None:
    reply = web("GET", CONTACTS, token="guess")
    assert (reply.status, reply.body["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_missing_scope_is_named(web, twin) -> None:
    twin.tokens.grants["narrow"] = Grant(scopes=frozenset({"crm.objects.contacts.read"}))
    assert web("GET", CONTACTS, token="narrow").status == 200
    reply = web("POST", CONTACTS, {"properties": {}}, token="narrow")
    assert (reply.status, reply.body["category"]) == (403, "MISSING_SCOPES")
    context = reply.body["errors"][0]["context"]
    assert context == {"requiredGranularScopes": ["crm.objects.contacts.write"]}


def test_what_is_written_with_the_token_of_a_person_shows_as_theirs(web) -> None:
    made = web("POST", CONTACTS, {"properties": {"firstname": "a"}}, token=PERSON_TOKEN).body["id"]
    one = {"properties": {"firstname": "b"}}
    web("PATCH", f"{CONTACTS}/{made}", one, token=SANDBOX_TOKEN)
    web("PATCH", f"{CONTACTS}/{made}", {"properties": {"firstname": "c"}}, token=PERSON_TOKEN)
    many = {"inputs": [{"id": made, "properties": {"firstname": "d"}}]}
    web("POST", f"{CONTACTS}/batch/update", many, token=PERSON_TOKEN)
    shown = web("GET", f"{CONTACTS}/{made}?propertiesWithHistory=firstname").body
    history = shown["propertiesWithHistory"]["firstname"]
    assert [(one["value"], one["sourceType"], one["sourceId"]) for one in history] == [
        ("d", "CRM_UI", "userId:7702"),
        ("c", "CRM_UI", "userId:7702"),
        ("b", "INTEGRATION", "4242"),
        ("a", "CRM_UI", "userId:7702"),
    ]


@pytest.mark.parametrize("rotates", [False, True])
def test_a_refresh_token_becomes_an_access_token_that_ends_after_half_an_hour(
    client, web, twin, rotates
) -> None:
    twin.tokens.refresh_tokens["first"] = frozenset({"crm.objects.contacts.read"})
    twin.tokens.rotates = rotates

    def refreshed(token: str):
        return client.oauth.tokens_api.create(
            grant_type="refresh_token",
            client_id="sandbox-client",
            client_secret="sandbox-secret",
            refresh_token=token,
        )

    answer = refreshed("first")
    assert answer.expires_in == 1800
    assert (answer.refresh_token == "first") is not rotates
    assert web("GET", CONTACTS, token=answer.access_token).status == 200
    twin.clock.advance(timedelta(minutes=30))
    late = web("GET", CONTACTS, token=answer.access_token)
    assert (late.status, late.body["category"]) == (401, "EXPIRED_AUTHENTICATION")
    again = refreshed(answer.refresh_token)
    assert web("GET", CONTACTS, token=again.access_token).status == 200
    assert ("first" in twin.tokens.refresh_tokens) is not rotates


def test_a_refresh_token_that_is_not_known_is_an_invalid_grant(web) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "refresh_token": "old",
    }
    reply = web.pool.request_encode_body(
        "POST", f"{web.url}/oauth/v1/token", fields=form, encode_multipart=False
    )
    assert (reply.status, reply.json()["error"]) == (400, "invalid_grant")
    reply = web.pool.request("POST", f"{web.url}/oauth/2026-03/token", body=b"\xff")
    assert reply.status == 400


def test_a_scripted_expiry_ends_oauth_tokens_until_they_are_refreshed(web, twin) -> None:
    later = twin.clock.now() + timedelta(minutes=20)
    twin.tokens.grants["access"] = Grant(expires_at=later, is_private_app=False)
    twin.script.add(Fault(kind=FaultKind.EXPIRE))
    for _ in range(2):
        reply = web("GET", CONTACTS, token="access")
        assert (reply.status, reply.body["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_ten_seconds_hold_so_many_calls_and_then_roll_on(web, twin) -> None:
    twin.meter.limits = Limits(burst=3)
    left = [web("GET", CONTACTS).headers["x-hubspot-ratelimit-remaining"] for _ in range(3)]
    assert left == ["2", "1", "0"]
    refused = web("GET", CONTACTS)
    assert (refused.status, refused.body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert refused.body["errorType"] == "RATE_LIMIT"
    assert "retry-after" not in refused.headers
    twin.clock.advance(timedelta(seconds=10))
    fine = web("GET", CONTACTS)
    assert fine.status == 200
    assert fine.headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert fine.headers["x-hubspot-ratelimit-max"] == "3"


def test_searches_have_their_own_second_and_no_headers_of_the_window(web, twin) -> None:
    twin.meter.limits = Limits(searches=2, tells_retry_after=True)
    assert [web("POST", SEARCH, {}).status for _ in range(3)] == [200, 200, 429]
    refused = web("POST", SEARCH, {})
    assert refused.body["message"] == "You have reached your secondly limit."
    assert refused.body["category"] == "RATE_LIMITS"
    assert refused.headers["retry-after"] == "1"
    assert "x-hubspot-ratelimit-remaining" not in refused.headers
    assert "x-hubspot-ratelimit-daily-remaining" in refused.headers
    assert web("GET", CONTACTS).status == 200
    twin.clock.advance(timedelta(seconds=1))
    assert web("POST", SEARCH, {}).status == 200


def test_the_day_is_the_accounts(web, twin) -> None:
    twin.meter.limits = Limits(daily=2)
    twin.clock.advance(datetime(2026, 11, 3, 4, 59, tzinfo=UTC) - twin.clock.now())
    assert [web("GET", CONTACTS).status for _ in range(2)] == [200, 200]
    refused = web("GET", CONTACTS)
    assert (refused.status, refused.body["policyName"]) == (429, "DAILY")
    assert refused.headers["x-hubspot-ratelimit-daily-remaining"] == "0"
    twin.clock.advance(timedelta(minutes=1))  # midnight in New York
    assert web("GET", CONTACTS).status == 200


def test_an_oauth_app_is_told_nothing_of_the_day(web, twin) -> None:
    later = twin.clock.now() + timedelta(minutes=20)
    twin.tokens.grants["access"] = Grant(expires_at=later, is_private_app=False)
    headers = web("GET", CONTACTS, token="access").headers
    assert "x-hubspot-ratelimit-daily" not in headers
    assert "x-hubspot-ratelimit-remaining" in headers
