"""What hubspot-api-client does unless it is kept from it: logs of bodies, no time-outs, models, retries."""

from __future__ import annotations

import gzip
import json
import logging
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import requires
from pathlib import Path

import pytest

from connectors.hubspot import paths, transport
from connectors.hubspot.connector import HubSpotConnector
from tests.support.hubspot_opening import SECRET, TOKEN, contact, one_list, opened
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from worker.errors import LeadtriageError, UnavailableError
from worker.ports import Connector


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def transport_of(connector: Connector) -> transport.Transport:
    assert isinstance(connector, HubSpotConnector)
    return connector.transport


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
        said = f"ReadTimeoutError at {stub.url.removeprefix('http://')}. Nothing was lost; the next run"
        with pytest.raises(UnavailableError, match=said):
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


def test_opening_a_connector_changes_no_level_of_a_logger(stub: Stub, time: FakeTime) -> None:
    names = ("urllib3", "hubspot", "hubspot.crm.contacts", "")
    logging.getLogger("urllib3").setLevel(logging.NOTSET)
    before = [logging.getLogger(name).level for name in names]
    opened(stub, time)
    assert [logging.getLogger(name).level for name in names] == before


def test_answers_are_asked_for_compressed_and_read_so(stub: Stub, time: FakeTime) -> None:
    body = gzip.compress(json.dumps(contact()).encode())
    stub.script.append(Said(body=body, headers={"Content-Encoding": "gzip"}))
    assert one_list(opened(stub, time)) == ["1"]
    assert stub.asked[0].headers["accept-encoding"] == "gzip"


def test_yes_and_no_go_out_in_lower_case(stub: Stub, time: FakeTime) -> None:
    stub.say({"results": []})
    stub.say({"results": []})
    opened(stub, time).owners()
    assert [asked.query["archived"] for asked in stub.asked] == [["false"], ["true"]]


def test_what_is_put_into_a_path_cannot_lead_elsewhere(stub: Stub, time: FakeTime) -> None:
    wanted = {"form_id": "../owners?x=1"}
    transport_of(opened(stub, time)).exchange(paths.FORM_SUBMISSIONS, path=wanted)
    assert stub.asked[0].path == "/form-integrations/v1/submissions/forms/..%2Fowners%3Fx%3D1"


def test_a_token_that_was_replaced_is_used_by_the_connection_that_is_open(
    stub: Stub, time: FakeTime, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    connector = opened(stub, time, token_file=str(file))
    for token in ("first", "second-one"):
        file.write_text(f"{token}\n")
        stub.say(contact())
        one_list(connector)
        assert stub.asked[-1].headers["authorization"] == f"Bearer {token}"
    assert stub.connections == 1


def test_one_connector_serves_several_threads(stub: Stub, time: FakeTime) -> None:
    for _ in range(40):
        stub.say(contact())
    connector = opened(stub, time)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _n: one_list(connector), range(40)))
    assert found == [["1"]] * 40


def test_the_release_of_urllib3_that_breaks_the_client_is_refused() -> None:
    needs = [one for one in requires("leadtriage") or [] if one.startswith("urllib3")]
    assert needs
    assert all("!=2.6.0" in one for one in needs)
