"""What hubspot-api-client does unless it is kept from it: logs of bodies, no time-outs, models, retries."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest

from connectors.hubspot import transport
from tests.support.hubspot_opening import SECRET, TOKEN, contact, one_list, opened
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from worker.errors import LeadtriageError, UnavailableError


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def test_no_body_and_no_token_reaches_a_log_at_any_level(
    stub: Stub, time: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    stub.say(contact())
    stub.say({"status": "error", "message": SECRET}, status=400)
    connector = opened(stub, time)
    for name in ("", "urllib3", "hubspot.crm.contacts", "hubspot.crm.contacts.rest"):
        caplog.set_level(logging.DEBUG, logger=name)
    one_list(connector)
    with pytest.raises(LeadtriageError):
        one_list(connector)
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


def test_a_server_that_never_answers_is_given_up(
    stub: Stub, time: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUTS", (0.2, 0.2))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stub.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(UnavailableError, match="ReadTimeoutError"):
            one_list(opened(stub, time, retries=False))


def test_what_the_sdk_s_models_do_not_know_does_no_harm(stub: Stub, time: FakeTime) -> None:
    row = {"id": 446642248919, "properties": {"email": None}, "url": "x", "newer": [{"a": 1}]}
    stub.say({"results": [row], "warnings": ["w"]})
    assert one_list(opened(stub, time)) == ["446642248919"]


def test_a_success_the_sdk_has_no_word_for_is_read(stub: Stub, time: FakeTime) -> None:
    stub.say(contact(), status=203)
    assert one_list(opened(stub, time)) == ["1"]


def test_f59_an_id_beyond_the_reach_of_a_float_stays_exact(stub: Stub, time: FakeTime) -> None:
    stub.script.append(Said(body=b'{"results": [{"id": 9007199254740993, "properties": {}}]}'))
    assert one_list(opened(stub, time)) == ["9007199254740993"]


def test_an_empty_error_body_is_no_crash(stub: Stub, time: FakeTime) -> None:
    stub.script.append(Said(status=502, body=b""))
    with pytest.raises(UnavailableError, match="502"):
        one_list(opened(stub, time, retries=False))


def test_tls_that_cannot_be_made_is_no_crash(stub: Stub, time: FakeTime) -> None:
    stub.url = stub.url.replace("http:", "https:")
    with pytest.raises(UnavailableError, match="no answer"):
        one_list(opened(stub, time, retries=False))
