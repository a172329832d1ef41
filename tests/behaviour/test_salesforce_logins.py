"""Logins that Salesforce refuses: each is told with what to do, asked once, and nothing of it leaks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.support.hubspot_stub import FakeTime, Said, Stub, serving_stub
from tests.support.salesforce_opening import opened, pull
from tests.support.salesforce_twin import Org, serving_org
from worker.errors import (
    FixAccessError,
    FixConfigurationError,
    LeadtriageError,
    RateLimitedError,
)

HUSH = "hush-hush-0815"
JWT = {"client_id": "sandbox-client", "username": "integration@sandbox.example"}
SECRET = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


@pytest.fixture(scope="module")
def served() -> Iterator[Org]:
    with serving_org() as org:
        yield org


@pytest.fixture
def org(served: Org, key: rsa.RSAPrivateKey) -> Iterator[Org]:
    """An org of whose app the certificate is known, asked at ``localhost`` as at the host all share."""
    sessions = served.twin.sessions
    sessions.public_key, sessions.shared_host = key.public_key(), "localhost"
    served.twin.journal.clear()
    yield served
    sessions.is_sandbox = False


@pytest.fixture
def stub() -> Iterator[Stub]:
    with serving_stub() as stub:
        yield stub


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> str:
    sealed = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed).decode()


def shared(org: Org) -> str:
    return org.url.replace("127.0.0.1", "localhost")


def logins(org: Org) -> int:
    return org.counts().get("POST /services/oauth2/token", 0)


def finding(org: Org, **options: object) -> str:
    """Log in, and give the one thing that stands in the way."""
    (found,) = org.connect(**options).check()  # type: ignore[arg-type]  # options as they are given
    assert found.is_blocking
    return found.message


@pytest.mark.parametrize(
    ("code", "sentence", "kind", "advice"),
    [
        ("invalid_grant", "user hasn't approved this consumer", FixAccessError, "Permitted Users"),
        ("invalid_app_access", "user is not admin approved", FixAccessError, "Permitted Users"),
        ("invalid_app_access", "", FixAccessError, "permission set"),
        ("invalid_grant", "audience is invalid", FixConfigurationError, "option audience"),
        ("invalid_grant", "Audience validation failed", FixConfigurationError, "option audience"),
        ("invalid_grant", "expired authorization code", FixAccessError, "clock"),
        ("invalid_grant", "expired access/refresh token", FixAccessError, "allow the app again"),
        ("invalid_grant", "invalid assertion", FixAccessError, "certificate of this very"),
        ("invalid_grant", "ip restricted", FixAccessError, "address of this machine"),
        ("invalid_grant", "no client credentials user enabled", FixAccessError, "Run As"),
        ("invalid_grant", "client credentials flow not enabled", FixAccessError, "Turn on"),
        (
            "invalid_grant",
            "request not supported on this domain",
            FixConfigurationError,
            "login_url must be the org's own address",
        ),
        (
            "app_not_found",
            "External client app is not installed in this org",
            FixAccessError,
            "of the org that has the app",
        ),
        ("invalid_client_id", "client identifier invalid", FixAccessError, "Consumer Key"),
        ("invalid_client", "invalid client credentials", FixAccessError, "Consumer Secret"),
        ("inactive_user", "user is inactive", FixAccessError, "Activate the user"),
        ("inactive_org", "organization is inactive", FixAccessError, "locked, suspended or gone"),
        ("unsupported_grant_type", "grant type not supported", FixAccessError, "Flow Enablement"),
        ("invalid_grant", "authentication failure", FixAccessError, "Login History"),
        ("invalid_grant", "login rate exceeded", RateLimitedError, "too many logins"),
        ("rate_limit_exceeded", "", RateLimitedError, "too many logins"),
    ],
)
def test_a_refused_login_says_what_to_do_and_is_asked_once(
    stub: Stub, code: str, sentence: str, kind: type[LeadtriageError], advice: str
) -> None:
    stub.say({"error": code, "error_description": f"{sentence} {HUSH}"}, 400)
    time = FakeTime()
    connector = opened(stub, time, client_id="app", refresh_token=HUSH)
    (found,) = connector.check()
    assert found.is_blocking
    assert advice in found.message
    assert code.upper() in found.message
    assert HUSH not in found.message
    with pytest.raises(kind):
        pull(connector)
    assert len(stub.asked) == 1
    assert time.slept == []


def test_a_login_that_is_sent_on_elsewhere_names_the_right_address(stub: Stub) -> None:
    stub.script.append(Said(status=302, headers={"location": "http://127.0.0.1:9/elsewhere"}))
    with pytest.raises(FixConfigurationError, match="login_url must be the org's own address"):
        pull(opened(stub, FakeTime(), client_id="app", refresh_token=HUSH))


def test_a_login_that_is_not_served_is_tried_anew_later(stub: Stub) -> None:
    stub.script += [Said(status=503)] * 4
    connector = opened(stub, FakeTime(), client_id="app", refresh_token=HUSH)
    (found,) = connector.check()
    assert "503" in found.message
    stub.say({"access_token": "one", "instance_url": stub.url})
    stub.say([], 403)
    with pytest.raises(FixAccessError):
        pull(connector)
    assert [one.path for one in stub.asked].count("/services/oauth2/token") == 5


def test_the_signature_is_of_the_key_whose_certificate_the_app_has(
    org: Org, key: rsa.RSAPrivateKey
) -> None:
    assert org.connect(**JWT, private_key=pem_of(key).replace("\n", "\\n")).owners()
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    assert "certificate of this very private key" in finding(org, **JWT, private_key=pem_of(other))
    somebody = {**JWT, "username": "somebody@example.org"}
    assert "Compare username" in finding(org, **somebody, private_key=pem_of(key))
    nobody = {**JWT, "client_id": "nobody"}
    assert "Consumer Key" in finding(org, **nobody, private_key=pem_of(key))


@pytest.mark.parametrize(
    ("seconds", "is_in"), [(55, True), (-115, True), (65, False), (-125, False)]
)
def test_a_clock_may_be_a_minute_ahead_or_two_behind(
    org: Org, key: rsa.RSAPrivateKey, seconds: int, is_in: bool
) -> None:
    connector = org.connect(**JWT, private_key=pem_of(key), ahead=timedelta(seconds=seconds))
    said = " ".join(one.message for one in connector.check() if one.is_blocking)
    assert ("set the clock" in said) is not is_in
    assert logins(org) == 1


def test_a_login_at_the_host_that_all_share_goes_on_at_the_orgs_own_address(
    org: Org, key: rsa.RSAPrivateKey
) -> None:
    there = {"login_url": shared(org), "instance_url": ""}
    assert org.connect(**JWT, **there, private_key=pem_of(key)).owners()
    stays = {**there, "instance_url": shared(org)}
    assert (
        "INVALID_SESSION_ID"
        in org.connect(**JWT, **stays, private_key=pem_of(key)).check()[0].message
    )
    org.counts()
    assert "login_url must be the org's own" in finding(org, **SECRET, **there)
    assert logins(org) == 1


def test_the_audience_is_that_of_the_kind_of_org(org: Org, key: rsa.RSAPrivateKey) -> None:
    production, sandbox = "https://login.salesforce.com", "https://test.salesforce.com/"
    signed = {**JWT, "private_key": pem_of(key)}
    assert org.connect(**signed, audience=production).owners()
    assert "Set the option audience" in finding(org, **signed, audience=sandbox)
    org.twin.sessions.is_sandbox = True
    assert org.connect(**signed, audience=sandbox).owners()
    assert "Set the option audience" in finding(org, **signed, audience=production)


def test_threads_that_meet_the_end_of_a_session_log_in_once(org: Org) -> None:
    connector = org.connect(**SECRET)
    assert connector.owners()
    org.twin.sessions.end_all()
    org.counts()
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _n: bool(connector.owners()), range(16)))
    assert logins(org) == 1


def test_a_private_key_that_cannot_sign_is_named_and_never_quoted(
    stub: Stub, tmp_path: Path, key: rsa.RSAPrivateKey
) -> None:
    short = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    wrong = {
        "has a password": pem_of(key, b"x"),
        "is no RSA key": pem_of(ec.generate_private_key(ec.SECP256R1())),
        "is shorter than 2048 bits": pem_of(short),
        "is a public key": public.decode(),
        "is a certificate": f"-----BEGIN CERTIFICATE-----\n{HUSH}\n-----END CERTIFICATE-----\n",
        "is damaged": pem_of(key)[:400],
        "is no key in PEM form": HUSH,
    }
    file = tmp_path / "key.pem"
    for says, pem in wrong.items():
        file.write_text(pem, encoding="ascii")
        body = [line for line in pem.splitlines() if "-----" not in line]
        for options in ({"private_key": pem}, {"private_key_file": str(file)}):
            with pytest.raises(FixAccessError, match=says) as raised:
                pull(opened(stub, FakeTime(), **JWT, **options))
            assert ("in key.pem" in str(raised.value)) is ("private_key_file" in options)
            assert not any(line in str(raised.value) for line in body)
            assert raised.value.__cause__ is None
    assert stub.asked == []


def test_a_secret_that_everybody_can_read_is_told_and_used(stub: Stub, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("one\n", encoding="ascii")
    for mode, told in ((0o644, 1), (0o600, 0), (0o640, 0)):
        file.chmod(mode)
        found = opened(stub, FakeTime(), retries=False, token_file=str(file), objects=()).check()
        open_ones = [one for one in found if "chmod 600 token" in one.message]
        assert len(open_ones) == told
        assert not any(one.is_blocking for one in open_ones)
    assert {one.headers["authorization"] for one in stub.asked} == {"Bearer one"}
