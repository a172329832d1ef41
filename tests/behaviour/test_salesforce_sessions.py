"""Logging in to Salesforce: each way, once per end of a session, and never with a secret told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import ENDED, TOKEN, described, opened, page, pull
from worker.errors import FixAccessError, FixConfigurationError, UnavailableError

HUSH = "hush-hush-0815"


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def grant(stub: Stub, token: str = "one", **more: str) -> None:
    stub.say({"access_token": token, "instance_url": stub.url, **more})


def one_pull(stub: Stub) -> None:
    stub.say(described())
    stub.say(page())


def form_of(stub: Stub) -> dict[str, str]:
    asked = stub.asked[0]
    assert (asked.method, asked.path) == ("POST", "/services/oauth2/token")
    assert "authorization" not in asked.headers
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


def key_file(folder: Path) -> tuple[Path, rsa.RSAPublicKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = folder / "key.pem"
    path.write_bytes(pem)
    return path, key.public_key()


def test_jwt_bearer_signs_for_two_minutes_and_anew_for_each_try(stub: Stub, tmp_path: Path) -> None:
    path, public = key_file(tmp_path)
    stub.script.append(Said(status=503, headers={"retry-after": "20"}))
    grant(stub)
    one_pull(stub)
    options = {"client_id": "app", "username": "worker@example.org", "private_key_file": str(path)}
    time = FakeTime()
    began = int(time.now.timestamp())
    pull(opened(stub, time, **options))
    for asked, at in zip(stub.asked[:2], (began, began + 20), strict=True):
        form = parse_qs(asked.body.decode())
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        claims = jwt.decode(
            form["assertion"][0],
            public,
            algorithms=["RS256"],
            audience=stub.url,
            options={"verify_exp": False},
        )
        assert (claims["iss"], claims["sub"]) == ("app", "worker@example.org")
        assert claims["exp"] == at + 120


def test_client_credentials_go_to_the_orgs_own_address(stub: Stub) -> None:
    grant(stub)
    one_pull(stub)
    pull(opened(stub, FakeTime(), client_id="app", client_secret=HUSH))
    assert form_of(stub) == {
        "grant_type": "client_credentials",
        "client_id": "app",
        "client_secret": HUSH,
    }
    with pytest.raises(FixConfigurationError, match="own address"):
        opened(
            stub,
            FakeTime(),
            client_id="app",
            client_secret=HUSH,
            login_url="https://login.salesforce.com",
        )


def test_f35_a_rotated_refresh_token_is_kept_before_the_session_is_used(
    stub: Stub, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    file.write_text("old\n", encoding="ascii")
    grant(stub, refresh_token="new")
    stub.script.append(Said(status=500))
    connector = opened(
        stub, FakeTime(), retries=False, client_id="app", refresh_token_file=str(file)
    )
    with pytest.raises(UnavailableError):
        pull(connector)
    assert form_of(stub)["refresh_token"] == "old"
    assert file.read_text(encoding="ascii") == "new\n"
    assert file.stat().st_mode & 0o077 == 0


def test_a_refresh_token_that_stays_the_same_is_not_written_again(
    stub: Stub, tmp_path: Path
) -> None:
    file = tmp_path / "refresh"
    file.write_text("old\n", encoding="ascii")
    before = file.stat()
    grant(stub, refresh_token="old")
    one_pull(stub)
    pull(opened(stub, FakeTime(), client_id="app", refresh_token_file=str(file)))
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_f35_a_refused_grant_ends_the_run_and_is_not_asked_again(stub: Stub) -> None:
    stub.say({"error": "invalid_grant", "error_description": f"user {HUSH} is locked"}, 400)
    with pytest.raises(FixAccessError, match="INVALID_GRANT") as raised:
        pull(opened(stub, FakeTime(), client_id="app", refresh_token=HUSH))
    assert HUSH not in str(raised.value)
    assert len(stub.asked) == 1


@pytest.mark.parametrize("status", [408, 429, 503])
def test_f36_a_login_that_is_not_served_now_is_tried_again(stub: Stub, status: int) -> None:
    stub.script.append(Said(status=status, body=b"<html>busy</html>"))
    grant(stub)
    one_pull(stub)
    pull(opened(stub, FakeTime(), client_id="app", client_secret=HUSH))
    assert [one.path for one in stub.asked[:2]] == ["/services/oauth2/token"] * 2


def test_f34_another_program_ends_our_session_in_the_words_of_either_api(stub: Stub) -> None:
    grant(stub)
    stub.say({"exceptionCode": "InvalidSessionId", "exceptionMessage": "x"}, 400)
    grant(stub, "two")
    one_pull(stub)
    assert pull(opened(stub, FakeTime(), client_id="app", client_secret=HUSH))
    assert stub.asked[-1].headers["authorization"] == "Bearer two"


def test_a_new_session_may_be_at_another_instance(stub: Stub) -> None:
    with serving_stub() as other:
        grant(stub)
        stub.say(ENDED, 401)
        stub.say({"access_token": "two", "instance_url": other.url})
        one_pull(other)
        options = {"client_id": "app", "client_secret": HUSH, "instance_url": ""}
        assert pull(opened(stub, FakeTime(), **options))
        assert len(other.asked) == 2
        assert {one.headers["authorization"] for one in other.asked} == {"Bearer two"}


def test_a_session_is_sent_to_no_instance_but_salesforces(stub: Stub) -> None:
    stub.say({"access_token": "one", "instance_url": "https://salesforce.com.example.org"})
    options = {"client_id": "app", "client_secret": HUSH, "instance_url": ""}
    with pytest.raises(FixAccessError, match="not Salesforce's"):
        pull(opened(stub, FakeTime(), **options))


def test_a_token_file_is_read_again_when_the_session_ends(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n", encoding="ascii")
    one_pull(stub)
    connector = opened(stub, FakeTime(), token_file=str(file))
    pull(connector)
    file.write_text("two\n", encoding="ascii")
    stub.say(page())
    pull(connector)
    tokens = [one.headers["authorization"] for one in stub.asked]
    assert tokens == ["Bearer one", "Bearer one", "Bearer two"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"access_token": TOKEN, "client_id": "a", "client_secret": HUSH}, "more than one way"),
        ({"access_token": ""}, "no way to log in"),
        ({"client_id": "a"}, "also needs username with private_key_file"),
        ({"client_id": "a", "client_secret": "two words"}, "client_secret"),
        (
            {"client_id": "a", "username": "b", "private_key": HUSH, "private_key_file": "c"},
            "no two",
        ),
        ({"client_id": "a", "refresh_token": HUSH, "refresh_token_file": "c"}, "no two"),
        (
            {"client_id": "a", "client_secret": HUSH, "refresh_token": HUSH, "private_key": HUSH},
            "no two",
        ),
        (
            {
                "client_id": "a",
                "username": "b",
                "private_key": HUSH,
                "audience": "http://example.org",
            },
            "audience of system salesforce must be",
        ),
        ({"login_url": "https://example.lightning.force.com"}, "not the browser's"),
        ({"login_url": "http://login.salesforce.com"}, "must be https"),
        ({"login_url": "https://login.salesforce.com.example.org"}, "must be https"),
        ({"instance_url": "https://example.org"}, "must be https"),
        ({"instance_url": "https://eve@na1.salesforce.com"}, "must be https"),
        ({"api_version": "v62"}, "60.0 or newer"),
        ({"api_version": "42.0"}, "60.0 or newer"),
        ({"sweep_days": "30"}, "from 1 to 14"),
        ({"passwort": "x"}, "'passwort' is no option"),
        ({"username": "a", "password": "x"}, "'password' is no option"),
    ],
)
def test_wrong_options_are_named_without_their_values(
    stub: Stub, options: dict[str, str], told: str
) -> None:
    with pytest.raises(FixConfigurationError, match=told) as raised:
        opened(stub, FakeTime(), **options)
    assert HUSH not in str(raised.value)
    assert TOKEN not in str(raised.value)


def test_no_secret_stands_in_a_repr(stub: Stub) -> None:
    connectors = [
        opened(stub, FakeTime()),
        opened(stub, FakeTime(), client_id="a", client_secret=HUSH),
        opened(stub, FakeTime(), client_id="a", refresh_token=HUSH),
        opened(stub, FakeTime(), client_id="a", username="w@example.org", private_key=HUSH),
    ]
    for connector in connectors:
        shown = repr(connector) + repr(connector.setup)
        assert HUSH not in shown
        assert TOKEN not in shown
