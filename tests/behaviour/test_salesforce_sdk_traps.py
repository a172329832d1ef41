"""The traps of simple-salesforce 1.12: each is closed, seen over real HTTP."""

from __future__ import annotations

import gc
import json
import logging
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from connectors.salesforce.client import new_client, new_http, send_once
from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import (
    ENDED,
    SECRET,
    TOKEN,
    command,
    described,
    ids,
    opened,
    page,
    pull,
    row,
)
from worker.core.records import WriteOutcome
from worker.errors import (
    DailyLimitError,
    FixAccessError,
    FixConfigurationError,
    LeadtriageError,
    UnavailableError,
)

LOGIN = {"client_id": "app", "client_secret": "hush"}


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def grant(stub: Stub, token: str) -> None:
    stub.say({"access_token": token, "instance_url": stub.url})


def test_plain_http_reaches_this_machine_though_the_sdk_says_https(stub: Stub) -> None:
    stub.say(described())
    stub.say(page(row()))
    assert len(ids(pull(opened(stub, FakeTime())))) == 1


def test_answers_are_not_printed_prettily_and_come_packed(stub: Stub) -> None:
    stub.say(described())
    stub.say(page())
    pull(opened(stub, FakeTime()))
    for asked in stub.asked:
        assert "x-prettyprint" not in asked.headers
        assert asked.headers["accept-encoding"] == "gzip"
        assert asked.headers["sforce-mru"] == "updateMru=false"
        assert asked.headers["authorization"] == f"Bearer {TOKEN}"
        assert asked.headers["sforce-mru"] == "updateMru=false"
        assert asked.headers["sforce-call-options"] == "client=leadtriage"


def test_a_silent_server_is_given_up(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    ask = requests.Session.request

    def note(self: requests.Session, *args: object, **more: object) -> requests.Response:
        seen.append(more.get("timeout"))
        return ask(self, *args, **more)

    monkeypatch.setattr(requests.Session, "request", note)
    stub.say(described())
    stub.say(page())
    pull(opened(stub, FakeTime()))
    assert seen == [(5.0, 150.0)] * 2


def test_an_ended_session_is_renewed_once_and_keeps_every_header(stub: Stub) -> None:
    grant(stub, "one")
    stub.say(described())
    stub.say(page(row(), row("00Q5g00000AbCdFEAV")))
    stub.say(ENDED, 401)
    grant(stub, "two")
    told = [
        {"id": one, "success": True, "errors": []} for one in (row()["Id"], "00Q5g00000AbCdFEAV")
    ]
    stub.say(told)
    stub.say(page(row(Email="x@example.org"), row("00Q5g00000AbCdFEAV", Email="x@example.org")))
    connector = opened(stub, FakeTime(), **LOGIN)
    commands = [
        command({"Email": "x@example.org"}),
        command({"Email": "x@example.org"}, name="v", record_id="00Q5g00000AbCdFEAV"),
    ]
    assert {r.outcome for r in connector.push(commands)} == {WriteOutcome.APPLIED}
    writes = [one for one in stub.asked if one.path.endswith("/composite/sobjects")]
    assert [one.headers["authorization"] for one in writes] == ["Bearer one", "Bearer two"]
    assert [one.headers["sforce-auto-assign"] for one in writes] == ["FALSE", "FALSE"]


def test_a_server_that_ends_each_session_is_not_asked_without_end(stub: Stub) -> None:
    grant(stub, "one")
    stub.say(ENDED, 401)
    grant(stub, "two")
    stub.say(ENDED, 401)
    with pytest.raises(FixAccessError, match="INVALID_SESSION_ID"):
        pull(opened(stub, FakeTime(), **LOGIN))
    assert len(stub.asked) == 4


def test_a_login_that_gives_the_same_session_again_has_not_renewed_it(stub: Stub) -> None:
    grant(stub, "one")
    stub.say(ENDED, 401)
    grant(stub, "one")
    with pytest.raises(FixAccessError, match="API Enabled"):
        pull(opened(stub, FakeTime(), **LOGIN))
    assert len(stub.asked) == 3


def test_a_given_session_is_not_renewed(stub: Stub) -> None:
    stub.say(ENDED, 401)
    with pytest.raises(FixAccessError, match="INVALID_SESSION_ID"):
        pull(opened(stub, FakeTime()))
    assert len(stub.asked) == 1


@pytest.mark.parametrize("body", [b"<html>Unauthorized</html>", b"", b"[]", b'"no"', b"\xff\xfe"])
def test_a_401_that_is_no_json_is_an_ended_session(stub: Stub, body: bytes) -> None:
    grant(stub, "one")
    stub.script.append(Said(status=401, body=body))
    grant(stub, "two")
    stub.say(described())
    stub.say(page())
    assert pull(opened(stub, FakeTime(), **LOGIN))
    assert stub.asked[-1].headers["authorization"] == "Bearer two"


def test_nothing_of_an_exception_of_the_sdk_is_told(
    stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.say(described())
    stub.say([{"errorCode": "MALFORMED_QUERY", "message": f"near {SECRET}", "fields": []}], 400)
    stub.say(described())
    with pytest.raises(LeadtriageError, match=r"400, MALFORMED_QUERY") as raised:
        pull(opened(stub, FakeTime()))
    chain: BaseException | None = raised.value
    while chain is not None:
        assert SECRET not in str(chain) + repr(chain.args)
        assert TOKEN not in str(chain)
        chain = chain.__cause__
    assert SECRET not in caplog.text
    assert TOKEN not in caplog.text


def test_a_redirect_is_not_followed_with_the_session(stub: Stub) -> None:
    stub.script.append(Said(status=302, headers={"location": "http://127.0.0.1:9/elsewhere"}))
    with pytest.raises(FixConfigurationError, match="instance_url"):
        pull(opened(stub, FakeTime()))
    assert len(stub.asked) == 1


class Kept(HTTPAdapter):
    """Keeps what would go out to Salesforce, and answers with nothing."""

    asked: list[requests.PreparedRequest]

    def send(
        self, request: requests.PreparedRequest, *_args: object, **_more: object
    ) -> requests.Response:
        self.asked = [request]
        answer = requests.Response()
        answer.status_code = 204
        return answer


def test_a_netrc_file_does_not_replace_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen at an address of Salesforce's own, as for this machine the environment is left out."""
    netrc = tmp_path / "netrc"
    netrc.write_text("default login eve password hush\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    http, kept, place = new_http(), Kept(), "https://example.my.salesforce.com"
    http.mount(place, kept)
    client = new_client(http, TOKEN, place, "62.0")
    send_once(client, "GET", f"{place}/services/data", headers={}, operation="look")
    assert kept.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_is_freed_as_soon_as_it_is_read(stub: Stub, status: int) -> None:
    """The collector of cycles looks seldom, and pages of 2,000 rows would pile up until it does."""
    stub.script.append(Said(status=status))
    client = new_client(new_http(), TOKEN, stub.url, "62.0")
    gc.disable()
    try:
        answer = send_once(client, "GET", f"{stub.url}/services", headers={}, operation="look")
        assert answer.status_code == status
        read = weakref.ref(answer)
        del answer
        assert read() is None
    finally:
        gc.enable()


def test_a_proxy_of_the_environment_is_passed_by_on_the_way_to_this_machine(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "")
    stub.say(described())
    stub.say(page(row()))
    assert pull(opened(stub, FakeTime(), retries=False))


def test_nothing_is_repeated_below_us_and_plain_http_is_for_this_machine_alone() -> None:
    http, place = new_http(), "http://example.my.salesforce.com"
    new_client(http, TOKEN, place, "62.0")
    assert {*http.adapters} == {"https://", "http://"}
    assert http.get_adapter("https://example.my.salesforce.com").max_retries.total == 0


def test_no_other_fault_than_an_ended_session_logs_in_again(stub: Stub) -> None:
    grant(stub, "one")
    stub.say([{"errorCode": "API_DISABLED_FOR_ORG", "message": "x"}], 403)
    with pytest.raises(FixAccessError):
        pull(opened(stub, FakeTime(), **LOGIN))
    assert len(stub.asked) == 2


def test_a_session_that_ends_with_the_last_call_of_the_day_is_not_tried_anew(stub: Stub) -> None:
    grant(stub, "one")
    used = {"sforce-limit-info": "api-usage=99/100"}
    stub.script.append(Said(status=401, body=json.dumps(ENDED).encode(), headers=used))
    grant(stub, "two")
    with pytest.raises(DailyLimitError):
        pull(opened(stub, FakeTime(), **LOGIN))
    assert len(stub.asked) == 3


def test_cookies_are_not_kept(stub: Stub) -> None:
    stub.script.append(
        Said(body=json.dumps(described()).encode(), headers={"set-cookie": "BrowserId=x; Path=/"})
    )
    stub.say(page())
    pull(opened(stub, FakeTime()))
    assert "cookie" not in stub.asked[-1].headers


def test_a_cut_answer_may_pass(stub: Stub) -> None:
    stub.script.append(Said(body=json.dumps(described()).encode(), cut=True))
    with pytest.raises(
        UnavailableError, match=r"no answer\): \w+ at 127\.0\.0\.1:\d+\. Nothing was lost"
    ):
        pull(opened(stub, FakeTime(), retries=False))
