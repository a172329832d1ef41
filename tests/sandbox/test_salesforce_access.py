"""Who may call the Salesforce twin and how: logins, sessions, versions, limits, lengths, faults."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.sandbox.exchange import Request
from connectors.sandbox.front import Gate
from connectors.sandbox.salesforce.sessions import PERSON_SESSION, SANDBOX_SESSION
from connectors.sandbox.script import Fault, FaultKind
from tests.support.salesforce_asking import ROOT, Asking

TOKEN = "/services/oauth2/token"
JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


@pytest.fixture
def asking() -> Asking:
    """A twin of its own for each test."""
    return Asking()


def login(asking: Asking, authorization: str = "", host: str = "127.0.0.1:1", **form: str):
    """Ask for a session."""
    body = urlencode(form).encode()
    return asking("POST", TOKEN, body, root="", authorization=authorization, host=host)


def with_session(asking: Asking, token: str):
    """Ask something with a session."""
    return asking("GET", "/limits", authorization=f"Bearer {token}")


def assertion(asking: Asking, key: rsa.RSAPrivateKey, **changed: object) -> str:
    """Write an assertion as a client does."""
    claims = {
        "iss": "sandbox-client",
        "sub": "integration@sandbox.example",
        "aud": "https://login.salesforce.com",
        "exp": asking.twin.clock.now() + timedelta(minutes=3),
    }
    return jwt.encode({**claims, **changed}, key, algorithm="RS256")


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """The key of the connected app."""
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def test_a_signed_assertion_opens_a_session_without_saying_how_long(asking, key) -> None:
    asking.twin.sessions.public_key = key.public_key()
    reply = login(asking, grant_type=JWT, assertion=assertion(asking, key))
    assert reply.status == 200
    assert reply.body["instance_url"] == "http://127.0.0.1:1"
    assert not {"expires_in", "refresh_token"} & reply.body.keys()
    assert with_session(asking, reply.body["access_token"]).status == 200


def test_an_assertion_that_is_wrong_is_refused_as_an_object(asking, key) -> None:
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    asking.twin.sessions.public_key = key.public_key()
    now = asking.twin.clock.now()
    wrong = {
        "invalid_client_id": assertion(asking, key, iss="somebody"),
        "user hasn't approved this consumer": assertion(asking, key, sub="nobody@example.com"),
        "audience is invalid": assertion(asking, key, aud="https://example.com"),
        "expired authorization code": assertion(asking, key, exp=now - timedelta(seconds=1)),
        "invalid assertion signature": assertion(asking, other),
        "invalid assertion": "nonsense",
    }
    for said, given in wrong.items():
        reply = login(asking, grant_type=JWT, assertion=given)
        assert reply.status == 400
        assert said in reply.body.values()
        assert set(reply.body) == {"error", "error_description"}
    far = assertion(asking, key, exp=now + timedelta(minutes=3, seconds=2))
    assert login(asking, grant_type=JWT, assertion=far).status == 400
    claims = jwt.decode(assertion(asking, key), options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none")
    asking.twin.sessions.public_key = None  # any key may sign, and none may not
    assert login(asking, grant_type=JWT, assertion=unsigned).status == 400


@pytest.mark.parametrize("is_sandbox", [False, True])
def test_an_assertion_is_for_the_kind_of_org_or_for_its_address(asking, key, is_sandbox) -> None:
    asking.twin.sessions.is_sandbox = is_sandbox
    taken = {
        "https://login.salesforce.com": not is_sandbox,
        "https://test.salesforce.com/": is_sandbox,
        "http://127.0.0.1:1": True,
        "https://example.org": False,
    }
    for audience, is_taken in taken.items():
        given = assertion(asking, key, aud=audience)
        reply = login(asking, grant_type=JWT, assertion=given)
        assert (reply.status == 200) is is_taken
        assert is_taken or reply.body["error_description"] == "audience is invalid"


def test_the_host_that_all_orgs_share_opens_sessions_for_another_address(asking, key) -> None:
    given = assertion(asking, key)
    reply = login(asking, grant_type=JWT, assertion=given, host="login.salesforce.com:1")
    assert reply.body["instance_url"] == "http://127.0.0.1:1"
    bearer = f"Bearer {reply.body['access_token']}"
    assert asking("GET", "/limits", authorization=bearer).status == 200
    there = asking("GET", "/limits", authorization=bearer, host="login.salesforce.com:1")
    assert (there.status, there.code) == (401, "INVALID_SESSION_ID")
    refused = login(asking, grant_type="client_credentials", host="login.salesforce.com", **CLIENT)
    assert refused.body["error_description"] == "request not supported on this domain"


def test_client_credentials_come_as_basic_or_in_the_form(asking) -> None:
    basic = base64.b64encode(b"sandbox-client:sandbox-secret").decode()
    reply = login(asking, f"Basic {basic}", grant_type="client_credentials")
    assert with_session(asking, reply.body["access_token"]).status == 200
    assert login(asking, grant_type="client_credentials", **CLIENT).status == 200
    wrong = login(asking, grant_type="client_credentials", **{**CLIENT, "client_secret": "x"})
    assert (wrong.status, wrong.body["error"]) == (400, "invalid_client")
    assert login(asking, "Basic ?", grant_type="client_credentials").status == 400
    assert login(asking, grant_type="password", **CLIENT).body["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("rotates", [False, True])
def test_a_refresh_token_opens_sessions_and_may_change(asking, rotates) -> None:
    asking.twin.sessions.rotates = rotates
    form = {"grant_type": "refresh_token", "refresh_token": "sandbox-refresh", **CLIENT}
    first = login(asking, **form)
    assert with_session(asking, first.body["access_token"]).status == 200
    assert ("refresh_token" in first.body) is rotates
    again = login(asking, **form)
    assert again.status == (400 if rotates else 200)
    if rotates:
        assert again.body["error"] == "invalid_grant"


def test_a_session_ends_by_time_by_another_login_and_when_it_is_revoked(asking) -> None:
    form = {"grant_type": "client_credentials", **CLIENT}
    token = login(asking, **form).body["access_token"]
    asking.twin.clock.advance(timedelta(hours=2))
    late = with_session(asking, token)
    assert (late.status, late.code) == (401, "INVALID_SESSION_ID")
    asking.twin.sessions.is_single = True
    first, second = (login(asking, **form).body["access_token"] for _ in range(2))
    assert with_session(asking, first).status == 401
    assert with_session(asking, second).status == 200
    revoked = asking("POST", "/services/oauth2/revoke", f"token={second}".encode(), root="")
    assert revoked.status == 200
    assert with_session(asking, second).status == 401


def test_user_info_names_the_user_of_the_session(asking) -> None:
    reply = asking("GET", "/services/oauth2/userinfo", root="")
    assert reply.body["user_id"] == asking.twin.org.integration_user
    identity = reply.body["sub"].removeprefix("http://127.0.0.1:1")
    assert asking("GET", identity, root="").body == reply.body
    assert reply.body["preferred_username"] == "integration@sandbox.example"


def test_what_is_written_in_the_session_of_a_person_is_theirs(asking) -> None:
    """One by one, in a collection, and in a part of a composite."""
    lead, org = asking.lead(Status="Open - Not Contacted"), asking.twin.org
    tracked = replace(org.schema.of("Lead").fields["status"], is_tracked=True)
    org.schema.types["lead"].fields["status"] = tracked
    theirs = {"authorization": f"Bearer {PERSON_SESSION}"}
    record = {"attributes": {"type": "Lead"}, "id": lead, "Title": "many"}
    part = {"method": "PATCH", "url": f"{ROOT}/sobjects/Lead/{lead}", "referenceId": "one"}
    written = [
        ("PATCH", f"/sobjects/Lead/{lead}", {"Status": "Working - Contacted"}),
        ("PATCH", "/composite/sobjects", {"records": [record]}),
        ("POST", "/composite", {"compositeRequest": [{**part, "body": {"Title": "part"}}]}),
    ]
    by = "SELECT LastModifiedById FROM Lead"
    for method, path, body in written:
        asking(method, path, body, **theirs)
        assert asking.rows(by)[0]["LastModifiedById"] == org.person
        asking.change(lead, {"Title": "ours"})
        assert asking.rows(by)[0]["LastModifiedById"] == org.integration_user
    (change,) = asking.rows("SELECT CreatedById, NewValue FROM LeadHistory WHERE Field = 'Status'")
    assert (change["CreatedById"], change["NewValue"]) == (org.person, "Working - Contacted")
    told = asking("GET", "/services/oauth2/userinfo", root="", **theirs).body
    assert told["preferred_username"] == "admin@sandbox.example"


def test_a_scripted_expiry_ends_every_session(asking) -> None:
    asking.twin.script.add(Fault(kind=FaultKind.EXPIRE))
    assert [asking("GET", "/limits").status for _ in range(2)] == [401, 401]


def test_versions_are_listed_and_retired_ones_are_gone(asking) -> None:
    listed = asking("GET", "/services/data", root="", authorization="")
    labels = {one["version"]: one["label"] for one in listed.body}
    assert labels["65.0"] == "Winter '26"
    assert labels["67.0"] == "Summer '26"
    assert asking("GET", "/limits", root="/services/data/v20.0").status == 410
    assert asking("GET", "/limits", root="/services/data/v99.0").status == 404
    assert asking("PUT", "/limits").status == 405
    assert asking("GET", "/nothing").status == 404


def test_every_answer_tells_the_calls_of_a_day_that_rolls(asking) -> None:
    meter = asking.twin.meter
    meter.daily, meter.enforces = 2, True
    replies = [asking("GET", "/limits") for _ in range(3)]
    infos = [reply.headers["sforce-limit-info"] for reply in replies]
    assert infos == ["api-usage=1/2", "api-usage=2/2", "api-usage=2/2"]
    assert replies[1].body["DailyApiRequests"] == {"Max": 2, "Remaining": 0}
    assert (replies[2].status, replies[2].code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert "TotalRequests" in replies[2].body[0]["message"]
    asking.twin.clock.advance(timedelta(hours=23, minutes=59))
    assert asking("GET", "/limits").status == 403
    asking.twin.clock.advance(timedelta(minutes=1))
    assert asking("GET", "/limits").status == 200


def test_a_call_that_comes_while_too_many_take_long_is_refused(asking) -> None:
    twin = asking.twin
    twin.meter.long_calls, twin.meter.enforces = 1, True
    twin.script.add(Fault(kind=FaultKind.LATENCY, seconds=0.01))
    gate = Gate(twin)

    async def ask() -> int:
        said: list[int] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b""}

        async def send(message: dict[str, object]) -> None:
            said.append(message.get("status", 0))

        authorization = (b"authorization", f"Bearer {SANDBOX_SESSION}".encode())
        scope = {"type": "http", "method": "GET", "path": f"{ROOT}/limits", "query_string": b""}
        await gate({**scope, "headers": [authorization]}, receive, send)
        return said[0]

    async def ask_beside() -> list[int]:
        first = asyncio.create_task(ask())
        await asyncio.sleep(0)  # it is under way
        told = []
        for seconds in (0, 19, 1):
            twin.clock.advance(timedelta(seconds=seconds))
            told.append(await ask())
        return [*told, await first, await ask()]

    assert asyncio.run(ask_beside()) == [200, 200, 403, 200, 200]
    assert twin.meter.used == 4


def test_the_two_limits_share_a_code_and_differ_in_words(asking) -> None:
    for policy, word in (("DAILY", "TotalRequests"), ("CONCURRENT", "ConcurrentRequests")):
        asking.twin.script.add(Fault(kind=FaultKind.STATUS, status=403, policy=policy))
        reply = asking("GET", "/limits")
        assert (reply.status, reply.code) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert word in reply.body[0]["message"]


def test_an_address_that_is_too_long_is_answered_in_html(asking) -> None:
    reply = asking("GET", f"/query?q={'x' * 16_400}")
    assert reply.status == 414
    assert reply.body.startswith(b"<html>")
    assert asking("GET", f"/query?q={'x' * 9_000}", x_long="y" * 8_000).status == 431


def test_faults_come_as_html_xml_or_with_a_code_of_their_own(asking) -> None:
    asking.twin.script.add(
        Fault(kind=FaultKind.STATUS, status=503, is_html=True),
        Fault(kind=FaultKind.STATUS, status=500, policy="XML", skip=1),
        Fault(kind=FaultKind.STATUS, status=400, policy="QUERY_TIMEOUT", skip=2),
    )
    html, xml, code = (asking("GET", "/limits") for _ in range(3))
    assert (html.status, html.headers["content-type"]) == (503, "text/html;charset=utf-8")
    assert (xml.status, xml.body[:5]) == (500, b"<?xml")
    assert (code.status, code.code) == (400, "QUERY_TIMEOUT")


def test_the_journal_names_endpoints_without_versions_and_ids(asking) -> None:
    lead = asking.lead()
    request = Request(method="GET", path=f"/services/data/v66.0/sobjects/Lead/{lead}")
    assert asking.twin.endpoint_of(request) == "GET /sobjects/Lead/{id}"
    request = Request(method="GET", path="/services/data/v66.0/query/01gSb-2000")
    assert asking.twin.endpoint_of(request) == "GET /query/{locator}"
    assert asking.twin.endpoint_of(Request(method="GET", path="/else")) == "GET unknown"


def test_a_body_that_is_no_json_is_refused(asking) -> None:
    reply = asking("POST", "/sobjects/Lead", b"{")
    assert (reply.status, reply.code) == (400, "JSON_PARSER_ERROR")
