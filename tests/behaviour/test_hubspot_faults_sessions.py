"""F15, F16, F33, F35, F36 and F41 of the catalogue of faults: tokens and broken answers.

The connector speaks through the real SDK to a loopback server.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.hubspot_opening import EMPTY, SECRET, contact, one_list, opened
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from worker.core.records import RecordRef
from worker.errors import (
    FixAccessError,
    FixConfigurationError,
    FixDataError,
    LeadtriageError,
    RateLimitedError,
    UnavailableError,
)
from worker.ports import ObjectSource


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


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


def test_f15_what_is_computed_or_read_only_is_not_written(stub: Stub, time: FakeTime) -> None:
    own = {"name": "own", "modificationMetadata": {"readOnlyValue": False}}
    fixed = {"name": "fixed", "modificationMetadata": {"readOnlyValue": True}}
    stub.say({"results": [own, fixed, {"name": "sum", "calculated": True}]})
    stub.say({"results": [{"name": "own", "dataSensitivity": "sensitive"}, {"name": "delicate"}]})
    stub.say({"results": []})
    described = {one.name: one for one in opened(stub, time).describe("contacts").fields}
    assert [name for name, one in described.items() if one.is_writable] == ["own", "delicate"]
    assert [one.sensitivity.value for one in described.values()] == [
        "none", "none", "none", "sensitive",
    ]  # fmt: skip


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


def test_f43_an_input_that_failed_inside_hubspot_is_asked_for_again_and_not_taken_for_gone(
    stub: Stub, time: FakeTime
) -> None:
    ref = RecordRef(system="hubspot", object_type="contacts", id="1")
    stub.say({"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, status=207)
    stub.say(contact())
    assert list(opened(stub, time).fetch([ref], fields=["email"])) == [ref]
    stub.say({"results": [], "errors": [{"category": "OBJECT_NOT_FOUND"}]}, status=207)
    assert not opened(stub, time).fetch([ref], fields=["email"])
    stub.say({"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, status=207)
    with pytest.raises(UnavailableError, match="READ_IN_PART"):
        opened(stub, time, retries=False).fetch([ref], fields=["email"])


def test_f12_associations_that_failed_inside_hubspot_are_asked_for_again(
    stub: Stub, time: FakeTime
) -> None:
    calls = ObjectSource(object_type="calls", id_field="hs_object_id")
    stub.say({"results": [{"id": "5", "properties": {}}]})
    stub.say({"results": [], "errors": [{"category": "INTERNAL_ERROR"}]}, status=207)
    stub.say({"results": [{"from": {"id": "5"}, "to": [{"toObjectId": 7}]}]})
    [page] = opened(stub, time, calls).pull("calls", fields=["associations.contacts"], since=None)
    assert [one.values for one in page.records] == [{"associations.contacts": "7"}]


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


@pytest.mark.parametrize("key", ["category", "errorType", "error", "correlationId"])
def test_f70_a_value_in_the_place_of_a_code_is_not_repeated(
    stub: Stub, time: FakeTime, key: str
) -> None:
    stub.say({"status": "error", key: f"Kim Rivera {SECRET}"}, status=400)
    with pytest.raises(FixDataError) as refused:
        one_list(opened(stub, time))
    assert "KIM" not in str(refused.value).upper()


def test_f58_an_owner_in_both_lists_is_active(stub: Stub, time: FakeTime) -> None:
    owner = {"id": "51", "type": "PERSON"}
    stub.say({"results": [owner]})
    stub.say({"results": [{**owner, "userId": None}, {"id": "52", "userId": None}]})
    found = opened(stub, time).owners()
    assert {one.id: one.is_active for one in found} == {"51": True, "52": False}


def test_an_unknown_refusal_is_a_matter_of_the_field_map(stub: Stub, time: FakeTime) -> None:
    stub.say({"status": "error", "category": "VALIDATION_ERROR", "message": SECRET}, status=400)
    with pytest.raises(FixDataError, match="400, VALIDATION_ERROR"):
        one_list(opened(stub, time))
